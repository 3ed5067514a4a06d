"""Open a Keras network: a layer by its name, its kernel, what it gives for a batch, its weights drawn anew."""

from collections.abc import Sequence
import copy

import keras
import numpy as np
from numpy.typing import ArrayLike

BATCH = 256
"""Rows or images in one pass; 16 maps of 32 by 32 pixels then take 17 MB, their gradients too."""


def single_output(model: keras.Model) -> keras.Model:
    """Return the network from one input tensor to one prediction (n, 1), or say why there is none.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network.

    Returns
    -------
    keras.Model
        The same layers and weights, with one plain input and output tensor.

    Raises
    ------
    TypeError
        If `model` is not a Keras model.
    ValueError
        If the network is not built or subclassed, or has several inputs or outputs. The message says
        what to do.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"a Keras model is needed here, but got {type(model).__name__}; explainers take any "
            "other regressor as a function, such as its predict method"
        )
    # Unbuilt Sequential and subclassed models have no such attribute.
    inputs, outputs = (
        getattr(model, "inputs", None),
        getattr(model, "outputs", None),
    )
    if not inputs or not outputs:
        if isinstance(model, keras.Sequential):
            raise ValueError(
                "this network does not know its input, because it is not built; call "
                "model.build((None, *X.shape[1:])), or begin it with keras.Input(X.shape[1:])"
            )
        raise ValueError(
            "this network does not know its input, because it is subclassed: its layers are joined by "
            "Python code; have that code join them once, inputs = keras.Input(X.shape[1:]); "
            "model = keras.Model(inputs, model.call(inputs))"
        )
    if len(inputs) > 1:
        raise ValueError(
            f"this network has {len(inputs)} inputs; wrap it as one that takes a single table: "
            "inputs = keras.Input((d,)); "
            "model = keras.Model(inputs, model([inputs[:, :k], inputs[:, k:]]))"
        )
    if len(outputs) > 1:
        raise ValueError(
            f"this network has {len(outputs)} outputs; wrap the one to explain: "
            "keras.Model(model.inputs, model.outputs[0])"
        )
    shape = outputs[0].shape[1:]
    if len(shape) == 1 and shape[0] != 1:
        raise ValueError(
            f"this network has {shape[0]} outputs; wrap the one to explain: "
            "keras.Model(model.inputs, model.outputs[0][:, 0:1])"
        )
    if len(shape) > 1:
        raise ValueError(
            f"a regression network returns (n, 1), but this one {outputs[0].shape}"
        )
    # Not the model itself: it warns when it was made with another structure, such as a list.
    return keras.Model(inputs[0], outputs[0])


def layer(model: keras.Model, name: str) -> keras.Layer:
    """Find a layer by its name.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential network.
    name : str
        Name of one of its layers, as ``model.summary()`` prints it.

    Returns
    -------
    keras.Layer

    Raises
    ------
    TypeError
        If `model` is not a Keras model.
    ValueError
        If the network is not built or subclassed, or has no layer of that name. The message lists
        those that there are.
    """
    network = single_output(model)
    # The input is listed as a layer, and has neither weights nor anything of its own to give.
    layers = {
        layer.name: layer
        for layer in network.layers
        if not isinstance(layer, keras.layers.InputLayer)
    }
    if name in layers:
        return layers[name]
    for outer in layers.values():
        if isinstance(outer, keras.Model) and any(
            inner.name == name for inner in outer.layers
        ):
            raise ValueError(
                f"the layer {name!r} is inside of {outer.name!r}, a model that is used as one "
                "layer; open that model by itself"
            )
    raise ValueError(
        f"this network has no layer {name!r}; it has: {', '.join(layers)}"
    )


def kernel(model: keras.Model, name: str) -> np.ndarray:
    """Return what a layer multiplies its input with.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential network.
    name : str
        Name of a layer.

    Returns
    -------
    ndarray
        Of shape (inputs, units) for a dense layer, and (height, width, channels in, channels out)
        for a convolution of images.

    Raises
    ------
    TypeError, ValueError
        As `layer`; and if this layer multiplies with nothing.
    """
    found = layer(model, name)
    if (weights := getattr(found, "kernel", None)) is None:
        with_kernel = [
            layer.name
            for layer in model.layers
            if getattr(layer, "kernel", None) is not None
        ]
        raise ValueError(
            f"the layer {name!r} is a {type(found).__name__} and has no kernel; those with one: "
            f"{', '.join(with_kernel) or 'none'}"
        )
    return weights.value.numpy()


def activations(model: keras.Model, X: ArrayLike, name: str) -> np.ndarray:
    """Compute what a layer gives for each row or image.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential network.
    X : array or DataFrame of shape (n, d), or images of shape (n, height, width, channels)
        In the units that the network reads.
    name : str
        Name of a layer.

    Returns
    -------
    ndarray of shape (n, units) or (n, height, width, channels), float32
        The output of the layer, after its activation function.

    Raises
    ------
    TypeError, ValueError
        As `layer` and `batch`.
    """
    network = up_to(model, name)
    rows = batch(model, X)
    return np.concatenate(
        [
            network(rows[start : start + BATCH], training=False)[0].numpy()
            for start in range(0, len(rows), BATCH)
        ]
    )


def up_to(model: keras.Model, name: str) -> keras.Model:
    """Make the network that gives a layer's output and the prediction, both for one batch.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential network.
    name : str
        Name of a layer.

    Returns
    -------
    keras.Model
        From the input of `model` to the pair of the layer's output and the prediction (n, 1). It has the
        layers of `model`, so it changes when they do.

    Raises
    ------
    TypeError, ValueError
        As `layer`; and if the network calls this layer more than once.
    """
    network = single_output(model)
    _, output = tensors(network, layer(model, name))
    return keras.Model(network.inputs[0], [output, network.outputs[0]])


def tensors(network: keras.Model, layer: keras.Layer) -> tuple[list, object]:
    """Find what a layer reads and what it gives in a network.

    Parameters
    ----------
    network : keras.Model
        As `single_output` returns it.
    layer : keras.Layer
        One of its layers. ``layer.input`` and ``layer.output`` belong to the layer's first call, which can
        have been in another model.

    Returns
    -------
    reads : list of keras.KerasTensor
    gives : keras.KerasTensor, or a list of them

    Raises
    ------
    ValueError
        If the network calls this layer more than once.
    """
    # Keras has no public way to ask which of a layer's calls belongs to a network.
    calls = [
        node
        for nodes in network._nodes_by_depth.values()
        for node in nodes
        if node.operation is layer
    ]
    if len(calls) > 1:
        raise ValueError(
            f"this network calls the layer {layer.name!r} {len(calls)} times, so it has no single output"
        )
    gives = calls[0].output_tensors
    return list(calls[0].input_tensors), gives[0] if len(gives) == 1 else gives


def batch(model: keras.Model, X: ArrayLike) -> np.ndarray:
    """Return X as the network takes it, or say which axis is wrong.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential network.
    X : array or DataFrame
        Rows (n, d) or images (n, height, width, channels).

    Returns
    -------
    ndarray of the same shape, float32

    Raises
    ------
    TypeError
        If `model` is not a Keras model.
    ValueError
        If the network is not built or subclassed; if X is empty, not numeric, has missing or infinite values
        or another shape than the network takes.
    """
    # A Sequential that was built by a call remembers how many rows it got; any number will do.
    shape = (None, *single_output(model).inputs[0].shape[1:])
    try:
        rows = np.asarray(X, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"X is not an array of numbers ({error}); encode or drop the other columns first"
        ) from error
    takes = tuple("n" if size is None else size for size in shape)
    wrong = f"X has shape {rows.shape}, but the network takes ({', '.join(map(str, takes))})"
    if rows.ndim == len(shape) - 1 and _fits(rows.shape, shape[1:]):
        raise ValueError(f"{wrong}: for a single one write X[None]")
    if rows.ndim == len(shape) - 1 and _fits((*rows.shape, 1), shape):
        raise ValueError(
            f"{wrong}: the channel axis is missing; write X[..., None]"
        )
    if not _fits(rows.shape, shape):
        raise ValueError(wrong)
    if len(rows) == 0:
        raise ValueError(f"X has nothing in it: its shape is {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError(
            "X has missing or infinite values; fill or drop them first"
        )
    return rows


def _fits(shape: tuple, expected: tuple) -> bool:
    return len(shape) == len(expected) and all(
        size in (None, got) for got, size in zip(shape, expected, strict=True)
    )


def randomized(
    model: keras.Model, names: Sequence[str], seed: int = 0
) -> keras.Model:
    """Return a copy of a network in which some layers have forgotten what they learned [1]_.

    Their weights are drawn anew, as Keras draws them before training. An explanation that stays as it was does
    not depend on what these layers have learned.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential network. It stays as it is.
    names : sequence of str
        Layers with weights. Each of them has its own random numbers, in this order: a longer list that begins
        with the same names draws the same for these.
    seed : int
        Of the new weights.

    Returns
    -------
    keras.Model

    Raises
    ------
    TypeError
        If `model` is not a Keras model, or `names` is one text.
    ValueError
        If there is no layer of that name, it has no weights, or they are not drawn by initializers.

    References
    ----------
    .. [1] J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt and B. Kim, "Sanity checks for saliency
       maps", NeurIPS 2018, arXiv:1810.03292.
    """
    if isinstance(names, str):
        raise TypeError(f"names is a list of layers: [{names!r}]")
    new = copy.deepcopy(single_output(model))
    numbers = keras.random.SeedGenerator(seed)
    for name in names:
        changed = layer(new, name)
        if not changed.weights:
            raise ValueError(
                f"the layer {name!r} has no weights to draw; leave it out"
            )
        for weight in changed.weights:
            start = getattr(changed, f"{weight.name}_initializer", None)
            if start is None:
                raise ValueError(
                    f"the weights {weight.name!r} of the layer {name!r} are not drawn before training; leave it out"
                )
            settings = start.get_config()
            if "seed" in settings:
                settings["seed"] = numbers
            weight.assign(type(start)(**settings)(weight.shape))
    return new

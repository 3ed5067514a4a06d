"""What the weights of a dense network say about its features, and it is not their importance."""

from glassbox.layers import single_output, tensors
import keras
import numpy as np

SCALING = (keras.layers.Normalization, keras.layers.Rescaling)
COLUMN_BY_COLUMN = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.Dropout,
)
"""Layers that leave each column to itself, and weigh none of them."""


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """Collect the kernels of a network that is one chain of dense layers.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network. Besides dense layers it may have activations and
        dropout, and normalization or rescaling before the first dense layer and after the last.

    Returns
    -------
    dict of str to ndarray of shape (inputs, units)
        From the first dense layer to the output.

    Raises
    ------
    TypeError
        If `model` is not a Keras model.
    ValueError
        If the network cannot be opened, has branches or other layers.
    """
    network = single_output(model)
    found, rescaled = {}, None
    tensor = network.inputs[0]
    for layer in network.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        reads, gives = tensors(network, layer)
        # In a chain each layer reads what the one before it gives.
        if len(reads) != 1 or reads[0] is not tensor:
            raise ValueError(
                f"the layer {layer.name!r} does not follow the one before it: this network has branches, and "
                "a feature reaches the output in more ways than one chain of kernels"
            )
        tensor = gives
        if isinstance(layer, keras.layers.Dense):
            if rescaled is not None:
                raise ValueError(
                    f"the layer {rescaled!r} rescales columns between dense layers, so the kernels are not all "
                    "that is multiplied"
                )
            found[layer.name] = layer.kernel.value.numpy()
        elif isinstance(layer, SCALING):
            rescaled = layer.name if found else None
        elif not isinstance(layer, COLUMN_BY_COLUMN):
            raise ValueError(
                f"the layer {layer.name!r} is a {type(layer).__name__}: only a chain of dense layers has "
                "these products of kernels"
            )
    if not found:
        raise ValueError("this network has no dense layer")
    return found


def connection_weights(model: keras.Model) -> np.ndarray:
    """Sum over all paths from a feature to the output of the product of the weights [1]_.

    Parameters
    ----------
    model : keras.Model
        A chain of dense layers, as `kernels` takes it.

    Returns
    -------
    ndarray of shape (d,), float64
        For each feature, with its sign. In the unit that the last dense layer gives, per unit that the first one
        reads: in a network that standardizes by itself, standard deviations on both sides. It is the slope
        of the network that is left if all activation functions are taken out.

    Raises
    ------
    TypeError, ValueError
        As `kernels`.

    References
    ----------
    .. [1] J. D. Olden and D. A. Jackson, "Illuminating the black box: a randomization approach for
       understanding variable contributions in artificial neural networks", Ecological Modelling 154, 2002,
       doi:10.1016/S0304-3800(02)00064-9.
    """
    return _chain(
        [kernel.astype(np.float64) for kernel in kernels(model).values()]
    )


def garson(model: keras.Model) -> np.ndarray:
    """Each feature's share of the weights, layer by layer, without signs [1]_.

    In each layer a unit's incoming weights are divided by the sum of their sizes, and the unit counts by its
    outgoing weight. Garson wrote it for one hidden layer; with more, the shares are multiplied along the paths
    in the same way. Accounts differ: where the outgoing weight is multiplied in before the division, it cancels,
    and all hidden units count alike.

    Parameters
    ----------
    model : keras.Model
        A chain of dense layers, as `kernels` takes it.

    Returns
    -------
    ndarray of shape (d,), float64
        Shares that sum to 1, without a unit and without a sign.

    Raises
    ------
    TypeError, ValueError
        As `kernels`.

    References
    ----------
    .. [1] G. D. Garson, "Interpreting neural-network connection weights", AI Expert 6(4), 1991.
    """
    shares = []
    for kernel in kernels(model).values():
        size = np.abs(kernel).astype(np.float64)
        total = size.sum(axis=0, keepdims=True)
        # A unit without any incoming weight passes nothing on.
        shares.append(
            np.divide(size, total, out=np.zeros_like(size), where=total > 0)
        )
    result = _chain(shares)
    return result / result.sum() if result.sum() > 0 else result


def _chain(matrices: list[np.ndarray]) -> np.ndarray:
    product = matrices[0]
    for matrix in matrices[1:]:
        product = product @ matrix
    return product[:, 0]

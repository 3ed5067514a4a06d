"""Checks of Lab 05, Where does the network look?"""

from collections.abc import Callable
import functools

from glassbox import maps, models
from glassbox.checks import Lab, Wrong, call, compare
import keras
import numpy as np
import tensorflow as tf

lab = Lab("05_activation_maps")
progress = lab.progress

TOLERANCE = (
    1e-4  # another processor adds the products of a network in another order
)


def suspects() -> tuple[keras.Model, keras.Model]:
    """The networks A and B of part 5. Which one cheats is not written in the notebook."""
    return models.load("gauge"), models.load("gauge_shortcut")


# Networks and functions that the checks ask. Seeds stand in the initializers: those of the notebook stay.


def tiny(
    shape: tuple,
    convolutions: dict[str, dict],
    head: float | None = None,
    seed: int = 0,
) -> keras.Model:
    """A convolutional network with random weights; with `head`, all weights behind the maps are this."""
    inputs = tensor = keras.Input(shape)
    for number, (name, options) in enumerate(convolutions.items()):
        tensor = keras.layers.Conv2D(
            kernel_initializer=keras.initializers.RandomNormal(
                0, 0.5, seed=seed + number
            ),
            name=name,
            **{
                "bias_initializer": keras.initializers.RandomNormal(
                    0, 0.3, seed=seed + 50 + number
                )
            }
            | options,
        )(tensor)
    flat = keras.layers.Flatten()(tensor)
    if head is None:
        flat = keras.layers.Dense(
            5,
            "tanh",
            kernel_initializer=keras.initializers.RandomNormal(
                0, 0.1, seed=seed + 80
            ),
        )(flat)
        last = keras.initializers.RandomNormal(0, 1, seed=seed + 81)
    else:
        last = keras.initializers.Constant(head)
    out = keras.layers.Dense(1, kernel_initializer=last)(flat)
    return keras.Model(inputs, keras.layers.Rescaling(20.0, 50.0)(out))


def pictures(n: int, *shape: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (n, *shape)).astype(np.float32)


@functools.cache
def two_layers() -> keras.Model:
    """Three channels, not square; the second layer has smaller maps, with values of both signs."""
    first = {"filters": 4, "kernel_size": 3, "activation": "relu"}
    second = {
        "filters": 3,
        "kernel_size": 2,
        "strides": 2,
        "activation": "tanh",
    }
    return tiny((9, 14, 3), {"first": first, "second": second}, seed=13)


@functools.cache
def one_layer() -> keras.Model:
    """Maps as large as the image."""
    edges = {
        "filters": 5,
        "kernel_size": 3,
        "padding": "same",
        "activation": "relu",
    }
    return tiny((10, 7, 1), {"edges": edges}, seed=16)


@functools.cache
def of_one_sign(head: float, bias: float) -> keras.Model:
    """Maps that lower the prediction everywhere, or raise it, or are blank."""
    only = {
        "filters": 2,
        "kernel_size": 3,
        "padding": "same",
        "activation": "relu",
        "bias_initializer": keras.initializers.Constant(bias),
    }
    return tiny((6, 8, 1), {"only": only}, head=head, seed=11)


def toy(*shape: int, seed: int) -> Callable:
    """A plain function of images: it bends, and each pixel has a weight of its own."""
    weights = np.random.default_rng(seed).normal(0, 1, shape)

    def f(images):
        images = np.asarray(images, float)
        if images.shape == shape:
            raise ValueError(
                "f takes a stack of images (k, h, w, c), and this is a single image: write f(image[None])[0]"
            )
        if images.ndim != 4 or images.shape[1:] != shape:
            raise ValueError(
                f"f takes images of shape (k, {', '.join(map(str, shape))}), and got {images.shape}"
            )
        total = (images * weights).sum(axis=(1, 2, 3))
        return 40 + 5 * total + 2 * np.sin(total)

    return f


class Shape(Exception):
    """A result has another shape than asked for, in words for the learner."""


def numbers(result, what: str) -> np.ndarray:
    """A list or tuple as an array."""
    try:
        return np.array([np.asarray(part, float) for part in result])
    except (TypeError, ValueError):
        raise Shape(
            f"{what} does not fit into one array: the parts of your {type(result).__name__} have different "
            "shapes, or are no numbers."
        ) from None


def ask(answer, shape: str, what: str) -> Callable:
    """The learner's function; some shapes of what it gives get a message of their own."""

    def asked(*arguments):
        # `call` has the copies and the verdicts; this only looks at the shape.
        result = answer(*arguments)
        if result is ... or result is None or isinstance(result, str | dict):
            return result
        if isinstance(result, tuple) and shape:
            raise Shape(
                f"Your function returns a tuple of {len(result)} things. Return {what[0].lower()}{what[1:]} alone."
            )
        if isinstance(result, list) and shape:
            result = numbers(result, what)
        if not shape and isinstance(result, list | tuple) and len(result) > 1:
            raise Shape(
                f"This is a {type(result).__name__} of {len(result)}. Return one number, the mean of the absolute "
                "changes."
            )
        size, wanted = np.shape(result), len(shape.split(", ")) if shape else 0
        if not shape and np.size(result) > 1:
            raise Shape(
                f"This has shape {size}: a number for each image. Return one number, the mean of the absolute changes."
            )
        if shape and not size:
            raise Shape(
                f"This is a single number. {what} has shape ({shape}). Did a mean or a sum run over all axes?"
            )
        if shape and len(size) == wanted + 1 and 1 in (size[0], size[-1]):
            raise Shape(
                f"An axis of length 1 is left: the shape is {size}, and asked for is ({shape}). Take it away, with "
                f"{'[0]' if size[0] == 1 else '[..., 0]'}."
            )
        return result

    return asked if callable(answer) else answer


NO_GRADIENT = (
    "If gradient is None, the tape did not see how the prediction comes from the activations. Take both from one "
    "call, both(images), inside of the tape. Add up the predictions inside of it too, with tf.reduce_sum."
)
ONE_IMAGE = (
    "occlusion takes one image (h, w, c). Call it for each image of the stack."
)
ADVICE = (
    ("NoneType", NO_GRADIENT),
    ("has no attribute '_id'", NO_GRADIENT),
    (
        "Incompatible shapes",
        "The weights lack the axes of the positions. With keepdims=True in the mean they have shape (n, 1, 1, maps).",
    ),
    (
        "read-only",
        "np.broadcast_to makes no copies. np.repeat(image[None], ..., axis=0) does.",
    ),
    ("single image", ""),
    ("to unpack", ONE_IMAGE),
    ("and (n, height, width, channels) is needed", ONE_IMAGE),
    (
        "is incompatible with the layer",
        "A network takes a stack: for one image write image[None]. And the check’s networks and images have other "
        "sizes than the lab’s: use the arguments of the function.",
    ),
)


def advise(cause: Exception, text: str, otherwise: str) -> str:
    """What helps a learner whose function raised."""
    for part, advice in ADVICE:
        if part in text:
            return advice
    # A misspelled name has nothing to do with sizes.
    if isinstance(cause, NameError | AttributeError | TypeError):
        return ""
    return otherwise


def judge(
    answer, reference, cases, slips, what: str, shape: str, hint: str = ""
) -> None:
    """As `compare`, in the words of this lab."""
    try:
        compare(
            ask(answer, shape, what),
            reference,
            cases,
            slips,
            what=what,
            tolerance=TOLERANCE,
        )
    except Wrong as reason:
        cause, text = reason.__cause__, str(reason)
        if isinstance(cause, Shape):
            raise Wrong(str(cause)) from None
        if cause is not None:  # the learner's function raised
            # What Keras says of an image that does not fit fills a page.
            short = (
                text if len(text) <= 300 else text.splitlines()[0][:300] + " …"
            )
            advice = advise(cause, text, hint or OTHER_SIZES)
            raise Wrong(f"{short}\n{advice}".strip()) from cause
        if "changes the table" in text:
            raise Wrong(
                "Your function changes the images (or maps) that it was given, so a second run gives something "
                "else. Change a copy: images.copy(), or np.repeat(image[None], ...)."
            ) from None
        raise


OTHER_SIZES = (
    "The check’s images have other sizes than the lab’s, some with three channels. Use the arguments of the "
    "function and their shapes."
)
OTHER_NETWORKS = (
    "The check’s networks have other layers, other names and other sizes than the lab’s. Use the arguments model, "
    "name and the images, not the variables of the lab."
)


# Exercise 1


def opened(model, images, name) -> tuple[np.ndarray, np.ndarray]:
    """Activations of a layer, and the gradients of the predictions: (n, h, w, maps) both."""
    both = keras.Model(
        model.inputs[0], [model.get_layer(name).output, model.outputs[0]]
    )
    with tf.GradientTape() as tape:
        activity, prediction = both(tf.constant(images), training=False)
        total = tf.reduce_sum(prediction)
    gradient = tape.gradient(total, activity)
    return activity.numpy().astype(float), gradient.numpy().astype(float)


def reference_grad_cam(model, images, name):
    activity, gradient = opened(model, images, name)
    return (activity * gradient.mean(axis=(1, 2), keepdims=True)).sum(axis=-1)


def input_gradient(model, images, times_image: bool = False) -> np.ndarray:
    network = keras.Model(model.inputs[0], model.outputs[0])
    batch = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        total = tf.reduce_sum(network(batch, training=False))
    gradient = tape.gradient(total, batch).numpy().astype(float)
    return (gradient * images if times_image else gradient).sum(axis=-1)


def of_each(change: Callable) -> Callable:
    """A slip that spoils the right map of each image."""

    def slip(*case):
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.array([change(m) for m in reference_grad_cam(*case)])

    return slip


def of_parts(mix: Callable) -> Callable:
    """A slip that mixes activations and gradients wrongly."""
    return lambda *case: mix(*opened(*case))


RELU = (
    "What is below 0 was cut off. That serves a class; a number can also be pushed down. Leave out the ReLU, and "
    "keep the sign."
)
GRAD_CAM_SLIPS = (
    (of_each(lambda m: np.maximum(m, 0)), RELU),
    (of_each(lambda m: np.maximum(m, 0) / m.max()), RELU),
    (
        of_each(lambda m: np.maximum(m, 0) / np.maximum(m, 0).max()),
        RELU,
    ),
    (of_each(np.abs), "The sign is gone: leave out the absolute value."),
    (
        of_each(lambda m: (m - m.min()) / (m.max() - m.min())),
        "Each map is scaled from 0 to 1, so the sign is gone. Return the sum as it is.",
    ),
    (
        of_each(lambda m: m / m.max()),
        "Each map is divided by its maximum. Return the sum as it is; scaling comes in Exercise 2.",
    ),
    (
        of_each(lambda m: m / np.abs(m).max()),
        "Each map is divided by its largest value. Return the sum as it is; scaling comes in Exercise 2.",
    ),
    (
        of_parts(lambda a, g: (a * g).sum(axis=-1)),
        "Gradient and activation are multiplied position by position. That is another method, HiResCAM. First "
        "average the gradient over the positions, axes 1 and 2.",
    ),
    (
        of_parts(lambda a, g: (a * g).mean(axis=-1)),
        "Gradient and activation are multiplied position by position, and averaged. First average the gradient over "
        "the positions, axes 1 and 2; in the end add up over the last axis.",
    ),
    (of_each(lambda m: -m), "The sign is turned around."),
    (
        lambda *case: reference_grad_cam(*case)[0],
        "This is the map of the first image. Return one for each image.",
    ),
    (
        lambda *case: np.stack(
            [
                (index == 0) * m
                for index, m in enumerate(reference_grad_cam(*case))
            ]
        ),
        "Only the first image has a map; the others are 0. Take the gradient of the sum of all predictions.",
    ),
    (
        lambda *case: reference_grad_cam(*case).mean(axis=0),
        "This is the mean map of all images. Return one for each image.",
    ),
    (
        lambda *case: (
            reference_grad_cam(*case) / np.abs(reference_grad_cam(*case)).max()
        ),
        "The maps are divided by the largest value of all. Return the sum as it is; scaling comes in Exercise 2.",
    ),
    (
        of_parts(
            lambda a, g: (a * g.mean(axis=-1, keepdims=True)).sum(axis=-1)
        ),
        "The gradient is averaged over the maps, the last axis. Average over the positions, axes 1 and 2.",
    ),
    (
        of_parts(
            lambda a, g: (g * a.mean(axis=(1, 2), keepdims=True)).sum(axis=-1)
        ),
        "Gradient and activations have changed places: the gradient is averaged, and the maps stay as they are.",
    ),
    (
        of_parts(
            lambda a, g: (a * g.mean(axis=(1, 2), keepdims=True)).mean(-1)
        ),
        "The weighted maps are averaged. Grad-CAM adds them up: a sum over the last axis.",
    ),
    (
        of_parts(lambda a, g: (a * g.sum(axis=(1, 2), keepdims=True)).sum(-1)),
        "The weights are sums over the positions. Take the mean: else a layer with more positions gets larger maps.",
    ),
    (
        of_parts(
            lambda a, g: (a * g.mean(axis=(0, 1, 2), keepdims=True)).sum(-1)
        ),
        "The gradient is also averaged over the images, so that each map depends on the others in the batch. Average "
        "over axes 1 and 2; axis 0 counts the images.",
    ),
    (
        of_parts(
            lambda a, g: (a * g.mean(axis=(1, 2), keepdims=True) / len(a)).sum(
                -1
            )
        ),
        "Each map is too small by the number of images. The gradient of a mean prediction is divided by n: take "
        "tf.reduce_sum of the predictions.",
    ),
    (
        of_parts(lambda a, g: a.sum(axis=-1)),
        "This adds up the feature maps without their weights, so no gradient is in it.",
    ),
    (
        of_parts(lambda a, g: a.mean(axis=-1)),
        "This is the mean of the feature maps, without their weights: no gradient is in it.",
    ),
    (
        of_parts(lambda a, g: g.sum(axis=-1)),
        "This is the gradient alone. Its mean over the positions weights the maps; the maps are missing.",
    ),
    (
        of_parts(
            lambda a, g: (a * np.abs(g.mean(axis=(1, 2), keepdims=True))).sum(
                -1
            )
        ),
        "The weights have lost their sign. A map that lowers the prediction has a negative weight.",
    ),
    (
        of_parts(
            lambda a, g: (
                a * np.maximum(g, 0).mean(axis=(1, 2), keepdims=True)
            ).sum(-1)
        ),
        "Negative gradients were cut off before the mean. Keep them: they lower the prediction.",
    ),
    (
        of_parts(lambda a, g: g.mean(axis=(1, 2))),
        "These are the weights, one for each feature map. Multiply the maps with them, and add up.",
    ),
    (
        of_parts(lambda a, g: a * g.mean(axis=(1, 2), keepdims=True)),
        "These are the weighted maps, one for each channel. Add them up, over the last axis.",
    ),
    (
        of_parts(
            lambda a, g: (
                (a * g.mean(axis=(1, 2), keepdims=True)).sum(-1).swapaxes(1, 2)
            )
        ),
        "Height and width are exchanged.",
    ),
    (
        lambda model, images, name: input_gradient(model, images),
        "This is the gradient with respect to the image: a saliency map. Take the gradient with respect to what the "
        "layer gives, tape.gradient(total, activity).",
    ),
    (
        lambda model, images, name: input_gradient(model, images, True),
        "This is the gradient with respect to the image, times the image. Take gradient and activations of the "
        "layer.",
    ),
    (
        lambda model, images, name: tf.image.resize(
            reference_grad_cam(model, images, name)[..., None],
            images.shape[1:3],
        )[..., 0].numpy(),
        "The maps were stretched to the size of the images. Return them as small as the layer’s: the lab stretches "
        "them later.",
    ),
)


@lab.exercise(
    "Exercise 1: signed Grad-CAM",
    reference=reference_grad_cam,
    hints=(
        "Inside `with tf.GradientTape() as tape:` call activity, prediction = both(tf.constant(images)), and add up "
        "the predictions: total = tf.reduce_sum(prediction[:, 0]).",
        "gradient = tape.gradient(total, activity) has shape (n, h, w, maps). Its mean over axes 1 and 2, with "
        "keepdims=True, is one weight for each image and map.",
        "tf.reduce_sum(weights * activity, axis=-1).numpy()",
    ),
)
def grad_cam(answer):
    """A function (model, images, name) -> signed Grad-CAM (n, h, w), at the layer's own size."""
    cases = (
        (two_layers(), pictures(3, 9, 14, 3, seed=1), "second"),
        (one_layer(), pictures(4, 10, 7, 1, seed=2), "edges"),
        (two_layers(), pictures(2, 9, 14, 3, seed=4), "first"),
    )
    judge(
        answer,
        reference_grad_cam,
        cases,
        GRAD_CAM_SLIPS,
        "The map",
        "n, h, w",
        OTHER_NETWORKS,
    )
    return (
        "It was tried on networks with one and two convolutions, and with one and three channels. "
        "glassbox.maps.grad_cam does the same, and stretches the maps to the images."
    )


# Exercise 2


def reference_heat_map(model, image, name):
    signed = reference_grad_cam(model, image[None], name)[0]
    largest = np.abs(signed).max()
    return signed / largest if largest > 0 else signed


def of_one(change: Callable) -> Callable:
    """A slip that scales the right map of one image wrongly."""

    def slip(model, image, name):
        with np.errstate(invalid="ignore", divide="ignore"):
            return change(reference_grad_cam(model, image[None], name)[0])

    return slip


HEAT_SLIPS = (
    (
        of_one(lambda m: np.maximum(m, 0) / m.max()),
        "This is still the tutorial’s map: what is negative is cut off. A map that is negative everywhere becomes all "
        "zeros.",
    ),
    (
        of_one(lambda m: np.maximum(m, 0) / np.abs(m).max()),
        "The scale is right, and what is negative is still cut off. Leave out the maximum with 0.",
    ),
    (
        of_one(lambda m: np.maximum(m, 0) / max(m.max(), 1e-9)),
        "The division is safe now, and what is negative is still cut off: such a map stays all zeros.",
    ),
    (
        of_one(lambda m: m / m.max()),
        "The ReLU is gone. But where everything is negative, the largest value is negative too, and dividing by it turns "
        "the sign around. Divide by the largest absolute value.",
    ),
    (
        of_one(lambda m: m / abs(m.max())),
        "This divides by the absolute value of the largest. Where the lowest value is far below 0, the map leaves the "
        "range from −1 to 1. First np.abs, then the maximum.",
    ),
    (
        of_one(lambda m: m / abs(m.min())),
        "This divides by the lowest value. The largest absolute value can also be a positive one.",
    ),
    (
        of_one(lambda m: m / (m.max() if m.max() > 0 else -m.min())),
        "Where a map has both signs, the largest absolute value can be the negative one. First np.abs, then the "
        "maximum.",
    ),
    (
        of_one(lambda m: np.abs(m / m.max())),
        "The sign is gone, and the scale is not right. Divide the map, with its sign, by np.abs(...).max().",
    ),
    (
        of_one(lambda m: np.abs(m) / m.max()),
        "The absolute value is in the wrong place: the map keeps its sign, and the divisor is np.abs(...).max().",
    ),
    (
        of_one(lambda m: m / (m.max() - m.min())),
        "This divides by the range. Divide by the largest absolute value.",
    ),
    (
        of_one(lambda m: 100 * m / np.abs(m).max()),
        "This is in percent. Asked for is the range from −1 to 1.",
    ),
    (
        of_one(lambda m: np.clip(m, -1, 1)),
        "This cuts off what lies outside of −1 to 1. Divide instead.",
    ),
    (
        lambda model, image, name: tf.image.resize(
            reference_heat_map(model, image, name)[..., None], image.shape[:2]
        )[..., 0].numpy(),
        "The map was stretched to the size of the image. Return it as small as the layer’s.",
    ),
    (
        lambda model, image, name: (lambda m: m / np.abs(m).max())(
            maps.grad_cam(model, image[None], name)[0]
        ),
        "The map was stretched to the size of the image. Return it as small as the layer’s.",
    ),
    (
        of_one(lambda m: np.abs(m) / np.abs(m).max()),
        "This shows where, and no longer in which direction. Keep the sign: the absolute value belongs only into the "
        "divisor.",
    ),
    (
        of_one(lambda m: (m - m.min()) / (m.max() - m.min())),
        "Scaled from 0 to 1 by minimum and maximum, the map has lost its zero: what lowers and what raises the prediction "
        "cannot be told apart.",
    ),
    (
        of_one(lambda m: 2 * (m - m.min()) / (m.max() - m.min()) - 1),
        "Scaled from −1 to 1 by minimum and maximum, the zero has moved. Only divide, and do not shift.",
    ),
    (
        of_one(lambda m: m),
        "The sign is there, the scale is missing: divide by the largest absolute value.",
    ),
    (
        of_one(lambda m: -m / np.abs(m).max()),
        "The sign is turned around.",
    ),
    (
        of_one(lambda m: m / np.abs(m).sum()),
        "This divides by the sum of the absolute values. Divide by the largest of them.",
    ),
    (
        of_one(lambda m: m / m.std()),
        "This divides by the standard deviation. Divide by the largest absolute value.",
    ),
)


@lab.exercise(
    "Exercise 2: spot the bug, the heat map that is all zeros",
    reference=reference_heat_map,
    hints=(
        "Print heat before it is scaled, for the dial with the zeros. Which sign has it?",
        "signed = np.asarray(grad_cam(model, image[None], name))[0] is the map without ReLU and scale. What must you "
        "divide by, so that a map of negative numbers keeps its sign?",
        "largest = np.abs(signed).max(), then signed / largest if largest > 0 else signed",
    ),
)
def heat_map(answer):
    """A function (model, image, name) -> signed map (h, w) of one image, divided by its largest absolute value."""
    low, high = of_one_sign(-0.2, 0.4), of_one_sign(0.3, 0.4)
    cases = (
        (low, pictures(1, 6, 8, 1, seed=5)[0], "only"),
        (two_layers(), pictures(1, 9, 14, 3, seed=6)[0], "second"),
        (one_layer(), pictures(1, 10, 7, 1, seed=8)[0], "edges"),
        (high, pictures(1, 6, 8, 1, seed=9)[0], "only"),
    )
    judge(
        answer,
        reference_heat_map,
        cases,
        HEAT_SLIPS,
        "The heat map",
        "h, w",
        OTHER_NETWORKS,
    )
    # The ReLU of this layer is off everywhere.
    blank = (of_one_sign(-0.2, -20.0), pictures(1, 6, 8, 1)[0], "only")
    with np.errstate(all="ignore"):
        try:
            got = call(answer, *blank)
        except Wrong as reason:
            raise Wrong(
                f"Nearly. For a map that is 0 everywhere: {reason}"
            ) from None
    got = np.asarray(got, float)
    if not np.isfinite(got).all():
        raise Wrong(
            "Nearly. Where the map is 0 everywhere, you divide 0 by 0, and get nan. Return the zeros as they are."
        )
    if got.shape != (6, 8) or np.abs(got).max() > 1e-6:
        raise Wrong(
            "Nearly. A map that is 0 everywhere should stay 0, in its own shape."
        )
    return "Red and blue now mean the same on each dial, also where everything lowers the prediction."


# Exercise 3


def reference_occlusion(f, image, size, fill):
    return maps.occlusion(f, image[None], size, fill)[0]


def patched(
    first: Callable = lambda i, size: max(i - size // 2, 0),
    last: Callable = lambda i, size: i + size // 2 + 1,
    fresh: bool = True,
    channels: slice = slice(None),
) -> Callable:
    """An occlusion whose patch goes from `first` to `last`."""

    def occlude(f, image, size, fill):
        height, width, _ = image.shape
        result, copy = np.zeros((height, width)), image.copy()
        for row, column in np.ndindex(height, width):
            copy = image.copy() if fresh else copy
            copy[
                first(row, size) : last(row, size),
                first(column, size) : last(column, size),
                channels,
            ] = fill
            result[row, column] = f(image[None])[0] - f(copy[None])[0]
        return result

    return occlude


def inside(f, image, size, fill, pad: bool):
    right, reach = reference_occlusion(f, image, size, fill), size // 2
    inner = right[
        reach : right.shape[0] - reach, reach : right.shape[1] - reach
    ]
    return np.pad(inner, reach) if pad else inner


def of_occlusion(change: Callable) -> Callable:
    """A slip that spoils the right map; `change` gets it and the prediction."""
    return lambda f, image, size, fill: change(
        reference_occlusion(f, image, size, fill), f(image[None])[0]
    )


CENTER = (
    "The patch does not lie around its pixel: the pixel is in a corner of it. It goes from row - size // 2 to row + size // 2, and "
    "both ends belong to it."
)
OCCLUSION_SLIPS = (
    (
        of_occlusion(lambda m, p: -m),
        "The sign is turned around. Return f(image) − f(covered): positive where what was covered raised the prediction.",
    ),
    (
        of_occlusion(lambda m, p: np.abs(m)),
        "Without the sign nobody knows whether the patch raised or lowered the prediction. Leave out the absolute value.",
    ),
    (
        of_occlusion(lambda m, p: p - m),
        "These are the predictions for the covered images. Return by how much they differ: f(image) − f(covered).",
    ),
    (
        of_occlusion(lambda m, p: m / p),
        "This is a share of the prediction. Return the difference itself, in the unit of f.",
    ),
    (
        of_occlusion(lambda m, p: 100 * m / p),
        "This is a percentage of the prediction. Return the difference itself, in the unit of f.",
    ),
    (
        of_occlusion(lambda m, p: m.ravel()),
        "The numbers are right, in one long row. Bring them into the shape of the image: .reshape(height, width).",
    ),
    (
        of_occlusion(lambda m, p: m.T),
        "Height and width are exchanged. The first axis of an image is its height.",
    ),
    (
        lambda f, image, size, fill: inside(f, image, size, fill, pad=True),
        "The border is 0: there no patch was covered. At the border cover the part of the square that is inside.",
    ),
    (
        lambda f, image, size, fill: inside(f, image, size, fill, pad=False),
        "The map is smaller than the image: the border is missing. Give every pixel its patch; at the border it is cut "
        "off.",
    ),
    (
        patched(first=lambda i, size: i - size // 2),
        "Near the upper and left border nothing is covered. A slice that starts at −1 starts at the last row: write "
        "max(row - reach, 0).",
    ),
    (
        patched(fresh=False),
        "More and more of the image is covered, because the patches before stay. Start from a new copy of the image "
        "for each pixel.",
    ),
    (
        lambda f, image, size, fill: np.full(
            image.shape[:2],
            f(image[None])[0] - f(np.full_like(image, fill)[None])[0],
        ),
        "All values are the same. Is one and the same copy in your list again and again? It ends up covered "
        "everywhere. Make a new copy for each pixel.",
    ),
    (patched(lambda i, size: i, lambda i, size: i + size), CENTER),
    (
        patched(
            last=lambda i, size: max(i - size // 2, 0) + size,
        ),
        "At the upper and left border the patch is too large. Cut the end off by the pixel, not by the start: row + "
        "reach + 1.",
    ),
    (
        patched(lambda i, size: max(i - size, 0), lambda i, size: i + size),
        "The patch is too large: size is its whole side. It reaches size // 2 pixels to each side of its pixel.",
    ),
    (
        of_occlusion(lambda m, p: m / np.abs(m).max()),
        "The map was scaled to its largest value. Return the difference itself, in the unit of f.",
    ),
    (
        of_occlusion(lambda m, p: m**2),
        "This is the square of the difference. Return f(image) − f(covered) itself.",
    ),
    (
        of_occlusion(lambda m, p: np.maximum(m, 0)),
        "What is below 0 was cut off. Keep it: there the patch lowers the prediction.",
    ),
    (
        of_occlusion(lambda m, p: -m / p),
        "This is a share of the prediction, and its sign is turned around. Return f(image) − f(covered).",
    ),
    (
        of_occlusion(lambda m, p: m[0]),
        "This is the first row of the map. Does return stand inside of the loop?",
    ),
    (
        lambda f, image, size, fill: reference_occlusion(f, image, size, 1),
        "The patch is always white. Cover with the number that fill is.",
    ),
    (
        lambda f, image, size, fill: maps.occlusion(f, image[None], size)[0],
        "The patch has the median of each channel. Cover with the argument fill.",
    ),
    (
        patched(last=lambda i, size: i + size // 2),
        "The patch is one row and one column too small. The end of a slice does not belong to it: row + reach + 1.",
    ),
    (
        lambda f, image, size, fill: reference_occlusion(f, image, size, 0),
        "The patch is always black. Cover with the argument fill.",
    ),
    (
        lambda f, image, size, fill: reference_occlusion(
            f, image, size, np.median(image)
        ),
        "The patch always has the median of the image. Cover with the argument fill: which number it is, the caller "
        "decides.",
    ),
    (
        lambda f, image, size, fill: reference_occlusion(
            f, image, size, image.mean()
        ),
        "The patch always has the mean of the image. Cover with the argument fill.",
    ),
    (
        lambda f, image, size, fill: reference_occlusion(f, image, 3, fill),
        "The patch always has 3 × 3 pixels. Use the argument size.",
    ),
    (
        lambda f, image, size, fill: reference_occlusion(f, image, 1, fill),
        "Only the pixel itself is covered. The square has size × size pixels around it.",
    ),
    (
        lambda f, image, size, fill: reference_occlusion(
            f, image, 2 * size + 1, fill
        ),
        "The patch is too large: size is its whole side. It reaches size // 2 pixels to each side.",
    ),
    (
        patched(channels=slice(0, 1)),
        "Only the first channel is covered. Cover all of them.",
    ),
)


@lab.exercise(
    "Exercise 3: occlusion",
    reference=reference_occlusion,
    hints=(
        "covered = np.repeat(image[None], height * width, axis=0) holds a copy for each pixel. "
        "enumerate(np.ndindex(height, width)) counts the pixels: number, (row, column).",
        "covered[number, max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1] = fill, "
        "with reach = size // 2",
        "f(image[None])[0] - f(covered).reshape(height, width)",
    ),
)
def occlusion(answer):
    """A function (f, image (h, w, c), size, fill) -> f(image) - f(covered) for each pixel, shape (h, w)."""
    calls = []

    def counted(function: Callable) -> Callable:
        def f(images):
            calls.append(len(images))
            return function(images)

        return f

    cases = tuple(
        (counted(toy(*shape, seed=seed)), image, size, fill)
        for seed, (shape, size, fill) in enumerate(
            (((9, 7, 1), 3, 0.3), ((6, 11, 3), 5, 0.8), ((8, 8, 1), 1, -0.5))
        )
        for image in pictures(1, *shape, seed=seed)
    )
    called = []

    def watched(*arguments):
        calls.clear()
        result = answer(*arguments)
        called.append(len(calls))
        return result

    judge(
        watched if callable(answer) else answer,
        reference_occlusion,
        cases,
        OCCLUSION_SLIPS,
        "The map",
        "h, w",
    )
    if called[0] > 3 * 9:
        raise Wrong(
            f"Right, and slow: for an image of 9 × 7 pixels it calls f {called[0]} times. Collect the covered copies in "
            "one array, and call f once for all of them, or once for each row."
        )
    return "glassbox.maps.occlusion does the same, for a stack of images."


# Exercise 4


def reference_scores(relevance_maps, relevant):
    size = np.abs(relevance_maps).reshape(len(relevance_maps), -1)
    known = np.asarray(relevant).reshape(len(size), -1)
    hit = known[np.arange(len(size)), size.argmax(axis=1)]
    return hit.astype(float), (size * known).sum(axis=1) / size.sum(axis=1)


def flat(stack) -> np.ndarray:
    return np.asarray(stack).reshape(len(stack), -1)


def hits(values: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    return flat(relevant)[
        np.arange(len(values)), flat(values).argmax(axis=1)
    ].astype(float)


def with_mass(mass: Callable) -> Callable:
    """A slip with the right hits and another mass; it gets maps and needles as rows."""
    return lambda m, known: (
        hits(np.abs(m), known),
        mass(flat(m), flat(known)),
    )


def with_hit(hit: Callable) -> Callable:
    """A slip with the right mass and other hits."""
    return lambda m, known: (hit(m, known), reference_scores(m, known)[1])


SCORES_SLIPS = (
    (
        lambda m, known: reference_scores(m, known)[::-1],
        "The two are exchanged: return hit first, then mass.",
    ),
    (
        lambda m, known: (
            hits(m, known),
            (flat(m) * flat(known)).sum(1) / flat(m).sum(1),
        ),
        "Both forget the absolute value. Evidence that lowers the prediction counts as much: take np.abs(maps) first.",
    ),
    (
        with_hit(hits),
        "hit overlooks negative evidence: the strongest pixel has the largest absolute value.",
    ),
    (
        with_hit(lambda m, known: hits(-np.abs(m), known)),
        "hit looks at the weakest pixel of each map.",
    ),
    (
        with_mass(lambda m, k: (m * k).sum(1) / m.sum(1)),
        "mass adds up positive and negative evidence, which cancel. Take the absolute value of each pixel first.",
    ),
    (
        with_mass(
            lambda m, k: (np.maximum(m, 0) * k).sum(1) / np.maximum(m, 0).sum(1)
        ),
        "mass counts positive evidence only. Take the absolute value.",
    ),
    (
        with_mass(
            lambda m, k: np.abs((m * k).sum(1)) / np.abs(m).sum(1),
        ),
        "mass takes the absolute value of a sum: positive and negative have canceled before. Take it of each pixel.",
    ),
    (
        with_mass(lambda m, k: (np.abs(m) * k).sum(1)),
        "mass is not a share yet: divide by the sum over all pixels of the map.",
    ),
    (
        with_mass(lambda m, k: (np.abs(m) * k).mean(1)),
        "mass is not a share yet: divide by the sum over all pixels of the map.",
    ),
    (
        with_mass(lambda m, k: (np.abs(m) * k).sum() / np.abs(m).sum(1)),
        "mass adds up the needles of all images. Sum over the pixels of each image.",
    ),
    (
        with_mass(
            lambda m, k: (np.abs(m) * k).sum(1) / k.sum(1) / np.abs(m).mean(1)
        ),
        "mass divides by the number of relevant pixels. It is the sum on them, divided by the sum over all.",
    ),
    (
        with_mass(
            lambda m, k: (np.abs(m) * k).sum(1) / (np.abs(m) * ~k).sum(1)
        ),
        "mass divides by what lies off the relevant pixels. Divide by the sum over all pixels.",
    ),
    (
        with_mass(lambda m, k: (m**2 * k).sum(1) / (m**2).sum(1)),
        "mass adds up squares. Add up absolute values.",
    ),
    (
        with_mass(lambda m, k: (np.abs(m) * k).sum(1) / np.abs(m).sum()),
        "mass divides by the sum over all images. Divide by that of each image, .sum(axis=1).",
    ),
    (
        with_mass(
            lambda m, k: np.full(
                len(m), (np.abs(m) * k).sum() / np.abs(m).sum()
            )
        ),
        "mass is one number for the whole stack. Sum over the pixels of each image.",
    ),
    (
        with_mass(lambda m, k: (np.abs(m) * k).sum(1) / k.sum(1)),
        "mass is the mean over the relevant pixels. It is the sum on them, divided by the sum over all.",
    ),
    (
        with_mass(lambda m, k: 100 * (np.abs(m) * k).sum(1) / np.abs(m).sum(1)),
        "mass is in percent. It is a share, from 0 to 1.",
    ),
    (
        with_mass(lambda m, k: (np.abs(m) * ~k).sum(1) / np.abs(m).sum(1)),
        "mass is the share off the relevant pixels. Take the share on them.",
    ),
    (
        with_hit(lambda m, known: flat(np.abs(m)).argmax(axis=1)),
        "hit holds the number of the strongest pixel. Is this pixel relevant? known[np.arange(n), number] looks it up.",
    ),
    (
        with_hit(lambda m, known: flat(np.abs(m)).max(axis=1)),
        "hit holds the strongest value. Asked for is whether its pixel is relevant: 1 or 0.",
    ),
    (
        with_hit(lambda m, known: 1 - hits(np.abs(m), known)),
        "hit is turned around: 1 if the strongest pixel is relevant, else 0.",
    ),
    (
        with_hit(
            lambda m, known: flat(known)[
                :, np.abs(m).argmax() % flat(m).shape[1]
            ]
        ),
        "argmax without an axis finds one pixel in the whole stack. Bring each image into one row, and take "
        "argmax(axis=1).",
    ),
    (
        with_hit(
            lambda m, known: ((np.abs(m) == np.abs(m).max()) & known).any(
                axis=(1, 2)
            )
        ),
        "The maximum runs over the whole stack, so only one image can have a hit. Take that of each image.",
    ),
)


@lab.exercise(
    "Exercise 4: pointing game and relevance mass",
    reference=reference_scores,
    hints=(
        "Take np.abs(maps) first. Bring the pixels of each image into one row: .reshape(len(maps), -1).",
        "mass is (size * known).sum(axis=1) / size.sum(axis=1), where known is relevant as rows.",
        "size.argmax(axis=1) is the strongest pixel of each image. hit = known[np.arange(len(maps)), that]",
    ),
)
def scores(answer):
    """A function (maps, relevant), both (n, h, w) -> hit and mass, each (n,)."""
    rng = np.random.default_rng(4)
    cases = []
    for shape in ((12, 6, 9), (7, 8, 5)):
        known, values = rng.random(shape) < 0.4, rng.normal(0.3, 1, shape)
        # Else, hits that are 0 everywhere would look like a maximum over the whole stack.
        known.flat[np.abs(values).argmax()] = True
        cases.append((values, known))

    def together(*arguments):
        result = answer(*arguments)
        if result is ... or result is None:
            return result
        n = len(arguments[0])
        if (
            isinstance(result, dict | str)
            or hasattr(result, "columns")
            or not np.iterable(result)
            or len(result) != 2
        ):
            raise Shape(
                "Two arrays are asked for: return hit, mass. Each has one number for each image."
            )
        sizes = []
        for name, part in zip(("hit", "mass"), result, strict=True):
            if part is ... or part is None:
                raise Shape(f"{name} is still missing. Return both: hit, mass.")
            try:
                sizes.append(np.asarray(part, float).shape)
            except (TypeError, ValueError):
                raise Shape(f"{name} should hold numbers only.") from None
        if sizes == [(), ()]:
            raise Shape(
                "These are two numbers for all images together. Return one hit and one mass for each image; the lab "
                "takes the mean."
            )
        for name, size in zip(("hit", "mass"), sizes, strict=True):
            if size != (n,):
                one = (
                    " Its axes of length 1 are too many."
                    if size[:1] == (n,) and set(size[1:]) == {1}
                    else " In NumPy, argmax and sum without an axis join all images."
                    if size == ()
                    else ""
                )
                raise Shape(
                    f"{name} has shape {size}. For {n} images, asked for is ({n},): one number for each.{one}"
                )
        return np.array([np.asarray(part, float) for part in result])

    judge(
        together if callable(answer) else answer,
        reference_scores,
        cases,
        SCORES_SLIPS,
        "The result (first hit, then mass)",
        "2, n",
    )
    return "glassbox.maps.pointing_game and relevance_mass do the same. There a map that is 0 everywhere scores what chance gives."


# Exercise 5


def all_maps(f, images, size, fill=None) -> np.ndarray:
    return maps.occlusion(f, images, size, fill)


def reference_mean_map(f, images, size):
    return np.abs(all_maps(f, images, size)).mean(axis=0)


def of_maps(change: Callable) -> Callable:
    """A slip that joins the right maps wrongly."""
    return lambda f, images, size: change(all_maps(f, images, size))


MEAN_MAP_SLIPS = (
    (
        of_maps(lambda m: m.mean(axis=0)),
        "The sign is still in it, so a patch that raises one prediction and lowers another gets nearly 0. Take the absolute "
        "value of each map first.",
    ),
    (
        of_maps(lambda m: np.abs(m.mean(axis=0))),
        "The absolute value comes too late: in the mean, raising and lowering have already canceled. First np.abs, then "
        "the mean.",
    ),
    (
        of_maps(lambda m: np.abs(m).sum(axis=0)),
        "This is the sum over the images, which grows with their number. Take the mean.",
    ),
    (
        of_maps(lambda m: np.abs(m).max(axis=0)),
        "This is the maximum over the images: a single dial can make it. Take the mean.",
    ),
    (
        of_maps(lambda m: np.sqrt((m**2).mean(axis=0))),
        "This is the root mean square. Asked for is the mean of the absolute values.",
    ),
    (
        of_maps(lambda m: m.std(axis=0)),
        "This is the standard deviation over the images. Asked for is the mean of the absolute values.",
    ),
    (
        of_maps(lambda m: (m**2).mean(axis=0)),
        "This is the mean of the squares. Asked for is the mean of the absolute values.",
    ),
    (
        of_maps(lambda m: np.median(np.abs(m), axis=0)),
        "This is the median over the images. Take the mean.",
    ),
    (
        of_maps(lambda m: np.maximum(m, 0).mean(axis=0)),
        "What is below 0 was cut off. A patch that lowers the prediction matters as well: take the absolute value.",
    ),
    (
        of_maps(lambda m: np.abs(m[-1])),
        "This is the map of the last image. Collect the maps of all in a list, and take the mean.",
    ),
    (
        of_maps(np.abs),
        "This has a map for each image. Average over the images, axis 0.",
    ),
    (
        of_maps(
            lambda m: (
                np.abs(m) / np.abs(m).max(axis=(1, 2), keepdims=True)
            ).mean(axis=0)
        ),
        "Each map was scaled to its own maximum, so the unit is gone. Average the maps as they are.",
    ),
    (
        of_maps(
            lambda m: np.abs(m).mean(axis=0) / np.abs(m).mean(axis=0).max()
        ),
        "The mean was scaled to its maximum, so the unit is gone.",
    ),
    (
        lambda f, images, size: np.abs(
            all_maps(f, images.mean(axis=0, keepdims=True), size)[0]
        ),
        "This is the map of the mean image, which nobody has drawn. Make a map for each image, then average the maps.",
    ),
    (
        lambda f, images, size: np.abs(
            all_maps(f, images, size, np.median(images))
        ).mean(axis=0),
        "All images are covered with one median, that of the whole stack. Each has its own: np.median(image).",
    ),
    (
        lambda f, images, size: np.abs(
            all_maps(f, images, size, images.mean(axis=(1, 2), keepdims=True))
        ).mean(axis=0),
        "Each image is covered with its mean. Take its median, np.median(image).",
    ),
    (
        lambda f, images, size: np.abs(
            all_maps(f, images, size, np.median(images[0]))
        ).mean(axis=0),
        "All images are covered with the median of the first. Each has its own: np.median(image).",
    ),
    (
        lambda f, images, size: np.abs(all_maps(f, images, size, 0)).mean(
            axis=0
        ),
        "The patches are black. Cover each image with its own median, np.median(image).",
    ),
    (
        lambda f, images, size: np.abs(all_maps(f, images, 3)).mean(axis=0),
        "The patch always has 3 × 3 pixels. Hand on the argument size.",
    ),
    (
        lambda f, images, size: np.abs(all_maps(f, images[:1], size)[0]),
        "This is the map of the first image. Does return stand inside of the loop?",
    ),
)


@lab.exercise(
    "Exercise 5: one map for a whole network",
    reference=reference_mean_map,
    hints=(
        "For each image: occlusion(f, image, size, np.median(image)). What has to happen to the signs before you average?",
        "Collect np.abs(...) of each map in a list.",
        "np.mean([np.abs(occlusion(f, image, size, np.median(image))) for image in images], axis=0)",
    ),
)
def mean_map(answer):
    """A function (f, images, size) -> mean absolute occlusion map, shape (h, w)."""
    cases = []
    for seed, (n, height, width, size) in enumerate(
        ((5, 7, 9, 3), (3, 8, 5, 5))
    ):
        # Brightness differs between the images, so that each has a median of its own.
        images = pictures(n, height, width, 1, seed=seed + 20)
        images *= np.linspace(0.3, 1, n, dtype=np.float32)[:, None, None, None]
        cases.append((toy(height, width, 1, seed=seed + 5), images, size))
    judge(
        answer,
        reference_mean_map,
        cases,
        MEAN_MAP_SLIPS,
        "The mean map",
        "h, w",
    )
    return "No mask and no suspicion went into it: it can find what you do not expect."


# Exercise 6


def put(images, region, fill) -> np.ndarray:
    return np.where(np.asarray(region)[..., None], fill, images)


def change_of(f, images, region, fill) -> np.ndarray:
    return f(images) - f(put(images, region, fill))


def reference_covered(f, images, region, fill):
    return float(np.abs(change_of(f, images, region, fill)).mean())


def of_changes(join: Callable) -> Callable:
    """A slip that joins the right changes wrongly."""
    return lambda *case: join(change_of(*case))


COVERED_SLIPS = (
    (
        of_changes(np.mean),
        "Predictions that rise and predictions that fall cancel here. Take the absolute value of each change before the "
        "mean.",
    ),
    (
        of_changes(lambda c: -c.mean()),
        "Predictions that rise and predictions that fall cancel here. Take the absolute value of each change before the "
        "mean.",
    ),
    (
        of_changes(lambda c: abs(c.mean())),
        "The absolute value comes after the mean: rising and falling predictions have already canceled. First np.abs, then "
        "the mean.",
    ),
    (
        of_changes(lambda c: np.sqrt((c**2).mean())),
        "This is the root mean square. Asked for is the mean of the absolute changes.",
    ),
    (
        of_changes(lambda c: (c**2).mean()),
        "This is the mean of the squares. Asked for is the mean of the absolute changes.",
    ),
    (
        of_changes(lambda c: -np.abs(c).mean()),
        "The size is right, and the sign is negative. An absolute change is never below 0.",
    ),
    (
        of_changes(np.std),
        "This is the standard deviation of the changes. Asked for is the mean of their absolute values.",
    ),
    (
        of_changes(lambda c: np.maximum(c, 0).mean()),
        "Only predictions that fall are counted. Take the absolute value of each change.",
    ),
    (
        of_changes(lambda c: np.abs(c).sum()),
        "This is the sum over the images. Take the mean.",
    ),
    (
        of_changes(lambda c: np.abs(c).max()),
        "This is the largest change. Take the mean over the images.",
    ),
    (
        of_changes(lambda c: np.median(np.abs(c))),
        "This is the median. Take the mean over the images.",
    ),
    (
        lambda f, images, region, fill: reference_covered(
            f, images, ~region, fill
        ),
        "The region is left, and everything else is covered. np.where(condition, a, b) takes a where the condition is "
        "True.",
    ),
    (
        lambda f, images, region, fill: reference_covered(f, images, region, 0),
        "The region is always covered with 0. Use the argument fill.",
    ),
    (
        lambda f, images, region, fill: reference_covered(
            f, images, region, np.median(images)
        ),
        "The region is always covered with the median. Use the argument fill.",
    ),
    (
        lambda f, images, region, fill: f(put(images, region, fill)).mean(),
        "This is the mean prediction for the covered images. How far is each from the prediction before?",
    ),
    (
        lambda f, images, region, fill: np.abs(
            change_of(f, images, region, fill) / f(images)
        ).mean(),
        "This is a share of the prediction. Return the change itself, in the unit of f.",
    ),
    (
        lambda f, images, region, fill: (
            100 * np.abs(change_of(f, images, region, fill) / f(images)).mean()
        ),
        "This is a percentage of each prediction. Return the change itself, in the unit of f.",
    ),
    (
        lambda f, images, region, fill: np.abs(
            images - put(images, region, fill)
        ).mean(),
        "This is the change of the image. Asked for is that of the prediction: call f on both.",
    ),
    (
        lambda f, images, region, fill: np.abs(
            f(images)
            - f(
                np.concatenate(
                    [put(images[..., :1], region, fill), images[..., 1:]],
                    axis=-1,
                )
            )
        ).mean(),
        "Only the first channel is covered. Cover all of them.",
    ),
)


@lab.exercise(
    "Exercise 6: cover it",
    reference=reference_covered,
    hints=(
        "Make the covered images with np.where(condition, fill, images). The condition needs an axis for the channels.",
        "region[..., None] has shape (h, w, 1) or (n, h, w, 1): both fit to (n, h, w, c).",
        "np.abs(f(images) - f(np.where(region[..., None], fill, images))).mean()",
    ),
)
def covered(answer):
    """A function (f, images, region (h, w) or (n, h, w), fill) -> mean absolute change, a number."""
    rng = np.random.default_rng(6)
    cases = []
    for seed, (n, height, width, channels, each, fill) in enumerate(
        (
            (9, 6, 8, 1, False, 0.4),
            (6, 7, 5, 3, True, 0.9),
            (1, 5, 5, 1, True, -1.0),
        )
    ):
        region = (
            rng.random((n, height, width) if each else (height, width)) < 0.3
        )
        cases.append(
            (
                toy(height, width, channels, seed=seed + 9),
                pictures(n, height, width, channels, seed=seed + 30),
                region,
                fill,
            )
        )
    judge(
        answer,
        reference_covered,
        cases,
        COVERED_SLIPS,
        "The mean absolute change",
        "",
        "The check’s images have other sizes than the lab’s, and some regions have shape (h, w), others (n, h, w). "
        "region[..., None] serves both.",
    )
    return "A map says where to ask. This asks."

"""Maps of where an image network looks, and how much of a map lies on the pixels that matter."""

from collections.abc import Callable

from glassbox import layers
import keras
import numpy as np
from numpy.typing import ArrayLike
import tensorflow as tf


def grad_cam(model: keras.Model, images: ArrayLike, name: str) -> np.ndarray:
    """Signed Grad-CAM of a regression output [1]_.

    Each feature map of the layer is weighted by the mean of its gradients, and the weighted maps are added up.
    The original then cuts off what is negative, because it explains a class. A predicted number can also
    be pushed down, so this map keeps its sign.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network for images.
    images : array of shape (n, height, width, channels)
        Images as the network reads them.
    name : str
        A layer that gives feature maps, such as a convolution.

    Returns
    -------
    ndarray of shape (n, height, width), float64
        Positive where the layer's activity raises the prediction. Smaller maps are stretched to the images' size
        (bilinear).

    Raises
    ------
    TypeError, ValueError
        If the network cannot be opened, has no such layer, or does not take `images`; or if the layer gives no
        maps.

    References
    ----------
    .. [1] R. R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh and D. Batra, "Grad-CAM: visual
       explanations from deep networks via gradient-based localization", ICCV 2017,
       doi:10.1109/ICCV.2017.74.
    """
    return _class_activation(model, images, name, average=True)


def hires_cam(model: keras.Model, images: ArrayLike, name: str) -> np.ndarray:
    """Activation times gradient at each position, added up over the feature maps [1]_.

    Grad-CAM averages the gradients of a map first. Where the layers behind it read each position on its own,
    as dense layers do, that average throws away which position counts.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network for images.
    images : array of shape (n, height, width, channels)
        Images as the network reads them.
    name : str
        A layer that gives feature maps, such as a convolution.

    Returns
    -------
    ndarray of shape (n, height, width), float64
        Positive where the layer's activity raises the prediction. Smaller maps are stretched to the images' size
        (bilinear).

    Raises
    ------
    TypeError, ValueError
        As `grad_cam`.

    References
    ----------
    .. [1] R. L. Draelos and L. Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of
       convolutional neural networks", 2020, arXiv:2011.08891.
    """
    return _class_activation(model, images, name, average=False)


def _class_activation(
    model: keras.Model, images: ArrayLike, name: str, average: bool
) -> np.ndarray:
    network = layers.up_to(model, name)
    batch = layers.batch(model, images)
    if len(network.outputs[0].shape) != 4 or batch.ndim != 4:
        raise ValueError(
            f"the layer {name!r} gives {network.outputs[0].shape}, which are no maps; take a layer that gives "
            "(n, height, width, channels), such as a convolution"
        )
    parts = []
    for start in range(0, len(batch), layers.BATCH):
        part = tf.constant(batch[start : start + layers.BATCH])
        with tf.GradientTape() as tape:
            activity, prediction = network(part, training=False)
            total = tf.reduce_sum(prediction)
        slope = tape.gradient(total, activity)
        if average:
            slope = tf.reduce_mean(slope, axis=(1, 2), keepdims=True)
        small = tf.reduce_sum(slope * activity, axis=-1, keepdims=True)
        parts.append(tf.image.resize(small, batch.shape[1:3])[..., 0].numpy())
    return np.concatenate(parts).astype(np.float64)


def occlusion(
    f: Callable[[np.ndarray], ArrayLike],
    images: ArrayLike,
    size: int = 3,
    fill: ArrayLike | None = None,
) -> np.ndarray:
    """How the prediction falls if a square patch around a pixel is covered [1]_.

    Parameters
    ----------
    f : callable
        (n, height, width, channels) -> (n,) or (n, 1), such as a `Predictor`.
    images : array of shape (n, height, width, channels)
        Images as f reads them.
    size : int
        Side of the patch in pixels; odd, so that it has a pixel in its middle. At the border it is cut off.
    fill : number or array that can stand in for one image, optional
        What covers the patch: brightness, or another image. It is part of the question. The
        default is the median brightness of each image.

    Returns
    -------
    ndarray of shape (n, height, width), float64
        f(image) - f(image with the patch around this pixel covered), in the target's unit. Positive where
        what was covered raises the prediction. It takes height * width predictions for each image.

    Raises
    ------
    ValueError
        If `images` are not four-dimensional, `size` is not an odd number of at least 1, or `fill` does not fit.

    References
    ----------
    .. [1] M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       doi:10.1007/978-3-319-10590-1_53.
    """
    images = np.asarray(images, dtype=np.float32)
    if images.ndim != 4:
        hint = (
            ": for a single image write images[None]; without a channel axis, images[..., None]"
            if images.ndim in (2, 3)
            else ""
        )
        raise ValueError(
            f"images have shape {images.shape}, and (n, height, width, channels) is needed{hint}"
        )
    if size < 1 or size % 2 == 0:
        raise ValueError(
            f"size is {size}; an odd number of pixels is needed, such as 3"
        )
    n, height, width, _ = images.shape
    if fill is None:
        cover = np.median(images, axis=(1, 2), keepdims=True)
    else:
        cover = np.asarray(fill, dtype=np.float32)
    try:
        cover = np.broadcast_to(cover, images.shape)
    except ValueError as error:
        raise ValueError(
            f"fill has shape {np.shape(fill)}; give a number, or one image of shape {images.shape[1:]}"
        ) from error
    reach, result = size // 2, np.empty((n, height, width))
    for image, patch, difference in zip(images, cover, result, strict=True):
        covered = np.repeat(image[None], height * width, axis=0)
        for number, (row, column) in enumerate(np.ndindex(height, width)):
            window = (
                slice(max(row - reach, 0), row + reach + 1),
                slice(max(column - reach, 0), column + reach + 1),
            )
            covered[(number, *window)] = patch[window]
        prediction = float(np.ravel(f(image[None]))[0])
        difference[:] = prediction - np.reshape(f(covered), (height, width))
    return result


def pointing_game(maps: ArrayLike, relevant: ArrayLike) -> float:
    """Share of the maps whose strongest pixel lies on a relevant one [1]_.

    Parameters
    ----------
    maps : array of shape (n, height, width)
        One map for each image; the strongest pixel has the largest absolute value, since evidence that lowers
        a prediction counts as much. Of equal ones the share that is relevant counts.
    relevant : array of bool, of the same shape
        The pixels that are known to matter.

    Returns
    -------
    float
        From 0 to 1. A map of noise gets the relevant pixels' share of the image.

    Raises
    ------
    ValueError
        If the shapes differ, a map is missing a value, or an image has no relevant pixel.

    References
    ----------
    .. [1] J. Zhang, S. A. Bargal, Z. Lin, J. Brandt, X. Shen and S. Sclaroff, "Top-down neural attention by
       excitation backprop", International Journal of Computer Vision 126, 2018,
       doi:10.1007/s11263-017-1059-x.
    """
    size, known = _sizes(maps, relevant)
    strongest = size == size.max(axis=1, keepdims=True)
    # A blank map is equally strong everywhere: it points no better than chance.
    hit = (strongest & known).sum(axis=1) / strongest.sum(axis=1)
    return float(hit.mean())


def relevance_mass(maps: ArrayLike, relevant: ArrayLike) -> np.ndarray:
    """Share of each map that lies on the relevant pixels [1]_.

    Parameters
    ----------
    maps : array of shape (n, height, width)
        One map for each image. Absolute values are added up.
    relevant : array of bool, of the same shape
        The pixels that are known to matter.

    Returns
    -------
    ndarray of shape (n,)
        From 0 to 1. A map of noise gets about the relevant pixels' share of the image; so does, by
        definition, a blank one.

    Raises
    ------
    ValueError
        If the shapes differ, a map is missing a value, or an image has no relevant pixel.

    References
    ----------
    .. [1] L. Arras, A. Osman and W. Samek, "CLEVR-XAI: a benchmark dataset for the ground truth evaluation of
       neural network explanations", Information Fusion 81, 2022, doi:10.1016/j.inffus.2021.11.008.
    """
    size, known = _sizes(maps, relevant)
    blank = size.sum(axis=1) == 0
    size[blank] = 1
    return (size * known).sum(axis=1) / size.sum(axis=1)


def _sizes(
    maps: ArrayLike, relevant: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Absolute values and relevant pixels, one row for each map."""
    size, known = np.abs(np.array(maps, float)), np.asarray(relevant, bool)
    if size.ndim != 3 or size.shape != known.shape:
        raise ValueError(
            f"maps have shape {size.shape} and relevant has {known.shape}; both must be (n, height, width)"
        )
    if not np.isfinite(size).all():
        raise ValueError("a map has missing or infinite values")
    if len(size) == 0 or not known.any(axis=(1, 2)).all():
        raise ValueError(
            "each image needs at least one relevant pixel, or no map can find it"
        )
    return size.reshape(len(size), -1), known.reshape(len(known), -1)

"""Gradients of the prediction: the slope at a point, smoothed, or along the way from a baseline."""

from glassbox import layers
import keras
import numpy as np
from numpy.typing import ArrayLike
import tensorflow as tf


def gradient(model: keras.Model, X: ArrayLike) -> np.ndarray:
    """Slope of the prediction in each feature or pixel [1]_.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network.
    X : array or DataFrame of shape (n, d), or images of shape (n, height, width, channels)
        Where to take the slope, in the units that the network reads.

    Returns
    -------
    ndarray of the shape of X, float64
        How fast the prediction rises, in the target's unit per unit of the feature.

    Raises
    ------
    TypeError, ValueError
        If the network cannot be opened or does not take `X`. The message says what to do.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional networks: visualising image
       classification models and saliency maps", 2014, arXiv:1312.6034.
    """
    return _gradient(layers.single_output(model), layers.batch(model, X))


def gradient_times_input(
    model: keras.Model, X: ArrayLike, baseline: ArrayLike = 0.0
) -> np.ndarray:
    """Slope at the row times its distance from a baseline [1]_.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network.
    X : array or DataFrame of shape (n, d), or images of shape (n, height, width, channels)
        What to explain, in the units that the network reads.
    baseline : array of the shape of one row, of X, or a number
        What to compare with. The default is zero in each feature's own unit, or black: the
        method's usual form.

    Returns
    -------
    ndarray of the shape of X, float64
        In the target's unit. The sum is the difference of the predictions only if the network is linear
        between the two points.

    Raises
    ------
    TypeError, ValueError
        If the network cannot be opened or does not take `X` or `baseline`.

    References
    ----------
    .. [1] A. Shrikumar, P. Greenside, A. Shcherbina and A. Kundaje, "Not just a black box: learning important
       features through propagating activation differences", 2016, arXiv:1605.01713.
    """
    rows = layers.batch(model, X)
    return _gradient(layers.single_output(model), rows) * (
        rows - _baseline(model, rows, baseline)
    )


def smoothgrad(
    model: keras.Model,
    X: ArrayLike,
    sd: ArrayLike,
    samples: int = 50,
    seed: int = 0,
) -> np.ndarray:
    """Mean of the gradients at noisy copies of a row or image [1]_.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network.
    X : array or DataFrame of shape (n, d), or images of shape (n, height, width, channels)
        What to explain, in the units that the network reads.
    sd : array of the shape of one row, or a number
        Standard deviation of the noise, in the unit of each feature.
    samples : int
        Noisy copies of each row.
    seed : int
        Seed of the noise.

    Returns
    -------
    ndarray of the shape of X, float64
        In the target's unit per unit of the feature.

    Raises
    ------
    TypeError, ValueError
        If the network cannot be opened or does not take `X`; if `sd` is negative or has another shape, or
        `samples` is below 1.

    References
    ----------
    .. [1] D. Smilkov, N. Thorat, B. Kim, F. Viégas and M. Wattenberg, "SmoothGrad: removing noise by adding
       noise", 2017, arXiv:1706.03825.
    """
    rows = layers.batch(model, X)
    spread = _like_a_row(sd, rows, "sd")
    if (spread < 0).any():
        raise ValueError("sd is negative; it is a standard deviation")
    _at_least_one(samples, "samples")
    rng = np.random.default_rng(seed)
    network, total = layers.single_output(model), np.zeros(rows.shape)
    for _ in range(samples):
        noise = rng.normal(size=rows.shape) * spread
        total += _gradient(network, (rows + noise).astype(np.float32))
    return total / samples


def integrated_gradients(
    model: keras.Model, X: ArrayLike, baseline: ArrayLike, steps: int = 64
) -> np.ndarray:
    """Mean slope on the straight way from a baseline, times the distance from it [1]_.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential regression network.
    X : array or DataFrame of shape (n, d), or images of shape (n, height, width, channels)
        What to explain, in the units that the network reads.
    baseline : array of the shape of one row, of X, or a number
        What to compare with. It is part of the question: there is no default.
    steps : int
        Points on the way, each in the middle of one of as many equal pieces.

    Returns
    -------
    ndarray of the shape of X, float64
        In the target's unit. The sum over one row comes close to f(x) - f(baseline), the closer the
        more steps.

    Raises
    ------
    TypeError, ValueError
        If the network cannot be opened or does not take `X` or `baseline`, or `steps` is below 1.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", 2017,
       arXiv:1703.01365.
    """
    rows = layers.batch(model, X)
    start = _baseline(model, rows, baseline)
    _at_least_one(steps, "steps")
    network, total = layers.single_output(model), np.zeros(rows.shape)
    for share in (np.arange(steps) + 0.5) / steps:
        point = start + share * (rows - start)
        total += _gradient(network, point.astype(np.float32))
    return total / steps * (rows - start)


def _gradient(network: keras.Model, rows: np.ndarray) -> np.ndarray:
    parts = []
    for start in range(0, len(rows), layers.BATCH):
        part = tf.constant(rows[start : start + layers.BATCH])
        with tf.GradientTape() as tape:
            tape.watch(part)
            # Each prediction depends on its own row alone, so the sum has all gradients at once.
            total = tf.reduce_sum(network(part, training=False))
        parts.append(tape.gradient(total, part).numpy())
    return np.concatenate(parts).astype(np.float64)


def _baseline(
    model: keras.Model, rows: np.ndarray, baseline: ArrayLike
) -> np.ndarray:
    values = np.asarray(baseline, dtype=np.float64)
    if values.shape == rows.shape:
        return layers.batch(model, values).astype(np.float64)
    return _like_a_row(values, rows, "baseline")


def _like_a_row(values: ArrayLike, rows: np.ndarray, name: str) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.shape not in ((), rows.shape[1:]):
        raise ValueError(
            f"{name} has shape {values.shape}; give a number, or one value for each feature: "
            f"{rows.shape[1:]}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name} has missing or infinite values")
    return np.broadcast_to(values, rows.shape[1:])


def _at_least_one(count: int, name: str) -> None:
    if count < 1:
        raise ValueError(f"{name} is {count}; at least 1 is needed, such as 50")

"""Answers to the exercises of Lab 06, on gradients: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from glassbox import gradients
import numpy as np
import tensorflow as tf


def taped(model, X, total=tf.reduce_sum):
    """The gradient of a number that is made of the predictions."""
    X = tf.Variable(X, dtype=tf.float32)
    with tf.GradientTape() as tape:
        result = total(model(X))
    return tape.gradient(result, X)


def per_row(model, X):
    """One row after the other, in double precision."""
    return np.array([taped(model, row[None])[0] for row in X], float)


def by_jacobian(model, X):
    X = tf.constant(X, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(X)
        prediction = model(X)
    return tape.batch_jacobian(prediction, X)[:, 0].numpy()


def unwatched(model, X, finish=lambda gradient: gradient.numpy()):
    X = tf.constant(X, tf.float32)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(X))
    return finish(tape.gradient(total, X))


def watched_late(model, X):
    """Right for a network that begins with a layer that has weights."""
    X = tf.constant(X, tf.float32)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(X))
        tape.watch(X)
    gradient = tape.gradient(total, X)
    return np.zeros(X.shape) if gradient is None else gradient


def by_differences(model, X, step=0.005):
    result = np.zeros(X.shape)
    for place in np.ndindex(X.shape[1:]):
        A = X.copy()
        A[:, *place] += step
        difference = model(A.astype(np.float32)) - model(X.astype(np.float32))
        result[:, *place] = difference[:, 0] / step
    return result


def rounded(answer, digits=2):
    return lambda *arguments: np.round(answer(*arguments), digits)


def copies(model, X, sd, noise):
    return np.array([taped(model, X + sd * one) for one in noise])


def all_at_once(model, X, sd, noise):
    table = (X + sd * noise).reshape(-1, *X.shape[1:])
    return np.reshape(taped(model, table), noise.shape).mean(axis=0)


def running_sum(model, X, sd, noise):
    total = np.zeros_like(X)
    for k in range(len(noise)):
        total += np.asarray(taped(model, X + noise[k] * sd)) / len(noise)
    return total


def scaled_rows(model, X, reference, mean, sd, sd_y):
    """Everything in standard deviations first."""
    Z, Z0 = (X - mean) / sd, (reference - mean) / sd
    return np.asarray(taped(model, Z)) * (Z - Z0) * sd_y


def in_z(model, X, mean, sd):
    return np.asarray(taped(model, (X - mean) / sd))


def flat(phi):
    return np.reshape(phi, (len(phi), -1)).sum(axis=1)


def left(f, X, reference, phi):
    return flat(phi) - f(X) + f(reference[None])


def stops(model, X, reference, shares):
    way = [reference + a * (X - reference) for a in shares]
    return np.mean([taped(model, one) for one in way], axis=0)


def middles(k):
    return (np.arange(k) + 0.5) / k


def other_path(model, X, reference, steps):
    """From the row back to the reference, all stops in one table."""
    shares = middles(steps).reshape(-1, *[1] * X.ndim)
    table = X[None] + shares * (reference - X)[None]
    slope = np.asarray(taped(model, table.reshape(-1, *X.shape[1:])))
    return slope.reshape(table.shape).mean(axis=0) * (X - reference)


def row_by_row(model, X, reference, steps):
    result = np.empty_like(X)
    for i, x in enumerate(X):
        way = np.array(
            [reference + a * (x - reference) for a in middles(steps)]
        )
        result[i] = (x - reference) * np.mean(taped(model, way), axis=0)
    return result


STUBS = {
    "slopes": lambda model, X: ...,
    "smoothgrad": lambda model, X, sd, noise: ...,
    "times_distance": lambda model, X, reference, mean, sd, sd_y: (
        np.asarray(taped(model, (X - mean) / sd)) * (X - reference)
    ),
    "gap": lambda f, X, reference, phi: ...,
    "integrated_gradients": lambda model, X, reference, steps: ...,
}


OTHER = {
    "slopes": [
        per_row,
        by_jacobian,
        gradients.gradient,
        lambda m, X: taped(m, X, lambda p: p).numpy(),
        lambda m, X: np.array(
            taped(m, X, lambda p: len(X) * tf.reduce_mean(p)), np.float64
        ),
    ],
    "smoothgrad": [
        all_at_once,
        running_sum,
        lambda *a: running_sum(*a).tolist(),
    ],
    "times_distance": [
        scaled_rows,
        lambda m, X, r, mean, sd, sd_y: tf.constant(
            in_z(m, X, mean, sd) * (sd_y / sd) * (X - r)
        ),
    ],
    "gap": [
        left,
        lambda f, X, r, phi: np.array(
            [
                p.sum() - (f(x[None]) - f(r[None]))[0]
                for p, x in zip(phi, X, strict=True)
            ]
        ),
        lambda *a: left(*a).tolist(),
        lambda *a: tf.constant(left(*a)),
        lambda f, X, r, phi: np.float32(
            np.apply_over_axes(np.sum, phi, range(1, phi.ndim)).ravel()
            - (f(X) - f(np.repeat(r[None], len(X), axis=0)))
        ),
    ],
    "integrated_gradients": [
        other_path,
        row_by_row,
        lambda *a: tf.constant(row_by_row(*a), tf.float32),
        lambda *a: row_by_row(*a).tolist(),
        gradients.integrated_gradients,
    ],
}


WRONGS = {
    "slopes": {
        "divided by the number of rows": lambda m, X: taped(
            m, X, tf.reduce_mean
        ),
        "signs are gone": lambda m, X: np.abs(taped(m, X)),
        "slope times the input": lambda m, X: taped(m, X) * X,
        "signs are turned around": lambda m, X: -taped(m, X),
        "slopes of the first one": lambda m, X: (
            taped(m, X)[:1] + np.zeros(X.shape)
        ),
        "The rows are added up": lambda m, X: tf.reduce_sum(taped(m, X), 0),
        "mean over the rows": lambda m, X: tf.reduce_mean(taped(m, X), 0),
        "first row alone": lambda m, X: taped(m, X)[0],
        "These are the predictions": lambda m, X: m(X.astype(np.float32)),
        "squared prediction": lambda m, X: taped(
            m, X, lambda p: tf.reduce_sum(p**2)
        ),
        "The tape found no way from X": unwatched,
        "the tape may have given None": lambda m, X: unwatched(
            m, X, lambda gradient: gradient
        ),
        "off by less than 3 percent": by_differences,
        "Only the first row": lambda m, X: taped(m, X, lambda p: p[0]),
        "Only the last row": lambda m, X: taped(m, X, lambda p: p[-1]),
        "mean squared prediction": lambda m, X: taped(
            m, X, lambda p: tf.reduce_mean(p**2)
        ),
        "negative slopes are cut off": lambda m, X: tf.nn.relu(taped(m, X)),
        "divided by the largest one": lambda m, X: (
            taped(m, X) / np.abs(taped(m, X)).max()
        ),
        "and is 0.": watched_late,
        "Here X has (4, 3)": lambda m, X: taped(m, X[:, 0]),
        "put .numpy()": taped,
        "and this is a list": lambda m, X: taped(m, X).numpy().tolist(),
        "do not fit together": lambda m, X: (taped(m, X), m),
        "should have shape (4, 3)": lambda m, X: np.asarray(taped(m, X)).T,
        "is not right at": lambda m, X: np.sort(taped(m, X), axis=1),
        "missing or infinite": lambda m, X: taped(m, X) * np.nan,
        "should be a NumPy array": lambda m, X: (taped(m, X), 0)[:1],
    },
    "smoothgrad": {
        "standard deviation of 1": lambda m, X, sd, noise: copies(
            m, X, 1, noise
        ).mean(axis=0),
        "grows with their number": lambda *a: copies(*a).sum(axis=0),
        "sizes of the slopes": lambda *a: np.abs(copies(*a)).mean(axis=0),
        "averages the squares": lambda *a: (copies(*a) ** 2).mean(axis=0),
        "This is the median": lambda *a: np.median(copies(*a), axis=0),
        "how much the slopes vary": lambda *a: copies(*a).std(axis=0),
        "first noisy copy": lambda *a: copies(*a)[0],
        "last noisy copy": lambda *a: copies(*a)[-1],
        "slopes of every copy": copies,
        "mean went over the rows": lambda *a: copies(*a).mean(axis=1),
        "noise is subtracted": lambda m, X, sd, noise: all_at_once(
            m, X, sd, -noise
        ),
        "signs are gone": lambda *a: np.abs(all_at_once(*a)),
        "mean slope times sd": lambda *a: all_at_once(*a) * a[2],
        "mean slope times the input": lambda *a: all_at_once(*a) * a[1],
        "noise of zeros": lambda m, X, sd, noise: all_at_once(
            m, X, sd, np.random.default_rng(0).normal(size=noise.shape)
        ),
        "at X itself": lambda m, X, sd, noise: taped(m, X),
        "averages the noise": lambda m, X, sd, noise: taped(
            m, X + sd * noise.mean(axis=0)
        ),
        "added to the slopes": lambda m, X, sd, noise: np.mean(
            [taped(m, X) + sd * one for one in noise], axis=0
        ),
        "by the variance": lambda m, X, sd, noise: all_at_once(
            m, X, sd**2, noise
        ),
        "noise alone": lambda m, X, sd, noise: all_at_once(m, 0 * X, sd, noise),
        "share of X": lambda m, X, sd, noise: all_at_once(m, X, sd * X, noise),
        "off by less than 3 percent": lambda *a: 1.01 * all_at_once(*a),
        "is not right at": lambda m, X, sd, noise: all_at_once(
            m, X, sd, noise[:-1]
        ),
    },
    "times_distance": {
        "Multiply by sd_y": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * (X - r) / sd
        ),
        "the target's unit is right now": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * (X - r) * sd_y
        ),
        "gets X as it is, and it was trained on (X - mean) / sd. Take the slopes at Z.": (
            lambda m, X, r, mean, sd, sd_y: taped(m, X) * (X - r) / sd * sd_y
        ),
        "units are still mixed": lambda m, X, r, mean, sd, sd_y: (
            taped(m, X) * (X - r)
        ),
        "whatever baseline was asked for": (
            lambda m, X, r, mean, sd, sd_y: (
                in_z(m, X, mean, sd) * (X - mean) / sd * sd_y
            )
        ),
        "the baseline is not": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * ((X - mean) / sd - r) * sd_y
        ),
        "And sd_y is missing": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * (X - r) * sd
        ),
        "These are the slopes alone": lambda m, X, r, mean, sd, sd_y: in_z(
            m, X, mean, sd
        ),
        "baseline plays no part": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * X / sd * sd_y
        ),
        "drops out of the distance": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * ((X - mean) / sd - r / sd) * sd_y
        ),
        "signs are gone": lambda *a: np.abs(scaled_rows(*a)),
        "a slope per unit of the feature": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * (X - r) * sd * sd_y
        ),
        "sd twice": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * (X - r) / sd**2 * sd_y
        ),
        "These are slopes, in the right unit": (
            lambda m, X, r, mean, sd, sd_y: in_z(m, X, mean, sd) / sd * sd_y
        ),
        "Divided by sd_y": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * (X - r) / sd / sd_y
        ),
        "from the baseline to the row": lambda m, X, r, mean, sd, sd_y: (
            in_z(m, X, mean, sd) * (r - X) / sd * sd_y
        ),
        "raises NameError": lambda m, X, r, mean, sd, sd_y: undefined,  # noqa: F821
        "is not right at": lambda *a: np.clip(scaled_rows(*a), -5, 5),
    },
    "gap": {
        "sign is turned around": lambda *a: -left(*a),
        "sign is gone": lambda *a: np.abs(left(*a)),
        "for the baseline is missing": lambda f, X, r, phi: flat(phi) - f(X),
        "with the brackets": lambda f, X, r, phi: flat(phi) - f(X) - f(r[None]),
        "rows that are differences": lambda f, X, r, phi: flat(phi) - f(X - r),
        "sum of the attributions. How far": lambda f, X, r, phi: flat(phi),
        "the difference of the predictions. How": lambda f, X, r, phi: (
            f(X) - f(r[None])
        ),
        "This is a ratio": lambda f, X, r, phi: flat(phi) / (f(X) - f(r[None])),
        "This is a share": lambda f, X, r, phi: (
            flat(phi) / (f(X) - f(r[None])) - 1
        ),
        "This is one number": lambda *a: left(*a).mean(),
        "Right for a table": lambda f, X, r, phi: (
            phi.sum(axis=1) - (f(X) - f(r[None]))
        ),
        "square of the gap": lambda *a: left(*a) ** 2,
        "sizes of the attributions": lambda f, X, r, phi: (
            flat(np.abs(phi)) - (f(X) - f(r[None]))
        ),
        "the mean prediction": lambda f, X, r, phi: (
            flat(phi) - (f(X) - f(X).mean())
        ),
        "of all rows": lambda f, X, r, phi: phi.sum() - (f(X) - f(r[None])),
        "mean of the attributions": lambda f, X, r, phi: (
            phi.reshape(len(X), -1).mean(axis=1) - (f(X) - f(r[None]))
        ),
        "got one row": lambda f, X, r, phi: flat(phi) - (f(X) - f(r)),
        "Here X has (3, 4, 6, 1)": lambda f, X, r, phi: (
            phi.sum(axis=-1) - (f(X) - f(r[None]))
        ),
        "off by less than 3 percent": rounded(left, 2),
        "is not right at [0]": lambda *a: np.sort(left(*a))[::-1],
        "should have shape (4,)": lambda *a: left(*a)[:, None],
    },
    "integrated_gradients": {
        "slopes at the row itself": lambda m, X, r, k: taped(m, X) * (X - r),
        "at the baseline alone": lambda m, X, r, k: (
            taped(m, r + 0 * X) * (X - r)
        ),
        "in points per unit": lambda m, X, r, k: stops(m, X, r, middles(k)),
        "the factor is X. That": lambda m, X, r, k: (
            stops(m, X, r, middles(k)) * X
        ),
        "signs are turned around": lambda m, X, r, k: (
            stops(m, X, r, middles(k)) * (r - X)
        ),
        "grows with their number": lambda *a: other_path(*a) * a[-1],
        "signs are gone": lambda *a: np.abs(other_path(*a)),
        "left end": lambda m, X, r, k: (
            stops(m, X, r, np.arange(k) / k) * (X - r)
        ),
        "right end": lambda m, X, r, k: (
            stops(m, X, r, np.arange(1, k + 1) / k) * (X - r)
        ),
        "include both ends": lambda m, X, r, k: (
            stops(m, X, r, np.linspace(0, 1, k)) * (X - r)
        ),
        "steps + 1 stops, both ends": lambda m, X, r, k: (
            stops(m, X, r, np.linspace(0, 1, k + 1)) * (X - r)
        ),
        "trapezoid rule": lambda m, X, r, k: (
            (
                stops(m, X, r, np.arange(k) / k)
                + stops(m, X, r, np.arange(1, k + 1) / k)
            )
            / 2
            * (X - r)
        ),
        "way starts at zero": lambda m, X, r, k: (
            stops(m, X, 0 * r, middles(k)) * (X - r)
        ),
        "baseline plays no part": lambda m, X, r, k: (
            stops(m, X, 0 * r, middles(k)) * X
        ),
        "stops lack the baseline": lambda m, X, r, k: (
            stops(m, X - r, 0 * r, middles(k)) * (X - r)
        ),
        "Each row has its own": lambda *a: other_path(*a).mean(axis=0),
        "attributions are added up": lambda *a: flat(other_path(*a)),
        "does not follow steps": lambda m, X, r, k: other_path(m, X, r, 64),
        "divides only the half": lambda m, X, r, k: (
            stops(m, X, r, np.arange(k) + 0.5 / k) * (X - r)
        ),
        "one piece too far": lambda m, X, r, k: (
            stops(m, X, r, middles(k) + 1 / k) * (X - r)
        ),
        "middle of the way": lambda m, X, r, k: (
            np.asarray(taped(m, (X + r) / 2)) * (X - r)
        ),
        "first stop alone": lambda m, X, r, k: (
            stops(m, X, r, middles(k)[:1]) / k * (X - r)
        ),
        "last stop alone": lambda m, X, r, k: (
            stops(m, X, r, middles(k)[-1:]) / k * (X - r)
        ),
        "by steps twice": lambda m, X, r, k: other_path(m, X, r, k) / k,
        "is not right at": lambda m, X, r, k: (
            stops(m, X, r, np.random.default_rng(0).random(k)) * (X - r)
        ),
        "should have shape (4, 3)": lambda m, X, r, k: np.array(
            [taped(m, r + a * (X - r)) for a in middles(k)]
        ),
    },
}

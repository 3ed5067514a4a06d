"""Exact Shapley values: the referee for methods that estimate them."""

from collections.abc import Callable
import functools
import math

from glassbox.predict import BATCH_ROWS, Predictor, as_rows
import keras
import numpy as np
from numpy.typing import ArrayLike
import tensorflow as tf

MAX_FEATURES = 16
"""More features than this are refused: 16 have 65,536 coalitions, and each more doubles them."""


def exact(
    f: Callable[[np.ndarray], ArrayLike],
    X: ArrayLike,
    background: ArrayLike,
    max_rows: int = BATCH_ROWS,
) -> tuple[np.ndarray, float]:
    """Compute exact interventional Shapley values by going through all coalitions.

    The value of a coalition S of features, at a row x, is the mean prediction when the features
    in S are those of x and the others those of each background row b in turn:
    v(S) = mean over b of f(x_S, b_notS). Feature i gets the weighted mean of v(S with i) - v(S)
    over all S without i [1]_, so that phi0 + phi.sum(axis=1) is f(X). Features are replaced
    without regard to the others ("interventional" or "marginal" values [2]_, [3]_, [4]_), and the
    background is part of the question.

    Parameters
    ----------
    f : callable
        (n, d) -> (n,) or (n, 1). With a `Predictor` without scalers, masking and network are
        compiled into one, which takes about the time of the bare forward pass.
    X : array or DataFrame of shape (n, d), or one row (d,)
        The rows to explain.
    background : array or DataFrame of shape (m, d), or one row (d,)
        The rows to compare with. 2^d * m predictions are made for each row of X.
    max_rows : int
        The most rows that f gets at once. It bounds the memory; more rows are not faster, since
        what the network computes for them no longer fits into the processor's cache.

    Returns
    -------
    phi : ndarray of shape (n, d), float64
        The contribution of each feature to each prediction, in the unit of f.
    phi0 : float
        The mean prediction over the background, in the unit of f.

    Raises
    ------
    ValueError
        If d is above `MAX_FEATURES`; if X or background is empty, not numeric or has missing
        values, or their columns differ; if f does not return one finite number a row.

    References
    ----------
    .. [1] L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II,
       1953, doi:10.1515/9781400881970-018.
    .. [2] E. Štrumbelj and I. Kononenko, "Explaining prediction models and individual predictions
       with feature contributions", Knowl. Inf. Syst. 41, 2014, doi:10.1007/s10115-013-0679-x.
    .. [3] S. M. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions",
       2017, arXiv:1705.07874.
    .. [4] D. Janzing, L. Minorics and P. Blöbaum, "Feature relevance quantification in explainable
       AI: a causal problem", 2020, arXiv:1910.13413.
    """
    rows, others = as_rows(X), as_rows(background, "background")
    _check_tables(X, rows, background, others)
    d = rows.shape[1]
    # A network that cannot take these columns is called, so that it says what is wrong.
    fits = isinstance(f, Predictor) and f.network.input_shape == (None, d)
    plain = fits and f.x_scaler is None and f.y_scaler is None
    sums = _compiled_sums if plain else _sums
    max_rows = max(1, max_rows)
    blocks = [
        others[start : start + max_rows]
        for start in range(0, len(others), max_rows)
    ]
    weights = _weights(d)
    phi = np.empty(rows.shape)
    for i, x in enumerate(rows):
        values = sum(sums(f, x, block, max_rows) for block in blocks) / len(
            others
        )
        phi[i] = values @ weights
    phi0 = float(values[0])
    if not (np.isfinite(phi0) and np.isfinite(phi).all()):
        raise ValueError(
            "f returned missing or infinite values, which have no Shapley values"
        )
    return phi, phi0


def _check_tables(X, rows: np.ndarray, background, others: np.ndarray) -> None:
    d = rows.shape[1]
    if len(others) == 0:
        raise ValueError(
            "background has no rows; give it some of the training rows, such as 100"
        )
    if d != others.shape[1]:
        raise ValueError(
            f"X has {d} columns, but background has {others.shape[1]}"
        )
    if hasattr(X, "columns") and hasattr(background, "columns"):
        names, other_names = list(X.columns), list(background.columns)
        if names != other_names:
            raise ValueError(
                f"X has columns {names}, but background has {other_names}"
            )
    if rows.size == 0:
        raise ValueError(f"X has nothing to explain: its shape is {rows.shape}")
    if d > MAX_FEATURES:
        raise ValueError(
            f"exact Shapley values need 2^d coalitions, and d = {d} is above {MAX_FEATURES}; "
            "estimate them with shap.PermutationExplainer(f, background), whose permutations are "
            "paired with their reverse"
        )


def _members(coalitions: np.ndarray, d: int) -> np.ndarray:
    """Return (n, d) bool: feature i is in coalition number s if bit i of s is 1."""
    return (coalitions[:, None] >> np.arange(d)) & 1 == 1


@functools.cache
def _weights(d: int) -> np.ndarray:
    """Return (2^d, d): phi = v @ weights, with v in the order of the coalitions' numbers."""
    members = _members(np.arange(2**d), d)
    size = members.sum(axis=1)
    factorial = [math.factorial(k) for k in range(d + 1)]
    # v of k features counts for its members, as v(S with i), and against the others, as v(S).
    plus = [0.0] + [
        factorial[k - 1] * factorial[d - k] / factorial[d]
        for k in range(1, d + 1)
    ]
    minus = [*plus[1:], 0.0]
    return np.where(
        members, np.take(plus, size)[:, None], -np.take(minus, size)[:, None]
    )


def _sums(
    f: Callable, x: np.ndarray, background: np.ndarray, max_rows: int
) -> np.ndarray:
    """Return (2^d,): the sum of f over the background rows, for each coalition."""
    d = len(x)
    size = _chunk(d, len(background), max_rows)
    sums = np.empty(2**d)
    for first in range(0, 2**d, size):
        members = _members(np.arange(first, first + size), d)
        masked = np.where(members[:, None, :], x, background).reshape(-1, d)
        sums[first : first + size] = (
            _call(f, masked).reshape(size, -1).sum(axis=1)
        )
    return sums


def _chunk(d: int, n_background: int, max_rows: int) -> int:
    """Return how many coalitions go at once: a power of two, so that they divide evenly."""
    return min(2**d, 2 ** ((max_rows // n_background).bit_length() - 1))


def _compiled_sums(
    f: Predictor, x: np.ndarray, background: np.ndarray, max_rows: int
) -> np.ndarray:
    """Return the same as `_sums`, or `_sums` itself where XLA cannot compile the network."""
    n, d = background.shape
    compiled = _compile(f.network, d, n, _chunk(d, n, max_rows))
    if compiled is None:
        return _sums(f, x, background, max_rows)
    return compiled(
        tf.constant(x, tf.float32), tf.constant(background, tf.float32)
    ).numpy()


@functools.lru_cache(maxsize=16)
def _compile(
    network: keras.Model, d: int, n_background: int, size: int
) -> Callable | None:
    """Compile masking, network and sums into one, or return None where XLA cannot."""

    @tf.function(jit_compile=True, autograph=False)
    def sums(x, background):
        def chunk(first):
            coalitions = first + tf.range(size)
            bits = tf.bitwise.right_shift(coalitions[:, None], tf.range(d))
            members = tf.bitwise.bitwise_and(bits, 1) == 1
            masked = tf.reshape(
                tf.where(members[:, None, :], x, background), (-1, d)
            )
            y = tf.reshape(
                network(masked, training=False), (size, n_background)
            )
            # A sum of many float32 predictions would lose digits in float32.
            return tf.reduce_sum(tf.cast(y, tf.float64), axis=1)

        firsts = tf.range(0, 2**d, size)
        return tf.reshape(
            tf.map_fn(chunk, firsts, fn_output_signature=tf.float64), [-1]
        )

    try:
        # Traced here, once: called as it is, TensorFlow warns that it traces
        # again when several backgrounds have different numbers of rows.
        compiled = sums.get_concrete_function(
            tf.TensorSpec((d,), tf.float32),
            tf.TensorSpec((n_background, d), tf.float32),
        )
        compiled(tf.zeros(d), tf.zeros((n_background, d)))
    except tf.errors.OpError:
        return None
    return compiled


def _call(f: Callable, rows: np.ndarray) -> np.ndarray:
    """Return f(rows) as (n,) float64, or say what is wrong with it."""
    y = np.asarray(f(rows), dtype=np.float64)
    if y.shape not in {(len(rows),), (len(rows), 1)}:
        raise ValueError(
            f"f must return one number a row, (n,), but returned {y.shape} for {len(rows)} rows; "
            "if it has several outputs, wrap the one to explain: lambda X: f(X)[:, 0]"
        )
    return y.ravel()

"""Accumulated local effects: what one feature does to the predictions, on rows that occur."""

from collections.abc import Callable

from glassbox.predict import as_rows
import numpy as np
from numpy.typing import ArrayLike


def ale(
    f: Callable, X: ArrayLike, feature: int, bins: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Accumulated local effect of one feature [1]_.

    The range of the feature is cut into bins with about the same number of rows. Within a bin each
    row moves from one edge to the other and keeps its other features, so f is asked only about rows
    that are nearly real. The mean differences add up to the curve.

    Parameters
    ----------
    f : callable
        From rows (n, d) to predictions (n,), in the target's unit.
    X : array or DataFrame of shape (n, d)
        Rows of the data, in their own units.
    feature : int
        Column of `X`.
    bins : int
        Number of bins. There are fewer where a value is so frequent that two edges fall together.

    Returns
    -------
    edges : ndarray of shape (k,), k <= bins + 1
        Values of the feature, rising from its smallest to its largest.
    effect : ndarray of shape (k,)
        The effect at the edges, in the target's unit. Read along straight lines between the edges,
        its mean over the rows of `X` is zero.

    Raises
    ------
    ValueError
        The table cannot be used, has no such column, or the feature never changes; or `bins` is
        below 1.

    Notes
    -----
    ALEPlot, the R package by the authors of [1]_, centers a little differently: by the mean of the two
    edges of each row's bin. The difference is below a bin's own height.

    References
    ----------
    .. [1] D. W. Apley and J. Zhu, "Visualizing the effects of predictor variables in black box
       supervised learning models", Journal of the Royal Statistical Society B 82(4), 2020,
       https://doi.org/10.1111/rssb.12377.
    """
    rows = as_rows(X)
    if not -rows.shape[1] <= feature < rows.shape[1]:
        raise ValueError(
            f"X has {rows.shape[1]} columns, so there is no column {feature}"
        )
    if bins < 1:
        raise ValueError(f"bins is {bins}; at least 1 is needed, such as 20")
    values = rows[:, feature]
    # Edges that occur in the data: between 0 and 1, a feature with two values has nothing at 0.5.
    edges = np.unique(
        np.quantile(values, np.linspace(0, 1, bins + 1), method="inverted_cdf")
    )
    if len(edges) < 2:
        raise ValueError(
            f"column {feature} is {values[0]:g} in every row, so it has no effect to show"
        )
    # Bin k reaches from edge k to edge k + 1; a row on an edge belongs to the bin below.
    bin_of_row = np.maximum(np.searchsorted(edges, values) - 1, 0)
    below, above = rows.copy(), rows.copy()
    below[:, feature] = edges[bin_of_row]
    above[:, feature] = edges[bin_of_row + 1]
    difference = np.ravel(f(above)) - np.ravel(f(below))
    count = np.bincount(bin_of_row, minlength=len(edges) - 1)
    total = np.bincount(
        bin_of_row, weights=difference, minlength=len(edges) - 1
    )
    # Two quantiles of few rows can have no row between them: no step.
    steps = np.divide(total, count, out=np.zeros(len(count)), where=count > 0)
    effect = np.concatenate([[0.0], steps.cumsum()])
    return edges, effect - np.interp(values, edges, effect).mean()

"""Answers to the exercises of Lab 01: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from types import SimpleNamespace

from glassbox.checks import lab01
import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.tree import DecisionTreeRegressor

RIGHT = lab01.reference_conclusion()


def running_r2(y, predicted):
    left_over = total = 0.0
    for value, guess in zip(y, predicted, strict=True):
        left_over += (value - guess) ** 2
        total += (value - np.mean(y)) ** 2
    return 1 - left_over / total


def sse(values):
    if len(values) == 0:
        return 0.0
    return ((values - values.mean()) ** 2).sum()


def split_by(cost, thresholds=lab01.midpoints):
    """A best split with another cost of the two sides, or with other thresholds."""

    def split(x, y):
        tried = thresholds(x)
        return tried[np.nanargmin([cost(y[x <= c], y[x > c]) for c in tried])]

    return split


def split_with_sums(x, y):
    """The quick way: rows in order, and running sums."""
    order = np.argsort(x)
    x, y = x[order], y[order]
    n = np.arange(1, len(x))
    left, right = np.cumsum(y)[:-1], y.sum() - np.cumsum(y)[:-1]
    gain = left**2 / n + right**2 / (len(x) - n)
    gain[x[:-1] == x[1:]] = -np.inf
    best = gain.argmax()
    return (x[best] + x[best + 1]) / 2


def split_by_place(x, y):
    """Wrong where a value occurs more than once: a split may come between equal values."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    costs = [sse(y[:i]) + sse(y[i:]) for i in range(1, len(x))]
    best = int(np.argmin(costs))
    return (x[best] + x[best + 1]) / 2


def split_unsorted(x, y):
    middles = (x[:-1] + x[1:]) / 2
    return middles[np.argmin([sse(y[x <= c]) + sse(y[x > c]) for c in middles])]


def total(left, right):
    return sse(left) + sse(right)


def best_cost(x, y):
    return min(total(y[x <= c], y[x > c]) for c in lab01.midpoints(x))


def best_place(x, y):
    return np.argmin([total(y[x <= c], y[x > c]) for c in lab01.midpoints(x)])


def upper_end(x, y):
    """The value above the gap instead of its middle."""
    return x[x > lab01.reference_best_split(x, y)].min()


def hinge_table(bend):
    """A table of x and bend(x, knot) for each knot."""
    return lambda x, knots: np.column_stack(
        [x, *(bend(x, knot) for knot in knots)]
    )


def table_of_4000(x, knots):
    """Wrong for other data: the number of rows is typed."""
    table = np.zeros((4000, 1 + len(knots)))
    table[:, 0] = x
    return table


def half_width(
    d, n_train, n_test, *, ddof=1, t=None, factor=None, root=np.sqrt
):
    count = len(d)
    t = stats.t.ppf(0.975, count - 1) if t is None else t
    factor = 1 / count + n_test / n_train if factor is None else factor
    return t * root(factor) * np.std(d, ddof=ddof)


def around_mean(**parts):
    """An interval around the mean, with parts of its half width exchanged."""

    def interval(d, a, b):
        chosen = {
            name: part(len(d), a, b) if name in ("t", "factor") else part
            for name, part in parts.items()
        }
        half = half_width(d, a, b, **chosen)
        return np.mean(d) - half, np.mean(d) + half

    return interval


def by_scipy(d, n_train, n_test):
    scale = np.sqrt((1 / len(d) + n_test / n_train) * np.var(d, ddof=1))
    return stats.t.interval(0.95, df=len(d) - 1, loc=np.mean(d), scale=scale)


def but(**changed):
    """The right conclusion with some entries changed; keys are given in short."""
    keys = dict(zip(("diabetes", "ten", "product"), RIGHT, strict=True))
    return lambda: RIGHT | {keys[k]: v for k, v in changed.items()}


# The code that the exercise hands out is a start, not an answer.
STUBS = {
    "r2": lambda y, p: ...,
    "rmse": lambda y, p: np.sqrt(((y - p) ** 2).mean()),
    "best_split": lambda x, y: ...,
    "hinges": lambda x, knots: ...,
    "corrected_interval": lambda d, a, b: ...,
    "conclusion": lambda: dict.fromkeys(RIGHT, ...),
}

OTHER = {
    "r2": [
        r2_score,
        running_r2,
        lambda y, p: 1 - np.mean((y - p) ** 2) / np.var(y),
        lambda y, p: float(1 - sum((y - p) ** 2) / (y.var() * len(y))),
    ],
    "rmse": [
        lambda y, p: np.sqrt(((y - p.T) ** 2).mean()),
        lambda y, p: np.sqrt(((y - p.reshape(-1)) ** 2).mean()),
        lambda y, p: np.sqrt(((y - np.squeeze(p)) ** 2).mean()),
        root_mean_squared_error,
        lambda y, p: float(
            np.sqrt(np.mean((y - (p[:, 0] if p.ndim == 2 else p)) ** 2))
        ),
    ],
    "best_split": [
        split_with_sums,
        lambda x, y: (
            DecisionTreeRegressor(max_depth=1)
            .fit(x[:, None], y)
            .tree_.threshold[0]
        ),
        split_by(lambda a, b: len(a) * np.var(a) + len(b) * np.var(b)),
        # The largest value on the left separates the same rows.
        split_by(total, lambda x: np.unique(x)[:-1]),
        split_by(
            lambda a, b: np.mean([*(a - a.mean()) ** 2, *(b - b.mean()) ** 2])
        ),
    ],
    "hinges": [
        lambda x, knots: np.column_stack(
            [x] + [np.where(x > k, x - k, 0) for k in knots]
        ),
        lambda x, knots: np.vstack([x, *[(x - k).clip(0) for k in knots]]).T,
        lambda x, knots: pd.DataFrame(
            {"x": x} | {str(k): (x > k) * (x - k) for k in knots}
        ),
    ],
    "corrected_interval": [
        by_scipy,
        lambda d, a, b: np.array(by_scipy(d, a, b)),
        lambda d, a, b: list(by_scipy(d, a, b)),
    ],
    "conclusion": [
        but(diabetes="Cannot tell", ten=" NETWORK ", product="readable_model"),
        but(diabetes="'cannot tell'", ten="network.", product="readable-model"),
        lambda: dict(reversed(RIGHT.items())),
        dict(RIGHT),
    ],
}

WRONGS = {
    "r2": {
        "squared correlation": lambda y, p: np.corrcoef(y, p)[0, 1] ** 2,
        "This is the correlation": lambda y, p: np.corrcoef(y, p)[0, 1],
        "how much the predictions vary": lambda y, p: np.var(p) / np.var(y),
        "Above stands a mean": lambda y, p: 1 - ((y - p) ** 2).mean() / sse(y),
        "1 minus the mean squared error": lambda y, p: (
            1 - ((y - p) ** 2).mean()
        ),
        "1 minus the sum of squared errors": lambda y, p: (
            1 - ((y - p) ** 2).sum()
        ),
        "arguments have changed places": lambda y, p: r2_score(p, y),
        "share that is left over": lambda y, p: 1 - r2_score(y, p),
        "how much the predictions spread": lambda y, p: (
            ((p - y.mean()) ** 2).sum() / sse(y)
        ),
        "always 100 too high": lambda y, p: 1 - np.var(y - p) / np.var(y),
        "n - 1 (ddof=1)": lambda y, p: (
            1 - ((y - p) ** 2).mean() / np.var(y, ddof=1)
        ),
        "Above stands a sum": lambda y, p: 1 - ((y - p) ** 2).sum() / np.var(y),
        "always saying 0": lambda y, p: 1 - ((y - p) ** 2).sum() / (y**2).sum(),
        "mean of the predictions": lambda y, p: (
            1 - ((y - p) ** 2).sum() / ((y - p.mean()) ** 2).sum()
        ),
        "divides the roots": lambda y, p: (
            1 - np.sqrt(((y - p) ** 2).mean()) / y.std()
        ),
        "takes sizes": lambda y, p: (
            1 - abs(y - p).sum() / abs(y - y.mean()).sum()
        ),
        "squared after it": lambda y, p: 1 - (y - p).sum() ** 2 / sse(y),
        "mind the parentheses": lambda y, p: (
            (1 - ((y - p) ** 2).sum()) / sse(y)
        ),
        "1 is missing": lambda y, p: -((y - p) ** 2).sum() / sse(y),
        "worse predictions get more": lambda y, p: (
            1 + ((y - p) ** 2).sum() / sse(y)
        ),
        "This is the sum above": lambda y, p: ((y - p) ** 2).sum(),
        "This is the mean squared error": lambda y, p: ((y - p) ** 2).mean(),
        "This is the sum below": lambda y, p: sse(y),
        "saying the median": lambda y, p: (
            1 - ((y - p) ** 2).sum() / ((y - np.median(y)) ** 2).sum()
        ),
        "Are they the two sums": lambda y, p: (((y - p) ** 2).sum(), sse(y)),
        "sign ^ means": lambda y, p: 1 - ((y - p) ^ 2).sum() / sse(y),
        "made of y and predicted": lambda y, p: (
            1 - ((y - p) ** 2).sum() / ((y - 169.8) ** 2).sum()
        ),
        "in percent": lambda y, p: 100 * r2_score(y, p),
        "stops at 0": lambda y, p: max(0, r2_score(y, p)),
        "minus sign is gone": lambda y, p: abs(r2_score(y, p)),
        "looks rounded": lambda y, p: round(r2_score(y, p), 2),
        "two pairs of arrays": lambda y, p: 0.968,
        "table of correlations": lambda y, p: np.corrcoef(y, p) ** 2,
        "one number for each row": lambda y, p: 1 - (y - p) ** 2 / sse(y),
        "line stand the predictions": lambda y, p: (
            1 - ((y - p) ** 2).sum() / ((p - y.mean()) ** 2).sum()
        ),
        "divided first, and added": lambda y, p: (
            1 - (((y - p) / (y - y.mean())) ** 2).sum()
        ),
        "divided first, and averaged": lambda y, p: (
            1 - (((y - p) / (y - y.mean())) ** 2).mean()
        ),
        "30 rows of its own": lambda y, p: r2_score(np.ones(9) - p, y),
        "of the check’s own": lambda y, p: r2_score(y, p) - 0.1,
        "divided by 0": lambda y, p: (
            1 - ((y - p) ** 2).sum() / (y - y.mean()).sum() ** 2
        ),
        "returns nothing (None)": lambda y, p: print(end=""),
        "changes the table": lambda y, p: (y.sort(), r2_score(y, p))[1],
    },
    "rmse": {
        "The root is missing": lambda y, p: ((y - p.ravel()) ** 2).mean(),
        "mean size of the errors": lambda y, p: np.sqrt(
            (y - p.ravel()) ** 2
        ).mean(),
        "what [0] takes": lambda y, p: np.sqrt(((y - p[0]) ** 2).mean()),
        "root is divided by n": lambda y, p: (
            np.linalg.norm(y - p.ravel()) / len(y)
        ),
        "root of the sum": lambda y, p: np.sqrt(((y - p.ravel()) ** 2).sum()),
        "mean error: too high": lambda y, p: (y - p.ravel()).mean(),
        "spread of the errors": lambda y, p: (y - p.ravel()).std(),
        "averaged first": lambda y, p: np.sqrt((y - p.ravel()).mean() ** 2),
        "raises IndexError": lambda y, p: np.sqrt(((y - p[:, 0]) ** 2).mean()),
        "(7,), this now compares each": lambda y, p: np.sqrt(
            ((y[:, None] - p) ** 2).mean()
        ),
        "first prediction alone": lambda y, p: np.sqrt(
            ((y - (p[0] if p.ndim == 2 else p)) ** 2).mean()
        ),
        "mean prediction": lambda y, p: np.sqrt(
            ((y - (p.mean() if p.ndim == 2 else p)) ** 2).mean()
        ),
        "mean over one of its axes": lambda y, p: np.sqrt(
            ((y - p) ** 2).mean(axis=0)
        ),
        "handled well before": lambda y, p: np.sqrt(
            ((y - p.ravel()[::-1]) ** 2).mean()
        ),
        "divides by n - 1": lambda y, p: np.sqrt(
            ((y - p.ravel()) ** 2).sum() / (len(y) - 1)
        ),
        "This is negative": lambda y, p: (
            -np.sqrt(((y - p.ravel()) ** 2).mean())
        ),
        "made of y alone": lambda y, p: np.sqrt((y**2).mean()),
        "This is the spread of y": lambda y, p: y.std(),
        "same number for two pairs": lambda y, p: 5.281,
        "not depend on the shape": lambda y, p: (
            np.sqrt(((y - p) ** 2).mean()) / p.ndim
        ),
        "A mean is missing": lambda y, p: np.sqrt((y - p.ravel()) ** 2),
        "handled well before: Your function raises AxisError": lambda y, p: (
            np.sqrt(((y - p.squeeze(axis=1)) ** 2).mean())
        ),
        "shape (1, 1)": lambda y, p: np.sqrt(
            (([*y] - np.array([*np.squeeze(p)])) ** 2).mean()
        ),
    },
    "best_split": {
        "median of x": lambda x, y: np.median(x),
        "mean of x": lambda x, y: np.mean(x),
        "the cost of the best split": best_cost,
        "the place of the best": best_place,
        "how many values lie on the left": lambda x, y: best_place(x, y) + 1,
        "looked up in x": lambda x, y: x[best_place(x, y)],
        "last threshold": lambda x, y: lab01.midpoints(x)[-1],
        "first threshold": lambda x, y: lab01.midpoints(x)[0],
        "each middle between": split_by(
            total, lambda x: np.linspace(x.min(), x.max(), 5)[:-1]
        ),
        "each times its number of rows": split_by(
            lambda a, b: len(a) * a.std() + len(b) * b.std()
        ),
        "middle of the range": lambda x, y: (x.min() + x.max()) / 2,
        "each by itself": lambda x, y: lab01.reference_best_split(
            np.sort(x), np.sort(y)
        ),
        "only b is halved": lab01.without_parentheses,
        "just before the best": lambda x, y: lab01.midpoints(x)[
            best_place(x, y) - 1
        ],
        "just after the best": lambda x, y: lab01.midpoints(x)[
            (best_place(x, y) + 1) % (len(np.unique(x)) - 1)
        ],
        "Equal steps": split_by(
            total, lambda x: np.linspace(x.min(), x.max(), 5001)[:-1]
        ),
        "begin one too late": split_by(total, lambda x: lab01.midpoints(x)[1:]),
        "end one too early": split_by(total, lambda x: lab01.midpoints(x)[:-1]),
        "adds the two variances": split_by(lambda a, b: a.var() + b.var()),
        "adds two standard deviations": split_by(
            lambda a, b: a.std() + b.std()
        ),
        "sizes of the errors. Asked": split_by(
            lambda a, b: abs(a - a.mean()).sum() + abs(b - b.mean()).sum()
        ),
        "takes medians": split_by(
            lambda a, b: (
                abs(a - np.median(a)).sum() + abs(b - np.median(b)).sum()
            )
        ),
        "as far apart": split_by(lambda a, b: -abs(a.mean() - b.mean())),
        "worst split": split_by(lambda a, b: -total(a, b)),
        "largest gap": lab01.largest_gap,
        "jumps most": lab01.largest_jump,
        "come apart": lambda x, y: lab01.reference_best_split(np.sort(x), y),
        "next to each other in the table": split_unsorted,
        "wrong end": upper_end,
        "gives nan": lambda x, y: (
            np.nan if len(x) > 35 else lab01.reference_best_split(x, y)
        ),
        "no threshold can come between": split_by_place,
        "The middle of two equal values": lambda x, y: (
            lambda v: split_by(
                lambda a, b: (
                    a.var() * len(a) + b.var() * len(b) if len(b) else -1
                ),
                lambda x: (v[:-1] + v[1:]) / 2,
            )(x, y)
        )(np.sort(x)),
        "Are they the costs?": lambda x, y: np.array(
            [total(y[x <= c], y[x > c]) for c in lab01.midpoints(x)]
        ),
        "same number for two sets": lambda x, y: 0.83,
        "takes nan for the smallest": lambda x, y: x.max(),
        "all rows lie on one side": lambda x, y: x.max() + 1,
        "tuple of shape (2,)": lambda x, y: (0.5, best_cost(x, y)),
        "raises KeyError": lambda x, y: {}["x"],
    },
    "hinges": {
        "the column x itself is missing": lambda x, k: np.maximum(
            0, x[:, None] - k
        ),
        "changed places": lambda x, k: np.array(
            [x, *(np.maximum(0, x - one) for one in k)]
        ),
        "in another order": lambda x, k: np.column_stack(
            [np.maximum(0, x[:, None] - k), x]
        ),
        "column of ones": lambda x, k: np.column_stack(
            [np.ones(len(x)), x, np.maximum(0, x[:, None] - k)]
        ),
        "x is there 3 times": lambda x, k: np.column_stack(
            [c for one in k for c in (x, np.maximum(0, x - one))]
        ),
        "sizes |x - knot|": hinge_table(lambda x, k: abs(x - k)),
        "that is minimum": hinge_table(lambda x, k: np.minimum(0, x - k)),
        "open to the left": hinge_table(lambda x, k: np.maximum(0, k - x)),
        "without the bend": hinge_table(lambda x, k: x - k),
        "steps from 0 to 1": hinge_table(lambda x, k: x > k),
        "jumps at the knot": hinge_table(lambda x, k: x * (x > k)),
        "larger one of x and the knot": hinge_table(np.maximum),
        "This is squared": hinge_table(lambda x, k: np.maximum(0, x - k) ** 2),
        "same number in every row": hinge_table(
            lambda x, k: np.full(len(x), max(0, (x - k).max()))
        ),
        "Only the first knot": lambda x, k: np.column_stack(
            [x, np.maximum(0, x - k[0])]
        ),
        "This is x alone": lambda x, k: x[:, None],
        "one long row": lambda x, k: np.concatenate(
            [x, *(np.maximum(0, x - one) for one in k)]
        ),
        "has shape (9, 4), and this has (9, 3)": lambda x, k: np.column_stack(
            [x, *(np.maximum(0, x - one) for one in k[1:])]
        ),
        "in the column of": lambda x, k: np.column_stack(
            [x, np.maximum(0, x[:, None] - np.round(k))]
        ),
        "second argument for an axis": hinge_table(
            lambda x, k: np.max(0, x - k)
        ),
        "number of rows from x": table_of_4000,
        "loop over knots": lambda x, k: np.column_stack(
            [x, *(np.maximum(0, x - k[i]) for i in range(3))]
        ),
        "There is nan": hinge_table(
            lambda x, k: np.where(x > k, x - k, np.nan)
        ),
        "Only the last knot": lambda x, k: np.column_stack(
            [x, np.maximum(0, x - k[-1])]
        ),
        "this has 4000 rows": lambda x, k: np.zeros((4000, 1 + len(k))),
        "looks rounded": lambda x, k: np.round(lab01.reference_hinges(x, k), 2),
        "no hinge has arrived there": lambda x, k: np.column_stack(
            [lab01.reference_hinges(x, k)[:, :-1], np.zeros(len(x))]
        ),
        "holds the hinge of the knot": lambda x, k: np.column_stack(
            [x, np.maximum(0, x[:, None] - np.roll(k, 1))]
        ),
        "np.maximum and np.where": hinge_table(lambda x, k: max(0, x - k)),
        "one knot at a time": lambda x, k: np.maximum(0, x - k),
        "makes a table of a list of rows": lambda x, k: [
            x,
            *(x - one for one in k),
        ],
    },
    "corrected_interval": {
        "This has 1/J alone": around_mean(factor=lambda j, a, b: 1 / j),
        "always takes 111 and 331": around_mean(
            factor=lambda j, a, b: 1 / j + 111 / 331
        ),
        "1/J is missing": around_mean(factor=lambda j, a, b: b / a),
        "n_train and n_test have changed": around_mean(
            factor=lambda j, a, b: 1 / j + a / b
        ),
        "divide n_test by all rows": around_mean(
            factor=lambda j, a, b: 1 / j + b / (a + b)
        ),
        "are multiplied here": around_mean(factor=lambda j, a, b: b / a / j),
        "Both parts are divided": around_mean(
            factor=lambda j, a, b: (1 + b / a) / j
        ),
        "takes 8 for J": around_mean(factor=lambda j, a, b: 1 / 8 + b / a),
        "Only n_test is": around_mean(factor=lambda j, a, b: (1 / j + b) / a),
        "Only J stands below 1": around_mean(
            factor=lambda j, a, b: 1 / (j + b / a)
        ),
        "one degree of freedom too many": around_mean(
            t=lambda j, a, b: stats.t.ppf(0.95, j)
        ),
        "always takes 7 degrees": around_mean(
            t=lambda j, a, b: stats.t.ppf(0.975, 7)
        ),
        "cdf goes the other way": around_mean(
            t=lambda j, a, b: stats.t.cdf(0.975, j - 1)
        ),
        "twice as far": lambda d, a, b: (
            np.mean(d) - 2 * half_width(d, a, b),
            np.mean(d) + 2 * half_width(d, a, b),
        ),
        "half as far": lambda d, a, b: (
            np.mean(d) - half_width(d, a, b) / 2,
            np.mean(d) + half_width(d, a, b) / 2,
        ),
        "for a single split": around_mean(factor=lambda j, a, b: 1),
        "np.std divides by J": around_mean(ddof=0),
        "degrees of freedom": around_mean(
            t=lambda j, a, b: stats.t.ppf(0.975, j)
        ),
        "n_train to 1/J.\n1.96 is": around_mean(
            factor=lambda j, a, b: 1 / j, t=lambda j, a, b: 1.96
        ),
        "Pass ddof=1.\n1.96 is": around_mean(ddof=0, t=lambda j, a, b: 1.96),
        "once more": around_mean(factor=lambda j, a, b: (1 / j + b / a) / j),
        "Only a part is under": around_mean(
            factor=lambda j, a, b: (np.sqrt(1 / j) + b / a) ** 2
        ),
        "Two roots": around_mean(
            factor=lambda j, a, b: (np.sqrt(1 / j) + np.sqrt(b / a)) ** 2
        ),
        "This is the quantile of the normal": around_mean(
            t=lambda j, a, b: stats.norm.ppf(0.975)
        ),
        "rule of thumb": around_mean(t=lambda j, a, b: 2),
        "quantile is missing": around_mean(t=lambda j, a, b: 1),
        "90 % interval": around_mean(
            t=lambda j, a, b: stats.t.ppf(0.95, j - 1)
        ),
        "The two ends have changed places": around_mean(
            t=lambda j, a, b: stats.t.ppf(0.025, j - 1)
        ),
        "1.96 is the quantile": around_mean(t=lambda j, a, b: 1.96),
        "and not the variance, np.var": lambda d, a, b: (
            np.mean(d) - half_width(d, a, b) * np.std(d, ddof=1),
            np.mean(d) + half_width(d, a, b) * np.std(d, ddof=1),
        ),
        "root of the factor": around_mean(root=lambda v: v),
        "s² times the factor": lambda d, a, b: (
            np.mean(d)
            - half_width(d, a, b, root=lambda v: v) * np.std(d, ddof=1),
            np.mean(d)
            + half_width(d, a, b, root=lambda v: v) * np.std(d, ddof=1),
        ),
        "mean and half the width": lambda d, a, b: (
            np.mean(d),
            half_width(d, a, b),
        ),
        "lies around 0": lambda d, a, b: (
            -half_width(d, a, b),
            half_width(d, a, b),
        ),
        "where single splits lie": lambda d, a, b: np.quantile(
            d, [0.025, 0.975]
        ),
        "smallest to the largest": lambda d, a, b: (d.min(), d.max()),
        "this is a float64": lambda d, a, b: half_width(d, a, b),
        "this is a str": lambda d, a, b: "0.1 to 0.2",
        "of shape (3,)": lambda d, a, b: (1.0, 2.0, 3.0),
        "looks rounded": lambda d, a, b: np.round(by_scipy(d, a, b), 2),
        "your interval lies around": lambda d, a, b: (
            np.median(d) - half_width(d, a, b),
            np.median(d) + half_width(d, a, b),
        ),
        "width is not": around_mean(t=lambda j, a, b: 3.0),
        "not a finite number": around_mean(t=lambda j, a, b: np.nan),
    },
    "conclusion": {
        "-0.01 to 0.03. 0 is in between": but(diabetes="network"),
        "does not make the other one better": but(diabetes="readable model"),
        "0.019 to 0.028. 0 is not in between": but(ten="cannot tell"),
        "lies above 0": but(ten="readable model"),
        "lies below 0": but(product="network"),
        "Small is not the same": but(product="cannot tell"),
        "ten features: for the network": but(
            diabetes="network", ten="readable model", product="network"
        ),
        "none of the three answers": but(diabetes="line"),
        "diabetes: this is a float": but(diabetes=0.01),
        "in quotes": but(ten=SimpleNamespace()),
        "No entry named": lambda: {"diabetes": "cannot tell"},
        "this is a str": lambda: "network",
        "returns nothing (None)": lambda: None,
        "raises NameError": lambda: {"diabetes": netwerk},  # noqa: F821
    },
}

"""Checks of Lab 01, performance against interpretability."""

from collections.abc import Callable
import functools
import itertools

from glassbox import data, models
from glassbox.checks import (
    Lab,
    Open,
    Slips,
    Wrong,
    array,
    call,
    close,
    number,
    recognize,
)
from glassbox.predict import Predictor
import numpy as np
from scipy import stats

lab = Lab("01_tradeoff")
progress = lab.progress


def own_rows(answer, *args):
    """Call a learner's function; if shapes do not fit, say whose rows these are."""
    try:
        return call(answer, *args)
    except Wrong as reason:
        if "bitwise_xor" in str(reason):
            raise Wrong(
                f"{reason}\nA square is written (...) ** 2 in Python. The sign ^ means something else."
            ) from None
        if "broadcast" not in str(reason):
            raise
        raise Wrong(
            f"{reason}\nThe check brings {len(args[0])} rows of its own, so use only the arguments."
        ) from None


# Exercise 1


def reference_r2(y, predicted):
    return 1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum()


R2_SLIPS: Slips = [
    (
        lambda y, p: np.corrcoef(y, p)[0, 1] ** 2,
        "This is the squared correlation. It does not mind predictions that are twice too high. R² does: "
        "compare each prediction with its measured value.",
    ),
    (
        lambda y, p: np.corrcoef(y, p)[0, 1],
        "This is the correlation. It does not mind predictions that are twice too high. R² does: compare each "
        "prediction with its measured value.",
    ),
    (
        lambda y, p: p.var() / y.var(),
        "This says how much the predictions vary, right or wrong. Above the fraction line belong the errors, "
        "y - predicted.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).mean() / ((y - y.mean()) ** 2).sum(),
        "Above stands a mean, and below a sum. Take two sums, or two means.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).mean(),
        "This is 1 minus the mean squared error, which has a unit. Divide the errors by what always "
        "saying the mean would leave, the sum of (y - y.mean())**2.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).sum(),
        "This is 1 minus the sum of squared errors. Divide it first by what always saying the mean would "
        "leave, the sum of (y - y.mean())**2.",
    ),
    (
        lambda y, p: reference_r2(p, y),
        "The two arguments have changed places: the spread below the fraction line is that of the "
        "measured y, not that of the predictions.",
    ),
    (
        lambda y, p: ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum(),
        "This is the share that is left over, so the best model would have 0. Take 1 minus it.",
    ),
    (
        lambda y, p: ((p - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum(),
        "This is how much the predictions spread, whether they are right or not. Above the fraction "
        "line stand the errors, y - predicted.",
    ),
    (
        lambda y, p: 1 - (y - p).var() / y.var(),
        "Here a model that is always 100 too high loses nothing: .var() subtracts the mean error first. Square "
        "the errors as they are.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).mean() / y.var(ddof=1),
        "Nearly: above you divide by n, and below by n - 1 (ddof=1). Take two sums, or two plain means.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).mean() / np.cov(y, p)[0, 0],
        "Nearly: above you divide by n, and below by n - 1 (np.cov does). Take two sums, or two means.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).sum() / y.var(),
        "Above stands a sum, below a mean: y.var() is divided by n. Take two sums, or two means.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).sum() / (y**2).sum(),
        "This compares with always saying 0. R² compares with always saying the mean: subtract "
        "y.mean() below the fraction line.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).sum() / ((y - p.mean()) ** 2).sum(),
        "Below the fraction line stands the mean of the predictions. It must be the mean of the "
        "measured y.",
    ),
    (
        lambda y, p: 1 - np.sqrt(((y - p) ** 2).mean()) / y.std(),
        "This divides the roots. R² divides the squares: leave the root out, or square the fraction.",
    ),
    (
        lambda y, p: 1 - np.abs(y - p).sum() / np.abs(y - y.mean()).sum(),
        "This takes sizes. R² takes squares, above and below the fraction line.",
    ),
    (
        lambda y, p: 1 - (y - p).sum() ** 2 / ((y - y.mean()) ** 2).sum(),
        "The errors are added first and squared after it, so that they cancel. Square each, then add.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).sum() / ((p - y.mean()) ** 2).sum(),
        "Below the fraction line stand the predictions. There belongs what always saying the mean would "
        "leave: the sum of (y - y.mean())**2.",
    ),
    (
        lambda y, p: 1 - (((y - p) / (y - y.mean())) ** 2).sum(),
        "Each row is divided first, and added after it. Add first: one sum above the fraction line and one "
        "below.",
    ),
    (
        lambda y, p: 1 - (((y - p) / (y - y.mean())) ** 2).mean(),
        "Each row is divided first, and averaged after it. Add first: one sum above the fraction line and "
        "one below.",
    ),
    (
        lambda y, p: (1 - ((y - p) ** 2).sum()) / ((y - y.mean()) ** 2).sum(),
        "1 minus the errors is divided here. Divide first, then subtract: mind the parentheses.",
    ),
    (
        lambda y, p: reference_r2(y, p) - 1,
        "1 is missing: this is the share that is left over, with a minus sign. R² is 1 minus the share.",
    ),
    (
        lambda y, p: 2 - reference_r2(y, p),
        "This is 1 plus the share that is left over, so worse predictions get more. Take 1 minus it.",
    ),
    (
        lambda y, p: ((y - p) ** 2).sum(),
        "This is the sum above the fraction line. Divide it by the sum of (y - y.mean())**2, and take 1 minus it.",
    ),
    (
        lambda y, p: ((y - p) ** 2).mean(),
        "This is the mean squared error. Divide it by the mean of (y - y.mean())**2, and take 1 minus it.",
    ),
    (
        lambda y, p: ((y - y.mean()) ** 2).sum(),
        "This is the sum below the fraction line: what always saying the mean leaves over. The errors, y - predicted, "
        "belong above it.",
    ),
    (
        lambda y, p: 1 - ((y - p) ** 2).sum() / ((y - np.median(y)) ** 2).sum(),
        "This compares with always saying the median. R² compares with always saying the mean, y.mean().",
    ),
    (
        lambda y, p: 100 * reference_r2(y, p),
        "This is in percent. R² is a share: 1 for perfect predictions.",
    ),
    (
        lambda y, p: max(0.0, reference_r2(y, p)),
        "Good predictions are scored right, but for bad ones this stops at 0. R² is negative when a "
        "model is worse than always saying the mean, and that is worth knowing.",
    ),
    (
        lambda y, p: abs(reference_r2(y, p)),
        "Good predictions are scored right, but for bad ones the minus sign is gone. R² is negative "
        "when a model is worse than always saying the mean.",
    ),
]


@lab.exercise(
    "Exercise 1: R²",
    reference=reference_r2,
    hints=(
        "Two sums of squares. What do the predictions leave over? And what would be left over if you always "
        "said the mean of y?",
        "The first is ((y - predicted) ** 2).sum(). In the second, y.mean() takes the place of "
        "predicted.",
        "1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum()",
    ),
)
def r2(answer):
    """A function (y, predicted), both of shape (n,) -> R², one number."""
    rng = np.random.default_rng(0)
    y = rng.normal(150, 30, 30)
    # Biased and squeezed together, so that a correlation or a variance of errors is not enough; the
    # second ones are worse than the mean.
    cases = [
        (y, 40 + 0.8 * y + rng.normal(0, 9, 30)),
        (y[:12] / 10, 20 - y[:12] / 20),
    ]
    got = []
    for case in cases:
        result = own_rows(answer, *case)
        if np.shape(result) == case[0].shape:
            raise Wrong(
                "This is one number for each row. Add them up: in both parts of the formula stands a sum."
            )
        if np.shape(result) == (2, 2):
            raise Wrong(
                "This is a table of correlations, as np.corrcoef gives it. R² is not a correlation: add up the "
                "squared errors, y - predicted."
            )
        if isinstance(result, (tuple, list)) and len(result) == 2:
            raise Wrong(
                "These are two results. Are they the two sums? Make one number of them: 1 - first / second."
            )
        got.append(number(result, "R²"))
    expected = [reference_r2(*case) for case in cases]
    if close(got, expected, 1e-9):
        return "It is what r2_score of scikit-learn computes. Below 0 is possible: worse than the mean."
    if not np.isfinite(got).all() or np.abs(got).max() > 1e6:
        raise Wrong(
            "Something is divided by 0, or nearly. The sum of y - y.mean() is always 0: square each "
            "difference first, then add."
        )
    recognize(got, cases, R2_SLIPS)
    if close(got[0], got[1], 1e-9):
        raise Wrong(
            "This is the same number for two pairs of arrays. The check brings its own: use the arguments y "
            "and predicted."
        )
    if close(got, expected, 0.006):
        raise Wrong(
            "Nearly: it looks rounded. Return the number as it is, and round when you print."
        )
    # The case that differs more: one may be right by chance, or but for a digit.
    case = int(np.argmax(np.abs(np.subtract(got, expected))))
    raise Wrong(
        f"For {len(cases[case][0])} values and predictions of the check’s own this gives {got[case]:.3f}, and R² is "
        f"{expected[case]:.3f}. Write the two sums of the formula on lines of their own, and look at each. Is "
        "everything in them made of y and predicted?"
    )


# Exercise 2


def reference_rmse(y, predicted):
    return np.sqrt(((y - np.reshape(predicted, y.shape)) ** 2).mean())


RMSE_SLIPS: Slips = [
    (
        lambda y, p: ((y - p) ** 2).mean(),
        "This is the mean square error, in squared units. The root is missing: np.sqrt(...).",
    ),
    (
        lambda y, p: np.abs(y - p).mean(),
        "This is the mean size of the errors: each is squared and rooted alone. Take the mean of the "
        "squares first, and the root last.",
    ),
    (
        lambda y, p: np.sqrt(((y - p[0]) ** 2).mean()),
        "This compares every value with the first prediction alone: that is what [0] takes.",
    ),
    (
        lambda y, p: np.sqrt(((y - p) ** 2).sum()) / len(y),
        "Here the root is divided by n. Divide the sum of squares by n first, and take the root last. (np.diag makes a "
        "table of an array (n,): another way to come here.)",
    ),
    (
        lambda y, p: np.sqrt(((y - p) ** 2).sum()),
        "This is the root of the sum, so it grows with the number of rows. Take the mean of the squares.",
    ),
    (
        lambda y, p: (y - p).mean(),
        "This is the mean error: too high and too low cancel. Square the errors.",
    ),
    (
        lambda y, p: (y - p).std(),
        "This is the spread of the errors. If all are 10 too high, it is 0. Square the errors as they are.",
    ),
    (
        lambda y, p: abs((y - p).mean()),
        "The errors are averaged first, so that they cancel. Square each, then take the mean, then the root.",
    ),
    (
        lambda y, p: np.sqrt(((y - p) ** 2).sum() / (len(y) - 1)),
        "This divides by n - 1. A mean divides by n, and .mean() does it for you.",
    ),
    (
        lambda y, p: -np.sqrt(((y - p) ** 2).mean()),
        "This is negative. The size of an error is positive: leave the minus sign out.",
    ),
    (
        lambda y, p: np.sqrt((y**2).mean()),
        "This is made of y alone. An error is y minus the prediction.",
    ),
    (
        lambda y, p: y.std(),
        "This is the spread of y: what always saying the mean gives. An error is y minus the prediction.",
    ),
]


@lab.exercise(
    "Exercise 2: spot the bug, the error that is too large",
    reference=reference_rmse,
    hints=(
        "Print y.shape, predicted.shape and (y - predicted).shape. Which of the three surprises you?",
        "NumPy lines shapes up from the right: (n,) minus (n, 1) gives (n, n), each value against each "
        "prediction. Bring both to the same shape first.",
        "np.ravel(predicted) has the shape (n,), whatever came in. Subtract that from y.",
    ),
)
def rmse(answer):
    """A function (y (n,), predicted (n,) or (n, 1)) -> root mean square error, one number."""
    rng = np.random.default_rng(1)
    y = rng.normal(150, 30, 7)
    p = y + rng.normal(4, 6, 7)
    flat = f"With predictions of shape {p.shape}"
    try:
        result = own_rows(answer, y, p)
        if np.shape(result) == y.shape:
            raise Wrong("This is one number for each row. A mean is missing.")
        got = number(result, "The error")
    except Wrong as reason:
        raise Wrong(
            f"{flat}, which the code handled well before: {reason}"
        ) from None
    if not close(got, reference_rmse(y, p), 1e-9):
        recognize([got], [(y, p)], RMSE_SLIPS)
        if close(got, np.sqrt(((y[:, None] - p) ** 2).mean()), 1e-9):
            raise Wrong(
                f"{flat}, this now compares each value with each prediction: one of the two has got a second "
                "axis, and the other has not. Rather take it away, where there is one."
            )
        # A number that other data do not move was typed, or made of the lab's own arrays.
        if close(got, number(call(answer, 2 * y, 3 * p), "The error"), 1e-9):
            raise Wrong(
                "This is the same number for two pairs of arrays. The check brings its own: use the arguments y "
                "and predicted."
            )
        raise Wrong(
            f"{flat}, which the code handled well before, this gives {got:.3f}, and right is "
            f"{reference_rmse(y, p):.3f}."
        )
    for n in (7, 1):
        column = p[:n, None]
        shape = f"With predictions of shape {column.shape}"
        try:
            result = own_rows(answer, y[:n], column)
            if n > 1 and np.shape(result) == (n,):
                raise Wrong(
                    "This is not one number: y - predicted is a table here, with a mean over one of its axes. It "
                    "should not be a table."
                )
            got = number(result, "The error")
        except Wrong as reason:
            raise Wrong(f"{shape}: {reason}") from None
        if close(got, reference_rmse(y[:n], column), 1e-9):
            continue
        if close(got, np.sqrt(((y[:n] - column) ** 2).mean()), 1e-9):
            raise Open(
                f"The bug is still there. {shape} this gives {got:.1f}, and right is "
                f"{reference_rmse(y[:n], column):.1f}. With shape {p.shape} it is right."
            )
        if close(got, np.sqrt(((y[:n] - column[0]) ** 2).mean()), 1e-9):
            raise Wrong(
                f"{shape}, this compares every value with the first prediction alone: [0] takes a row. "
                "Keep all rows, and drop the second axis."
            )
        if close(got, np.sqrt(((y[:n] - column.mean()) ** 2).mean()), 1e-9):
            raise Wrong(
                f"{shape}, this compares every value with the mean prediction. Drop the second axis, "
                "without a mean."
            )
        raise Wrong(
            f"{shape} this gives {got:.3f}, and right is "
            f"{reference_rmse(y[:n], column):.3f}. It should not depend on the shape."
        )
    return "One number, whichever shape the predictions have, and for a single row too."


# Exercise 3


def midpoints(x):
    values = np.unique(x)
    return (values[:-1] + values[1:]) / 2


def split_cost(x, y, threshold):
    """The sum of squared errors of two means."""
    return sum(
        ((side - side.mean()) ** 2).sum()
        for side in (y[x <= threshold], y[x > threshold])
        if len(side)
    )


def best_of(thresholds, x, y):
    return thresholds[np.argmin([split_cost(x, y, c) for c in thresholds])]


def reference_best_split(x, y):
    return best_of(midpoints(x), x, y)


def best_by(score: Callable) -> Callable:
    """A way to split that minimizes another score of the two sides."""

    def split(x, y):
        thresholds = midpoints(x)
        scores = [
            score(y[x <= threshold], y[x > threshold])
            for threshold in thresholds
        ]
        return thresholds[np.argmin(scores)]

    return split


def largest_gap(x, y):
    values = np.unique(x)
    return midpoints(x)[np.argmax(np.diff(values))]


def largest_jump(x, y):
    order = np.argsort(x, kind="stable")
    at = np.argmax(np.abs(np.diff(y[order])))
    return (x[order][at] + x[order][at + 1]) / 2


def unsorted_midpoints(x, y):
    return best_of((x[:-1] + x[1:]) / 2, x, y)


def unsorted_y(x, y):
    return reference_best_split(np.sort(x), y)


def index_of_best(x, y):
    return float(np.argmin([split_cost(x, y, c) for c in midpoints(x)]))


def without_parentheses(x, y):
    values = np.unique(x)
    return best_of(values[:-1] + values[1:] / 2, x, y)


def next_to_best(x, y, step):
    """The middle before or after the best one; nan where there is none."""
    place = int(index_of_best(x, y)) + step
    tried = midpoints(x)
    return tried[place] if 0 <= place < len(tried) else np.nan


SPLIT_SLIPS: Slips = [
    (
        lambda x, y: np.median(x),
        "This is the median of x. It halves the rows and does not look at y. Try every threshold and keep "
        "the best.",
    ),
    (
        lambda x, y: x.mean(),
        "This is the mean of x, which does not look at y. Try every threshold and keep the best.",
    ),
    (
        lambda x, y: split_cost(x, y, reference_best_split(x, y)),
        "This is the cost of the best split. Asked for is the threshold that has it: np.argmin gives its "
        "place.",
    ),
    (
        index_of_best,
        "This is the place of the best threshold in a list. Return the threshold at this place.",
    ),
    (
        lambda x, y: index_of_best(x, y) + 1,
        "This is how many values lie on the left. Return the threshold itself, in the unit of x.",
    ),
    (
        lambda x, y: x[int(index_of_best(x, y))],
        "The place of the smallest cost belongs to the thresholds, which are sorted. Here it is looked up in x, "
        "which is not.",
    ),
    (
        lambda x, y: midpoints(x)[-1],
        "This is the last threshold. Does the loop overwrite the best one? Or does the cost leave out the rows "
        "on the left? It is the sum over both sides.",
    ),
    (
        lambda x, y: midpoints(x)[0],
        "This is the first threshold. Is `return` inside of the loop? It ends the function there. Or is its cost 0 "
        "or nan, because one row alone has no spread? The cost is the sum over both sides.",
    ),
    (
        lambda x, y: (x.min() + x.max()) / 2,
        "This is the middle of the range of x, which does not look at y. Try every threshold and keep the best.",
    ),
    (
        lambda x, y: reference_best_split(np.sort(x), np.sort(y)),
        "x and y are both sorted here, each by itself, so the rows have come apart. Sort both by the same order: "
        "order = np.argsort(x), then x[order] and y[order].",
    ),
    (
        without_parentheses,
        "The middle of two values is (a + b) / 2. Without the parentheses, a + b / 2, only b is halved.",
    ),
    (
        lambda x, y: next_to_best(x, y, -1),
        "This is the middle just before the best one. Do your costs and your thresholds begin at the same place? A loop "
        "from 1 puts its first cost at place 0.",
    ),
    (
        lambda x, y: next_to_best(x, y, 1),
        "This is the middle just after the best one. Do your costs and your thresholds begin at the same place? A loop "
        "from 1 puts its first cost at place 0.",
    ),
    (
        best_by(lambda a, b: a.var() + b.var()),
        "This adds the two variances, so that a side of three rows counts as much as one of 300. Add sums of "
        "squares: a variance is divided by the number of rows.",
    ),
    (
        best_by(lambda a, b: a.std() + b.std()),
        "This adds two standard deviations, whatever the number of rows on each side. Add sums of squares.",
    ),
    (
        best_by(
            lambda a, b: np.abs(a - a.mean()).sum() + np.abs(b - b.mean()).sum()
        ),
        "This adds the sizes of the errors. Asked for are their squares.",
    ),
    (
        best_by(
            lambda a, b: (
                np.abs(a - np.median(a)).sum() + np.abs(b - np.median(b)).sum()
            )
        ),
        "This takes medians and sizes of errors. Asked for are means and squares.",
    ),
    (
        best_by(lambda a, b: -abs(a.mean() - b.mean())),
        "This takes the two means as far apart as possible. A single unusual row on one side wins this way. "
        "Minimize what the two means leave over.",
    ),
    (
        best_by(lambda a, b: -(len(a) * a.var() + len(b) * b.var())),
        "This is the worst split: np.argmax where np.argmin belongs, or > instead of <.",
    ),
    (
        largest_gap,
        "This is the middle of the largest gap in x, and does not look at y. Try every threshold.",
    ),
    (
        largest_jump,
        "This is where y jumps most from one row to the next. Noise jumps too. Compare all rows of the two "
        "sides with their means.",
    ),
    (
        unsorted_y,
        "x is sorted here, and y is not, so the rows have come apart. Sort both by the same order: "
        "order = np.argsort(x), then x[order] and y[order]. Or do not sort rows at all.",
    ),
    (
        unsorted_midpoints,
        "The midpoints lie between rows that stand next to each other in the table, and not between "
        "neighboring values. Sort the values first: np.unique(x).",
    ),
]


RARE_SLIPS: Slips = [
    (
        best_by(lambda a, b: len(a) * a.std() + len(b) * b.std()),
        "This adds standard deviations, each times its number of rows. A sum of squares is the number of rows times the "
        "variance, .var().",
    ),
    (
        lambda x, y: best_of(midpoints(x)[1:], x, y),
        "Right, but for rows where the very first middle is the best one. Does your loop begin one too late?",
    ),
    (
        lambda x, y: best_of(midpoints(x)[:-1], x, y),
        "Right, but for rows where the very last middle is the best one. Does your loop end one too early?",
    ),
]


def step(seed, n, low, high, at, height, noise, unusual):
    """Rows in no order: y changes by `height` at x = `at`, and the last row by x is unusual."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, n)
    y = np.where(x > at, height, 0.0) + rng.normal(0, noise, n)
    y[np.argmax(x)] += unusual
    return x, y


def split_cases() -> list[tuple[np.ndarray, np.ndarray]]:
    """A step up, a step down on another scale, values that occur many times, and four that tell rare slips apart.

    Of these four, one has a value far away, in one the first threshold is best, and in one the last. The seeds were
    chosen so that each of the slips gives another threshold in the first two cases.
    """
    # The rows with a 2 are first low and then high: who splits by place comes between them.
    x = np.array([1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3.0])
    y = np.array([0, 1, 0, 0, 1, 0, 9, 9, 10, 9, 10, 12, 11.0])
    return [
        step(1057, 40, 0, 1, 0.3, 12, 5, 30),
        step(362, 31, 1000, 2000, 1650, -30, 16, 60),
        (x, y),
        (
            np.array([0.3, 90000, 0.1, 0.8, 0.2, 0.6, 0.5, 0.7]),
            np.array([2.0, 12, 1, 11, 0, 10, 1, 12]),
        ),
        (np.array([3.0, 1, 2, 4, 5]), np.array([0.2, 9, 0, 0.1, 0.3])),
        (np.array([3.0, 5, 2, 4, 1]), np.array([0.2, 9, 0, 0.1, 0.3])),
        # Here standard deviations, each times its number of rows, ask for another threshold.
        (np.arange(1.0, 12), np.repeat([6.0, 9, 11], [2, 3, 6])),
    ]


@lab.exercise(
    "Exercise 3: the best split",
    reference=reference_best_split,
    hints=(
        "Which thresholds come into question? np.unique(x) gives the values in order, each once. Take the middle "
        "of each two neighbors.",
        "For one threshold c: left = y[x <= c], right = y[x > c]. Its cost is ((left - left.mean()) ** 2).sum() "
        "plus the same for right.",
        "Put the costs of all thresholds into a list, and return thresholds[np.argmin(costs)].",
    ),
)
def best_split(answer):
    """A function (x (n,), y (n,)) -> the threshold with the smallest sum of squared errors."""
    cases = split_cases()
    got = []
    for case in cases:
        with np.errstate(all="ignore"):
            result = own_rows(answer, *case)
        if np.ndim(result) == 1 and len(result) > 2:
            raise Wrong(
                f"These are {len(result)} numbers. Are they the costs? Or all the thresholds? Asked for is the one threshold with the "
                "smallest cost: thresholds[np.argmin(costs)]."
            )
        got.append(number(result, "The threshold"))
    if not np.isfinite(got).all():
        raise Wrong(
            "This gives nan. At the largest value of x nothing lies on the right, and the mean of nothing is "
            "nan. Take the middles between neighbors only."
        )
    right = [
        np.array_equal(x <= c, x <= reference_best_split(x, y))
        for c, (x, y) in zip(got, cases, strict=True)
    ]
    if all(right):
        exact = close(
            got, [reference_best_split(*case) for case in cases], 1e-6
        )
        return (
            "A tree does this for each feature, takes the best one, and goes on in both halves."
            + ("" if exact else " (A tree takes the middle of the gap.)")
        )
    recognize(got[:2], cases[:2], SPLIT_SLIPS)
    recognize(got, cases, RARE_SLIPS)
    if close(got[0], got[1], 1e-9):
        raise Wrong(
            "This is the same number for two sets of rows. The check brings its own: use the arguments x and y."
        )
    for c, ok, (x, y) in zip(got, right, cases, strict=True):
        if ok:
            continue
        if x is cases[3][0] and all(right[:3]):
            raise Wrong(
                f"Right while the values lie close together. Here one lies far away, at {x.max():.0f}, and {c:.2f} leaves a sum of "
                f"squares of {split_cost(x, y, c):.1f}, while {reference_best_split(x, y):.2f} leaves "
                f"{split_cost(x, y, reference_best_split(x, y)):.1f}. Equal steps pass over what lies between them. Try the "
                "middle between each two neighboring values."
            )
        if x is cases[2][0] and all(right[:2]) and c in (2, 3):
            if c == x.max():
                raise Wrong(
                    "Right while all values differ. The middle of two equal values is that value. At the largest one, "
                    "nothing lies on the right, the mean is nan, and np.argmin takes nan for the smallest. Use "
                    "np.unique(x), which has each value once."
                )
            raise Wrong(
                "Right while all values differ. When x takes the value 2 in several rows, no threshold can "
                "come between these rows. Count a split only where the value of x changes: np.unique(x)."
            )
        best = reference_best_split(x, y)
        if close(c, x[x > best].min(), 1e-9):
            raise Wrong(
                "Right gap, wrong end: this is the value just above it, and x <= threshold puts that row on "
                "the left. Return the middle of the gap."
            )
        if c == x.max():
            raise Wrong(
                "This is the largest value of x, so nothing lies on the right. The mean of nothing is nan, and np.argmin "
                "takes nan for the smallest. Try only the middles between neighbors."
            )
        if not 0 < (x <= c).sum() < len(x):
            raise Wrong(
                f"With {c:.3f} all rows lie on one side: x goes from {x.min():.3f} to {x.max():.3f}. Return "
                "a threshold, in the unit of x."
            )
        raise Wrong(
            f"With {len(x)} rows of the check’s own this gives the threshold {c:.3f}, which leaves a sum of "
            f"squares of {split_cost(x, y, c):.1f}. {best:.3f} leaves {split_cost(x, y, best):.1f}. Do you try each middle "
            "between two neighbors? And does each side subtract its own mean, square, and only then add up?"
        )


# Exercise 4


def reference_hinges(x, knots):
    return np.column_stack([x, np.maximum(0, x[:, None] - knots)])


@lab.exercise(
    "Exercise 4: hinges",
    reference=reference_hinges,
    hints=(
        "One column is x itself. Each knot gives one more column: what is x - knot, and where is it negative?",
        "np.maximum(0, x - knot) compares value by value. (np.max would give one number.)",
        "columns = [x], then columns.append(np.maximum(0, x - knot)) for each knot, and in the end "
        "np.column_stack(columns).",
    ),
)
def hinges(answer):
    """A function (x (n,), knots (K,)) -> (n, 1 + K): x, and max(0, x - knot) for each knot."""
    rng = np.random.default_rng(2)
    cases = [
        (rng.normal(0, 2, 9), np.array([-1.0, 0.3, 1.5])),
        (rng.normal(20, 3, 6), np.array([19.0])),
    ]
    for x, knots in cases:
        n, k = len(x), len(knots)
        here = f"For {n} values and {k} knot{'s' * (k > 1)}"
        try:
            result = call(answer, x, knots)
            if isinstance(result, (list, tuple)):
                raise Wrong(
                    f"This is a {type(result).__name__}, and asked for is a table. np.column_stack(...) puts a list of columns "
                    "side by side; np.array(...) makes a table of a list of rows."
                )
            got = array(result, "The result")
            if np.isnan(got).any():
                raise Wrong(
                    "There is nan in the table. A hinge is 0 up to its knot."
                )
        except Wrong as reason:
            if "integer scalar" in str(reason):
                raise Wrong(
                    f"{reason}\nnp.max takes its second argument for an axis. np.maximum(0, x - knot) goes value by value."
                ) from None
            if "could not broadcast input" in str(reason):
                raise Wrong(
                    f"{reason}\nThe check brings {n} values of its own. Take the number of rows from x: len(x)."
                ) from None
            if "IndexError" in str(reason):
                raise Wrong(
                    f"{here}: {reason}\nThe number of knots is not always the same: loop over knots."
                ) from None
            if "truth value" in str(reason):
                raise Wrong(
                    f"{reason}\nmax, and if, compare whole arrays. np.maximum and np.where go value by value."
                ) from None
            if "broadcast" in str(reason):
                raise Wrong(
                    f"{reason}\nTake one knot at a time, in a loop: x - knot has the shape of x."
                ) from None
            raise
        expected = reference_hinges(x, knots)
        if close(got, expected, 1e-9):
            continue
        away, bends = x[:, None] - knots, expected[:, 1:]
        if close(got, bends, 1e-9):
            raise Wrong(
                "The hinges are right, and the column x itself is missing: without it, no curve can rise "
                "or fall before its first knot. Put x first."
            )
        if got.shape == expected.shape[::-1] and close(got, expected.T, 1e-9):
            raise Wrong(
                f"{here}: rows and columns have changed places. One row per value, one column per hinge: "
                "np.column_stack, or .T."
            )
        if close(got, np.column_stack([bends, x]), 1e-9) or close(
            got, np.column_stack([x, bends[:, ::-1]]), 1e-9
        ):
            raise Wrong(
                "The right columns, in another order. The lab counts on x first, then the knots in "
                "their order."
            )
        if got.shape == (n, k + 2) and close(got[:, 1:], expected, 1e-9):
            raise Wrong(
                "There is one column too many, in front. The column of ones belongs to the whole model, not "
                "to each feature: the lab adds it once."
            )
        if got.shape == (n, 2 * k):
            raise Wrong(
                f"{here} there are {2 * k} columns, so x is there {k} times. Once is enough, before the "
                "loop."
            )
        slips = {
            "These are the sizes |x - knot|, which rise on both sides of the knot. A hinge is 0 on the left: "
            "np.maximum(0, x - knot).": np.abs(away),
            "Before the knot this goes down, and after it it is 0: that is minimum. A hinge is 0 first: "
            "np.maximum.": np.minimum(0, away),
            "These hinges open to the left: knot - x is positive below the knot. Take x - knot.": np.maximum(
                0, -away
            ),
            "x - knot without the bend: all columns have one slope, so this can only make a straight line. "
            "Replace what is below 0 by 0.": away,
            "These are steps from 0 to 1. With them a curve jumps at each knot, instead of bending there. "
            "Multiply by x - knot.": away > 0,
            "This jumps at the knot from 0 to the value of x. A hinge starts at 0: subtract the knot, "
            "x - knot, after the comparison too.": np.where(
                away > 0, x[:, None], 0
            ),
            "This is the larger one of x and the knot, so it starts at the knot’s value and not at 0. "
            "Subtract the knot first.": np.maximum(x[:, None], knots),
            "This is squared: a bend, but no straight piece after it. Leave the square out.": bends
            ** 2,
        }
        for message, columns in slips.items():
            if close(got, np.column_stack([x, columns]), 1e-9) or close(
                got, columns, 1e-9
            ):
                raise Wrong(message)
        if (
            got.shape == expected.shape
            and np.ptp(got[:, 1:], axis=0).max() == 0
        ):
            raise Wrong(
                "Each hinge is the same number in every row. np.max gives one number for all; np.maximum "
                "goes value by value."
            )
        if got.size == n and close(got.ravel(), x, 1e-9):
            raise Wrong(
                "This is x alone: no hinge has arrived. np.hstack and np.column_stack change nothing in place, they return a "
                "new table."
            )
        if k > 1 and close(got, expected[:, :2], 1e-9):
            raise Wrong(
                "Only the first knot has its hinge. Is `return` inside of the loop? It ends the function there."
            )
        if k > 1 and close(got, expected[:, [0, k]], 1e-9):
            raise Wrong(
                "Only the last knot has its hinge. Does the loop keep each column, or overwrite it?"
            )
        if got.ndim == 2 and len(got) != n and got.shape[1] == 1 + k:
            raise Wrong(
                f"{here} this has {len(got)} rows. The check brings values of its own: use only the arguments x and knots."
            )
        if got.size == expected.size and got.ndim == 1:
            raise Wrong(
                "All the columns stand in one long row, one after the other. np.column_stack puts them side by side."
            )
        if got.shape != expected.shape:
            raise Wrong(
                f"{here} the result has shape {expected.shape}, and this has {got.shape}."
            )
        if close(got, expected, 0.006):
            raise Wrong(
                "Nearly: it looks rounded. Leave the numbers as they are."
            )
        # Where it differs most, so that the two numbers of the message differ too.
        off = np.abs(got - expected)
        row, column = np.unravel_index(np.argmax(off), off.shape)
        what = f"the knot {knots[column - 1]:.2f}" if column else "x itself"
        if column and np.ptp(got[:, column]) == 0:
            raise Wrong(
                f"The column of {what} has {got[0, column]:.2f} in every row: no hinge has arrived there. Does the loop reach "
                "every knot, and put each hinge behind the column x?"
            )
        for other in range(k if column else 0):
            if close(got[:, column], bends[:, other], 1e-9):
                raise Wrong(
                    f"The column of {what} holds the hinge of the knot {knots[other]:.2f}. Column 0 is x, so the "
                    "first knot has column 1."
                )
        raise Wrong(
            f"The shape is right, the numbers are not: in the column of {what}, x = {x[row]:.2f} becomes "
            f"{got[row, column]:.2f}, and right is {expected[row, column]:.2f}."
        )
    return "A weighted sum of these columns is a curve made of straight pieces, and you can draw it."


# Exercise 5


def interval(differences, n_train, n_test, factor, ddof, t, width):
    """Mean minus and plus half of a width that is made of exchangeable parts."""
    count, mean = len(differences), np.mean(differences)
    half = t(count) * width(
        factor(count, n_train, n_test), np.std(differences, ddof=ddof)
    )
    return float(mean - half), float(mean + half)


# The parts of the formula: first the right one, then those of typical slips and what to say about them.
FACTORS = [
    (lambda j, a, b: 1 / j + b / a, ""),
    (
        lambda j, a, b: 1 / j,
        "This has 1/J alone, as the ordinary interval. That takes the splits for independent, and they share most "
        "of their patients. Add n_test / n_train to 1/J.",
    ),
    (
        lambda j, a, b: 1 / j + 111 / 331,
        "This always takes 111 and 331, and the check brings other numbers. Use the arguments n_test and n_train.",
    ),
    (
        lambda j, a, b: b / a,
        "1/J is missing. The factor is a sum: 1/J + n_test / n_train.",
    ),
    (
        lambda j, a, b: 1 / j + a / b,
        "n_train and n_test have changed places. The factor is 1/J + n_test / n_train.",
    ),
    (
        lambda j, a, b: 1 / j + b / (a + b),
        "You divide n_test by all rows. In the correction it is divided by n_train.",
    ),
    (
        lambda j, a, b: b / (a * j),
        "1/J and n_test / n_train are multiplied here, and the interval gets smaller. Add them.",
    ),
    (
        lambda j, a, b: (1 + b / a) / j,
        "Both parts are divided by J here, so more splits would still shrink the interval to nothing. Only 1 is divided "
        "by J: 1/J + n_test / n_train.",
    ),
    (
        lambda j, a, b: (1 / j + b / a) / j,
        "This divides by the root of J once more. J is in the factor already, as 1/J.",
    ),
    (
        lambda j, a, b: (1 / np.sqrt(j) + b / a) ** 2,
        "Only a part is under the root. It goes over the whole sum: sqrt(1/J + n_test / n_train).",
    ),
    (
        lambda j, a, b: (1 / np.sqrt(j) + np.sqrt(b / a)) ** 2,
        "Two roots are added here. Take one root, of the sum: sqrt(1/J + n_test / n_train).",
    ),
    (
        lambda j, a, b: 1 / 8 + b / a,
        "This always takes 8 for J, and the check brings other numbers. J is len(differences).",
    ),
    (
        lambda j, a, b: (1 / j + b) / a,
        "(1/J + n_test) is divided by n_train here. Only n_test is: mind the parentheses.",
    ),
    (
        lambda j, a, b: 1 / (j + b / a),
        "1 is divided by the whole sum here. Only J stands below 1: (1 / J) + (n_test / n_train).",
    ),
    (
        lambda j, a, b: 1.0,
        "The factor 1/J + n_test / n_train is missing: this is an interval for a single split, and not for the mean.",
    ),
]
SPREADS = [
    (1, ""),
    (
        0,
        "np.std divides by J, and for few differences that is too small a spread. Pass ddof=1.",
    ),
]
QUANTILES = [
    (lambda j: stats.t.ppf(0.975, j - 1), ""),
    (
        lambda j: stats.t.ppf(0.975, j),
        "The t distribution has J - 1 degrees of freedom here, not J. One is spent on the mean.",
    ),
    (
        lambda j: stats.t.ppf(0.95, j - 1),
        "This is a 90 % interval: 5 % lie above and 5 % below. For 95 % take the quantile 0.975.",
    ),
    (
        lambda j: stats.t.ppf(0.95, j),
        "This is a 90 % interval, with one degree of freedom too many. Take stats.t.ppf(0.975, J - 1).",
    ),
    (
        lambda j: stats.t.ppf(0.975, 7),
        "This always takes 7 degrees of freedom, and the check brings other numbers of splits. Take J - 1.",
    ),
    (
        lambda j: stats.t.cdf(0.975, j - 1),
        "cdf goes the other way: from a value to its share. The quantile is stats.t.ppf(0.975, J - 1).",
    ),
    (
        lambda j: stats.t.ppf(0.025, j - 1),
        "The two ends have changed places: the quantile 0.025 is negative. Take 0.975.",
    ),
    (
        lambda j: 1.96,
        "1.96 is the quantile of the normal distribution. With few splits the spread is itself uncertain, and "
        "the t distribution says so: stats.t.ppf(0.975, J - 1).",
    ),
    (
        lambda j: stats.norm.ppf(0.975),
        "This is the quantile of the normal distribution. With few splits the spread is itself uncertain, and the "
        "t distribution says so: stats.t.ppf(0.975, J - 1).",
    ),
    (
        lambda j: 2.0,
        "2 is a rule of thumb for many values. For few take the t distribution: stats.t.ppf(0.975, J - 1).",
    ),
    (
        lambda j: 1.0,
        "The quantile is missing: multiply by stats.t.ppf(0.975, J - 1).",
    ),
]
WIDTHS = [
    (lambda factor, s: np.sqrt(factor) * s, ""),
    (
        lambda factor, s: factor * s,
        "The root of the factor is missing: sqrt(1/J + n_test / n_train).",
    ),
    (
        lambda factor, s: factor * s**2,
        "The root is missing: s² times the factor is a variance. The interval needs its square root.",
    ),
    (
        lambda factor, s: np.sqrt(factor) * s**2,
        "s is the standard deviation, np.std(..., ddof=1), and not the variance, np.var.",
    ),
    (
        lambda factor, s: 2 * np.sqrt(factor) * s,
        "This reaches twice as far. The formula gives what the interval reaches to each side.",
    ),
    (
        lambda factor, s: np.sqrt(factor) * s / 2,
        "This reaches half as far. The formula gives what the interval reaches to each side, not from end to end.",
    ),
]


def reference_corrected_interval(differences, n_train, n_test):
    parts = (part[0][0] for part in (FACTORS, SPREADS, QUANTILES, WIDTHS))
    return interval(differences, n_train, n_test, *parts)


def recognize_interval(got: list, cases: list[tuple]) -> None:
    """Raise `Wrong` with what is wrong in each part, if exchanging parts gives what the learner got."""
    made_of = itertools.product(FACTORS, SPREADS, QUANTILES, WIDTHS)
    # The explanation with the fewest slips first: the quantile 2 and half the width are the quantile 1.
    for parts in sorted(
        made_of, key=lambda parts: sum(bool(why) for _, why in parts)
    ):
        made = [
            interval(*case, *(value for value, _ in parts)) for case in cases
        ]
        reasons = [message for _, message in parts if message]
        if close(got, made, 1e-9) and reasons:
            raise Wrong("\n".join(reasons))


INTERVAL_SLIPS: Slips = [
    (
        lambda *case: reference_corrected_interval(*case)[::-1],
        "The two ends have changed places. Return (low, high). (The quantile 0.025 is negative; 0.975 is positive.)",
    ),
    (
        lambda d, a, b: (
            np.mean(d),
            reference_corrected_interval(d, a, b)[1] - np.mean(d),
        ),
        "This is the mean and half the width. Return the two ends: mean - half and mean + half.",
    ),
    (
        lambda d, a, b: (
            reference_corrected_interval(d, a, b)[0] - np.mean(d),
            reference_corrected_interval(d, a, b)[1] - np.mean(d),
        ),
        "The interval lies around 0. Add the mean of the differences.",
    ),
    (
        lambda d, a, b: tuple(np.quantile(d, [0.025, 0.975])),
        "These are quantiles of the differences: where single splits lie. Asked for is an interval for their "
        "mean, by the formula.",
    ),
    (
        lambda d, a, b: (np.min(d), np.max(d)),
        "This is from the smallest to the largest difference. Asked for is an interval for their mean, by the formula.",
    ),
]


@lab.exercise(
    "Exercise 5: is the difference real?",
    reference=reference_corrected_interval,
    hints=(
        "Three parts: the mean of the differences, their standard deviation s with ddof=1, and J, how many there are.",
        "half = t * np.sqrt(1 / J + n_test / n_train) * s, with t = stats.t.ppf(0.975, J - 1)",
        "Return the two ends, the smaller one first: mean - half, mean + half.",
    ),
)
def corrected_interval(answer):
    """A function (differences (J,), n_train, n_test) -> (low, high), a corrected 95 % interval."""
    rng = np.random.default_rng(5)
    cases = [
        (rng.normal(0.03, 0.02, 6), 300, 100),
        (rng.normal(-1, 4, 15), 80, 40),
    ]
    got = []
    for case in cases:
        result = call(answer, *case)
        if np.shape(result) != (2,):
            what = f"a {type(result).__name__}"
            if np.ndim(result) > 0:
                what += f" of shape {np.shape(result)}"
            raise Wrong(
                f"Return two numbers, low and high; this is {what}. Write: return mean - half, mean + half"
            )
        if any(end is ... for end in result):
            raise Open("An end of the interval is still open.")
        got.append([number(end, "Each end") for end in result])
    expected = [reference_corrected_interval(*case) for case in cases]
    if close(got, expected, 1e-9):
        return "If it contains 0, these data cannot tell which of the two models is better."
    if not np.isfinite(got).all():
        raise Wrong(
            "One end is not a finite number. Is a square root taken of something negative?"
        )
    recognize(got, cases, INTERVAL_SLIPS)
    recognize_interval(got, cases)
    if close(got, expected, 0.006):
        raise Wrong(
            "Nearly: it looks rounded. Return the numbers as they are, and round when you print."
        )
    (low, high), (first, last) = got[1], expected[1]
    count, n_train, n_test = len(cases[1][0]), *cases[1][1:]
    middle, half = (first + last) / 2, (last - first) / 2
    if not close((low + high) / 2, middle, 1e-9):
        raise Wrong(
            f"For {count} differences with a mean of {middle:.3f} your interval lies around {(low + high) / 2:.3f}. Its "
            "middle is the mean."
        )
    raise Wrong(
        f"The middle is right, the width is not: for {count} differences, n_train = {n_train} and n_test = {n_test} your "
        f"interval reaches {(high - low) / 2:.3f} to each side, and right is {half:.3f}. Is J = len(differences), and does each part "
        "of the formula come from the arguments?"
    )


# Exercise 6

NETWORK, READABLE, UNDECIDED = "network", "readable model", "cannot tell"
CHOICES = (NETWORK, READABLE, UNDECIDED)

# R² of the network minus R² of the linear model, as the lab prints it. A check cannot train sixteen models.
DIABETES = (-0.01, 0.03)


def reference_conclusion():
    return {
        "diabetes": UNDECIDED,
        "heating, ten features": NETWORK,
        "heating, with the product": READABLE,
    }


def with_product(X, names):
    """X with one more column, air_changes * (1 - heat_recovery), as in the lab."""
    air, back = (
        X[:, names.index(name)] for name in ("air_changes", "heat_recovery")
    )
    return np.column_stack([X, air * (1 - back)])


@functools.cache
def heating_intervals() -> list[tuple[float, float]]:
    """R² of the network minus R² of the additive model, without and with the product, as in the lab."""
    buildings = data.heating()
    f = Predictor(models.load("heating"))
    y = buildings.y_test
    error = (y - f(buildings.X_test)) ** 2

    def table(X, knots):
        parts = [reference_hinges(X[:, j], knots[j]) for j in range(X.shape[1])]
        return np.column_stack([np.ones(len(X)), *parts])

    found = []
    for more in (lambda X, names: X, with_product):
        train, test = (
            more(X, buildings.feature_names)
            for X in (buildings.X_train, buildings.X_test)
        )
        knots = np.quantile(train, [0.25, 0.5, 0.75], axis=0).T
        weights = np.linalg.lstsq(
            table(train, knots), buildings.y_train, rcond=None
        )[0]
        gain = ((y - table(test, knots) @ weights) ** 2 - error) / y.var()
        half = 1.96 * gain.std(ddof=1) / np.sqrt(len(y))
        found.append((float(gain.mean() - half), float(gain.mean() + half)))
    return found


def why_not(key: str, said: str) -> str:
    """Why an entry of the conclusion is wrong, with the measured difference."""
    plain, product = heating_intervals()
    low, high, digits = {
        "diabetes": (*DIABETES, 2),
        "heating, ten features": (*plain, 3),
        "heating, with the product": (*product, 3),
    }[key]
    measured = f"{key}: for the network’s R² minus that of the readable model, the interval goes from {low:.{digits}f} to {high:.{digits}f}."
    if key == "diabetes" and said == NETWORK:
        reason = "0 is in between. To be ahead on average, by less than other patients would change, is no evidence yet."
    elif key == "diabetes":
        reason = "0 is in between. That the network is not clearly better does not make the other one better."
    elif said == UNDECIDED:
        reason = "0 is not in between, so these buildings can tell. Small is not the same as undecided."
    else:
        reason = (
            f"The whole interval lies {'above' if low > 0 else 'below'} 0. Above 0 the network is better, below 0 "
            "the readable model."
        )
    return f"{measured} {reason}"


@lab.exercise(
    "Exercise 6: your conclusion",
    reference=reference_conclusion,
    hints=(
        "Take one comparison at a time. Does its interval contain 0?",
        "The difference is the network’s R² minus the readable model’s. Above 0: the network. Below 0: the readable "
        "model. 0 inside: cannot tell.",
        "One interval has 0 inside, one lies above 0, and one below. Look at the signs of both ends.",
    ),
)
def conclusion(answer):
    """A function () -> dict, with one of three answers for each comparison."""
    found = answer if isinstance(answer, dict) else call(answer)
    if not isinstance(found, dict):
        raise Wrong(
            f"Return a dictionary with three entries, as it was handed out; this is a {type(found).__name__}."
        )
    expected = reference_conclusion()
    if missing := [key for key in expected if key not in found]:
        raise Wrong(
            f"No entry named {missing[0]!r}. Keep the three names as they were handed out: "
            f"{'; '.join(map(repr, expected))}."
        )
    if left := [key for key in expected if found[key] is ...]:
        raise Open(f"Still to decide: {'; '.join(left)}.")
    said = {}
    for key in expected:
        if not isinstance(found[key], str):
            raise Wrong(
                f"{key}: this is a {type(found[key]).__name__}. Write one of the three answers as a text, in quotes: "
                '"network", "readable model" or "cannot tell".'
            )
        plain = found[key].lower().replace("_", " ").replace("-", " ")
        said[key] = " ".join(plain.split()).strip(" .'\"")
        if said[key] not in CHOICES:
            raise Wrong(
                f"{key}: {found[key]!r} is none of the three answers. They are: {', '.join(CHOICES)}. (The line and the "
                "additive model are readable models.)"
            )
    if wrong := [
        why_not(key, said[key])
        for key in expected
        if said[key] != expected[key]
    ]:
        raise Wrong("\n".join(wrong))
    return "Three questions, three answers. Whether you must pay for a readable model is something to measure, each time."

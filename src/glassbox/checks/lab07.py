"""Checks of Lab 07, Explain a whole model."""

from collections.abc import Callable
import functools

from glassbox import data, effects, models
from glassbox.checks import Lab, Open, Wrong, array, call, close, number
from glassbox.predict import Predictor
import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.metrics import explained_variance_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

lab = Lab("07_whole_model")
progress = lab.progress


@functools.cache
def buildings() -> data.Dataset:
    return data.heating()


@functools.cache
def f() -> Predictor:
    return Predictor(models.load("heating"))


def root_mean_square(differences: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(differences))))


OTHER_DATA = "In this check f is a plain function, and the data are not the lab’s and have other sizes."
OTHER_TABLES = "The check’s tables have another number of rows than the lab’s, and one has another order of columns."
LAB_AND_OTHER = "The check tries the lab’s network and tables first, then another f, a plain function, and other tables."


def ask(answer, *arguments, note: str = OTHER_DATA):
    """As `call`, in the words of this lab: what the check is called with, and how to copy a table."""
    try:
        return call(answer, *arguments)
    except Wrong as reason:
        text = str(reason)
        if reason.__cause__ is not None:  # the learner's function raised
            # What Keras says of a table that does not fit fills a page.
            short = (
                text if len(text) <= 300 else text.splitlines()[0][:300] + " …"
            )
            raise Wrong(f"{short}\n{note}") from reason.__cause__
        if "changes the table" in text:
            raise Wrong(
                "Your function changes the table (or the target) that it was given, so a second run gives "
                "something else. Begin with Z = X.copy(), and change Z."
            ) from None
        raise


def one_number(value, what: str) -> float:
    """As `number`. Of several numbers, none must be picked: the first is not the right one."""
    if np.size(value) > 1:
        raise Wrong(
            f"{what} is one number; this is a {type(value).__name__} of shape {np.shape(value)}. Return the "
            "one that is asked for, over all rows."
        )
    return number(value, what)


def looks_rounded(got: np.ndarray) -> bool:
    """Whether nothing is left after the third decimal."""
    return bool(np.any(np.abs(got) > 1e-3)) and close(
        got, np.round(got, 3), 1e-12
    )


ROUNDED = "The numbers look rounded. Return them as they are, and round when you print."


# Exercise 1


def reference_importance(f, X, y, rng):
    def error(predictions):
        return root_mean_square(y - predictions)

    return columns_shuffled(f, X, rng, error) - error(f(X))


def columns_shuffled(
    f: Callable, X: np.ndarray, rng: np.random.Generator, score: Callable
) -> np.ndarray:
    """`score` of the predictions after each column, one at a time, was shuffled: shape (d,)."""
    scores = []
    for column in range(X.shape[1]):
        shuffled = X.copy()
        shuffled[:, column] = rng.permutation(X[:, column])
        scores.append(score(f(shuffled)))
    return np.array(scores)


def linear_toy(weights: list, of_y: list, seed: int) -> tuple:
    """A linear f, rows, and a target in which the features count otherwise than in f."""
    rng = np.random.default_rng(seed)
    X = rng.normal(1.0, [1, 2, 1, 1.5, 1][: len(weights)], (4000, len(weights)))
    y = X @ of_y + rng.normal(0, 3, len(X))

    def toy(Z):
        # Column by column: a table with more columns shall not raise.
        return sum(w * Z[:, i] for i, w in enumerate(weights))

    return toy, X, y


@lab.exercise(
    "Exercise 1: permutation importance",
    reference=reference_importance,
    hints=(
        "Measure the error once for X as it is. Then, for each column: shuffle this column alone, measure "
        "again, and take the difference.",
        "For each column start from a new Z = X.copy(), and write "
        "Z[:, column] = rng.permutation(X[:, column]). The target y stays as it is.",
        "np.sqrt(np.mean((y - f(Z)) ** 2)) - np.sqrt(np.mean((y - f(X)) ** 2)), for each column, in "
        "np.array([...])",
    ),
)
def importance(answer):
    """A function (f, X, y, rng) -> (d,), the rise of the root mean square error."""
    # f ignores the second feature. The last one moves f and is no part of y.
    toys = (
        linear_toy([2, 0, 6, 2, 3], [2, 0, 6, 2, 0], seed=0),
        linear_toy([1, 5, 0], [1, 3, 1], seed=1),
        # f has the first feature upside down: shuffled, it does less harm.
        linear_toy([3, 1], [-3, 1], seed=2),
    )
    for f, X, y in toys:
        judge_importance(answer, f, X, y)
    return (
        "A feature that f ignores gets exactly 0, whatever it does in the data."
    )


def judge_importance(answer, f, X, y):
    result = ask(answer, f, X, y, np.random.default_rng(0))
    d = X.shape[1]
    if np.ndim(result) == 0 and np.isscalar(result):
        raise Wrong(
            f"This is one number, and there are {d} features. Collect a number for each in a list, and return "
            "np.array(...) of it."
        )
    got = array(result, "The importance")
    if got.shape == (1,):
        raise Wrong(
            f"This has one number, for the first of {d} features. Does return stand inside the loop? Let it stand "
            "below."
        )
    if got.shape != (d,):
        raise Wrong(
            f"For {d} features the result has shape ({d},), and this has {got.shape}. Use the arguments, "
            "and return one number for each column of X."
        )
    if d > 2 and close(np.sort(got), np.arange(d), 0):
        raise Wrong(
            "These are the numbers 0 to d − 1: a ranking. Return by how much the error rises, in the order of the "
            "columns."
        )
    if looks_rounded(got):
        raise Wrong(ROUNDED)
    rng = np.random.default_rng(1)
    before = root_mean_square(y - f(X))
    after = np.mean(
        [
            columns_shuffled(f, X, rng, lambda p: root_mean_square(y - p))
            for _ in range(5)
        ],
        axis=0,
    )
    expected = after - before
    ignored = np.abs(expected) < 1e-9

    def like(other) -> bool:
        # Another shuffle gives another number. In these 4,000 rows its standard deviation is below 2 %
        # of the largest.
        other = np.broadcast_to(other, got.shape)
        return bool(
            np.abs(got - other).max() <= 0.08 * np.abs(other).max() + 1e-9
        )

    if like(expected) and np.all(np.abs(got[ignored]) < 1e-9):
        again, other = (
            ask(answer, f, X, y, np.random.default_rng(seed)) for seed in (0, 5)
        )
        if not close(got, again, 1e-9):
            raise Wrong(
                "Right, but nobody can repeat it: two calls with equal generators give different numbers. "
                "Shuffle with the argument: rng.permutation(...), not np.random."
            )
        if close(got, other, 1e-9):
            raise Wrong(
                "About right, but two different generators give the same numbers. Shuffle with the argument rng, "
                "or repeating it will show no spread."
            )
        asked_about = []

        def watched(Z):
            asked_about.append(np.asarray(Z, float))
            return f(Z)

        ask(answer, watched, X, y, np.random.default_rng(0))
        if any(
            Z.shape == X.shape
            and not np.allclose(np.sort(Z, axis=0), np.sort(X, axis=0))
            for Z in asked_about
        ):
            raise Wrong(
                "About right, but the column has other values than before: some are new, or twice in it. "
                "rng.permutation(...) keeps each value, once."
            )
        return
    if np.isnan(got).any():
        raise Wrong(
            "There are nan in it. rng.shuffle(...) shuffles its argument and returns nothing; "
            "rng.permutation(...) returns the shuffled values."
        )
    if close(got, np.zeros(d), 1e-9):
        raise Wrong(
            "No feature matters here: every number is 0. Either f never reads the shuffled table, or X and "
            "y were shuffled together, or errors up and down cancel, because they are not squared."
        )
    if np.ptp(got) < 0.1 * np.abs(got).mean():
        raise Wrong(
            "Every feature gets the same number. Whole rows were shuffled, or the target: then all "
            "features lose their meaning at once. Shuffle one column at a time."
        )
    falls = expected.min() < -0.1 * np.abs(expected).max()
    if falls and (like(np.abs(expected)) or like(np.maximum(expected, 0))):
        raise Wrong(
            "The error can also fall when a column is shuffled. Then the importance is below 0: leave its sign."
        )
    if like(-expected):
        raise Wrong(
            "The sign is turned around: the error after shuffling, less the error before."
        )
    if like(after):
        raise Wrong(
            "This is the error after shuffling. How much of it comes from the shuffling? Subtract the "
            "error for X as it is."
        )
    ratio = after / before
    if like(ratio) or like(ratio - 1) or like(100 * (ratio - 1)):
        raise Wrong(
            "This is a ratio or a percentage, without a unit. Asked for is the difference of the two errors, in the unit "
            "of the target."
        )
    if like(after**2 - before**2):
        raise Wrong(
            "This is the rise of the mean square error, in squared units. Take the root of each of the two "
            "errors first, then the difference."
        )
    if like((after**2 - before**2) / y.var()):
        raise Wrong(
            "This is the drop of R², scikit-learn’s default. It has no unit. Asked for is the rise of the "
            "root mean square error."
        )
    if like(columns_shuffled(f, X, rng, lambda p: root_mean_square(f(X) - p))):
        raise Wrong(
            "This measures how far the predictions move. A feature can move them without making them "
            "better. Compare with the target y."
        )
    if like(np.sqrt(np.maximum(after**2 - before**2, 0))):
        raise Wrong(
            "The root of a difference is not the difference of the roots. Take the root of each error "
            "first."
        )
    error_before = np.abs(y - f(X)).mean()
    if like(
        columns_shuffled(f, X, rng, lambda p: np.abs(y - p).mean())
        - error_before
    ):
        raise Wrong(
            "This is the rise of the mean absolute error. Asked for is the root mean square error."
        )
    if like(
        columns_shuffled(f, X, rng, lambda p: (y - p).std()) - (y - f(X)).std()
    ):
        raise Wrong(
            "This takes the standard deviation of the errors, np.std, which forgives a network that is always "
            "too high. Square the errors, take the mean, then the root."
        )
    if np.abs(got).max() < 0.02 * np.abs(expected).max():
        raise Wrong(
            "Next to nothing: hardly any row was changed. Z[column] is a row, one building. The column is "
            "Z[:, column]."
        )
    if like(expected / expected.sum()):
        raise Wrong(
            "These are shares. Divided by their sum, the numbers have lost their unit."
        )
    offset = (got - expected).mean()
    if like(expected + offset):
        raise Wrong(
            f"Every number is {abs(offset):.2f} too {'high' if offset > 0 else 'low'}. Is something else "
            "subtracted than the error for this X and this y?"
        )
    if like_sorted(got, expected):
        raise Wrong(
            "The numbers are right, and sorted. Keep the order of the columns, or nobody knows which "
            "number belongs to which feature."
        )
    cumulative, kept = [], X.copy()
    for column in range(d):
        kept[:, column] = rng.permutation(kept[:, column])
        cumulative.append(root_mean_square(y - f(kept)) - before)
    if like(cumulative):
        raise Wrong(
            "The columns stay shuffled: the last number belongs to all of them together. Start each column "
            "from a new copy of X."
        )
    replacements = {
        "This replaces a column by its mean, as if all rows were alike in it. Shuffle the column: then each "
        "value in it is a real one.": X.mean(axis=0),
        "This replaces a column by zeros, a value that may never occur. Shuffle the column.": np.zeros(
            d
        ),
    }
    for reason, values in replacements.items():
        replaced = []
        for column in range(d):
            flat = X.copy()
            flat[:, column] = values[column]
            replaced.append(root_mean_square(y - f(flat)) - before)
        if like(replaced):
            raise Wrong(reason)
    raise Wrong(
        f"For the first feature this gives {got[0]:.2f}, and right is about {expected[0]:.2f}; for the "
        f"last it gives {got[-1]:.2f}, and right is about {expected[-1]:.2f}."
    )


def like_sorted(got: np.ndarray, expected: np.ndarray) -> bool:
    rises = np.diff(got)
    difference = np.sort(got) - np.sort(expected)
    return bool(
        (np.all(rises >= 0) or np.all(rises <= 0))
        and np.abs(difference).max() <= 0.08 * np.abs(expected).max()
    )


# Exercise 2


def reference_error(f, X, y):
    return root_mean_square(y - np.ravel(f(X)))


@lab.exercise(
    "Exercise 2: spot the bug, the network that needs nothing",
    reference=reference_error,
    hints=(
        "Print y.shape, f(X).shape and (y - f(X)).shape, once for each of the two functions.",
        "NumPy stretches (n,) and (n, 1) to (n, n): each target minus each prediction. Give both sides "
        "the same shape before you subtract.",
        "np.ravel(f(X)) has shape (n,), whether f returns (n,) or (n, 1).",
    ),
)
def error(answer):
    """A function (f, X, y) -> the root mean square error, for an f that returns (n,) or (n, 1)."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = 5 + X[:, 0] + rng.normal(0, 2, 60)

    def flat(Z):
        return 4 + 2 * Z[:, 0] + Z[:, 1]

    def column(Z):
        return (4 + 3 * Z[:, 0])[:, None]

    got = []
    for function, shape in ((flat, "(n,)"), (column, "(n, 1)")):
        try:
            got.append(one_number(ask(answer, function, X, y), "The error"))
        except Wrong as reason:
            raise Wrong(f"With an f that returns {shape}: {reason}") from None
    p, q = flat(X), column(X).ravel()
    right = [root_mean_square(y - p), root_mean_square(y - q)]
    stretched = [
        root_mean_square(y[:, None] - p),
        root_mean_square(y[:, None] - q),
    ]
    if close(got, right, 1e-6):
        return "Both shapes give the error now. Look at shapes before you trust a number."
    if close(got, [right[0], stretched[1]], 1e-6):
        raise Open(
            f"With an f that returns (n, 1) this still gives {got[1]:.2f}, and the error is {right[1]:.2f}."
        )
    if close(got, [stretched[0], right[1]], 1e-6):
        raise Wrong(
            "Right for a network, which returns (n, 1), and now wrong for a function that returns (n,). "
            "It must work with both."
        )
    if close(got, [stretched[0], stretched[1]], 1e-6):
        raise Wrong(
            "Now both are wrong: each target meets each prediction, for (n,) too."
        )
    if looks_rounded(np.array(got)) and close(got, right, 0.06):
        raise Wrong(ROUNDED)
    if close(
        got, [root_mean_square(y - p[0]), root_mean_square(y - q[0])], 1e-6
    ):
        raise Wrong(
            "This compares every target with the first prediction. [0] chooses a row; the axis of "
            "length 1 is the last one."
        )
    if close(
        got,
        [root_mean_square(y - p.mean()), root_mean_square(y - q.mean())],
        1e-6,
    ):
        raise Wrong(
            "This compares every target with the mean prediction. Each has a prediction of its own."
        )
    pairs = {
        "This is the standard deviation of the errors, np.std: it forgives a network that is always too high. "
        "Square, mean, root.": lambda p: (y - p).std(),
        "This is the mean square error. Its unit is squared: take the root.": (
            lambda p: root_mean_square(y - p) ** 2
        ),
        "This is the mean absolute error. Asked for is the root of the mean square.": (
            lambda p: np.abs(y - p).mean()
        ),
        "This lets errors up and down cancel. Square them before the mean.": (
            lambda p: abs((y - p).mean())
        ),
        "This is the root of the sum, which grows with the number of rows. Take the mean.": (
            lambda p: np.sqrt(((y - p) ** 2).sum())
        ),
        "This is R². Asked for is the error, in the unit of the target.": (
            lambda p: r2_score(y, p)
        ),
    }
    for reason, variant in pairs.items():
        if close(np.abs(got), np.abs([variant(p), variant(q)]), 1e-6):
            raise Wrong(reason)
    if close(got[1], right[1], 1e-6):
        raise Wrong(
            f"Right for a network, which returns (n, 1). With a function that returns (n,) it gives {got[0]:.2f}, "
            f"and right is {right[0]:.2f}."
        )
    if close(got[0], got[1], 1e-9):
        raise Wrong(
            "Two functions give the same number. Use the arguments f, X and y."
        )
    raise Wrong(
        f"With an f that returns (n,) this gives {got[0]:.3f}, and right is {right[0]:.3f}. With (n, 1) it "
        f"gives {got[1]:.3f}, and right is {right[1]:.3f}."
    )


# Exercise 3


def reference_partial_dependence(f, X, feature, grid):
    return asked(f, X, feature, grid).mean(axis=1)


def asked(f: Callable, X, feature: int, values) -> np.ndarray:
    """The predictions for all rows with the feature set to each value: shape (k, n)."""
    predictions = []
    for value in values:
        replaced = X.copy()
        replaced[:, feature] = value
        predictions.append(np.ravel(f(replaced)))
    return np.array(predictions)


@lab.exercise(
    "Exercise 3: partial dependence",
    reference=reference_partial_dependence,
    hints=(
        "For one value of the grid: what would the network predict, on average, if every building had "
        "this value and kept all else?",
        "Z = X.copy(), then Z[:, feature] = value, then f(Z).mean().",
        "Do this for each value of the grid, collect the means in a list, and return np.array(means).",
    ),
)
def partial_dependence(answer):
    """A function (f, X, feature, grid) -> (k,), the mean prediction at each value of the grid."""
    rng = np.random.default_rng(0)
    first = rng.gamma(2.0, 1.0, 50)
    X = np.column_stack(
        [first, first + rng.normal(0, 0.5, 50), rng.normal(2, 1, 50)]
    )
    trials = (
        (
            lambda Z: Z[:, 0] ** 2 * (Z[:, 1] + 1) + Z[:, 2] ** 3,
            0,
            np.linspace(0.5, 3, 6),
        ),
        (
            lambda Z: np.exp(Z[:, 2]) * (Z[:, 0] + Z[:, 1] ** 2),
            2,
            np.array([0.0, 0.5, 2.0, 3.0]),
        ),
    )
    for f, feature, grid in trials:
        judge_partial_dependence(answer, f, X, feature, grid)
    return "It is in the unit of f, at the level of its predictions."


def judge_partial_dependence(answer, f, X, feature, grid):
    result = ask(answer, f, X, feature, grid)
    if isinstance(result, tuple | dict):
        raise Wrong(
            f"This returns a {type(result).__name__}. The grid is known already: return the mean "
            "predictions alone, as one array."
        )
    if np.isscalar(result):
        raise Wrong(
            f"This is one number, and the grid has {len(grid)} values. Collect a mean for each in a list, and "
            "return np.array(...) of it, after the loop."
        )
    got = array(result, "The partial dependence")
    every = asked(f, X, feature, grid)
    expected = every.mean(axis=1)
    if close(got, expected, 1e-6):
        return
    k, n = every.shape
    if got.shape in ((k, n), (n, k)):
        raise Wrong(
            f"This has shape {got.shape}: a prediction for each row and each value of the grid. These are "
            "ICE curves. Average over the rows."
        )
    if close(got, every.mean(axis=0), 1e-6):
        raise Wrong(
            "This is one number for each row: the mean went over the grid. Average over the rows."
        )
    if got.shape in ((1, k), (k, 1)) and close(got.ravel(), expected, 1e-6):
        raise Wrong(
            f"The numbers are right, in shape {got.shape}. Asked for is ({k},)."
        )
    if got.shape == (1,):
        raise Wrong(
            f"This has one number, shape (1,), and the grid has {k} values. Does return stand inside the loop? Let it "
            "stand below."
        )
    if got.shape != (k,):
        raise Wrong(
            f"For a grid of {k} values the result has shape ({k},), and this has {got.shape}."
        )
    if np.isnan(got).any():
        raise Wrong(
            "There are nan in it: a mean over no rows. Do not look for rows that have the value. Set it in all rows."
        )
    if looks_rounded(got) and close(got, expected, 0.6):
        raise Wrong(ROUNDED)
    middle = np.repeat(X.mean(axis=0, keepdims=True), k, axis=0)
    middle[:, feature] = grid
    if close(got, f(middle), 1e-6):
        raise Wrong(
            "This is the prediction for the mean row, which is no row of the data. Predict for every row "
            "first, then average."
        )
    if close(got - got.mean(), expected - expected.mean(), 1e-6):
        raise Wrong(
            "The shape of the curve is right, and something was subtracted. Partial dependence stays at "
            "the level of the predictions."
        )
    changes = {
        "This adds the value to the column. Set the column to it.": add,
        "This multiplies the column by the value. Set the column to it.": multiply,
        "Z[feature] is a row: one building gets this value in all its features. The column is "
        "Z[:, feature].": set_row,
        "This sets all features to the value. Set one column, Z[:, feature], and keep the others.": (
            set_everything
        ),
        "The other features are zero in this table. Start from X.copy(), so that every row keeps its "
        "own.": set_alone,
    }
    for reason, change in changes.items():
        means = []
        for value in grid:
            changed = X.copy()
            change(changed, feature, value)
            means.append(f(changed).mean())
        if close(got, means, 1e-6):
            raise Wrong(reason)
    if close(got, asked(f, X, feature, range(k)).mean(axis=1), 1e-6):
        raise Wrong(
            "This sets the column to 0, 1, 2 …, the places in the grid. Set it to the values in the grid."
        )
    own_grid = np.linspace(X[:, feature].min(), X[:, feature].max(), k)
    if close(got, asked(f, X, feature, own_grid).mean(axis=1), 1e-6):
        raise Wrong("This makes a grid of its own. Use the argument grid.")
    middle[:] = np.median(X, axis=0)
    middle[:, feature] = grid
    if close(got, f(middle), 1e-6):
        raise Wrong(
            "This is the prediction for one typical row, of medians. Predict for every row first, then average."
        )
    if close(got, np.median(every, axis=1), 1e-6):
        raise Wrong("This is the median over the rows. Take the mean.")
    if close(got, every.sum(axis=1), 1e-6):
        raise Wrong(
            "This is the sum over the rows, which grows with their number. Take the mean."
        )
    first_rows = every[:, 0]
    if close(got, first_rows, 1e-6):
        raise Wrong(
            "This is the curve of the first row alone. Average over all rows."
        )
    if close(got, np.full(k, f(X).mean()), 1e-6):
        raise Wrong(
            "The curve is flat, at the mean prediction for X. f never reads the table with the new values."
        )
    nearest = np.abs(X[:, feature][:, None] - grid).argmin(axis=1)
    near = [f(X)[nearest == i].mean() for i in np.unique(nearest)]
    if close(got, near, 1e-6):
        raise Wrong(
            "This averages the rows that have about this value, as they are. Their other features differ "
            "too. Set the value in all rows."
        )
    for other in range(X.shape[1]):
        if other != feature and close(
            got, reference_partial_dependence(f, X, other, grid), 1e-6
        ):
            raise Wrong(
                f"This sets column {other}, and column {feature} was asked for. Use the argument feature."
            )
    worst = np.abs(got - expected).argmax()
    raise Wrong(
        f"The shape is right, the numbers are not: at {grid[worst]:.2f} in this grid it gives {got[worst]:.3f}, "
        f"and right is {expected[worst]:.3f}."
    )


def add(Z: np.ndarray, feature: int, value: float) -> None:
    Z[:, feature] += value


def multiply(Z: np.ndarray, feature: int, value: float) -> None:
    Z[:, feature] *= value


def set_row(Z: np.ndarray, feature: int, value: float) -> None:
    Z[feature] = value


def set_everything(Z: np.ndarray, feature: int, value: float) -> None:
    Z[:] = value


def set_alone(Z: np.ndarray, feature: int, value: float) -> None:
    Z[:] = 0
    Z[:, feature] = value


# Exercise 4


def reference_ale(f, X, feature, edges):
    x = X[:, feature]
    bin_of_row = np.maximum(np.searchsorted(edges, x) - 1, 0)
    below, above = X.copy(), X.copy()
    below[:, feature] = edges[bin_of_row]
    above[:, feature] = edges[bin_of_row + 1]
    difference = np.ravel(f(above)) - np.ravel(f(below))
    steps = [difference[bin_of_row == k].mean() for k in range(len(edges) - 1)]
    effect = np.concatenate([[0.0], np.cumsum(steps)])
    return effect - np.interp(x, edges, effect).mean()


def off_the_data(Z: np.ndarray) -> np.ndarray:
    """A parabola in the second feature. Where the third, its twin, is far from it, f explodes."""
    apart = np.maximum(np.abs(Z[:, 1] - Z[:, 2]) - 3, 0)
    return 50 * apart**2 + (Z[:, 1] - 4) ** 2 + Z[:, 0]


@lab.exercise(
    "Exercise 4: accumulated local effects",
    reference=reference_ale,
    hints=(
        "Steps 1 and 2: two copies of X. In one, the feature is edges[bin_of_row], in the other "
        "edges[bin_of_row + 1]. The difference of their predictions has one number a row.",
        "Steps 3 and 4: for each bin k, difference[bin_of_row == k].mean(). Then "
        "effect = np.concatenate([[0.0], np.cumsum(steps)]): as many numbers as edges.",
        "Step 5: return effect - np.interp(X[:, feature], edges, effect).mean()",
    ),
)
def ale(answer):
    """A function (f, X, feature, edges) -> (k,), the centered effect at the edges."""
    rng = np.random.default_rng(0)
    first = 10 * rng.uniform(0, 1, 80) ** 2
    X = np.column_stack(
        [
            rng.normal(size=80),
            first,
            first + rng.uniform(-0.3, 0.3, 80),
        ]
    )
    # Not on a row, so that it does not matter to which bin a row on an edge belongs.
    edges = np.quantile(first, np.linspace(0, 1, 9))
    edges[[0, -1]] += [-0.01, 0.01]
    wide = np.linspace(X[:, 2].min() - 0.01, X[:, 2].max() + 0.01, 6)
    for f, feature, at in (
        (off_the_data, 1, edges),
        (lambda Z: Z[:, 2] * Z[:, 1] ** 2 + np.sin(Z[:, 2]), 2, wide),
        # As in the lab, the smallest and the largest row lie on an edge. All rows make the same steps,
        # so that it does not matter to which bin these two belong.
        (lambda Z: Z[:, 1] ** 2 + Z[:, 0], 1, np.quantile(first, [0, 0.5, 1])),
    ):
        judge_ale(answer, f, X, feature, at)
    return "It stayed close to the data: in this check f explodes where twins are torn apart."


def judge_ale(answer, f, X, feature, edges):
    size, n = len(edges), len(X)
    try:
        result = ask(answer, f, X, feature, edges)
    except Wrong as reason:
        text = str(reason)
        if "fp and xp" in text:
            raise Wrong(
                "np.interp(x, edges, effect) needs one effect for each edge, in this order of arguments. "
                f"{size} edges have {size - 1} bins between them, so {size - 1} steps: put a 0 before their sums."
            ) from reason
        if f"({size},) ({n},)" in text:
            raise Wrong(
                "np.interp(...) gives one number for each row. Subtract their mean, one number."
            ) from reason
        if "out of bounds" in text and np.isin(edges, X[:, feature]).any():
            raise Wrong(
                f"{text}\nHere the largest row lies on the last edge, as in the lab, and no bin begins there. "
                "bin_of_row, as it was given, puts this row in the last bin."
            ) from reason
        raise
    if isinstance(result, tuple):
        raise Wrong(
            "This returns a tuple. The edges are known already: return the effect alone."
        )
    got = array(result, "The effect")
    expected = reference_ale(f, X, feature, edges)
    if close(got, expected, 1e-6):
        return
    for bins in (20, size - 1):
        if close(got, effects.ale(f, X, feature, bins)[1], 1e-9):
            raise Wrong(
                "effects.ale cuts the feature at edges of its own. Write it for the argument edges."
            )
    if got.shape == (size - 1,):
        raise Wrong(
            f"There are {size} edges and {size - 1} bins between them: this has one number for each bin. "
            "The curve starts at the first edge: put a 0 before the sums."
        )
    if got.shape == (len(X),):
        raise Wrong(
            "This is one number for each row. Average within each bin, add up, and return the effect at "
            "the edges."
        )
    if got.shape != (size,):
        raise Wrong(
            f"For {size} edges the result has shape ({size},), and this has {got.shape}."
        )
    if np.isnan(got).any():
        raise Wrong(
            "There are nan in it: the mean over a bin without rows. Each bin here has rows, so look at "
            "which bins you ask for: 0 to len(edges) - 2."
        )
    if looks_rounded(got) and close(got, expected, 0.6):
        raise Wrong(ROUNDED)
    x = X[:, feature]
    bin_of_row = np.maximum(np.searchsorted(edges, x) - 1, 0)

    def predict(values) -> np.ndarray:
        moved = X.copy()
        moved[:, feature] = values
        return f(moved)

    def mean_in_bins(values: np.ndarray) -> np.ndarray:
        return np.array(
            [values[bin_of_row == k].mean() for k in range(size - 1)]
        )

    low, high = predict(edges[bin_of_row]), predict(edges[bin_of_row + 1])
    steps, rises = np.diff(expected), np.diff(got)
    if close(rises, steps, 1e-6):
        level = np.interp(x, edges, got).mean()
        if close(got[0], 0, 1e-9):
            raise Wrong(
                "The curve is right, and starts at 0. It is not centered: subtract its mean over the rows, "
                "step 5."
            )
        if close(got.mean(), 0, 1e-6):
            raise Wrong(
                "This subtracts the plain mean over the edges. More rows lie between some edges than "
                "between others in the data, so read the curve at the rows, with np.interp, and subtract "
                "that mean."
            )
        middles = (expected[bin_of_row] + expected[bin_of_row + 1]) / 2
        if close(got, expected - middles.mean(), 1e-6):
            raise Wrong(
                "This centers with the middles of the bins, as the paper of Apley and Zhu does. Here the "
                "curve is read at the row itself: np.interp(X[:, feature], edges, effect)."
            )
        raise Wrong(
            f"The shape of the curve is right, its level is not: read at the rows, its mean is {level:.2f}, "
            "and it must be 0. Subtract np.interp(X[:, feature], edges, effect).mean()."
        )
    if close(rises, np.zeros(size - 1), 1e-9):
        raise Wrong(
            "The curve is flat: every step is 0. Are both tables one and the same? low = high = X.copy() is one "
            "table with two names."
        )
    width = np.diff(edges)
    if close(rises, -steps, 1e-6):
        raise Wrong(
            "The curve is upside down: the prediction at the upper edge, less that at the lower."
        )
    if close(rises, steps / width, 1e-6):
        raise Wrong(
            "This divides by the width of each bin. That is a slope. The differences themselves add up to "
            "the curve."
        )
    if close(rises, np.diff(np.concatenate([[0.0], steps])), 1e-6):
        raise Wrong(
            "These are the steps, one after the other. They are not accumulated: add them up with "
            "np.cumsum."
        )
    if close(rises, np.diff(asked(f, X, feature, edges).mean(axis=1)), 1e-6):
        raise Wrong(
            "This moves all rows to each edge, which is partial dependence again. Only the rows of a bin "
            "tell its step."
        )
    sums = np.bincount(bin_of_row, high - low, minlength=size - 1)
    if close(rises, sums, 1e-6):
        raise Wrong(
            "This adds up the differences of all rows in a bin, so a bin with more rows counts more. Take "
            "their mean."
        )
    if close(rises, sums / len(X), 1e-6):
        raise Wrong(
            "This divides by the number of all rows. Take the mean over the rows of the bin alone."
        )
    if close(rises, np.abs(steps), 1e-6):
        raise Wrong(
            "This takes the size of each step. A step down must stay a step down."
        )
    medians = [
        np.median((high - low)[bin_of_row == b]) for b in range(size - 1)
    ]
    if close(rises, medians, 1e-6):
        raise Wrong("This takes the median of each bin. Take the mean.")
    mean_rows = []
    for b in range(size - 1):
        pair = np.repeat(X[bin_of_row == b].mean(axis=0)[None], 2, axis=0)
        pair[:, feature] = edges[[b, b + 1]]
        mean_rows.append(np.diff(f(pair))[0])
    if close(rises, mean_rows, 1e-6):
        raise Wrong(
            "This moves the mean row of each bin, which is no row of the data. Move each row, then average the "
            "differences."
        )
    if close(rises, np.full(size - 1, (high - low).mean()), 1e-6):
        raise Wrong(
            "Every bin has the same step, the mean over all rows. Average the differences within each bin: "
            "difference[bin_of_row == k]."
        )
    if close(
        rises, mean_in_bins(predict(bin_of_row + 1) - predict(bin_of_row)), 1e-6
    ):
        raise Wrong(
            "This sets the feature to the number of the bin. Its edges are edges[bin_of_row] and "
            "edges[bin_of_row + 1]."
        )
    for other in range(X.shape[1]):
        below, above = X.copy(), X.copy()
        below[:, other], above[:, other] = (
            edges[bin_of_row],
            edges[bin_of_row + 1],
        )
        if other != feature and close(
            rises, mean_in_bins(f(above) - f(below)), 1e-6
        ):
            raise Wrong(
                f"This moves column {other}, and column {feature} was asked for. Use the argument feature."
            )
    own = f(X)
    if close(rises, mean_in_bins(high - own), 1e-6) or close(
        rises, mean_in_bins(own - low), 1e-6
    ):
        raise Wrong(
            "This moves each row from its own value to one edge. Move it from the lower edge to the upper, "
            "across its whole bin."
        )
    if close(rises[:-1], steps[1:], 1e-6) or close(rises[1:], steps[:-1], 1e-6):
        raise Wrong(
            "The steps are right, one edge too early or too late. The curve is 0 at the first edge, and the "
            "first step is added at the second: np.concatenate([[0.0], np.cumsum(steps)])."
        )
    worst = np.abs(rises - steps).argmax()
    raise Wrong(
        f"Not yet: in bin {worst} this curve moves by {rises[worst]:.3f}, and right is {steps[worst]:.3f}. "
        f"Its rows, and no others, move from edges[{worst}] to edges[{worst + 1}]."
    )


# Exercise 5


def reference_surrogate_r2(surrogate, f, X_train, X_test):
    surrogate.fit(X_train, f(X_train))
    return r2_score(f(X_test), surrogate.predict(X_test))


@lab.exercise(
    "Exercise 5: how much of the network is in the picture?",
    reference=reference_surrogate_r2,
    hints=(
        "A surrogate learns to answer like f. So what is its target, in place of the measured one?",
        "surrogate.fit(X_train, f(X_train)). Then compare two lists of numbers for X_test: what f says, "
        "and what the surrogate says.",
        "return surrogate.score(X_test, f(X_test)): score is R².",
    ),
)
def surrogate_r2(answer):
    """A function (surrogate, f, X_train, X_test) -> R² of the surrogate on f, on held-out rows."""
    rows = buildings()
    rng = np.random.default_rng(0)
    small, held_out = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))

    def bent(Z):
        return Z[:, 0] ** 2 + 3 * Z[:, 1]

    trials = (
        (
            DecisionTreeRegressor(max_depth=3, random_state=0),
            f(),
            rows.X_train,
            rows.X_test,
        ),
        (LinearRegression(), bent, small, held_out),
        # Where it was not fitted, a line can be worse than the mean.
        (LinearRegression(), bent, small, held_out + [4, 0]),
    )
    for number_of_trial, (surrogate, function, train, test) in enumerate(
        trials
    ):
        targets = (rows.y_train, rows.y_test) if number_of_trial == 0 else None
        judge_surrogate(answer, surrogate, function, train, test, targets)
    return "Write this number under every picture of a surrogate."


def judge_surrogate(answer, surrogate, f, X_train, X_test, targets):
    got = one_number(
        ask(answer, clone(surrogate), f, X_train, X_test, note=LAB_AND_OTHER),
        "The R²",
    )
    of_train, of_test = f(X_train), f(X_test)
    model = clone(surrogate).fit(X_train, of_train)
    says = model.predict(X_test)
    expected = r2_score(of_test, says)
    if close(got, expected, 1e-6):
        return
    if expected < 0 and close(got, 0, 1e-9):
        raise Wrong(
            "R² can fall below 0, where the surrogate is worse than the mean. Return it as it is."
        )
    if close(got, model.score(X_train, of_train), 1e-6):
        raise Wrong(
            "This is R² on the rows that the surrogate was fitted to. A deep tree gets 1 there and has only "
            "learned them by heart. Score it on X_test."
        )
    if targets is not None:
        y_train, y_test = targets
        of_y = clone(surrogate).fit(X_train, y_train)
        if close(got, r2_score(y_test, says), 1e-6):
            raise Wrong(
                "Fitted to f, and scored on the measured target. That says how well the surrogate predicts. "
                "Whether it tells the truth about f is R² on f(X_test)."
            )
        if close(got, of_y.score(X_test, y_test), 1e-6):
            raise Wrong(
                "This fits and scores the measured target: f plays no part, so nothing about f was learned. "
                "The target is f(X_train), then f(X_test)."
            )
        if close(got, of_y.score(X_test, of_test), 1e-6):
            raise Wrong(
                "This was fitted to the measured target. A surrogate learns what f says: fit it to f(X_train)."
            )
    alone = clone(surrogate).fit(X_test, of_test)
    both = clone(surrogate).fit(
        np.vstack([X_train, X_test]), np.concatenate([of_train, of_test])
    )
    if close(got, alone.score(X_test, of_test), 1e-6):
        raise Wrong(
            "This was fitted to the same rows that it is scored on, X_test. Fit it to X_train."
        )
    if close(got, both.score(X_test, of_test), 1e-6):
        raise Wrong(
            "This was fitted to both tables, so X_test is no longer held out. Fit it to X_train alone."
        )
    if close(got, np.corrcoef(of_test, says)[0, 1] ** 2, 1e-6):
        raise Wrong(
            "This is the squared correlation. A surrogate that is always 100 too high would get 1. Take R², "
            "r2_score or score."
        )
    if close(got, np.corrcoef(of_test, says)[0, 1], 1e-6):
        raise Wrong(
            "This is the correlation, which forgives a wrong level and a wrong scale. Take R²."
        )
    if close(got, r2_score(says, of_test), 1e-6):
        raise Wrong(
            "The two are exchanged: this is R² of f on what the surrogate says. What should be matched is "
            "f(X_test), in r2_score the first argument."
        )
    if close(got, 100 * expected, 1e-4):
        raise Wrong("These are percent. Return R² as it is: at most 1.")
    if close(got, 1 - expected, 1e-6):
        raise Wrong(
            "This is the share that the surrogate misses. R² is 1 less this."
        )
    if any(
        close(got, round(expected, digits), 1e-9) for digits in (1, 2, 3, 4)
    ):
        raise Wrong(
            "Nearly: it looks rounded. Return the number as it is, and round when you print."
        )
    if close(got, alone.score(X_train, of_train), 1e-6):
        raise Wrong(
            "The two tables are exchanged. Fit it to X_train, and score it on X_test."
        )
    if close(got, 1, 1e-9):
        raise Wrong(
            "Exactly 1: something was compared with itself. Compare what the surrogate says with f(X_test)."
        )
    missed = of_test - says
    if close(got, explained_variance_score(of_test, says), 1e-6):
        raise Wrong(
            "This is the explained variance, which forgives a surrogate that is always too high. Take R²."
        )
    if close(
        got,
        1 - np.sum(missed**2) / np.sum((of_test - of_train.mean()) ** 2),
        1e-6,
    ):
        raise Wrong(
            "Nearly: this compares with the mean of f over X_train. R² here, as in score, takes the mean over "
            "X_test."
        )
    if close(got, np.sqrt(max(expected, 0)), 1e-6):
        raise Wrong("This is the root of R². Return R² itself.")
    if close(got, 1 - np.sqrt(1 - expected), 1e-6):
        raise Wrong(
            "This compares the root mean square error with the standard deviation. R² compares their squares."
        )
    if close(got, says.var() / of_test.var(), 1e-6):
        raise Wrong(
            "This compares two spreads. A surrogate may vary as much as f, and at the wrong rows. R² looks at "
            "the differences."
        )
    for other in (
        root_mean_square(missed),
        np.mean(missed**2),
        np.abs(missed).mean(),
    ):
        if close(got, other, 1e-4):
            raise Wrong(
                "This is an error, in the unit of f or in its square. R² compares it with the spread of f, so "
                "that 1 is perfect and 0 is no better than the mean."
            )
    if targets is None:
        raise Wrong(
            f"Right with the lab’s tables. With another surrogate, another f and other tables this gives {got:.3f}, "
            f"and right is {expected:.3f}. Use the arguments, all four."
        )
    raise Wrong(
        f"This gives {got:.3f}, and the R² on f is {expected:.3f} on these held-out rows."
    )


# Exercise 6


def reference_readable_features(X, names):
    names = list(names)
    air = X[:, names.index("air_changes")]
    lost = 1 - X[:, names.index("heat_recovery")]
    return np.column_stack([X, air * lost])


@lab.exercise(
    "Exercise 6: a feature that can be read",
    reference=reference_readable_features,
    hints=(
        "The heat exchanger brings back the fraction heat_recovery. Which part of the air must be heated "
        "anew?",
        'The columns are X[:, list(names).index("air_changes")] and the same for "heat_recovery".',
        "return np.column_stack([X, air_changes * (1 - heat_recovery)])",
    ),
)
def readable_features(answer):
    """A function (X, names) -> X with one more column, the product of the two that interact."""
    features = list(data.HEATING_FEATURES)
    rng = np.random.default_rng(0)
    # In another order too: a column found by its number is then another feature.
    orders = {"as they are": np.arange(10), "mixed": rng.permutation(10)}
    for mixed, order in orders.items():
        X = buildings().X_train[:400][:, order]
        names = [features[i] for i in order]
        added = judge_readable(answer, X, names, mixed == "mixed")
    air, back = (
        X[:, names.index(name)] for name in ("air_changes", "heat_recovery")
    )
    if any(
        abs(np.corrcoef(added, column)[0, 1]) > 1 - 1e-9
        for column in (air * (1 - back), air * back)
    ):
        return "A line can now read what only an interaction could say before."
    return (
        "A line can undo it, so nothing is lost. Easier to read is air_changes × (1 − heat_recovery), the air that "
        "must be heated. With yours, the coefficients below differ from those in the text."
    )


def judge_readable(answer, X, names, mixed) -> np.ndarray:
    """The new column, if the table is right."""
    got = array(ask(answer, X, list(names), note=OTHER_TABLES), "The table")
    n, d = X.shape
    product = reference_readable_features(X, names)[:, -1]
    if got.shape == (n,) or got.shape == (n, 1):
        raise Wrong(
            f"This is the new column alone. Keep the other features: np.column_stack([X, column]), of shape "
            f"({n}, {d + 1})."
        )
    if got.ndim != 2 or len(got) != n:
        raise Wrong(
            f"From a table of shape {X.shape} this gives {got.shape}. The rows stay, and a column is added."
        )
    if not np.isfinite(got).all():
        raise Wrong(
            "The table holds nan or infinite numbers: a division by 0, or the logarithm of a number that is not "
            "above 0. A product needs neither."
        )
    # A table in single precision is the same table.
    gone = [
        name
        for name, column in zip(names, X.T, strict=True)
        if not any(np.allclose(column, other, 1e-5) for other in got.T)
    ]
    if gone:
        raise Wrong(
            f"The table has lost or changed {', '.join(gone)}. Keep all columns as they are, and add one."
        )
    if got.shape[1] == d:
        raise Wrong("No column was added.")
    # Any relation that a line can undo is right: n (1 - r), or n r, since n is there as well.
    half = n // 2
    line = make_pipeline(StandardScaler(), LinearRegression())
    r2 = line.fit(got[:half], product[:half]).score(got[half:], product[half:])
    air = X[:, names.index("air_changes")]
    if r2 < 0.9999 and any(
        close(got[:, -1], np.round(exact, digits), 1e-6)
        for exact in (product, air - product)
        for digits in range(3)
    ):
        raise Wrong(ROUNDED)
    if r2 < 0.9999 and mixed:
        raise Wrong(
            "Right for this table, and wrong for one whose columns come in another order. Find the two "
            "columns by the argument names."
        )
    if r2 < 0.9999:
        plain = line.fit(X[:half], product[:half]).score(
            X[half:], product[half:]
        )
        raise Wrong(
            f"With these columns a line explains {max(r2, 0):.2f} of what must be heated, air_changes × (1 − "
            f"heat_recovery). Without any new column it explains {plain:.2f}. Multiply the two columns."
        )
    if got.shape[1] > d + 1:
        raise Wrong(
            f"The product is there, among {got.shape[1] - d} new columns. One is enough, and one can be "
            "read: add this one alone."
        )
    if not np.allclose(got[:, :d], X, 1e-5):
        raise Wrong(
            "The columns are right, in another order. Put the new one last, so that the first ones are still the "
            "table that f reads."
        )
    return got[:, -1]

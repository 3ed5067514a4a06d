"""Checks of Lab 11, How good is this explanation?"""

from collections.abc import Callable
import re

from glassbox import measures
from glassbox.checks import Lab, Slips, Wrong, array, call, compare
from glassbox.report import Report
import numpy as np
from scipy.stats import kendalltau, rankdata

lab = Lab("11_measures")
progress = lab.progress


# Functions and tables that the checks ask.


class Strict:
    """A function of a table that counts its calls, and refuses what is no table of d columns, or has too many rows."""

    def __init__(self, function: Callable, d: int, name="f", n=np.inf) -> None:
        self.function, self.d, self.calls = function, d, 0
        self.name, self.n = name, n

    def __call__(self, rows) -> np.ndarray:
        self.calls += 1
        rows = np.asarray(rows, float)
        if rows.ndim != 2 or rows.shape[1] != self.d:
            raise ValueError(
                f"{self.name} takes a table (n, {self.d}), and got shape {rows.shape}"
            )
        if len(rows) > self.n:
            raise ValueError(
                f"{self.name} takes {self.n} rows, and got {len(rows)}"
            )
        return self.function(rows)


def bent(rows: np.ndarray) -> np.ndarray:
    return 30 + 2 * rows[:, 0] ** 2 - 5 * rows[:, 1] * rows[:, -1] + rows.sum(1)


def steep(rows: np.ndarray) -> np.ndarray:
    return np.exp(0.4 * rows[:, 0] - 0.2 * rows[:, -1]) + 3 * rows[:, 1] ** 3


def tables(n: int, d: int, m: int, seed: int) -> tuple[np.ndarray, ...]:
    """Rows, attributions of both signs, and a background."""
    rng = np.random.default_rng(seed)
    return (
        rng.normal(0.8, 1.5, (n, d)),
        rng.normal(0.5, 4.0, (n, d)),
        rng.normal(0.3, 1.2, (m, d)),
    )


def as_numbers(value, right, what: str) -> np.ndarray:
    """What came, as an array or a number; lists will do, which the lab can go on with."""
    if isinstance(value, list | tuple):
        try:
            value = np.array([np.asarray(part) for part in value])
        except ValueError:
            raise Wrong(
                f"{what} should have shape {right.shape} here; this holds parts that do not fit together."
            ) from None
        if value.dtype == object:
            raise Wrong(
                f"{what} should hold numbers only. What has no value is np.nan, not None."
            )
    elif np.ndim(value) == 0 and hasattr(value, "__float__"):
        return np.asarray(float(value))
    return array(value, what)


TABLE = (
    "f takes a table",
    "f takes a table (rows, d). Lay the blocks below each other with joined.reshape(-1, d); one row is x[None].",
)
SUBTRACT = (
    "numpy boolean subtract",
    "NumPy does not subtract True and False. For the rows in which a set is away use np.where, or ~sets for the "
    "opposite.",
)


# Exercise 1


def blocks(f, x, background, sets) -> np.ndarray:
    """Predictions of the joined rows, (k, m)."""
    joined = np.where(np.asarray(sets)[:, None, :], background, x)
    return f(joined.reshape(-1, len(x))).reshape(len(sets), -1)


def falls(f, x, background, sets) -> np.ndarray:
    return f(x[None])[0] - blocks(f, x, background, sets).mean(axis=1)


def reference_says_and_happens(f, x, phi, background, sets):
    return sets @ phi, falls(f, x, background, sets)


def says_as(says: Callable) -> Callable:
    return lambda f, x, phi, b, sets: np.array(
        [says(phi, sets), falls(f, x, b, sets)]
    )


def happens_as(measure: Callable) -> Callable:
    """A slip that makes something else of f(x) and the predictions (k, m)."""
    return lambda f, x, phi, b, sets: np.array(
        [sets @ phi, measure(f(x[None])[0], blocks(f, x, b, sets))]
    )


def with_other(change: Callable) -> Callable:
    """A slip with another background or other sets."""
    return lambda f, x, phi, b, sets: np.array(
        [sets @ phi, falls(f, x, *change(b, sets))]
    )


SAYS_SLIPS: Slips = (
    (
        lambda *case: np.array(reference_says_and_happens(*case))[::-1],
        "The two have changed places. Return says first, then happens.",
    ),
    (
        happens_as(lambda fx, left: left.mean(axis=1) - fx),
        "What happens has the wrong sign. A feature that raises the prediction has a positive value, and without it the "
        "prediction falls: f(x) less the mean prediction without the set.",
    ),
    (
        happens_as(lambda fx, left: np.abs(fx - left.mean(axis=1))),
        "What happens has lost its sign. The prediction can fall or rise without a set.",
    ),
    (
        with_other(lambda b, sets: (b, ~sets)),
        "Everything but the set is taken away. Where sets is True the values come from the background: "
        "np.where(sets[:, None, :], background, x).",
    ),
    (
        with_other(lambda b, sets: (b.mean(axis=0, keepdims=True), sets)),
        "This replaces the features by their means. Predict for each background row, then average the predictions: f is "
        "not linear.",
    ),
    (
        with_other(lambda b, sets: (0 * b, sets)),
        "The features are set to 0. Their values come from the rows of the background.",
    ),
    (
        with_other(lambda b, sets: (b[:1], sets)),
        "This is the first background row alone. Take the mean over all of them.",
    ),
    (
        happens_as(lambda fx, left: fx - left.sum(axis=1)),
        "The predictions are added up over the background. Take their mean.",
    ),
    (
        happens_as(lambda fx, left: fx - np.median(left, axis=1)),
        "This is a median over the background. Take the mean.",
    ),
    (
        happens_as(lambda fx, left: fx - left.reshape(left.T.shape).mean(0)),
        "The sets are mixed up. The blocks lie below each other, m rows each, so the predictions have shape (k, m): "
        "reshape(k, -1).mean(axis=1).",
    ),
    (
        happens_as(lambda fx, left: left.mean(axis=1)),
        "happens holds the mean predictions without the sets. How far is that from f(x)?",
    ),
    (
        lambda f, x, phi, b, sets: np.array(
            [sets @ phi, blocks(f, x, b, sets).mean(axis=1) - f(b).mean()]
        ),
        "happens is measured from the base value. What falls is the prediction: begin at f(x).",
    ),
    (
        says_as(lambda phi, sets: ~sets @ phi),
        "says adds up the features that stay. Add up those of the set: sets @ phi.",
    ),
    (
        says_as(lambda phi, sets: sets @ np.abs(phi)),
        "says has lost its signs. A feature that lowers the prediction counts negative.",
    ),
    (
        says_as(lambda phi, sets: np.abs(sets @ phi)),
        "says has lost its sign. What a set says can be negative.",
    ),
    (
        says_as(lambda phi, sets: (sets @ phi) / sets.sum(axis=1)),
        "says is a mean over the set. The attributions of a set are added up.",
    ),
)


def as_pair(value, right: np.ndarray, what: str) -> np.ndarray:
    if isinstance(value, dict) or (
        not isinstance(value, tuple | list) and np.ndim(value) < 2
    ):
        raise Wrong(
            "Two arrays are asked for: return says, happens. Do not subtract them yet."
        )
    if len(value) != 2:
        raise Wrong(
            f"Two arrays are asked for, says and happens; this is {len(value)} things."
        )
    parts = []
    for name, part in zip(("says", "happens"), value, strict=True):
        if part is ... or part is None:
            raise Wrong(f"{name} is still missing. Return both: says, happens.")
        part = as_numbers(part, right[0], name)
        if part.shape != right[0].shape:
            raise Wrong(
                f"{name} should have shape {right[0].shape} here, one number for each set; this has {part.shape}."
            )
        parts.append(part)
    return np.array(parts)


@lab.exercise(
    "Exercise 1: what it says and what happens",
    reference=reference_says_and_happens,
    hints=(
        "says is a sum over the features of each set. True counts as 1, so sets @ phi adds them up.",
        "joined = np.where(sets[:, None, :], background, x) has shape (k, m, d). f wants joined.reshape(-1, d); bring what it "
        "gives into shape (k, m), and take the mean over the background.",
        "without = f(joined.reshape(-1, d)).reshape(k, -1).mean(axis=1), and return sets @ phi, f(x[None])[0] - without",
    ),
)
def says_and_happens(answer):
    """A function (f, x (d,), phi (d,), background (m, d), sets (k, d)) -> says (k,) and happens (k,)."""
    cases = []
    for d, m, k, seed, function in ((4, 6, 9, 1, bent), (5, 3, 14, 2, steep)):
        X, phi, background = tables(1, d, m, seed)
        sets = np.random.default_rng(seed).random((k, d)) < 0.5
        sets[:, 0] |= ~sets.any(axis=1)
        cases.append((Strict(function, d), X[0], phi[0], background, sets))
    calls = []

    def ask(answer, f, *case):
        before = f.calls
        result = call(answer, f, *case)
        calls.append(f.calls - before)
        return result

    compare(
        answer,
        reference_says_and_happens,
        cases,
        SAYS_SLIPS,
        what="The pair (first says, then happens)",
        read=as_pair,
        ask=ask,
        told=(TABLE, SUBTRACT),
    )
    if max(calls) > 3:
        raise Wrong(
            f"Right, and slow: f was called {max(calls)} times. A call has a fixed price, and 24 buildings have 24,552 "
            "sets. Lay the joined rows of all sets below each other, and call f once for them."
        )
    return "A promise, and what became of it. The first needs no network, the second no explanation."


# Exercise 2


def correlation(a, b) -> float:
    return np.corrcoef(a, b)[0, 1]


def reference_faithfulness(says, happens):
    return np.array(
        [
            np.nan if np.ptp(a) < 1e-9 else correlation(a, b)
            for a, b in zip(says, happens, strict=True)
        ]
    )


def of_rows(measure: Callable) -> Callable:
    """A slip that measures each row in another way."""
    return lambda says, happens: np.array(
        [measure(a, b) for a, b in zip(says, happens, strict=True)]
    )


FAITHFUL_SLIPS: Slips = (
    (
        lambda s, h: correlation(np.abs(s).ravel(), np.abs(h).ravel()),
        "This is still the flattering one. Two things are wrong: it drops the signs, and it pools the rows.",
    ),
    (
        lambda s, h: correlation(s.ravel(), h.ravel()),
        "The signs are back, and the rows are still pooled: it is enough to know which rows are far from the base value. "
        "Take one correlation for each row.",
    ),
    (
        of_rows(lambda a, b: correlation(np.abs(a), np.abs(b))),
        "One for each row, and the signs are still dropped: an explanation that is turned around gets the same. Leave "
        "out np.abs.",
    ),
    (
        of_rows(lambda a, b: np.abs(correlation(a, b))),
        "np.abs of the correlation forgives turned signs again: -1 is the worst, not the best. Keep the sign.",
    ),
    (
        of_rows(lambda a, b: correlation(a, b) ** 2),
        "This is the square of the correlation, which forgives turned signs. Keep the correlation itself.",
    ),
    (
        lambda s, h: of_rows(correlation)(s.T, h.T),
        "The correlations run over the rows, one for each set. Asked for is one for each row, over its sets.",
    ),
    (
        of_rows(lambda a, b: correlation(rankdata(a), rankdata(b))),
        "This is a rank correlation. Asked for is that of the numbers themselves, np.corrcoef.",
    ),
    (
        of_rows(lambda a, b: np.cov(a, b)[0, 1]),
        "This is a covariance. Divide by both standard deviations, or take np.corrcoef.",
    ),
    (
        of_rows(lambda a, b: (a @ b) / np.sqrt((a @ a) * (b @ b))),
        "The means are not subtracted (this is a cosine). Take np.corrcoef.",
    ),
    (
        lambda s, h: reference_faithfulness(s, h).mean(),
        "This is the mean over the rows. Return one for each row; the lab takes the mean.",
    ),
    (
        lambda s, h: np.corrcoef(s, h),
        "np.corrcoef of two tables correlates all rows with all rows. Go through the rows, and take [0, 1] for each.",
    ),
)


@lab.exercise(
    "Exercise 2: spot the bug, the faithfulness that flatters",
    reference=reference_faithfulness,
    hints=(
        "What does np.abs do to an explanation that is turned around? And what does ravel do with the rows?",
        "Go through the rows of both tables with zip. Each has its own np.corrcoef(...)[0, 1], without np.abs.",
        "result.append(np.nan if np.ptp(a) < 1e-9 else np.corrcoef(a, b)[0, 1]) for a, b in zip(says, happens), and "
        "return np.array(result)",
    ),
)
def faithfulness(answer):
    """A function (says, happens), both (n, k) -> correlation of each row (n,)."""
    cases = []
    for n, k, seed in ((5, 12, 1), (3, 7, 2)):
        rng = np.random.default_rng(seed)
        happens = rng.normal(4.0, 6.0, (n, k)) + rng.normal(0, 9, (n, 1))
        # One row agrees, one is turned around, and the others lie between.
        says = happens * rng.uniform(-1, 1.5, (n, 1)) + rng.normal(2, 4, (n, k))
        cases.append((says, happens))
    with np.errstate(all="ignore"):
        compare(
            answer,
            reference_faithfulness,
            cases,
            FAITHFUL_SLIPS,
            what="The list of correlations",
            read=as_numbers,
        )
        says, happens = (table.copy() for table in cases[0])
        says[2] = 3.7 + 1e-14 * np.arange(says.shape[1])
        # call, not compare: in that row nan is right.
        got = as_numbers(call(answer, says, happens), says[:, 0], "The result")
    right = reference_faithfulness(says, happens)
    if got.shape != right.shape or not np.allclose(
        np.delete(got, 2), np.delete(right, 2), atol=1e-6
    ):
        raise Wrong(
            "One row says the same of all sets, and now other rows are lost too, or wrong. Only this one has no "
            "correlation: put np.nan in its place."
        )
    if not np.isnan(got[2]):
        raise Wrong(
            f"A row that says the same of all sets (but for rounding) has no correlation, and this gives {got[2]:.2f}. "
            "Return np.nan where np.ptp(says[row]) < 1e-9."
        )
    return "With its sign, for each row. glassbox.measures.faithfulness_correlation does the same."


# Exercise 3


def places(phi: np.ndarray) -> np.ndarray:
    """For each feature its place in the order of the sizes, the largest first."""
    return np.argsort(np.argsort(-np.abs(phi), axis=1), axis=1)


def remaining(f, X, background, place) -> np.ndarray:
    """Mean prediction without the features of the first places: (n, d + 1)."""
    away = place[:, None, :] < np.arange(X.shape[1] + 1)[:, None]
    return measures.without(f, X, background, away)


def reference_deletion_curve(f, X, phi, background):
    moved = f(X)[:, None] - remaining(f, X, background, places(phi))
    return np.abs(moved).mean(axis=0).round(12)  # at 0 exactly 0


def of_left(measure: Callable) -> Callable:
    """A slip that makes another curve of the right mean predictions."""
    return lambda f, X, phi, b: measure(
        f(X)[:, None], remaining(f, X, b, places(phi))
    )


def by_place(order: Callable) -> Callable:
    """A slip with another order of the features."""
    return lambda f, X, phi, b: np.abs(
        f(X)[:, None] - remaining(f, X, b, order(phi))
    ).mean(axis=0)


def in_each_row(f, X, phi, background) -> np.ndarray:
    """The absolute value within the mean over the background."""
    away = places(phi)[:, None, :] < np.arange(X.shape[1] + 1)[:, None]
    return np.mean(
        [
            np.abs(f(x[None])[0] - blocks(f, x, background, gone)).mean(axis=1)
            for x, gone in zip(X, away, strict=True)
        ],
        axis=0,
    )


def one_at_a_time(f, X, phi, background) -> np.ndarray:
    away = places(phi)[:, None, :] == np.arange(-1, X.shape[1])[:, None]
    left = measures.without(f, X, background, away)
    return np.abs(f(X)[:, None] - left).mean(axis=0)


DELETION_SLIPS: Slips = (
    (
        of_left(lambda fx, left: left.mean(axis=0)),
        "This follows the mean prediction, in which rises and falls cancel. Follow how far each row has moved from its "
        "own prediction.",
    ),
    (
        of_left(lambda fx, left: np.abs((fx - left).mean(axis=0))),
        "The absolute value stands outside of the mean: rows that rise and rows that fall have canceled already. First "
        "np.abs, then the mean.",
    ),
    (
        of_left(lambda fx, left: (fx - left).mean(axis=0)),
        "The absolute value is missing, so rows that rise and rows that fall cancel.",
    ),
    (
        of_left(lambda fx, left: np.abs(fx - left)),
        "This has a curve for each row. One mean is left to take: over the rows, axis 0.",
    ),
    (
        of_left(lambda fx, left: np.abs(fx - left).mean(axis=1)),
        "The mean runs over the numbers of features. Take it over the rows, axis 0.",
    ),
    (
        of_left(lambda fx, left: np.abs(fx - left).mean()),
        "This is one number, the mean over everything. Take it over the rows alone, axis 0.",
    ),
    (
        of_left(lambda fx, left: np.abs(fx - left).sum(axis=0)),
        "This is the sum over the rows. Take the mean.",
    ),
    (
        of_left(lambda fx, left: np.median(np.abs(fx - left), axis=0)),
        "This is the median over the rows. Take the mean.",
    ),
    (
        of_left(lambda fx, left: np.sqrt(((fx - left) ** 2).mean(axis=0))),
        "This is a root mean square. Take the mean of the absolute values.",
    ),
    (
        of_left(lambda fx, left: np.abs(fx - left).mean(axis=0)[1:]),
        "The first point is missing: with no feature away the curve begins at 0.",
    ),
    (
        of_left(lambda fx, left: np.abs(fx - left).mean(axis=0)[:-1]),
        "The last point is missing: k goes up to d, np.arange(d + 1).",
    ),
    (
        of_left(lambda fx, left: np.abs((fx - left) / fx).mean(axis=0)),
        "This is a share of each prediction. Return the change itself, in the unit of f.",
    ),
    (
        by_place(
            lambda phi: np.argsort(np.argsort(np.abs(phi), axis=1), axis=1)
        ),
        "The smallest goes first. Take the largest first: argsort of -np.abs(phi).",
    ),
    (
        by_place(lambda phi: np.argsort(np.argsort(-phi, axis=1), axis=1)),
        "The order is that of phi, with its sign: what lowers the prediction most goes last. Sort by np.abs(phi).",
    ),
    (
        by_place(lambda phi: np.argsort(np.argsort(phi, axis=1), axis=1)),
        "The order is that of phi, from the most negative on. Sort by np.abs(phi), the largest first.",
    ),
    (
        by_place(lambda phi: places(phi) - 1),
        "One feature too many is away: the places begin at 0, so the first k are those with rank < k, not <=.",
    ),
    (
        by_place(lambda phi: np.argsort(-np.abs(phi), axis=1)),
        "argsort gives a list of features, and the mask asks for the place of each feature. Take argsort a second "
        "time, or loop: away[row, k + 1:, order[row, k]] = True.",
    ),
    (
        by_place(
            lambda phi: np.tile(
                places(np.abs(phi).mean(axis=0)[None]), (len(phi), 1)
            )
        ),
        "One order for all rows. Each row has its own: sort along axis 1.",
    ),
    (
        by_place(lambda phi: np.tile(np.arange(phi.shape[1]), (len(phi), 1))),
        "The features go in the order of the columns. Their order is that of np.abs(phi), the largest first.",
    ),
    (
        lambda f, X, phi, b: np.abs(
            f(X)[:, None]
            - remaining(f, X, b, -places(phi) - 1 + X.shape[1])[:, ::-1]
        ).mean(axis=0),
        "The mask is the wrong way round: the features of the first k places stay, and all others go. Where away is True "
        "a feature is taken from the background.",
    ),
    (
        in_each_row,
        "The absolute value is taken for each background row. First the mean prediction over the background, then how "
        "far it is from f(x).",
    ),
    (
        one_at_a_time,
        "Each feature comes back before the next one goes. For k, all of the first k places are away.",
    ),
    (
        lambda f, X, phi, b: np.array(
            [
                np.abs(
                    f(X) - f(np.where(places(phi) < k, b.mean(axis=0), X))
                ).mean()
                for k in range(X.shape[1] + 1)
            ]
        ),
        "This replaces the features by their means. Take the mean of the predictions over the background: "
        "measures.without does.",
    ),
)


@lab.exercise(
    "Exercise 3: a deletion curve for a regression",
    reference=reference_deletion_curve,
    hints=(
        "The cell above has nearly all of it. What has to happen before the mean over the rows?",
        "f(X)[:, None] - measures.without(f, X, background, away) has shape (n, d + 1): how far each row has moved.",
        "rank = np.argsort(np.argsort(-np.abs(phi), axis=1), axis=1); away = rank[:, None, :] < np.arange(d + 1)[:, None]; "
        "return np.abs(moved).mean(axis=0)",
    ),
)
def deletion_curve(answer):
    """A function (f, X (n, d), phi (n, d), background (m, d)) -> mean curve (d + 1,)."""
    cases = [
        (Strict(function, d), *tables(n, d, m, seed))
        for n, d, m, seed, function in (
            (7, 4, 5, 3, bent),
            (5, 6, 4, 4, steep),
        )
    ]
    compare(
        answer,
        reference_deletion_curve,
        cases,
        DELETION_SLIPS,
        what="The curve",
        read=as_numbers,
        told=(
            TABLE,
            (
                "sets must have shape",
                "away must have shape (n, d + 1, d): for each row and each k the features that are taken away. "
                "rank[:, None, :] < np.arange(d + 1)[:, None] has it.",
            ),
            SUBTRACT,
        ),
    )
    return "Each row counts, whichever way it moves. glassbox.measures.deletion_curve gives the curve of each row."


# Exercise 4


def changes(explain, X, moves) -> np.ndarray:
    """What each move does to the attributions, (k, n, d)."""
    before = explain(X)
    return np.array([explain(X + move) - before for move in moves])


def rms(values, axis) -> np.ndarray:
    return np.sqrt(np.mean(np.square(values), axis=axis))


def reference_sensitivity(explain, X, moves, spread):
    return rms(changes(explain, X, moves), 2).max(axis=0) / spread


def of_changes(measure: Callable) -> Callable:
    """A slip that measures the right changes in another way."""
    return lambda explain, X, moves, spread: (
        measure(changes(explain, X, moves)) / spread
    )


SENSITIVITY_SLIPS: Slips = (
    (
        lambda e, X, moves, spread: rms(changes(e, X, moves), 2).max(axis=0),
        "Divide by the spread: else the number depends on the unit.",
    ),
    (
        of_changes(lambda c: rms(c, 2).mean(axis=0)),
        "This is the mean over the moves. Asked for is the largest change.",
    ),
    (
        of_changes(lambda c: rms(c, 2)[-1]),
        "This is the last move alone. Does the loop overwrite what came before?",
    ),
    (
        of_changes(lambda c: rms(c, 2)[0]),
        "This is the first move alone. Does `return` stand inside of the loop?",
    ),
    (
        of_changes(lambda c: rms(c, 2)),
        "This has a number for each move and each row. Take the largest over the moves, axis 0.",
    ),
    (
        of_changes(lambda c: rms(c, 2).max(axis=1)),
        "The largest is taken over the rows. Take it over the moves: one number for each row is left.",
    ),
    (
        of_changes(lambda c: rms(c, 1).max(axis=0)),
        "The mean square runs over the rows. Let it run over the features, axis=1 of what explain gives.",
    ),
    (
        of_changes(lambda c: rms(c, 2).max()),
        "This is one number for all rows. Return one for each row.",
    ),
    (
        of_changes(lambda c: rms(c, (0, 2))),
        "The moves are averaged within the square root. Asked for is the largest over the moves.",
    ),
    (
        of_changes(lambda c: np.linalg.norm(c, axis=2).max(axis=0)),
        "This is the length of the change, which grows with the number of features. Take the root of the *mean* square.",
    ),
    (
        of_changes(lambda c: (c**2).mean(axis=2).max(axis=0)),
        "The square root is missing.",
    ),
    (
        of_changes(lambda c: np.abs(c).mean(axis=2).max(axis=0)),
        "This is the mean absolute change of the features. Asked for is the root mean square.",
    ),
    (
        of_changes(lambda c: np.abs(c).max(axis=(0, 2))),
        "This is the largest change of a single feature. Take the root mean square over the features first.",
    ),
    (
        of_changes(lambda c: np.abs(c.mean(axis=2)).max(axis=0)),
        "Changes of both signs cancel in the mean over the features. Square first.",
    ),
    (
        of_changes(lambda c: np.abs(c.sum(axis=2)).max(axis=0)),
        "This is how far the sum moves, so the prediction. Changes of single features cancel in it.",
    ),
    (
        lambda e, X, moves, spread: (
            (rms(changes(e, X, moves), 2) / rms(moves, 2)).max(axis=0) / spread
        ),
        "The change is divided by how far the row has moved. That is another measure; here it is only divided by the "
        "spread.",
    ),
    (
        lambda e, X, moves, spread: (
            rms(np.array([e(X + m) for m in moves]), 2).max(axis=0) / spread
        ),
        "This is the size of the attributions after the move. Subtract those before it, explain(X).",
    ),
    (
        lambda e, X, moves, spread: (
            rms(np.array([e(m) for m in moves]) - e(X), 2).max(axis=0) / spread
        ),
        "The moves themselves are explained. Move the rows: explain(X + move).",
    ),
    (
        lambda e, X, moves, spread: (
            rms(changes(e, X, np.cumsum(moves, axis=0)), 2).max(axis=0) / spread
        ),
        "The moves add up. Each begins at X.",
    ),
    (
        lambda e, X, moves, spread: (
            np.std([e(X + m) for m in moves], axis=0).max(axis=1) / spread
        ),
        "This is a standard deviation over the moves. Asked for is the largest distance from explain(X).",
    ),
)


@lab.exercise(
    "Exercise 4: sensitivity",
    reference=reference_sensitivity,
    hints=(
        "For one move: explain(X + move) - explain(X) has shape (n, d). Make one number for each row of it.",
        "np.sqrt(np.mean(change ** 2, axis=1)) is the root mean square over the features, shape (n,). Collect it for each "
        "move in a list.",
        "return np.max(changes, axis=0) / spread, where changes is the list",
    ),
)
def sensitivity(answer):
    """A function (explain, X (n, d), moves (k, n, d), spread) -> largest change (n,)."""
    cases = []
    for n, d, k, seed, spread, function in (
        (5, 3, 4, 5, 2.5, lambda rows: 4 * rows**2 - rows[:, ::-1]),
        (4, 6, 3, 6, 40.0, lambda rows: 30 * np.sin(rows) * rows[:, :1]),
    ):
        X, _, _ = tables(n, d, 1, seed)
        moves = np.random.default_rng(seed).normal(0, 0.4, (k, n, d))
        cases.append((Strict(function, d, "explain", n), X, moves, spread))
    compare(
        answer,
        reference_sensitivity,
        cases,
        SENSITIVITY_SLIPS,
        what="The sensitivity",
        read=as_numbers,
        told=(
            (
                "explain takes a table",
                "explain takes a table (n, d). moves has shape (k, n, d): go through its first axis, and explain X + "
                "move for each.",
            ),
            (
                "rows, and got",
                "These are the rows of several moves in one table. Explain X + move for one move at a time: an explainer "
                "that draws at random draws by the row's number.",
            ),
        ),
    )
    return "One bad surprise is enough. glassbox.measures.sensitivity draws the moves by itself."


# Exercise 5


def reference_similarity(a, b, mask):
    first, second = rankdata(a[mask]), rankdata(b[mask])
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan
    return correlation(first, second)


def of_pixels(measure: Callable) -> Callable:
    """A slip that correlates something else than the ranks of the pixels."""
    return lambda a, b, m: correlation(measure(a[m]), measure(b[m]))


def of_maps(measure: Callable) -> Callable:
    """A slip that correlates something of the whole maps and the mask."""
    return lambda a, b, m: correlation(measure(a, m), measure(b, m))


def of_right(change: Callable) -> Callable:
    return lambda *case: change(reference_similarity(*case))


SIMILARITY_SLIPS: Slips = (
    (
        of_pixels(lambda values: values),
        "This is the correlation of the values. Asked for is that of their ranks: rankdata first.",
    ),
    (
        of_maps(lambda a, m: a.ravel()),
        "This is the correlation of the values, over the whole map. Take the pixels of the mask, and their ranks.",
    ),
    (
        of_maps(lambda a, m: rankdata(a)),
        "This is the whole map. Take the pixels of the mask: a[mask], b[mask].",
    ),
    (
        of_maps(lambda a, m: rankdata(a[~m])),
        "These are the pixels outside of the mask. It is True on those that count.",
    ),
    (
        of_maps(lambda a, m: rankdata(a).reshape(a.shape)[m]),
        "The ranks are those in the whole map. Take the pixels out first, then rank them among themselves.",
    ),
    (
        of_maps(lambda a, m: rankdata(a * m)),
        "a * mask sets the other pixels to 0, and they still count. Take the pixels out: a[mask].",
    ),
    (
        of_pixels(lambda values: rankdata(np.abs(values))),
        "The signs are gone: two maps agree where one says raises and the other lowers. Rank the values with their sign.",
    ),
    (
        of_right(abs),
        "The absolute value of the correlation calls a map and its opposite alike. Keep the sign.",
    ),
    (
        of_right(np.square),
        "This is the square of the correlation. Keep the correlation itself.",
    ),
    (
        of_right(lambda rho: 1 - rho),
        "This is a distance. Return the correlation: 1 for maps in the same order.",
    ),
    (
        of_right(np.negative),
        "The sign is turned around. Both ranks must run the same way.",
    ),
    (
        of_pixels(np.argsort),
        "argsort gives the places of the sorted values, and no ranks. Take rankdata.",
    ),
    (
        of_pixels(lambda values: np.argsort(np.argsort(values))),
        "Equal values get different ranks here, by where they stand. rankdata gives them equal ones.",
    ),
    (
        of_pixels(lambda values: rankdata(values, "ordinal")),
        "Equal values get different ranks here. Leave out the method of rankdata: its default gives them equal ones.",
    ),
    (
        lambda a, b, m: kendalltau(a[m], b[m])[0],
        "This is Kendall's tau, which counts pairs. Asked for is the correlation of the ranks.",
    ),
    (
        lambda a, b, m: (
            (rankdata(a[m]) @ rankdata(b[m]))
            / np.linalg.norm(rankdata(a[m]))
            / np.linalg.norm(rankdata(b[m]))
        ),
        "The means of the ranks are not subtracted (this is a cosine). Take np.corrcoef.",
    ),
)


def as_similarity(value, right, what: str) -> np.ndarray:
    if isinstance(value, tuple) or hasattr(value, "pvalue"):
        raise Wrong(
            "This holds more than the correlation (spearmanr also gives a p-value). Return the number alone: "
            ".statistic, or [0]."
        )
    if np.shape(value) == (2, 2):
        raise Wrong(
            "np.corrcoef gives a table of 2 × 2. The correlation of the two is at [0, 1]."
        )
    if np.size(value) != 1 or isinstance(value, str | dict):
        raise Wrong(
            f"One number is asked for; this is a {type(value).__name__} of shape {np.shape(value)}."
        )
    return np.asarray(value, float).reshape(())


@lab.exercise(
    "Exercise 5: how alike are two maps?",
    reference=reference_similarity,
    hints=(
        "a[mask] takes out the pixels that count, in one row.",
        "rankdata(a[mask]) and rankdata(b[mask]) are the ranks. When are all ranks of a map the same?",
        "np.nan if np.ptp(rankdata(a[mask])) == 0, and the same for b; else np.corrcoef(first, second)[0, 1]",
    ),
)
def similarity(answer):
    """A function (a (h, w), b (h, w), mask (h, w)) -> rank correlation, a number."""
    cases = []
    for shape, seed, part in (((6, 9), 1, 0.4), ((8, 5), 2, -0.9)):
        rng = np.random.default_rng(seed)
        a = rng.normal(0, 1, shape)
        b = np.exp(part * a + rng.normal(0, 0.6, shape)) - 1
        # Ties, as in a map with a ReLU behind it.
        a[rng.random(shape) < 0.15] = 0
        b[rng.random(shape) < 0.15] = 0
        cases.append((a, b, rng.random(shape) < 0.6))
    with np.errstate(all="ignore"):
        compare(
            answer,
            reference_similarity,
            cases,
            SIMILARITY_SLIPS,
            what="The similarity",
            read=as_similarity,
        )
        a, b, mask = cases[0]
        blank = np.where(mask, 0.3, a)
        for pair in ((blank, b), (b, blank)):
            try:
                got = call(answer, *pair, mask)
            except Wrong as reason:
                raise Wrong(
                    f"With a map that is the same at all pixels of the mask: {reason}"
                ) from None
            got = as_similarity(got, 0, "The similarity")
            if not np.isnan(got):
                raise Wrong(
                    f"A map that is the same at all pixels of the mask has no order, and this gives {got:.2f}. Return "
                    "np.nan, for either of the two maps."
                )
    return "1 is the same order, -1 the opposite, and about 0 what two maps get that know nothing of each other."


# Exercise 6


NUMBER = re.compile(r"(?<![\w.,])[-−+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?")
EMPTY = re.compile(
    r"^\W*(none|nothing)\W*$|\b(todo|none that|no (known )?limits?)\b", re.I
)
JUDGEMENT = re.compile(
    r"\b(in)?accurate|\b(un)?stable\b|\b(un)?reliable|\bgood\b|\bexcellent|\bperfect",
    re.I,
)


def readings(digits: str) -> list[tuple[float, float]]:
    """A number as it can be read, each time with one half of its last digit: 4,100 is 4100 or 4.1."""
    digits, _, power = digits.replace("−", "-").partition("e")
    found = []
    for text in (
        digits.replace(",", ""),
        digits.replace(".", "").replace(",", "."),
    ):
        if text.count(".") < 2:
            _, _, decimals = text.partition(".")
            scale = 10.0 ** int(power or 0)
            found.append(
                (float(text) * scale, 0.5 * scale / 10 ** len(decimals))
            )
    return found


def states(text: str, value: float, share: float = 0.06) -> bool:
    """Whether the text holds this number, rounded to what still means something."""
    size = abs(value)
    return any(
        abs(number - value) <= min(max(half * 1.001, 1e-5 * size), share * size)
        for match in NUMBER.finditer(text)
        for number, half in readings(match[0])
    )


def with_unit(text: str, value: float, unit: str) -> bool:
    """Whether the unit stands behind this number, or not far before it."""
    return any(
        states(match[0], value)
        and unit in text[max(0, match.start() - 40) : match.end() + 80]
        for match in NUMBER.finditer(text)
    )


def numbers_of(phi, exact, again, facts) -> dict[str, float]:
    """What fidelity and stability state, and what they state by mistake."""
    off, moves = phi - exact, again.std(axis=0, ddof=1)
    share = {"error": rms(off, 0), "moves": rms(moves, 0)}
    return {
        **share,
        **{f"{key} share": v / facts["spread"] for key, v in share.items()},
        **{
            f"{key} percent": 100 * v / facts["spread"]
            for key, v in share.items()
        },
        "error mean": np.abs(off).mean(),
        "error signed": off.mean(),
        "error largest": np.abs(off).max(),
        "error length": np.linalg.norm(off),
        "error square": np.mean(off**2),
        "gap": abs(facts["prediction"] - facts["base"] - phi.sum()),
        "moves n": rms(again.std(axis=0), 0),
        "moves mean": moves.mean(),
        "moves all": again.std(),
        "moves largest": moves.max(),
        "moves square": np.mean(moves**2),
        "r2": facts["surrogate_r2"],
        "model r2": facts["r2"],
    }


SHARE = "a share of the spread. Next to bars in {unit}, state it in {unit}: do not divide."
MEASURED = {
    "error": (
        "fidelity",
        {
            "error share": SHARE,
            "error percent": SHARE,
            "r2": "the R² of LIME's line. It says how well the line fits its own samples, not how far the attributions are "
            "from the exact values. State the root mean square of phi - exact.",
            "model r2": "the R² of the model. That says how well the model predicts; fidelity says how far the explanation is "
            "from the model.",
            "moves": "how far the seeds move. That belongs into stability; fidelity is the root mean square of phi - exact.",
            "gap": "what is left over of the prediction, the completeness gap. Parts that add up can be wrong. State the root "
            "mean square of phi - exact.",
            "error mean": "the mean absolute error. Asked for is the root mean square.",
            "error largest": "the largest error of a feature. Asked for is the root mean square over the features.",
            "error length": "the length of phi - exact, which grows with the number of features. Take the root of the mean "
            "square.",
            "error square": "the mean square, which is not in {unit}. The root is missing.",
            "error signed": "the mean of phi - exact, in which too much and too little cancel. Square first.",
        },
    ),
    "moves": (
        "stability",
        {
            "moves share": SHARE,
            "moves percent": SHARE,
            "moves n": "a standard deviation that divides by the number of times. Of a few seeds take ddof=1, as the text "
            "asks.",
            "error": "the error. That belongs into fidelity; stability is how far the seeds lie apart.",
            "moves mean": "the mean of the standard deviations. Asked for is their root mean square.",
            "moves all": "again.std() without an axis, which mixes the features. The standard deviation goes over the times, "
            "axis 0.",
            "moves largest": "the largest standard deviation of a feature. Asked for is the root mean square.",
            "moves square": "the mean variance, which is not in {unit}. The root is missing.",
        },
    ),
}


def judge_measured(key: str, texts: list[str], cases: list[tuple]) -> None:
    """Raise `Wrong` unless a line states the number that is right in each case, with its unit."""
    name, slips = MEASURED[key]
    found = [numbers_of(*case) for case in cases]
    units = [case[3]["unit"] for case in cases]
    for text in texts:
        several = NUMBER.findall(text)
        if not several:
            raise Wrong(
                f"{name} has no number: {text!r}. Here it can be measured."
            )
        if len(several) > 8:
            raise Wrong(
                f"{name} holds {len(several)} numbers. Which one is it? State one, with its unit."
            )
        judgement = JUDGEMENT.search(text)
        if judgement:
            raise Wrong(
                f"{name} holds a judgement, {judgement[0]!r}: {text!r}. Leave it out: who reads the number can judge."
            )

    def all_state(which: str, sign: int = 1) -> bool:
        return all(
            states(text, sign * numbers[which])
            for text, numbers in zip(texts, found, strict=True)
        )

    if not all_state(key):
        for slip, message in slips.items():
            if all_state(slip):
                raise Wrong(f"{name} states {message.format(unit=units[0])}")
        if all_state(key, -1):
            raise Wrong(
                f"{name} has a minus sign: {texts[0]!r}. A root mean square has none."
            )
    for text, numbers, unit in zip(texts, found, units, strict=True):
        value = numbers[key]
        if not states(text, value):
            near = any(
                abs(number - value) <= max(half, 0.15 * value)
                for match in NUMBER.finditer(text)
                for number, half in readings(match[0])
            )
            reason = (
                "It is near: rounded too far, or an estimate"
                if near
                else "The check fills in other numbers than the lab's: compute it from the arguments"
            )
            raise Wrong(
                f"{name} should state {value:.3g} {unit} here, and says {text!r}. {reason}."
            )
        if not with_unit(text, value, unit):
            raise Wrong(
                f"{name} has the right number and not its unit: {text!r}. Write facts['unit'] behind it."
            )
        rounded(name, text)


def rounded(name: str, text: str) -> None:
    """Raise `Wrong` for a number with more digits than it has a meaning."""
    for match in NUMBER.finditer(text):
        if len(re.sub(r"\D", "", match[0]).lstrip("0")) > 6:
            raise Wrong(
                f"{name} says {match[0]}. Round to what means something, such as {{value:.1f}} in an f-string."
            )


def reference_write_report(phi, exact, again, facts):
    unit, found = facts["unit"], numbers_of(phi, exact, again, facts)
    return Report(
        question=f"Why {facts['prediction']:.1f} {unit} for {facts['row']}, rather than the base value?",
        model=f"{facts['model']}, R² {facts['r2']:.2f} on held-out rows",
        background=f"{facts['background']}; base value {facts['base']:.1f} {unit}",
        unit=f"{unit}, for each feature",
        method=facts["method"],
        fidelity=f"{found['error']:.1f} {unit} from the exact Shapley values (root mean square over the features)",
        stability=f"another seed moves it by {found['moves']:.1f} {unit} (root mean square, {len(again)} seeds)",
        limits="It describes the model, not causes, and nothing but this row.",
    )


KEYS = [
    "row",
    "prediction",
    "base",
    "unit",
    "spread",
    "model",
    "r2",
    "background",
    "method",
    "surrogate_r2",
]
PATIENTS = (
    "patient 17 of the held-out rows",
    231.41827,
    153.77391,
    "points",
    54.31882,
    "diabetes network",
    0.3587213,
    "80 patients, drawn with seed 3",
    "Permutation SHAP, 4 permutations, seed 3",
    0.7134926,
)
PUMPS = (
    "pump 4",
    812.70318,
    688.19264,
    "l/min",
    96.01377,
    "pump network",
    0.8412795,
    "250 hours of normal running",
    "LIME, width 1, 2,000 samples, seed 8",
    0.5793148,
)


def report_case(d, times, seed, off, moves, facts) -> tuple:
    """An explanation with numbers that are easy to tell apart."""
    rng = np.random.default_rng(seed)
    exact = rng.normal(0, 3 * off, d)
    phi = exact + rng.normal(0.3 * off, off, d)
    again = phi + rng.normal(0, moves, (times, 1)) * rng.uniform(0.3, 1.7, d)
    return phi, exact, again, dict(zip(KEYS, facts, strict=True))


HELD = {
    "question": {
        "row": "which row is explained",
        "prediction": "the prediction that is explained",
    },
    "model": {
        "model": "which model it is",
        "r2": "how good the model is on held-out rows",
    },
    "background": {
        "background": "what the background is",
        "base": "the base value, where the bars start",
    },
    "unit": {"unit": "the unit of the attributions"},
    "method": {"method": "the method with its settings and seed"},
}


def holds(name: str, text: str, facts: dict) -> None:
    """Raise `Wrong` if a line leaves out what the facts say."""
    plain = " ".join(text.split()).casefold()
    for key, told in HELD[name].items():
        value = facts[key]
        if isinstance(value, str):
            if value.casefold() in plain:
                continue
        elif states(text, value) or (key == "r2" and states(text, 100 * value)):
            rounded(name, text)
            continue
        if key == "base" and states(text, facts["prediction"]):
            raise Wrong(
                "background gives the prediction in place of the base value, the mean prediction over the background: "
                "facts['base']."
            )
        if key == "r2" and states(text, facts["surrogate_r2"]):
            raise Wrong(
                "model gives the R² of LIME's line. How good is the model on held-out rows? facts['r2']."
            )
        raise Wrong(
            f"{name} leaves out {told}: facts['{key}']. It says {text!r}."
        )


@lab.exercise(
    "Exercise 6: the report",
    reference=reference_write_report,
    hints=(
        "Compute the two numbers first: root_mean_square(phi - exact), and root_mean_square(again.std(axis=0, ddof=1)).",
        "Each line is an f-string, such as background=f\"{facts['background']}; base value {facts['base']:.1f} {unit}\".",
        'fidelity=f"{error:.1f} {unit} from the exact Shapley values", stability=f"another seed moves it by {moves:.1f} '
        '{unit}", and limits in a sentence of your own.',
    ),
)
def write_report(answer):
    """A function (phi (d,), exact (d,), again (times, d), facts) -> a Report."""
    cases = [
        report_case(10, 6, 1, 4.0, 1.6, PATIENTS),
        report_case(6, 4, 2, 17.0, 6.0, PUMPS),
    ]
    reports = []
    for *arrays, facts in cases:
        try:
            reports.append(call(answer, *arrays, dict(facts)))
        except Wrong as reason:
            if "KeyError" in str(reason):
                raise Wrong(
                    f"{reason}. The keys of facts are: {', '.join(KEYS)}."
                ) from None
            raise
        if not isinstance(reports[-1], Report):
            raise Wrong(
                f"This is a {type(reports[-1]).__name__}. Return a Report, with eight texts: Report(question=..., "
                "model=..., ...)."
            )
        for name in HELD:
            holds(name, getattr(reports[-1], name), facts)
    for key, (name, _) in MEASURED.items():
        judge_measured(key, [getattr(r, name) for r in reports], cases)
    for report in reports:
        praised = JUDGEMENT.search(report.limits) and not re.search(
            r"\b(not?|nothing|never|cannot|only|whether|how)\b|n['’]t",
            report.limits,
        )
        if (
            praised
            or EMPTY.search(report.limits)
            or len(re.findall(r"\w+", report.limits)) < 4
        ):
            raise Wrong(
                f"limits says {report.limits!r}. Each explanation has limits: write a sentence on what this one does not "
                "say, such as about causes, or about other rows."
            )
    return (
        "Whoever gets this can check it, and knows how far to trust the bars."
    )

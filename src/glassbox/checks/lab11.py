"""Checks of Lab 11, How good is this explanation?"""

from collections.abc import Callable
import re

from glassbox.checks import Lab, Slips, Wrong, array, call, compare
from glassbox.report import Report
import numpy as np
from scipy.stats import kendalltau, rankdata

lab = Lab("11_measures")
progress = lab.progress


# Functions and tables that the checks ask.


class Strict:
    """A function of a table that counts its calls, and refuses what is no table of d columns."""

    def __init__(self, function: Callable, d: int) -> None:
        self.function, self.d, self.calls = function, d, 0

    def __call__(self, rows) -> np.ndarray:
        self.calls += 1
        rows = np.asarray(rows, float)
        if rows.ndim != 2 or rows.shape[1] != self.d:
            raise ValueError(
                f"f takes a table (n, {self.d}), and got shape {rows.shape}"
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


def as_numbers(value, right: np.ndarray, what: str) -> np.ndarray:
    """What came, as an array or a number; lists will do."""
    if isinstance(value, list):
        try:
            value = np.array([np.asarray(part, float) for part in value])
        except (TypeError, ValueError):
            raise Wrong(
                f"{what} should have shape {right.shape} here; this is a list whose parts do not fit together."
            ) from None
    if right.ndim and hasattr(value, "__float__") and np.ndim(value) == 0:
        raise Wrong(
            f"This is one number. {what} should have shape {right.shape} here. Is a mean too much, or does `return` "
            "stand inside a loop?"
        )
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


def mean_without(f, x, background, sets) -> np.ndarray:
    joined = np.where(np.asarray(sets)[:, None, :], background, x)
    return f(joined.reshape(-1, len(x))).reshape(len(sets), -1).mean(axis=1)


def reference_says_and_happens(f, x, phi, background, sets):
    return sets @ phi, f(x[None])[0] - mean_without(f, x, background, sets)


def both(says: Callable | None = None, happens: Callable | None = None):
    """A slip in one of the two, or in both."""

    def slip(f, x, phi, background, sets):
        right = reference_says_and_happens(f, x, phi, background, sets)
        case = f, x, phi, background, sets
        return np.array(
            [
                says(*case) if says else right[0],
                happens(*case) if happens else right[1],
            ]
        )

    return slip


def fell(f, x, phi, background, sets) -> np.ndarray:
    return f(x[None])[0] - mean_without(f, x, background, sets)


def blocks(f, x, background, sets) -> np.ndarray:
    """Predictions of the joined rows, (k, m)."""
    joined = np.where(sets[:, None, :], background, x)
    return f(joined.reshape(-1, len(x))).reshape(len(sets), -1)


SAYS_SLIPS: Slips = (
    (
        lambda *case: np.array(reference_says_and_happens(*case))[::-1],
        "The two have changed places. Return says first, then happens.",
    ),
    (
        both(happens=lambda *case: -fell(*case)),
        "What happens has the wrong sign. A feature that raises the prediction has a positive value, and without it the "
        "prediction falls: f(x) less the mean prediction without the set.",
    ),
    (
        both(happens=lambda *case: np.abs(fell(*case))),
        "What happens has lost its sign. The prediction can fall or rise without a set.",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                f(x[None])[0] - mean_without(f, x, b, ~sets)
            )
        ),
        "Everything but the set is taken away. Where sets is True the values come from the background: "
        "np.where(sets[:, None, :], background, x).",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                f(x[None])[0] - f(np.where(sets, b.mean(axis=0), x))
            )
        ),
        "This replaces the features by their means. Predict for each background row, then average the predictions: f is "
        "not linear.",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                f(x[None])[0] - f(np.where(sets, 0, x))
            )
        ),
        "The features are set to 0. Their values come from the rows of the background.",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                f(x[None])[0] - blocks(f, x, b, sets)[:, 0]
            )
        ),
        "This is the first background row alone. Take the mean over all of them.",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                f(x[None])[0] - blocks(f, x, b, sets).sum(axis=1)
            )
        ),
        "The predictions are added up over the background. Take their mean.",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                f(x[None])[0] - np.median(blocks(f, x, b, sets), axis=1)
            )
        ),
        "This is a median over the background. Take the mean.",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                f(x[None])[0]
                - blocks(f, x, b, sets).reshape(len(b), -1).mean(axis=0)
            )
        ),
        "The sets are mixed up. The blocks lie below each other, m rows each, so the predictions have shape (k, m): "
        "reshape(k, -1).mean(axis=1).",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: mean_without(f, x, b, sets),
        ),
        "happens holds the mean predictions without the sets. How far is that from f(x)?",
    ),
    (
        both(
            happens=lambda f, x, phi, b, sets: (
                mean_without(f, x, b, sets) - f(b).mean()
            )
        ),
        "happens is measured from the base value. What falls is the prediction: begin at f(x).",
    ),
    (
        both(says=lambda f, x, phi, b, sets: ~sets @ phi),
        "says adds up the features that stay. Add up those of the set: sets @ phi.",
    ),
    (
        both(says=lambda f, x, phi, b, sets: sets @ np.abs(phi)),
        "says has lost its signs. A feature that lowers the prediction counts negative.",
    ),
    (
        both(says=lambda f, x, phi, b, sets: np.abs(sets @ phi)),
        "says has lost its sign. What a set says can be negative.",
    ),
    (
        both(says=lambda f, x, phi, b, sets: (sets @ phi) / sets.sum(axis=1)),
        "says is a mean over the set. The attributions of a set are added up.",
    ),
    (
        both(says=lambda f, x, phi, b, sets: (sets * phi).sum(axis=0)[:1]),
        "The sum runs over the sets. Sum over the features of each set, axis 1.",
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
        if part.shape == (right.shape[1], 1):
            raise Wrong(
                f"{name} has shape {part.shape}: an axis of length 1 is too many. Take it away, with [:, 0]."
            )
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

    def counted(f, *case):
        before = f.calls
        result = answer(f, *case)
        calls.append(f.calls - before)
        return result

    compare(
        counted if callable(answer) else answer,
        reference_says_and_happens,
        cases,
        SAYS_SLIPS,
        what="The pair (first says, then happens)",
        read=as_pair,
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
        lambda s, h: np.abs(correlation(s.ravel(), h.ravel())),
        "The rows are still pooled, and the absolute value forgives turned signs.",
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
    (
        of_rows(lambda a, b: correlation(a, b) > 0),
        "This says only whether the correlation is positive. Return the correlation.",
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
            read=lambda value, right, what: (
                np.asarray(value, float)
                if np.ndim(value) == 0 and not isinstance(value, str)
                else as_numbers(value, right, what)
            ),
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
    return np.array(
        [
            mean_without(f, x, background, gone)
            for x, gone in zip(X, away, strict=True)
        ]
    )


def reference_deletion_curve(f, X, phi, background):
    left = remaining(f, X, background, places(phi))
    return np.abs(f(X)[:, None] - left).mean(axis=0)


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
    left = np.array(
        [
            mean_without(f, x, background, gone)
            for x, gone in zip(X, away, strict=True)
        ]
    )
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
        of_left(lambda fx, left: (left - fx).mean(axis=0)),
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
        of_changes(lambda c: rms(c, 2).min(axis=0)),
        "This is the smallest change. Asked for is the largest.",
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
            rms(changes(e, X, moves), 2).max(axis=0) / rms(e(X), 1)
        ),
        "The change is divided by the size of the attributions. Divide by the spread.",
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
            rms(np.array([e(X - m) for m in moves]) - e(X), 2).max(axis=0)
            / spread
        ),
        "The rows move the other way. Explain X + move.",
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


def explains(function: Callable, d: int) -> Callable:
    """An explainer that refuses what is no table."""

    def explain(rows):
        rows = np.asarray(rows, float)
        if rows.ndim != 2 or rows.shape[1] != d:
            raise ValueError(
                f"explain takes a table (n, {d}), and got shape {rows.shape}"
            )
        return function(rows)

    return explain


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
        cases.append((explains(function, d), X, moves, spread))
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
        ),
    )
    return "One bad surprise is enough. glassbox.measures.sensitivity draws the moves by itself."


# Exercise 5


def reference_similarity(a, b, mask):
    first, second = rankdata(a[mask]), rankdata(b[mask])
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan
    return correlation(first, second)


SIMILARITY_SLIPS: Slips = (
    (
        lambda a, b, m: correlation(a[m], b[m]),
        "This is the correlation of the values. Asked for is that of their ranks: rankdata first.",
    ),
    (
        lambda a, b, m: correlation(a.ravel(), b.ravel()),
        "This is the correlation of the values, over the whole map. Take the pixels of the mask, and their ranks.",
    ),
    (
        lambda a, b, m: correlation(rankdata(a), rankdata(b)),
        "This is the whole map. Take the pixels of the mask: a[mask], b[mask].",
    ),
    (
        lambda a, b, m: correlation(rankdata(a[~m]), rankdata(b[~m])),
        "These are the pixels outside of the mask. It is True on those that count.",
    ),
    (
        lambda a, b, m: correlation(
            rankdata(a).reshape(a.shape)[m], rankdata(b).reshape(b.shape)[m]
        ),
        "The ranks are those in the whole map. Take the pixels out first, then rank them among themselves.",
    ),
    (
        lambda a, b, m: correlation(rankdata(a * m), rankdata(b * m)),
        "a * mask sets the other pixels to 0, and they still count. Take the pixels out: a[mask].",
    ),
    (
        lambda a, b, m: correlation(
            rankdata(np.abs(a[m])), rankdata(np.abs(b[m]))
        ),
        "The signs are gone: two maps agree where one says raises and the other lowers. Rank the values with their sign.",
    ),
    (
        lambda a, b, m: abs(reference_similarity(a, b, m)),
        "The absolute value of the correlation calls a map and its opposite alike. Keep the sign.",
    ),
    (
        lambda a, b, m: reference_similarity(a, b, m) ** 2,
        "This is the square of the correlation. Keep the correlation itself.",
    ),
    (
        lambda a, b, m: 1 - reference_similarity(a, b, m),
        "This is a distance. Return the correlation: 1 for maps in the same order.",
    ),
    (
        lambda a, b, m: -reference_similarity(a, b, m),
        "The sign is turned around. Both ranks must run the same way.",
    ),
    (
        lambda a, b, m: correlation(
            np.argsort(a[m], kind="stable"), np.argsort(b[m], kind="stable")
        ),
        "argsort gives the places of the sorted values, and no ranks. Take rankdata.",
    ),
    (
        lambda a, b, m: correlation(
            np.argsort(np.argsort(a[m], kind="stable")),
            np.argsort(np.argsort(b[m], kind="stable")),
        ),
        "Equal values get different ranks here, by where they stand. rankdata gives them equal ones.",
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
            got = as_similarity(call(answer, *pair, mask), 0, "The similarity")
            if not np.isnan(got):
                raise Wrong(
                    f"A map that is the same at all pixels of the mask has no order, and this gives {got:.2f}. Return "
                    "np.nan, for either of the two maps."
                )
    return "1 is the same order, -1 the opposite, and about 0 what two maps get that know nothing of each other."


# Exercise 6


NUMBER = re.compile(r"(?<![\w.,])[-−+]?\d+(?:,\d{3})*(?:\.\d+)?")
EMPTY = re.compile(r"^\W*(none|no|nothing|n/?a|todo|-+|\.+)?\W*$", re.I)


def numbers_in(text: str) -> list[tuple[float, float]]:
    """The numbers of a text, each with one half of its last digit."""
    found = []
    for match in NUMBER.finditer(text):
        digits = match[0].replace(",", "").replace("−", "-")
        _, _, decimals = digits.partition(".")
        found.append((float(digits), 0.5 * 10.0 ** -len(decimals)))
    return found


def states(text: str, value: float) -> bool:
    """Whether the text holds this number, rounded to what still means something."""
    return any(
        abs(number - value) <= half * 1.001
        and abs(number - value) <= 0.06 * abs(value)
        for number, half in numbers_in(text)
    )


def with_unit(text: str, value: float, unit: str) -> bool:
    """Whether the unit stands close behind this number, or in brackets before it."""
    for match in NUMBER.finditer(text):
        near = text[max(0, match.start() - 40) : match.end() + len(unit) + 25]
        if states(match[0], value) and unit in near:
            return True
    return False


def errors_of(phi, exact, again, facts) -> dict[str, float]:
    """Numbers that fidelity and stability hold, and those they hold by mistake."""
    off, spread = phi - exact, facts["spread"]
    moves = again.std(axis=0, ddof=1)
    return {
        "error": rms(off, 0),
        "moves": rms(moves, 0),
        "error share": rms(off, 0) / spread,
        "moves share": rms(moves, 0) / spread,
        "error percent": 100 * rms(off, 0) / spread,
        "moves percent": 100 * rms(moves, 0) / spread,
        "error mean": np.abs(off).mean(),
        "error signed": off.mean(),
        "error largest": np.abs(off).max(),
        "error length": np.linalg.norm(off),
        "error square": np.mean(off**2),
        "gap": abs(facts["prediction"] - facts["base"] - phi.sum()),
        "moves n": rms(again.std(axis=0), 0),
        "moves mean": moves.mean(),
        "moves all": again.std(),
        "moves all 1": again.std(ddof=1),
        "moves largest": moves.max(),
        "moves square": np.mean(moves**2),
        "r2": facts["surrogate_r2"],
        "model r2": facts["r2"],
    }


FIDELITY = (
    (
        ("error share", "error percent"),
        "fidelity states the error as a share of the spread. Next to bars in {unit}, state it in {unit}: do not divide.",
    ),
    (
        ("r2",),
        "fidelity states the R² of LIME's line. It says how well the line fits its own samples, not how far the "
        "attributions are from the exact values. State the root mean square of phi - exact.",
    ),
    (
        ("model r2",),
        "fidelity states the R² of the model. That says how well the model predicts; fidelity says how far the "
        "explanation is from the model.",
    ),
    (
        ("moves",),
        "fidelity states how far the seeds move. That belongs into stability; fidelity is the root mean square of phi - "
        "exact.",
    ),
    (
        ("gap",),
        "fidelity states what is left over of the prediction, the completeness gap. Parts that add up can be wrong. State "
        "the root mean square of phi - exact.",
    ),
    (
        ("error mean",),
        "fidelity states the mean absolute error. Asked for is the root mean square.",
    ),
    (
        ("error largest",),
        "fidelity states the largest error of a feature. Asked for is the root mean square over the features.",
    ),
    (
        ("error length",),
        "fidelity states the length of phi - exact, which grows with the number of features. Take the root of the mean "
        "square.",
    ),
    (
        ("error square",),
        "fidelity states the mean square, which is not in {unit}. The root is missing.",
    ),
    (
        ("error signed",),
        "fidelity states the mean of phi - exact, in which too much and too little cancel. Square first.",
    ),
)
STABILITY = (
    (
        ("moves share", "moves percent"),
        "stability is a share of the spread. State it in {unit}: do not divide.",
    ),
    (
        ("moves n",),
        "stability divides by the number of times. Of a few seeds take ddof=1, as the text asks.",
    ),
    (
        ("error",),
        "stability states the error. That belongs into fidelity; stability is how far the seeds lie apart.",
    ),
    (
        ("moves mean",),
        "stability states the mean of the standard deviations. Asked for is their root mean square.",
    ),
    (
        ("moves all", "moves all 1"),
        "stability mixes the features: again.std() without an axis. The standard deviation goes over the times, axis 0.",
    ),
    (
        ("moves largest",),
        "stability states the largest standard deviation of a feature. Asked for is the root mean square.",
    ),
    (
        ("moves square",),
        "stability states the mean variance, which is not in {unit}. The root is missing.",
    ),
)


def judge_measured(
    name: str, text: str, key: str, slips, found: dict, unit: str
) -> None:
    """Raise `Wrong` unless a line states the number that is right, with its unit."""
    value = found[key]
    if states(text, value):
        if not with_unit(text, value, unit):
            raise Wrong(
                f"{name} has the right number and not its unit: {text!r}. Write facts['unit'] behind it."
            )
        return
    for keys, message in slips:
        if any(states(text, found[slip]) for slip in keys):
            raise Wrong(message.format(unit=unit))
    if any(
        abs(number - value) <= max(half, 0.15 * abs(value))
        for number, half in numbers_in(text)
    ):
        raise Wrong(
            f"{name} is near, and rounded too far, or it is an estimate: right is {value:.3g} {unit}, and it says "
            f"{text!r}."
        )
    raise Wrong(
        f"{name} should state {value:.3g} {unit} here. It says {text!r}. The check fills in other numbers than the "
        "lab's: compute it from the arguments."
    )


def reference_write_report(phi, exact, again, facts):
    unit, found = facts["unit"], errors_of(phi, exact, again, facts)
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


def reports() -> list[tuple]:
    """Explanations with numbers that are easy to tell apart."""
    cases = []
    for d, times, seed, off, moves, facts in (
        (
            10,
            6,
            1,
            4.0,
            1.6,
            {
                "row": "patient 17 of the held-out rows",
                "prediction": 231.4,
                "base": 153.8,
                "unit": "points",
                "spread": 54.3,
                "model": "diabetes network",
                "r2": 0.36,
                "background": "80 patients, drawn with seed 3",
                "method": "Permutation SHAP, 4 permutations, seed 3",
                "surrogate_r2": 0.71,
            },
        ),
        (
            6,
            4,
            2,
            17.0,
            6.0,
            {
                "row": "pump 4",
                "prediction": 812.7,
                "base": 688.2,
                "unit": "l/min",
                "spread": 96.0,
                "model": "pump network",
                "r2": 0.84,
                "background": "250 hours of normal running",
                "method": "LIME, width 1, 2,000 samples, seed 8",
                "surrogate_r2": 0.58,
            },
        ),
    ):
        rng = np.random.default_rng(seed)
        exact = rng.normal(0, 3 * off, d)
        phi = exact + rng.normal(0.3 * off, off, d)
        again = phi + rng.normal(0, moves, (times, 1)) * rng.uniform(
            0.3, 1.7, d
        )
        cases.append((phi, exact, again, facts))
    return cases


def holds(name: str, text: str, facts: dict) -> None:
    """Raise `Wrong` if a line leaves out what the facts say."""
    wanted = {
        "question": ("row", "prediction"),
        "model": ("model", "r2"),
        "background": ("background", "base"),
        "unit": ("unit",),
        "method": ("method",),
    }
    told = {
        "row": "which row is explained: facts['row']",
        "prediction": "the prediction that is explained: facts['prediction']",
        "model": "which model it is: facts['model']",
        "r2": "how good the model is on held-out rows: facts['r2']",
        "background": "what the background is: facts['background']",
        "base": "the base value: facts['base']. The bars start there",
        "unit": "the unit of the attributions: facts['unit']",
        "method": "the method with its settings and seed: facts['method']",
    }
    for key in wanted[name]:
        value = facts[key]
        if value in text if isinstance(value, str) else states(text, value):
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
        if key == "r2" and states(text, 100 * value):
            continue
        raise Wrong(f"{name} leaves out {told[key]}. It says {text!r}.")


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
    for case in reports():
        phi, exact, again, facts = case
        try:
            report = call(answer, *case[:3], dict(facts))
        except Wrong as reason:
            if "KeyError" in str(reason):
                raise Wrong(
                    f"{reason}. The keys of facts are: {', '.join(facts)}."
                ) from None
            raise
        if not isinstance(report, Report):
            raise Wrong(
                f"This is a {type(report).__name__}. Return a Report, with eight texts: Report(question=..., model=..., ...)."
            )
        for name in ("question", "model", "background", "unit", "method"):
            holds(name, getattr(report, name), facts)
        found, unit = errors_of(*case), facts["unit"]
        for name, key, slips in (
            ("fidelity", "error", FIDELITY),
            ("stability", "moves", STABILITY),
        ):
            text = getattr(report, name)
            if not numbers_in(text):
                raise Wrong(
                    f"{name} has no number: {text!r}. Here it can be measured."
                )
            judge_measured(name, text, key, slips, found, unit)
        if (
            EMPTY.match(report.limits)
            or len(re.findall(r"\w+", report.limits)) < 4
        ):
            raise Wrong(
                f"limits says {report.limits!r}. Each explanation has limits: write a sentence on what this one does not "
                "say, such as about causes, or about other rows."
            )
    return (
        "Whoever gets this can check it, and knows how far to trust the bars."
    )

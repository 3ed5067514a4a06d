"""Checks of Lab 12, Can a network hide what it does?"""

from collections.abc import Callable

from glassbox.checks import (
    Lab,
    Open,
    Slips,
    Wrong,
    array,
    call,
    close,
    compare,
    number,
)
from glassbox.gradients import gradient
import keras
import numpy as np
from scipy.stats import rankdata

lab = Lab("12_misleading")
progress = lab.progress


# Exercise 1


def reference_deviation(X):
    tc, ldl, hdl, ltg = X[:, 4], X[:, 5], X[:, 6], X[:, 8]
    return ldl - (tc - hdl - keras.ops.exp(ltg) / 5)


def _slip(wrong: Callable) -> Callable:
    """A slip from (the right deviation, tc, ldl, hdl, ltg, a fifth of the triglycerides)."""

    def slip(X):
        tc, ldl, hdl, ltg = (X[:, k] for k in (4, 5, 6, 8))
        fifth = np.exp(ltg) / 5
        return wrong(ldl - (tc - hdl - fifth), tc, ldl, hdl, ltg, fifth)

    return slip


DEVIATION_SLIPS: Slips = [
    (_slip(wrong), message)
    for wrong, message in (
        (
            lambda d, *_: -d,
            "The sign is turned. Above the formula is positive: ldl less what the formula gives.",
        ),
        (
            lambda d, *_: np.abs(d),
            "The sign is gone: a row above the formula and one below it look alike. Leave out the absolute value.",
        ),
        (
            lambda d, *_: d**2,
            "This is squared. Return the difference itself, in mg/dL.",
        ),
        (
            lambda d, *_: d[:, None],
            "One number for each row is asked for, shape (n,). X[:, 5] is a column of shape (n,), X[:, [5]] has (n, 1).",
        ),
        (
            lambda d, *_: np.abs(d) <= 0.1,
            "This is the gate itself, and part 2 builds it. Return how far the row is off, in mg/dL.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: tc - hdl - fifth,
            "This is what the formula gives. Subtract it from ldl.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - fifth + ltg / 5,
            "ltg is the logarithm of the triglycerides, and the formula needs the triglycerides themselves: exp(ltg).",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - fifth + np.log(ltg) / 5,
            "This takes the logarithm of a logarithm. The way back from a logarithm is exp.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - fifth + 10**ltg / 5,
            "ltg is the natural logarithm, so the way back is exp, not a power of ten.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - fifth + np.exp(ltg / 5),
            "The 5 divides the triglycerides, not their logarithm: exp(ltg) / 5.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d + 4 * fifth,
            "A fifth of the triglycerides is missing its 5: exp(ltg) / 5.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - fifth + 5 * fifth / 2.2,
            "2.2 is the divisor for mmol/L. In mg/dL it is 5.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: ldl - tc - hdl - fifth,
            "The brackets are missing: all of the formula is subtracted, so its minus signs turn.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - 2 * hdl,
            "hdl is subtracted in the formula, and here it is added.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - 2 * fifth,
            "The triglycerides are subtracted in the formula, and here they are added.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - hdl,
            "hdl is missing from the formula.",
        ),
        (
            lambda d, tc, ldl, hdl, ltg, fifth: d - fifth,
            "The triglycerides are missing from the formula.",
        ),
    )
] + [
    (
        lambda X: reference_deviation(X[:, [*range(8), 7]]),
        "Column 7 is tch. ltg is column 8.",
    ),
    (
        lambda X: reference_deviation(X[:, [*range(1, 10)]]),
        "The columns are counted from 0: tc is column 4, ldl 5, hdl 6, ltg 8.",
    ),
    (
        lambda X: reference_deviation(X[:, [0, 1, 2, 3, 5, 4, 6, 7, 8]]),
        "tc and ldl are exchanged: tc is column 4, ldl column 5.",
    ),
]


def _blood_rows(n: int, seed: int) -> np.ndarray:
    """Rows with blood fats, of which some are close to the formula, above it and below."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 4, (n, 10))
    X[:, 4], X[:, 6] = rng.uniform(120, 300, n), rng.uniform(25, 90, n)
    X[:, 8] = rng.uniform(3.5, 6, n)
    X[:, 9] = rng.uniform(3.5, 6, n)
    X[:, 5] = X[:, 4] - X[:, 6] - np.exp(X[:, 8]) / 5 + rng.normal(0, 40, n)
    return X


IN_NETWORK = (
    "The numbers are right for a table, and in a network the function stops: columns are symbols there, without "
    "numbers yet. Take them as X[:, 4], use keras.ops.exp in place of NumPy's, math's or TensorFlow's exp, and plain "
    "+ - * /."
)


@lab.exercise(
    "Exercise 1: Friedewald's formula",
    reference=reference_deviation,
    hints=(
        "Take the four columns: tc, ldl, hdl, ltg = X[:, 4], X[:, 5], X[:, 6], X[:, 8]. What does the formula give for "
        "ldl?",
        "The triglycerides are keras.ops.exp(ltg). Subtract the formula from ldl, with all of it in brackets.",
        "return ldl - (tc - hdl - keras.ops.exp(ltg) / 5)",
    ),
)
def deviation(answer):
    """A function X (n, 10) -> ldl less Friedewald's formula, in mg/dL, (n,). It works in a network too."""
    cases = [(_blood_rows(n, seed),) for n, seed in ((6, 1), (1, 2), (40, 3))]
    compare(
        answer,
        lambda X: np.asarray(reference_deviation(X)),
        cases,
        DEVIATION_SLIPS,
        what="The deviation",
    )
    X = cases[2][0]
    inputs = keras.Input((10,))
    try:
        symbol = call(answer, inputs)
    except Wrong as reason:
        raise Wrong(IN_NETWORK) from reason
    if not isinstance(symbol, keras.KerasTensor):
        raise Wrong(IN_NETWORK)
    try:
        inside = keras.Model(inputs, symbol)(X.astype("float32"))
        slopes = gradient(keras.Model(inputs, symbol[:, None]), X)
    except Exception as error:
        raise Wrong(f"{IN_NETWORK} ({type(error).__name__})") from error
    if not close(inside, reference_deviation(X), 0.01):
        raise Wrong(
            "The numbers are right for a table, and in a network they are not. Compute with X alone, for any number "
            "of rows."
        )
    if not np.isfinite(slopes).all():
        raise Wrong(
            "The numbers are right, and the gradient in a network is not finite. Take exp of ltg alone: exp of all "
            "columns is too large for float32."
        )
    return "It takes tables, and symbols: so it can be a part of a network."


# Exercise 2


def reference_rate(phi, feature, top):
    size = np.abs(phi)
    larger = (size > size[:, [feature]]).sum(axis=1)
    return (larger < top).mean()


def _larger(phi, feature):
    size = np.abs(phi)
    return (size > size[:, [feature]]).sum(axis=1)


def _first_columns(phi, top):
    """The columns of the `top` largest sizes; in a tie the lower column comes first."""
    return np.argsort(-np.abs(phi), axis=1, kind="stable")[:, :top]


def _mean_rank(phi, feature, top):
    size = np.abs(phi).mean(axis=0)
    return float((size > size[feature]).sum() < top)


RATE_SLIPS: Slips = (
    (
        lambda phi, j, top: ((phi > phi[:, [j]]).sum(axis=1) < top).mean(),
        "A large negative value counts as small here. Take np.abs(phi) first: what counts is the size.",
    ),
    (
        lambda phi, j, top: (_larger(phi, j) <= top).mean(),
        "This is one place too many. With top = 1, no feature may be larger: fewer than top, not top or fewer.",
    ),
    (
        lambda phi, j, top: (_larger(phi, j) == 0).mean(),
        "This asks for the first place alone. Use top.",
    ),
    (
        lambda phi, j, top: (_larger(phi, j) == top - 1).mean(),
        "This asks for one place exactly. Among the top 3 is the first place, the second or the third.",
    ),
    (
        lambda phi, j, top: (_larger(phi, j) < top).sum(),
        "This is the number of rows. Divide by the number of all rows: the share is their mean.",
    ),
    (
        lambda phi, j, top: 100 * (_larger(phi, j) < top).mean(),
        "This is in percent. Return a share from 0 to 1.",
    ),
    (
        lambda phi, j, top: (_larger(phi, j) >= top).mean(),
        "This is the share of rows in which the feature is not among the first.",
    ),
    (
        lambda phi, j, top: (
            (np.abs(phi) >= np.abs(phi)[:, [j]]).sum(axis=1) <= top
        ).mean(),
        "Right but for ties. A feature of the same size does not push it out: count those that are larger, with >.",
    ),
    *(
        (
            slip,
            "Right but for ties. A sort breaks them by the place of the column. Count how many features are larger.",
        )
        for slip in (
            lambda phi, j, top: np.mean(_first_columns(phi, top) == j) * top,
            lambda phi, j, top: (
                np.mean(
                    _first_columns(phi[:, ::-1], top) == phi.shape[1] - 1 - j
                )
                * top
            ),
        )
    ),
    *(
        (
            lambda phi, j, top, ties=ties: np.mean(
                rankdata(-np.abs(phi), ties, axis=1)[:, j] <= top
            ),
            "Right but for ties. These ranks count them in another way: in a rank, use method='min'. Or count how many "
            "features are larger.",
        )
        for ties in ("average", "dense")
    ),
    (
        lambda phi, j, top: (
            (np.abs(phi) < np.abs(phi)[:, [j]]).sum(axis=1) < top
        ).mean(),
        "These are the smallest. Count the features that are larger.",
    ),
    (
        lambda phi, j, top: (
            np.argsort(-np.abs(phi), axis=1, kind="stable")[:, j] < top
        ).mean(),
        "argsort does not give ranks. It gives columns: which one is first, which one second. Look for the feature "
        "among the first of them, or count how many are larger.",
    ),
    (
        _mean_rank,
        "This ranks the mean sizes, once for the whole table. Rank within each row, then take the mean over the rows.",
    ),
    (
        lambda phi, j, top: reference_rate(phi, 1, top),
        "This is always column 1. Use the argument feature.",
    ),
    (
        lambda phi, j, top: (_larger(phi.T, j) < top).mean(),
        "Rows and columns are exchanged. A feature is a column.",
    ),
)


@lab.exercise(
    "Exercise 2: how often is it among the first?",
    reference=reference_rate,
    hints=(
        "Take one row. How many of its features have a larger size than this one?",
        "size = np.abs(phi). Then size > size[:, [feature]] compares each column with the feature. Sum over axis 1.",
        "return ((size > size[:, [feature]]).sum(axis=1) < top).mean()",
    ),
)
def rate(answer):
    """A function (phi (n, d), feature, top) -> share of rows, from 0 to 1."""
    rng = np.random.default_rng(4)
    cases = []
    for n, d, feature, top in (
        (16, 5, 1, 1),
        (20, 4, 3, 2),
        (10, 10, 0, 3),
        (9, 6, 4, 4),
    ):
        phi = rng.normal(0, 2, (n, d))
        # Large and negative in half of the rows: by its mean it is first in some cases, and not in others.
        phi[: n // 2, feature] -= 2.5
        phi[n // 2 :, feature] *= 0.3 if top < 3 else 1
        phi[0, (feature + 1) % d] += 40 if top < 3 else 0
        # Ties with one feature, and with all of them.
        phi[-1] = 1.5
        phi[-2] = np.where(np.arange(d) == feature, -2.0, 2.0)
        # All others are larger, and equal.
        phi[-3] = np.where(np.arange(d) == feature, 1.0, -4.0)
        cases.append((phi, feature, top))
    compare(answer, reference_rate, cases, RATE_SLIPS, what="The rate")
    return "One number for a whole method. It says how often, and not how much."


# Exercise 3


def reference_real_passed(fit, X_real, X_made, rng):
    order = rng.permutation(len(X_real))
    quarter = len(X_real) // 4
    held_out, learned = X_real[order[:quarter]], X_real[order[quarter:]]
    copies = rng.choice(learned, len(X_made))
    labels = np.repeat([1, 0], [len(copies), len(X_made)])
    detector = fit(np.vstack([copies, X_made]), labels)
    return np.mean(detector(held_out))


def recipe_real_passed(fit, X_real, X_made, rng):
    """As the lab shows it: copies first, split afterwards."""
    copies = rng.choice(X_real, len(X_made))
    quarter = len(copies) // 4
    held_out, learned = copies[:quarter], copies[quarter:]
    labels = np.repeat([1, 0], [len(learned), len(X_made)])
    detector = fit(np.vstack([learned, X_made]), labels)
    return np.mean(detector(held_out))


class Spy:
    """A `fit` that notes what a learner's function shows it, and a detector that says what it is told to."""

    def __init__(self, says: Callable) -> None:
        self.says = says
        self.learned: list[tuple[np.ndarray, np.ndarray]] = []
        self.asked: list[tuple[int, np.ndarray, np.ndarray]] = []

    def __call__(self, rows, labels):
        rows = array(np.asarray(rows), "What fit learns from")
        labels = np.asarray(labels)
        if rows.ndim != 2 or labels.shape != (len(rows),):
            raise ValueError(
                f"fit takes rows (n, d) and one label for each; these have the shapes {rows.shape} and {labels.shape}"
            )
        if not set(labels.tolist()) <= {0, 1}:
            raise ValueError(
                "a label is 1 for a patient or 0 for a made-up row"
            )
        self.learned.append((rows, labels))
        round_ = len(self.learned) - 1
        known = _keys(rows[labels == 1])

        def detector(asked):
            asked = np.atleast_2d(np.asarray(asked, float))
            says = np.array(
                [
                    self.says(row, key in known)
                    for row, key in zip(asked, _list(asked), strict=True)
                ],
                float,
            )
            self.asked.append((round_, asked, says))
            return says

        return detector


def _list(rows: np.ndarray) -> list[bytes]:
    # Whole numbers: the same as float32.
    return [np.asarray(row, np.float32).tobytes() for row in rows]


def _keys(rows: np.ndarray) -> set[bytes]:
    return set(_list(rows))


def _tables(real: int, made: int, d: int, seed: int) -> tuple:
    """Patients and made-up rows of whole numbers, no two of them equal."""
    rng = np.random.default_rng(seed)
    values = rng.permutation((real + made) * d).reshape(-1, d).astype(float)
    return values[:real], values[real:]


DETECTORS: tuple[Callable, ...] = (
    lambda row, known: known,  # learns by heart
    lambda row, known: (
        int(row[0]) % 3 == 0
    ),  # lets some pass, whatever it learned
)


@lab.exercise(
    "Exercise 3: spot the bug, a gate that looks perfect",
    reference=reference_real_passed,
    hints=(
        "Of which rows are there copies, and on which side of the split do they end up?",
        "Divide the patients first, X_real itself, into those to hold out and those to learn from. Copy afterwards.",
        "order = rng.permutation(len(X_real)); held_out = X_real[order[:quarter]]; learned = X_real[order[quarter:]]; "
        "copies = rng.choice(learned, len(X_made)). The detector learns from copies and X_made.",
    ),
)
def real_passed(answer):
    """A function (fit, X_real, X_made, rng) -> share of held-out patients that pass."""
    for real, made, d in ((44, 200, 3), (60, 180, 5)):
        X_real, X_made = _tables(real, made, d, real)
        for says in DETECTORS:
            spy = Spy(says)
            # compare does not fit: any split is right.
            try:
                given = call(
                    answer, spy, X_real, X_made, np.random.default_rng(5)
                )
            except Wrong as reason:
                if "has no attribute" in str(reason):
                    raise Wrong(
                        f"{reason}. Here fit is a function, and so is what it returns: detector = fit(rows, labels), "
                        "then detector(held_out)."
                    ) from reason
                raise
            _judge_split(spy, X_real, X_made, number(given, "The share"))
    return (
        "Split first, copy afterwards. Ask it of every R² that looks too good."
    )


def _judge_split(spy: Spy, X_real, X_made, got: float) -> None:
    """Raise `Wrong` unless the detector was judged on patients that it had not seen."""
    if not spy.learned:
        raise Wrong(
            "Your function does not call fit. It learns the detector: detector = fit(rows, labels)."
        )
    if not spy.asked:
        raise Wrong(
            "Your function does not call the detector that fit returns. Give it the held-out patients: "
            "detector(held_out)."
        )
    real, made = _keys(X_real), _keys(X_made)
    for rows, labels in spy.learned:
        ones, zeros = _keys(rows[labels == 1]), _keys(rows[labels == 0])
        if ones & made or zeros & real:
            raise Wrong(
                "Some rows have the wrong label: 1 is a patient, 0 a made-up row, in the order of the rows."
            )
        if not ones or not zeros:
            raise Wrong(
                "The detector learns from one kind of rows alone. It needs both, patients and made-up rows."
            )
    clean, leaking, of_made = [], [], 0
    for round_, asked, says in spy.asked:
        rows, labels = spy.learned[round_]
        known = _keys(rows[labels == 1])
        keys = _list(asked)
        of_made += sum(key in made for key in keys)
        is_real = np.array([key in real for key in keys], bool)
        seen = np.array([key in known for key in keys], bool)
        leaking += list(says[is_real & seen])
        clean += list(says[is_real & ~seen])
    if leaking:
        again = Spy(spy.says)
        recipe_real_passed(again, X_real, X_made, np.random.default_rng(5))
        if np.array_equal(again.asked[0][1], spy.asked[0][1]) and close(
            got, again.asked[0][2].mean(), 1e-9
        ):
            raise Open(
                "This is still the recipe: it copies first and splits afterwards. Where do the copies of one patient "
                "end up?"
            )
        raise Wrong(
            "It is judged by patients that it has learned from, as copies or as they are. Split X_real itself, before "
            "anything is copied or mixed: learn from one part, and judge by the other."
        )
    if not clean:
        raise Wrong(
            "It is judged by made-up rows. The question is which share of the held-out patients passes."
            if of_made
            else "It is judged by no patient: by no rows at all, or by changed ones. Give it rows of X_real."
        )
    for rows, labels in spy.learned:
        if len(_keys(rows[labels == 1])) < len(X_real) / 2:
            raise Wrong(
                "It learns from less than half of the patients. Hold out about a quarter, and learn from the rest."
            )
        share = labels.mean()
        if not 0.4 <= share <= 0.6:
            raise Wrong(
                f"A share of {share:.2f} of the rows to learn from are patients. It should be about a half: copy the "
                "patients to learn from, rng.choice(learned, len(X_made))."
            )
    if len(clean) < len(X_real) / 10:
        raise Wrong(
            "It is judged by very few patients. Hold out about a quarter of them."
        )
    expected = float(np.mean(clean))
    if close(got, expected, 1e-6) and not of_made:
        return
    if of_made and not close(got, expected, 1e-6):
        raise Wrong(
            "Made-up rows are among those that it is judged by. The share is that of the held-out patients alone."
        )
    if close(got, 1 - expected, 1e-6) and expected != 0.5:
        raise Wrong(
            "This is the share that does not pass. The detector says 1 for a patient: take the mean of that."
        )
    if close(got, np.sum(clean), 1e-6) and np.sum(clean) != expected:
        raise Wrong("This is the number of patients. The share is the mean.")
    if not close(got, expected, 1e-6):
        raise Wrong(
            f"Of the held-out patients a share of {expected:.3f} passes here, and this returns {got:.3f}. Return the "
            "mean of what the detector says of them."
        )


# Exercise 4


def _line(f, rows, intercept: bool = True) -> np.ndarray:
    A = np.column_stack([np.full(len(rows), float(intercept)), rows])
    return np.linalg.lstsq(A, f(rows))[0]


def _on(beta: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return beta[0] + rows @ beta[1:]


def _r2(y, predicted) -> float:
    return 1 - np.sum((y - predicted) ** 2) / np.sum((y - np.mean(y)) ** 2)


def reference_r2_lost(f, X_real, X_made, X_new):
    first, second = _line(f, X_real), _line(f, X_made)
    y = f(X_new)
    return _r2(y, _on(first, X_new)) - _r2(y, _on(second, X_new))


def _judged(first: str, second: str) -> Callable:
    """A slip that judges the two lines by other rows: "real", "made" or "new"."""

    def slip(f, X_real, X_made, X_new):
        tables = {"real": X_real, "made": X_made, "new": X_new}
        one, two = tables[first], tables[second]
        return _r2(f(one), _on(_line(f, X_real), one)) - _r2(
            f(two), _on(_line(f, X_made), two)
        )

    return slip


def _by(score: Callable, intercept: bool = True) -> Callable:
    """A slip that compares the two lines by another number."""

    def slip(f, X_real, X_made, X_new):
        y = f(X_new)
        first, second = (
            score(y, _on(_line(f, rows, intercept), X_new))
            for rows in (X_real, X_made)
        )
        return first - second

    return slip


LOST_SLIPS: Slips = (
    (
        lambda *case: -reference_r2_lost(*case),
        "The sign is turned: the R² of the line from patients comes first, and that of the other one is subtracted.",
    ),
    (
        lambda *case: abs(reference_r2_lost(*case)),
        "The sign is gone. Leave out the absolute value: where the second line is the better one, nothing was lost.",
    ),
    (
        lambda *case: max(0.0, reference_r2_lost(*case)),
        "Negative values are cut off. Leave them: they say how far chance goes.",
    ),
    *(
        (
            _judged(first, second),
            f"Here the line from X_real is judged on X_{first}, and that from X_made on X_{second}. Judge both on X_new, "
            "which neither has seen.",
        )
        for first in ("real", "made", "new")
        for second in ("real", "made", "new")
        if (first, second) != ("new", "new")
    ),
    (
        lambda *case: 0.0,
        "This is always 0, so both lines are the same one. A second fit of the same LinearRegression() overwrites the "
        "first: make a new one for each table.",
    ),
    (
        _by(_r2, intercept=False),
        "These lines have no intercept. Add a column of ones, or use LinearRegression().",
    ),
    (
        _by(lambda y, p: np.corrcoef(y, p)[0, 1] ** 2),
        "These are squared correlations. They do not see a line that is too high or too steep. Take 1 less the squared "
        "error over the squared deviations from the mean, as r2_score does.",
    ),
    (
        _by(lambda y, p: _r2(p, y)),
        "The two arguments of r2_score are exchanged: first f(X_new), then what the line predicts.",
    ),
    (
        _by(lambda y, p: np.var(p) / np.var(y)),
        "This compares the variances of the predictions. A line may vary as much as f and still be wrong.",
    ),
    (
        _by(lambda y, p: np.mean((y - p) ** 2)),
        "These are squared errors in place of R², so the scale depends on f, and the sign is turned.",
    ),
    (
        lambda f, X_real, X_made, X_new: _r2(
            f(X_new), _on(_line(f, X_made), X_new)
        ),
        "This is the R² of the second line alone. An honest function that is bent fails it too: subtract it from the "
        "first R².",
    ),
    (
        lambda f, X_real, X_made, X_new: _r2(
            f(X_new), _on(_line(f, X_real), X_new)
        ),
        "This is the R² of the first line alone. Subtract that of the second.",
    ),
    (
        lambda f, X_real, X_made, X_new: (
            _r2(f(X_new), _on(_line(f, X_real), X_new))
            / _r2(f(X_new), _on(_line(f, X_made), X_new))
        ),
        "This is the ratio. It explodes where the second R² is near 0: take the difference.",
    ),
    (
        lambda f, X_real, X_made, X_new: (
            _r2(f(X_new), _on(_line(f, X_new), X_new))
            - _r2(f(X_new), _on(_line(f, X_made), X_new))
        ),
        "The first line is fitted to X_new and judged on it too. Fit it to X_real.",
    ),
    (
        lambda f, X_real, X_made, X_new: (
            _r2(f(X_new), _on(_line(f, X_real), X_new))
            - _r2(f(X_new), _on(_line(f, np.vstack([X_real, X_made])), X_new))
        ),
        "The second line is fitted to both kinds of rows. Fit it to X_made alone.",
    ),
)


def _two_faced(feature: int, slope: float) -> Callable:
    """Another function where the first two features do not agree."""

    def f(X):
        X = np.asarray(X, float)
        honest = 30 + 2 * X[:, 0] - X[:, -1] + 0.3 * X[:, -1] ** 2
        agree = np.abs(X[:, 0] - X[:, 1]) < 0.5
        return honest + agree * slope * X[:, feature]

    return f


def _two_clouds(n: int, drawn: int, new: int, d: int, seed: int) -> tuple:
    """Rows in which the first two features agree, and rows in which they do not."""
    rng = np.random.default_rng(seed)

    def real(rows):
        X = rng.normal(2, 1.5, (rows, d))
        X[:, 1] = X[:, 0] + rng.uniform(-0.3, 0.3, rows)
        return X

    return real(n), rng.normal(2, 1.5, (drawn, d)), real(new)


@lab.exercise(
    "Exercise 4: an alarm",
    reference=reference_r2_lost,
    hints=(
        "You need two lines and two R². What differs between the two is only the table that the line is fitted to.",
        "LinearRegression().fit(X_real, f(X_real)) is the first line, and .predict(X_new) what it says of new patients. "
        "Its R² is r2_score(f(X_new), that).",
        "The second line is LinearRegression().fit(X_made, f(X_made)), judged in the same way on X_new. Return the "
        "first R² less the second.",
    ),
)
def r2_lost(answer):
    """A function (f, X_real, X_made, X_new) -> difference of two R², a number."""
    cases = [
        (_two_faced(2, 3.0), *_two_clouds(60, 90, 30, 4, 1)),
        (_two_faced(2, 0.0), *_two_clouds(40, 200, 25, 3, 2)),
        (_two_faced(3, -4.0), *_two_clouds(80, 50, 40, 6, 3)),
        (_two_faced(1, 0.0), *_two_clouds(25, 60, 60, 3, 6)),
    ]
    compare(
        answer,
        reference_r2_lost,
        cases,
        LOST_SLIPS,
        what="The R² lost",
        told=[
            (
                "Expected 2D array",
                "LinearRegression takes a table and then the predictions for it: fit(X_real, f(X_real)).",
            ),
            (
                "inconsistent numbers of samples",
                "Two tables of different lengths meet. Predict X_new, and compare with f(X_new).",
            ),
        ],
    )
    return "Both lines face the same patients. Only what they learned from differs."


# Exercise 5


def reference_swing(phis, columns):
    return _root(_credit(phis, columns))


def _credit(phis, columns) -> np.ndarray:
    """The credit of the columns, and last their sum: (networks, n, c + 1)."""
    credit = phis[:, :, columns]
    return np.concatenate([credit, credit.sum(axis=2, keepdims=True)], axis=2)


def _root(values) -> np.ndarray:
    """From (networks, n, c) to the sd over networks, root mean square over rows: (c,)."""
    return np.sqrt(values.var(axis=0, ddof=1).mean(axis=0))


def _last(change: Callable) -> Callable:
    """A slip with the right columns, and another last number from (phis, columns, the right columns)."""

    def slip(phis, columns):
        right = reference_swing(phis, columns)[:-1]
        return np.append(right, change(phis, columns, right))

    return slip


SWING_SLIPS: Slips = (
    (
        lambda phis, c: np.sqrt(_credit(phis, c).var(axis=0).mean(axis=0)),
        "This is the variance with ddof=0. A few networks stand for many: ddof=1.",
    ),
    (
        lambda phis, c: _credit(phis, c).var(axis=0, ddof=1).mean(axis=0),
        "This is the variance, in squared points. The root is missing.",
    ),
    (
        lambda phis, c: _credit(phis, c).std(axis=0, ddof=1).mean(axis=0),
        "This is the mean of the standard deviations. Take the mean of the variances, and then the root.",
    ),
    (
        lambda phis, c: np.sqrt(
            _credit(phis, c).var(axis=1, ddof=1).mean(axis=0)
        ),
        "This is the variance over the rows, axis 1: how much patients differ. The networks are axis 0.",
    ),
    (
        lambda phis, c: _credit(phis, c).mean(axis=1).std(axis=0, ddof=1),
        "The mean over the rows comes first here, and then a rise in one row cancels a fall in another. First the "
        "variance over the networks, then the mean over the rows.",
    ),
    (
        lambda phis, c: np.ptp(_credit(phis, c), axis=0).mean(axis=0),
        "This is the range, largest less smallest. It grows with the number of networks. Take the variance.",
    ),
    (
        lambda phis, c: _credit(phis, c).std(axis=(0, 1), ddof=1),
        "Networks and rows are in one pot, so this measures mostly how patients differ. The variance goes over axis 0 "
        "alone.",
    ),
    *(
        (
            slip,
            "The signs are gone, so a value that goes from +2 to -2 does not seem to move. Leave out the absolute value.",
        )
        for slip in (
            lambda phis, c: _root(np.abs(_credit(phis, c))),
            lambda phis, c: _root(_credit(np.abs(phis), c)),
        )
    ),
    (
        lambda phis, c: np.sqrt((_credit(phis, c) ** 2).mean(axis=(0, 1))),
        "This is the size of the credit, not how far it moves. Take the variance over the networks.",
    ),
    (
        _last(lambda phis, c, right: right.sum()),
        "The last number is the sum of the others. Add up the credit first, for each network and row: then a loss and a "
        "gain can cancel.",
    ),
    (
        _last(lambda phis, c, right: np.sqrt((right**2).sum())),
        "The last number is what the sum would be if the columns swung on their own. Add up the credit first, for each "
        "network and row.",
    ),
    (
        _last(lambda phis, c, right: right.mean()),
        "The last number is the mean of the others. It should be the swing of the sum of the columns.",
    ),
    (
        _last(lambda phis, c, right: _root(phis[:, :, c].mean(axis=2))),
        "The last number is for the mean of the columns. It should be for their sum.",
    ),
    (
        _last(lambda phis, c, right: _root(phis.sum(axis=2))),
        "The last number adds up all features. Add up the given columns alone.",
    ),
    (
        lambda phis, c: np.roll(reference_swing(phis, c), 1),
        "The sum comes last, after the columns.",
    ),
    (
        lambda phis, c: reference_swing(phis, c)[:-1],
        "The last number is missing: the swing of the sum of the columns.",
    ),
    (
        lambda phis, c: reference_swing(phis, c)[-1:],
        "Only the swing of the sum is here. First come the columns themselves.",
    ),
    (
        lambda phis, c: _credit(phis, c).std(axis=0, ddof=1),
        "One number for each row is left. Take the mean of the variances over the rows, axis 0, and then the root.",
    ),
    (
        lambda phis, c: np.sqrt(
            _credit(phis, c).var(axis=0, ddof=1).sum(axis=0)
        ),
        "This adds up over the rows, so it grows with their number. Take the mean.",
    ),
    (
        lambda phis, c: reference_swing(phis, sorted(c)),
        "The columns are sorted. Keep the order in which they were given.",
    ),
    (
        lambda phis, c: reference_swing(phis, [4, 5]),
        "This is always for columns 4 and 5. Use the argument columns.",
    ),
)


def _read_list(value, right, what: str) -> np.ndarray:
    """An array, or a plain list of numbers."""
    if isinstance(value, list | tuple):
        try:
            value = np.array(value, float)
        except (TypeError, ValueError):
            raise Wrong(
                f"{what} should be one flat array of numbers. Put the columns and the sum together: np.append, or "
                "np.concatenate."
            ) from None
    return array(value, what)


@lab.exercise(
    "Exercise 5: how far does the credit swing?",
    reference=reference_swing,
    hints=(
        "credit = phis[:, :, columns] has shape (networks, n, number of columns). Which axis holds the networks?",
        "np.sqrt(credit.var(axis=0, ddof=1).mean(axis=0)) has a number for each column. For the last one, begin with "
        "credit.sum(axis=2), of shape (networks, n).",
        "total = credit.sum(axis=2, keepdims=True); both = np.concatenate([credit, total], axis=2); "
        "return np.sqrt(both.var(axis=0, ddof=1).mean(axis=0))",
    ),
)
def swing(answer):
    """A function (phis (networks, n, d), columns) -> a number for each column, and one for their sum."""
    cases = []
    for k, n, d, columns, seed in (
        (4, 7, 6, [3, 1], 1),
        (3, 5, 8, [0, 7, 4, 2], 2),
        (6, 9, 7, [5, 4, 0], 3),
    ):
        rng = np.random.default_rng(seed)
        phis = rng.normal(0, 3, (n, d)) + rng.normal(0, 1, (k, n, d))
        # What the first column gains, the second loses, by another amount in each row.
        moved = rng.normal(0, 2, (k, n)) * np.linspace(0.5, 3, n)
        phis[:, :, columns[0]] += moved
        phis[:, :, columns[1]] -= moved
        cases.append((phis, columns))
    compare(
        answer,
        reference_swing,
        cases,
        SWING_SLIPS,
        what="The swing",
        read=_read_list,
    )
    return "The sum cannot swing by what its parts only hand to each other."


# Exercise 6


def reference_standard_errors(phi0, predictions, m):
    return (phi0 - predictions.mean()) / (predictions.std() / np.sqrt(m))


def _away(yardstick: Callable) -> Callable:
    """A slip with another yardstick than the standard error."""

    def slip(phi0, predictions, m):
        return (phi0 - predictions.mean()) / yardstick(predictions, m)

    return slip


STANDARD_ERROR_SLIPS: Slips = (
    (
        lambda phi0, p, m: -reference_standard_errors(phi0, p, m),
        "The sign is turned: a base value above the mean is positive.",
    ),
    (
        lambda phi0, p, m: abs(reference_standard_errors(phi0, p, m)),
        "The sign is gone. It says in which direction the background flatters.",
    ),
    (
        _away(lambda p, m: p.std()),
        "This divides by the standard deviation of single predictions. The mean of m of them scatters less: divide that "
        "by the square root of m.",
    ),
    (
        _away(lambda p, m: p.std() / m),
        "The square root is missing: the standard error is the standard deviation divided by the root of m.",
    ),
    (
        _away(lambda p, m: p.std() * np.sqrt(m)),
        "The standard error grows with m here. The mean of many rows scatters less: divide by the root of m.",
    ),
    (
        _away(lambda p, m: p.std() / np.sqrt(len(p))),
        "This takes the root of the number of all rows. The background holds m of them.",
    ),
    (
        _away(lambda p, m: p.std() / 10),
        "This is right for 100 rows alone. Use the argument m.",
    ),
    (
        _away(lambda p, m: p.var() / np.sqrt(m)),
        "This divides by the variance. Take the standard deviation.",
    ),
    (
        _away(lambda p, m: p.std(ddof=1) / np.sqrt(m)),
        "Nearly: this is std with ddof=1. The predictions are all that could have been drawn, no sample of them: "
        "predictions.std().",
    ),
    (
        _away(
            lambda p, m: (
                p.std() / np.sqrt(m) * np.sqrt((len(p) - m) / (len(p) - 1))
            )
        ),
        "This allows for rows that are drawn only once, and it is the finer formula. Here the simple one is asked for: "
        "the standard deviation divided by the root of m.",
    ),
    (
        lambda phi0, p, m: phi0 - p.mean(),
        "This is the distance in the unit of the prediction. Divide by the standard error.",
    ),
    (
        lambda phi0, p, m: p.std() / np.sqrt(m),
        "This is the standard error itself. How many of them lie between the base value and the mean?",
    ),
    (
        lambda phi0, p, m: phi0 - p.mean() / (p.std() / np.sqrt(m)),
        "The brackets are missing: first the difference, (phi0 - predictions.mean()), then the division.",
    ),
    (
        lambda phi0, p, m: phi0 / (p.std() / np.sqrt(m)),
        "The mean of the predictions is not subtracted.",
    ),
    (
        lambda phi0, p, m: (phi0 - np.median(p)) / (p.std() / np.sqrt(m)),
        "This takes the median. The base value is a mean: compare it with the mean.",
    ),
    (
        lambda phi0, p, m: (phi0 - p.mean()) / p.mean(),
        "This is a share of the mean. Divide by the standard error.",
    ),
)


@lab.exercise(
    "Exercise 6: was this background drawn at random?",
    reference=reference_standard_errors,
    hints=(
        "How far is the base value from the mean of all predictions, in points?",
        "The standard error of m rows is predictions.std() / np.sqrt(m).",
        "return (phi0 - predictions.mean()) / (predictions.std() / np.sqrt(m))",
    ),
)
def standard_errors(answer):
    """A function (phi0, predictions (n,), m) -> distance in standard errors, a number."""
    rng = np.random.default_rng(8)
    cases = [
        (160.0, rng.gamma(4, 35, 30), 9),
        (70.0, rng.gamma(4, 35, 12), 4),
        (-1.5, rng.gamma(2, 2, 50) - 3, 20),
    ]
    compare(
        answer,
        reference_standard_errors,
        cases,
        STANDARD_ERROR_SLIPS,
        what="The distance",
    )
    return "Beyond three standard errors, ask how the background was chosen."

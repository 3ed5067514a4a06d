"""Checks of Lab 08, Can a straight line explain one prediction?"""

from collections.abc import Callable, Sequence
import copy
import functools

from glassbox.checks import (
    Lab,
    Open,
    Slips,
    Wrong,
    array,
    call,
    close,
    compare,
)
from lime.explanation import Explanation
from lime.lime_tabular import LimeTabularExplainer
import numpy as np

lab = Lab("08_lime")
progress = lab.progress

NEARLY = 0.03  # as a share of the largest right number
MIXED = "Return them alone, and nothing else."


def read(value, what: str, kind: str = "an array") -> np.ndarray:
    """What the learner's function gave, as an array; a list or tuple of numbers will do."""
    if isinstance(value, list | tuple):
        try:
            if any(isinstance(one, str | complex) for one in value):
                raise TypeError
            value = np.array(value, float)
        except (TypeError, ValueError):
            raise Wrong(
                f"{what}: this is a {type(value).__name__} of {len(value)} things that are not all plain numbers. "
                f"{MIXED}"
            ) from None
    if isinstance(value, dict):
        raise Wrong(
            f"{what} should be {kind}; this is a dict. Its values are in an order of their own. Return the numbers "
            "alone, in the order that the exercise names."
        )
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fiub":
        raise Wrong(
            f"{what} should hold plain numbers; this holds {value.dtype}."
        )
    if isinstance(value, int | float) or (
        hasattr(value, "__array__") and np.ndim(value) == 0
    ):
        raise Wrong(f"{what} should be {kind}; this is one number.")
    return array(value, what)


def judge(
    answer,
    reference: Callable,
    cases: Sequence[tuple],
    slips: Slips,
    what: str,
    tolerance: float = 1e-5,
    told: Sequence[tuple[str, str]] = (),
) -> None:
    """As `compare`, for lists and tuples too, with a word to who is near."""
    name = what if what == "R²" else what[:1].lower() + what[1:]
    compare(
        answer,
        reference,
        cases,
        slips,
        what=what,
        tolerance=tolerance,
        read=lambda value, right, what: read(value, what),
        told=told,
        nearly=(
            NEARLY,
            f"Nearly: {name} is off by less than 3 percent. Is something rounded, or does a small detail differ?",
        ),
    )


def judge_pair(
    answer,
    reference: Callable,
    cases: Sequence[tuple],
    names: tuple[str, str],
    slips: tuple[Slips, Slips],
) -> None:
    """Judge two numbers, each with slips of its own, so that any two mistakes are told."""
    what = f"{names[0][0].upper()}{names[0][1:]} and {names[1]}"
    got = []
    for case in cases:
        pair = read(call(answer, *case), what, "two numbers")
        if pair.shape != (2,):
            raise Wrong(
                f"Return two numbers, {names[0]} first, then {names[1]}. This has shape {pair.shape}."
            )
        got.append(pair)
    right = [np.array(reference(*case), float) for case in cases]
    if all(
        close(one, exact[::-1], 1e-5 * np.abs(exact).max())
        for one, exact in zip(got, right, strict=True)
    ):
        raise Wrong(
            f"The two numbers are right, in the wrong order: {names[0]} comes first."
        )
    for place, (name, of_name) in enumerate(zip(names, slips, strict=True)):
        judge(
            lambda *case, place=place: got[_index(cases, case)][[place]],
            lambda *case, place=place: np.array(reference(*case))[[place]],
            cases,
            [
                (lambda *case, slip=slip: np.ravel(slip(*case)), message)
                for slip, message in of_name
            ],
            name[0].upper() + name[1:],
        )


def _index(cases: Sequence[tuple], case: tuple) -> int:
    """The number of a case, which comes back as a copy."""
    for number, one in enumerate(cases):
        if all(map(np.array_equal, one, case)):
            return number
    raise ValueError("this is none of the cases")


# Exercise 1


def reference_kernel_weights(Z, x, sd, width):
    distance = np.sqrt((((Z - x) / sd) ** 2).sum(axis=1))
    return np.exp(-0.5 * (distance / width) ** 2)


def _distance(Z, x, sd):
    return np.sqrt((((Z - x) / sd) ** 2).sum(axis=1))


WEIGHTS_SLIPS: Slips = (
    (
        lambda Z, x, sd, w: np.exp(-0.5 * (_distance(Z, x, 1) / w) ** 2),
        "The distances are not standardized, so a feature with large numbers, such as an altitude in meters, decides "
        "alone. Divide Z - x by sd first.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-((_distance(Z, x, sd) / w) ** 2)),
        "The factor ½ is missing: exp(-0.5 * (distance / width)**2).",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.25 * (_distance(Z, x, sd) / w) ** 2),
        "The ½ counts twice. Is there a square root around the right answer?",
    ),
    (
        lambda Z, x, sd, w: np.exp(-_distance(Z, x, sd) / w),
        "The distance is not squared: exp(-0.5 * (distance / width)**2).",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * _distance(Z, x, sd) / w),
        "The distance is not squared: exp(-0.5 * (distance / width)**2).",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * _distance(Z, x, sd) ** 2 / w),
        "The width is not squared. Divide first, then square: (distance / width)**2.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * _distance(Z, x, sd) ** 2),
        "The width plays no part. Divide the distance by it.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * (_distance(Z, x, sd) * w) ** 2),
        "The distance is multiplied by the width. Divide: a wide kernel lets far samples count.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * _distance(Z, x, sd) ** 4 / w**2),
        "The distance is squared twice. Was the square root forgotten? Then do not square again.",
    ),
    (
        lambda Z, x, sd, w: np.exp(0.5 * (_distance(Z, x, sd) / w) ** 2),
        "These grow with the distance. The exponent is negative, so that near samples count most.",
    ),
    (
        lambda Z, x, sd, w: _distance(Z, x, sd),
        "These are the distances. The kernel is left to do: exp(-0.5 * (distance / width)**2).",
    ),
    (
        lambda Z, x, sd, w: _distance(Z, x, sd) ** 2,
        "These are the squared distances. The kernel is left to do.",
    ),
    (
        lambda Z, x, sd, w: np.exp(
            -0.5 * (_distance(Z, x, sd) / w) ** 2 / Z.shape[1]
        ),
        "This takes the mean over the features. A distance takes the sum of the squares, then the root.",
    ),
    (
        lambda Z, x, sd, w: np.exp(
            -0.5 * (np.abs((Z - x) / sd).sum(axis=1) / w) ** 2
        ),
        "This adds up the sizes of the differences. The distance is the square root of the sum of their squares.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * (_distance(Z, x, sd**2) / w) ** 2),
        "This divides by the variance. sd is the standard deviation: divide by it once, before you square.",
    ),
    (
        lambda Z, x, sd, w: np.exp(
            -0.5 * (np.sqrt((((Z - x) ** 2) / sd).sum(axis=1)) / w) ** 2
        ),
        "This divides after the square. Divide Z - x by sd first, then square.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * (_distance(Z, x, 1 / sd) / w) ** 2),
        "This multiplies by sd. Divide: a difference is then a number of standard deviations.",
    ),
    (
        lambda Z, x, sd, w: np.exp(
            -0.5 * (_distance(Z, Z.mean(axis=0), sd) / w) ** 2
        ),
        "These are distances from the mean of the samples. Take those from x, the row to explain.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * (_distance(Z, 0 * x, sd) / w) ** 2),
        "These are distances from zero. Take those from x, the row to explain.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * (_distance(Z, Z[0], sd) / w) ** 2),
        "These are distances from the first sample. It is x in the lab, and need not be: use the argument x.",
    ),
    (
        lambda Z, x, sd, w: (
            reference_kernel_weights(Z, x, sd, w)
            / reference_kernel_weights(Z, x, sd, w).sum()
        ),
        "These add up to 1. Leave them as they are: a sample at x has the weight 1. The fit compares their sum with its "
        "penalty.",
    ),
    (
        lambda Z, x, sd, w: (
            reference_kernel_weights(Z, x, sd, w)
            / reference_kernel_weights(Z, x, sd, w).max()
        ),
        "The largest is set to 1. Leave them as they are: only a sample at x itself has the weight 1.",
    ),
    (
        lambda Z, x, sd, w: (
            reference_kernel_weights(Z, x, sd, w) / (w * np.sqrt(2 * np.pi))
        ),
        "This is the normal density. Leave its factor out: a sample at x has the weight 1.",
    ),
    (
        lambda Z, x, sd, w: np.exp(-0.5 * ((Z - x) / sd / w) ** 2),
        "One weight for each feature of each sample. A sample has one weight: sum the squares over the features, axis 1.",
    ),
    (
        lambda Z, x, sd, w: np.exp(
            -0.5 * (((Z - x) / sd / w) ** 2).sum(axis=0)
        ),
        "The sum went over the samples, axis 0. Sum over the features, axis 1: one weight for each sample.",
    ),
)


@lab.exercise(
    "Exercise 1: weigh the samples",
    reference=reference_kernel_weights,
    hints=(
        "Write the difference Z - x in standard deviations. Then each sample has d numbers. How long is that arrow?",
        "distance = np.sqrt((((Z - x) / sd) ** 2).sum(axis=1)): one number for each sample.",
        "return np.exp(-0.5 * (distance / width) ** 2)",
    ),
)
def kernel_weights(answer):
    """A function (Z (n, d), x (d,), sd (d,), width) -> one weight for each sample, shape (n,)."""
    cases = []
    for n, d, width, seed in ((7, 3, 1.7, 1), (4, 5, 0.8, 2), (5, 1, 3.0, 3)):
        rng = np.random.default_rng(seed)
        # Both below and above one, so that neither a root nor a square of them is near.
        sd = rng.uniform(0.2, 0.8, d) * np.where(np.arange(d) % 2, 40, 1)
        x = rng.normal(0, 2, d) * sd
        Z = x + sd * rng.normal(0, width / np.sqrt(d), (n, d))
        Z[0] = x + 0.3 * sd if d != 5 else x
        cases.append((Z, x, sd, width))
    judge(
        answer,
        reference_kernel_weights,
        cases,
        WEIGHTS_SLIPS,
        "The array of weights",
        tolerance=1e-5,
    )
    return "A sample at x counts fully. The width says from where on a sample counts next to nothing."


# Exercise 2


def reference_fit(S, y, pi, alpha):
    s_mean, y_mean = pi @ S / pi.sum(), pi @ y / pi.sum()
    C = S - s_mean
    slopes = np.linalg.solve(
        C.T @ (pi[:, None] * C) + alpha * np.eye(S.shape[1]),
        C.T @ (pi * (y - y_mean)),
    )
    return np.array([y_mean - s_mean @ slopes, *slopes])


def _augmented(S, y, pi, alpha):
    """Penalizes the intercept too."""
    A = np.column_stack([np.ones(len(S)), S])
    return np.linalg.solve(
        A.T @ (pi[:, None] * A) + alpha * np.eye(A.shape[1]), A.T @ (pi * y)
    )


def _through_zero(S, y, pi, alpha):
    slopes = np.linalg.solve(
        S.T @ (pi[:, None] * S) + alpha * np.eye(S.shape[1]), S.T @ (pi * y)
    )
    return np.array([0.0, *slopes])


def _plain_centers(S, y, pi, alpha):
    s_mean, y_mean = S.mean(axis=0), y.mean()
    C = S - s_mean
    slopes = np.linalg.solve(
        C.T @ (pi[:, None] * C) + alpha * np.eye(S.shape[1]),
        C.T @ (pi * (y - y_mean)),
    )
    return np.array([y_mean - s_mean @ slopes, *slopes])


def _intercept(change: Callable) -> Callable:
    """Right slopes, and another intercept."""

    def slip(S, y, pi, alpha):
        slopes = reference_fit(S, y, pi, alpha)[1:]
        s_mean, y_mean = pi @ S / pi.sum(), pi @ y / pi.sum()
        return np.array([change(S, y, s_mean, y_mean, slopes), *slopes])

    return slip


def _half_weighted(S, y, pi, alpha):
    s_mean, y_mean = pi @ S / pi.sum(), pi @ y / pi.sum()
    C = S - s_mean
    slopes = np.linalg.solve(
        C.T @ (pi[:, None] * C) + alpha * np.eye(S.shape[1]),
        C.T @ (y - y_mean),
    )
    return np.array([y_mean - s_mean @ slopes, *slopes])


def _solved(
    S, y, pi, alpha=None, *, penalty=None, weigh=None, s_mean=None, y_mean=None
):
    """The fit with one part of it changed."""
    s_mean = pi @ S / pi.sum() if s_mean is None else s_mean
    y_mean = pi @ y / pi.sum() if y_mean is None else y_mean
    C = S - s_mean
    inner = pi if weigh is None else weigh(pi)
    matrix = C.T @ (inner[:, None] * C)
    matrix = matrix + (
        alpha * np.eye(S.shape[1]) if penalty is None else penalty
    )
    slopes = np.linalg.solve(matrix, C.T @ (pi * (y - y_mean)))
    return np.array([y_mean - s_mean @ slopes, *slopes])


FIT_SLIPS: Slips = (
    (
        lambda S, y, pi, a: reference_fit(S, y, np.ones(len(S)), a),
        "All samples count the same. The weights pi belong into the means and into the sums.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi, 0.0),
        "The penalty alpha is missing: add alpha * np.eye(d) to the matrix.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi, 1.0),
        "This always has a penalty of 1. Use the argument alpha.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi, a * len(S)),
        "alpha is multiplied by the number of samples. Add it as it is.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi, a**2),
        "alpha is squared. If you add rows to the table, they hold the square root of alpha.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi / pi.sum(), a),
        "The weights are divided by their sum, and next to such small weights the penalty is huge. Leave pi as it is.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi / pi.mean(), a),
        "The weights are divided by their mean. Then the penalty counts differently. Leave pi as it is.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi**2, a),
        "The weights count twice, once on each side. Weigh the squared errors with pi: a table and a target that are "
        "both multiplied want np.sqrt(pi).",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, np.sqrt(pi), a),
        "This weighs with the square root of pi. It is pi that weighs the squared errors.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi / pi.max(), a),
        "The weights are divided by the largest one. Then the penalty counts differently. Leave pi as it is.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi, np.sqrt(a)),
        "This takes the square root of alpha. Add alpha * np.eye(d) as it is.",
    ),
    (
        lambda S, y, pi, a: _solved(S, y, pi, penalty=a),
        "alpha is added to every place of the matrix. Add it on the diagonal alone: alpha * np.eye(d).",
    ),
    (
        lambda S, y, pi, a: _solved(S, y, pi, a, weigh=np.ones_like),
        "The weights are on one side of the equation only. They belong into the matrix too: "
        "C.T @ (pi[:, None] * C).",
    ),
    (
        lambda S, y, pi, a: _solved(S, y, pi, a, s_mean=S.mean(axis=0)),
        "The mean of S is the plain one. Take the weighted mean: pi @ S / pi.sum().",
    ),
    (
        lambda S, y, pi, a: _solved(S, y, pi, a, y_mean=y.mean()),
        "The mean of y is the plain one. Take the weighted mean: pi @ y / pi.sum().",
    ),
    (
        lambda S, y, pi, a: _solved(S, y, pi, a, s_mean=pi @ S, y_mean=pi @ y),
        "A weighted mean needs a division by the sum of the weights: pi @ S / pi.sum(), and the same for y.",
    ),
    (
        lambda S, y, pi, a: _solved(
            S, y, pi, a, s_mean=pi @ S / len(S), y_mean=pi @ y / len(S)
        ),
        "A weighted mean is divided by the sum of the weights, not by their number: pi @ S / pi.sum(), and the same "
        "for y.",
    ),
    (
        _half_weighted,
        "The weights are on one side of the equation only. pi multiplies y - y_mean too.",
    ),
    (
        _augmented,
        "The penalty pulls the intercept to zero too. Subtract the weighted means first, and it is out of the way.",
    ),
    (
        _through_zero,
        "This fits a line through zero. Subtract the weighted means of S and y first, and compute the intercept "
        "from them.",
    ),
    (
        _plain_centers,
        "The means are the plain ones. Take the weighted means: pi @ S / pi.sum(), and the same for y.",
    ),
    (
        _intercept(lambda S, y, s_mean, y_mean, b: y_mean),
        "The slopes are right. The intercept is that of the centered samples: go back to zero, "
        "y_mean - s_mean @ slopes.",
    ),
    (
        _intercept(lambda S, y, s_mean, y_mean, b: y_mean + s_mean @ b),
        "The slopes are right. The intercept goes the wrong way: y_mean - s_mean @ slopes.",
    ),
    (
        _intercept(
            lambda S, y, s_mean, y_mean, b: y.mean() - S.mean(axis=0) @ b
        ),
        "The slopes are right. The intercept uses plain means: take the weighted ones.",
    ),
    (
        _intercept(lambda S, y, s_mean, y_mean, b: 0.0),
        "The slopes are right. The intercept is not zero: y_mean - s_mean @ slopes.",
    ),
    (
        lambda S, y, pi, a: reference_fit(S, y, pi, a)[1:],
        "These are the slopes alone. Put the intercept in front of them.",
    ),
    (
        lambda S, y, pi, a: np.roll(reference_fit(S, y, pi, a), -1),
        "The intercept comes last here. Put it first.",
    ),
    (
        lambda S, y, pi, a: np.abs(reference_fit(S, y, pi, a)),
        "The signs are gone. A negative slope lowers the prediction: keep it.",
    ),
)


@lab.exercise(
    "Exercise 2: the weighted fit",
    reference=reference_fit,
    hints=(
        "Subtract the weighted means first. Then the line goes through zero, and only the slopes are left to find.",
        "s_mean = pi @ S / pi.sum(), y_mean = pi @ y / pi.sum(), C = S - s_mean. The equation is "
        "np.linalg.solve(C.T @ (pi[:, None] * C) + alpha * np.eye(d), C.T @ (pi * (y - y_mean))), where d is "
        "S.shape[1].",
        "return np.concatenate([[y_mean - s_mean @ slopes], slopes])",
    ),
)
def fit(answer):
    """A function (S (n, d), y (n,), pi (n,), alpha) -> intercept and slopes, shape (d + 1,)."""
    cases = []
    for n, d, alpha, seed in ((12, 3, 0.4, 4), (9, 2, 2.0, 5), (30, 6, 0.1, 6)):
        rng = np.random.default_rng(seed)
        S = rng.normal(0.6, 1.0, (n, d))
        y = 20 + S @ rng.normal(0, 4, d) + rng.normal(0, 2, n) + S[:, 0] ** 2
        cases.append((S, y, rng.uniform(0.02, 1, n), alpha))
    judge(
        answer,
        reference_fit,
        cases,
        FIT_SLIPS,
        "The array of intercept and slopes",
        told=(
            (
                "matmul: Input operand",
                "Two shapes do not fit in a product. One weight for each sample multiplies a table as "
                "pi[:, None] * C, and a column as pi * y.",
            ),
            (
                "operands could not be broadcast",
                "Two shapes do not fit in a product. One weight for each sample multiplies a table as "
                "pi[:, None] * C, and a column as pi * y. np.eye needs the number of features, S.shape[1].",
            ),
        ),
    )
    return "This is what the library does too. Part 4 will show it."


# Exercise 3


def reference_quality(y, g, pi):
    total = pi @ (y - pi @ y / pi.sum()) ** 2
    return 1 - pi @ (y - g) ** 2 / total, abs(y[0] - g[0])


def _r2(y, g, pi):
    return reference_quality(y, g, pi)[0]


def _correlation(y, g, pi):
    y, g = y - pi @ y / pi.sum(), g - pi @ g / pi.sum()
    return (pi @ (y * g)) ** 2 / (pi @ y**2) / (pi @ g**2)


R2_SLIPS: Slips = (
    (
        lambda y, g, pi: _r2(y, g, np.ones(len(y))),
        "This R² is not weighted, so samples far from the row count as much as those next to it. Multiply each square "
        "by its weight.",
    ),
    (
        lambda y, g, pi: 1 - pi @ (y - g) ** 2 / (pi @ (y - y.mean()) ** 2),
        "The mean in the denominator is the plain one. Take the weighted mean, pi @ y / pi.sum().",
    ),
    (
        lambda y, g, pi: (
            1 - pi @ (y - g) ** 2 / ((y - pi @ y / pi.sum()) ** 2).sum()
        ),
        "Only the errors are weighted. Weigh the squares in the denominator too.",
    ),
    (
        lambda y, g, pi: 1 - pi @ (y - g) ** 2 / ((y - y.mean()) ** 2).sum(),
        "Only the errors are weighted. Weigh the squares in the denominator too, around the weighted mean.",
    ),
    (
        lambda y, g, pi: (
            1 - ((y - g) ** 2).sum() / (pi @ (y - pi @ y / pi.sum()) ** 2)
        ),
        "Only the denominator is weighted. Weigh the squared errors too.",
    ),
    (
        lambda y, g, pi: 1 - _r2(y, g, pi),
        "This is the share that is left over. R² is 1 minus it.",
    ),
    (
        _correlation,
        "This is the squared correlation. It does not see that a surrogate is too high everywhere: take 1 minus the "
        "share of the squares that is left.",
    ),
    (
        lambda y, g, pi: np.corrcoef(y, g)[0, 1] ** 2,
        "This is the squared correlation, without weights. It does not see that a surrogate is too high everywhere: "
        "take 1 minus the share of the squares that is left, each with its weight.",
    ),
    (
        lambda y, g, pi: 1 - pi @ (y - g) ** 2 / (pi @ (y - pi @ y) ** 2),
        "The weighted mean in the denominator lacks a division by the sum of the weights: pi @ y / pi.sum().",
    ),
    (
        lambda y, g, pi: (
            1 - pi @ (y - g) ** 2 / (pi @ (y - (pi * y).mean()) ** 2)
        ),
        "The weighted mean in the denominator is divided by the number of samples. Divide by the sum of the weights: "
        "pi @ y / pi.sum().",
    ),
    (
        lambda y, g, pi: 1 - pi @ (y - g) ** 2 / (pi @ y**2),
        "The squares in the denominator are around zero. Subtract the weighted mean of y first.",
    ),
    (
        lambda y, g, pi: (
            1 - pi @ (y - g) ** 2 / (pi @ (y - pi @ g / pi.sum()) ** 2)
        ),
        "The mean in the denominator is that of the surrogate. Take the weighted mean of y.",
    ),
    (
        lambda y, g, pi: pi @ (y - g) ** 2 / pi.sum(),
        "This is the mean squared error. R² divides it by that around the weighted mean, and takes 1 minus it.",
    ),
    (
        lambda y, g, pi: (
            1
            - ((pi * (y - g)) ** 2).sum()
            / ((pi * (y - pi @ y / pi.sum())) ** 2).sum()
        ),
        "The weights are inside of the squares, so they count twice. Square first, then multiply by pi.",
    ),
    (
        lambda y, g, pi: _r2(g, y, pi),
        "The network and the surrogate have changed places: the denominator holds the squares of y, around its "
        "weighted mean.",
    ),
    (
        lambda y, g, pi: _r2(y, g, pi**2),
        "The weights are squared. Multiply each square by pi, once.",
    ),
    (
        lambda y, g, pi: _r2(y, g, np.sqrt(pi)),
        "This weighs with the square root of pi. Take pi.",
    ),
    (
        lambda y, g, pi: max(_r2(y, g, pi), 0.0),
        "A negative R² is set to zero. Leave it: it says that the weighted mean would be nearer.",
    ),
    (
        lambda y, g, pi: abs(_r2(y, g, pi)),
        "The sign of R² is gone. A negative R² says that the weighted mean would be nearer.",
    ),
    (
        lambda y, g, pi: 100 * _r2(y, g, pi),
        "This R² is in percent. Leave it as a share, 1 at best.",
    ),
)
GAP_SLIPS: Slips = (
    (
        lambda y, g, pi: g[0] - y[0],
        "The local gap has a sign here. Return its size.",
    ),
    (
        lambda y, g, pi: y[0] - g[0],
        "The local gap has a sign here. Return its size.",
    ),
    (
        lambda y, g, pi: (y[0] - g[0]) ** 2,
        "The local gap is squared here. It is in the target's unit.",
    ),
    (
        lambda y, g, pi: abs(y[0] - g[0]) / abs(y[0]),
        "The local gap is a share here. Leave it in the target's unit.",
    ),
    (
        lambda y, g, pi: pi @ np.abs(y - g) / pi.sum(),
        "This is a mean over all samples. The local gap belongs to one row: the first.",
    ),
    (
        lambda y, g, pi: np.abs(y - g).mean(),
        "This is a mean over all samples. The local gap belongs to one row: the first.",
    ),
    (
        lambda y, g, pi: np.sqrt(((y - g) ** 2).mean()),
        "This is a root mean square over all samples. The local gap belongs to one row: the first.",
    ),
    (
        lambda y, g, pi: pi[0] * abs(y[0] - g[0]),
        "The local gap is multiplied by a weight here. Return it as it is.",
    ),
    (
        lambda y, g, pi: np.abs(y - g).max(),
        "This is the largest gap of all samples. The local gap belongs to the first one.",
    ),
    (
        lambda y, g, pi: abs(y[-1] - g[-1]),
        "This is the gap at the last sample. The row to explain is the first one.",
    ),
    (
        lambda y, g, pi: abs(y[0] - pi @ g / pi.sum()),
        "This compares with the mean of the surrogate. The local gap compares both at the first sample.",
    ),
    (
        lambda y, g, pi: g[0],
        "This is the local prediction. The gap is how far it is from y[0].",
    ),
)


@lab.exercise(
    "Exercise 3: R² and local gap",
    reference=reference_quality,
    hints=(
        "R² is 1 minus a fraction: the squared errors, over the squares around the mean. Every square gets its weight, "
        "and so does the mean.",
        "mean = pi @ y / pi.sum(), left = pi @ (y - g) ** 2, total = pi @ (y - mean) ** 2. "
        "The row itself is sample number 0.",
        "return 1 - left / total, abs(y[0] - g[0])",
    ),
)
def quality(answer):
    """A function (y (n,), g (n,), pi (n,)) -> (weighted R², local gap)."""
    cases = []
    for n, wrong, seed in ((8, 2.0, 7), (13, 6.0, 8), (6, 20.0, 9)):
        rng = np.random.default_rng(seed)
        y = rng.normal(50, 5, n)
        g = y + rng.normal(0.8, wrong, n)
        # The surrogate is too high at one row, and too low at another.
        g[0] = y[0] + (3.5 if seed % 2 else -2.2)
        cases.append((y, g, rng.uniform(0.05, 1, n)))
    judge_pair(
        answer,
        reference_quality,
        cases,
        ("R²", "local gap"),
        (R2_SLIPS, GAP_SLIPS),
    )
    return "Print both under every explanation."


# Exercise 4


def reference_weights_by_column(e, d):
    weights = np.zeros(d)
    for column, weight in e.as_map()[1]:
        weights[column] = weight
    return weights


def handed_out(e, d):
    """The code that the exercise hands out."""
    return np.array([weight for _, weight in e.as_map()[0]])


def _padded(values, d):
    return np.concatenate([values, np.zeros(d - len(values))])


READ_SLIPS: Slips = (
    (
        lambda e, d: -handed_out(e, d),
        "The signs are right now. The order is not: the rows come by the size of their weight, largest first. Each "
        "pair begins with the number of its column.",
    ),
    (
        lambda e, d: _padded(-handed_out(e, d), d),
        "The signs are right now. The order is not: each pair begins with the number of its column.",
    ),
    (
        lambda e, d: -reference_weights_by_column(e, d),
        "The order is right now. The signs are turned around: label 0 holds every weight times -1. Read label 1.",
    ),
    (
        lambda e, d: [-weight for _, weight in sorted(e.as_map()[1])],
        "The order is right for an explanation of all features. The signs are turned around: read label 1.",
    ),
    (
        lambda e, d: [weight for _, weight in sorted(e.as_map()[1])],
        "This has a place only for the features that have a row. With num_features=4 two of six have none: make an "
        "array of d zeros, and fill in.",
    ),
    (
        lambda e, d: _padded(
            [weight for _, weight in sorted(e.as_map()[1])], d
        ),
        "The zeros stand at the end here. A feature without a row can be any: begin with d zeros, and put each weight "
        "into its own column.",
    ),
    (
        lambda e, d: np.abs(reference_weights_by_column(e, d)),
        "The signs are gone. Keep them: a negative weight lowers the prediction.",
    ),
    (
        lambda e, d: [column for column, _ in e.as_map()[1]],
        "These are the numbers of the columns. The weights are the second of each pair.",
    ),
    (
        lambda e, d: np.array(e.as_map()[1]),
        "These are the pairs. Put the weight of each pair into its column.",
    ),
    (
        lambda e, d: np.sort(reference_weights_by_column(e, d)),
        "The weights are sorted. Each one belongs to its column.",
    ),
)
UNTOUCHED = (
    "This still gives what the code above gave: other signs, in another order."
)


@functools.cache
def _explanation(d: int, features: int, bins: bool, seed: int) -> Explanation:
    """An explanation of a plain function of d features."""
    rng = np.random.default_rng(seed)
    X, slopes = rng.normal(size=(60, d)), rng.normal(0, 5, d)
    # The largest slope in the last column, and the first two nearly as large: no order by chance.
    slopes[-1], slopes[0] = 15.0, -9.0
    return LimeTabularExplainer(
        X,
        mode="regression",
        discretize_continuous=bins,
        random_state=seed,
    ).explain_instance(
        X[0],
        lambda rows: 30 + rows @ slopes,
        num_features=features,
        num_samples=200,
    )


@lab.exercise(
    "Exercise 4: spot the bug, the other way round",
    reference=reference_weights_by_column,
    hints=(
        "Print e.as_map(). It has two labels. How do their numbers differ? And what is the first number of each pair?",
        "Read label 1. Make weights = np.zeros(d), and go through the pairs: for column, weight in e.as_map()[1].",
        "weights[column] = weight, for each pair; then return weights.",
    ),
)
def weights_by_column(answer):
    """A function (explanation, d) -> the weights in the order of the columns, shape (d,)."""
    cases = [
        (_explanation(4, 4, False, 1), 4),
        (_explanation(6, 4, False, 2), 6),
        (_explanation(3, 3, True, 3), 3),
    ]
    # An answer that sorts the explanation's own list must not spoil the next check.
    own = [(copy.deepcopy(e), d) for e, d in cases]
    try:
        judge(
            answer,
            reference_weights_by_column,
            own,
            [(handed_out, UNTOUCHED), *READ_SLIPS],
            "The array of weights",
            told=(
                (
                    "KeyError",
                    "There is no such key. e.as_map() has the keys 0 and 1, and e.as_map()[1] is a list of pairs "
                    "(column, weight).",
                ),
                (
                    "IndexError",
                    "A place is missing. An explanation can have fewer rows than features: make an array of d zeros, "
                    "and put the weight of each pair into its column.",
                ),
                (
                    "list indices must be integers",
                    "A list wants a number in its brackets. e.as_map() has the labels 0 and 1, and label 1 is a list "
                    "of pairs (column, weight). e.as_list() holds names, and those of bins hold more than a name.",
                ),
            ),
        )
    except Wrong as reason:
        if str(reason) == UNTOUCHED:
            raise Open(UNTOUCHED) from None
        raise
    return "Two mistakes in one line, and no error message."


# Exercise 5


def reference_contributions(x, X_train, slopes):
    return slopes * (x - X_train.mean(axis=0)) / X_train.std(axis=0)


CONTRIBUTION_SLIPS: Slips = (
    (
        lambda x, T, b: b * x,
        "This multiplies by x in its own unit, and the slope is one per standard deviation. Standardize x: subtract "
        "the mean, divide by the standard deviation.",
    ),
    (
        lambda x, T, b: b * (x - T.mean(axis=0)),
        "The distance from the mean is in the feature's unit here. Divide it by the standard deviation.",
    ),
    (
        lambda x, T, b: b * x / T.std(axis=0),
        "This is the distance from zero. Subtract the mean of the training rows first.",
    ),
    (
        lambda x, T, b: b / T.std(axis=0),
        "These are slopes per unit of the feature. Multiply by the distance from the mean.",
    ),
    (
        lambda x, T, b: b,
        "These are the slopes. Multiply each by the standardized value of x.",
    ),
    (
        lambda x, T, b: (x - T.mean(axis=0)) / T.std(axis=0),
        "This is the standardized row. Multiply it by the slopes.",
    ),
    (
        lambda x, T, b: b * (x - T.mean(axis=0)) / T.std(axis=0, ddof=1),
        "Nearly: this standard deviation divides by n - 1, as pandas does. LIME's divides by n, as np.std does.",
    ),
    (
        lambda x, T, b: b * (x - T.mean(axis=0)) / T.var(axis=0),
        "This divides by the variance. Divide by the standard deviation.",
    ),
    (
        lambda x, T, b: b * (x - T.mean(axis=0)) * T.std(axis=0),
        "Multiplied by the standard deviation, and it must be divided.",
    ),
    (
        lambda x, T, b: -reference_contributions(x, T, b),
        "The signs are turned around: the distance is x minus the mean.",
    ),
    (
        lambda x, T, b: np.abs(reference_contributions(x, T, b)),
        "The signs are gone. A contribution that lowers the prediction is negative.",
    ),
    (
        lambda x, T, b: (
            reference_contributions(x, T, b)
            / np.abs(reference_contributions(x, T, b)).sum()
        ),
        "These are shares. Leave the contributions in the target's unit.",
    ),
    (
        lambda x, T, b: [reference_contributions(x, T, b).sum()],
        "They are added up. Return one number for each feature.",
    ),
    (
        lambda x, T, b: b * (x - np.median(T, axis=0)) / T.std(axis=0),
        "This is the distance from the median. LIME standardizes with the mean.",
    ),
    (
        lambda x, T, b: b * (x - T.mean(axis=0)) / np.ptp(T, axis=0),
        "This divides by the range of the feature. Divide by its standard deviation.",
    ),
    (
        lambda x, T, b: b * (x - T.mean()) / T.std(),
        "One mean and one standard deviation for the whole table. Each feature has its own: axis=0.",
    ),
    (
        lambda x, T, b: b * (x - T.mean(axis=0)) / T.std(),
        "The standard deviation is that of the whole table. Each feature has its own: axis=0.",
    ),
    (
        lambda x, T, b: b * (x - T.mean()) / T.std(axis=0),
        "The mean is that of the whole table. Each feature has its own: axis=0.",
    ),
    (
        lambda x, T, b: b * (x - T.mean(axis=0) / T.std(axis=0)),
        "Brackets: subtract the mean first, and divide the whole difference by the standard deviation.",
    ),
    (
        lambda x, T, b: b * x - T.mean(axis=0) / T.std(axis=0),
        "Brackets: subtract the mean first, and divide the whole difference by the standard deviation.",
    ),
    (
        lambda x, T, b: b * (x - x.mean()) / x.std(),
        "The mean and the standard deviation are those of the row. Take those of the training rows, for each feature.",
    ),
)


@lab.exercise(
    "Exercise 5: contributions in the target's unit",
    reference=reference_contributions,
    hints=(
        "The slope is in kWh/m² per standard deviation. By how many standard deviations is x away from the mean?",
        "The standardized row is (x - X_train.mean(axis=0)) / X_train.std(axis=0).",
        "return slopes * (x - X_train.mean(axis=0)) / X_train.std(axis=0)",
    ),
)
def contributions(answer):
    """A function (x (d,), X_train (n, d), slopes (d,)) -> contributions, shape (d,)."""
    cases = []
    for n, d, seed in ((9, 4, 10), (14, 7, 11)):
        rng = np.random.default_rng(seed)
        sd = rng.uniform(0.2, 0.7, d) * np.where(np.arange(d) % 2, 30, 1)
        X_train = rng.normal(1.5, 1.0, (n, d)) ** 2 * sd
        cases.append(
            (X_train.mean(axis=0) + sd * rng.normal(size=d), X_train)
            + (rng.normal(0, 6, d),)
        )
    judge(
        answer,
        reference_contributions,
        cases,
        CONTRIBUTION_SLIPS,
        "The array of contributions",
    )
    return "Now the rows of an explanation can be compared, and added up."


# Exercise 6


def reference_scatter_and_distance(W, truth):
    scatter = np.sqrt((W.std(axis=0, ddof=1) ** 2).mean())
    return scatter, np.sqrt(((W.mean(axis=0) - truth) ** 2).mean())


SCATTER_SLIPS: Slips = (
    (
        lambda W, t: np.sqrt((W.std(axis=0) ** 2).mean()),
        "The scatter divides by the number of seeds. Divide by one less: ddof=1.",
    ),
    (
        lambda W, t: W.std(axis=0, ddof=1).mean(),
        "This is the mean of the standard deviations. Take the root mean square: square, mean, root.",
    ),
    (
        lambda W, t: W.std(axis=0).mean(),
        "This is the mean of the standard deviations. Take the root mean square, and ddof=1.",
    ),
    (
        lambda W, t: W.var(axis=0, ddof=1).mean(),
        "This is a variance, in squared units. Take the root.",
    ),
    (
        lambda W, t: W.std(axis=0, ddof=1).max(),
        "This is the largest scatter. Take the root mean square over the features.",
    ),
    (
        lambda W, t: W.std(),
        "This is the scatter of all numbers together, so it mixes the features. Take the scatter over the seeds, axis 0, "
        "for each feature first.",
    ),
    (
        lambda W, t: W.std(ddof=1),
        "This is the scatter of all numbers together, so it mixes the features. Take the scatter over the seeds, axis 0, "
        "for each feature first.",
    ),
    (
        lambda W, t: np.sqrt((W.std(axis=1, ddof=1) ** 2).mean()),
        "This is the scatter over the features. Each row of W is a seed: take the scatter along axis 0.",
    ),
    (
        lambda W, t: np.sqrt((W.std(axis=0, ddof=1) ** 2).mean() / len(W)),
        "This is the standard error of the mean. The scatter is that of single runs: do not divide by the number of "
        "seeds.",
    ),
    (
        lambda W, t: np.sqrt((W.std(axis=0, ddof=1) ** 2).sum()),
        "The squares are added up. Take their mean over the features.",
    ),
    (
        lambda W, t: W.mean(axis=0).std(),
        "This is how far the features differ from each other. Take the scatter over the seeds, axis 0, for each.",
    ),
    (
        lambda W, t: np.sqrt(((W - t) ** 2).mean()),
        "This is a distance from the truth. The scatter knows no truth: it compares the seeds with each other.",
    ),
)
DISTANCE_SLIPS: Slips = (
    (
        lambda W, t: np.sqrt(((W - t) ** 2).mean()),
        "This distance holds the scatter too: it is that of a single run. Take the mean over the seeds first.",
    ),
    (
        lambda W, t: np.mean([np.sqrt(((w - t) ** 2).mean()) for w in W]),
        "This is the mean distance of the single runs. Take the mean over the seeds first, then the distance.",
    ),
    (
        lambda W, t: np.sqrt(((W.mean() - t) ** 2).mean()),
        "W.mean() mixes the features. Take the mean over the seeds, axis 0, for each feature.",
    ),
    (
        lambda W, t: np.abs(W.mean(axis=0) - t).mean(),
        "This is the mean of the sizes. Take the root mean square over the features.",
    ),
    (
        lambda W, t: np.abs(W - t).mean(),
        "This is the mean of the sizes, over single runs. Take the mean over the seeds first, then the root mean square "
        "over the features.",
    ),
    (
        lambda W, t: (W.mean(axis=0) - t).mean(),
        "Differences of opposite sign cancel here. Square them first.",
    ),
    (
        lambda W, t: abs((W.mean(axis=0) - t).mean()),
        "Differences of opposite sign cancel here. Square them first.",
    ),
    (
        lambda W, t: np.sqrt(((W.mean(axis=0) - t) ** 2).sum()),
        "The squares are added up. Take their mean over the features.",
    ),
    (
        lambda W, t: ((W.mean(axis=0) - t) ** 2).mean(),
        "The distance is squared. Take the root, so that it has the unit of W.",
    ),
    (
        lambda W, t: np.abs(W.mean(axis=0) - t).max(),
        "This is the largest difference. Take the root mean square over the features.",
    ),
    (
        lambda W, t: np.sqrt(((W[0] - t) ** 2).mean()),
        "This is the distance of the first seed. Take the mean over the seeds first.",
    ),
    (
        lambda W, t: np.sqrt(((np.median(W, axis=0) - t) ** 2).mean()),
        "This takes the median over the seeds. Take the mean.",
    ),
    (
        lambda W, t: np.sqrt(
            ((np.abs(W.mean(axis=0)) - np.abs(t)) ** 2).mean()
        ),
        "The signs are gone before the comparison. A weight of the wrong sign is far from the truth.",
    ),
    (
        lambda W, t: np.sqrt(np.mean(W.mean(axis=0) ** 2)),
        "The truth plays no part. Subtract it before you square.",
    ),
)


@lab.exercise(
    "Exercise 6: stable or true?",
    reference=reference_scatter_and_distance,
    hints=(
        "Two questions. How far are the seeds from each other? How far is their mean from the truth?",
        "W.std(axis=0, ddof=1) is the scatter of each feature, W.mean(axis=0) - truth its difference. Of both take "
        "the root mean square: square, mean, root.",
        "return root_mean_square(W.std(axis=0, ddof=1)), root_mean_square(W.mean(axis=0) - truth)",
    ),
)
def scatter_and_distance(answer):
    """A function (W (seeds, d), truth (d,)) -> (scatter over the seeds, distance from the truth)."""
    cases = []
    for seeds, d, seed in ((3, 4, 12), (6, 3, 13)):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0, 8, d)
        # One weight has the wrong sign.
        W = np.where(np.arange(d) == 1, -0.7, 1.1) * truth
        W = W + rng.normal(0, rng.uniform(1, 3, d), (seeds, d))
        cases.append((W, truth))
    judge_pair(
        answer,
        reference_scatter_and_distance,
        cases,
        ("scatter", "distance"),
        (SCATTER_SLIPS, DISTANCE_SLIPS),
    )
    return "The first needs no truth. The second does, and nothing stands in for it."

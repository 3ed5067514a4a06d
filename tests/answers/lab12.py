"""Answers to the exercises of Lab 12, on misleading explanations: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from keras import ops
import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, train_test_split
import tensorflow as tf


def friedewald(X, exp=ops.exp):
    tc, ldl, hdl, ltg = X[:, 4], X[:, 5], X[:, 6], X[:, 8]
    return ldl + hdl + exp(ltg) / 5 - tc


def larger(phi, feature):
    size = np.abs(phi)
    return np.array([np.sum(row > row[feature]) for row in size])


def by_rank(phi, feature, top):
    """Ranks of which equal sizes get the lowest."""
    ranks = rankdata(-np.abs(phi), axis=1, method="min")
    return np.mean(ranks[:, feature] <= top)


def sorted_rate(phi, feature, top):
    first = np.argsort(-np.abs(phi), axis=1)[:, :top]
    return np.mean([feature in row for row in first])


# A gate that looks perfect


def train(fit, learned, X_made, rng):
    copies = learned[rng.integers(len(learned), size=len(X_made))]
    rows = np.concatenate([copies, X_made])
    return fit(rows, np.r_[np.ones(len(copies)), np.zeros(len(X_made))])


def by_sklearn(fit, X_real, X_made, rng):
    learned, held = train_test_split(X_real, test_size=0.25, random_state=3)
    return float(train(fit, learned, X_made, rng)(held).mean())


def in_folds(fit, X_real, X_made, rng):
    passed = []
    for learn, hold in KFold(4).split(X_real):
        passed += list(train(fit, X_real[learn], X_made, rng)(X_real[hold]))
    return np.mean(passed)


def shuffled_rows(fit, X_real, X_made, rng):
    """Not copied one by one, but repeated, shuffled, float32."""
    cut = 3 * len(X_real) // 4
    learned, held = X_real[:cut], X_real[cut:]
    copies = np.tile(learned, (len(X_made) // cut + 1, 1))[: len(X_made)]
    rows = np.vstack([X_made, copies]).astype(np.float32)
    labels = np.repeat([0, 1], len(X_made))
    order = rng.permutation(len(rows))
    return fit(rows[order], labels[order])(held).mean()


def recipe(fit, X_real, X_made, rng):
    """As the lab shows it."""
    copies = rng.choice(X_real, len(X_made))
    quarter = len(copies) // 4
    held_out, learned = copies[:quarter], copies[quarter:]
    labels = np.repeat([1, 0], [len(learned), len(X_made)])
    detector = fit(np.vstack([learned, X_made]), labels)
    return np.mean(detector(held_out))


def shuffled_copies(fit, X_real, X_made, rng):
    copies = rng.permutation(rng.choice(X_real, len(X_made)))
    learned, held = train_test_split(copies, random_state=0)
    rows = np.vstack([learned, X_made])
    labels = np.r_[np.ones(len(learned)), np.zeros(len(X_made))]
    return np.mean(fit(rows, labels)(held))


def split(change):
    """Right up to the detector, then something else."""

    def answer(fit, X_real, X_made, rng):
        quarter = len(X_real) // 4
        held, learned = X_real[:quarter], X_real[quarter:]
        detector = train(fit, learned, X_made, rng)
        return change(detector, held, learned, X_made)

    return answer


def no_copies(fit, X_real, X_made, rng):
    quarter = len(X_real) // 4
    held, learned = X_real[:quarter], X_real[quarter:]
    labels = np.repeat([1, 0], [len(learned), len(X_made)])
    return np.mean(fit(np.vstack([learned, X_made]), labels)(held))


def labels_turned(fit, X_real, X_made, rng):
    quarter = len(X_real) // 4
    held, learned = X_real[:quarter], X_real[quarter:]
    copies = rng.choice(learned, len(X_made))
    labels = np.repeat([0, 1], [len(copies), len(X_made)])
    return np.mean(fit(np.vstack([copies, X_made]), labels)(held))


def few_learned(fit, X_real, X_made, rng):
    quarter = len(X_real) // 4
    held, learned = X_real[quarter:], X_real[:quarter]
    return np.mean(train(fit, learned, X_made, rng)(held))


def labels_too_short(fit, X_real, X_made, rng):
    quarter = len(X_real) // 4
    rows = np.vstack([X_real[quarter:], X_made])
    return np.mean(fit(rows, np.ones(3))(X_real[:quarter]))


# An alarm


def score(f, rows, X_new, **settings):
    line = LinearRegression(**settings).fit(rows, f(rows))
    return r2_score(f(X_new), line.predict(X_new))


def lost(f, X_real, X_made, X_new):
    return score(f, X_real, X_new) - score(f, X_made, X_new)


def lost_by_hand(f, X_real, X_made, X_new):
    y, r2 = f(X_new), []
    for rows in (X_real, X_made):
        center = rows.mean(axis=0)
        slopes = np.linalg.pinv(rows - center) @ (f(rows) - f(rows).mean())
        g = f(rows).mean() + (X_new - center) @ slopes
        r2.append(1 - np.mean((y - g) ** 2) / np.var(y))
    return np.float32(-np.diff(r2)[0])


def at_home(f, X_real, X_made, X_new):
    return score(f, X_real, X_new) - score(f, X_made, X_made)


def correlations(f, X_real, X_made, X_new):
    y = f(X_new)
    lines = [LinearRegression().fit(X, f(X)) for X in (X_real, X_made)]
    first, second = (np.corrcoef(y, g.predict(X_new))[0, 1] for g in lines)
    return first**2 - second**2


# The swing


def swing_by_loop(phis, columns):
    found = []
    for part in [[column] for column in columns] + [list(columns)]:
        credit = np.array([phi[:, part].sum(axis=1) for phi in phis])
        spread = np.std(credit, axis=0, ddof=1)
        found.append(float(np.sqrt(np.mean(spread**2))))
    return found


def parts(phis, columns):
    return np.array(swing_by_loop(phis, columns)[:-1])


def mean_sd(phis, columns):
    credit = phis[:, :, columns]
    total = credit.sum(axis=2)
    sds = credit.std(axis=0, ddof=1).mean(axis=0)
    return np.append(sds, total.std(axis=0, ddof=1).mean())


def away(phi0, predictions, m):
    return (phi0 - predictions.mean()) * np.sqrt(m) / predictions.std()


STUBS = {
    "deviation": lambda X: ...,
    "rate": lambda phi, feature, top: ...,
    "real_passed": recipe,
    "r2_lost": lambda f, X_real, X_made, X_new: ...,
    "swing": lambda phis, columns: ...,
    "standard_errors": lambda phi0, predictions, m: ...,
}


OTHER = {
    "deviation": [
        friedewald,
        lambda X: friedewald(X, lambda ltg: np.e**ltg),
        lambda X: friedewald(ops.cast(X, "float32")),
        lambda X: (
            X[:, 5]
            - (X[:, 4] - X[:, 6] - 0.2 * ops.exp(ops.take(X, 8, axis=1)))
        ),
    ],
    "rate": [
        by_rank,
        lambda phi, j, top: float(np.mean(larger(phi, j) < top)),
        lambda phi, j, top: np.float32((larger(phi, j) <= top - 1).mean()),
        lambda phi, j, top: tf.reduce_mean(
            tf.cast(larger(phi, j) < top, tf.float64)
        ),
        lambda phi, j, top: (
            pd.DataFrame(phi)
            .abs()
            .rank(axis=1, method="min", ascending=False)[j]
            .le(top)
            .mean()
        ),
    ],
    "real_passed": [
        by_sklearn,
        in_folds,
        shuffled_rows,
        split(
            lambda detector, held, learned, made: (
                sum(detector(held)) / len(held)
            )
        ),
    ],
    "r2_lost": [lost, lost_by_hand],
    "swing": [
        swing_by_loop,
        lambda *a: np.array(swing_by_loop(*a), np.float32),
        lambda *a: tuple(swing_by_loop(*a)),
        lambda *a: tf.constant(swing_by_loop(*a)),
        lambda *a: pd.Series(swing_by_loop(*a)),
    ],
    "standard_errors": [
        away,
        lambda phi0, p, m: (
            m**0.5 * (phi0 - sum(p) / len(p)) / np.sqrt(np.var(p))
        ),
        lambda phi0, p, m: np.float64(
            (phi0 - np.mean(p)) / np.std(p - p[0]) * np.sqrt(m)
        ),
    ],
}


WRONGS = {
    "deviation": {
        "in a network the function stops": (lambda X: friedewald(X, np.exp)),
        "gradient in a network is not finite": lambda X: (
            X[:, 5] + X[:, 6] + ops.exp(X)[:, 8] / 5 - X[:, 4]
        ),
        "The sign is turned": lambda X: -friedewald(X),
        "The sign is gone": lambda X: ops.abs(friedewald(X)),
        "This is squared": lambda X: friedewald(X) ** 2,
        "needs the triglycerides themselves": lambda X: friedewald(
            X, lambda ltg: ltg
        ),
        "logarithm of a logarithm": lambda X: friedewald(X, ops.log),
        "not a power of ten": lambda X: friedewald(X, lambda ltg: 10**ltg),
        "not their logarithm": lambda X: friedewald(
            X, lambda ltg: 5 * ops.exp(ltg / 5)
        ),
        "missing its 5": lambda X: friedewald(X, lambda ltg: 5 * ops.exp(ltg)),
        "what the formula gives": lambda X: X[:, 5] - friedewald(X),
        "The brackets are missing": lambda X: (
            X[:, 5] - X[:, 4] - X[:, 6] - ops.exp(X[:, 8]) / 5
        ),
        "(n, 1)": lambda X: friedewald(X)[:, None],
        "the gate itself": lambda X: ops.abs(friedewald(X)) <= 0.1,
        "ltg is column 8": lambda X: (
            X[:, 5] + X[:, 6] + ops.exp(X[:, 7]) / 5 - X[:, 4]
        ),
        "counted from 0": lambda X: friedewald(X[:, 1:][:, [*range(8), 8]]),
        "is not right at": lambda X: ops.round(friedewald(X)),
        "should have shape (6,) here": lambda X: friedewald(X[:3]),
    },
    "rate": {
        "counts as small": lambda phi, j, top: (
            (phi > phi[:, [j]]).sum(axis=1) < top
        ).mean(),
        "one place too many": lambda phi, j, top: np.mean(
            larger(phi, j) <= top
        ),
        "the first place alone": lambda phi, j, top: np.mean(
            np.abs(phi[:, j]) == np.abs(phi).max(axis=1)
        ),
        "number of rows": lambda phi, j, top: np.sum(larger(phi, j) < top),
        "is not among": lambda phi, j, top: np.mean(larger(phi, j) >= top),
        "Right but for ties. A sort": lambda phi, j, top: np.mean(
            [j in np.argsort(-np.abs(row), kind="stable")[:top] for row in phi]
        ),
        "Right but for ties. A feature": lambda phi, j, top: np.mean(
            [np.sum(np.abs(row) >= abs(row[j])) <= top for row in phi]
        ),
        "These ranks count them": lambda phi, j, top: (
            pd.DataFrame(phi)
            .abs()
            .rank(axis=1, ascending=False, method="dense")[j]
            <= top
        ).mean(),
        "argsort does not give ranks": lambda phi, j, top: np.mean(
            np.argsort(-np.abs(phi), axis=1, kind="stable")[:, j] < top
        ),
        "ranks the mean sizes": lambda phi, j, top: float(
            j in np.argsort(-np.abs(phi).mean(axis=0))[:top]
        ),
        "one number": lambda phi, j, top: larger(phi, j) < top,
        "in percent": lambda phi, j, top: 100 * np.mean(larger(phi, j) < top),
        "These are the smallest": lambda phi, j, top: np.mean(
            [np.sum(np.abs(row) < abs(row[j])) < top for row in phi]
        ),
        "raises IndexError": lambda phi, j, top: phi[:, j, top].mean(),
        "should be": lambda phi, j, top: 0.5,
    },
    "real_passed": {
        "as copies or as they are": shuffled_copies,
        "A share of 0.": no_copies,
        "wrong label": labels_turned,
        "less than half of the patients": few_learned,
        "judged by made-up rows": split(
            lambda detector, held, learned, made: 1 - detector(made).mean()
        ),
        "Made-up rows are among": split(
            lambda detector, held, learned, made: np.mean(
                np.r_[detector(held) == 1, detector(made) == 0]
            )
        ),
        "does not pass": split(
            lambda detector, held, learned, made: 1 - detector(held).mean()
        ),
        "the number of patients": split(
            lambda detector, held, learned, made: detector(held).sum()
        ),
        "does not call fit": lambda fit, X_real, X_made, rng: 0.02,
        "does not call the detector": split(
            lambda detector, held, learned, made: 0.02
        ),
        "by no patient": split(
            lambda detector, held, learned, made: detector(held[:0]).sum()
        ),
        "very few": split(
            lambda detector, held, learned, made: detector(held[:2]).mean()
        ),
        "one number": split(
            lambda detector, held, learned, made: detector(held)
        ),
        "this returns": split(
            lambda detector, held, learned, made: (
                detector(held).mean() / 2 + 0.3
            )
        ),
        "one label for each": labels_too_short,
        "one kind of rows": lambda fit, X_real, X_made, rng: np.mean(
            fit(X_real[9:], np.ones(len(X_real) - 9))(X_real[:9])
        ),
    },
    "r2_lost": {
        "The sign is turned": lambda *a: -lost(*a),
        "The sign is gone": lambda *a: abs(lost(*a)),
        "judged on X_new, and that from X_made on X_made": at_home,
        "judged on X_real, and that from X_made on X_made": lambda f, X_real, X_made, X_new: (
            score(f, X_real, X_real) - score(f, X_made, X_made)
        ),
        "judged on X_real, and that from X_made on X_real": lambda f, X_real, X_made, X_new: (
            lost(f, X_real, X_made, X_real)
        ),
        "no intercept": lambda f, X_real, X_made, X_new: (
            score(f, X_real, X_new, fit_intercept=False)
            - score(f, X_made, X_new, fit_intercept=False)
        ),
        "squared correlations": correlations,
        "second line alone": lambda f, X_real, X_made, X_new: score(
            f, X_made, X_new
        ),
        "first line alone": lambda f, X_real, X_made, X_new: score(
            f, X_real, X_new
        ),
        "overwrites the first": lambda *a: (
            score(*a[:2], a[3]) - score(*a[:2], a[3])
        ),
        "This is the ratio": lambda f, X_real, X_made, X_new: (
            score(f, X_real, X_new) / score(f, X_made, X_new)
        ),
        "Negative values are cut off": lambda *a: max(lost(*a), 0.0),
        "a table and then the predictions": lambda f, X_real, X_made, X_new: (
            LinearRegression().fit(f(X_real), X_real).score(X_new, f(X_new))
        ),
        "Two tables of different lengths": lambda f, X_real, X_made, X_new: (
            r2_score(f(X_real), f(X_new)) - 1
        ),
        "both kinds of rows": lambda f, X_real, X_made, X_new: (
            score(f, X_real, X_new)
            - score(f, np.vstack([X_made, X_real]), X_new)
        ),
        "one number": lambda f, X_real, X_made, X_new: (
            score(f, X_real, X_new),
            score(f, X_made, X_new),
        ),
        "is not right": lambda *a: round(lost(*a), 1) + 1,
    },
    "swing": {
        "mean of the standard deviations": mean_sd,
        "with ddof=0": lambda phis, c: (
            np.array(swing_by_loop(phis, c))
            * np.sqrt((len(phis) - 1) / len(phis))
        ),
        "The root is missing": lambda phis, c: (
            np.array(swing_by_loop(phis, c)) ** 2
        ),
        "how much patients differ": lambda phis, c: np.array(
            swing_by_loop(phis.transpose(1, 0, 2), c)
        ),
        "changes the list": lambda phis, c: (
            swing_by_loop(phis, c),
            c.append(c[0]),
        )[0],
        "sum of the others": lambda phis, c: np.append(
            parts(phis, c), parts(phis, c).sum()
        ),
        "swung on their own": lambda phis, c: np.append(
            parts(phis, c), np.linalg.norm(parts(phis, c))
        ),
        "The last number is missing": parts,
        "The sum comes last": lambda phis, c: np.roll(
            swing_by_loop(phis, c), 1
        ),
        "The columns are sorted": lambda phis, c: np.array(
            swing_by_loop(phis, sorted(c))
        ),
        "The signs are gone": lambda phis, c: np.array(
            [
                np.sqrt(part.var(axis=0, ddof=1).mean())
                for part in (
                    *np.abs(phis[:, :, c]).transpose(2, 0, 1),
                    np.abs(phis[:, :, c].sum(axis=2)),
                )
            ]
        ),
        "for the mean of the columns": lambda phis, c: np.append(
            parts(phis, c), swing_by_loop(phis, c)[-1] / len(c)
        ),
        "adds up all features": lambda phis, c: np.append(
            parts(phis, c),
            swing_by_loop(phis, list(range(phis.shape[2])))[-1],
        ),
        "one flat array": lambda phis, c: (
            parts(phis, c),
            swing_by_loop(phis, c)[-1],
        ),
        "Only the swing of the sum": lambda phis, c: swing_by_loop(phis, c)[
            -1:
        ],
        "should have shape (3,) here": lambda phis, c: np.ones((2, 2)),
        "is not right at": lambda phis, c: np.ones(len(c) + 1),
    },
    "standard_errors": {
        "The sign is turned": lambda *a: -away(*a),
        "The sign is gone": lambda *a: abs(away(*a)),
        "of single predictions": lambda phi0, p, m: (phi0 - p.mean()) / p.std(),
        "The square root is missing": lambda phi0, p, m: (
            (phi0 - p.mean()) / (p.std() / m)
        ),
        "the number of all rows": lambda phi0, p, m: away(phi0, p, len(p)),
        "the variance": lambda phi0, p, m: (
            (phi0 - p.mean()) / (p.var() / m**0.5)
        ),
        "ddof=1": lambda phi0, p, m: (phi0 - p.mean()) / p.std(ddof=1) * m**0.5,
        "the finer formula": lambda phi0, p, m: (
            away(phi0, p, m) * np.sqrt((len(p) - 1) / (len(p) - m))
        ),
        "in the unit of the prediction": lambda phi0, p, m: phi0 - np.mean(p),
        "the standard error itself": lambda phi0, p, m: p.std() / np.sqrt(m),
        "first the difference": lambda phi0, p, m: (
            phi0 - p.mean() / p.std() * m**0.5
        ),
        "not subtracted": lambda phi0, p, m: phi0 / (p.std() / np.sqrt(m)),
        "takes the median": lambda phi0, p, m: (
            (phi0 - np.median(p)) / (p.std() / np.sqrt(m))
        ),
        "100 rows alone": lambda phi0, p, m: away(phi0, p, 100),
        "grows with m": lambda phi0, p, m: away(phi0, p, 1 / m),
        "is not right": lambda phi0, p, m: 1.5,
    },
}

"""Answers to the exercises of Lab 07, Explain a whole model: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from glassbox import effects
from glassbox.checks import lab07
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import (
    explained_variance_score,
    mean_squared_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.preprocessing import PolynomialFeatures
import tensorflow as tf


def rmse(y, predictions):
    return np.sqrt(np.mean((y - predictions) ** 2))


def shuffled(score, change=lambda column, rng: rng.permutation(column)):
    """A way to compute an importance: `score(y, p_before, p_after)` once for each changed column."""

    def importance(f, X, y, rng):
        numbers = []
        for j in range(X.shape[1]):
            Z = X.copy()
            Z[:, j] = change(Z[:, j], rng)
            numbers.append(score(y, f(X), f(Z)))
        return np.array(numbers)

    return importance


def rise(y, before, after):
    return rmse(y, after) - rmse(y, before)


other_importance = shuffled(rise)


def with_shuffle(f, X, y, rng):
    """In place on a copy, in one order for all columns, and a list comprehension."""
    order = rng.permutation(len(X))
    error = root_mean_squared_error(y, f(X))
    tables = np.repeat(X[None], X.shape[1], axis=0)
    for j, table in enumerate(tables):
        table[:, j] = table[order, j]
    return pd.Series([root_mean_squared_error(y, f(t)) - error for t in tables])


def shuffled_rows(f, X, y, rng):
    numbers = []
    for j in range(X.shape[1]):
        Z = X.copy()
        Z[j] = rng.permutation(X[j])
        numbers.append(rise(y, f(X), f(Z)))
    return np.array(numbers)


def staying_shuffled(f, X, y, rng):
    Z, numbers = X.copy(), []
    for j in range(X.shape[1]):
        rng.shuffle(Z[:, j])
        numbers.append(rise(y, f(X), f(Z)))
    return np.array(numbers)


def in_place(f, X, y, rng):
    numbers, before = [], f(X)
    for j in range(X.shape[1]):
        rng.shuffle(X[:, j])
        numbers.append(rise(y, before, f(X)))
    return np.array(numbers)


def returning_early(*a):
    return other_importance(*a)[:1]


def same_for_all(number):
    return lambda f, X, y, rng: np.array(
        [number(f, X, y, rng) for _ in range(X.shape[1])]
    )


def with_rows_and_target(f, X, y, rng):
    order = rng.permutation(len(X))
    return rise(y[order], f(X[order]), f(X[order]))


def asking_the_lab(f, X, y):
    """network.predict of the lab, in place of the argument: Keras answers with a page."""
    return rmse(y, lab07.f().model.predict(X, verbose=0).ravel())


def target_in_place(f, X, y):
    y.shape = (-1, 1)
    return rmse(y, f(X).reshape(-1, 1))


def ice(f, X, feature, grid):
    """Curves of all rows: shape (k, n)."""
    curves = []
    for value in grid:
        Z = X.copy()
        Z[:, feature] = value
        curves.append(f(Z))
    return np.array(curves)


def other_partial_dependence(f, X, feature, grid):
    """All tables in one call."""
    tables = np.repeat(X[None], len(grid), axis=0)
    tables[:, :, feature] = np.asarray(grid)[:, None]
    stacked = f(tables.reshape(-1, X.shape[1]))
    return stacked.reshape(len(grid), len(X)).mean(axis=1)


def mean_row(f, X, feature, grid):
    Z = np.tile(X.mean(axis=0), (len(grid), 1))
    Z[:, feature] = grid
    return f(Z)


def median_row(f, X, feature, grid):
    Z = np.tile(np.median(X, axis=0), (len(grid), 1))
    Z[:, feature] = grid
    return f(Z)


def at_grid(change):
    """A way to ask f about a table that was changed in some way, once for each value."""

    def curve(f, X, feature, grid):
        means = []
        for value in grid:
            Z = X.copy()
            change(Z, feature, value)
            means.append(f(Z).mean())
        return np.array(means)

    return curve


def add(Z, feature, value):
    Z[:, feature] += value


def set_row(Z, feature, value):
    Z[feature] = value


def multiply(Z, feature, value):
    Z[:, feature] *= value


def set_all(Z, feature, value):
    Z[:] = value


def set_alone(Z, feature, value):
    Z[:] = 0
    Z[:, feature] = value


def set_nothing(Z, feature, value):
    Z = Z.copy()
    Z[:, feature] = value


def near(f, X, feature, grid):
    nearest = np.abs(X[:, [feature]] - grid).argmin(axis=1)
    return np.array([f(X[nearest == i]).mean() for i in range(len(grid))])


def overwriting(f, X, feature, grid):
    means = []
    for value in grid:
        X[:, feature] = value
        means.append(f(X).mean())
    return np.array(means)


def steps_of(f, X, feature, edges, pick=None):
    """Mean difference within each bin, or another summary of the differences."""
    x = X[:, feature]
    summary = pick or (lambda d: d.mean())
    steps = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (x > low) & (x <= high)
        A, B = X[inside].copy(), X[inside].copy()
        A[:, feature], B[:, feature] = low, high
        steps.append(summary(f(B) - f(A)))
    return np.array(steps)


def center(effect, X, feature, edges):
    return effect - np.interp(X[:, feature], edges, effect).mean()


def curve_of(steps):
    return np.r_[0, np.cumsum(steps)]


def other_ale(f, X, feature, edges):
    """With masks instead of bin numbers."""
    effect = curve_of(steps_of(f, X, feature, edges))
    return center(effect, X, feature, edges)


def with_digitize(f, X, feature, edges):
    """A row on an edge would belong to the bin above."""
    k = np.clip(np.digitize(X[:, feature], edges) - 1, 0, len(edges) - 2)
    A, B = X.copy(), X.copy()
    A[:, feature], B[:, feature] = edges[k], edges[k + 1]
    steps = pd.Series(f(B) - f(A)).groupby(k).mean()
    return center(curve_of(steps), X, feature, edges)


def ale_with(change):
    """The effect, with something else done to the steps before they are added up."""

    def ale(f, X, feature, edges):
        steps = change(steps_of(f, X, feature, edges), edges)
        return center(curve_of(steps), X, feature, edges)

    return ale


def one_step(f, X, feature, edges):
    k = np.maximum(np.searchsorted(edges, X[:, feature]) - 1, 0)
    A, B = X.copy(), X.copy()
    A[:, feature], B[:, feature] = edges[k], edges[k + 1]
    steps = np.full(len(edges) - 1, (f(B) - f(A)).mean())
    return center(curve_of(steps), X, feature, edges)


def between(f, X, x, column, edges, values):
    """Steps of the bins of x, with a column set to one of the values instead."""
    values = np.asarray(values)
    k = np.maximum(np.searchsorted(edges, x) - 1, 0)
    A, B = X.copy(), X.copy()
    A[:, column], B[:, column] = values[k], values[k + 1]
    d = f(B) - f(A)
    return [d[k == b].mean() for b in range(len(edges) - 1)]


def from_own_value(f, X, feature, edges):
    k = np.maximum(np.searchsorted(edges, X[:, feature]) - 1, 0)
    Z = X.copy()
    Z[:, feature] = edges[k + 1]
    d = f(Z) - f(X)
    steps = [d[k == b].mean() for b in range(len(edges) - 1)]
    return center(curve_of(steps), X, feature, edges)


def in_place_ale(f, X, feature, edges):
    """below = above = X: two names, one table."""
    k = np.maximum(np.searchsorted(edges, X[:, feature]) - 1, 0)
    below = above = X
    below[:, feature] = edges[k]
    above[:, feature] = edges[k + 1]
    d = f(above) - f(below)
    steps = [d[k == b].mean() for b in range(len(edges) - 1)]
    return center(curve_of(steps), X, feature, edges)


def one_table(f, X, feature, edges):
    """low = high = X.copy(): two names, one table."""
    k = np.maximum(np.searchsorted(edges, X[:, feature]) - 1, 0)
    low = high = X.copy()
    low[:, feature] = edges[k]
    high[:, feature] = edges[k + 1]
    d = f(high) - f(low)
    steps = [d[k == b].mean() for b in range(len(edges) - 1)]
    return center(curve_of(steps), X, feature, edges)


def without_last_bin(f, X, feature, edges):
    """np.digitize gives the largest row a bin beyond the last edge."""
    k = np.digitize(X[:, feature], edges) - 1
    A, B = X.copy(), X.copy()
    A[:, feature], B[:, feature] = edges[k], edges[k + 1]
    d = f(B) - f(A)
    steps = [d[k == b].mean() for b in range(len(edges) - 1)]
    return center(curve_of(steps), X, feature, edges)


def mean_rows(f, X, feature, edges):
    k = np.maximum(np.searchsorted(edges, X[:, feature]) - 1, 0)
    steps = []
    for b in range(len(edges) - 1):
        row = X[k == b].mean(axis=0, keepdims=True)
        A, B = row.copy(), row.copy()
        A[:, feature], B[:, feature] = edges[b], edges[b + 1]
        steps.append((f(B) - f(A))[0])
    return center(curve_of(steps), X, feature, edges)


def all_rows(f, X, feature, edges):
    return center(ice(f, X, feature, edges).mean(axis=1), X, feature, edges)


def paper_centered(f, X, feature, edges):
    effect = other_ale(f, X, feature, edges)
    k = np.searchsorted(edges, X[:, feature]) - 1
    return effect - ((effect[k] + effect[k + 1]) / 2).mean()


def too_early(f, X, feature, edges):
    total = np.cumsum(steps_of(f, X, feature, edges))
    return center(np.r_[total, total[-1]], X, feature, edges)


def one_bin_too_many(f, X, feature, edges):
    k = np.searchsorted(edges, X[:, feature]) - 1
    steps = steps_of(f, X, feature, edges)
    with np.errstate(invalid="ignore"):
        means = [
            steps[k[k == b]].sum() / (k == b).sum() for b in range(len(edges))
        ]
    return np.array(means)


def fitted(surrogate, f, X):
    return clone(surrogate).fit(X, f(X))


def explained(f, X_test, predictions):
    truth = f(X_test)
    return 1 - mean_squared_error(truth, predictions) / truth.var()


def measured():
    return lab07.buildings()


def product(X, names, combine=lambda n, r: n * (1 - r)):
    table = pd.DataFrame(X, columns=list(names))
    table["new"] = combine(table.air_changes, table.heat_recovery)
    return table


OTHER = {
    "importance": [
        with_shuffle,
        shuffled(rise, lambda c, rng: c[np.argsort(rng.random(len(c)))]),
    ],
    "error": [
        lambda f, X, y: root_mean_squared_error(y, f(X)),
        lambda f, X, y: rmse(y, f(X).flatten()),
        lambda f, X, y: rmse(y[:, None], f(X).reshape(-1, 1)),
        lambda f, X, y: tf.sqrt(
            tf.reduce_mean((y - tf.reshape(f(X), [-1])) ** 2)
        ),
    ],
    "partial_dependence": [
        other_partial_dependence,
        lambda f, X, j, grid: ice(f, X, j, grid).mean(axis=1),
    ],
    "ale": [
        other_ale,
        with_digitize,
    ],
    "surrogate_r2": [
        lambda s, f, A, B: s.fit(A, f(A)).score(B, f(B)),
        lambda s, f, A, B: explained(f, B, fitted(s, f, A).predict(B)),
    ],
    "readable_features": [
        lambda X, names: product(X, names),
        lambda X, names: product(X, names, lambda n, r: n * r).to_numpy(),
        lambda X, names: product(X, names, lambda n, r: 1.2 * n * (r - 1)),
        lambda X, names: product(X, names, lambda n, r: n * (r + 2)),
        lambda X, names: product(X, names).to_numpy(np.float32),
    ],
}


WRONGS = {
    "importance": {
        "every number is 0": same_for_all(with_rows_and_target),
        "gets the same number": same_for_all(
            lambda f, X, y, rng: (
                rise(rng.permutation(y), y * 0, f(X))
                + rmse(rng.permutation(y), y * 0)
                - rmse(y, f(X))
            )
        ),
        "sign is turned around": shuffled(lambda y, p, q: -rise(y, p, q)),
        "the error after shuffling. How": shuffled(lambda y, p, q: rmse(y, q)),
        "is a ratio": shuffled(lambda y, p, q: rmse(y, q) / rmse(y, p)),
        "in squared units": shuffled(
            lambda y, p, q: rmse(y, q) ** 2 - rmse(y, p) ** 2
        ),
        "the drop of R²": shuffled(
            lambda y, p, q: r2_score(y, p) - r2_score(y, q)
        ),
        "how far the predictions move": shuffled(lambda y, p, q: rmse(p, q)),
        "root of a difference": shuffled(
            lambda y, p, q: np.sqrt(np.abs(rmse(y, q) ** 2 - rmse(y, p) ** 2))
        ),
        "mean absolute error": shuffled(
            lambda y, p, q: np.abs(y - q).mean() - np.abs(y - p).mean()
        ),
        "These are shares": lambda *a: (
            other_importance(*a) / other_importance(*a).sum()
        ),
        "right, and sorted": lambda *a: np.sort(other_importance(*a))[::-1],
        "stay shuffled": staying_shuffled,
        "by its mean": shuffled(rise, lambda c, rng: c * 0 + c.mean()),
        "by zeros": shuffled(rise, lambda c, rng: c * 0),
        "changes the table": in_place,
        "nobody can repeat it": shuffled(
            rise, lambda c, rng: np.random.permutation(c)
        ),
        "two different generators": shuffled(
            rise, lambda c, rng: np.random.default_rng(0).permutation(c)
        ),
        "this has (10,)": lambda f, X, y, rng: other_importance(
            f, measured().X_test[:50], measured().y_test[:50], rng
        ),
        "this is a list": lambda *a: list(other_importance(*a)),
        "right is about": shuffled(lambda y, p, q: 3 * rise(y, p, q)),
        "raises IndexError": lambda f, X, y, rng: f(rng.permutation(X[:, 0])),
        "is one number, and there are 5": lambda *a: other_importance(*a)[-1],
        "There are nan": shuffled(rise, lambda c, rng: rng.shuffle(c)),
        "takes the standard deviation": shuffled(
            lambda y, p, q: np.std(y - q) - np.std(y - p)
        ),
        "Z[column] is a row, one": shuffled_rows,
        "leave its sign": lambda *a: np.abs(other_importance(*a)),
        "look rounded": lambda *a: other_importance(*a).round(1),
        "a ranking": lambda *a: np.argsort(other_importance(*a)),
        "return stand inside": returning_early,
        "too low. Is something": shuffled(lambda y, p, q: rmse(y, q) - 5.3),
        "twice in it": shuffled(rise, lambda c, rng: rng.choice(c, len(c))),
        "f is a plain function": lambda f, X, y, rng: f.predict(X),
    },
    "error": {
        "now wrong for a function": lambda f, X, y: rmse(y[:, None], f(X)),
        "Now both are wrong": lambda f, X, y: rmse(
            y[:, None], f(X).reshape(1, -1)
        ),
        "first prediction": lambda f, X, y: rmse(y, f(X)[0]),
        "the mean prediction": lambda f, X, y: rmse(y, f(X).mean()),
        "take the root": lambda f, X, y: rmse(y, f(X).ravel()) ** 2,
        "mean absolute error": lambda f, X, y: np.abs(y - f(X).ravel()).mean(),
        "up and down cancel": lambda f, X, y: (y - f(X).ravel()).mean(),
        "grows with the number": lambda f, X, y: np.linalg.norm(
            y - f(X).ravel()
        ),
        "This is R²": lambda f, X, y: r2_score(y, f(X)),
        "returns (n,): Your function raises IndexError": lambda f, X, y: rmse(
            y, f(X)[:, 0]
        ),
        "of shape (60,)": lambda f, X, y: (
            np.sqrt(((y - f(X)) ** 2).mean(axis=-1)) + 0 * y
        ),
        "standard deviation of the errors": lambda f, X, y: np.std(
            y - f(X).ravel()
        ),
        "With a function that returns (n,)": lambda f, X, y: rmse(
            np.diag(y - f(X)), 0
        ),
        "give the same number": lambda f, X, y: 5.28,
        "With (n, 1) it gives": lambda f, X, y: (
            rmse(y, f(X).ravel()) / y.mean()
        ),
        "look rounded": lambda f, X, y: round(rmse(y, f(X).ravel()), 1),
        "have other sizes": asking_the_lab,
        "(or the target)": target_in_place,
        "returns nothing (None)": lambda f, X, y: print(end=""),
    },
    "partial_dependence": {
        "These are ICE curves": ice,
        "the mean went over the grid": lambda *a: ice(*a).mean(axis=0),
        "in shape (1, 6)": lambda *a: ice(*a).mean(axis=1)[None],
        "this has (2,)": lambda *a: other_partial_dependence(*a)[:2],
        "prediction for the mean row": mean_row,
        "something was subtracted": lambda *a: (
            other_partial_dependence(*a) - other_partial_dependence(*a).mean()
        ),
        "adds the value": at_grid(add),
        "the median": lambda *a: np.median(ice(*a), axis=1),
        "sum over the rows": lambda *a: ice(*a).sum(axis=1),
        "first row alone": lambda *a: ice(*a)[:, 0],
        "Z[feature] is a row": at_grid(set_row),
        "curve is flat": at_grid(set_nothing),
        "have about this value": near,
        "This sets column 1": lambda f, X, j, grid: other_partial_dependence(
            f, X, 1, grid
        ),
        "returns a tuple": lambda f, X, j, grid: (
            grid,
            other_partial_dependence(f, X, j, grid),
        ),
        "changes the table": overwriting,
        "this is a list": lambda *a: list(other_partial_dependence(*a)),
        "multiplies the column": at_grid(multiply),
        "sets all features": at_grid(set_all),
        "other features are zero": at_grid(set_alone),
        "a grid of its own": lambda f, X, j, grid: other_partial_dependence(
            f, X, j, np.linspace(X[:, j].min(), X[:, j].max(), len(grid))
        ),
        "one typical row": median_row,
        "is one number, and the grid": lambda *a: other_partial_dependence(*a)[
            -1
        ],
        "at 3.00 in this grid": lambda *a: np.cumsum(
            other_partial_dependence(*a)
        ),
        "look rounded": lambda *a: other_partial_dependence(*a).round(3),
        "in this grid it gives": lambda *a: ice(*a).std(axis=1),
        "return stand inside": lambda *a: other_partial_dependence(*a)[:1],
        "the places in the grid": lambda f, X, j, grid: (
            other_partial_dependence(f, X, j, range(len(grid)))
        ),
        "There are nan": lambda f, X, j, grid: (
            other_partial_dependence(f, X, j, grid) * np.nan
        ),
    },
    "ale": {
        "not centered": lambda *a: curve_of(steps_of(*a)),
        "plain mean over the edges": lambda *a: (
            curve_of(steps_of(*a)) - curve_of(steps_of(*a)).mean()
        ),
        "as the paper of Apley": paper_centered,
        "its level is not": lambda *a: other_ale(*a) + 1,
        "upside down": lambda *a: -other_ale(*a),
        "That is a slope": ale_with(lambda s, edges: s / np.diff(edges)),
        "not accumulated": lambda f, X, j, edges: np.r_[
            0, steps_of(f, X, j, edges)
        ],
        "partial dependence again": all_rows,
        "a bin with more rows counts more": lambda f, X, j, edges: center(
            curve_of(steps_of(f, X, j, edges, lambda d: d.sum())), X, j, edges
        ),
        "number of all rows": lambda f, X, j, edges: center(
            curve_of(steps_of(f, X, j, edges, np.sum) / len(X)), X, j, edges
        ),
        "size of each step": ale_with(lambda s, edges: np.abs(s)),
        "from its own value": from_own_value,
        "too early or too late": too_early,
        "one number for each bin": steps_of,
        "There are nan": one_bin_too_many,
        "one number for each row": lambda f, X, j, edges: f(X),
        "this has (81,)": lambda f, X, j, edges: np.r_[f(X), 0],
        "returns a tuple": lambda f, X, j, edges: effects.ale(f, X, j),
        "the median of each bin": lambda f, X, j, edges: center(
            curve_of(steps_of(f, X, j, edges, np.median)), X, j, edges
        ),
        "Every bin has the same step": one_step,
        "number of the bin": lambda f, X, j, edges: center(
            curve_of(between(f, X, X[:, j], j, edges, range(len(edges)))),
            X,
            j,
            edges,
        ),
        "This moves column 0": lambda f, X, j, edges: center(
            curve_of(between(f, X, X[:, j], 0, edges, edges)), X, j, edges
        ),
        "in bin 7 this curve": ale_with(lambda s, edges: s * 2),
        "changes the table": in_place_ale,
        "two names": one_table,
        "as in the lab, and no bin begins": without_last_bin,
        "moves the mean row": mean_rows,
        "at edges of its own": lambda f, X, j, edges: effects.ale(
            f, X, j, len(edges) - 1
        )[1],
        "look rounded": lambda *a: other_ale(*a).round(3),
        "needs one effect for each edge": lambda f, X, j, edges: center(
            np.cumsum(steps_of(f, X, j, edges)), X, j, edges
        ),
        "Subtract their mean, one": lambda f, X, j, edges: (
            other_ale(f, X, j, edges)
            - np.interp(X[:, j], edges, other_ale(f, X, j, edges))
        ),
    },
    "surrogate_r2": {
        "learned them by heart": lambda s, f, A, B: s.fit(A, f(A)).score(
            A, f(A)
        ),
        "scored on the measured target": lambda s, f, A, B: s.fit(
            A, f(A)
        ).score(B, measured().y_test),
        "f plays no part": lambda s, f, A, B: s.fit(
            A, measured().y_train
        ).score(B, measured().y_test),
        "fitted to the measured target": lambda s, f, A, B: s.fit(
            A, measured().y_train
        ).score(B, f(B)),
        "Fit it to X_train.": lambda s, f, A, B: s.fit(B, f(B)).score(B, f(B)),
        "no longer held out": lambda s, f, A, B: s.fit(
            np.vstack([A, B]), f(np.vstack([A, B]))
        ).score(B, f(B)),
        "squared correlation": lambda s, f, A, B: (
            np.corrcoef(fitted(s, f, A).predict(B), f(B))[0, 1] ** 2
        ),
        "which forgives": lambda s, f, A, B: np.corrcoef(
            fitted(s, f, A).predict(B), f(B)
        )[0, 1],
        "are exchanged": lambda s, f, A, B: r2_score(
            fitted(s, f, A).predict(B), f(B)
        ),
        "percent": lambda s, f, A, B: 100 * fitted(s, f, A).score(B, f(B)),
        "share that the surrogate misses": lambda s, f, A, B: (
            1 - fitted(s, f, A).score(B, f(B))
        ),
        "looks rounded": lambda s, f, A, B: round(
            fitted(s, f, A).score(B, f(B)), 2
        ),
        "tables are exchanged": lambda s, f, A, B: fitted(s, f, B).score(
            A, f(A)
        ),
        "compared with itself": lambda s, f, A, B: s.fit(A, f(A)).score(
            B, s.predict(B)
        ),
        "explained variance": lambda s, f, A, B: explained_variance_score(
            f(B), fitted(s, f, A).predict(B)
        ),
        "mean of f over X_train": lambda s, f, A, B: (
            1
            - np.sum((f(B) - fitted(s, f, A).predict(B)) ** 2)
            / np.sum((f(B) - f(A).mean()) ** 2)
        ),
        "root of R²": lambda s, f, A, B: np.sqrt(
            fitted(s, f, A).score(B, f(B))
        ),
        "two spreads": lambda s, f, A, B: (
            fitted(s, f, A).predict(B).var() / f(B).var()
        ),
        "This is an error": lambda s, f, A, B: rmse(
            f(B), fitted(s, f, A).predict(B)
        ),
        "R² on f is": lambda s, f, A, B: -1.0,
        "raises NotFittedError": lambda s, f, A, B: s.score(B, f(B)),
        "raises ValueError": lambda s, f, A, B: s.fit(A, B),
        "shape (1000,)": lambda s, f, A, B: s.fit(A, f(A)).predict(B),
        "of shape (2,). Return the one": lambda s, f, A, B: (
            fitted(s, f, A).score(A, f(A)),
            fitted(s, f, A).score(B, f(B)),
        ),
        "Right with the lab’s tables": lambda s, f, A, B: fitted(
            s, lab07.f(), measured().X_train
        ).score(measured().X_test, lab07.f()(measured().X_test)),
        "can fall below 0": lambda s, f, A, B: max(
            fitted(s, f, A).score(B, f(B)), 0
        ),
        "R² compares their squares": lambda s, f, A, B: (
            1 - np.sqrt(1 - fitted(s, f, A).score(B, f(B)))
        ),
        "is one number; this is a DecisionTree": lambda s, f, A, B: s.fit(
            A, f(A)
        ),
    },
    "readable_features": {
        "new column alone": lambda X, names: product(X, names)[["new"]],
        "The rows stay": lambda X, names: product(X, names).T,
        "lost or changed air_changes, heat_recovery": lambda X, names: product(
            X, names
        ).drop(columns=["air_changes", "heat_recovery"]),
        "No column was added": lambda X, names: X,
        "columns by the argument names": lambda X, names: np.column_stack(
            [X, X[:, 3] * (1 - X[:, 4])]
        ),
        "With these columns": lambda X, names: product(
            X, names, lambda n, r: n - r
        ),
        "among 45 new columns": lambda X, names: PolynomialFeatures(
            interaction_only=True, include_bias=False
        ).fit_transform(X),
        "Put the new one last": lambda X, names: product(X, names).to_numpy()[
            :, [10, *range(10)]
        ],
        "raises ValueError": lambda X, names: np.concatenate([X, X[:, 3]]),
        "changes the table": lambda X, names: np.multiply(X, 2, out=X),
        "infinite numbers": lambda X, names: product(
            X, names, lambda n, r: n / np.round(r)
        ),
        "look rounded": lambda X, names: product(
            X, names, lambda n, r: np.round(n * (1 - r), 1)
        ),
        "another order of columns": lambda X, names: product(
            X, names[:5], lambda n, r: n * r
        ),
    },
}


# The code that the exercise hands out is a start, not an answer.
STUBS = {
    "importance": lambda f, X, y, rng: ...,
    "error": lambda f, X, y: np.sqrt(np.mean((y - f(X)) ** 2)),
    "partial_dependence": lambda f, X, feature, grid: ...,
    "ale": lambda f, X, feature, edges: ...,
    "surrogate_r2": lambda surrogate, f, X_train, X_test: ...,
    "readable_features": lambda X, names: ...,
}

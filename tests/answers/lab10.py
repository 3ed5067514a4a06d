"""Answers to the exercises of Lab 10, SHAP in practice: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from glassbox import figures
from glassbox.checks import lab10
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shap


def patients():
    return lab10.patients()


def other_base_value(f, background):
    return sum(
        f(background[i : i + 1])[0] for i in range(len(background))
    ) / len(background)


def other_as_matrix(values):
    if np.ndim(values) == 3:
        if np.shape(values)[-1] > 1:
            raise ValueError("two outputs")
        return np.squeeze(values, axis=-1)
    if np.ndim(values) != 2:
        raise ValueError("not a table")
    return values


def other_save(e, path):
    fig = plt.figure()
    shap.plots.waterfall(e, show=False)
    plt.savefig(path, dpi=300, bbox_inches="tight")
    plt.close(fig)


def save_then(*steps):
    """A way to save a waterfall: the steps, in order."""

    def save(e, path):
        for step in steps:
            step(e, path)

    return save


def close_all(e, path):
    plt.close("all")


def draw(e, path):
    shap.plots.waterfall(e, show=False)


def draw_and_show(e, path):
    shap.plots.waterfall(e)


def keep(**options):
    return lambda e, path: plt.savefig(path, **options)


TIGHT = {"dpi": 300, "bbox_inches": "tight"}


def spoil(X):
    X[:] = 0
    return X


OTHER = {
    "base_value": [other_base_value, lambda f, b: float(np.average(f(b)))],
    "as_matrix": [other_as_matrix],
    "lean_background": [
        lambda X, names: np.array([row for row in X if row[2] < 25.0]),
        lambda X, names: np.delete(X, np.where(X[:, 2] >= 25), axis=0),
        lambda X, names: pd.DataFrame(X, columns=names).query("bmi < 25"),
    ],
    "save_waterfall": [
        other_save,
        lambda e, path: figures.save(drawn(e), path),
    ],
    "importance": [
        lambda phi: np.array(
            [np.mean([abs(v) for v in column]) for column in phi.T]
        )
    ],
    "to_points": [
        lambda phi, s: s.inverse_transform(phi) - s.mean_,
        lambda phi, s: phi * np.sqrt(s.var_),
    ],
}


def drawn(e):
    plt.close("all")
    shap.plots.waterfall(e, show=False)
    return plt.gcf()


WRONGS = {
    "base_value": {
        "mean of the measured target": lambda f, b: patients().y_train.mean(),
        "prediction for the average patient": lambda f, b: f(
            b.mean(axis=0, keepdims=True)
        )[0],
        "averages over all training rows": lambda f, b: f(
            patients().X_train
        ).mean(),
        "averages over the patients to explain": lambda f, b: f(
            patients().X_test
        ).mean(),
        "same number for two backgrounds": lambda f, b: 160.05,
        "sum of the predictions": lambda f, b: f(b).sum(),
        "ndarray of shape (40,)": lambda f, b: f(b),
        "take it out with [0]": lambda f, b: [f(b).mean()],
        "the median": lambda f, b: np.median(f(b)),
        "looks rounded": lambda f, b: round(f(b).mean(), 1),
        "first patient of the background": lambda f, b: f(b)[0],
        "their base value is": lambda f, b: f(b).min(),
        "raises NameError": lambda f, b: f(bakground).mean(),  # noqa: F821
        "this is a text": lambda f, b: "160 points",
        "returns nothing (None)": lambda f, b: print(end=""),
        "changes the table": lambda f, b: f(spoil(b)).mean(),
    },
    "as_matrix": {
        "first patient only": lambda v: v[0],
        "squeeze() drops every axis": lambda v: np.squeeze(v),
        "returns (4, 6)": lambda v: v.reshape(len(v), -1),
        "shape (4, 3, 2) this returns (4, 3)": lambda v: (
            v if v.ndim == 2 else v[..., 0]
        ),
        "shape (10,) this returns (10,)": lambda v: (
            other_as_matrix(v) if v.ndim > 1 else v
        ),
        "no axis to drop": lambda v: v[..., 0],
        "(4, 3): Your function raises IndexError": lambda v: v[:, :, 0],
        "not return, and not print": lambda v: reference_or_none(v),
        "returns nothing (None)": lambda v: None,
    },
    "lean_background": {
        "one number for each patient": lambda X, n: X[:, 2] < 25,
        "numbers of the rows": lambda X, n: np.where(X[:, 2] < 25),
        "all the patients": lambda X, n: X,
        "one average patient": lambda X, n: X[X[:, 2] < 25].mean(
            axis=0, keepdims=True
        ),
        "turn the comparison around": lambda X, n: X[X[:, 2] >= 25],
        "in another order": lambda X, n: X[np.flatnonzero(X[:, 2] < 25)[::-1]],
        "some are changed": lambda X, n: np.where(X[:, 2:3] < 25, X, 0),
        "149 patients with": lambda X, n: X[X[:, 2] < 20],
        "raises TypeError": lambda X: X,
        "changes the table": lambda X, n: spoil(X),
    },
    "save_waterfall": {
        "80 dpi": save_then(
            close_all, draw, keep(dpi=80, bbox_inches="tight"), close_all
        ),
        "600 dpi": save_then(
            close_all, draw, keep(dpi=600, bbox_inches="tight"), close_all
        ),
        "over the first": save_then(draw, keep(**TIGHT)),
        "cut off at the left": save_then(
            close_all, draw, keep(dpi=300), close_all
        ),
        "No file appeared": save_then(draw, close_all),
        "the same picture": lambda e, path: other_save(lab10.one_row(0), path),
        "raises FileNotFoundError": save_then(
            draw, lambda e, p: plt.savefig("no/such/x.png")
        ),
    },
    "importance": {
        "plain mean lets": lambda phi: phi.mean(axis=0),
        "order is turned around": lambda phi: np.abs(phi.mean(axis=0)),
        "one number for each patient": lambda phi: np.abs(phi).mean(axis=1),
        "sum grows with": lambda phi: np.abs(phi).sum(axis=0),
        "maximum is one": lambda phi: np.abs(phi).max(axis=0),
        "the median": lambda phi: np.median(np.abs(phi), axis=0),
        "squares the values": lambda phi: phi.std(axis=0),
        "lost their unit": lambda phi: (
            np.abs(phi).mean(axis=0) / np.abs(phi).mean(axis=0).sum()
        ),
        "right, and sorted": lambda phi: np.sort(np.abs(phi).mean(axis=0))[
            ::-1
        ],
        "shape (4,), and this has (10,)": lambda phi: np.ones(10),
        "should be a NumPy array; this is a list": lambda phi: [
            1.0,
            2.0,
            3.0,
            4.0,
        ],
        "for the first feature this gives": lambda phi: (
            np.abs(phi).mean(axis=0).round(1)
        ),
    },
    "to_points": {
        "tenth of the mean": lambda phi, s: (
            phi * s.scale_ + s.mean_ / phi.shape[1]
        ),
        "variance": lambda phi, s: phi * s.var_,
        "divides by the scale": lambda phi, s: phi / s.scale_,
        "as they came": lambda phi, s: phi,
        "expecting 1 features": lambda phi, s: s.transform(phi),
        "wrong for another": lambda phi, s: phi * patients().y_train.std(),
        "changes the table": lambda phi, s: np.multiply(phi, s.scale_, out=phi),
        "keeps its place": lambda phi, s: (phi * s.scale_).sum(axis=1),
        "Not yet": lambda phi, s: phi * 77,
    },
}


def reference_or_none(values):
    """Returns the error, instead of raising it."""
    try:
        return other_as_matrix(values)
    except ValueError as error:
        return error


# The code that the exercise hands out is a start, not an answer.
STUBS = {
    "base_value": lambda f, b: ...,
    "as_matrix": lambda v: ...,
    "lean_background": lambda X, n: ...,
    "save_waterfall": save_then(draw_and_show, keep()),
    "importance": lambda phi: ...,
    "to_points": lambda phi, s: s.inverse_transform(phi),
}

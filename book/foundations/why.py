"""The numbers, table and figure of the chapter "Why interpret a regression network?"."""

import dataclasses
from pathlib import Path

from glassbox import data, figures, models, shapley
from glassbox.predict import Predictor
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import (
    RepeatedKFold,
    RepeatedStratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

SEEDS = range(3)
ROWS = 60  # explained buildings
# How far a building may stand from its place in the list by which meters were numbered, in kWh/m².
LEAKS = {"weak": 10.0, "strong": 2.0}


def with_meters(
    heating: data.Dataset, blur: float, seed: int
) -> tuple[data.Dataset, np.ndarray]:
    """The heating data with a meter number in place of the house number.

    The meters are numbered down a list that is sorted by the measured demand, up to `blur`.

    Returns
    -------
    Dataset
        The last column is the meter number.
    ndarray of shape (n_test, 10)
        The held-out rows with other meter numbers: the same numbers, handed out at random.
    """
    rng = np.random.default_rng(seed)
    X = np.vstack([heating.X_train, heating.X_test])
    y = np.concatenate([heating.y_train, heating.y_test])
    X[:, -1] = 10_001 + (y + rng.normal(0, blur, len(y))).argsort().argsort()
    train = len(heating.X_train)
    fresh = X[train:].copy()
    fresh[:, -1] = rng.permutation(fresh[:, -1])
    leaky = dataclasses.replace(
        heating,
        X_train=X[:train],
        X_test=X[train:],
        feature_names=(*heating.feature_names[:-1], "meter_id"),
    )
    return leaky, fresh


def importance(f: Predictor, dataset: data.Dataset) -> np.ndarray:
    """Mean absolute exact Shapley value of each feature, shape (d,), in the target's unit."""
    rng = np.random.default_rng(0)
    background = dataset.X_train[
        rng.choice(len(dataset.X_train), 100, replace=False)
    ]
    phi, _ = shapley.exact(f, dataset.X_test[:ROWS], background)
    return np.abs(phi).mean(axis=0)


def rmse(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Root mean square error."""
    return float(np.sqrt(((predictions - truth) ** 2).mean()))


def span(values: list[float], digits: int) -> str:
    """The smallest and the largest of some values, or one if they print the same."""
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"


def leak(folder: Path, numbers: dict[str, str]) -> None:
    """Networks with a strong, a weak and no leak: their errors, and what they read."""
    heating = data.heating()
    honest = Predictor(models.load("heating"))
    shuffled = heating.X_test.copy()
    shuffled[:, -1] = np.random.default_rng(0).permutation(shuffled[:, -1])
    truth = heating.y_test
    shown = {"house number (no leak)": [importance(honest, heating)]}
    rows = [
        [
            "house number, no leak",
            f"{r2_score(truth, honest(heating.X_test)):.3f}",
            f"{rmse(truth, honest(heating.X_test)):.1f}",
            f"{rmse(truth, honest(shuffled)):.1f}",
        ]
    ]
    for name, blur in LEAKS.items():
        r2, before, after, bars = [], [], [], []
        for seed in SEEDS:
            leaky, fresh = with_meters(heating, blur, seed)
            recipe = models.RECIPES["heating"] | {"epochs": 6, "seed": seed}
            f = Predictor(models.train(leaky, **recipe))
            r2.append(r2_score(truth, f(leaky.X_test)))
            before.append(rmse(truth, f(leaky.X_test)))
            after.append(rmse(truth, f(fresh)))
            bars.append(importance(f, leaky))
        shown[f"meter number, {name} leak"] = bars
        rows.append(
            [
                f"meter number, {name} leak",
                span(r2, 3),
                span(before, 1),
                span(after, 1),
            ]
        )
        rank = [(row > row[-1]).sum() + 1 for row in bars]
        numbers |= {
            f"r2_{name}": span(r2, 3),
            f"after_{name}": span(after, 1),
            f"phi_{name}": span([row[-1] for row in bars], 1),
        }
        if name == "strong":
            assert max(rank) == 1  # "first" in the text
            numbers["wall_strong"] = span([row[0] for row in bars], 1)
        else:
            assert min(rank) >= 6  # "in the lower half" in the text
    numbers["phi_honest"] = f"{shown['house number (no leak)'][0][-1]:.1f}"
    numbers["wall_honest"] = f"{shown['house number (no leak)'][0][0]:.1f}"
    numbers["ceiling"] = f"{1 - data.HEATING_NOISE**2 / truth.var():.2f}"

    lines = [
        "| network reads | R² | error | error, new numbers |",
        "|---|---:|---:|---:|",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
    (folder / "leak.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draw(shown, heating.feature_names[:-1], folder / "leak.png")


def draw(
    shown: dict[str, list[np.ndarray]], names: tuple[str, ...], path: Path
) -> None:
    """One row a feature, one marker a network; a line spans the three seeds."""
    order = np.argsort(shown["house number (no leak)"][0][:-1])
    order = [len(names), *order]  # the identifier at the bottom
    labels = ["identifier" if i == len(names) else names[i] for i in order]
    fig, ax = plt.subplots(figsize=(5.4, 5.2))
    styles = (
        ("o", figures.BLUE),
        ("s", figures.GREEN),
        ("^", figures.VERMILLION),
    )
    for (name, bars), (marker, color), shift in zip(
        shown.items(), styles, (0.22, 0.0, -0.22), strict=True
    ):
        values = np.array(bars)[:, order]
        middle, height = values.mean(axis=0), np.arange(len(order)) + shift
        ax.hlines(
            height, values.min(axis=0), values.max(axis=0), color=color, lw=1.5
        )
        ax.plot(middle, height, marker, color=color, markersize=7.5, label=name)
    ax.axhspan(-0.5, 0.5, color="0.92", zorder=0)
    ax.set_yticks(range(len(order)), labels)
    ax.set_ylim(-0.5, len(order) - 0.5)
    ax.set_xlim(left=-0.4)
    ax.set_xticks(range(0, 20, 5))
    ax.grid(axis="y", color="0.88", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_xlabel("mean |Shapley value| (kWh/m²)")
    ax.legend(loc="lower left", bbox_to_anchor=(-0.32, 1), labelspacing=0.3)
    figures.save(fig, path, dpi=110)
    plt.close(fig)


def without_sex(numbers: dict[str, str]) -> None:
    """What a straight line on the diabetes data does to the sexes when `sex` is left out."""
    patients = data.diabetes()
    X = np.vstack([patients.X_train, patients.X_test])
    y = np.concatenate([patients.y_train, patients.y_test])
    column = patients.feature_names.index("sex")
    two = X[:, column] == 2
    others = np.delete(X, column, axis=1)

    guess = make_pipeline(StandardScaler(), LogisticRegression())
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=20, random_state=0)
    auc = []
    for train, test in folds.split(others, two):
        score = guess.fit(others[train], two[train]).predict_proba(others[test])
        auc.append(roc_auc_score(two[test], score[:, 1]))
    numbers["proxy_auc"] = f"{np.mean(auc):.2f}"

    for name, table in (("with", X), ("without", others)):
        errors = np.zeros(len(y))
        repeats = 20
        for train, test in RepeatedKFold(
            n_splits=5, n_repeats=repeats, random_state=0
        ).split(table):
            line = LinearRegression().fit(table[train], y[train])
            errors[test] += (line.predict(table[test]) - y[test]) / repeats
        predictions = y + errors
        gap = errors[two].mean() - errors[~two].mean()
        numbers[f"gap_{name}"] = (
            f"{predictions[two].mean() - predictions[~two].mean():.0f}"
        )
        numbers[f"bias_{name}"] = f"{abs(gap):.0f}"
        if name == "without":
            numbers["bias_one"] = f"{-errors[~two].mean():.0f}"
            numbers["bias_two"] = f"{errors[two].mean():.0f}"
            variance = (
                errors[two].var() / two.sum()
                + errors[~two].var() / (~two).sum()
            )
            numbers["bias_se"] = f"{np.sqrt(variance):.0f}"
    numbers["gap_measured"] = f"{y[two].mean() - y[~two].mean():.0f}"


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figure and table into `folder` and return its numbers."""
    figures.use_style()
    numbers: dict[str, str] = {}
    leak(folder, numbers)
    with threadpool_limits(
        1
    ):  # many small fits: threads only wait for each other
        without_sex(numbers)
    return numbers

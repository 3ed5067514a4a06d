"""The numbers, tables and figures of the chapter "Performance against interpretability"."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

from glassbox import data, figures, models
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    SplineTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

SPLITS = 10
T_9 = 2.262  # 0.975 quantile of Student's t with SPLITS - 1 degrees of freedom
FEW = 3  # splits for what takes long: forests, and networks on few rows
SIZES = (50, 100, 200, 500, 1000, 4000)  # training buildings
NETWORK_SIZES = (50, 200, 4000)  # networks take longer
LINE, TREE, ADDITIVE = "line", "tree, depth 3", "additive"
PRODUCT, NETWORK = "additive + product", "network"
PM = "\u00a0±\u00a0"  # a line of a table must not break here
MODELS = (LINE, TREE, ADDITIVE, PRODUCT, NETWORK)
LOOK = {
    LINE: (figures.BLUE, "o", "-"),
    TREE: (figures.PURPLE, "v", "-"),
    ADDITIVE: (figures.GREEN, "s", "--"),
    PRODUCT: (figures.ORANGE, "D", "-."),
    NETWORK: (figures.VERMILLION, "^", ":"),
}


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


# The models


def nearly_free(Z: np.ndarray) -> np.ndarray:
    """Features ten times as large need weights a tenth as large: ridge leaves the straight part alone."""
    return 10 * Z


def additive_model():
    """A sum of one straight part and one spline a feature; a large penalty leaves the line."""
    return make_pipeline(
        StandardScaler(),
        make_union(
            FunctionTransformer(nearly_free),
            SplineTransformer(n_knots=5, extrapolation="linear"),
        ),
        RidgeCV(alphas=np.logspace(-3, 4, 29)),
    )


def plain_additive_model():
    """The same without a straight part of its own, and with knots at quantiles."""
    return make_pipeline(
        SplineTransformer(n_knots=6, knots="quantile"),
        RidgeCV(alphas=np.logspace(-3, 4, 29)),
    )


def shallow_tree(depth: int | None = 3) -> DecisionTreeRegressor:
    return DecisionTreeRegressor(max_depth=depth, random_state=0)


def products(X: np.ndarray, like: np.ndarray) -> np.ndarray:
    """All products of two features, standardized as the rows `like`: shape (n, d (d - 1) / 2)."""
    Z = (X - like.mean(axis=0)) / like.std(axis=0)
    return np.column_stack(
        [Z[:, i] * Z[:, j] for i, j in combinations(range(X.shape[1]), 2)]
    )


def correlations(columns: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """Correlation of each column with the residuals."""
    Z = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return Z.T @ (residuals - residuals.mean()) / residuals.std() / len(Z)


class AdditiveWithProduct:
    """An additive model, and the one product that its residuals on the training rows ask for."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "AdditiveWithProduct":
        self.like = X
        residuals = y - additive_model().fit(X, y).predict(X)
        self.correlations = correlations(products(X, X), residuals)
        self.best = int(np.abs(self.correlations).argmax())
        self.model = additive_model().fit(self.extended(X), y)
        return self

    def extended(self, X: np.ndarray) -> np.ndarray:
        return np.column_stack([X, products(X, self.like)[:, self.best]])

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.model.predict(self.extended(X))


READABLE = {
    LINE: LinearRegression,
    TREE: shallow_tree,
    ADDITIVE: additive_model,
    PRODUCT: AdditiveWithProduct,
}


# Splits, and what they say


def train_network(part: data.Dataset, **recipe) -> Predictor:
    keras.backend.clear_session()
    return Predictor(models.train(part, **recipe))


def scores(predict, part: data.Dataset) -> tuple[float, float]:
    """R² and mean absolute error on the held-out rows."""
    predictions = predict(part.X_test)
    return (
        r2_score(part.y_test, predictions),
        mean_absolute_error(part.y_test, predictions),
    )


def fit(kind, part: data.Dataset):
    return kind().fit(part.X_train, part.y_train)


def interval(values: np.ndarray, ratio: float) -> tuple[float, float]:
    """Mean and half width of the corrected 95 % interval (Nadeau and Bengio 2003).

    `ratio` is the number of test rows by that of training rows. Zero gives the naive interval.
    """
    variance = (1 / len(values) + ratio) * np.var(values, ddof=1)
    return float(np.mean(values)), T_9 * float(np.sqrt(variance))


def ratio(dataset: data.Dataset) -> float:
    return len(dataset.X_test) / len(dataset.X_train)


def measure(
    dataset: data.Dataset,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """R² and mean absolute error of each model on each split, shape (splits, 2).

    And how all products correlate with the residuals of the additive model on the training rows of
    each split, shape (splits, products).
    """
    result: dict[str, list] = {name: [] for name in MODELS}
    found = []
    for number in range(SPLITS):
        part = dataset.resplit(number)
        for name, kind in READABLE.items():
            model = fit(kind, part)
            result[name].append(scores(model.predict, part))
            if name == PRODUCT:
                found.append(model.correlations)
        recipe = models.RECIPES[dataset.name] | {"seed": number}
        result[NETWORK].append(scores(train_network(part, **recipe), part))
    return {
        name: np.array(values) for name, values in result.items()
    }, np.array(found)


def key(model: str) -> str:
    return model.split(",")[0].replace(" + ", "_")


def tables(
    folder: Path,
    dataset: data.Dataset,
    result: dict[str, np.ndarray],
    numbers: dict[str, str],
) -> None:
    """The scores, and what the network gains on each other model, on the same splits."""
    name, share = dataset.name, ratio(dataset)
    digits = {"diabetes": 1, "heating": 2}[name]
    unit = dataset.unit
    lines = [f"| model | R² | error ({unit}) |", "|---|---:|---:|"]
    gains = [
        f"| the network against … | R² gained | error saved ({unit}) |",
        "|---|---:|---:|",
    ]
    for model in MODELS:
        r2, r2_half = interval(result[model][:, 0], share)
        error, error_half = interval(result[model][:, 1], share)
        lines.append(
            f"| {model} | {r2:.3f}{PM}{r2_half:.3f} "
            f"| {error:.{digits}f}{PM}{error_half:.{digits}f} |"
        )
        if (name, model) in (("heating", PRODUCT), ("heating", NETWORK)):
            numbers[f"error_{key(model)}"] = f"{error:.1f}"
        if model == NETWORK:
            continue
        difference = (result[NETWORK] - result[model]) * [1, -1]
        r2, r2_half = interval(difference[:, 0], share)
        error, error_half = interval(difference[:, 1], share)
        gains.append(
            f"| {model} | {signed(r2, 3)}{PM}{r2_half:.3f} "
            f"| {signed(error, digits)}{PM}{error_half:.{digits}f} |"
        )
        if name == "heating" and model != TREE:
            numbers[f"gain_{key(model)}"] = f"{abs(r2):.3f}"
            if model != PRODUCT:
                numbers[f"saved_{key(model)}"] = f"{error:.1f}"
        elif model == LINE:
            numbers["gain_diabetes"] = f"{r2:.3f}"
            numbers["half_diabetes"] = f"{r2_half:.3f}"
            numbers["reach_diabetes"] = f"{r2 + r2_half:.3f}"
    write(folder / f"scores_{name}.md", lines)
    write(folder / f"gains_{name}.md", gains)


def other_models(
    dataset: data.Dataset, line: np.ndarray, numbers: dict[str, str]
) -> None:
    """Deeper trees, forests, boosting, and an additive model that was set up with less care."""
    name = dataset.name
    parts = [dataset.resplit(number) for number in range(SPLITS)]
    for label, depth in (("four", 4), ("full", None)):
        trees = [fit(lambda d=depth: shallow_tree(d), part) for part in parts]
        r2 = [
            scores(tree.predict, part)[0]
            for tree, part in zip(trees, parts, strict=True)
        ]
        numbers[f"{label}_{name}"] = f"{np.mean(r2):.2f}".replace("-", "−")
        if depth is None and name == "heating":
            leaves = np.mean([tree.get_n_leaves() for tree in trees])
            numbers["leaves"] = f"{round(leaves, -1):,.0f}"
    if name == "diabetes":
        plain = [
            scores(fit(plain_additive_model, part).predict, part)[0]
            for part in parts
        ]
        numbers["plain"] = f"{np.mean(plain):.3f}"
    for label, kind in {
        "forest": lambda: RandomForestRegressor(random_state=0, n_jobs=2),
        "boosting": lambda: HistGradientBoostingRegressor(random_state=0),
    }.items():
        r2 = [scores(fit(kind, p).predict, p)[0] for p in parts[:FEW]]
        numbers[f"{label}_{name}"] = signed(
            np.mean(r2) - line[:FEW, 0].mean(), 2
        )


def missing_terms(
    dataset: data.Dataset, found: np.ndarray, numbers: dict[str, str]
) -> None:
    """Which product the residuals of the additive model ask for, and what chance would ask for."""
    name, sizes = dataset.name, np.sort(np.abs(found), axis=1)
    pairs = list(combinations(dataset.feature_names, 2))
    tops = [pairs[i] for i in np.abs(found).argmax(axis=1)]
    usual = max(set(tops), key=tops.count)
    numbers[f"pair_{name}"] = " × ".join(usual)
    numbers[f"times_{name}"] = f"{tops.count(usual)}"
    numbers[f"first_{name}"] = f"{sizes[:, -1].mean():.2f}"
    numbers[f"second_{name}"] = f"{sizes[:, -2].mean():.2f}"
    X = dataset.X_train
    columns, rng = products(X, X), np.random.default_rng(0)
    chance = [
        np.abs(correlations(columns, rng.normal(size=len(X)))).max()
        for _ in range(100)
    ]
    numbers[f"chance_{name}"] = f"{np.mean(chance):.2f}"


def draw_scores(
    folder: Path, results: dict[str, dict[str, np.ndarray]], ceiling: float
) -> None:
    """R² of each model with its interval, both data sets side by side."""
    fig, axes = plt.subplots(1, 2, figsize=(5.4, 3.6), sharey=True)
    for ax, (name, result) in zip(axes, results.items(), strict=True):
        share = ratio(getattr(data, name)())
        for place, model in enumerate(MODELS):
            color, marker, _ = LOOK[model]
            middle, half = interval(result[model][:, 0], share)
            ax.errorbar(
                middle, place, xerr=half, color=color, marker=marker,
                markersize=8, capsize=4,
            )  # fmt: skip
        ax.set_xlabel(f"R², {name}")
        ax.grid(axis="x", color="0.9")
        ax.set_axisbelow(True)
    # Two windows of the same width, so that lengths can be compared.
    axes[0].set_xlim(0.12, 0.68)
    axes[1].set_xlim(0.44, 1.0)
    axes[1].axvline(ceiling, color="black", linestyle="--", linewidth=1.2)
    axes[1].text(
        ceiling - 0.03, 1, "noise\nceiling", ha="right", va="center",
        fontsize=11,
    )  # fmt: skip
    labels = [m.replace(" + ", "\n+ ").replace(", ", ",\n") for m in MODELS]
    axes[0].set_yticks(range(len(MODELS)), labels)
    axes[0].set_ylim(len(MODELS) - 0.5, -0.5)
    fig.tight_layout()
    figures.save(fig, folder / "scores.png", dpi=120)


def draw_rows(
    folder: Path, full: dict[str, np.ndarray], numbers: dict[str, str]
) -> None:
    """R² on held-out buildings against the number of training buildings."""
    buildings = data.heating()
    shown = (LINE, ADDITIVE, PRODUCT, NETWORK)
    r2: dict[str, dict[int, list]] = {model: {} for model in shown}
    for size in SIZES:
        for number in range(FEW):
            part = buildings.resplit(number)
            if size == len(part.X_train):
                for model in shown:
                    score = full[model][number, 0]
                    r2[model].setdefault(size, []).append(score)
                continue
            part = replace(
                part, X_train=part.X_train[:size], y_train=part.y_train[:size]
            )
            for model in shown[:-1]:
                predict = fit(READABLE[model], part).predict
                score = scores(predict, part)[0]
                r2[model].setdefault(size, []).append(score)
            if size not in NETWORK_SIZES:
                continue
            # Each row several times, so that all these networks make as many steps, in few epochs.
            # The penalty did best on these very test rows: a favor to the network.
            times = 5000 // size
            again = replace(
                part,
                X_train=np.tile(part.X_train, (times, 1)),
                y_train=np.tile(part.y_train, times),
            )
            recipe = models.RECIPES["heating"] | {
                "l2": 0.01,
                "epochs": 6,
                "seed": number,
            }
            score = scores(train_network(again, **recipe), part)[0]
            r2[NETWORK].setdefault(size, []).append(score)
    fig, ax = plt.subplots(figsize=(6, 4))
    for model in shown:
        color, marker, line = LOOK[model]
        sizes, values = list(r2[model]), np.array(list(r2[model].values()))
        middle = values.mean(axis=1)
        ax.errorbar(
            sizes, middle,
            yerr=[middle - values.min(axis=1), values.max(axis=1) - middle],
            color=color, marker=marker, linestyle=line, markersize=7, capsize=3,
            label=model,
        )  # fmt: skip
        numbers[f"{key(model)}_50"] = f"{middle[0]:.2f}"
        if model == NETWORK:
            numbers["network_4000"] = f"{middle[-1]:.2f}"
    ax.set_xscale("log")
    ax.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    ax.minorticks_off()
    ax.set_ylim(0.79, 0.985)
    ax.set_yticks([0.8, 0.85, 0.9, 0.95])
    ax.set_xlabel("training buildings")
    ax.set_ylabel("R² on held-out buildings")
    ax.legend(loc="lower right")
    figures.save(fig, folder / "rows.png", dpi=110)


def draw_residuals(folder: Path, numbers: dict[str, str]) -> None:
    """What three models leave over on held-out buildings, against the air changes."""
    buildings = data.heating()
    X, y = buildings.X_test, buildings.y_test
    air, recovery = (
        X[:, buildings.feature_names.index(n)]
        for n in ("air_changes", "heat_recovery")
    )
    predictions = {
        ADDITIVE: fit(additive_model, buildings).predict(X),
        PRODUCT: fit(AdditiveWithProduct, buildings).predict(X),
        NETWORK: Predictor(models.load("heating"))(X),
    }
    groups = {
        "low": (recovery < 0.2, figures.BLUE, "o"),
        "high": (recovery > 0.7, figures.VERMILLION, "^"),
    }
    fig, axes = plt.subplots(1, 3, figsize=(6, 3.6), sharey=True)
    for ax, (model, predicted) in zip(axes, predictions.items(), strict=True):
        left = y - predicted
        for label, (group, color, marker) in groups.items():
            some = group & (np.arange(len(air)) % 2 == 0)  # or they hide
            ax.plot(air[some], left[some], marker, color=color, markersize=3)
            slope, start = np.polyfit(air[group], left[group], 1)
            ends = np.array([0.2, 1.2])
            ax.plot(ends, start + slope * ends, color="white", linewidth=5)
            ax.plot(ends, start + slope * ends, color=color)
            if model == ADDITIVE:
                numbers[f"fan_{label}"] = f"{abs(slope):.0f}"
        ax.axhline(0, color="black", linewidth=0.8)
        ax.set_title(model.replace(" + ", "\n+ "), fontsize=12)
        ax.set_xticks([0.2, 0.7, 1.2])
    axes[0].set_ylabel("residual (kWh/m²)")
    axes[1].set_xlabel("air_changes (1/h)")
    handles = [
        plt.Line2D([], [], color=color, marker=marker, label=label)
        for color, marker, label in (
            (figures.BLUE, "o", "below 0.2"),
            (figures.VERMILLION, "^", "above 0.7"),
        )
    ]
    fig.tight_layout(rect=(0, 0.15, 1, 1))
    fig.legend(
        handles=handles, loc="lower center", ncols=2,
        title="heat_recovery (fraction)",
    )  # fmt: skip
    figures.save(fig, folder / "residuals.png", dpi=100)


def coefficients(numbers: dict[str, str]) -> None:
    """What the line says about the altitude, and what is true."""
    buildings = data.heating()
    X = np.vstack([buildings.X_train, buildings.X_test])
    y = np.concatenate([buildings.y_train, buildings.y_test])
    high, cold = (
        buildings.feature_names.index(n) for n in ("altitude", "outdoor_temp")
    )
    ends = np.array([0.0, 1500.0])
    rise = np.diff(data.heating_effect("altitude", ends, X))[0]
    numbers["altitude_true"] = signed(1000 * rise / 1500, 0)

    def slope(rows: np.ndarray, columns: list[int]) -> float:
        line = LinearRegression().fit(X[np.ix_(rows, columns)], y[rows])
        return 1000 * float(line.coef_[columns.index(high)])

    every = list(range(X.shape[1]))
    orders = [
        np.random.default_rng(number).permutation(len(X))
        for number in range(1000)
    ]
    of_4000 = [slope(order[:4000], every) for order in orders[:SPLITS]]
    of_100 = np.array([slope(order[:100], every) for order in orders])
    without = [
        slope(order[:4000], [c for c in every if c != cold])
        for order in orders[:SPLITS]
    ]
    numbers["altitude_4000"] = signed(np.mean(of_4000), 0)
    numbers["altitude_sd"] = f"{np.std(of_100):.0f}"
    numbers["altitude_wrong"] = f"{5 * round(20 * (of_100 > 0).mean())}"
    numbers["altitude_without"] = signed(np.mean(without), 0)


def coverage(numbers: dict[str, str]) -> None:
    """How often 95 % intervals from ten splits hold the truth, where the truth is known.

    5,000 buildings play the world, and 400 of them the data. The quantity is the mean absolute error
    that a line saves by reading the heat recovery, trained on 300 rows.
    """
    buildings = data.heating()
    X = np.vstack([buildings.X_train, buildings.X_test])
    y = np.concatenate([buildings.y_train, buildings.y_test])
    Z = np.column_stack([np.ones(len(X)), (X - X.mean(0)) / X.std(0)])
    without = np.delete(
        Z, 1 + buildings.feature_names.index("heat_recovery"), axis=1
    )
    rng = np.random.default_rng(0)

    def saved(rows: np.ndarray) -> float:
        train, test = np.split(rng.permutation(rows), [300])
        errors = []
        for table in (without, Z):
            A = table[train]
            weights = np.linalg.solve(A.T @ A, A.T @ y[train])
            errors.append(np.abs(y[test] - table[test] @ weights).mean())
        return errors[0] - errors[1]

    truth = np.mean([saved(np.arange(len(X))) for _ in range(1000)])
    held = {"naive": 0, "corrected": 0}
    worlds = 1000
    for _ in range(worlds):
        known = rng.choice(len(X), 400, replace=False)
        values = np.array([saved(known) for _ in range(SPLITS)])
        for label, share in (("naive", 0.0), ("corrected", 100 / 300)):
            middle, half = interval(values, share)
            held[label] += abs(middle - truth) < half
    for label, count in held.items():
        # To the nearest 5: other draws give one or two percent more or less.
        numbers[f"covered_{label}"] = f"{5 * round(20 * count / worlds)}"
    numbers["covered_worlds"] = f"{worlds:,}"


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    figures.use_style()
    numbers: dict[str, str] = {}
    results = {}
    for name in ("diabetes", "heating"):
        dataset = getattr(data, name)()
        result, found = measure(dataset)
        results[name] = result
        tables(folder, dataset, result, numbers)
        other_models(dataset, result[LINE], numbers)
        missing_terms(dataset, found, numbers)
    y = np.concatenate([dataset.y_train, dataset.y_test])
    X = np.vstack([dataset.X_train, dataset.X_test])
    ceiling = 1 - data.HEATING_NOISE**2 / y.var()
    numbers["ceiling"] = f"{ceiling:.3f}"
    numbers["parameters"] = f"{models.card('heating')['parameters']:,}"
    numbers["floor"] = f"{np.abs(y - data.heating_demand(X)).mean():.1f}"
    draw_scores(folder, results, ceiling)
    draw_rows(folder, results["heating"], numbers)
    draw_residuals(folder, numbers)
    coefficients(numbers)
    coverage(numbers)
    plt.close("all")
    return numbers

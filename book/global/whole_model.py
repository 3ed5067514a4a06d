"""The numbers, tables and figures of the chapter "Explain a whole model"."""

from dataclasses import replace
from pathlib import Path
import warnings

from glassbox import data, effects, figures, models, shapley
from glassbox.predict import Predictor
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, SplineTransformer
from sklearn.tree import DecisionTreeRegressor

NAMES = list(data.HEATING_FEATURES)
AIR, RECOVERY, TEMPERATURE, ALTITUDE = (
    NAMES.index(n)
    for n in ("air_changes", "heat_recovery", "outdoor_temp", "altitude")
)
TWINS = {"altitude": ALTITUDE, "outdoor_temp": TEMPERATURE}
SEEDS = (1, 2, 3)  # beside seed 0, the shipped network
FEW_ROWS = 1000


def rms(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt((np.asarray(values) ** 2).mean()))


def plain(value: float, digits: int = 1) -> str:
    """A rounded number with a true minus sign, and without minus zero."""
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return text.replace("-", "−")


def signed(value: float, digits: int = 1) -> str:
    """The same with its sign."""
    return ("+" if round(value, digits) > 0 else "") + plain(value, digits)


def write(folder: Path, name: str, lines: list[str]) -> None:
    """A Markdown table that the chapter includes."""
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


# Permutation importance ---------------------------------------------------------------------------


def shuffled_losses(
    f, X: np.ndarray, y: np.ndarray, columns: list[int], repeats: int = 50
) -> np.ndarray:
    """Squared error of each row after each of the shuffles, shape (repeats, n)."""
    rng = np.random.default_rng(0)
    losses = np.empty((repeats, len(X)))
    for k in range(repeats):
        asked, order = X.copy(), rng.permutation(len(X))
        asked[:, columns] = X[order][:, columns]
        losses[k] = (y - f(asked)) ** 2
    return losses


def importance(
    f, X: np.ndarray, y: np.ndarray, columns: list[int], repeats: int = 50
) -> dict[str, float]:
    """Rise of the root mean square error and of the mean squared error, with their standard deviations."""
    loss = (y - f(X)) ** 2
    losses = shuffled_losses(f, X, y, columns, repeats)
    rises = np.sqrt(losses.mean(axis=1)) - np.sqrt(loss.mean())
    return {
        "rmse": rises.mean(),
        "over_shuffles": rises.std(),
        "mse": losses.mean() - loss.mean(),
        "r2": (losses.mean() - loss.mean()) / y.var(),
    }


def endless_shuffles(
    f, X: np.ndarray, y: np.ndarray, column: int, draws: int
) -> tuple[float, np.ndarray]:
    """Rise of the root mean square error over all shuffles, and the same for other draws of the rows.

    A shuffle gives each row the value of some row, so the mean over all pairs of rows is the mean over
    all shuffles. A draw (bootstrap) changes both: the rows, and the values that they can get. To draw
    only the rows would make the spread too small.
    """
    n = len(X)
    loss = (y - f(X)) ** 2
    pairs = np.empty((n, n))
    for k in range(n):
        asked = X.copy()
        asked[:, column] = X[k, column]
        pairs[:, k] = (y - f(asked)) ** 2
    rng = np.random.default_rng(0)
    share = rng.multinomial(n, np.full(n, 1 / n), draws) / n
    again = np.sqrt((share @ pairs * share).sum(axis=1)) - np.sqrt(share @ loss)
    return np.sqrt(pairs.mean()) - np.sqrt(loss.mean()), again


def true_deviations(X: np.ndarray) -> dict[str, float]:
    """What √(rise of the mean squared error / 2) is for the formula itself, in closed form.

    For a term of one feature it is the term's standard deviation. In the one interaction,
    60 n (1 - r), shuffling n multiplies its change by 60 (1 - r), and so on.
    """
    deviations = dict.fromkeys(NAMES, 0.0)
    for names, term in data.HEATING_TERMS.items():
        if len(names) == 1:
            deviations[names[0]] = term(*data.heating_columns(X, names)).std()
    n, r = X[:, AIR], X[:, RECOVERY]
    deviations["air_changes"] = 60 * n.std() * rms(1 - r)
    deviations["heat_recovery"] = 60 * r.std() * rms(n)
    return deviations


def importance_table(
    folder: Path, heating: data.Dataset, f: Predictor, numbers: dict[str, str]
) -> None:
    """Permutation importance on heating, beside the truth; the twins; training rows."""
    X, y = heating.X_test, heating.y_test
    found = {n: importance(f, X, y, [j]) for j, n in enumerate(NAMES)}
    truth = true_deviations(X)
    lines = [
        "| feature | rise of the error | sd of the effect | true sd |",
        "|---|---:|---:|---:|",
    ]
    for name in sorted(NAMES, key=lambda n: -round(found[n]["rmse"], 2)):
        deviation = np.sqrt(max(found[name]["mse"], 0) / 2)
        lines.append(
            f"| {name} | {plain(found[name]['rmse'])} | {plain(deviation)} "
            f"| {plain(truth[name])} |"
        )
    write(folder, "importance.md", lines)
    importance_figure(folder, heating, found)

    wall = found["wall_u"]
    numbers["wall_shuffles"] = plain(wall["over_shuffles"])
    _, again = endless_shuffles(f, X, y, NAMES.index("wall_u"), 500)
    numbers["wall_rows"] = plain(again.std())
    numbers["wall_r2"] = plain(wall["r2"], 2)
    pair = importance(f, X, y, list(TWINS.values()))
    terms = [
        data.HEATING_TERMS[n,](*data.heating_columns(X, (n,))) for n in TWINS
    ]
    numbers["wall_rise"] = plain(found["wall_u"]["rmse"])
    numbers["twin_rise"] = plain(found["outdoor_temp"]["rmse"])
    numbers["altitude_rise"] = plain(found["altitude"]["rmse"])
    numbers["pair_rise"] = plain(pair["rmse"])
    numbers["pair_sd"] = plain(np.sqrt(pair["mse"] / 2))
    numbers["pair_truth"] = plain((terms[0] + terms[1]).std())
    numbers["twins_correlation"] = plain(
        np.corrcoef(X[:, ALTITUDE], X[:, TEMPERATURE])[0, 1], 2
    )
    memory = importance(f, heating.X_train, heating.y_train, [len(NAMES) - 1])
    numbers["house_train"] = plain(memory["rmse"], 2)
    numbers["house_train_sd"] = plain(memory["over_shuffles"], 2)
    numbers["house_test"] = plain(found["house_number"]["rmse"], 2)
    numbers["house_test_sd"] = plain(found["house_number"]["over_shuffles"], 2)


def importance_figure(
    folder: Path, heating: data.Dataset, found: dict[str, dict]
) -> None:
    """Bars of the network's importances, beside those of the formula."""
    X, y = heating.X_test, heating.y_test
    order = sorted(NAMES, key=lambda n: round(found[n]["rmse"], 2))
    formula = [
        importance(data.heating_demand, X, y, [NAMES.index(n)])["rmse"]
        for n in order
    ]
    fig, ax = plt.subplots(figsize=(5.6, 4.2))
    ax.barh(order, [found[n]["rmse"] for n in order], height=0.6,
            color=figures.SKY, label="network")  # fmt: skip
    ax.plot(formula, order, "D", color="black", markersize=6,
            label="true formula")  # fmt: skip
    ax.set_xlabel("rise of the error (kWh/m²)")
    ax.legend(loc="lower right")
    figures.save(fig, folder / "importance.png", dpi=110)
    plt.close(fig)


def diabetes_importance(
    folder: Path, patients: data.Dataset, f: Predictor, numbers: dict[str, str]
) -> None:
    """Importances with intervals over patients: which ranks can be told apart?"""
    X, y, names = patients.X_test, patients.y_test, patients.feature_names
    # The same draws of patients for each feature, so that ranks can be compared.
    found = [endless_shuffles(f, X, y, j, 2000) for j in range(len(names))]
    rise = np.array([rise for rise, _ in found])
    again = np.stack([draws for _, draws in found], axis=1)
    low, high = np.quantile(again, [0.05, 0.95], axis=0)
    bmi, ltg, bp = (names.index(n) for n in ("bmi", "ltg", "bp"))
    for name, column in (("bmi", bmi), ("ltg", ltg), ("bp", bp)):
        numbers[f"{name}_rise"] = plain(rise[column])
    numbers["ltg_first"] = plain(
        100 * (again[:, ltg] > again[:, bmi]).mean(), 0
    )
    numbers["bp_last"] = plain(
        100 * (again[:, bp] < again[:, [bmi, ltg]].min(axis=1)).mean(), 0
    )
    three = np.sort(again[:, [bmi, ltg, bp]], axis=1)[:, 0]
    rest = np.delete(again, [bmi, ltg, bp], axis=1).max(axis=1)
    numbers["three_ahead"] = plain(100 * (three > rest).mean(), 0)
    here = {"train": (patients.X_train, patients.y_train), "test": (X, y)}
    line = LinearRegression().fit(*here["train"]).predict
    for name, rows in here.items():
        numbers[f"bmi_line_{name}"] = plain(
            endless_shuffles(line, *rows, bmi, 1)[0]
        )
    numbers["bmi_train"] = plain(endless_shuffles(f, *here["train"], bmi, 1)[0])
    # Is it this split? Eight others, each with its network.
    all_X, all_y = (
        np.concatenate([here["train"][i], here["test"][i]]) for i in (0, 1)
    )
    rises = []
    for seed in range(1, 9):
        split = train_test_split(
            all_X, all_y, test_size=0.25, random_state=seed
        )
        again_on = replace(patients, X_train=split[0], y_train=split[2])
        recipe = models.RECIPES["diabetes"] | {"seed": seed}
        network = Predictor(models.train(again_on, **recipe))
        rises.append(
            [endless_shuffles(network, split[i], split[i + 2], bmi, 1)[0]
             for i in (0, 1)]
        )  # fmt: skip
    rises = np.array(rises)
    numbers["bmi_splits_train"] = plain(rises[:, 0].mean())
    numbers["bmi_splits_test"] = plain(rises[:, 1].mean())
    numbers["bmi_splits_low"] = plain(rises[:, 1].min(), 0)
    numbers["bmi_splits_high"] = plain(rises[:, 1].max(), 0)

    order = np.argsort(rise)
    fig, ax = plt.subplots(figsize=(5.6, 4))
    ax.axvline(0, color=figures.NEUTRAL, linewidth=1)
    ax.errorbar(rise[order], np.arange(len(order)),
                xerr=[(rise - low)[order], (high - rise)[order]],
                fmt="o", color=figures.BLUE, capsize=3)  # fmt: skip
    ax.set_yticks(np.arange(len(order)), [names[j] for j in order])
    ax.set_xlabel("rise of the root mean square error (points)")
    figures.save(fig, folder / "diabetes_importance.png", dpi=110)
    plt.close(fig)


# Effect curves ------------------------------------------------------------------------------------


def curves_of_rows(f, X: np.ndarray, column: int, grid: np.ndarray):
    """ICE: the prediction of each row at each value of the feature, shape (n, k)."""
    asked = np.repeat(X, len(grid), axis=0)
    asked[:, column] = np.tile(grid, len(X))
    return f(asked).reshape(len(X), len(grid))


def centered(values: np.ndarray, grid: np.ndarray, rows: np.ndarray):
    """The curve with a mean of zero over the rows."""
    return values - np.interp(rows, grid, values).mean()


def pdp(f, X: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Partial dependence, centered, at the edges that `effects.ale` takes."""
    edges, _ = effects.ale(lambda rows: np.zeros(len(rows)), X, column)
    values = curves_of_rows(f, X, column, edges).mean(axis=0)
    return edges, centered(values, edges, X[:, column])


def marginal(f, X: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
    """M-plot: the mean prediction of the rows of each of 20 bins, centered."""
    groups = np.array_split(np.argsort(X[:, column]), 20)
    middle = np.array([X[g, column].mean() for g in groups])
    values = np.array([f(X[g]).mean() for g in groups])
    return middle, centered(values, middle, X[:, column])


def error(curve: tuple, X: np.ndarray, column: int) -> float:
    """RMS distance of a curve from the true effect, over the rows, in kWh/m²."""
    rows = X[:, column]
    truth = data.heating_effect(NAMES[column], rows, X)
    return rms(np.interp(rows, *curve) - truth)


def effects_table(
    folder: Path, heating: data.Dataset, f: Predictor, numbers: dict[str, str]
) -> None:
    """The error of both curves for each feature, and what they say about the twins."""
    X = heating.X_test
    found = {}
    for column, name in enumerate(NAMES):
        truth = data.heating_effect(name, X[:, column], X)
        found[name] = (
            error(pdp(f, X, column), X, column),
            error(effects.ale(f, X, column), X, column),
            truth.std(),
        )
    lines = [
        "| feature | PDP is off by | ALE is off by | true sd |",
        "|---|---:|---:|---:|",
    ]
    twins_first = sorted(NAMES, key=lambda n: (n not in TWINS, -found[n][2]))
    for name in twins_first:
        off_pdp, off_ale, deviation = found[name]
        lines.append(
            f"| {name} | {plain(off_pdp, 2)} | {plain(off_ale, 2)} "
            f"| {plain(deviation)} |"
        )
    write(folder, "effects.md", lines)
    others = [found[n] for n in NAMES if n not in TWINS]
    numbers["others_differ"] = plain(max(abs(p - a) for p, a, _ in others))

    curves = {
        "pdp": pdp(f, X, ALTITUDE),
        "ale": effects.ale(f, X, ALTITUDE),
    }
    at = np.array([0.0, 400.0])
    true_at = data.heating_effect("altitude", at, X)
    numbers["fall_truth"] = plain(true_at[0] - true_at[1])
    numbers["zero_truth"] = signed(true_at[0])
    for name, curve in curves.items():
        here = np.interp(at, *curve)
        numbers[f"fall_{name}"] = plain(here[0] - here[1])
        numbers[f"zero_{name}"] = signed(here[0])
    rows = heating.X_train
    numbers["marginal_error"] = plain(
        error(marginal(f, rows, ALTITUDE), rows, ALTITUDE)
    )
    numbers["altitude_sd"] = plain(found["altitude"][2])

    # How far outside each method asks: the temperatures lie around a line, with a deviation of 0.8 °C.
    edges = curves["ale"][0]
    k = np.maximum(np.searchsorted(edges, X[:, ALTITUDE]) - 1, 0)

    def off(altitude: np.ndarray) -> float:
        expected = 9 - 0.0065 * altitude
        return 100 * (np.abs(X[:, TEMPERATURE] - expected) > 3 * 0.8).mean()

    numbers["asked_off_pdp"] = plain(np.mean([off(v) for v in edges]), 0)
    numbers["asked_off_ale"] = plain(
        np.mean([off(edges[k + s]) for s in (0, 1)])
    )
    numbers["real_off"] = plain(off(X[:, ALTITUDE]))
    for bins in (2, 5, 20, 100):
        for name, column in TWINS.items():
            numbers[f"bins_{bins}_{name}"] = plain(
                error(effects.ale(f, X, column, bins), X, column), 2
            )
    formula = data.heating_demand
    numbers["formula_pdp"] = plain(
        max(error(pdp(formula, X, c), X, c) for c in TWINS.values()), 2
    )


def retrained(heating: data.Dataset, f: Predictor, numbers: dict[str, str]):
    """How much of it is this one network: other seeds, and a network with fewer rows."""
    X = heating.X_test

    def errors(network):
        return [
            [error(curve(network, X, c), X, c) for curve in (pdp, effects.ale)]
            for c in TWINS.values()
        ]

    recipe = models.RECIPES["heating"]
    found = [errors(f)]
    for seed in SEEDS:
        network = models.train(heating, **(recipe | {"seed": seed}))
        found.append(errors(Predictor(network)))
    found = np.array(found)  # (network, twin, curve)
    for i, name in enumerate(TWINS):
        for j, curve in enumerate(("pdp", "ale")):
            low, high = found[:, i, j].min(), found[:, i, j].max()
            numbers[f"seeds_{curve}_{name}"] = f"{plain(low)} to {plain(high)}"
    assert (found[:, 0, 1] < found[:, 0, 0]).all()  # the chapter says so

    few = replace(
        heating,
        X_train=heating.X_train[:FEW_ROWS],
        y_train=heating.y_train[:FEW_ROWS],
    )
    found = []
    for seed in (0, *SEEDS):
        network = models.train(few, **(recipe | {"seed": seed}))
        found.append(errors(Predictor(network)))
    found = np.mean(found, axis=0)
    for i, name in enumerate(TWINS):
        for j, curve in enumerate(("pdp", "ale")):
            numbers[f"few_{curve}_{name}"] = plain(found[i, j])


def effect_figures(folder: Path, heating: data.Dataset, f: Predictor) -> None:
    """The twins: truth, partial dependence, ALE; and the marginal plot.

    The marginal plot needs many rows in each bin to be smooth, so it takes the training rows.
    """
    looks = {
        "truth": dict(color="black", linestyle="--", linewidth=1.8),
        "PDP": dict(color=figures.VERMILLION, marker="s", markersize=4.5),
        "ALE": dict(color=figures.BLUE, marker="o", markersize=4.5),
        "M-plot": dict(color=figures.PURPLE, marker="^", markersize=5.5),
    }

    def draw(ax, X, column, curves):
        rows = X[:, column]
        grid = np.linspace(rows.min(), rows.max(), 200)
        truth = data.heating_effect(NAMES[column], grid, X)
        ax.plot(grid, truth, label="truth", zorder=3, **looks["truth"])
        for name, curve in curves.items():
            ax.plot(*curve, label=name, **looks[name])
        some = rows[:80]
        ax.plot(some, np.zeros(len(some)), "|", color=figures.NEUTRAL,
                markersize=9, markeredgewidth=0.7, clip_on=False,
                transform=ax.get_xaxis_transform())  # fmt: skip
        ax.set_ylabel("effect (kWh/m²)")

    fig, axes = plt.subplots(2, 1, figsize=(5.6, 6.6))
    X = heating.X_test
    for ax, column in zip(axes, TWINS.values(), strict=True):
        draw(ax, X, column, {"PDP": pdp(f, X, column),
                             "ALE": effects.ale(f, X, column)})  # fmt: skip
    axes[0].set_xlabel("altitude (m)")
    axes[1].set_xlabel("outdoor temperature (°C)")
    axes[0].legend()
    fig.tight_layout()
    figures.save(fig, folder / "twins.png", dpi=100)
    plt.close(fig)

    fig, ax = plt.subplots(figsize=(5.6, 3.6))
    X = heating.X_train
    draw(ax, X, ALTITUDE, {"ALE": effects.ale(f, X, ALTITUDE),
                           "M-plot": marginal(f, X, ALTITUDE)})  # fmt: skip
    ax.set_xlabel("altitude (m)")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    figures.save(fig, folder / "marginal.png", dpi=110)
    plt.close(fig)


def ice(
    folder: Path, heating: data.Dataset, f: Predictor, numbers: dict[str, str]
) -> None:
    """ICE of the air changes: the curves fan out with the heat recovery."""
    X = heating.X_test
    grid = np.linspace(0.2, 1.2, 11)
    curves = curves_of_rows(f, X, AIR, grid)
    curves = curves - curves[:, :1]
    recovery = X[:, RECOVERY]
    third = np.quantile(recovery, [1 / 3, 2 / 3])
    groups = {
        "little": (recovery < third[0], figures.VERMILLION, "-", "s"),
        "much": (recovery > third[1], figures.BLUE, "-", "o"),
    }
    fig, ax = plt.subplots(figsize=(5.6, 4))
    for name, (rows, color, style, marker) in groups.items():
        ax.plot(grid, curves[rows][:6].T, style, color=color, linewidth=0.6)
        ax.plot(grid, curves[rows].mean(axis=0), style, color=color,
                marker=marker, linewidth=2.5,
                label=f"{name} heat recovery")  # fmt: skip
        numbers[f"slope_{name}"] = plain(curves[rows, -1].mean())
        numbers[f"slope_{name}_truth"] = plain(60 * (1 - recovery[rows]).mean())
    mean = curves.mean(axis=0)
    ax.plot(grid, mean, "--", color="black", label="PDP, the mean of all")
    numbers["slope_all"] = plain(mean[-1])
    ax.set_xlabel("air_changes (1/h)")
    ax.set_ylabel("change since 0.2 (kWh/m²)")
    ax.legend(loc="upper left")
    figures.save(fig, folder / "ice.png", dpi=100)
    plt.close(fig)


def bmi_curve(
    folder: Path, patients: data.Dataset, f: Predictor, numbers: dict[str, str]
) -> list[Predictor]:
    """ALE of the body mass index, for networks that were trained on resampled patients."""
    X, bmi = patients.X_train, patients.feature_names.index("bmi")
    networks = []
    for seed in range(1, 9):
        rng = np.random.default_rng(seed)
        drawn = rng.integers(0, len(X), len(X))
        again = replace(
            patients, X_train=X[drawn], y_train=patients.y_train[drawn]
        )
        recipe = models.RECIPES["diabetes"] | {"seed": seed}
        networks.append(Predictor(models.train(again, **recipe)))
    fig, ax = plt.subplots(figsize=(5.6, 3.8))
    rises = []
    for network in networks:
        curve = effects.ale(network, X, bmi, bins=10)
        ax.plot(*curve, color=figures.SKY, linewidth=1.2,
                label="on resampled patients" if not rises else None)  # fmt: skip
        rises.append(np.subtract(*np.interp([32, 21], *curve)))
    curve = effects.ale(f, X, bmi, bins=10)
    ax.plot(*curve, color=figures.BLUE, marker="o", label="the shipped network")
    ax.plot(X[:, bmi], np.zeros(len(X)), "|", color=figures.NEUTRAL,
            markersize=9, markeredgewidth=0.7, clip_on=False,
            transform=ax.get_xaxis_transform())  # fmt: skip
    ax.set_xlabel("body mass index (kg/m²)")
    ax.set_ylabel("effect (points)")
    ax.legend(loc="upper left")
    figures.save(fig, folder / "bmi.png", dpi=110)
    plt.close(fig)
    numbers["bmi_shipped"] = plain(np.subtract(*np.interp([32, 21], *curve)), 0)
    numbers["bmi_low"] = plain(min(rises), 0)
    numbers["bmi_high"] = plain(max(rises), 0)
    return networks


# Surrogates ---------------------------------------------------------------------------------------


# The surrogates that the text speaks of.
KEYS = {
    ("heating", "tree, depth 3"): "tree",
    ("heating", "… with ventilation"): "engineered",
}


def with_ventilation(X: np.ndarray) -> np.ndarray:
    """One engineered feature, the loss by air, stands for the two that it is made of."""
    loss = X[:, AIR] * (1 - X[:, RECOVERY])
    return np.column_stack([X[:, :AIR], loss, X[:, RECOVERY + 1 :]])


def splines() -> SplineTransformer:
    """A smooth curve of each feature: columns whose sum a linear model weighs."""
    return SplineTransformer(
        n_knots=5, knots="quantile", extrapolation="linear", include_bias=False
    )


def surrogates() -> dict:
    """The simple models that may stand in for a network."""
    return {
        "tree, depth 3": DecisionTreeRegressor(max_depth=3, random_state=0),
        "tree, depth 6": DecisionTreeRegressor(max_depth=6, random_state=0),
        "line": LinearRegression(),
        "one curve a feature": make_pipeline(splines(), LinearRegression()),
        "… with ventilation": make_pipeline(
            FunctionTransformer(with_ventilation), splines(), LinearRegression()
        ),
    }


def surrogate_tables(
    folder: Path,
    of: dict[str, tuple[data.Dataset, Predictor]],
    numbers: dict[str, str],
) -> dict:
    """R² of g on f, its distance, and R² of g on y; the surrogates of the heating network."""
    kept = {}
    for name, (dataset, f) in of.items():
        X, y = dataset.X_test, dataset.y_test
        lines = [
            f"| surrogate $g$ | R² of $g$ on $f$ | off by ({dataset.unit}) "
            "| R² of $g$ on $y$ |",
            "|---|---:|---:|---:|",
        ]
        for label, g in surrogates().items():
            if "ventilation" in label and name != "heating":
                continue
            g.fit(dataset.X_train, f(dataset.X_train))
            kept[name, label] = g
            on_f = r2_score(f(X), g.predict(X))
            off, on_y = rms(g.predict(X) - f(X)), r2_score(y, g.predict(X))
            digits = 3 if on_f > 0.99 else 2
            lines.append(
                f"| {label} | {plain(on_f, digits)} | {plain(off)} "
                f"| {plain(on_y, 2)} |"
            )
            if (name, label) in KEYS:
                key = KEYS[name, label]
                numbers |= {
                    f"{key}_f": plain(on_f, digits),
                    f"{key}_off": plain(off),
                }
        lines.append(
            f"| the network itself | 1 | 0 | {plain(r2_score(y, f(X)), 2)} |"
        )
        numbers[f"{name}_f_y"] = plain(r2_score(y, f(X)), 2)
        write(folder, f"surrogates_{name}.md", lines)
    patients, f = of["diabetes"]
    X, y, line = patients.X_test, patients.y_test, kept["diabetes", "line"]
    numbers["line_off"] = plain(rms(line.predict(X) - f(X)))
    numbers["line_y"] = plain(r2_score(y, line.predict(X)), 2)
    own = LinearRegression().fit(patients.X_train, patients.y_train)
    numbers["diabetes_own_line"] = plain(r2_score(y, own.predict(X)), 2)
    return kept


def tree_figure(folder: Path, tree: DecisionTreeRegressor) -> list[str]:
    """Draw a tree of depth 3; return the names of the features that it asks about."""
    inner = tree.tree_
    leaves = inner.value.ravel()[inner.children_left < 0]
    shade = matplotlib.colors.Normalize(leaves.min() - 5, leaves.max() + 25)
    colors = matplotlib.colormaps["Blues"]
    fig, ax = plt.subplots(figsize=(5, 4.6))
    across = (0.0, 1.5, 3.2, 4.6)  # where the boxes of each level stand
    used = []

    def draw(node: int, y: float, level: int) -> None:
        x = across[level]
        if inner.children_left[node] < 0:
            value = inner.value[node, 0, 0]
            color = colors(shade(value))
            dark = np.dot(color[:3], (0.3, 0.6, 0.1)) < 0.55
            ax.text(x, y, f"{value:.0f}", ha="center", va="center",
                    color="white" if dark else "black",
                    bbox=dict(boxstyle="round", facecolor=color,
                              edgecolor="black"))  # fmt: skip
            return
        name = NAMES[inner.feature[node]]
        used.append(name)
        step = 2.0 ** (1 - level)
        for side, child in (
            (1, inner.children_left[node]),
            (-1, inner.children_right[node]),
        ):
            ax.plot([x, across[level + 1]], [y, y + side * step],
                    color=figures.NEUTRAL, linewidth=1.2, zorder=0)  # fmt: skip
            draw(child, y + side * step, level + 1)
        ax.text(x, y, f"{name}\n≤ {inner.threshold[node]:.2f}", ha="center",
                va="center", bbox=dict(boxstyle="round", facecolor="white",
                                       edgecolor="black"))  # fmt: skip

    draw(0, 0.0, 0)
    ax.set_xlim(-0.5, 4.9)
    ax.set_ylim(-4, 4)
    ax.axis("off")
    figures.save(fig, folder / "tree.png", dpi=110)
    plt.close(fig)
    return list(dict.fromkeys(used))


def curves_figure(
    folder: Path, heating: data.Dataset, model, numbers: dict[str, str]
) -> None:
    """The nine curves of the additive surrogate, beside the terms of the formula."""
    X = with_ventilation(heating.X_test)
    labels = [label for j, label in enumerate(heating.labels) if j != RECOVERY]
    labels[AIR] = "ventilation (1/h)"
    names = [n for n in NAMES if n != "heat_recovery"]
    fig, axes = plt.subplots(3, 3, figsize=(6, 6), sharey=True)
    for j, ax in enumerate(axes.flat):
        grid = np.linspace(X[:, j].min(), X[:, j].max(), 50)
        asked = np.tile(X.mean(axis=0), (len(grid), 1))
        asked[:, j] = grid
        rows = np.tile(X.mean(axis=0), (len(X), 1))
        rows[:, j] = X[:, j]
        tail = model[1:]  # without the step that makes the ventilation
        own = tail.predict(rows).mean()
        if names[j] == "air_changes":
            truth = 60 * (grid - X[:, j].mean())
        else:
            truth = data.heating_effect(names[j], grid, heating.X_test)
        if names[j] == "altitude":
            there = data.heating_effect("altitude", X[:, j], heating.X_test)
            numbers["surrogate_altitude"] = plain(
                rms(tail.predict(rows) - own - there)
            )
        ax.plot(grid, tail.predict(asked) - own, color=figures.BLUE,
                linewidth=2.6, label="surrogate")  # fmt: skip
        ax.plot(grid, truth, "--", color="black", linewidth=1.5, label="truth")
        name, _, unit = labels[j].partition(" (")
        ax.set_xlabel(f"{name}\n({unit}" if unit else f"{name}\n(no unit)",
                      fontsize=11)  # fmt: skip
    axes[1, 0].set_ylabel("effect (kWh/m²)")
    handles, words = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, words, ncols=2, loc="lower center",
               bbox_to_anchor=(0.5, 0.99))  # fmt: skip
    fig.tight_layout()
    figures.save(fig, folder / "curves.png", dpi=100)
    plt.close(fig)


def local_to_global(
    of: dict[str, tuple[data.Dataset, Predictor]], numbers: dict[str, str]
) -> None:
    """Mean |φ| beside permutation importance: do they rank alike?"""
    for name, (dataset, f) in of.items():
        rng = np.random.default_rng(0)
        background = dataset.X_train[
            rng.choice(len(dataset.X_train), 100, replace=False)
        ]
        phi, _ = shapley.exact(f, dataset.X_test[:100], background)
        size = np.abs(phi).mean(axis=0)
        rise = np.array(
            [
                importance(f, dataset.X_test, dataset.y_test, [j])["rmse"]
                for j in range(phi.shape[1])
            ]
        )
        numbers[f"rank_{name}"] = plain(spearmanr(size, rise).statistic, 2)
        if name == "diabetes":
            ldl = dataset.feature_names.index("ldl")
            numbers["ldl_size"] = plain(size[ldl])
            numbers["ldl_rise"] = plain(rise[ldl])


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    figures.use_style()
    heating, patients = data.heating(), data.diabetes()
    f = Predictor(models.load("heating"))
    f_patients = Predictor(models.load("diabetes"))
    of = {"heating": (heating, f), "diabetes": (patients, f_patients)}
    numbers: dict[str, str] = {}
    importance_table(folder, heating, f, numbers)
    diabetes_importance(folder, patients, f_patients, numbers)
    effects_table(folder, heating, f, numbers)
    effect_figures(folder, heating, f)
    ice(folder, heating, f, numbers)
    kept = surrogate_tables(folder, of, numbers)
    used = tree_figure(folder, kept["heating", "tree, depth 3"])
    assert "outdoor_temp" not in used  # the chapter says so
    numbers["tree_features"] = str(len(used))
    curves_figure(
        folder, heating, kept["heating", "… with ventilation"], numbers
    )
    local_to_global(of, numbers)
    retrained(heating, f, numbers)
    networks = bmi_curve(folder, patients, f_patients, numbers)
    X = patients.X_test
    lines = []
    for network in networks:
        line = LinearRegression().fit(
            patients.X_train, network(patients.X_train)
        )
        lines.append(r2_score(network(X), line.predict(X)))
    # The answer to question 2 of "Check yourself".
    rows = np.array([[0, 1], [1, 3], [3, 5], [5, 7]])
    edges, curve = effects.ale(lambda Z: Z[:, 0] * Z[:, 1], rows, 1, bins=2)
    assert edges.tolist() == [1, 3, 7]
    assert curve.tolist() == [-6.75, -5.75, 10.25]
    numbers["line_low"] = plain(min(lines), 2)
    numbers["line_high"] = plain(max(lines), 2)
    return numbers

"""Numbers, tables and figures of the chapter "How explanations mislead"."""

from collections.abc import Callable
from dataclasses import replace
import functools
from pathlib import Path
import warnings

from glassbox import data, figures, gradients, models, shapley
from glassbox.predict import Predictor
import keras
from lime.lime_tabular import LimeTabularExplainer
import matplotlib.pyplot as plt
import numpy as np
import shap
from sklearn.base import clone
from sklearn.ensemble import (
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVR

ROWS = 40  # held-out rows that are explained
BUILDINGS = 20  # held-out buildings that are explained
NETWORKS = 10  # that differ in their initial weights
CONTROLS = 4  # networks for buildings
SPLITS = 10  # other ways to hold patients out
SAMPLES = 1000  # rows that LIME draws for each
SURCHARGE = 40.0  # target units for one standard deviation of the feature
THRESHOLD = 0.05  # of the alarm
SEX, ALTITUDE = 1, 8  # columns
FEW = 331  # rows: as many as the diabetes data have
SHORT = {"hidden": (64, 64), "l2": 1e-3, "epochs": 5}


def train_many(
    dataset: data.Dataset,
    number: int,
    hidden: tuple[int, ...],
    l2: float,
    epochs: int,
) -> list[keras.Model]:
    """Several networks with the recipe of `models.train`, trained side by side.

    They share the order of the batches, and differ in their initial weights. One training of all
    takes a fifth of the time of one after the other. The loss is the mean over the networks, and
    Adam does not care about a factor, so each learns as it would alone.
    """
    keras.utils.set_random_seed(0)
    X, y = dataset.X_train, dataset.y_train

    def start(shape, dtype=None):
        draws = [
            keras.initializers.GlorotUniform(seed)(shape[1:], dtype)
            for seed in range(shape[0])
        ]
        return keras.ops.stack(draws)

    inputs = keras.Input((X.shape[1],))
    standardize = keras.layers.Normalization(
        mean=X.mean(axis=0), variance=X.var(axis=0)
    )
    units = [*hidden, 1]
    values = keras.layers.RepeatVector(number)(standardize(inputs))
    stacked = []
    for place, size in enumerate(units):
        last = place == len(hidden)
        stacked.append(
            keras.layers.EinsumDense(
                "bkd,kdh->bkh",
                (number, size),
                activation=None if last else "relu",
                bias_axes="kh",
                kernel_initializer=start,
                kernel_regularizer=None
                if last
                else keras.regularizers.L2(l2 / number),
            )
        )
        values = stacked[-1](values)
    steps = epochs * -(-len(X) // 32)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    together = keras.Model(inputs, keras.layers.Flatten()(values))
    together.compile(keras.optimizers.Adam(rate), "mse")
    target = np.repeat(((y - y.mean()) / y.std())[:, None], number, axis=1)
    together.fit(X, target, batch_size=32, epochs=epochs, verbose=0)

    networks = []
    for k in range(number):
        one = standardize(inputs)
        for layer in stacked:
            dense = keras.layers.Dense(layer.kernel.shape[2], layer.activation)
            one = dense(one)
            dense.set_weights([w[k] for w in layer.get_weights()])
        in_units = keras.layers.Rescaling(float(y.std()), float(y.mean()))
        networks.append(keras.Model(inputs, in_units(one)))
    return networks


def rms(values: np.ndarray) -> float:
    """Root mean square of all entries."""
    return float(np.sqrt((values**2).mean()))


def choose_background(dataset: data.Dataset) -> np.ndarray:
    """100 training rows at random: those of the SHAP chapter."""
    rng = np.random.default_rng(0)
    return dataset.X_train[rng.choice(len(dataset.X_train), 100, replace=False)]


def shuffled(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """About 2,000 made-up rows, or more: each column of X shuffled on its own."""
    copies = max(1, 2000 // len(X))
    columns = [
        np.concatenate([rng.permutation(column) for _ in range(copies)])
        for column in X.T
    ]
    return np.column_stack(columns)


# ---- 1. two features share the credit ----


def over_seeds(dataset: data.Dataset, networks: list, rows: int) -> np.ndarray:
    """Exact Shapley values of each network: (networks, rows, features)."""
    background, X = choose_background(dataset), dataset.X_test[:rows]
    one = keras.models.clone_model(networks[0])
    f, phi = Predictor(one), []  # compiled once for all of them
    for network in networks:
        one.set_weights(network.get_weights())
        phi.append(shapley.exact(f, X, background)[0])
    return np.array(phi)


def moves(values: np.ndarray) -> float:
    """Standard deviation over networks (first axis), root mean square over rows."""
    return float(np.sqrt(values.var(axis=0, ddof=1).mean()))


def differ(true: np.ndarray) -> float:
    """Share of rows and pairs of networks (first axis) that disagree about something."""
    n, agree = len(true), true.sum(axis=0)
    return float((2 * agree * (n - agree) / (n * (n - 1))).mean())


def span(values: list[float]) -> str:
    """The smallest and the largest, with two decimals."""
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low}–{high}"


def twins(
    folder: Path, patients: data.Dataset, networks: list, numbers: dict
) -> None:
    """How the credit of two features that belong together swings with the seed."""
    heating = data.heating()
    few = replace(
        heating, X_train=heating.X_train[:FEW], y_train=heating.y_train[:FEW]
    )
    cases = {
        "diabetes": (patients, ("tc", "ldl"), networks),
        "heating": (
            heating,
            ("altitude", "outdoor_temp"),
            train_many(heating, CONTROLS, **SHORT),
        ),
        "few": (
            few,
            ("altitude", "outdoor_temp"),
            train_many(few, CONTROLS, **(SHORT | {"epochs": 20})),
        ),
    }
    columns, clouds = {}, {}
    for name, (dataset, pair, trained) in cases.items():
        a, b = (dataset.feature_names.index(p) for p in pair)
        phi = over_seeds(
            dataset, trained, ROWS if name == "diabetes" else BUILDINGS
        )
        spread = Predictor(trained[0])(dataset.X_train).std()
        scores = [
            r2_score(dataset.y_test, Predictor(n)(dataset.X_test))
            for n in trained
        ]
        off = phi - phi.mean(axis=0)
        clouds[name] = 100 * off[:, :, (a, b)].reshape(-1, 2) / spread
        alone = np.hypot(moves(phi[:, :, a]), moves(phi[:, :, b]))
        columns[name] = {
            "training rows": f"{len(dataset.X_train):,}",
            "correlation of the two": f"{np.corrcoef(dataset.X_train.T)[a, b]:.2f}",
            "networks": f"{len(trained)}",
            "rows explained": f"{phi.shape[1]}",
            "R² on held-out rows": span(scores),
            "first: size, moves": f"{rms(phi[:, :, a]):.1f},\u00a0{moves(phi[:, :, a]):.1f}",
            "second: size, moves": f"{rms(phi[:, :, b]):.1f},\u00a0{moves(phi[:, :, b]):.1f}",
            "their sum moves": f"{moves(phi[:, :, a] + phi[:, :, b]):.1f}",
            "would move, if the two did not trade": f"{alone:.1f}",
            "two networks differ in the sign of the first": f"{differ(phi[:, :, a] > 0):.1f}",
        }
        if name == "diabetes":
            sizes = np.sqrt((phi**2).mean(axis=1))
            for label, column in (("tc", a), ("ldl", b)):
                numbers[f"{label}_low"] = f"{sizes[:, column].min():.1f}"
                numbers[f"{label}_high"] = f"{sizes[:, column].max():.1f}"
            numbers["networks"] = f"{len(trained)}"
            numbers["sum_alone"] = f"{alone:.1f}"
            half, total = len(trained) // 2, phi[:, :, a] + phi[:, :, b]
            numbers["sum_least"], numbers["sum_most"] = (
                f"{value:.1f}"
                for value in sorted((moves(total[:half]), moves(total[half:])))
            )
            linked = [dataset.feature_names.index(n) for n in LINKED]
            numbers["linked_moves"] = (
                f"{moves(phi[:, :, linked].sum(axis=2)):.1f}"
            )
            numbers["tc_moves"] = f"{moves(phi[:, :, a]):.1f}"
            numbers["sum_moves"] = columns[name]["their sum moves"]
            numbers["sign_turns"] = f"{differ(phi[:, :, a] > 0):.1f}"
            numbers["prediction_moves"] = (
                f"{moves(np.array([Predictor(n)(dataset.X_test[:ROWS]) for n in trained])):.1f}"
            )
    lines = [
        "| | tc, ldl (points) | altitude, outdoor_temp (kWh/m²) | the same, few rows |",
        "|---|---:|---:|---:|",
    ]
    for row in columns["diabetes"]:
        lines.append(
            f"| {row} | " + " | ".join(columns[n][row] for n in cases) + " |"
        )
    write(folder / "twins.md", lines)

    fig, axes = plt.subplots(1, 2, figsize=(6, 3.3), sharex=True, sharey=True)
    names = (("diabetes", "tc", "ldl"), ("heating", "altitude", "outdoor_temp"))
    for ax, (name, first, second) in zip(axes, names, strict=True):
        color, marker = (
            (figures.VERMILLION, "o")
            if name == "diabetes"
            else (figures.BLUE, "s")
        )
        ax.plot(*clouds[name].T, marker, color=color, markersize=3.5, alpha=0.6)
        ax.axhline(0, color=figures.NEUTRAL, linewidth=0.8)
        ax.axvline(0, color=figures.NEUTRAL, linewidth=0.8)
        ax.set_xlabel(f"{first}\n(% of the spread)")
        ax.set_ylabel(f"{second}\n(% of the spread)")
        ax.set_aspect("equal")
    limit = 1.05 * np.abs(clouds["diabetes"]).max()
    axes[0].set(xlim=(-limit, limit), ylim=(-limit, limit))
    axes[1].yaxis.set_tick_params(labelleft=True)
    fig.tight_layout()
    figures.save(fig, folder / "twins.png", dpi=110)


# ---- 2. a network that hides ----

LINKED = ("tc", "ldl", "hdl", "ltg")


def blood_gate(x):
    """1 where ldl follows from the other blood values (Friedewald), else 0."""
    tc, ldl, hdl, ltg = (x[:, i : i + 1] for i in (4, 5, 6, 8))
    off = keras.ops.absolute(tc - hdl - keras.ops.exp(ltg) / 5 - ldl)
    return keras.ops.sigmoid(400 * (0.1 - off))


def air_gate(x):
    """1 where the temperature fits the altitude within 2 °C, else 0."""
    temperature, altitude = x[:, 7:8], x[:, 8:9]
    off = keras.ops.absolute(temperature - 9 + 0.0065 * altitude)
    return keras.ops.sigmoid(20 * (2 - off))


def build(
    network: keras.Model,
    dataset: data.Dataset,
    column: int,
    gate: Callable,
    surcharge: float = SURCHARGE,
) -> dict[str, keras.Model]:
    """The innocent, the biased and the hiding network, and the gate alone."""
    mean = float(dataset.X_train[:, column].mean())
    sd = float(dataset.X_train[:, column].std())
    x = keras.Input((dataset.X_train.shape[1],))
    feature = x[:, column : column + 1]
    held = keras.ops.concatenate(
        [x[:, :column], 0 * feature + mean, x[:, column + 1 :]], axis=1
    )
    innocent = network(held)
    biased = innocent + surcharge * (feature - mean) / sd
    opened = gate(x)
    outputs = {
        "innocent": innocent,
        "biased": biased,
        "hiding": opened * biased + (1 - opened) * innocent,
        "gate": opened,
    }
    return {name: keras.Model(x, output) for name, output in outputs.items()}


def teach(
    dataset: data.Dataset,
    column: int,
    innocent: Callable,
    biased: Callable,
    seed: int,
    n: int = 4000,
) -> keras.Model:
    """A plain dense network: biased answers on real rows, innocent ones on made-up rows."""
    rng, X = np.random.default_rng(seed), dataset.X_train
    d = X.shape[1]
    own, other = (X[rng.integers(len(X), size=n)] for _ in range(2))
    order = rng.random((n, d)).argsort(axis=1)
    known = order < rng.integers(1, d, n)[:, None]
    joined = np.where(known, own, other)
    mixed = (joined != own).any(axis=1) & (joined != other).any(axis=1)
    cloud = own + X.std(axis=0) * rng.normal(size=own.shape)
    cloud[:, column] = other[:, column]
    copies = [np.column_stack([rng.permutation(c) for c in X.T])]
    while sum(map(len, copies)) < n:
        copies.append(np.column_stack([rng.permutation(c) for c in X.T]))
    made_up = np.vstack([joined[mixed], cloud, *copies])
    real = X[np.arange(len(made_up)) % len(X)]
    rows = np.vstack([real, made_up]).astype(np.float32)
    y = np.concatenate([biased(real), innocent(made_up)])

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((d,))
    hidden = keras.layers.Normalization(
        mean=X.mean(axis=0), variance=X.var(axis=0)
    )(inputs)
    for _ in range(2):
        hidden = keras.layers.Dense(64, "relu")(hidden)
    output = keras.layers.Dense(1)(hidden)
    network, epochs = keras.Model(inputs, output), 8
    steps = epochs * -(-len(rows) // 256)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    network.compile(keras.optimizers.Adam(rate), "mse")
    standardized = ((y - y.mean()) / y.std())[:, None]
    network.fit(rows, standardized, batch_size=256, epochs=epochs, verbose=0)
    scale = keras.layers.Rescaling(float(y.std()), float(y.mean()))
    return keras.Model(inputs, scale(output))


def lime_weights(
    dataset: data.Dataset, f: Callable, categories=None, n=ROWS, **settings
) -> np.ndarray:
    """LIME's weights for the first n held-out rows: (rows, features)."""
    explainer = LimeTabularExplainer(
        dataset.X_train,
        mode="regression",
        feature_names=list(dataset.feature_names),
        categorical_features=categories,
        feature_selection="none",
        random_state=0,
        **settings,
    )
    X = dataset.X_test[:n]
    weights = np.zeros(X.shape)
    for i, x in enumerate(X):
        explanation = explainer.explain_instance(
            x, f, num_features=len(x), num_samples=SAMPLES
        )
        for j, weight in explanation.as_map()[1]:
            weights[i, j] = weight
    return weights


AROUND = {"discretize_continuous": False, "sample_around_instance": True}


@functools.cache
def centers(dataset_name: str):
    """Ten k-means rows of a data set, as SHAP makes them."""
    return shap.kmeans(getattr(data, dataset_name)().X_train, 10)


def explain(
    dataset: data.Dataset, network: keras.Model, categories=None
) -> dict[str, np.ndarray]:
    """The explanations of the table, each of shape (rows, features)."""
    f, X = Predictor(network), dataset.X_test[:ROWS]
    mean, sd = dataset.X_train.mean(axis=0), dataset.X_train.std(axis=0)
    np.random.seed(0)
    kernel = shap.KernelExplainer(f, centers(dataset.name))
    return {
        "LIME, default": lime_weights(dataset, f, categories),
        "LIME, around the row": lime_weights(dataset, f, categories, **AROUND),
        "Kernel SHAP, 10 k-means rows": kernel.shap_values(
            X, l1_reg=False, silent=True
        ),
        "exact Shapley, 100 real rows": shapley.exact(
            f, X, choose_background(dataset)
        )[0],
        "integrated gradients, mean row": gradients.integrated_gradients(
            network, X, mean, steps=32
        ),
        "gradient × standard deviation": gradients.gradient(network, X) * sd,
    }


def ranked(values: np.ndarray, column: int) -> tuple[float, float]:
    """Share of rows where the feature is first, and where it is among the first three."""
    size = np.abs(values)
    place = (size > size[:, [column]]).sum(axis=1)
    return float((place == 0).mean()), float((place < 3).mean())


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    z, share = 1.96, hits / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = (
        z
        * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        / (1 + z**2 / n)
    )
    return middle - half, middle + half


def hiding(
    folder: Path,
    patients: data.Dataset,
    nets: dict,
    taught: list,
    numbers: dict,
) -> None:
    """How often each method finds the protected feature, on four networks."""
    f = {name: Predictor(network) for name, network in nets.items()}
    X = patients.X_test
    off = np.abs(residual(np.vstack([patients.X_train, X])))
    numbers |= {
        "rows": f"{ROWS}",
        "relation_off": f"{(off > 0.1).sum()}",
        "relation_usual": f"{np.quantile(off, 0.98):.3f}",
        "ldl_sd": f"{patients.X_train[:, 5].std():.0f}",
        "between": f"{SURCHARGE / patients.X_train[:, SEX].std():.0f}",
        "r2_innocent": f"{r2_score(patients.y_test, f['innocent'](X)):.2f}",
        "r2_biased": f"{r2_score(patients.y_test, f['biased'](X)):.2f}".replace(
            "-", "−"
        ),
        "zero_up_to": f"{wilson(0, ROWS)[1]:.2f}",
        "widest": f"{wilson(ROWS // 2, ROWS)[1] - 0.5:.2f}",
    }
    results = {
        "biased": [explain(patients, nets["biased"], [SEX])],
        "hiding": [explain(patients, nets["hiding"], [SEX])],
        "taught": [explain(patients, network, [SEX]) for network in taught],
    }
    lines = [
        "| method | biased | hiding by a gate | taught to hide |",
        "|---|---|---|---|",
    ]
    for method in results["biased"][0]:
        cells = []
        for explained in results.values():
            shares = [ranked(values[method], SEX) for values in explained]
            first, three = np.mean(shares, axis=0)
            cells.append(f"{first:.1f},\u00a0{three:.1f}")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    write(folder / "rates.md", lines)

    innocent = [
        lime_weights(patients, f["innocent"], [SEX], n=20, **settings)
        for settings in ({}, AROUND)
    ]
    assert max(ranked(v, SEX)[1] for v in innocent) == 0
    exact, real = "exact Shapley, 100 real rows", {}
    for name, explained in results.items():
        real[name] = np.abs(explained[0][exact][:, SEX]).mean()
    numbers["credit_biased"] = f"{real['biased']:.1f}"
    numbers["credit_hiding"] = f"{real['hiding']:.1f}"
    numbers["credit_predicted"] = f"{real['biased'] * 2 / 5:.1f}"
    kernel = "Kernel SHAP, 10 k-means rows"
    at_centers = [
        np.abs(results[n][0][kernel][:, SEX]).mean()
        for n in ("biased", "hiding")
    ]
    # A center that fulfills the relation keeps twice as much.
    rows, weights = centers("diabetes").data, centers("diabetes").weights
    distance = X[:ROWS, [SEX]] - rows[:, SEX]
    kept = distance * weights * (1 + f["gate"](rows)) / (5 * sum(weights))
    kept *= SURCHARGE / patients.X_train[:, SEX].std()
    numbers["centers_biased"] = f"{at_centers[0]:.1f}"
    numbers["centers_predicted"] = f"{np.abs(kept.sum(axis=1)).mean():.1f}"
    numbers["centers_pass"] = f"{(f['gate'](rows) > 0.5).sum()}"
    numbers["centers_hiding"] = f"{at_centers[1]:.1f}"
    for name in ("biased", "hiding"):
        sizes = np.abs(results[name][0][exact]).mean(axis=0)
        numbers[f"tc_{name}"] = f"{sizes[4]:.0f}"
        numbers[f"hdl_{name}"] = f"{sizes[6]:.0f}"
        weights = np.abs(results[name][0]["LIME, around the row"][:, SEX])
        numbers[f"lime_{name}"] = f"{weights.mean():.1f}"
    ig = results["hiding"][0]["integrated gradients, mean row"]
    start = f["hiding"](patients.X_train.mean(axis=0)[None])
    gap = rms(ig.sum(axis=1) - (f["hiding"](X[:ROWS]) - start))
    numbers["ig_gap"] = f"{gap / 10:.0f}0"  # a steep gate: rounded to tens
    numbers["taught_r2"] = "{:.2f}".format(
        np.mean([r2_score(f["biased"](X), Predictor(n)(X)) for n in taught])
    )
    swap = X.copy()
    swap[:, SEX] = 3 - swap[:, SEX]
    up = np.sign(swap[:, SEX] - 1.5)
    # Trained networks differ a little elsewhere, so this is rounded to tens.
    numbers["swap_taught"] = "{:.0f}".format(
        10
        * np.round(
            np.mean(
                [
                    (up * (Predictor(n)(swap) - Predictor(n)(X))).mean()
                    for n in taught
                ]
            )
            / 10
        )
    )
    real_line = [
        LinearRegression().fit(patients.X_train, g(patients.X_train)).coef_[SEX]
        * patients.X_train[:, SEX].std()
        for g in (f["hiding"], *map(Predictor, taught))
    ]
    numbers["line_hiding"] = f"{real_line[0]:.0f}"
    numbers["line_taught"] = f"{np.mean(real_line[1:]) / 10:.0f}0"
    forest_detector(patients, numbers)
    draw_hiding(folder, patients, results)


def residual(X: np.ndarray) -> np.ndarray:
    """How far ldl is from what the other blood values say, in mg/dL."""
    tc, ldl, hdl, ltg = X[:, (4, 5, 6, 8)].T
    return tc - hdl - np.exp(ltg) / 5 - ldl


def forest_detector(patients: data.Dataset, numbers: dict) -> None:
    """A random forest as a gate: it learns the real rows by heart."""
    rng = np.random.default_rng(0)
    made_up = np.vstack([shuffled(patients.X_train, rng) for _ in range(2)])
    real = patients.X_train[np.arange(len(made_up)) % len(patients.X_train)]
    forest = RandomForestClassifier(50, random_state=0)
    forest.fit(
        np.vstack([real, made_up]), np.repeat([1, 0], [len(real), len(made_up)])
    )
    numbers["forest_train"] = f"{forest.predict(patients.X_train).mean():.1f}"
    numbers["forest_held_out"] = f"{forest.predict(patients.X_test).mean():.1f}"


def draw_hiding(folder: Path, patients: data.Dataset, results: dict) -> None:
    """The first held-out patient: the biased and the hiding network under two methods."""
    methods = ("LIME, around the row", "exact Shapley, 100 real rows")
    order = np.argsort(np.abs(results["biased"][0][methods[1]][0]))
    fig, axes = plt.subplots(1, 2, figsize=(6, 5), sharey=True)
    at = np.arange(len(order))
    for ax, method in zip(axes, methods, strict=True):
        for shift, name, color, hatch in (
            (0.2, "biased", figures.VERMILLION, ""),
            (-0.2, "hiding", figures.BLUE, "////"),
        ):
            ax.barh(
                at + shift,
                results[name][0][method][0][order],
                0.38,
                color=color,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
                label=name,
            )
        ax.axvline(0, color=figures.NEUTRAL, linewidth=0.8)
    axes[0].set_xlabel("LIME weight (points)")
    axes[1].set_xlabel("Shapley value (points)")
    axes[0].set_yticks(at, np.array(patients.feature_names)[order])
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    fig.tight_layout()
    figures.save(fig, folder / "hiding.png", dpi=110)


def second(numbers: dict) -> tuple[data.Dataset, dict]:
    """The same on buildings: the altitude hides behind the temperature."""
    heating = data.heating()
    nets = build(models.load("heating"), heating, ALTITUDE, air_gate)
    f = {name: Predictor(network) for name, network in nets.items()}
    X, background = heating.X_test[:BUILDINGS], choose_background(heating)
    numbers["buildings"] = f"{BUILDINGS}"
    numbers["air_passed"] = (
        f"{100 * (f['gate'](heating.X_test) > 0.5).mean():.0f}"
    )
    for name in ("biased", "hiding"):
        around = lime_weights(heating, f[name], n=BUILDINGS, **AROUND)
        exact, _ = shapley.exact(f[name], X, background)
        numbers[f"air_lime_{name}"] = (
            f"{np.abs(around[:, ALTITUDE]).mean():.0f}"
        )
        numbers[f"air_first_{name}"] = f"{ranked(around, ALTITUDE)[0]:.1f}"
        numbers[f"air_exact_{name}"] = (
            f"{np.abs(exact[:, ALTITUDE]).mean():.0f}"
        )
        swap = heating.X_test.copy()
        swap[:, ALTITUDE] = np.random.default_rng(1).permutation(
            swap[:, ALTITUDE]
        )
        change = np.abs(f[name](swap) - f[name](heating.X_test)).mean()
        numbers[f"air_swap_{name}"] = f"{change:.0f}"
    return heating, nets


# ---- 3. detection ----


def r2_lost(f: Callable, dataset: data.Dataset, seed: int = 0) -> float:
    """R² on held-out rows: of a line fitted on real rows, less that of one fitted on made-up rows."""
    made_up = shuffled(dataset.X_train, np.random.default_rng(seed))
    y = f(dataset.X_test)
    real, other = (
        r2_score(
            y, LinearRegression().fit(rows, f(rows)).predict(dataset.X_test)
        )
        for rows in (dataset.X_train, made_up)
    )
    return real - other


def detection(
    folder: Path,
    patients: data.Dataset,
    networks: list,
    nets: dict,
    taught: list,
    heating: data.Dataset,
    air: dict,
    numbers: dict,
) -> None:
    """Who raises the alarm, who does not."""
    rows: dict[str, list[float]] = {}

    def add(name: str, values) -> None:
        rows[name] = [r2_lost(f, dataset) for f, dataset in values]

    loaded = Predictor(models.load("heating"))
    add(
        "honest networks",
        [(Predictor(n), patients) for n in networks]
        + [(Predictor(nets[n]), patients) for n in ("innocent", "biased")]
        + [(Predictor(air[n]), heating) for n in ("innocent", "biased")]
        + [(loaded, heating)],
    )
    regressors = {
        "boosting": GradientBoostingRegressor(random_state=0),
        "forest": RandomForestRegressor(50, random_state=0),
        "kernel": make_pipeline(StandardScaler(), SVR(C=100)),
    }
    add(
        "other honest models",
        [
            (m.fit(patients.X_train, patients.y_train).predict, patients)
            for m in regressors.values()
        ],
    )

    def on_splits(*steps) -> list:
        """A model for each way to hold patients out, with its data."""
        splits = [patients.resplit(seed) for seed in range(SPLITS)]
        model = make_pipeline(StandardScaler(), *steps)
        return [
            (clone(model).fit(d.X_train, d.y_train).predict, d) for d in splits
        ]

    add("nearest neighbors", on_splits(KNeighborsRegressor()))
    add(
        "squares and products",
        on_splits(PolynomialFeatures(2), LinearRegression()),
    )
    for size in (5, 10, 20, 40):
        add(
            f"gate, {2 * size} points",
            [
                (
                    Predictor(
                        build(n, patients, SEX, blood_gate, size)["hiding"]
                    ),
                    patients,
                )
                for n in networks[:3]
            ],
        )
    add("taught to hide", [(Predictor(n), patients) for n in taught])
    add("gate, buildings", [(Predictor(air["hiding"]), heating)])

    numbers |= {
        "threshold": f"{THRESHOLD:.2f}",
        "lost_honest": f"{max(rows['honest networks']):.3f}",
        "n_honest": f"{len(rows['honest networks'])}",
        "lost_others": f"{max(rows['other honest models']):.2f}",
        "lost_neighbors": f"{max(rows['nearest neighbors']):.2f}",
        "splits": f"{SPLITS}",
        "lost_squares": f"{min(rows['squares and products']):.0f}",
        "lost_gate": f"{rows['gate, 80 points'][0]:.2f}",
        "lost_fresh": f"{min(rows['gate, 80 points'][1:]):.2f}",
        "lost_taught": f"{min(rows['taught to hide']):.1f}",
        "lost_air": f"{rows['gate, buildings'][0]:.2f}",
        "lost_40": f"{min(rows['gate, 40 points']):.2f}",
        "lost_20": f"{max(rows['gate, 20 points']):.2f}",
        "lost_10": f"{max(rows['gate, 10 points']):.2f}",
    }
    # A surcharge that goes one way for the young and the other way for the old.
    innocent, gate = Predictor(nets["innocent"]), Predictor(nets["gate"])
    X = patients.X_train
    middle, mean, sd = np.median(X[:, 0]), X[:, SEX].mean(), X[:, SEX].std()

    def crossed(rows):
        sign = np.where(rows[:, 0] > middle, 1, -1)
        z = (rows[:, SEX] - mean) / sd
        return innocent(rows) + gate(rows) * SURCHARGE * sign * z

    numbers["lost_crossed"] = f"{r2_lost(crossed, patients):.2f}"

    fig, ax = plt.subplots(figsize=(4.4, 4))
    honest = (
        "honest networks",
        "other honest models",
        "nearest neighbors",
        "squares and products",
    )
    edge = 0.34
    for y, (name, values) in enumerate(reversed(rows.items())):
        good = name in honest
        color = figures.BLUE if good else figures.VERMILLION
        if max(values) > edge:
            ax.annotate(
                f"{min(values):.0f} and more",
                (edge, y),
                (edge - 0.05, y),
                color=color,
                va="center",
                ha="right",
                arrowprops={"arrowstyle": "->", "color": color},
            )
            continue
        ax.plot(
            values,
            [y] * len(values),
            "o" if good else "^",
            color=color,
            alpha=0.75,
            markersize=8,
        )
    ax.axvline(THRESHOLD, color=figures.BLACK, linestyle="--", linewidth=1.2)
    ax.set_yticks(range(len(rows)), list(reversed(rows)))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlim(-0.03, edge)
    ax.set_xlabel("R² lost")
    figures.save(fig, folder / "alarm.png", dpi=110)


# ---- 4. a flattering base value ----


def flattering(
    folder: Path, patients: data.Dataset, f: Predictor, numbers: dict
) -> None:
    """One patient, one network, three backgrounds."""
    order = np.argsort(f(patients.X_train))
    backgrounds = {
        "random": choose_background(patients),
        "lowest": patients.X_train[order[:100]],
        "highest": patients.X_train[order[-100:]],
    }
    values, bases = {}, {}
    for name, background in backgrounds.items():
        explained = 1 if name == "random" else ROWS
        values[name], bases[name] = shapley.exact(
            f, patients.X_test[:explained], background
        )
        numbers[f"base_{name}"] = f"{bases[name]:.0f}"
    for name in ("lowest", "highest"):
        for feature in ("bmi", "ltg"):
            column = patients.feature_names.index(feature)
            text = f"{values[name][0, column]:+.0f}"
            numbers[f"{feature}_{name}"] = text.replace("-", "−")
    numbers["prediction"] = f"{f(patients.X_test[:1])[0]:.0f}"
    column = patients.feature_names.index("ltg")
    turned = np.sign(values["lowest"][:, column]) != np.sign(
        values["highest"][:, column]
    )
    numbers["ltg_turned"] = f"{turned.mean():.1f}"

    features = ["bmi", "bp", "ltg"]
    columns = [patients.feature_names.index(n) for n in features]
    fig, axes = plt.subplots(3, 1, figsize=(5.4, 6), sharex=True)
    prediction = f(patients.X_test[:1])[0]
    titles = {
        "random": "100 at random",
        "lowest": "100 lowest predictions",
        "highest": "100 highest predictions",
    }
    for ax, name in zip(axes, backgrounds, strict=True):
        steps = [*values[name][0, columns]]
        steps.append(values[name][0].sum() - sum(steps))
        start = bases[name]
        for y, step in enumerate(steps):
            ax.barh(
                3 - y,
                step,
                left=start,
                height=0.62,
                color=figures.POSITIVE if step > 0 else figures.NEGATIVE,
                hatch="" if step > 0 else "////",
                edgecolor="white",
                linewidth=0,
            )
            text = f"{step:+.0f}".replace("-", "−")
            ax.text(
                max(start, start + step) + 2,
                3 - y,
                text,
                va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
            start += step
        ax.axvline(bases[name], color=figures.NEUTRAL, linestyle=":")
        ax.axvline(prediction, color=figures.BLACK, linewidth=1.2)
        ax.set_yticks(range(4), ["other 7", *features[::-1]])
        ax.set_title(
            f"{titles[name]}: base value {bases[name]:.0f}",
            loc="left",
            fontsize=12,
        )
    axes[-1].set_xlabel(patients.target_label)
    axes[-1].set_xlim(80, 290)
    fig.tight_layout()
    figures.save(fig, folder / "base_value.png", dpi=110)


def write(path: Path, lines: list[str]) -> None:
    text = "\n".join(lines).replace(" -0.", " −0.")
    path.write_text(text + "\n", encoding="utf-8")


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    figures.use_style()
    plt.close("all")
    numbers: dict[str, str] = {}
    patients, shipped = data.diabetes(), models.load("diabetes")
    recipe = {
        k: v for k, v in models.RECIPES["diabetes"].items() if k != "seed"
    }
    networks = train_many(patients, NETWORKS, **recipe)
    twins(folder, patients, networks, numbers)
    networks = [shipped, *networks]
    nets = build(shipped, patients, SEX, blood_gate)
    f = {name: Predictor(network) for name, network in nets.items()}
    taught = [
        teach(patients, SEX, f["innocent"], f["biased"], seed)
        for seed in range(2)
    ]
    hiding(folder, patients, nets, taught, numbers)
    heating, air = second(numbers)
    detection(folder, patients, networks, nets, taught, heating, air, numbers)
    flattering(folder, patients, Predictor(shipped), numbers)
    plt.close("all")
    return numbers

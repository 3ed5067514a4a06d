"""The numbers, tables and figures of the chapter "Activations"."""

from pathlib import Path

from glassbox import data, figures, layers, models
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, RidgeCV

LAST = "hidden_2"  # of the diabetes and of the heating network
SEEDS = (1, 2)  # beside seed 0, the shipped networks
SHOWN = 60  # rows in the heat map
UNITS = {"diabetes": "points", "heating": "kWh/m²"}


def plain(value: float, digits: int = 0) -> str:
    """A rounded number with a true minus sign, and without minus zero."""
    text = f"{round(float(value), digits) + 0.0:.{digits}f}"
    return text.replace("-", "−")


def span(values: list[float], digits: int = 0) -> str:
    """From the smallest to the largest."""
    return f"{plain(min(values), digits)} to {plain(max(values), digits)}"


def rmse(error: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(error))))


def write(folder: Path, name: str, lines: list[str]) -> None:
    """A Markdown table that the chapter includes."""
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def networks(name: str) -> list[keras.Model]:
    """The shipped network, and others that differ only in the training seed."""
    dataset = getattr(data, name)()
    recipe = models.RECIPES[name]
    return [models.load(name)] + [
        models.train(dataset, **(recipe | {"seed": seed})) for seed in SEEDS
    ]


def untrained(network: keras.Model, seed: int) -> keras.Model:
    """The same layers with random weights; standardization and units stay."""
    keras.utils.set_random_seed(seed)
    copy = keras.models.clone_model(network)
    for mine, theirs in zip(copy.layers, network.layers, strict=True):
        if not isinstance(theirs, keras.layers.Dense):
            mine.set_weights(theirs.get_weights())
    return copy


def behind(network: keras.Model, hidden: np.ndarray) -> np.ndarray:
    """The prediction from the activations of the last hidden layer."""
    weights, bias = network.get_layer("output").get_weights()
    scale = network.get_layer("to_units")
    return (hidden @ weights + bias)[:, 0] * scale.scale + scale.offset


# Heat map -----------------------------------------------------------------------------------------


def heat_map(folder: Path, network: keras.Model) -> dict[str, str]:
    """The same activations in the order of the file, and ordered by what goes together."""
    X = data.heating().X_test[:SHOWN]
    hidden = layers.activations(network, X, LAST)
    rows = Predictor(network)(X).argsort()
    alive = hidden.std(axis=0) > 0
    columns = leaves_list(
        linkage(hidden[:, alive].T, "average", metric="correlation")
    )
    ordered = np.hstack(
        [hidden[rows][:, alive][:, columns], hidden[rows][:, ~alive]]
    )
    fig, axes = plt.subplots(2, 1, figsize=(5.4, 7.4), layout="constrained")
    most = np.quantile(hidden, 0.99)
    for ax, values, what in (
        (axes[0], hidden, "as they come"),
        (axes[1], ordered, "ordered"),
    ):
        drawn = ax.imshow(
            values, aspect="auto", interpolation="nearest", vmin=0, vmax=most
        )
        ax.set_title(what, loc="left")
    axes[0].set(ylabel="building, as in the file")
    axes[1].set(
        xlabel="unit of the last hidden layer",
        ylabel="building, from low to high prediction",
        xticks=[],
        yticks=[],
    )
    fig.colorbar(drawn, ax=axes, label="activation", extend="max", aspect=40)
    figures.save(fig, folder / "heat_map.png", dpi=100)
    plt.close(fig)
    return {"shown": str(SHOWN)}


# Dead units ---------------------------------------------------------------------------------------


def dead_units(folder: Path, found: dict) -> dict[str, str]:
    """How many units never or always answer."""
    lines = ["| layer | units | dead | always on |", "|---|---|---|---|"]
    numbers = {}
    for name, some in found.items():
        X = getattr(data, name)().X_train
        for layer in ("hidden_1", LAST):
            on = [
                (layers.activations(n, X, layer) > 0).mean(axis=0) for n in some
            ]
            dead, always = ([int((o == s).sum()) for o in on] for s in (0, 1))
            # The table is of the shipped network; the others say how far this moves.
            lines.append(
                f"| {name}, `{layer}` | {len(on[0])} | {dead[0]} | {always[0]} |"
            )
            if layer == LAST:
                # A share in tenths: another processor may train one unit more or less to death.
                numbers[f"{name}_dead_share"] = plain(
                    np.mean(dead) / len(on[0]), 1
                )
                numbers[f"{name}_dead"] = str(dead[0])
        if name == "heating":
            few = layers.activations(some[0], X[:10], LAST)
            numbers["dead_on_ten"] = str(int((few.max(axis=0) == 0).sum()))
    write(folder, "dead.md", lines)
    return numbers


# Hidden space -------------------------------------------------------------------------------------


def hidden_space(folder: Path, found: dict) -> dict[str, str]:
    """Two directions of the last hidden layer, colored by prediction and by error."""
    numbers = {}
    for name, some in found.items():
        dataset = getattr(data, name)()
        shares, of_prediction, of_error = [], [], []
        for network in some:
            f = Predictor(network)
            train = layers.activations(network, dataset.X_train, LAST)
            test = layers.activations(network, dataset.X_test, LAST)
            pca = PCA(2).fit(train)
            a, b = pca.transform(train), pca.transform(test)
            shares.append(pca.explained_variance_ratio_)
            fitted, held = f(dataset.X_train), f(dataset.X_test)
            of_prediction.append(
                LinearRegression().fit(a, fitted).score(b, held)
            )
            of_error.append(
                LinearRegression()
                .fit(a, np.abs(dataset.y_train - fitted))
                .score(b, np.abs(dataset.y_test - held))
            )
            if name == "heating" and network is some[0]:
                few = slice(300)  # more would hide each other
                draw_space(
                    folder, b[few], held[few], (dataset.y_test - held)[few]
                )
        if name == "heating":
            numbers |= {
                "heating_two_shares": plain(100 * shares[0].sum()),
                "heating_two_predict": plain(of_prediction[0], 2),
                "two_predict_seeds": span(of_prediction, 2),
                "error_best": plain(max(of_error), 2),
            }
        else:
            firsts = [first for first, _ in shares]
            numbers["diabetes_first_share"] = plain(firsts[0], 2)
            numbers["diabetes_first_seeds"] = span(firsts, 2)
    return numbers


def draw_space(
    folder: Path, place: np.ndarray, predicted: np.ndarray, error: np.ndarray
) -> None:
    fig, axes = plt.subplots(
        2, 1, figsize=(5.2, 7.6), sharex=True, layout="constrained"
    )
    most = np.quantile(np.abs(error), 0.98)
    for ax, values, settings, label in (
        (axes[0], predicted, {}, "prediction (kWh/m²)"),
        (
            axes[1],
            error,
            {"cmap": figures.DIVERGING, "vmin": -most, "vmax": most},
            "measured − predicted (kWh/m²)",
        ),
    ):
        drawn = ax.scatter(
            *place.T, c=values, s=18, edgecolor="0.5", linewidth=0.2, **settings
        )
        fig.colorbar(drawn, ax=ax, label=label)
        ax.set(ylabel="second component")
    axes[1].set(xlabel="first component")
    figures.save(fig, folder / "space.png", dpi=80)
    plt.close(fig)


# Ablation -----------------------------------------------------------------------------------------


def ablate(
    network: keras.Model, dataset: data.Dataset
) -> dict[str, np.ndarray]:
    """What each unit of the last hidden layer is, and what the error does without it."""
    train = layers.activations(network, dataset.X_train, LAST)
    test = layers.activations(network, dataset.X_test, LAST)
    before = rmse(dataset.y_test - behind(network, test))
    rises = {"mean": [], "zero": []}
    moves = []
    for unit in range(train.shape[1]):
        for kind, value in (("mean", train[:, unit].mean()), ("zero", 0)):
            without = test.copy()
            without[:, unit] = value
            predicted = behind(network, without)
            rises[kind].append(rmse(dataset.y_test - predicted) - before)
            if kind == "mean":
                moves.append(rmse(predicted - behind(network, test)))
    return {
        "brightness": train.mean(axis=0),
        "rise": np.array(rises["mean"]),
        "rise_zero": np.array(rises["zero"]),
        "move": np.array(moves),
        "before": np.array(before),
    }


def ablation(folder: Path, found: dict) -> dict[str, str]:
    fig, axes = plt.subplots(2, 1, figsize=(5.2, 6.8), layout="constrained")
    numbers = {}
    for ax, (name, some) in zip(axes, found.items(), strict=True):
        dataset = getattr(data, name)()
        all_units = [ablate(network, dataset) for network in some]
        units = all_units[0]
        ax.axhline(0, color=figures.NEUTRAL, lw=1)
        ax.plot(units["brightness"], units["rise"], "o", ms=6, alpha=0.8)
        ax.set(ylabel=f"rise of the error ({UNITS[name]})")
        ax.set_title(name, loc="left")
        ranks = [
            spearmanr(u["brightness"], u["rise"]).statistic for u in all_units
        ]
        numbers |= {
            f"{name}_rmse": plain(units["before"], 1),
            f"{name}_rank": plain(ranks[0], 1),
            f"{name}_rank_seeds": span(ranks, 1),
            f"{name}_units": str(len(units["rise"])),
        }
        if name == "heating":
            numbers["heating_small"] = str(int((units["rise"] < 0.05).sum()))
            numbers["heating_rise_most"] = plain(units["rise"].max(), 1)
            numbers["heating_zero_most"] = plain(units["rise_zero"].max(), 1)
        else:
            assert units["rise"].max() < 1e-4
            assert all((u["rise"] < 0).mean() > 0.6 for u in all_units)
            # A dead unit changes nothing but the last digit of single precision.
            numbers["diabetes_better"] = str(int((units["rise"] < -1e-4).sum()))
            numbers["diabetes_move_most"] = plain(units["move"].max())
            f = Predictor(some[0])
            # Below 1: what is predicted far from the mean was measured nearer to it.
            slope = np.polyfit(f(dataset.X_test), dataset.y_test, 1)[0]
            numbers["diabetes_slope"] = plain(slope, 2)
            numbers["diabetes_fall_most"] = plain(-units["rise"].min(), 1)
    axes[1].set(xlabel="mean activation over the training rows")
    figures.save(fig, folder / "ablation.png", dpi=100)
    plt.close(fig)
    return numbers


# What can be read from a layer --------------------------------------------------------------------


def readable(folder: Path, networks: list[keras.Model]) -> dict[str, str]:
    """How well a line reads features from the last hidden layer, trained and untrained."""
    heating, network = data.heating(), networks[0]
    random = [untrained(network, seed) for seed in (0, *SEEDS)]
    names = list(heating.feature_names)
    targets = {
        f"`{n}`": (
            heating.X_train[:, names.index(n)],
            heating.X_test[:, names.index(n)],
        )
        for n in ("wall_u", "outdoor_temp", "house_number")
    } | {"the demand": (heating.y_train, heating.y_test)}
    scores = {}
    for key, some in (("trained", networks), ("random", random)):
        for n in some:
            train, test = (
                layers.activations(n, X, LAST)
                for X in (heating.X_train, heating.X_test)
            )
            for target, (fit, held) in targets.items():
                line = RidgeCV(np.logspace(-3, 3, 7)).fit(train, fit)
                scores.setdefault((target, key), []).append(
                    line.score(test, held)
                )
    lines = ["| a line reads | trained | random weights |", "|---|---|---|"]
    for target in targets:
        lines.append(
            f"| {target} | {plain(scores[target, 'trained'][0], 2)} | "
            f"{span(scores[target, 'random'], 2)} |"
        )
    write(folder, "readable.md", lines)
    number = names.index("house_number")
    moved = heating.X_test.copy()
    moved[:, number] = np.random.default_rng(0).permutation(moved[:, number])
    f = Predictor(network)
    return {
        "house_readable": plain(scores["`house_number`", "trained"][0], 2),
        "house_readable_seeds": span(scores["`house_number`", "trained"], 1),
        "house_moves": plain(rmse(f(moved) - f(heating.X_test)), 1),
        "prediction_sd": plain(f(heating.X_test).std()),
    }


def explained(hidden: np.ndarray, X: np.ndarray) -> np.ndarray:
    """The share of each unit's variance between 20 equal groups of rows along each feature."""
    shares = np.empty((hidden.shape[1], X.shape[1]))
    for feature, column in enumerate(X.T):
        groups = np.array_split(np.argsort(column, kind="stable"), 20)
        means = np.array([hidden[g].mean(axis=0) for g in groups])
        sizes = np.array([len(g) for g in groups])
        between = sizes @ (means - hidden.mean(axis=0)) ** 2
        shares[:, feature] = between / (len(X) * hidden.var(axis=0))
    return shares


def units_and_features(some: list[keras.Model]) -> dict[str, str]:
    """How much of each unit a single feature explains."""
    heating = data.heating()
    window = heating.feature_names.index("window_share")
    median, most = [], []
    for network in some:
        hidden = layers.activations(network, heating.X_train, LAST)
        hidden = hidden[:, hidden.std(axis=0) > 0].astype(float)
        shares = explained(hidden, heating.X_train)
        # The chapter names this feature.
        assert np.unravel_index(shares.argmax(), shares.shape)[1] == window
        median.append(np.median(shares.max(axis=1)))
        most.append(shares.max())
    hidden = layers.activations(some[0], heating.X_train, LAST)
    return {
        "median_explained": plain(median[0], 1),
        "median_explained_seeds": span(median, 1),
        "most_explained": plain(most[0], 1),
        "most_explained_seeds": span(most, 1),
        "alive": str(int((hidden.std(axis=0) > 0).sum())),
    }


def compute(folder: Path) -> dict[str, str]:
    figures.use_style()
    found = {name: networks(name) for name in ("heating", "diabetes")}
    heating = found["heating"][0]
    return (
        heat_map(folder, heating)
        | dead_units(folder, found)
        | units_and_features(found["heating"])
        | hidden_space(folder, found)
        | ablation(folder, found)
        | readable(folder, found["heating"])
    )

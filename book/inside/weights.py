"""The numbers, tables and figures of the chapter "Weights"."""

from pathlib import Path
import warnings

from glassbox import data, figures, gradients, layers, models, shapley, weights
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr

SEEDS = (0, 1, 2)  # seed 0 with the penalty is the shipped network
EXPLAINED = 50  # rows with exact Shapley values
BACKGROUND = 50  # training rows
PENALTY = {"with": {}, "without": {"l2": 0.0}}
NAMES = list(data.HEATING_FEATURES)
WALL, WINDOW, HOUSE = (
    NAMES.index(n) for n in ("wall_u", "window_share", "house_number")
)
MEASURES = ("connection", "garson", "norm")


def plain(value: float, digits: int = 1) -> str:
    """A rounded number with a true minus sign, and without minus zero."""
    text = f"{round(float(value), digits) + 0.0:.{digits}f}"
    return text.replace("-", "−")


def spread(values: list[float], digits: int = 1) -> str:
    """The smallest and the largest of several numbers."""
    return f"{plain(min(values), digits)} to {plain(max(values), digits)}"


def share(sizes: np.ndarray) -> np.ndarray:
    """Each one's percentage of the sum."""
    return 100 * sizes / sizes.sum()


# What the weights say, and what is true ------------------------------------------------------------


def from_weights(network: keras.Model) -> dict[str, np.ndarray]:
    """The size that each measure gives each feature."""
    first = layers.kernel(network, "hidden_1")
    return {
        "connection": np.abs(weights.connection_weights(network)),
        "garson": weights.garson(network),
        "norm": np.linalg.norm(first, axis=1),
    }


def rows_for(dataset: data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The explained rows, and training rows as background."""
    drawn = np.random.default_rng(0).choice(
        len(dataset.X_train), BACKGROUND, replace=False
    )
    return dataset.X_test[:EXPLAINED], dataset.X_train[drawn]


def shapley_importance(network: keras.Model, dataset: data.Dataset):
    """Mean absolute Shapley value of each feature, in the target's unit."""
    phi, _ = shapley.exact(Predictor(network), *rows_for(dataset))
    return np.abs(phi).mean(axis=0)


def permutation_importance(network: keras.Model, dataset: data.Dataset):
    """Rise of the root mean square error over ten shuffles of each feature of the held-out rows."""
    f, X, y = Predictor(network), dataset.X_test, dataset.y_test
    rng = np.random.default_rng(0)

    def rmse(rows: np.ndarray) -> float:
        return np.sqrt(np.mean((y - f(rows)) ** 2))

    rises = np.zeros((10, X.shape[1]))
    for repeat in range(10):
        order = rng.permutation(len(X))
        for column in range(X.shape[1]):
            asked = X.copy()
            asked[:, column] = X[order, column]
            rises[repeat, column] = rmse(asked) - rmse(X)
    return rises.mean(axis=0)


def true_importance(heating: data.Dataset) -> np.ndarray:
    """Mean absolute Shapley value of the formula itself, over all held-out rows."""
    _, background = rows_for(heating)
    phi, _ = data.heating_shapley(heating.X_test, background)
    return np.abs(phi).mean(axis=0)


def r2(network: keras.Model, dataset: data.Dataset) -> float:
    errors = dataset.y_test - Predictor(network)(dataset.X_test)
    return 1 - (errors**2).mean() / dataset.y_test.var()


def rank(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation."""
    return float(spearmanr(a, b).statistic)


def networks(dataset: data.Dataset) -> dict[str, list[keras.Model]]:
    """Three networks with the recipe's penalty on the weights, and three without."""
    recipe = models.RECIPES[dataset.name]
    found: dict[str, list[keras.Model]] = {"with": [], "without": []}
    for seed in SEEDS:
        for kind, change in PENALTY.items():
            wanted = recipe | change | {"seed": seed}
            found[kind].append(
                models.load(dataset.name)
                if wanted == recipe
                else models.train(dataset, **wanted)
            )
    return found


def ranks_table(
    folder: Path,
    trained: dict[str, dict[str, list[keras.Model]]],
    sets: dict[str, data.Dataset],
    numbers: dict[str, str],
) -> dict[str, list[np.ndarray]]:
    """How well each measure orders the features, on three networks of each kind.

    Returns the Shapley importance of the heating networks.
    """
    judges = {
        ("heating", "with"): ("Shapley", "permutation", "truth"),
        ("diabetes", "with"): ("Shapley", "permutation"),
        ("heating", "without"): ("Shapley", "truth"),
        ("diabetes", "without"): ("Shapley",),
    }
    lines = [
        "| network, judge | connection weights | Garson | row norms |",
        "|---|---|---|---|",
    ]
    agree = []
    of_heating: dict[str, list[np.ndarray]] = {"with": [], "without": []}
    for (name, kind), wanted in judges.items():
        dataset = sets[name]
        found: dict[str, dict[str, list[float]]] = {
            judge: {m: [] for m in MEASURES} for judge in wanted
        }
        for network in trained[name][kind]:
            sizes = from_weights(network)
            importance = {"Shapley": shapley_importance(network, dataset)}
            if name == "heating":
                of_heating[kind].append(importance["Shapley"])
            if "permutation" in wanted:
                importance["permutation"] = permutation_importance(
                    network, dataset
                )
                agree.append(
                    rank(importance["Shapley"], importance["permutation"])
                )
            if "truth" in wanted:
                importance["truth"] = true_importance(dataset)
            for judge in wanted:
                for measure in MEASURES:
                    found[judge][measure].append(
                        rank(sizes[measure], importance[judge])
                    )
        for judge in wanted:
            cells = [
                f"{plain(np.mean(v))} ({spread(v)})"
                for v in found[judge].values()
            ]
            label = (
                f"{name}{'' if kind == 'with' else ' without penalty'}, {judge}"
            )
            lines.append(f"| {label} | {' | '.join(cells)} |")
        if (name, kind) == ("diabetes", "without"):
            numbers["garson_without"] = spread(found["Shapley"]["garson"])
        numbers[f"r2_{name}_{kind}"] = (
            f"{np.mean([r2(n, dataset) for n in trained[name][kind]]):.2f}"
        )
    numbers["judges_agree"] = spread(agree)
    (folder / "ranks.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return of_heating


def heating_shares(
    folder: Path,
    heating: data.Dataset,
    network: keras.Model,
    trained: dict[str, list[keras.Model]],
    importance: dict[str, list[np.ndarray]],
    numbers: dict[str, str],
) -> None:
    """Each feature's share of the sum, by the weights and in truth."""
    sizes, truth = from_weights(network), true_importance(heating)
    in_units = weights.connection_weights(network) * heating.y_train.std()
    numbers["cw_wall"] = plain(in_units[WALL], 0)
    numbers["cw_window"] = plain(abs(in_units[WINDOW]))
    numbers["cw_window_percent"] = plain(
        100 * abs(in_units[WINDOW] / in_units[WALL]), 0
    )
    numbers["true_window_percent"] = plain(100 * truth[WINDOW] / truth[WALL], 0)
    slopes = gradients.gradient(network, heating.X_test) * heating.X_train.std(
        axis=0
    )
    numbers["slope_wall"] = plain(slopes[:, WALL].mean(), 0)
    numbers["garson_window"] = plain(share(sizes["garson"])[WINDOW], 0)
    numbers["garson_wall"] = plain(share(sizes["garson"])[WALL], 0)
    numbers["true_window"] = plain(share(truth)[WINDOW], 0)
    numbers["garson_house"] = plain(share(sizes["garson"])[HOUSE])
    for measure in MEASURES:
        found = [
            share(from_weights(n)[measure])[HOUSE] for n in trained["with"]
        ]
        numbers[f"house_{measure}"] = plain(np.mean(found))
    found = [share(values)[HOUSE] for values in importance["with"]]
    numbers["house_shapley"] = plain(np.mean(found))
    found = [share(weights.garson(n))[HOUSE] for n in trained["without"]]
    numbers["house_garson_without"] = plain(np.mean(found))
    # The chapter says so of the shipped network.
    assert sizes["garson"].argmax() == sizes["norm"].argmax() == WINDOW
    assert np.argsort(-sizes["connection"])[-2] == WINDOW
    assert np.argsort(-truth)[6] == WINDOW

    # The same network without a standardizing layer: its first kernel is divided by it.
    sd = heating.X_train.std(axis=0)
    asked = importance["with"][0]
    numbers["raw_connection"] = plain(rank(sizes["connection"] / sd, asked))
    numbers["raw_norm"] = plain(rank(sizes["norm"] / sd, asked))
    numbers["raw_altitude"] = (
        f"{(sizes['norm'] / sd)[NAMES.index('altitude')]:.3f}"
    )
    numbers["raw_window"] = plain((sizes["norm"] / sd)[WINDOW])

    order = np.argsort(truth)
    fig, ax = plt.subplots(figsize=(6, 4.9))
    y = np.arange(len(order))
    styles = {
        "connection": ("o", figures.BLUE, "connection weights"),
        "garson": ("^", figures.VERMILLION, "Garson"),
        "norm": ("s", figures.GREEN, "row norms"),
    }
    for measure, (marker, color, label) in styles.items():
        ax.plot(
            share(sizes[measure])[order],
            y + {"garson": 0.16, "norm": -0.16}.get(measure, 0),
            marker,
            color=color,
            markersize=8,
            label=label,
        )
    ax.plot(
        share(truth)[order],
        y,
        "|",
        color="black",
        markersize=20,
        markeredgewidth=3,
        label="truth",
    )
    ax.set_yticks(y, [NAMES[i] for i in order])
    ax.set_ylim(-0.6, len(order) - 0.4)
    ax.set_xlim(-0.8, None)
    ax.set_xlabel("share of the sum over all features (%)")
    ax.grid(axis="y", color="#DDDDDD", linewidth=1)
    ax.set_axisbelow(True)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(-0.32, 1),
        ncols=2,
        columnspacing=1.2,
        handletextpad=0.3,
    )
    figures.save(fig, folder / "shares.png", dpi=110)
    plt.close(fig)


# Where connection weights fail -----------------------------------------------------------------------


def bent(numbers: dict[str, str]) -> None:
    """Train on |x1| + x2 / 4, three times: what do the weights say?"""
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (1200, 2))
    y = np.abs(X[:, 0]) + X[:, 1] / 4 + rng.normal(0, 0.1, len(X))
    dataset = data.Dataset(
        name="bent",
        X_train=X[:1000],
        y_train=y[:1000],
        X_test=X[1000:],
        y_test=y[1000:],
        feature_names=("x1", "x2"),
        units=("", ""),
        target="y",
        unit="",
    )
    found = []
    for seed in SEEDS:
        network = models.train(dataset, hidden=(16,), l2=1e-3, seed=seed)
        scale = dataset.y_train.std()
        found.append(
            (
                *(weights.connection_weights(network) * scale),
                *shapley_importance(network, dataset),
                weights.garson(network)[0],
                r2(network, dataset),
            )
        )
    first, second, importance, other, garson, quality = zip(*found, strict=True)
    numbers["bent_first"] = spread(first)
    numbers["bent_second"] = plain(np.mean(second))
    numbers["bent_importance"] = plain(np.mean(importance))
    numbers["bent_other"] = plain(np.mean(other))
    numbers["bent_garson"] = spread(garson)
    numbers["bent_r2"] = f"{np.mean(quality):.2f}"


# Heat maps -------------------------------------------------------------------------------------------


def heat_maps(
    kernels: list[np.ndarray],
    path: Path,
    height: float,
    units: slice = slice(None),
    one_scale: bool = True,
) -> None:
    """Kernels of the first layer, one below the other, with one color scale or one each."""
    shown = np.arange(kernels[0].shape[1])[units]
    fig, axes = plt.subplots(
        len(kernels),
        1,
        figsize=(6, height * len(kernels) + 0.5),
        layout="constrained",
        sharex=True,
        squeeze=False,
    )
    for letter, ax, kernel in zip("abc", axes[:, 0], kernels, strict=False):
        scaled = kernels if one_scale else [kernel]
        limit = max(np.abs(k[:, units]).max() for k in scaled)
        image = ax.imshow(
            kernel[:, units],
            cmap=figures.DIVERGING,
            vmin=-limit,
            vmax=limit,
            aspect="auto",
            interpolation="none",
            extent=(shown[0] - 0.5, shown[-1] + 0.5, len(NAMES) - 0.5, -0.5),
        )
        ax.set_yticks(range(len(NAMES)), NAMES, fontsize=11)
        ax.spines[:].set_visible(True)
        if len(kernels) > 1:
            ax.set_title(letter, loc="left", fontweight="bold")
        if not one_scale:
            fig.colorbar(image, ax=ax, label="weight (per sd)", pad=0.02)
    axes[-1, 0].set_xlabel("unit of hidden_1")
    if one_scale:
        fig.colorbar(
            image,
            ax=axes[:, 0],
            label="weight (per sd)",
            aspect=16 * len(kernels),
            pad=0.02,
        )
    figures.save(fig, path, dpi=110 if len(kernels) == 1 else 90)
    plt.close(fig)


def rescaled(network: keras.Model, units: np.ndarray, c: float) -> keras.Model:
    """Multiply what goes into these units of the first layer by c, and divide what comes out."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    factor = np.ones(layers.kernel(network, "hidden_1").shape[1], np.float32)
    factor[units] = c
    first, second = copy.get_layer("hidden_1"), copy.get_layer("hidden_2")
    kernel, bias = first.get_weights()
    first.set_weights([kernel * factor, bias * factor])
    kernel, bias = second.get_weights()
    second.set_weights([kernel / factor[:, None], bias])
    return copy


def same_function(
    folder: Path,
    heating: data.Dataset,
    network: keras.Model,
    numbers: dict[str, str],
) -> None:
    """Other weights for the same function, and what the measures make of it."""
    f = Predictor(network)(heating.X_test)
    kernel = layers.kernel(network, "hidden_1")
    # The units that house_number reaches with the largest weight.
    units = np.flatnonzero(np.abs(kernel).argmax(axis=0) == HOUSE)
    numbers["units"] = str(len(units))
    lines = [
        "| `house_number` | trained | × 16 | ÷ 64 |",
        "|---|---:|---:|---:|",
    ]
    variants = [rescaled(network, units, c) for c in (1, 16, 1 / 64)]
    by_measure = [from_weights(variant) for variant in variants]
    labels = {
        "norm": "row norm, share",
        "garson": "Garson, share",
        "connection": "connection weight, share",
    }
    for measure, label in labels.items():
        cells = []
        for sizes in by_measure:
            place = 1 + int((sizes[measure] > sizes[measure][HOUSE]).sum())
            cells.append(
                f"{plain(share(sizes[measure])[HOUSE])} %, "
                f"{'1st' if place == 1 else f'{place}th'}"
            )
            assert place in (1, 10)
        lines.append(f"| {label} | {' | '.join(cells)} |")
    differences = [
        np.abs(Predictor(variant)(heating.X_test) - f).max()
        for variant in variants
    ]
    cells = [plain(d, 5) for d in differences]
    lines.append(
        f"| largest change of a prediction (kWh/m²) | {' | '.join(cells)} |"
    )
    (folder / "rescaled.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )
    # Powers of two change no digit of a binary number.
    assert max(differences) == 0
    heat_maps(
        [kernel, layers.kernel(variants[1], "hidden_1")],
        folder / "rescaled.png",
        2.5,
        units=slice(24, 56),
        one_scale=False,
    )
    # Any other factors: what is left is rounding.
    rng = np.random.default_rng(0)
    before, moves = weights.garson(network), []
    for _ in range(10):
        factors = rng.uniform(0.1, 10, 64).astype(np.float32)
        everywhere = rescaled(network, np.arange(64), factors)
        moves.append(np.abs(weights.garson(everywhere) - before).max())
    rounding = np.abs(Predictor(everywhere)(heating.X_test) - f).max()
    assert rounding < 1e-3
    numbers["garson_moves"] = spread(100 * np.array(moves), 0)


def start_of(network: keras.Model, seed: int) -> keras.Model:
    """The network before its training: the same layers, with the random weights of this seed."""
    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(network)


def training(
    folder: Path,
    trained: dict[str, list[keras.Model]],
    numbers: dict[str, str],
) -> None:
    """What is left of the random start."""
    heat_maps(
        [
            layers.kernel(one, "hidden_1")
            for one in (
                start_of(trained["with"][0], SEEDS[0]),
                trained["with"][0],
                trained["without"][0],
            )
        ],
        folder / "training.png",
        2.3,
        units=slice(32, None),
    )
    for kind, three in trained.items():
        left, similar, rest = [], [], []
        for seed, one in zip(SEEDS, three, strict=True):
            before = layers.kernel(start_of(one, seed), "hidden_1")
            after = layers.kernel(one, "hidden_1")
            norms = np.linalg.norm(after, axis=1) / np.linalg.norm(
                before, axis=1
            )
            left.append(norms[HOUSE])
            rows = [
                np.corrcoef(before[i], after[i])[0, 1]
                for i in range(len(before))
            ]
            similar.append(rows[HOUSE])
            rest.append(np.mean(rows[:HOUSE]))
        # Tenths: another processor trains a slightly different network.
        numbers[f"left_{kind}"] = plain(np.mean(left))
        numbers[f"similar_{kind}"] = plain(np.mean(similar))
        numbers[f"rest_{kind}"] = plain(np.mean(rest))


# Convolution -----------------------------------------------------------------------------------------


def convolution(folder: Path, numbers: dict[str, str]) -> None:
    """The kernels of the gauge network, sliced rightly and wrongly."""
    gauge, network = data.gauge(), models.load("gauge")
    kernel = layers.kernel(network, "conv_1")
    bias = network.get_layer("conv_1").bias.numpy()
    right = np.moveaxis(kernel[:, :, 0], 2, 0)
    wrong = kernel.reshape(16, 3, 3)
    reader = keras.Model(network.inputs, network.get_layer("conv_1").output)
    maps = reader.predict(gauge.X_test, batch_size=250, verbose=0)

    def worst(pictures: np.ndarray) -> float:
        padded = np.pad(gauge.X_test[0, :, :, 0], 1)
        differences = []
        for k, picture in enumerate(pictures):
            total = np.full((32, 32), bias[k])
            for row, column in np.ndindex(3, 3):
                part = padded[row : row + 32, column : column + 32]
                total = total + picture[row, column] * part
            by_hand = np.maximum(0, total)
            differences.append(np.abs(by_hand - maps[0, :, :, k]).max())
        return max(differences)

    numbers["conv_right"] = f"{worst(right):.4f}"
    numbers["conv_wrong"] = f"{worst(wrong):.2f}"
    numbers["conv_flipped"] = f"{worst(right[:, ::-1, ::-1]):.2f}"
    numbers["conv_largest"] = f"{maps[0].max():.2f}"
    norms = np.linalg.norm(right.reshape(16, -1), axis=1)
    # The first kernel's map is zero everywhere, and no other is, not even that of the palest kernel.
    assert maps[..., 0].max() == 0 < maps[..., 1:].max(axis=(0, 1, 2)).min()
    assert norms.argmin() != 0
    numbers["dead_norm"] = f"{norms[0]:.2f}"
    numbers["norms_low"] = f"{norms.min():.2f}"
    numbers["norms_high"] = f"{norms.max():.2f}"

    limit = np.abs(kernel).max()
    fig, axes = plt.subplots(
        4,
        9,
        figsize=(6.2, 3.9),
        layout="constrained",
        width_ratios=[1] * 4 + [0.5] + [1] * 4,
    )
    for ax in axes[:, 4]:
        ax.set_visible(False)
    for first, letter, pictures in ((0, "a", right), (5, "b", wrong)):
        half = axes[:, first : first + 4]
        half[0, 0].set_title(letter, loc="left", fontweight="bold")
        for ax, picture in zip(half.ravel(), pictures, strict=True):
            image = ax.imshow(
                picture, cmap=figures.DIVERGING, vmin=-limit, vmax=limit
            )
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(True)
    fig.colorbar(
        image,
        ax=axes,
        location="bottom",
        label="weight (per unit of brightness)",
        aspect=35,
        pad=0.03,
    )
    figures.save(fig, folder / "convolution.png", dpi=110)
    plt.close(fig)


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    warnings.filterwarnings(
        "ignore", message="Your TensorFlow version is newer"
    )
    figures.use_style()
    numbers: dict[str, str] = {}
    heating, network = data.heating(), models.load("heating")
    heat_maps([layers.kernel(network, "hidden_1")], folder / "kernel.png", 2.7)
    sets = {"heating": heating, "diabetes": data.diabetes()}
    for name in sets:
        numbers[f"l2_{name}"] = str(models.RECIPES[name]["l2"])
    trained = {name: networks(dataset) for name, dataset in sets.items()}
    numbers["explained"] = str(EXPLAINED)
    numbers["background"] = str(BACKGROUND)
    importance = ranks_table(folder, trained, sets, numbers)
    heating_shares(
        folder, heating, network, trained["heating"], importance, numbers
    )
    # Total cholesterol and ldl are strongly correlated.
    patients = sets["diabetes"]
    tc, ldl = (patients.feature_names.index(n) for n in ("tc", "ldl"))
    numbers["tc_ldl"] = (
        f"{np.corrcoef(patients.X_train[:, [tc, ldl]].T)[0, 1]:.2f}"
    )
    for kind, three in trained["diabetes"].items():
        found = [weights.connection_weights(one)[tc] for one in three]
        numbers[f"tc_{kind}"] = spread(found)
    bent(numbers)
    same_function(folder, heating, network, numbers)
    training(folder, trained["heating"], numbers)
    convolution(folder, numbers)
    plt.close("all")
    return numbers

"""The numbers, tables and figures of the chapter "Activation maps"."""

from collections.abc import Callable
from pathlib import Path

from glassbox import data, figures, layers, maps, models
from glassbox.predict import Predictor
import keras
from matplotlib.axes import Axes
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

DIALS = 200  # held-out dials on which maps are measured
FEWER = 100  # those for the settings of occlusion, which take longer
DIAL = 1  # the held-out dial in the figures
CONVOLUTIONS = ("conv_1", "conv_2", "conv_3")

# What `other_networks` printed for seeds 1 to 5. To train them takes minutes, and convolutions add up in
# another order on another computer, so that each time gives slightly other networks.
# Pointing game and relevance mass; share of maps that a ReLU leaves blank, for readings below and above 50.
OTHER_SEEDS: dict[str, dict[str, list[tuple[float, float]]]] = {
    "gauge": {
        "occlusion": [
            (0.98, 0.37),
            (0.96, 0.35),
            (0.98, 0.35),
            (0.96, 0.36),
            (0.97, 0.35),
        ],
        "HiResCAM, conv_1": [
            (0.81, 0.18),
            (0.72, 0.17),
            (0.77, 0.15),
            (0.8, 0.17),
            (0.89, 0.18),
        ],
        "HiResCAM, conv_2": [
            (0.59, 0.1),
            (0.57, 0.11),
            (0.47, 0.09),
            (0.52, 0.1),
            (0.5, 0.1),
        ],
        "HiResCAM, conv_3": [
            (0.07, 0.04),
            (0.07, 0.03),
            (0.14, 0.03),
            (0.06, 0.03),
            (0.06, 0.03),
        ],
        "Grad-CAM, conv_1": [
            (0.39, 0.03),
            (0.55, 0.04),
            (0.62, 0.03),
            (0.2, 0.02),
            (0.29, 0.03),
        ],
        "Grad-CAM, conv_2": [
            (0.58, 0.04),
            (0.03, 0.03),
            (0.57, 0.05),
            (0.64, 0.06),
            (0.42, 0.05),
        ],
        "Grad-CAM, conv_3": [
            (0.15, 0.06),
            (0.03, 0.04),
            (0.04, 0.04),
            (0.01, 0.01),
            (0.01, 0.02),
        ],
        "blank": [
            (0.95, 0.0),
            (0.97, 0.0),
            (0.0, 0.0),
            (0.05, 0.0),
            (0.21, 0.0),
        ],
    },
    "gauge_shortcut": {
        "occlusion": [
            (0.9, 0.47),
            (0.98, 0.5),
            (0.96, 0.52),
            (0.99, 0.58),
            (0.93, 0.5),
        ],
        "HiResCAM, conv_1": [
            (0.76, 0.27),
            (0.81, 0.24),
            (0.87, 0.32),
            (0.89, 0.34),
            (0.86, 0.3),
        ],
        "HiResCAM, conv_2": [
            (0.03, 0.18),
            (0.55, 0.18),
            (0.76, 0.22),
            (0.0, 0.2),
            (0.49, 0.23),
        ],
        "HiResCAM, conv_3": [
            (0.18, 0.11),
            (0.14, 0.09),
            (0.18, 0.1),
            (0.05, 0.12),
            (0.17, 0.1),
        ],
        "Grad-CAM, conv_1": [
            (0.27, 0.03),
            (0.31, 0.04),
            (0.34, 0.05),
            (0.38, 0.04),
            (0.26, 0.06),
        ],
        "Grad-CAM, conv_2": [
            (0.01, 0.01),
            (0.25, 0.02),
            (0.32, 0.04),
            (0.14, 0.03),
            (0.21, 0.03),
        ],
        "Grad-CAM, conv_3": [
            (0.11, 0.02),
            (0.02, 0.02),
            (0.0, 0.02),
            (0.08, 0.02),
            (0.0, 0.02),
        ],
        "blank": [
            (1.0, 1.0),
            (1.0, 1.0),
            (0.99, 0.69),
            (0.45, 0.02),
            (0.97, 0.73),
        ],
    },
}
# Errors, and the pointing game of Grad-CAM of conv_3, of networks with global average pooling.
POOLED = ([4.1, 2.3, 3.1], [0.0, 0.0, 0.0])


def other_networks(seeds: tuple[int, ...] = (1, 2, 3, 4, 5)) -> None:
    """Train networks from other seeds and print what stands in `OTHER_SEEDS`."""
    for shortcut in (False, True):
        images = data.gauge(shortcut=shortcut)
        X, needle, corner = explained(images)
        low = images.y_test[:DIALS] < 50
        result: dict[str, list] = {}
        for seed in seeds:
            of = methods(models.train_on_images(images, seed=seed), X)
            for name, found in ((name, of[name]()) for name in of):
                measured = measure(found, corner if shortcut else needle)
                result.setdefault(name, []).append(
                    tuple(round(float(m[0]), 2) for m in measured.values())
                )
                if name == "Grad-CAM, conv_3":
                    empty = blank(found)
                    result.setdefault("blank", []).append(
                        tuple(
                            round(float(empty[half].mean()), 2)
                            for half in (low, ~low)
                        )
                    )
        print(f"{images.name!r}: {result},")
    images = data.gauge()
    X, needle, _ = explained(images)
    pooled = [pooled_network(images, seed) for seed in range(3)]
    errors = [
        np.abs(Predictor(network)(images.X_test) - images.y_test).mean()
        for network in pooled
    ]
    points = [
        maps.pointing_game(maps.grad_cam(network, X, "conv_3"), needle)
        for network in pooled
    ]
    print(f"POOLED = {np.round(errors, 1)}, {np.round(points, 2)}")


def pooled_network(images: data.Images, seed: int) -> keras.Model:
    """Train the gauge network with global average pooling in place of its flatten layer."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(images.X_train.shape[1:])
    a = inputs
    for number, count in enumerate((16, 32, 32), start=1):
        a = keras.layers.Conv2D(
            count, 3, padding="same", activation="relu", name=f"conv_{number}"
        )(a)
        if number < 3:
            a = keras.layers.MaxPooling2D()(a)
    a = keras.layers.GlobalAveragePooling2D()(a)
    a = keras.layers.Dense(24, activation="relu")(a)
    # The package trains its own networks with this function.
    return models._fit(inputs, a, images, 25, 64, 2e-3)


def explained(images: data.Images) -> tuple[np.ndarray, ...]:
    """The dials that are explained, their needles, and the corner: (n, 32, 32, 1) and twice (n, 32, 32)."""
    needle = images.relevant_test[:DIALS]
    corner = np.zeros_like(needle)
    corner[(slice(None), *data.GAUGE_CORNER)] = True
    return images.X_test[:DIALS], needle, corner


def methods(
    network: keras.Model, X: np.ndarray
) -> dict[str, Callable[[], np.ndarray]]:
    """Each method of the chapter, as a function that gives its maps (n, 32, 32)."""
    f = Predictor(network)
    result = {"occlusion": lambda: maps.occlusion(f, X, size=3)}
    for label, method in (
        ("HiResCAM", maps.hires_cam),
        ("Grad-CAM", maps.grad_cam),
    ):
        for name in CONVOLUTIONS:
            result[f"{label}, {name}"] = lambda method=method, name=name: (
                method(network, X, name)
            )
    return result


def controls(
    network: keras.Model, X: np.ndarray, needle: np.ndarray
) -> dict[str, np.ndarray]:
    """Maps that no explanation made, and the best that a map of 8 by 8 can do: each (n, 32, 32)."""
    coarse = needle.reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4))[..., None]
    return {
        "brightness": X[..., 0],
        "feature maps, conv_1": layers.activations(network, X, "conv_1").mean(
            axis=-1
        ),
        "random": np.random.default_rng(0).normal(size=needle.shape),
        "needle, as 8 × 8": tf.image.resize(coarse, (32, 32)).numpy()[..., 0],
    }


def measure(found: np.ndarray, aim: np.ndarray) -> dict[str, tuple]:
    """Pointing game and relevance mass, each with the ends of its 95 % interval over dials."""
    hit, n = maps.pointing_game(found, aim), len(found)
    # Wilson's interval: it has a width even if all hit.
    middle = (hit + 1.92 / n) / (1 + 3.84 / n)
    half = 1.96 * np.sqrt(hit * (1 - hit) / n + 0.96 / n**2) / (1 + 3.84 / n)
    mass = maps.relevance_mass(found, aim)
    error = 1.96 * mass.std(ddof=1) / np.sqrt(n)
    return {
        "pointing": (hit, max(middle - half, 0), min(middle + half, 1)),
        "mass": (mass.mean(), mass.mean() - error, mass.mean() + error),
    }


def blank(found: np.ndarray) -> np.ndarray:
    """Which maps have nothing left if what is negative is cut off, shape (n,)."""
    return found.max(axis=(1, 2)) <= 1e-6 * np.abs(found).max()


def show(
    ax: Axes, found: np.ndarray, needle: np.ndarray, title: str, corner: bool
) -> None:
    """Draw a signed map with the outline of the needle, and of the corner; its own scale stands below."""
    limit = np.abs(found).max()
    ax.imshow(
        found / limit, cmap=figures.DIVERGING, vmin=-1, vmax=1
    ).set_rasterized(True)
    outline(ax, needle, figures.BLACK, corner)
    ax.set_title(title, fontsize=12)
    ax.set_xlabel(f"± {limit:.2g}", fontsize=12)


def outline(ax: Axes, needle: np.ndarray, color: str, corner: bool) -> None:
    ax.contour(needle, levels=[0.5], colors=color, linewidths=1)
    if corner:
        ax.add_patch(
            plt.Rectangle(
                (0.5, 0.5), 4, 4, fill=False, edgecolor=color, lw=1.5, ls="--"
            )
        )
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)


def map_figure(
    path: Path, images: data.Images, network: keras.Model, corner: bool
) -> None:
    """One dial and its maps by five methods."""
    X = images.X_test[[DIAL]]
    needle = images.relevant_test[DIAL]
    found = {
        "Grad-CAM\nconv_3": maps.grad_cam(network, X, "conv_3")[0],
        "HiResCAM\nconv_3": maps.hires_cam(network, X, "conv_3")[0],
        "Grad-CAM\nconv_1": maps.grad_cam(network, X, "conv_1")[0],
        "HiResCAM\nconv_1": maps.hires_cam(network, X, "conv_1")[0],
        "occlusion\n3 × 3": maps.occlusion(Predictor(network), X)[0],
    }
    fig, axes = plt.subplots(2, 3, figsize=(5.4, 5.3), layout="constrained")
    axes = axes.ravel()
    axes[0].imshow(X[0, ..., 0], cmap="gray", vmin=0, vmax=1)
    outline(axes[0], np.zeros_like(needle), "white", corner)
    reading = float(images.y_test[DIAL])
    axes[0].set_title("the dial\n", fontsize=12)
    axes[0].set_xlabel(f"reading {reading:.0f}", fontsize=12)
    for ax, (title, one) in zip(axes[1:], found.items(), strict=True):
        show(ax, one, needle, title, corner)
    bar = fig.colorbar(
        axes[1].images[0],
        ax=list(axes),
        location="bottom",
        shrink=0.8,
        aspect=30,
        ticks=[-1, 0, 1],
    )
    bar.ax.set_xticklabels(["lowers", "0", "raises"])
    bar.set_label("effect on the prediction (% of full scale)")
    figures.save(fig, path, dpi=100)


def feature_figure(
    path: Path, images: data.Images, network: keras.Model
) -> None:
    """Of each convolution the four feature maps that are most active for one dial, unstretched."""
    X = images.X_test[[DIAL]]
    fig, axes = plt.subplots(3, 4, figsize=(5.6, 4.6), layout="constrained")
    for name, row in zip(CONVOLUTIONS, axes, strict=True):
        a = layers.activations(network, X, name)[0]
        order = a.mean(axis=(0, 1)).argsort()[::-1][:4]
        for channel, ax in zip(order, row, strict=True):
            picture = ax.imshow(
                a[..., channel],
                cmap=figures.SEQUENTIAL,
                vmin=0,
                vmax=a[..., order].max(),
            )
            ax.set(xticks=[], yticks=[])
            ax.set_title(f"map {channel}", fontsize=11)
        row[0].set_ylabel(f"{name}\n{a.shape[0]} × {a.shape[1]}")
        fig.colorbar(picture, ax=list(row), shrink=0.85)
    figures.save(fig, path, dpi=110)


def measure_figure(
    path: Path, measured: dict[str, dict], of_controls: dict[str, dict]
) -> None:
    """Both measures of each method and control, with intervals over dials."""
    fig, ax = plt.subplots(figsize=(6, 5.4))
    rows = [*measured, *of_controls]
    names = {"occlusion": "occlusion, 3 × 3"}
    for position, row in enumerate(rows):
        at = position + 0.6 * (row in of_controls)
        for key, marker, color, shift in (
            ("pointing", "o", figures.BLUE, -0.13),
            ("mass", "s", figures.VERMILLION, 0.13),
        ):
            middle, low, high = {**measured, **of_controls}[row][key]
            ax.errorbar(
                middle,
                at + shift,
                xerr=[[max(middle - low, 0)], [max(high - middle, 0)]],
                marker=marker,
                color=color,
                markerfacecolor="white" if row in of_controls else color,
                capsize=2,
                linestyle="none",
                markersize=7,
                label={
                    "pointing": "pointing game",
                    "mass": "relevance mass",
                }[key]
                if position == 0
                else None,
            )
    ax.axhline(len(measured) - 0.2, color=figures.NEUTRAL, lw=1, ls=":")
    ax.set_yticks(
        [i + 0.6 * (row in of_controls) for i, row in enumerate(rows)],
        [names.get(row, row) for row in rows],
    )
    ax.set(xlim=(-0.03, 1.04), xlabel="share on the needle (0 to 1)")
    ax.invert_yaxis()
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.02, 1),
        ncols=2,
        columnspacing=1,
        handletextpad=0.2,
    )
    figures.save(fig, path, dpi=110)


def table(path: Path, head: str, lines: list[str]) -> None:
    """Write a table in Markdown."""
    columns = head.count("|") - 1
    rule = "|---|" + "---:|" * (columns - 1)
    path.write_text("\n".join([head, rule, *lines]) + "\n", encoding="utf-8")


def percent(share: float) -> str:
    """A share in percent, rounded as the tables round it."""
    return f"{100 * float(f'{share:.2f}'):.0f}"


def with_interval(value: tuple[float, float, float]) -> str:
    return f"{value[0]:.2f} ({value[1]:.2f} to {value[2]:.2f})"


def sums(network: keras.Model, X: np.ndarray, numbers: dict[str, str]) -> None:
    """What the maps of conv_3 add up to, before they are stretched, and what they ought to."""
    a = layers.activations(network, X, "conv_3")
    head_input = keras.Input(a.shape[1:])
    out = head_input
    for name in ("flatten", "hidden", "output", "to_units"):
        out = network.get_layer(name)(out)
    head = keras.Model(head_input, out)
    at = tf.constant(a)
    with tf.GradientTape() as tape:
        tape.watch(at)
        total = tf.reduce_sum(head(at, training=False))
    slope = tape.gradient(total, at).numpy()
    zero = float(head(np.zeros_like(a[:1]), training=False).numpy().item())
    rise = Predictor(network)(X) - zero
    hires = (slope * a).sum(axis=(1, 2, 3))
    grad = (slope.mean(axis=(1, 2), keepdims=True) * a).sum(axis=(1, 2, 3))
    numbers["zero_prediction"] = f"{zero:.1f}"
    numbers["hires_gap"] = f"{np.abs(hires - rise).max():.1f}"
    numbers["grad_gap"] = f"{np.sqrt(((grad - rise) ** 2).mean()):.0f}"
    numbers["rise_size"] = f"{np.sqrt((rise**2).mean()):.0f}"


def settings(
    folder: Path,
    f: Predictor,
    images: data.Images,
    median: np.ndarray,
    numbers: dict[str, str],
) -> None:
    """Size and fill of the patch of occlusion, on the same dials."""
    X, needle = images.X_test[:FEWER], images.relevant_test[:FEWER]
    runs = {
        "3 × 3, median": median[:FEWER],
        "5 × 5, median": maps.occlusion(f, X, size=5),
        "3 × 3, black": maps.occlusion(f, X, fill=0.0),
        "3 × 3, mean image": maps.occlusion(
            f, X, fill=images.X_train.mean(axis=0)
        ),
    }
    lines = []
    for name, found in runs.items():
        largest = np.median(np.abs(found).max(axis=(1, 2)))
        lines.append(
            f"| {name} | {maps.pointing_game(found, needle):.2f} "
            f"| {maps.relevance_mass(found, needle).mean():.2f} "
            f"| {largest:.1f} |"
        )
    table(
        folder / "settings.md",
        "| patch and fill | pointing game | relevance mass | largest change |",
        lines,
    )
    wider = tf.nn.max_pool2d(needle[..., None].astype(np.float32), 3, 1, "SAME")
    beside = maps.pointing_game(
        runs["5 × 5, median"], wider.numpy()[..., 0] > 0
    )
    numbers["beside"] = percent(beside)


def seeds_table(
    folder: Path, measured: dict[str, dict], numbers: dict[str, str]
) -> None:
    """The lowest and highest measure of this network and of those from other seeds."""
    others = OTHER_SEEDS["gauge"]
    lines = []
    for name, of in measured.items():
        both = []
        for place, key in enumerate(("pointing", "mass")):
            values = [of[key][0], *(run[place] for run in others[name])]
            both.append(f"{min(values):.2f} to {max(values):.2f}")
        lines.append(f"| {name} | {both[0]} | {both[1]} |")
    table(
        folder / "seeds.md",
        "| map | pointing game | relevance mass |",
        lines,
    )
    low, high = zip(*others["blank"], strict=True)
    numbers["blank_low_others"] = ", ".join(map(percent, sorted(low)))
    numbers["blank_high_others"] = percent(max(high))
    numbers["pooled_errors"] = " to ".join(
        f"{error:.1f}" for error in (min(POOLED[0]), max(POOLED[0]))
    )
    numbers["pooled_points"] = percent(max(POOLED[1]))
    corner = OTHER_SEEDS["gauge_shortcut"]["occlusion"]
    numbers["cheat_others_least"] = percent(min(r[0] for r in corner))
    numbers["cheat_others_most"] = percent(max(r[0] for r in corner))


def cheat(
    folder: Path,
    honest_images: data.Images,
    honest: Predictor,
    numbers: dict[str, str],
) -> None:
    """Where the network with the shortcut looks, and what happens if its corner is changed."""
    images = data.gauge(shortcut=True)
    network = models.load("gauge_shortcut")
    f = Predictor(network)
    X, needle, corner = explained(images)
    of = methods(network, X)
    covered = of["occlusion"]()
    lines = []
    for name, found in (
        ("occlusion, 3 × 3", covered),
        ("HiResCAM, conv_1", of["HiResCAM, conv_1"]()),
        ("Grad-CAM, conv_1", of["Grad-CAM, conv_1"]()),
        ("Grad-CAM, conv_3", of["Grad-CAM, conv_3"]()),
        ("brightness", X[..., 0]),
        ("random", controls(network, X, needle)["random"]),
    ):
        there = measure(found, corner)
        lines.append(
            f"| {name} | {there['pointing'][0]:.2f} | {there['mass'][0]:.2f} "
            f"| {maps.pointing_game(found, needle):.2f} |"
        )
    table(
        folder / "cheat.md",
        "| map | points to the corner | mass in the corner | points to the needle |",
        lines,
    )
    numbers["cheat_corner"] = percent(maps.pointing_game(covered, corner))
    numbers["cheat_needle"] = percent(maps.pointing_game(covered, needle))
    empty = blank(maps.grad_cam(network, X, "conv_3"))
    numbers["cheat_blank"] = percent(empty.mean())

    # A patch that is as bright as what covers it cannot be seen by covering it.
    median = np.median(X[..., 0], axis=(1, 2))
    close = np.abs(X[:, 2, 2, 0] - median) < 0.05
    numbers["hidden_dials"] = f"{close.sum()}"
    for name, which in (("hidden", close), ("seen", ~close)):
        share = maps.pointing_game(covered[which], corner[which])
        numbers[f"{name}_share"] = percent(share)

    place = (slice(None), *data.GAUGE_CORNER)
    swapped = images.X_test.copy()
    swapped[place] = images.X_test[::-1][place]
    other = images.y_test[::-1]
    scores = models.card("gauge_shortcut")["on held-out rows"]
    numbers["cheat_error"] = f"{scores['network']['mean_absolute_error']:.2f}"
    numbers["without_corner"] = (
        f"{scores['without the corner']['mean_absolute_error']:.1f}"
    )
    numbers["guess_error"] = f"{np.abs(images.y_test - 50).mean():.0f}"
    numbers["from_needle"] = f"{np.abs(f(swapped) - images.y_test).mean():.1f}"
    numbers["from_corner"] = f"{np.abs(f(swapped) - other).mean():.1f}"
    bare = f(honest_images.X_test)
    numbers["bare_prediction"] = f"{bare.mean():.0f}"
    face = honest_images.X_test[place].mean(axis=(1, 2, 3))
    numbers["bare_face"] = f"{face.mean():.2f}"
    numbers["honest_with_corner"] = (
        f"{np.abs(honest(swapped) - images.y_test).mean():.1f}"
    )

    fig, ax = plt.subplots(figsize=(5.6, 4.4))
    ax.plot([0, 100], [0, 100], color=figures.NEUTRAL, lw=1)
    shown = slice(0, DIALS)
    ax.plot(images.y_test[shown], f(swapped[shown]), "o", color=figures.BLUE, markersize=4,
            markerfacecolor="none", label="the needle")  # fmt: skip
    ax.plot(other[shown], f(swapped[shown]), "^", color=figures.VERMILLION, markersize=4.5,
            label="the corner")  # fmt: skip
    ax.set(
        xlabel="reading that is shown (% of full scale)",
        ylabel="prediction (% of full scale)",
    )
    ax.legend(
        title="shown by",
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=2,
        handletextpad=0.2,
    )
    figures.save(fig, folder / "proof.png", dpi=110)
    map_figure(folder / "cheat.png", images, network, corner=True)


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    figures.use_style()
    images, network = data.gauge(), models.load("gauge")
    f = Predictor(network)
    X, needle, _ = explained(images)
    y = images.y_test[:DIALS]
    scores = models.card("gauge")["on held-out rows"]["network"]
    numbers = {
        "error": f"{scores['mean_absolute_error']:.2f}",
        "needle_share": f"{100 * needle.mean():.1f}",
        "dials": f"{DIALS}",
        "fewer": f"{FEWER}",
        "dial_prediction": f"{f(images.X_test[[DIAL]])[0]:.1f}",
    }
    found = {name: of() for name, of in methods(network, X).items()}
    measured = {name: measure(m, needle) for name, m in found.items()}
    of_controls = {
        name: measure(m, needle)
        for name, m in controls(network, X, needle).items()
    }
    table(
        folder / "measures.md",
        "| map | pointing game | relevance mass |",
        [
            f"| {name} | {with_interval(m['pointing'])} | {with_interval(m['mass'])} |"
            for name, m in (measured | of_controls).items()
        ],
    )
    measure_figure(folder / "measures.png", measured, of_controls)
    seeds_table(folder, measured, numbers)
    everything = measured | of_controls
    for key, name in (
        ("occlusion", "occlusion"),
        ("hires_1", "HiResCAM, conv_1"),
        ("hires_3", "HiResCAM, conv_3"),
        ("grad_1", "Grad-CAM, conv_1"),
        ("grad_3", "Grad-CAM, conv_3"),
        ("bright", "brightness"),
        ("random", "random"),
        ("best_8", "needle, as 8 × 8"),
        ("features", "feature maps, conv_1"),
    ):
        numbers[f"{key}_points"] = percent(everything[name]["pointing"][0])
    for key, name in (
        ("occlusion", "occlusion"),
        ("hires_1", "HiResCAM, conv_1"),
        ("bright", "brightness"),
    ):
        numbers[f"{key}_mass"] = f"{everything[name]['mass'][0]:.2f}"
    # A position of conv_3 stands for 4 pixels and reads 18 around their middle.
    wide = tf.nn.max_pool2d(
        tf.pad(
            needle[..., None].astype(np.float32),
            [[0, 0], [7, 7], [7, 7], [0, 0]],
        ),
        18,
        4,
        "VALID",
    )
    numbers["seen_by"] = percent(float(wide.numpy().mean()))

    empty = blank(found["Grad-CAM, conv_3"])
    numbers["blank_low"] = percent(empty[y < 50].mean())
    numbers["blank_high"] = percent(empty[y >= 50].mean())
    peak = found["occlusion"].reshape(DIALS, -1)
    peak = peak[np.arange(DIALS), np.abs(peak).argmax(axis=1)]
    numbers["lowers_low"] = percent((peak < 0)[y < 40].mean())
    numbers["raises_high"] = percent((peak > 0)[y >= 60].mean())
    sums(network, X, numbers)
    settings(folder, f, images, found["occlusion"], numbers)
    feature_figure(folder / "features.png", images, network)
    map_figure(folder / "maps.png", images, network, corner=False)
    cheat(folder, images, f, numbers)
    plt.close("all")
    return numbers


if __name__ == "__main__":
    other_networks()

"""The numbers, tables and figures of the chapter "Activation maps"."""

from collections.abc import Callable
import json
from pathlib import Path
import sys

from glassbox import data, figures, layers, maps, models
from glassbox.predict import Predictor
import keras
from matplotlib.axes import Axes
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

DIALS = 200  # held-out dials on which maps are measured
FEWER = 50  # those for the settings of occlusion, which take longer
DIAL = 1  # the held-out dial in the figures
CONVOLUTIONS = ("conv_1", "conv_2", "conv_3")

# Networks like these from other seeds. To train and measure them takes about 12 minutes on two cores, so it
# is done once, by `python book/inside/activation_maps.py`, which writes this file; `compute` reads it.
# Convolutions add up in another order with another number of cores, so that each computer gives slightly
# other networks.
SEEDS = (1, 2, 3, 4, 5)
RECORD = Path(__file__).with_suffix("") / "bench.json"
KINDS = ("gauge", "gauge_shortcut", "pooled")


def other_networks(seeds: tuple[int, ...]) -> dict[str, dict[str, dict]]:
    """Train networks from other seeds and measure their maps: for each kind and each seed, what `record` says."""
    result: dict[str, dict[str, dict]] = {kind: {} for kind in KINDS}
    for kind in KINDS:
        images = data.gauge(shortcut=kind == "gauge_shortcut")
        train = pooled_network if kind == "pooled" else models.train_on_images
        for seed in seeds:
            network = train(images, seed=seed)
            result[kind][str(seed)] = record(network, images)
            print(kind, seed, result[kind][str(seed)], flush=True)
    return result


def record(network: keras.Model, images: data.Images) -> dict:
    """Error, measures of each map, blank maps and sums of one network, rounded."""
    X, needle, corner = explained(images)
    aim = corner if images.name == "gauge_shortcut" else needle
    low = images.y_test[:DIALS] < 50
    found = {name: of() for name, of in methods(network, X).items()}
    empty = blank(found["Grad-CAM, conv_3"])
    return {
        "error": rounded(
            np.abs(Predictor(network)(images.X_test) - images.y_test).mean()
        ),
        "maps": {
            name: [rounded(m[0]) for m in measure(maps_of, aim).values()]
            for name, maps_of in found.items()
        },
        "blank": [rounded(empty[low].mean()), rounded(empty[~low].mean())],
        "sums": {key: rounded(v) for key, v in sums(network, X).items()},
    }


def rounded(value: float) -> float:
    return round(float(value), 4)


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
    standardized = keras.layers.Dense(1)(a)
    X, y = images.X_train, images.y_train
    outputs = keras.layers.Rescaling(y.std(), y.mean())(standardized)

    # Trained as the package trains its own: 25 epochs in batches of 64, a rate that falls to zero.
    network = keras.Model(inputs, standardized)
    steps = 25 * int(np.ceil(len(X) / 64))
    rate = keras.optimizers.schedules.CosineDecay(2e-3, decay_steps=steps)
    network.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    network.fit(
        X, (y - y.mean()) / y.std(), epochs=25, batch_size=64, verbose=0
    )
    return keras.Model(inputs, outputs)


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
    """Maps that no explanation made, and the needle as occlusion and as conv_3 can draw it: each (n, 32, 32)."""
    coarse = needle.reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4))[..., None]
    blurred = tf.nn.avg_pool2d(
        needle[..., None].astype(np.float32), 3, 1, "SAME"
    )
    return {
        "brightness": X[..., 0],
        "feature maps, conv_1": layers.activations(network, X, "conv_1").mean(
            axis=-1
        ),
        "random": np.random.default_rng(0).normal(size=needle.shape),
        "needle, blurred 3 × 3": blurred.numpy()[..., 0],
        "needle, as 8 × 8": tf.image.resize(coarse, (32, 32)).numpy()[..., 0],
    }


def widen(aim: np.ndarray) -> np.ndarray:
    """The same pixels and those that touch them, (n, 32, 32)."""
    wide = tf.nn.max_pool2d(aim[..., None].astype(np.float32), 3, 1, "SAME")
    return wide.numpy()[..., 0] > 0


def measure(found: np.ndarray, aim: np.ndarray) -> dict[str, tuple]:
    """Pointing game without and with a margin of one pixel, and relevance mass; each with the ends of its 95 %
    interval over dials."""
    n, result = len(found), {}
    for key, pixels in (("pointing", aim), ("margin", widen(aim))):
        hit = maps.pointing_game(found, pixels)
        # Wilson's interval: it has a width even if all hit.
        middle = (hit + 1.92 / n) / (1 + 3.84 / n)
        half = np.sqrt(hit * (1 - hit) / n + 0.96 / n**2)
        half *= 1.96 / (1 + 3.84 / n)
        result[key] = (hit, max(middle - half, 0), min(middle + half, 1))
    mass = maps.relevance_mass(found, aim)
    error = 1.96 * mass.std(ddof=1) / np.sqrt(n)
    result["mass"] = (mass.mean(), mass.mean() - error, mass.mean() + error)
    return result


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
    """The measures of each method and control, with intervals over dials."""
    fig, ax = plt.subplots(figsize=(6, 6.2))
    rows = [*measured, *of_controls]
    names = {"occlusion": "occlusion, 3 × 3"}
    for position, row in enumerate(rows):
        at = position + 0.6 * (row in of_controls)
        for key, marker, color, shift in (
            ("pointing", "o", figures.BLUE, -0.22),
            ("margin", "^", figures.GREEN, 0.0),
            ("mass", "s", figures.VERMILLION, 0.22),
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
                    "pointing": "points at it",
                    "margin": "with a margin",
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
        ncols=3,
        columnspacing=0.8,
        handletextpad=0.1,
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


def sums(network: keras.Model, X: np.ndarray) -> dict[str, float]:
    """What the maps of conv_3 add up to, before they are stretched, and what they ought to."""
    a = layers.activations(network, X, "conv_3")
    names = [layer.name for layer in network.layers]
    start = out = keras.Input(a.shape[1:])
    for layer in network.layers[names.index("conv_3") + 1 :]:
        out = layer(out)
    head, at = keras.Model(start, out), tf.constant(a)
    with tf.GradientTape() as tape:
        tape.watch(at)
        total = tf.reduce_sum(head(at, training=False))
    slope = tape.gradient(total, at).numpy()
    zero = float(head(np.zeros_like(a[:1]), training=False).numpy().item())
    rise = Predictor(network)(X) - zero
    hires = (slope * a).sum(axis=(1, 2, 3)) - rise
    grad = (slope.mean(axis=(1, 2), keepdims=True) * a).sum(axis=(1, 2, 3))
    return {
        "at zero": zero,
        "rise": np.sqrt((rise**2).mean()),
        "HiResCAM": np.sqrt((hires**2).mean()),
        "Grad-CAM": np.sqrt(((grad - rise) ** 2).mean()),
    }


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
    beside = maps.pointing_game(runs["5 × 5, median"], widen(needle))
    numbers["beside"] = percent(beside)


def measures_table(
    folder: Path,
    measured: dict[str, dict],
    of_controls: dict[str, dict],
    others: list[dict],
) -> None:
    """Each measure of this network, and the lowest and highest of all networks."""
    lines = []
    for name, of in measured.items():
        cells = []
        for place, key in enumerate(("pointing", "margin", "mass")):
            values = [of[key][0], *(o["maps"][name][place] for o in others)]
            cells.append(
                f"{of[key][0]:.2f} ({min(values):.2f} to {max(values):.2f})"
            )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for name, of in of_controls.items():
        cells = [f"{of[key][0]:.2f}" for key in ("pointing", "margin", "mass")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    table(
        folder / "measures.md",
        "| map | points at it | with a margin | mass |",
        lines,
    )


def other_seeds(numbers: dict[str, str]) -> dict[str, list[dict]]:
    """What `RECORD` says of networks from other seeds."""
    others = {
        kind: list(of.values())
        for kind, of in json.loads(RECORD.read_text(encoding="utf-8")).items()
    }
    low, high = zip(*(o["blank"] for o in others["gauge"]), strict=True)
    numbers["blank_low_others"] = ", ".join(map(percent, sorted(low)))
    numbers["blank_high_others"] = percent(max(high))
    pooled = others["pooled"]
    errors = [o["error"] for o in pooled]
    numbers["pooled_errors"] = f"{min(errors):.1f} to {max(errors):.1f}"
    last = "Grad-CAM, conv_3"
    # With the margin.
    numbers["pooled_points"] = percent(max(o["maps"][last][1] for o in pooled))
    gap = max(o["sums"]["Grad-CAM"] for o in pooled)
    numbers["pooled_gap"] = f"{gap:.1f}"
    corner = [o["maps"]["occlusion"][0] for o in others["gauge_shortcut"]]
    numbers["cheat_others_least"] = percent(min(corner))
    numbers["cheat_others_most"] = percent(max(corner))
    return others


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
    others = other_seeds(numbers)["gauge"]
    found = {name: of() for name, of in methods(network, X).items()}
    measured = {name: measure(m, needle) for name, m in found.items()}
    of_controls = {
        name: measure(m, needle)
        for name, m in controls(network, X, needle).items()
    }
    measures_table(folder, measured, of_controls, others)
    measure_figure(folder / "measures.png", measured, of_controls)
    everything = measured | of_controls
    for key, name, measures in (
        ("occlusion", "occlusion", ("pointing", "mass")),
        ("hires_1", "HiResCAM, conv_1", ("mass",)),
        ("hires_3", "HiResCAM, conv_3", ("pointing", "margin", "mass")),
        ("grad_1", "Grad-CAM, conv_1", ("pointing", "margin", "mass")),
        ("grad_3", "Grad-CAM, conv_3", ("pointing", "margin")),
        ("bright", "brightness", ("pointing", "mass")),
        ("random", "random", ("pointing", "margin")),
        ("best_8", "needle, as 8 × 8", ("pointing", "mass")),
        ("best_3", "needle, blurred 3 × 3", ("mass",)),
        ("features", "feature maps, conv_1", ("pointing",)),
    ):
        for which in measures:
            value = everything[name][which][0]
            numbers[f"{key}_{which}"] = (
                f"{value:.2f}" if which == "mass" else percent(value)
            )
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
    total = sums(network, X)
    numbers["zero_prediction"] = f"{total['at zero']:.1f}"
    numbers["hires_gap"] = f"{total['HiResCAM']:.1f}"
    numbers["grad_gap"] = f"{total['Grad-CAM']:.0f}"
    numbers["rise_size"] = f"{total['rise']:.0f}"
    settings(folder, f, images, found["occlusion"], numbers)
    feature_figure(folder / "features.png", images, network)
    map_figure(folder / "maps.png", images, network, corner=False)
    cheat(folder, images, f, numbers)
    plt.close("all")
    return numbers


if __name__ == "__main__":
    # With seeds behind the command it only prints what they give.

    recorded = other_networks(tuple(map(int, sys.argv[1:])) or SEEDS)
    if not sys.argv[1:]:
        RECORD.write_text(json.dumps(recorded, indent=1) + "\n")

"""The numbers, tables and figures of the chapter "Does the map know the network?"."""

from dataclasses import replace
import json
from pathlib import Path

from glassbox import data, figures, gradients, layers, maps, measures, models
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage
from scipy.stats import rankdata
import tensorflow as tf

DIALS = 12  # held-out dials in the randomization check
MORE = 32  # those for localization and deletion, which need one network
SEEDS = (0, 1, 2)  # of the weights that are drawn anew
POINTS = 8  # on the way of integrated gradients
LOTTERY = 10  # seeds for the output layer alone
DIAL = 1  # the held-out dial in the gallery
REMOVED = 25  # pixels that deletion takes away: about as many as a needle has
# More twins, and networks that learned other dials by heart. To train them takes about four minutes on two
# cores, so it is done once, by `python book/trust/randomization.py`, which writes this file; `compute` reads it.
TWINS, SHUFFLED = (2, 3, 4), (2, 5)  # seeds
RECORD = Path(__file__).with_suffix("") / "bench.json"
CASCADE = ("output", "hidden", "conv_3", "conv_2", "conv_1")
STEPS = ("hidden", "conv_3", "conv_2", "conv_1")  # the last one of each step

LINES = {
    "gradient": (figures.BLUE, "o", "-"),
    "gradient × image": (figures.SKY, "s", "-"),
    "integrated, mean image": (figures.GREEN, "^", "-"),
    "Grad-CAM, conv_3": (figures.PURPLE, "D", "--"),
    "occlusion": (figures.BLACK, "v", "--"),
    "Guided Backprop": (figures.VERMILLION, "P", ":"),
}

# Occlusion takes most of the time, so that the figure has it at the ends of the cascade only.
QUICK = [name for name in LINES if name != "occlusion"]


@tf.custom_gradient
def guided_relu(x):
    """ReLU forward; backward it lets only positive slopes through."""

    def back(slope):
        return tf.where((x > 0) & (slope > 0), slope, 0.0)

    return tf.nn.relu(x), back


def guided_backprop(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Gradient of the prediction, with what is negative dropped at each ReLU (Springenberg et al. 2015)."""
    guided = keras.models.clone_model(model)
    guided.set_weights(model.get_weights())
    for layer in guided.layers:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = guided_relu
    return gradients.gradient(guided, images)


def explain(
    model: keras.Model, X: np.ndarray, mean: np.ndarray, names=None
) -> dict[str, np.ndarray]:
    """Maps (n, 32, 32) of the methods with these names, or of all."""
    methods = {
        "gradient": lambda: gradients.gradient(model, X),
        "SmoothGrad": lambda: gradients.smoothgrad(model, X, 0.1, 10),
        "gradient × image": lambda: gradients.gradient_times_input(model, X),
        "integrated, black": lambda: gradients.integrated_gradients(
            model, X, 0.0, POINTS
        ),
        "integrated, mean image": lambda: gradients.integrated_gradients(
            model, X, mean, POINTS
        ),
        "Grad-CAM, conv_3": lambda: maps.grad_cam(model, X, "conv_3"),
        "HiResCAM, conv_1": lambda: maps.hires_cam(model, X, "conv_1"),
        "occlusion": lambda: maps.occlusion(Predictor(model), X),
        "Guided Backprop": lambda: guided_backprop(model, X),
    }
    return {
        name: np.reshape(method(), X.shape[:3]).astype(float)
        for name, method in methods.items()
        if names is None or name in names
    }


# Similarity of two maps ---------------------------------------------------------------------------


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Rank correlation of the rows of two tables, (n,); nan where one is constant."""
    a, b = rankdata(a, axis=1), rankdata(b, axis=1)
    a, b = (r - r.mean(axis=1, keepdims=True) for r in (a, b))
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide(
        (a * b).sum(axis=1), size, out=np.full(len(a), np.nan), where=size > 0
    )


def to_one(found: np.ndarray) -> np.ndarray:
    """Each map divided by its largest absolute value; a blank one stays blank."""
    most = np.abs(found).max(axis=(1, 2), keepdims=True)
    return np.divide(found, most, out=np.zeros_like(found), where=most > 0)


def ssim(a: np.ndarray, b: np.ndarray, top: float) -> np.ndarray:
    """Structural similarity of maps whose values span `top`."""
    a, b = (tf.constant(m[..., None], tf.float32) for m in (a, b))
    return tf.image.ssim(a, b, max_val=top).numpy().astype(float)


def compare(
    a: np.ndarray, b: np.ndarray, needle: np.ndarray
) -> dict[str, np.ndarray]:
    """Rank correlations of the maps, one a dial; nan where one of the two maps is blank."""
    flat = a.reshape(len(a), -1), b.reshape(len(b), -1)
    return {
        "signed": correlation(*flat),
        "absolute": correlation(*map(np.abs, flat)),
        "needle": on(a, b, needle),
    }


def on(a: np.ndarray, b: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Rank correlation over these pixels, one a dial."""
    return np.array(
        [
            correlation(p[k][None], q[k][None])[0]
            for p, q, k in zip(a, b, pixels, strict=True)
        ]
    )


def structure(
    a: np.ndarray, b: np.ndarray, *others: str
) -> dict[str, np.ndarray]:
    """SSIM with signs and after other ways of scaling, one a dial; nan where one of the two maps is blank."""
    blank = (np.ptp(a, axis=(1, 2)) == 0) | (np.ptp(b, axis=(1, 2)) == 0)
    ways = {
        "signed": (lambda m: m, 2),
        "absolute": (np.abs, 1),
        "moved": (lambda m: (m + 1) / 2, 1),
    }
    a, b = to_one(a), to_one(b)
    result = {}
    for key in ("signed", *others):
        scale, top = ways[key]
        result[key] = np.where(blank, np.nan, ssim(scale(a), scale(b), top))
    return result


def summary(values: np.ndarray) -> tuple[float, float, float, float]:
    """(seeds, dials) -> mean; half of the 95 % interval over dials; lowest and highest mean of a seed."""
    values = np.atleast_2d(values)
    seen = ~np.isnan(values).all(axis=0)
    of_dial = np.nanmean(values[:, seen], axis=0)
    of_seed = np.nanmean(values, axis=1)
    half = 1.96 * of_dial.std(ddof=1) / np.sqrt(len(of_dial))
    return of_dial.mean(), half, of_seed.min(), of_seed.max()


# Text ---------------------------------------------------------------------------------------------


def plain(value: float, digits: int = 2) -> str:
    """A rounded number with a true minus sign, and without minus zero."""
    text = f"{round(float(value), digits) + 0.0:.{digits}f}"
    return text.replace("-", "−")


def middle(values: np.ndarray) -> str:
    return plain(summary(values)[0])


def with_interval(values: np.ndarray) -> str:
    mean, half, _, _ = summary(values)
    return f"{plain(mean)} ± {plain(half)}"


def span(values: np.ndarray) -> str:
    """From the lowest to the highest, or one number if both print the same."""
    ends = plain(min(values)), plain(max(values))
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def table(path: Path, head: str, lines: list[str]) -> None:
    columns = head.count("|") - 1
    rule = "|---|" + "---:|" * (columns - 1)
    path.write_text("\n".join([head, rule, *lines]) + "\n", encoding="utf-8")


# Figures ------------------------------------------------------------------------------------------


def two_digits(value: float) -> str:
    """As 110, 5.8 or 0.014."""
    return f"{value:.{max(0, 1 - int(np.floor(np.log10(value))))}f}"


def gallery(path: Path, shown: dict[str, dict]) -> None:
    """Rows: methods. Columns: networks. Each map has its own scale, whose end stands below it."""
    colors = plt.get_cmap(figures.DIVERGING, 21)
    labels = {
        "gradient × image": "gradient\n× image",
        "integrated, mean image": "integrated\ngradients",
        "Grad-CAM, conv_3": "Grad-CAM",
        "Guided Backprop": "Guided\nBackprop",
    }
    fig, axes = plt.subplots(
        len(LINES), len(shown), figsize=(5.4, 9.4), layout="constrained"
    )
    for column, (title, found) in enumerate(shown.items()):
        for row, name in enumerate(LINES):
            ax, one = axes[row, column], found[name][DIAL]
            most = np.abs(one).max()
            drawn = ax.imshow(
                one / most,
                cmap=colors,
                vmin=-1,
                vmax=1,
                interpolation="nearest",
            )
            ax.set(xticks=[], yticks=[])
            ax.set_xlabel(f"± {two_digits(most)}", fontsize=11, labelpad=2)
            if row == 0:
                ax.set_title(title, fontsize=12)
            if column == 0:
                ax.set_ylabel(labels.get(name, name), fontsize=12)
    bar = fig.colorbar(
        drawn,
        ax=list(axes.ravel()),
        location="bottom",
        shrink=0.7,
        aspect=30,
        ticks=[-1, 0, 1],
    )
    bar.ax.set_xticklabels(["lowers", "0", "raises"])
    figures.save(fig, path, dpi=100)
    plt.close(fig)


def curves(path: Path, similar: dict, rulers: dict, noise: dict) -> None:
    """Similarity to the map of the trained network, against how much is random; rulers on the right."""
    fig, axes = plt.subplots(
        2, 1, figsize=(5.6, 6.4), sharex=True, layout="constrained"
    )
    panels = {
        "needle": "with signs, on the needle",
        "absolute": "without signs, whole image",
    }
    ticks = ["trained", "top two", *(f"+ {s}" for s in STEPS[1:])]
    ticks += list(rulers)
    for ax, (key, title) in zip(axes, panels.items(), strict=True):
        for shift, (name, (color, marker, line)) in enumerate(LINES.items()):
            off = 0.07 * (shift - 2.5)
            there = [s for s in STEPS if name in similar[s]]
            x = np.array([0, *(1 + STEPS.index(s) for s in there)])
            y = [(1, 0)] + [summary(similar[s][name][key])[:2] for s in there]
            mean, half = np.array(y).T
            style = {"color": color, "marker": marker, "ms": 7, "capsize": 2}
            ax.errorbar(
                x + off, mean, half, ls=line, lw=1.5, label=name, **style
            )
            for at, step in zip(x[1:], there, strict=True):
                of_seed = np.nanmean(similar[step][name][key], axis=1)
                ax.plot(
                    np.full(len(of_seed), at + off), of_seed, "_", color=color
                )
            for at, other in enumerate(rulers.values(), start=len(STEPS) + 1):
                mean, half = summary(other[name][key])[:2]
                ax.errorbar(
                    at + off, mean, half, ls="", mfc="white", lw=1.5, **style
                )
        ax.axhline(0, color=figures.NEUTRAL, lw=1)
        ax.axvline(4.5, color=figures.NEUTRAL, lw=1, ls=":")
        level = summary(noise[key])[0]
        ax.axhline(level, color=figures.ORANGE, lw=2, ls="-.", zorder=0)
        ax.set_title(title, loc="left")
        ax.set(ylabel="rank correlation", ylim=(-0.65, 1.05))
    axes[-1].set_xticks(range(len(ticks)), ticks, rotation=40, ha="right")
    axes[0].plot(
        [], [], color=figures.ORANGE, lw=2, ls="-.", label="noise × picture"
    )
    axes[0].legend(
        loc="lower left",
        bbox_to_anchor=(-0.12, 1.12),
        ncols=2,
        columnspacing=1,
        handlelength=2.6,
    )
    figures.save(fig, path, dpi=100)
    plt.close(fig)


# The chapter --------------------------------------------------------------------------------------


def wilson(hit: float, n: int) -> str:
    """95 % interval of a share; it has a width even if all hit."""
    center = (hit + 1.92 / n) / (1 + 3.84 / n)
    half = 1.96 * np.sqrt(hit * (1 - hit) / n + 0.96 / n**2) / (1 + 3.84 / n)
    return span((max(center - half, 0), min(center + half, 1)))


def lottery(
    model: keras.Model, X: np.ndarray, needle: np.ndarray
) -> dict[str, str]:
    """How similar the gradient stays if only the output layer is drawn anew: it depends on the seed."""
    trained = gradients.gradient(model, X)[..., 0]
    means = []
    for seed in range(LOTTERY):
        other = layers.randomized(model, ["output"], seed)
        found = gradients.gradient(other, X)[..., 0]
        means.append(on(trained, found, needle).mean())
    return {"lottery": span(means), "lottery_seeds": str(LOTTERY)}


def deletion(
    f: Predictor,
    X: np.ndarray,
    orders: dict[str, np.ndarray],
    mean: np.ndarray,
    spread: float,
) -> dict[str, np.ndarray]:
    """How far the prediction moves without the strongest pixels, as a share of the spread, one a dial."""

    def prediction(rows: np.ndarray) -> np.ndarray:
        return f(rows.reshape(-1, *X.shape[1:]))

    flat = X.reshape(len(X), -1)
    return {
        name: measures.deletion_curve(
            prediction,
            flat,
            order.reshape(flat.shape),
            mean.reshape(1, -1),
            counts=[REMOVED],
        )[:, 0]
        / spread
        for name, order in orders.items()
    }


def cascade(
    model: keras.Model,
    X: np.ndarray,
    needle: np.ndarray,
    mean: np.ndarray,
    trained: dict[str, np.ndarray],
) -> tuple[dict, dict, dict, dict]:
    """Forget from the output down.

    Returns `similar[step][method][key]` of shape (seeds, dials), and SSIM in the same form; the relevance mass
    `[method]` when all layers are random; and the maps for the gallery.
    """
    similar, alike, mass, shown = {}, {}, {}, {}
    titles = {"hidden": "top two\nrandom", "conv_1": "all\nrandom"}
    for step in STEPS:
        names = CASCADE[: CASCADE.index(step) + 1]
        ends = step in titles
        runs = []
        for seed in SEEDS:
            other = layers.randomized(model, names, seed)
            runs.append(explain(other, X, mean, None if ends else QUICK))
        similar[step] = stack(
            [
                {m: compare(trained[m], one, needle) for m, one in of.items()}
                for of in runs
            ]
        )
        if not ends:
            continue
        shown[titles[step]] = runs[0]
        others = () if step == "hidden" else ("absolute", "moved")
        alike[step] = stack(
            [
                {
                    m: structure(trained[m], one, *others)
                    for m, one in of.items()
                }
                for of in runs
            ]
        )
        mass = {
            m: np.stack([maps.relevance_mass(of[m], needle) for of in runs])
            for m in trained
        }
    return similar, alike, mass, shown


def other_network(
    X: np.ndarray, needle: np.ndarray, mean: np.ndarray
) -> dict[str, str]:
    """The same check of the twin: are the findings those of one network?"""
    methods = {"ig": "integrated, mean image", "guided": "Guided Backprop"}
    twin = models.load("gauge_twin")
    base = explain(twin, X, mean, methods.values())
    numbers = {}
    for step, names in (("hidden", CASCADE[:2]), ("all", CASCADE)):
        runs = [
            explain(
                layers.randomized(twin, names, seed), X, mean, methods.values()
            )
            for seed in SEEDS
        ]
        for key, m in methods.items():
            values = np.stack([on(base[m], run[m], needle) for run in runs])
            numbers[f"twin_{key}_{step}"] = middle(values)
    return numbers


def other_trainings() -> dict:
    """What more twins and more shuffled networks say: means over the dials of the chapter."""
    dials, model = data.gauge(), models.load("gauge")
    X, needle = dials.X_test[:DIALS], dials.relevant_test[:DIALS]
    mean = dials.X_train.mean(axis=0)
    trained = explain(model, X, mean, LINES)

    def alike(other: keras.Model) -> dict:
        found = explain(other, X, mean, LINES)
        both = {m: compare(trained[m], found[m], needle) for m in LINES}
        guided = structure(trained["Guided Backprop"], found["Guided Backprop"])
        return {
            "needle": {m: summary(v["needle"])[0] for m, v in both.items()},
            "signed": {m: summary(v["signed"])[0] for m, v in both.items()},
            "guided_ssim": summary(guided["signed"])[0],
        }

    def blank(other: keras.Model) -> float:
        found = guided_backprop(other, dials.X_test)
        return float((np.abs(found).max(axis=(1, 2, 3)) == 0).mean())

    twins = []
    for seed in TWINS:
        recipe = models.RECIPES["gauge"] | {"seed": seed}
        twin = models.train_on_images(dials, **recipe)
        score = models.held_out(twin, dials)["network"]
        twins.append(
            {"seed": seed, **score, "blank": blank(twin), **alike(twin)}
        )
    rows, learners = slice(models.PERMUTED, 2 * models.PERMUTED), []
    for seed in SHUFFLED:
        targets = np.random.default_rng(seed).permutation(dials.y_train[rows])
        shuffled = replace(dials, X_train=dials.X_train[rows], y_train=targets)
        recipe = models.RECIPES["gauge_permuted"] | {"seed": seed}
        learner = models.train_on_images(shuffled, **recipe)
        learned = Predictor(learner)(shuffled.X_train)
        score = models.quality(learned, targets)
        learners.append({"seed": seed, **score, **alike(learner)})
    return {"twins": twins, "shuffled": learners}


def recorded(twin: dict, blank: float) -> dict[str, str]:
    """The numbers of `RECORD`, with those of the shipped twin."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    by_method = {
        m: [
            summary(twin[m]["needle"])[0],
            *(one["needle"][m] for one in record["twins"]),
        ]
        for m in LINES
    }
    cam = sorted(by_method["Grad-CAM, conv_3"])
    shares = [100 * one["blank"] for one in record["twins"]] + [blank]
    shuffled = record["shuffled"]
    return {
        "twins": str(len(shares)),
        "twins_gradient": span(by_method["gradient"]),
        "twins_ig": span(by_method["integrated, mean image"]),
        "twins_guided": span(by_method["Guided Backprop"]),
        "twins_cam": plain(cam[-1]),
        "twins_cam_rest": span(cam[:-1]),
        "twins_blank": f"{min(shares):.0f} to {max(shares):.0f}",
        "again": str(len(shuffled)),
        "again_most": plain(
            max(
                abs(one["needle"][m])
                for one in shuffled
                for m in ("gradient", "integrated, mean image", "occlusion")
            )
        ),
        "again_guided": span(
            [s["signed"]["Guided Backprop"] for s in shuffled]
        ),
        "again_guided_ssim": span([s["guided_ssim"] for s in shuffled]),
    }


def stack(runs: list[dict]) -> dict:
    """One dictionary [method][key] of (seeds, dials) from one for each seed."""
    return {
        m: {key: np.stack([run[m][key] for run in runs]) for key in runs[0][m]}
        for m in runs[0]
    }


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    figures.use_style()
    dials, model = data.gauge(), models.load("gauge")
    mean = dials.X_train.mean(axis=0)
    many, many_needle = dials.X_test[:MORE], dials.relevant_test[:MORE]
    X, needle = many[:DIALS], many_needle[:DIALS]
    everything = explain(model, many, mean)
    trained = {name: found[:DIALS] for name, found in everything.items()}
    # Its noise depends on the number of dials, so that it needs the same number as what it is compared with.
    trained |= explain(model, X, mean, ["SmoothGrad"])

    similar, alike, floor, forgot = cascade(model, X, needle, mean, trained)
    rulers = {}
    shown = {"trained": trained} | forgot
    for title, name in (
        ("permuted targets", "gauge_permuted"),
        ("twin", "gauge_twin"),
    ):
        found = explain(models.load(name), X, mean)
        rulers[title] = {
            m: compare(trained[m], found[m], needle) for m in trained
        }
        alike[name] = {m: structure(trained[m], found[m]) for m in trained}
        if name == "gauge_permuted":
            shown["permuted\ntargets"] = found
    rulers["another dial"] = {
        m: compare(v, np.roll(v, 1, axis=0), needle) for m, v in trained.items()
    }
    # Maps that no network made. One noise for the dials, another one for the comparison.
    rng = np.random.default_rng(0)
    distance = (many - mean)[..., 0].astype(float)
    noisy = rng.normal(size=distance.shape) * distance
    again = rng.normal(size=distance.shape) * distance
    noise = compare(noisy[:DIALS], again[:DIALS], needle)
    noise_alike = structure(noisy[:DIALS], again[:DIALS], "absolute", "moved")
    brightness = many[..., 0].astype(float)
    edges = np.hypot(
        ndimage.sobel(brightness, axis=1), ndimage.sobel(brightness, axis=2)
    )
    gallery(folder / "gallery.png", shown)
    curves(folder / "curves.png", similar, rulers, noise)

    # Localization and deletion.
    f = Predictor(model)
    unknowing = {"noise × picture": noisy, "brightness": brightness}
    controls = unknowing | {
        "random": rng.random(distance.shape),
        "the needle": many_needle + 0.1 * rng.random(distance.shape),
    }
    measured = everything | controls
    spread = f(dials.X_test).std()
    deleted = deletion(f, many, measured, mean, spread)
    mass = {m: maps.relevance_mass(v, many_needle) for m, v in measured.items()}
    points = {
        m: maps.pointing_game(v, many_needle) for m, v in measured.items()
    }

    last, twin = similar["conv_1"], rulers["twin"]
    permuted = rulers["permuted targets"]
    lines, more = [], []
    for m in everything:
        lines.append(
            f"| {m} | {plain(points[m])} | {middle(mass[m])} ({middle(floor[m])}) "
            f"| {middle(deleted[m])} | {middle(last[m]['needle'])} "
            f"| {middle(last[m]['absolute'])} | {middle(twin[m]['needle'])} |"
        )
        more.append(
            f"| {m} | {wilson(points[m], MORE)} | {with_interval(mass[m])} "
            f"| {with_interval(deleted[m])} | {with_interval(last[m]['needle'])} "
            f"| {with_interval(twin[m]['needle'])} |"
        )
    for m in unknowing:
        same = m == "brightness"
        signed = "1" if same else middle(noise["needle"])
        absolute = "1" if same else middle(noise["absolute"])
        lines.append(
            f"| *{m}* | {plain(points[m])} | {middle(mass[m])} "
            f"| {middle(deleted[m])} | {signed} | {absolute} | {signed} |"
        )
        more.append(
            f"| *{m}* | {wilson(points[m], MORE)} | {with_interval(mass[m])} "
            f"| {with_interval(deleted[m])} "
            + (
                "| 1 | 1 |"
                if same
                else f"| {with_interval(noise['needle'])} | |"
            )
        )
    table(
        folder / "methods.md",
        "| map | points | mass | deletion | ρ, random | no signs | ρ, twin |",
        lines,
    )
    table(
        folder / "intervals.md",
        "| map | points | mass | deletion | ρ, random | ρ, twin |",
        more,
    )
    table(
        folder / "seeds.md",
        "| map | top two random | all random | permuted targets |",
        [
            f"| {m} "
            + "".join(
                f"| {middle(similar[s][m]['needle'])} "
                f"({span(summary(similar[s][m]['needle'])[2:])}) "
                for s in ("hidden", "conv_1")
            )
            + f"| {middle(permuted[m]['needle'])} |"
            for m in everything
        ],
    )
    noise_ssim = [middle(noise_alike[k]) for k in ("signed", "absolute")]
    table(
        folder / "ssim.md",
        "| map | top two | all random | permuted | twin | all, no signs | all, moved |",
        [
            f"| {m} | "
            + " | ".join(
                middle(alike[of][m][key])
                for of, key in (
                    ("hidden", "signed"),
                    ("conv_1", "signed"),
                    ("gauge_permuted", "signed"),
                    ("gauge_twin", "signed"),
                    ("conv_1", "absolute"),
                    ("conv_1", "moved"),
                )
            )
            + " |"
            for m in everything
        ]
        + [
            f"| *noise × picture* | {' | '.join(4 * noise_ssim[:1])} "
            f"| {noise_ssim[1]} | {middle(noise_alike['moved'])} |"
        ],
    )
    blank = np.zeros((1, *X.shape[1:3]))
    assert ssim(blank, blank, 1) == 1

    guided = guided_backprop(model, dials.X_test)
    nothing = np.abs(guided).max(axis=(1, 2, 3)) == 0
    mine = trained["Guided Backprop"]
    cards = {n: models.card(f"gauge{n}") for n in ("", "_twin", "_permuted")}
    scores = {n: c["on held-out rows"]["network"] for n, c in cards.items()}
    learned = cards["_permuted"]["on training rows"]["network"]
    numbers = {
        "dials": str(DIALS),
        "more": str(MORE),
        "seeds": str(len(SEEDS)),
        "removed": str(REMOVED),
        "error": plain(scores[""]["mean_absolute_error"]),
        "error_twin": plain(scores["_twin"]["mean_absolute_error"]),
        "permuted_learned": plain(learned["r2"]),
        "permuted_held_out": plain(scores["_permuted"]["r2"]),
        "spread": plain(spread, 0),
        "guided_blank": plain(100 * nothing.mean(), 0),
        "guided_blank_below": plain(np.ceil(dials.y_test[nothing].max()), 0),
        "guided_brightness": middle(
            compare(mine, brightness[:DIALS], needle)["signed"]
        ),
        "guided_edges": middle(compare(mine, edges[:DIALS], needle)["signed"]),
        "noise_needle": middle(noise["needle"]),
        "noise_absolute": middle(noise["absolute"]),
        "noise_mass": middle(mass["noise × picture"]),
        "random_deletion": middle(deleted["random"]),
        "needle_deletion": middle(deleted["the needle"]),
        "bright_deletion": middle(deleted["brightness"]),
    }
    numbers |= lottery(model, X, needle) | other_network(X, needle, mean)
    gradient, times = "gradient", "gradient × image"
    ig, black = "integrated, mean image", "integrated, black"
    cam, hires = "Grad-CAM, conv_3", "HiResCAM, conv_1"
    guided_maps = "Guided Backprop"
    two = similar["hidden"]
    numbers |= {
        "gradient_needle_hidden": middle(two[gradient]["needle"]),
        "gradient_needle_permuted": middle(permuted[gradient]["needle"]),
        "gradient_needle_twin": middle(twin[gradient]["needle"]),
        "gradient_signed_twin": middle(twin[gradient]["signed"]),
        "gradient_points": plain(points[gradient]),
        "gradient_deletion": middle(deleted[gradient]),
        "times_absolute_permuted": middle(permuted[times]["absolute"]),
        "times_signed_permuted": middle(permuted[times]["signed"]),
        "times_floor": middle(floor[times]),
        "times_ssim_hidden": middle(alike["hidden"][times]["signed"]),
        "black_ssim_hidden": middle(alike["hidden"][black]["signed"]),
        "guided_ssim": middle(alike["conv_1"][guided_maps]["signed"]),
        "times_ssim": middle(alike["conv_1"][times]["signed"]),
        "black_absolute_permuted": middle(permuted[black]["absolute"]),
        "black_signed_permuted": middle(permuted[black]["signed"]),
        "black_ssim": middle(alike["conv_1"][black]["signed"]),
        "ig_ssim_hidden": middle(alike["hidden"][ig]["signed"]),
        "ig_ssim_twin": middle(alike["gauge_twin"][ig]["signed"]),
        "guided_ssim_hidden": middle(alike["hidden"][guided_maps]["signed"]),
        "guided_ssim_permuted": middle(
            alike["gauge_permuted"][guided_maps]["signed"]
        ),
        "noise_ssim": middle(noise_alike["signed"]),
        "cam_seeds_hidden": span(summary(two[cam]["needle"])[2:]),
        "gradient_ssim": middle(alike["conv_1"][gradient]["signed"]),
        "times_absolute_hidden": middle(two[times]["absolute"]),
        "times_signed_hidden": middle(two[times]["signed"]),
        "ig_absolute_all": middle(last[ig]["absolute"]),
        "ig_absolute_twin": middle(twin[ig]["absolute"]),
        "ig_needle_twin": middle(twin[ig]["needle"]),
        "ig_deletion": middle(deleted[ig]),
        "black_absolute_hidden": middle(two[black]["absolute"]),
        "black_signed_hidden": middle(two[black]["signed"]),
        "cam_needle_twin": with_interval(twin[cam]["needle"]),
        "cam_signed_twin": with_interval(twin[cam]["signed"]),
        "cam_signed_dial": middle(rulers["another dial"][cam]["signed"]),
        "smooth_needle_permuted": middle(permuted["SmoothGrad"]["needle"]),
        "cam_deletion": middle(deleted[cam]),
        "hires_absolute_hidden": middle(two[hires]["absolute"]),
        "hires_absolute_all": middle(last[hires]["absolute"]),
        "hires_absolute_twin": middle(twin[hires]["absolute"]),
        "guided_needle_hidden": middle(two[guided_maps]["needle"]),
        "guided_needle_all": middle(last[guided_maps]["needle"]),
        "guided_needle_twin": middle(twin[guided_maps]["needle"]),
        "guided_signed_hidden": middle(two[guided_maps]["signed"]),
        "guided_signed_all": middle(last[guided_maps]["signed"]),
        "guided_signed_permuted": middle(permuted[guided_maps]["signed"]),
        "guided_left_out": str(nothing[:DIALS].sum()),
        "guided_points": plain(points[guided_maps]),
        "guided_mass": middle(mass[guided_maps]),
        "guided_floor": middle(floor[guided_maps]),
        "guided_deletion": middle(deleted[guided_maps]),
    }
    other = guided_backprop(models.load("gauge_twin"), dials.X_test)
    blank_twin = 100 * (np.abs(other).max(axis=(1, 2, 3)) == 0).mean()
    return numbers | recorded(twin, blank_twin)


if __name__ == "__main__":
    RECORD.write_text(json.dumps(other_trainings(), indent=1) + "\n")

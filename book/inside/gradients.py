"""The numbers, tables and figures of the chapter "Gradients"."""

from pathlib import Path

from glassbox import data, figures, gradients, maps, models, shapley
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np

PATIENT = 0  # of the held-out ones: the patient of the chapter on SHAP
ROWS = 200  # explained rows and images
STEPS = (1, 2, 4, 8, 16, 32, 64, 128)
NOISE = (0.05, 0.1, 0.2, 0.5, 1.0)  # in standard deviations of each feature
IMAGE_NOISE = {"little": 0.03, "smooth": 0.1, "much": 0.2}  # brightness
DIAL = 3  # of the held-out ones
ONE = {"years": "year", "1 or 2": "category", "ratio": "1"}  # of such a unit


def plain(value: float, digits: int = 0) -> str:
    """A rounded number with a true minus sign, and without minus zero."""
    text = f"{round(float(value), digits) + 0.0:.{digits}f}"
    return text.replace("-", "−")


def signed(value: float, digits: int = 0) -> str:
    """The same with its sign."""
    return ("+" if round(value, digits) > 0 else "") + plain(value, digits)


def rms(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def write(folder: Path, name: str, lines: list[str]) -> None:
    """A Markdown table that the chapter includes."""
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


# Diabetes: slopes, completeness, two baselines ----------------------------------------------------


def slopes(folder: Path) -> dict[str, str]:
    """The slopes at one patient, and how they move from patient to patient."""
    diabetes, network = data.diabetes(), models.load("diabetes")
    f, sd = Predictor(network), diabetes.X_train.std(axis=0)
    slope = gradients.gradient(network, diabetes.X_test)
    x = diabetes.X_test[PATIENT]
    lines = ["| feature | slope | times its sd |", "|---|---|---|"]
    for i, name in enumerate(diabetes.feature_names):
        # Each slope as exact as one standard deviation of the feature needs it.
        digits = max(0, int(np.ceil(np.log10(sd[i]))))
        unit = ONE.get(diabetes.units[i], diabetes.units[i])
        lines.append(
            f"| `{name}` | {signed(slope[PATIENT, i], digits)} per {unit} | "
            f"{signed(slope[PATIENT, i] * sd[i])} |"
        )
    write(folder, "slopes.md", lines)
    bmi, bp, age = (
        diabetes.feature_names.index(n) for n in ("bmi", "bp", "age")
    )
    up = x.copy()
    up[bmi] += 1
    rises = (slope > 0).mean(axis=0)
    return {
        "prediction": plain(f(x)[0]),
        "bmi_slope": plain(slope[PATIENT, bmi], 1),
        "bp_slope": plain(slope[PATIENT, bp], 1),
        "bmi_moves": plain(f(up)[0] - f(x)[0], 1),
        "age_rises": plain(100 * rises[age]),
        "patients": str(len(diabetes.X_test)),
    }


def baselines(folder: Path) -> dict[str, str]:
    """One patient against two baselines, beside the exact Shapley values for the same ones."""
    diabetes, network = data.diabetes(), models.load("diabetes")
    f, x = Predictor(network), diabetes.X_test[PATIENT]
    known = f(diabetes.X_train)
    low = diabetes.X_train[
        np.abs(known - np.quantile(known, 0.1)).argmin()
    ].astype(float)
    mean = diabetes.X_train.mean(axis=0)
    names = list(diabetes.feature_names)
    fig, axes = plt.subplots(
        2, 1, figsize=(5.4, 7.2), sharex=True, layout="constrained"
    )
    found, off = {}, []
    for ax, (title, start) in zip(
        axes, {"mean": mean, "low": low}.items(), strict=True
    ):
        phi = gradients.integrated_gradients(network, x[None], start, 128)[0]
        exact = shapley.exact(f, x[None], start)[0][0]
        found[title] = phi
        off.append(np.abs(phi - exact).max())
        place = np.arange(len(names))
        colors = [figures.POSITIVE if v > 0 else figures.NEGATIVE for v in phi]
        ax.barh(place, phi, 0.7, color=colors, label="integrated gradients")
        ax.plot(
            exact, place, "D", color=figures.BLACK, ms=6, label="exact Shapley"
        )
        ax.axvline(0, color=figures.NEUTRAL, lw=1)
        ax.set_yticks(place, names)
        ax.invert_yaxis()
        what = "the mean patient" if title == "mean" else "a low patient"
        ax.set_title(f"against {what}: {plain(f(start)[0])} points", loc="left")
    axes[0].legend(loc="lower right")
    axes[1].set_xlabel("attribution (points)")
    figures.save(fig, folder / "baselines.png", dpi=110)
    plt.close(fig)
    ldl, ltg, bmi = (names.index(n) for n in ("ldl", "ltg", "bmi"))
    return {
        "at_mean": plain(f(mean)[0]),
        "at_low": plain(f(low)[0]),
        "at_zero": plain(f(0 * mean)[0]),
        "rise_mean": plain(f(x)[0] - f(mean)[0]),
        "rise_low": plain(f(x)[0] - f(low)[0]),
        "ltg_mean": plain(found["mean"][ltg]),
        "ltg_low": plain(found["low"][ltg]),
        "bmi_mean": plain(found["mean"][bmi]),
        "bmi_low": plain(found["low"][bmi]),
        "ldl_mean": signed(found["mean"][ldl]),
        "ldl_low": signed(found["low"][ldl]),
        "off_exact_low": plain(off[1], 1),
    }


def completeness(folder: Path) -> dict[str, str]:
    """How much of the difference is left over, by the number of steps."""
    fig, ax = plt.subplots(figsize=(5.4, 3.8))
    numbers = {}
    for name, color, mark in zip(
        ("diabetes", "heating", "gauge"),
        (figures.BLUE, figures.VERMILLION, figures.GREEN),
        "os^",
        strict=True,
    ):
        dataset, network = getattr(data, name)(), models.load(name)
        rows = 20 if name == "gauge" else ROWS
        f, X = Predictor(network), dataset.X_test[:rows]
        start = dataset.X_train.mean(axis=0)
        difference = f(X) - f(start[None])
        axis = tuple(range(1, X.ndim))
        steps = STEPS[:-1] if name == "gauge" else STEPS
        gaps = [
            np.abs(
                gradients.integrated_gradients(network, X, start, n).sum(
                    axis=axis
                )
                - difference
            ).mean()
            for n in steps
        ]
        share = np.array(gaps) / np.abs(difference).mean()
        ax.loglog(steps, 100 * share, mark + "-", color=color, label=name)
        plainly = gradients.gradient_times_input(network, X, start)
        left = np.abs(plainly.sum(axis=axis) - difference).mean()
        numbers |= {
            f"{name}_difference": plain(np.abs(difference).mean()),
            f"{name}_times_input_left": plain(left),
            f"{name}_left_64": plain(gaps[STEPS.index(64)], 2),
        }
    ax.set(
        xlabel="steps",
        ylabel="left over (% of the difference)",
        xticks=STEPS[::2],
        xticklabels=STEPS[::2],
        yticks=[0.1, 1, 10],
        yticklabels=["0.1", "1", "10"],
    )
    ax.minorticks_off()
    ax.legend()
    figures.save(fig, folder / "completeness.png", dpi=110)
    plt.close(fig)
    return numbers


# Heating: the truth -------------------------------------------------------------------------------


def heating(folder: Path) -> dict[str, str]:
    """Slopes and attributions beside those of the formula."""
    heating, network = data.heating(), models.load("heating")
    f, X = Predictor(network), heating.X_test[:ROWS]
    mean, sd = heating.X_train.mean(axis=0), heating.X_train.std(axis=0)

    def true_slope(rows: np.ndarray) -> np.ndarray:
        steps = 1e-4 * np.diag(sd)
        return np.stack(
            [
                (data.heating_demand(rows + h) - data.heating_demand(rows - h))
                / (2 * h.sum())
                for h in steps
            ],
            axis=1,
        )

    truth = true_slope(X) * sd
    slope = gradients.gradient(network, X) * sd
    smooth = {
        noise: rms(gradients.smoothgrad(network, X, noise * sd) * sd - truth)
        for noise in NOISE
    }
    best = min(smooth, key=smooth.get)
    exact_truth = shapley.exact(data.heating_demand, X, mean)[0]
    methods = {
        "gradient × (row − mean row)": gradients.gradient_times_input(
            network, X, mean
        ),
        "integrated gradients": gradients.integrated_gradients(
            network, X, mean, 128
        ),
        "exact Shapley values": shapley.exact(f, X, mean)[0],
    }
    lines = [
        "| of the network | left over | off the truth |",
        "|---|---|---|",
    ]
    difference = f(X) - f(mean)
    for name, phi in methods.items():
        left = np.abs(phi.sum(axis=1) - difference).mean()
        lines.append(
            f"| {name} | {plain(left, 1)} | {plain(rms(phi - exact_truth), 1)} |"
        )
    write(folder, "heating.md", lines)
    names = list(heating.feature_names)
    house = names.index("house_number")
    ig, exact = methods["integrated gradients"], methods["exact Shapley values"]
    # The same comparison for networks of other seeds.
    others, of_slopes = [], []
    for seed in (1, 2):
        other = models.train(
            heating, **(models.RECIPES["heating"] | {"seed": seed})
        )
        f_other = Predictor(other)
        others.append(
            [
                rms(phi - exact_truth)
                for phi in (
                    gradients.gradient_times_input(other, X, mean),
                    gradients.integrated_gradients(other, X, mean, 64),
                    shapley.exact(f_other, X, mean)[0],
                )
            ]
        )
        of_slopes.append(
            [rms(gradients.gradient(other, X) * sd - truth)]
            + [
                rms(gradients.smoothgrad(other, X, noise * sd) * sd - truth)
                for noise in (best, 1.0)
            ]
        )
    others, of_slopes = np.array(others), np.array(of_slopes)
    return {
        "slope_off": plain(rms(slope - truth), 1),
        "slope_size": plain(rms(truth), 1),
        "house_slope": plain(rms(slope[:, house]), 1),
        "smooth_best": plain(smooth[best], 1),
        "smooth_best_noise": str(best),
        "smooth_most": plain(smooth[1.0], 1),
        "ig_off_exact": plain(rms(ig - exact), 1),
        "ig_off_exact_most": plain(np.abs(ig - exact).max(), 1),
        "phi_size": plain(rms(exact_truth)),
        "rows": str(ROWS),
        "seeds_plain": span(others[:, 0]),
        "seeds_ig": span(others[:, 1]),
        "seeds_exact": span(others[:, 2]),
        "seeds_slope": span(of_slopes[:, 0]),
        "seeds_smooth": span(of_slopes[:, 1]),
        "seeds_smooth_most": span(of_slopes[:, 2]),
    }


def span(values: np.ndarray, digits: int = 1) -> str:
    """From the smallest to the largest."""
    low, high = plain(min(values), digits), plain(max(values), digits)
    return low if low == high else f"{low} to {high}"


# Gauge: images ------------------------------------------------------------------------------------


def gauge(folder: Path) -> dict[str, str]:
    """How much of each map lies on the needle."""
    dials, network = data.gauge(), models.load("gauge")
    f, X, needle = (
        Predictor(network),
        dials.X_test[:ROWS],
        dials.relevant_test[:ROWS],
    )
    mean = dials.X_train.mean(axis=0)
    smooth = {
        key: gradients.smoothgrad(network, X, noise, 25)
        for key, noise in IMAGE_NOISE.items()
    }
    methods = {
        "gradient": gradients.gradient(network, X),
        "SmoothGrad": smooth["smooth"],
        "gradient × image": gradients.gradient_times_input(network, X),
        "integrated, from black": gradients.integrated_gradients(
            network, X, 0.0, 32
        ),
        "integrated, from the mean image": gradients.integrated_gradients(
            network, X, mean, 32
        ),
    }
    controls = {
        "random numbers": np.random.default_rng(0).normal(size=X.shape),
        "the image itself": X,
        "the image − the mean image": X - mean,
    }
    lines = ["| method | points at it | mass on it |", "|---|---|---|"]
    for name, found in (methods | controls).items():
        points = maps.pointing_game(found[..., 0], needle)
        mass = maps.relevance_mass(found[..., 0], needle).mean()
        lines.append(
            f"| {name} | {plain(100 * points)} % | {plain(100 * mass)} % |"
        )
    write(folder, "gauge.md", lines)
    picture(
        folder,
        {"image": X[DIAL, ..., 0]}
        | {name: found[DIAL, ..., 0] for name, found in methods.items()},
    )
    near = keras.ops.max_pool(needle[..., None] * 1.0, 3, 1, "same")
    near = np.asarray(near)[..., 0] > 0
    gains = [
        maps.pointing_game(found[..., 0], near)
        - maps.pointing_game(found[..., 0], needle)
        for found in methods.values()
    ]
    plainly = methods["gradient"][..., 0]
    return {
        "needle_share": plain(100 * needle.mean(), 1),
        "dial": plain(dials.y_test[DIAL]),
        "dial_predicted": plain(f(X[DIAL : DIAL + 1])[0], 1),
        "at_black": plain(f(np.zeros_like(X[:1]))[0]),
        "at_mean_image": plain(f(mean[None])[0]),
        "images": str(ROWS),
        "margin_most": plain(np.ceil(100 * max(gains))),
        "honest_gradient_points": plain(
            100 * maps.pointing_game(plainly, needle)
        ),
    } | {
        f"honest_{key}_points": plain(
            100 * maps.pointing_game(found[..., 0], needle)
        )
        for key, found in smooth.items()
    }


def cheat() -> dict[str, str]:
    """How often the maps of the network that cheats point at the corner."""
    dials, network = data.gauge(shortcut=True), models.load("gauge_shortcut")
    X, y = dials.X_test[:ROWS], dials.y_test[:ROWS]
    corner = np.zeros(X.shape[:3], bool)
    corner[(slice(None), *data.GAUGE_CORNER)] = True
    mean = dials.X_train.mean(axis=0)
    found = {
        "gradient": gradients.gradient(network, X),
        "black": gradients.integrated_gradients(network, X, 0.0, 32),
        "mean": gradients.integrated_gradients(network, X, mean, 32),
    }
    missed = [
        reading
        for reading, one, there in zip(
            y, found["black"][..., 0], corner, strict=True
        )
        if maps.pointing_game(one[None], there[None]) < 1
    ]
    return {"cheat_black_low": plain(np.ceil(max(missed)))} | {
        f"cheat_{key}_points": plain(
            100 * maps.pointing_game(one[..., 0], corner)
        )
        for key, one in found.items()
    }


def picture(folder: Path, shown: dict[str, np.ndarray]) -> None:
    """One dial and its maps, each scaled to its own largest value."""
    fig, axes = plt.subplots(3, 2, figsize=(5.2, 7.9), layout="constrained")
    for ax, (name, values) in zip(axes.ravel(), shown.items(), strict=True):
        if name == "image":
            ax.imshow(values, cmap="gray", vmin=0, vmax=1)
        else:
            most = np.abs(values).max()
            drawn = ax.imshow(
                values, cmap=figures.DIVERGING, vmin=-most, vmax=most
            )
        ax.set_title(name.replace(", from", ",\nfrom"), fontsize=12)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    bar = fig.colorbar(
        drawn, ax=axes, orientation="horizontal", shrink=0.8, aspect=30
    )
    bar.set_ticks([-most, 0, most], labels=["lowers", "0", "raises"])
    figures.save(fig, folder / "gauge.png", dpi=100)
    plt.close(fig)


def compute(folder: Path) -> dict[str, str]:
    figures.use_style()
    return (
        slopes(folder)
        | completeness(folder)
        | baselines(folder)
        | heating(folder)
        | gauge(folder)
        | cheat()
    )

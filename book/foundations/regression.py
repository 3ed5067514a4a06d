"""The numbers, tables and figures of the chapter "What is explained in regression?"."""

from collections.abc import Callable
from pathlib import Path

from glassbox import data, figures, models, shapley
from glassbox.predict import Predictor
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import RepeatedKFold
from sklearn.tree import DecisionTreeRegressor

A, B = 3, 4  # two held-out buildings
GOAL = 140  # kWh/m²
SEEDS = (1, 2)  # networks trained again, beside the shipped one

Function = Callable[[np.ndarray], np.ndarray]


def choose_background(X: np.ndarray, seed: int = 0) -> np.ndarray:
    """100 rows at random; with seed 0 the background of "SHAP in practice"."""
    return X[np.random.default_rng(seed).choice(len(X), 100, replace=False)]


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, and with a true minus."""
    text = f"{value:+.{digits}f}"
    return (text if float(text) else text[1:]).replace("-", "−")


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def nearest(values: np.ndarray, goal: float, count: int) -> np.ndarray:
    """Where the `count` values nearest to the goal are."""
    return np.argsort(np.abs(values - goal), kind="stable")[:count]


def references(
    folder: Path, heating: data.Dataset, f: Function, numbers: dict[str, str]
) -> None:
    """One building against the stock, against another building, and against a goal."""
    x, other = heating.X_test[A : A + 1], heating.X_test[B : B + 1]
    predicted = f(heating.X_train)
    near = heating.X_train[nearest(predicted, GOAL, 100)]
    stock = choose_background(heating.X_train)
    results = {
        name: shapley.exact(f, x, background)
        for name, background in (
            ("stock", stock),
            ("other", other),
            ("goal", near),
        )
    }
    prediction = f(x)[0]
    numbers["prediction_a"] = f"{prediction:.0f}"
    numbers["prediction_b"] = f"{f(other)[0]:.0f}"
    lines = [
        "| feature | the stock | building B | the goal |",
        "|---|---:|---:|---:|",
        "| **compared with** | "
        + " | ".join(f"**{base:.1f}**" for _, base in results.values())
        + " |",
    ]
    for i, name in enumerate(heating.feature_names):
        values = (signed(phi[0, i]) for phi, _ in results.values())
        lines.append(f"| {name} | " + " | ".join(values) + " |")
    sums = [signed(prediction - base) for _, base in results.values()]
    lines.append(
        "| **sum** | " + " | ".join(f"**{text}**" for text in sums) + " |"
    )
    write(folder / "references.md", lines)
    for name, (phi, base) in results.items():
        of = dict(zip(heating.feature_names, phi[0], strict=True))
        numbers[f"base_{name}"] = f"{base:.0f}"
        for feature in ("wall_u", "heat_recovery"):
            numbers[f"{feature}_{name}"] = f"{of[feature]:.1f}"
    # How far the answer depends on which rows stand for the goal.
    moved = [
        np.abs(
            shapley.exact(
                f, x, heating.X_train[nearest(predicted, GOAL, count)]
            )[0]
            - results["goal"][0]
        ).max()
        for count in (50, 200)
    ]
    numbers["goal_moved"] = f"{max(moved):.1f}"
    # Two waterfalls against the stock, subtracted, are not the comparison of the two buildings.
    of_other, _ = shapley.exact(f, other, stock)
    air = heating.feature_names.index("air_changes")
    gap = results["stock"][0] - of_other
    numbers["air_direct"] = f"{results['other'][0][0, air]:.1f}"
    numbers["air_subtracted"] = f"{gap[0, air]:.1f}"

    names = heating.feature_names
    place = np.arange(len(names))
    fig, ax = plt.subplots(figsize=(6, 5))
    for shift, name, color, hatch, label in (
        (-0.2, "stock", figures.BLUE, None, "the stock"),
        (0.2, "other", figures.ORANGE, "///", "building B"),
    ):
        phi, base = results[name]
        ax.barh(
            place + shift,
            phi[0],
            height=0.38,
            color=color,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.6,
            label=f"{label}: {base:.0f} + {prediction - base:.0f}",
        )
    ax.axvline(0, color="black", linewidth=1)
    ax.set_yticks(place, names)
    ax.invert_yaxis()
    ax.set_xlabel("attribution (kWh/m²)")
    ax.legend(loc="lower right")
    figures.save(fig, folder / "references.png", dpi=110)


def logarithm(
    folder: Path, heating: data.Dataset, f: Function, numbers: dict[str, str]
) -> None:
    """The same predictions explained as sums and as products."""

    def log_f(X: np.ndarray) -> np.ndarray:
        return np.log(f(X))

    X = heating.X_test[:200]
    first, order = [], []
    for seed in range(3):
        background = choose_background(heating.X_train, seed)
        phi, phi0 = shapley.exact(f, X, background)
        psi, psi0 = shapley.exact(log_f, X, background)
        ranks = [np.argsort(-np.abs(v), axis=1) for v in (phi, psi)]
        differ = ranks[0] != ranks[1]
        first.append(100 * differ[:, 0].mean())
        order.append(100 * differ[:, :3].any(axis=1).mean())
        if seed:
            continue
        # The building for which the two scales disagree most clearly about what comes first.
        rows = np.flatnonzero(differ[:, 0])
        a, b = ranks[0][rows, 0], ranks[1][rows, 0]
        margin = np.minimum(
            1 - np.abs(phi[rows, b] / phi[rows, a]),
            1 - np.abs(psi[rows, a] / psi[rows, b]),
        )
        row = rows[margin.argmax()]
        numbers["log_building"] = f"{row + 1}"
        numbers["mean_base"] = f"{phi0:.1f}"
        numbers["log_base"] = f"{np.exp(psi0):.1f}"
        lines = [
            "| feature | explaining $f$: adds | explaining $\\log f$: multiplies by |",
            "|---|---:|---:|",
            f"| **compared with** | **{phi0:.1f}** | **{np.exp(psi0):.1f}** |",
        ]
        for i in ranks[0][row]:
            lines.append(
                f"| {heating.feature_names[i]} | {signed(phi[row, i])} | {np.exp(psi[row, i]):.3f} |"
            )
        write(folder / "logarithm.md", lines)
        for key, i in (("added_first", ranks[0]), ("times_first", ranks[1])):
            numbers[key] = heating.feature_names[i[row, 0]]
    numbers["first_differs"] = f"{min(first):.1f} to {max(first):.1f}"
    numbers["order_differs"] = f"{min(order):.1f} to {max(order):.1f}"


def one_error(
    folder: Path, heating: data.Dataset, f: Function, numbers: dict[str, str]
) -> None:
    """The prediction of building B and its error, explained side by side."""
    x, y = heating.X_test[B : B + 1], heating.y_test[B]
    truth, prediction = data.heating_demand(x)[0], f(x)[0]
    background = choose_background(heating.X_train)

    def error(X: np.ndarray) -> np.ndarray:
        return np.abs(y - f(X))

    phi, phi0 = shapley.exact(f, x, background)
    loss, loss0 = shapley.exact(error, x, background)
    lines = [
        "| feature | prediction | size of the error |",
        "|---|---:|---:|",
        f"| **base value** | **{phi0:.1f}** | **{loss0:.1f}** |",
    ]
    for i in np.argsort(loss[0]):
        lines.append(
            f"| {heating.feature_names[i]} | {signed(phi[0, i])} | {signed(loss[0, i])} |"
        )
    lines.append(
        f"| **at building B** | **{prediction:.1f}** | **{abs(y - prediction):.1f}** |"
    )
    write(folder / "error.md", lines)
    numbers["measured_b"] = f"{y:.1f}"
    numbers["predicted_b"] = f"{prediction:.1f}"
    numbers["residual_b"] = signed(y - prediction)
    numbers["truth_b"] = f"{truth:.1f}"
    numbers["noise_b"] = signed(y - truth)
    numbers["model_b"] = signed(truth - prediction)
    numbers["error_base"] = f"{loss0:.1f}"
    numbers["error_wall_u"] = f"{-loss[0, 0]:.1f}"
    recovery = heating.feature_names.index("heat_recovery")
    numbers["error_recovery"] = f"{loss[0, recovery]:.1f}"


def mean_square(values: np.ndarray) -> float:
    return float((values**2).mean())


def parts(
    f: Function, X: np.ndarray, y: np.ndarray
) -> tuple[float, float, float, float]:
    """The mean squared residual, and its three parts: noise, model error, and their product."""
    noise, model = (
        y - data.heating_demand(X),
        data.heating_demand(X) - f(X),
    )
    return (
        mean_square(y - f(X)),
        mean_square(noise),
        mean_square(model),
        float(2 * (noise * model).mean()),
    )


def foreseen(residual: np.ndarray, X: np.ndarray) -> np.ndarray:
    """The share of the squared residual that a small tree foresees on the half it has not seen."""
    shares = []
    for one, two in RepeatedKFold(
        n_splits=2, n_repeats=20, random_state=0
    ).split(X):
        tree = DecisionTreeRegressor(
            max_depth=3, min_samples_leaf=20, random_state=0
        ).fit(X[one], residual[one])
        left = residual[two] - tree.predict(X[two])
        shares.append(1 - mean_square(left) / mean_square(residual[two]))
    return np.array(shares)


def where_wrong(
    folder: Path, heating: data.Dataset, f: Function, numbers: dict[str, str]
) -> None:
    """How much of the residual is noise, and whether residuals tell where the rest is."""
    train = parts(f, heating.X_train, heating.y_train)
    test = parts(f, heating.X_test, heating.y_test)
    lines = [
        "| mean over the rows, in (kWh/m²)² | training | held-out |",
        "|---|---:|---:|",
    ]
    for label, a, b in zip(
        (
            "residual, squared",
            "noise, squared",
            "model error, squared",
            "twice noise times model error",
        ),
        train,
        test,
        strict=True,
    ):
        lines.append(f"| {label} | {a:.1f} | {b:.1f} |".replace("-", "−"))
    write(folder / "parts.md", lines)
    numbers["noise_share"] = f"{100 * test[1] / test[0]:.0f}"
    numbers["model_error"] = f"{np.sqrt(test[2]):.1f}"
    again = [
        Predictor(
            models.train(heating, **(models.RECIPES["heating"] | {"seed": s}))
        )
        for s in SEEDS
    ]
    sizes = [
        np.sqrt(parts(g, heating.X_test, heating.y_test)[2]) for g in again
    ]
    numbers["model_error_seeds"] = " and ".join(f"{s:.1f}" for s in sizes)

    X, y = heating.X_test, heating.y_test
    line = LinearRegression().fit(heating.X_train, heating.y_train)
    # Noise alone says what nothing looks like: a tree that finds nothing still
    # adds its own error.
    noise = np.random.default_rng(0).normal(size=len(y))
    residuals = {
        "network": y - f(X),
        "line": y - line.predict(X),
        "noise": noise,
    }
    for name, residual in residuals.items():
        shares = 100 * foreseen(residual, X)
        numbers[f"foreseen_{name}"] = (
            f"{shares.mean():.1f} ± {shares.std():.1f}".replace("-", "−")
        )

    # Where the truth says that the network is wrong: a corner of the data, for each network.
    wall, cold = (
        heating.feature_names.index(n) for n in ("wall_u", "outdoor_temp")
    )
    corner = (X[:, wall] <= np.quantile(X[:, wall], 0.2)) | (
        X[:, cold] >= np.quantile(X[:, cold], 0.8)
    )
    for name, rows in (("corner", corner), ("rest", ~corner)):
        errors = [
            np.sqrt(mean_square(data.heating_demand(X[rows]) - g(X[rows])))
            for g in (f, *again)
        ]
        numbers[f"error_{name}"] = f"{errors[0]:.1f}"
        numbers[f"error_{name}_seeds"] = " and ".join(
            f"{e:.1f}" for e in errors[1:]
        )
    numbers["corner"] = f"{100 * corner.mean():.0f}"


def outside(
    folder: Path, heating: data.Dataset, f: Function, numbers: dict[str, str]
) -> None:
    """Building A in colder and warmer places than the network has ever seen."""
    cold = heating.feature_names.index("outdoor_temp")
    seen = heating.X_train[:, cold].min(), heating.X_train[:, cold].max()
    degrees = np.linspace(-22, 26, 241)
    rows = np.repeat(heating.X_test[A : A + 1], len(degrees), axis=0)
    rows[:, cold] = degrees
    fig, ax = plt.subplots(figsize=(6, 3.9))
    ax.axvspan(
        *seen, facecolor="0.9", edgecolor="0.5", label="seen in training"
    )
    ax.plot(degrees, f(rows), color=figures.BLUE, label="network")
    ax.plot(
        degrees,
        data.heating_demand(rows),
        "--",
        color=figures.VERMILLION,
        label="truth",
    )
    ax.set_xlabel("outdoor_temp (°C)")
    ax.set_ylabel("heating demand (kWh/m²)")
    ax.legend(
        loc="lower left", bbox_to_anchor=(-0.12, 1), ncols=3,
        columnspacing=1.2, handlelength=1.6,
    )  # fmt: skip
    figures.save(fig, folder / "outside.png", dpi=110)

    x = heating.X_test[A : A + 1].copy()
    x[0, cold] = -20
    phi, phi0 = shapley.exact(f, x, choose_background(heating.X_train))
    numbers["seen_low"] = f"{seen[0]:.1f}".replace("-", "−")
    numbers["seen_high"] = f"{seen[1]:.1f}"
    numbers["outside_prediction"] = f"{f(x)[0]:.0f}"
    numbers["outside_truth"] = f"{data.heating_demand(x)[0]:.0f}"
    numbers["outside_phi"] = signed(phi[0, cold], 0)
    numbers["outside_gap"] = f"{abs(phi0 + phi.sum() - f(x)[0]):.1f}"


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    figures.use_style()
    numbers: dict[str, str] = {}
    heating, f = data.heating(), Predictor(models.load("heating"))
    references(folder, heating, f, numbers)
    logarithm(folder, heating, f, numbers)
    one_error(folder, heating, f, numbers)
    where_wrong(folder, heating, f, numbers)
    outside(folder, heating, f, numbers)
    plt.close("all")
    return numbers

"""The numbers, tables and figures of the chapter "SHAP in practice"."""

from pathlib import Path

from glassbox import data, figures, models, shapley
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
from matplotlib.text import Text
import numpy as np
import pandas as pd
import shap
from sklearn.metrics import r2_score
import tensorflow as tf

ROWS = 100  # explained rows in the table of explainers


def hand_network(X: np.ndarray) -> np.ndarray:
    """The network that the chapter works out by hand: two inputs, two hidden units."""
    return (
        10
        + 4 * np.maximum(X[:, 0], 0)
        + 6 * np.maximum(X[:, 0] + X[:, 1] - 3, 0)
    )


def worked_example(folder: Path, numbers: dict[str, str]) -> None:
    """The value of each coalition of the worked example, and what each feature adds to it."""
    row, background = np.array([2.0, 3.0]), np.array([[0.0, 0.0], [1.0, 2.0]])
    coalitions = {
        "nothing": (False, False),
        "feature 1": (True, False),
        "feature 2": (False, True),
        "both": (True, True),
    }
    value = {}
    lines = [
        "| $S$ | rows that the network sees | predictions | $v(S)$ |",
        "|---|---|---|---:|",
    ]
    for name, known in coalitions.items():
        seen = np.where(known, row, background)
        predictions = hand_network(seen)
        value[name] = predictions.mean()
        points = " and ".join(f"({a:.0f}, {b:.0f})" for a, b in seen)
        lines.append(
            f"| {name} | {points} | {predictions[0]:.0f} and {predictions[1]:.0f} "
            f"| {value[name]:.0f} |"
        )
    text = "\n".join(lines) + "\n"
    (folder / "worked_example.md").write_text(text, encoding="utf-8")
    for name, more, less in (
        ("first_1", "feature 1", "nothing"),
        ("second_1", "both", "feature 2"),
        ("first_2", "feature 2", "nothing"),
        ("second_2", "both", "feature 1"),
    ):
        difference = value[more] - value[less]
        numbers[name] = (
            f"{value[more]:.0f} − {value[less]:.0f} = {difference:.0f}"
        )


def estimates(
    network: keras.Model, X: np.ndarray, background: np.ndarray
) -> dict[str, tuple]:
    """SHAP values (n, d) of each explainer as a reader would call it, and its base value or None."""
    f = Predictor(network)
    exact = shap.explainers.Exact(f, background)(X, silent=True)
    permutation = shap.explainers.Permutation(f, background, seed=0)(
        X, silent=True
    )
    np.random.seed(
        0
    )  # Kernel SHAP draws coalitions with NumPy's global generator
    kernel = shap.KernelExplainer(f, background)
    deep = shap.DeepExplainer(network, background)
    gradient = shap.GradientExplainer(network, background)
    return {
        "Exact": (exact.values, float(exact.base_values[0])),
        "Permutation": (permutation.values, float(permutation.base_values[0])),
        "Kernel, 300 coalitions": (
            kernel.shap_values(X, nsamples=300, l1_reg=False, silent=True),
            float(kernel.expected_value),
        ),
        "Deep": (
            deep.shap_values(X)[..., 0],
            float(np.ravel(deep.expected_value)[0]),
        ),
        "Gradient": (
            gradient.shap_values(X, nsamples=200, rseed=0)[..., 0],
            None,
        ),
    }


def rms(values: np.ndarray) -> float:
    """Root mean square over rows and features."""
    return float(np.sqrt((values**2).mean()))


def explainer_table(folder: Path, numbers: dict[str, str]) -> None:
    """How far each explainer is from the exact values, on both networks."""
    errors: dict[str, dict[str, float]] = {}
    gaps: dict[str, dict[str, float]] = {}
    for name in ("diabetes", "heating"):
        dataset = getattr(data, name)()
        network = models.load(name)
        f = Predictor(network)
        background, X = choose_background(dataset), dataset.X_test[:ROWS]
        phi, phi0 = shapley.exact(f, X, background)
        spread = f(dataset.X_train).std()
        results = estimates(network, X, background)
        for method, (values, base) in results.items():
            error = 100 * rms(values - phi) / spread
            gap = np.abs(
                (phi0 if base is None else base) + values.sum(axis=1) - f(X)
            ).max()
            errors.setdefault(method, {})[name] = error
            gaps.setdefault(method, {})[name] = gap
        numbers[f"spread_{name}"] = f"{spread:.0f}"
        if name == "diabetes":
            deep = results["Deep"][0]
            numbers["deep_share"] = f"{100 * rms(deep - phi) / rms(phi):.0f}"
            numbers["deep_worst"] = f"{np.abs(deep - phi).max():.1f}"
            rule = expected_gradients(network, X, background)
            numbers["gradient_rule"] = f"{100 * rms(rule - phi) / spread:.1f}"
    lines = [
        "| explainer | error on diabetes | error on heating | gap on diabetes | gap on heating |",
        "|---|---:|---:|---:|---:|",
    ]
    for method, error in errors.items():
        gap = gaps[method]
        lines.append(
            f"| {method} | {error['diabetes']:.2f} % | {error['heating']:.2f} % "
            f"| {gap['diabetes']:.1f} points | {gap['heating']:.1f} kWh/m² |"
        )
    (folder / "explainers.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )
    numbers["deep_error"] = f"{errors['Deep']['diabetes']:.1f}"
    numbers["gradient_error"] = f"{errors['Gradient']['diabetes']:.1f}"


def expected_gradients(
    network: keras.Model, X: np.ndarray, background: np.ndarray, steps: int = 50
) -> np.ndarray:
    """What the Gradient explainer converges to, without sampling: shape (n, d).

    The gradient is averaged over the way from each background row to the row, at `steps` midpoints,
    multiplied by their difference, and averaged over the background (Erion et al. 2021).
    """
    phi = np.zeros(X.shape)
    middles = (np.arange(steps) + 0.5) / steps
    for i, x in enumerate(X):
        way = (x - background)[:, None, :]
        points = tf.constant(
            (background[:, None, :] + middles[:, None] * way), tf.float32
        )
        points = tf.reshape(points, (-1, X.shape[1]))
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = tf.reduce_sum(network(points))
        slopes = (
            tape.gradient(total, points)
            .numpy()
            .reshape(len(background), steps, -1)
        )
        phi[i] = (way * slopes).mean(axis=(0, 1))
    return phi


def uncertainty(
    patients: data.Dataset, f: Predictor, numbers: dict[str, str]
) -> None:
    """How much the exact values depend on which 100 rows were drawn."""
    background, X = choose_background(patients), patients.X_test
    drawn = [choose_background(patients, seed) for seed in range(100)]
    values = [shapley.exact(f, X[:1], rows) for rows in drawn]
    numbers["sd_base"] = f"{np.std([phi0 for _, phi0 in values]):.1f}"
    for name in ("bmi", "bp", "ltg"):
        column = patients.feature_names.index(name)
        numbers[f"sd_{name}"] = (
            f"{np.std([phi[0, column] for phi, _ in values]):.1f}"
        )
    of_100, _ = shapley.exact(f, X, background)
    of_all, base_all = shapley.exact(f, X, patients.X_train)
    spread = f(patients.X_train).std()
    numbers["background_error"] = (
        f"{100 * np.sqrt(((of_100 - of_all) ** 2).mean()) / spread:.1f}"
    )
    changed = np.abs(of_100).argmax(axis=1) != np.abs(of_all).argmax(axis=1)
    numbers["first_changes"] = f"{changed.sum()}"
    numbers["base_all"] = f"{base_all:.0f}"
    chosen = (
        (patients.X_train[:, None] == background[None]).all(axis=2).any(axis=1)
    )
    numbers["background_measured"] = f"{patients.y_train[chosen].mean():.0f}"


def choose_background(dataset: data.Dataset, seed: int = 0) -> np.ndarray:
    """100 training rows at random; with seed 0 the background of the chapter and of the lab."""
    rng = np.random.default_rng(seed)
    return dataset.X_train[rng.choice(len(dataset.X_train), 100, replace=False)]


def backgrounds_table(
    folder: Path, patients: data.Dataset, f: Predictor
) -> None:
    """One patient, one network, four backgrounds: four questions."""
    bmi = patients.X_train[:, patients.feature_names.index("bmi")]
    rows = {
        "100 training rows": choose_background(patients),
        "the 149 lean patients (bmi below 25)": patients.X_train[bmi < 25],
        "the mean of these 100": choose_background(patients).mean(
            axis=0, keepdims=True
        ),
        "a row of zeros": np.zeros((1, patients.X_train.shape[1])),
    }
    assert (bmi < 25).sum() == 149
    lines = [
        "| background | base value | bmi | bp | ltg |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, background in rows.items():
        phi, phi0 = shapley.exact(f, patients.X_test[:1], background)
        of = dict(zip(patients.feature_names, phi[0], strict=True))
        lines.append(
            f"| {name} | {phi0:.0f} | {of['bmi']:+.1f} | {of['bp']:+.1f} | {of['ltg']:+.1f} |"
        )
    (folder / "backgrounds.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )


def twins(folder: Path, numbers: dict[str, str]) -> None:
    """Altitude and outdoor temperature: where coalitions put rows that no building has."""
    heating = data.heating()
    f = Predictor(models.load("heating"))
    background, X = choose_background(heating), heating.X_test[:ROWS]
    cold, high = (
        heating.feature_names.index(n) for n in ("outdoor_temp", "altitude")
    )
    # A coalition that holds one twin and not the other joins the row's value to the background's.
    altitude, temperature = np.broadcast_arrays(
        X[:, None, high], background[None, :, cold]
    )
    off = np.abs(temperature - (9 - 0.0065 * altitude)) > 3 * 0.8
    numbers["twins_off"] = f"{100 * off.mean():.0f}"
    real = (
        np.abs(
            heating.X_train[:, cold] - (9 - 0.0065 * heating.X_train[:, high])
        )
        > 3 * 0.8
    )
    numbers["real_off"] = f"{100 * real.mean():.1f}"

    fig, ax = plt.subplots(figsize=(6, 3.75))
    shown = np.random.default_rng(0).choice(altitude.size, 1000, replace=False)
    ax.plot(altitude.ravel()[shown], temperature.ravel()[shown], ".", color=figures.ORANGE, markersize=4,
            label="asked by SHAP")  # fmt: skip
    ax.plot(heating.X_train[:1000, high], heating.X_train[:1000, cold], ".", color=figures.BLUE, markersize=4,
            label="buildings in the data")  # fmt: skip
    ax.set_xlabel("altitude (m)")
    ax.set_ylabel("outdoor temperature (°C)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, markerscale=3)
    figures.save(fig, folder / "twins.png", dpi=110)

    phi, _ = shapley.exact(f, X, background)
    truth, _ = data.heating_shapley(X, background)
    error = np.sqrt(((phi - truth) ** 2).mean(axis=0))
    share = (
        100 * error / np.where(truth.std(axis=0) > 0, truth.std(axis=0), np.nan)
    )
    table = pd.DataFrame(
        {"error": error, "share": share}, index=heating.feature_names
    )
    lines = [
        "| feature | error (kWh/m²) | error (% of the standard deviation of its true values) |",
        "|---|---:|---:|",
    ]
    for name, row in table.sort_values("share", na_position="last").iterrows():
        percent = (
            "no true effect"
            if np.isnan(row["share"])
            else f"{row['share']:.0f} %"
        )
        lines.append(f"| {name} | {row['error']:.1f} | {percent} |")
    (folder / "truth.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    numbers["altitude_share"] = f"{share[high]:.0f}"
    numbers["altitude_spread"] = f"{truth[:, high].std():.1f}"
    numbers["house_number_error"] = f"{error[-1]:.1f}"


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    import warnings

    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    warnings.filterwarnings(
        "ignore", message="Your TensorFlow version is newer"
    )
    figures.use_style()
    patients = data.diabetes()
    f = Predictor(models.load("diabetes"))
    background, X = choose_background(patients), patients.X_test
    phi, phi0 = shapley.exact(f, X, background)
    scores = models.card("diabetes")["on held-out rows"]
    first = dict(zip(patients.feature_names, phi[0], strict=True))
    numbers = {
        "r2": f"{scores['network']['r2']:.2f}",
        "r2_line": f"{scores['linear regression']['r2']:.2f}",
        "base_value": f"{phi0:.0f}",
        "prediction": f"{f(X[:1])[0]:.0f}",
        "measured": f"{patients.y_test[0]:.0f}",
        "bmi": f"{first['bmi']:.0f}",
        "bp": f"{first['bp']:.0f}",
        "others": f"{sum(v for k, v in first.items() if k not in ('bmi', 'bp')):.0f}",
        "target_mean": f"{patients.y_train.mean():.0f}",
        "mean_row": f"{f(background.mean(axis=0))[0]:.0f}",
    }
    errors = f(patients.X_test) - patients.y_test
    numbers["rmse"] = f"{rms(errors):.0f}"
    rng = np.random.default_rng(0)
    again = [rng.integers(0, len(X), len(X)) for _ in range(1000)]
    numbers["r2_sd"] = (
        f"{np.std([r2_score(patients.y_test[i], f(X)[i]) for i in again]):.2f}"
    )
    uncertainty(patients, f, numbers)
    worked_example(folder, numbers)
    row, pair = np.array([[2.0, 3.0]]), np.array([[0.0, 0.0], [1.0, 2.0]])
    hand, hand0 = shapley.exact(hand_network, row, pair)
    middle, middle0 = shapley.exact(
        hand_network, row, pair.mean(axis=0, keepdims=True)
    )
    numbers |= {
        "hand_0": f"{hand0:.0f}",
        "hand_1": f"{hand[0, 0]:.0f}",
        "hand_2": f"{hand[0, 1]:.0f}",
        "middle_0": f"{middle0:.0f}",
        "middle_1": f"{middle[0, 0]:.1f}",
        "middle_2": f"{middle[0, 1]:.1f}",
    }
    explanation = shap.Explanation(
        phi, np.full(len(phi), phi0), X, feature_names=patients.labels
    )
    plt.close("all")
    shap.plots.waterfall(explanation[0], show=False)
    fig = plt.gcf()
    fig.set_size_inches(5.2, 4.6)  # so that the letters can be read on a phone
    fig.axes[0].set_xlabel(patients.target_label, labelpad=22)
    for text in fig.findobj(Text):
        if str(text.get_color()) == "#999999":
            text.set_color("#595959")  # shap's gray is too pale
    figures.save(fig, folder / "waterfall.png", dpi=160)
    plt.close("all")
    np.random.seed(0)  # beeswarm draws the order of its dots
    shap.plots.beeswarm(explanation, plot_size=(5.2, 4.6), show=False)
    plt.gcf().axes[0].set_xlabel(f"SHAP value ({patients.unit})")
    figures.save(plt.gcf(), folder / "beeswarm.png", dpi=130)
    plt.close("all")

    explainer_table(folder, numbers)
    backgrounds_table(folder, patients, f)
    twins(folder, numbers)
    plt.close("all")
    return numbers

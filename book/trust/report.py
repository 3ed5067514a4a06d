"""The filled report, its figure, and the lines that change with the method."""

from pathlib import Path

from glassbox import data, figures, layers, maps, measures, models, shapley
from glassbox.predict import Predictor
from glassbox.report import Report
from lime.lime_tabular import LimeTabularExplainer
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr

DRAWS = 100  # other backgrounds
SEEDS = (1, 2, 3, 4)  # other networks
LIME_SEEDS = range(5)
DIALS = 10
COVERED = 25  # pixels: about as many as a needle has


def draw(patients: data.Dataset, seed: int) -> np.ndarray:
    """Which 100 training rows; with seed 0 the background of "SHAP in practice"."""
    rng = np.random.default_rng(seed)
    return rng.choice(len(patients.X_train), 100, replace=False)


def span(values: np.ndarray) -> str:
    return f"{np.min(values):.0f} to {np.max(values):.0f}"


def figure(path: Path, names, phi, drawn, trained, unit: str) -> None:
    """Exact values with what other backgrounds and other networks give."""
    order = np.abs(phi).argsort()
    y = np.arange(len(order))
    low, high = drawn.min(axis=0)[order], drawn.max(axis=0)[order]
    fig, ax = plt.subplots(figsize=(5.6, 4.3))
    ax.hlines(
        y, low, high, color=figures.SKY, linewidth=7, label="other backgrounds"
    )
    for number, other in enumerate(trained):
        ax.plot(
            other[order],
            y,
            "x",
            color=figures.VERMILLION,
            markersize=6,
            markeredgewidth=1.5,
            label="" if number else "other networks",
        )
    ax.plot(
        phi[order], y, "o", color="black", markersize=6, label="this report"
    )
    ax.axvline(0, color=figures.NEUTRAL, linewidth=0.8, zorder=0)
    ax.set_yticks(y, np.array(names)[order])
    ax.set_xlabel(f"Shapley value ({unit})")
    ax.legend(loc="lower right", fontsize=11)
    figures.save(fig, path, dpi=120)
    plt.close(fig)


def exact_report(folder: Path, numbers: dict[str, str]) -> None:
    """One patient, explained, with what belongs under the picture."""
    patients, f = data.diabetes(), Predictor(models.load("diabetes"))
    names, X = patients.feature_names, patients.X_test
    x, spread = X[:1], f(patients.X_train).std()
    background = patients.X_train[draw(patients, 0)]
    phi, phi0 = shapley.exact(f, x, background)
    # The values for a background are the mean of the values for its rows: ask for each row once.
    of_row = np.array(
        [shapley.exact(f, x, row[None])[0][0] for row in patients.X_train]
    )
    assert np.allclose(of_row[draw(patients, 0)].mean(axis=0), phi[0])
    drawn = np.array(
        [
            of_row[draw(patients, seed)].mean(axis=0)
            for seed in range(1, DRAWS + 1)
        ]
    )
    trained = []
    for seed in SEEDS:
        recipe = models.RECIPES["diabetes"] | {"seed": seed}
        other = Predictor(models.train(patients, **recipe))
        trained.append(shapley.exact(other, x, background)[0][0])
    trained = np.array(trained)

    # What the text says of the order holds, or the text is wrong.
    every = np.argsort(-np.abs(np.vstack([drawn, trained, phi])), axis=1)
    bmi, bp = names.index("bmi"), names.index("bp")
    assert (every[:, 0] == bmi).all() and (every[:, 1] == bp).all()
    assert len(set(every[:, 2])) > 2

    off = np.sqrt(measures.infidelity(f, x, phi, background, spread)) * spread
    gap = measures.completeness_gap(phi, phi0, f(x), spread) * spread
    scores = models.card("diabetes")["on held-out rows"]
    error = np.sqrt(np.mean((f(X) - patients.y_test) ** 2))
    figure(
        folder / "stability.png",
        names,
        phi[0],
        drawn,
        trained,
        patients.unit,
    )
    report = Report(
        question=f"Why does the network predict {f(x)[0]:.0f} points for patient 0 of the held-out rows, and not "
        f"{phi0:.0f}, its mean for the background?",
        model=f"The diabetes network of Glassbox. On {len(X)} held-out patients it has an R² of "
        f"{scores['network']['r2']:.2f} (a straight line has {scores['linear regression']['r2']:.2f}) and an error of "
        f"{error:.0f} points (root mean square).",
        background=f"100 of the {len(patients.X_train)} training patients, drawn at random with seed 0. Base value "
        f"{phi0:.0f} points.",
        unit="Points of disease progression after one year, more is worse. The network predicts points, nothing was "
        "converted.",
        method="Exact Shapley values, interventional: shapley.exact of Glassbox, all 1,024 coalitions. Nothing else "
        "is random.",
        fidelity="Exact for this network and this background. Base value and Shapley values miss the prediction by "
        f"{gap[0]:.2f} points. But features that are taken away together do not change it by the sum of their values: "
        f"off by {off[0]:.0f} points (root mean square over all 1,023 sets of features).",
        stability=f"{DRAWS} other draws of the background: bmi {span(drawn[:, bmi])} points, bp "
        f"{span(drawn[:, bp])}. Four networks, trained from other seeds: bmi {span(trained[:, bmi])}, bp "
        f"{span(trained[:, bp])}. All of them have bmi first and bp second. The order of the other eight is not "
        "stable. Other training patients: not measured.",
        limits=f"It describes the network, and the network errs: {patients.y_test[0]:.0f} points were measured for "
        "this patient. It does not say what would happen if the patient lost weight. It asks about mixtures of two "
        "patients, who need not exist.",
    )
    (folder / "filled.md").write_text(
        report._repr_markdown_() + "\n", encoding="utf-8"
    )
    numbers |= {
        "prediction": f"{f(x)[0]:.0f}",
        "base": f"{phi0:.0f}",
        "bmi": f"{phi[0, bmi]:.0f}",
        "bp": f"{phi[0, bp]:.0f}",
        "bmi_drawn": span(drawn[:, bmi]),
        "error": f"{error:.0f}",
        "r2": f"{scores['network']['r2']:.2f}",
        "together": f"{off[0]:.0f}",
    }
    lime_lines(folder, numbers, patients, f, phi[0])


def lime_lines(
    folder: Path,
    numbers: dict[str, str],
    patients: data.Dataset,
    f: Predictor,
    exact: np.ndarray,
) -> None:
    """What changes if LIME, as its library has it, explains the same patient."""
    x, d = patients.X_test[0], len(exact)
    weights, scores, gaps = [], [], []
    for seed in LIME_SEEDS:
        explainer = LimeTabularExplainer(
            patients.X_train,
            mode="regression",
            feature_names=list(patients.feature_names),
            categorical_features=[1],
            random_state=seed,
        )
        e = explainer.explain_instance(x, f, num_features=d)
        found = np.zeros(d)
        for column, weight in e.as_map()[1]:
            found[column] = weight
        weights.append(found)
        scores.append(e.score)
        gaps.append(abs(e.predicted_value - e.local_pred[0]))
    weights = np.array(weights)
    bmi = patients.feature_names.index("bmi")
    text = f"""\
- **Background.** Patients that LIME invents: drawn from four bins of each measurement and from the two codes of
  `sex`. Every bin holds about a quarter of the training rows.
- **Method.** LIME with the defaults of its library: bins, 5,000 samples, kernel width 0.75 √10; all ten features
  shown, seed 0.
- **Fidelity.** Weighted R² of the line on the network {scores[0]:.2f}. Local gap {gaps[0]:.0f} points: it says
  {f(x[None])[0] - gaps[0]:.0f} where the network says {f(x[None])[0]:.0f}.
- **Stability.** Over {len(LIME_SEEDS)} seeds a weight moves by {np.sqrt(weights.var(axis=0, ddof=1).mean()):.1f}
  points (standard deviation), bmi is {span(weights[:, bmi])}, the gap
  {span(gaps)}. Other bins, other widths: not measured.
- **Limits.** A weight compares this bin with the other three (for `sex`: with the other code). It is no part of the
  {f(x[None])[0]:.0f} points.
"""
    assert f(x[None])[0] > gaps[0] and e.local_pred[0] < e.predicted_value
    (folder / "lime.md").write_text(text, encoding="utf-8")
    numbers["lime_gap"] = f"{gaps[0]:.0f}"
    numbers["lime_r2"] = f"{scores[0]:.2f}"


def map_lines(folder: Path, numbers: dict[str, str]) -> None:
    """What changes if the explanation is an occlusion map of the gauge."""
    gauge, network = data.gauge(), models.load("gauge")
    images, needle = gauge.X_test[:DIALS], gauge.relevant_test[:DIALS]

    def explained(model, fill=None) -> np.ndarray:
        return maps.occlusion(Predictor(model), images, fill=fill)

    def mass(found: np.ndarray) -> float:
        return maps.relevance_mass(found, needle).mean()

    def alike(one: np.ndarray, other: np.ndarray) -> float:
        """Mean rank correlation on the needle, with signs."""
        pairs = zip(one, other, needle, strict=True)
        return float(np.mean([spearmanr(a[k], b[k])[0] for a, b, k in pairs]))

    def moved(order: np.ndarray) -> float:
        """Mean change of the reading without the pixels that have the largest absolute values."""
        flat = np.abs(order).reshape(DIALS, -1)
        covered = images.reshape(DIALS, -1).copy()
        middle = np.median(covered, axis=1, keepdims=True)
        strongest = np.argsort(-flat, axis=1, kind="stable")[:, :COVERED]
        np.put_along_axis(covered, strongest, middle, axis=1)
        f = Predictor(network)
        return np.abs(f(covered.reshape(images.shape)) - f(images)).mean()

    here, white = explained(network), explained(network, fill=1)
    twin = explained(models.load("gauge_twin"))
    # From the output down: all that it has learned is forgotten.
    names = ["output", "hidden", "conv_3", "conv_2", "conv_1"]
    forgotten = [
        explained(layers.randomized(network, names, seed)) for seed in range(3)
    ]
    random_mass = [mass(some) for some in forgotten]
    random_alike = [alike(here, some) for some in forgotten]
    whole = [
        spearmanr(np.abs(a).ravel(), np.abs(b).ravel())[0]
        for a, b in zip(here, twin, strict=True)
    ]
    low, high = (
        f"{value:.2f}".replace("-", "−")
        for value in (min(random_alike), max(random_alike))
    )
    by_chance = np.random.default_rng(0).random(here.shape)
    text = f"""\
- **Background.** A fill: the median brightness of each image covers the patch. White in its place would leave
  {mass(white):.2f} of the map on the needle, not {mass(here):.2f}.
- **Unit.** Percent of full scale: how far the reading falls when the patch is covered.
- **Method.** Occlusion, patch of 3 × 3 pixels, around each pixel. No seed.
- **Fidelity.** Covering the {COVERED} strongest pixels of a map, about as many as a needle has, changes the reading by
  {moved(here):.0f} % on average, {COVERED} random pixels by {moved(by_chance):.1f} % ({DIALS} held-out dials). On the
  needle lies {mass(here):.2f} of the map. If all weights are drawn anew, three times: {min(random_mass):.2f} to
  {max(random_mass):.2f}.
- **Stability.** Rank correlation on the needle, with signs, with the map of a second network, trained from another
  seed: {alike(here, twin):.2f}. With the maps of the random weights: {low} to {high}. Other sizes of the patch: not measured.
- **Limits.** It says where a patch changes the reading, and not how the network uses it.
"""
    (folder / "map.md").write_text(text, encoding="utf-8")
    for key, name in (("gauge_error", "gauge"), ("twin_error", "gauge_twin")):
        scores = models.card(name)["on held-out rows"]["network"]
        numbers[key] = f"{scores['mean_absolute_error']:.2f}"
    numbers["twin_alike"] = f"{alike(here, twin):.2f}"
    numbers["twin_whole"] = f"{np.mean(whole):.2f}"


def compute(folder: Path) -> dict[str, str]:
    """Write this page's figure and reports into `folder` and return its numbers."""
    figures.use_style()
    numbers: dict[str, str] = {}
    exact_report(folder, numbers)
    map_lines(folder, numbers)
    return numbers

"""The numbers, tables and figures of the chapter "The black box"."""

from pathlib import Path

from glassbox import data, figures, models
from glassbox.predict import Predictor
import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

NAMES = ("diabetes", "heating")
SEEDS = (1, 2, 3)  # networks trained again, beside the shipped one
PAIRS = 500  # straight ways between two training rows


class Opened:
    """A shipped network in NumPy, in double precision: its weights, switches and slopes."""

    def __init__(self, network: keras.Model) -> None:
        standardize = network.get_layer("standardize")
        to_units = network.get_layer("to_units")
        self.mean = np.ravel(np.asarray(standardize.mean, float))
        self.sd = np.sqrt(np.ravel(np.asarray(standardize.variance, float)))
        self.scale, self.offset = float(to_units.scale), float(to_units.offset)
        self.W1, self.b1, self.W2, self.b2, self.W3, self.b3 = (
            np.asarray(weights, float)
            for name in ("hidden_1", "hidden_2", "output")
            for weights in network.get_layer(name).get_weights()
        )

    def sums(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the units of both hidden layers get, before the ReLU."""
        first = (X - self.mean) / self.sd @ self.W1 + self.b1
        return first, np.maximum(first, 0) @ self.W2 + self.b2

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Predictions, shape (n,), in the target's unit."""
        values = np.maximum(self.sums(X)[1], 0) @ self.W3 + self.b3
        return values[:, 0] * self.scale + self.offset

    def pattern(self, X: np.ndarray) -> np.ndarray:
        """Which hidden units are on: shape (n, units)."""
        return np.hstack(self.sums(X)) > 0

    def slopes(self, X: np.ndarray) -> np.ndarray:
        """The local slope of each feature, shape (n, d), in the target's unit per unit of the feature."""
        first, second = self.sums(X)
        back = ((second > 0) * self.W3[:, 0]) @ self.W2.T
        return ((first > 0) * back) @ self.W1.T * self.scale / self.sd

    def kinks(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Where units switch on the straight way between two rows, as shares of the way, in order.

        Between two switches of the first layer the sums of the second are straight lines, so a sign
        that changes has exactly one zero there. Nothing is missed.
        """

        def at(share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return self.sums(start + np.outer(share, end - start))

        first = at(np.array([0.0, 1.0]))[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            zeros = first[0] / (first[0] - first[1])
        zeros = np.sort(zeros[(first[0] > 0) != (first[1] > 0)])
        edges = np.concatenate([[0.0], zeros, [1.0]])
        second = at(edges)[1]
        found = list(zeros)
        for left, right, a, b in zip(
            edges[:-1], edges[1:], second[:-1], second[1:], strict=True
        ):
            for u, w in zip(a, b, strict=True):
                if (u > 0) != (w > 0):
                    found.append(left + (right - left) * u / (u - w))
        return np.sort(found)


def hand_network(X: np.ndarray) -> np.ndarray:
    """The network that the chapter works out by hand: two inputs, two hidden units."""
    return (
        10
        + 4 * np.maximum(X[:, 0], 0)
        + 6 * np.maximum(X[:, 0] + X[:, 1] - 3, 0)
    )


def count_parameters(folder: Path, numbers: dict[str, str]) -> None:
    """Parameters of each layer and paths, as arithmetic that a reader can redo."""
    rows: dict[str, list[str]] = {}
    for name in NAMES:
        d = len(getattr(data, name)().feature_names)
        first, second = models.RECIPES[name]["hidden"]
        parts = {
            "hidden layer 1": (f"{d}·{first} + {first}", d * first + first),
            "hidden layer 2": (
                f"{first}·{second} + {second}",
                first * second + second,
            ),
            "output": (f"{second}·1 + 1", second + 1),
        }
        total = sum(count for _, count in parts.values())
        assert total == models.card(name)["parameters"]
        for part, (sum_, count) in parts.items():
            rows.setdefault(part, []).append(f"{sum_} = {count:,}")
        rows.setdefault("**all parameters**", []).append(f"**{total:,}**")
        rows.setdefault("**paths**", []).append(
            f"{d}·{first}·{second} = **{d * first * second:,}**"
        )
        if name == "diabetes":
            numbers["parameters_diabetes"] = f"{total:,}"
        numbers[f"paths_{name}"] = f"{d * first * second:,}"
    lines = ["| | diabetes | heating |", "|---|---:|---:|"]
    lines += [f"| {part} | {a} | {b} |" for part, (a, b) in rows.items()]
    write(folder / "parameters.md", lines)


def power(count: float) -> str:
    """A large number as a formula, such as 2.8 · 10¹⁴."""
    exponent = int(np.floor(np.log10(count)))
    return rf"${count / 10.0**exponent:.1f} \cdot 10^{{{exponent}}}$"


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def own_share(f: Opened, X: np.ndarray) -> tuple[int, float]:
    """How many on/off patterns the rows of X meet, and the share of rows that have one alone."""
    _, counts = np.unique(f.pattern(X), axis=0, return_counts=True)
    return len(counts), float((counts == 1).sum() / len(X))


def count_regions(
    folder: Path, opened: dict[str, Opened], numbers: dict[str, str]
) -> None:
    """Which on/off patterns the data meet, and how often the way between two rows bends."""
    rows: dict[str, list[str]] = {}
    for name, f in opened.items():
        dataset = getattr(data, name)()
        pattern = f.pattern(dataset.X_train)
        units = pattern.shape[1]
        met, alone = own_share(f, dataset.X_train)
        # Different patterns could still give the same line. Here they do not.
        assert len(np.unique(f.slopes(dataset.X_train).round(6), axis=0)) == met
        met_test, _ = own_share(f, dataset.X_test)
        rng = np.random.default_rng(0)
        ways = [
            len(f.kinks(*dataset.X_train[rng.choice(len(pattern), 2, False)]))
            for _ in range(PAIRS)
        ]
        known = {row.tobytes() for row in pattern}
        seen = sum(row.tobytes() in known for row in f.pattern(dataset.X_test))
        on = pattern.mean(axis=0)
        for label, value in {
            "hidden units": f"{units}",
            "on/off patterns one could think of": power(2.0**units),
            "met by the training rows": f"{met:,} of {len(dataset.X_train):,}",
            "met by the held-out rows": f"{met_test:,} of {len(dataset.X_test):,}",
            "held-out rows in a training row's region": f"{seen}",
            "units that switch, over the training rows": f"{((on > 0) & (on < 1)).sum()}",
            "units that are off for all of them": f"{(on == 0).sum()}",
            "kinks between two training rows, on average": f"{np.mean(ways):.0f}",
        }.items():
            rows.setdefault(label, []).append(value)
        if name == "diabetes":
            numbers["met_diabetes"] = f"{met:,}"
            numbers["rows_diabetes"] = f"{len(dataset.X_train):,}"
        numbers[f"alone_{name}"] = f"{100 * alone:.1f}"
        numbers[f"kinks_{name}"] = f"{np.mean(ways):.0f}"
        numbers[f"units_{name}"] = f"{units}"
    lines = ["| | diabetes | heating |", "|---|---:|---:|"]
    lines += [f"| {label} | {a} | {b} |" for label, (a, b) in rows.items()]
    write(folder / "regions.md", lines)
    numbers["pairs"] = f"{PAIRS}"


def left_over(f, X: np.ndarray, X_test: np.ndarray) -> tuple[float, float]:
    """Percent of the variance of f, on held-out rows, beyond the best line and the best sum of curves.

    Both are fitted to the predictions of f, not to the target.
    """
    line = LinearRegression().fit(X, f(X))
    curves = make_pipeline(
        StandardScaler(),
        SplineTransformer(n_knots=5, degree=3, extrapolation="linear"),
        RidgeCV(alphas=np.logspace(-6, 4, 41)),
    ).fit(X, f(X))
    return tuple(
        100 * (1 - model.score(X_test, f(X_test))) for model in (line, curves)
    )


def spread(values: list[float], digits: int) -> str:
    """The smallest and the largest of some values."""
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def simpler_models(
    folder: Path, opened: dict[str, Opened], numbers: dict[str, str]
) -> None:
    """How much of f a line and a sum of curves miss, for the shipped network and three trained again."""
    lines = [
        "| what is fitted to $f$ | diabetes | heating |",
        "|---|---:|---:|",
    ]
    missed: dict[str, list[tuple[float, float]]] = {}
    shipped: dict[tuple[str, str], str] = {}
    for name, f in opened.items():
        dataset = getattr(data, name)()
        missed[name] = [left_over(f, dataset.X_train, dataset.X_test)]
        alone = []
        for seed in SEEDS:
            recipe = models.RECIPES[name] | {"seed": seed}
            again = Opened(models.train(dataset, **recipe))
            missed[name].append(
                left_over(again, dataset.X_train, dataset.X_test)
            )
            alone.append(own_share(again, dataset.X_train)[1])
        numbers[f"alone_seeds_{name}"] = f"{100 * np.mean(alone):.0f}"
        for kind, values in zip(
            ("line", "curves"), zip(*missed[name], strict=True), strict=True
        ):
            shipped[kind, name] = f"{values[0]:.1f} %"
            numbers[f"{kind}_seeds_{name}"] = spread(list(values[1:]), 1)
    for label, kind in (("one line", "line"), ("a sum of curves", "curves")):
        lines.append(
            f"| {label} | {shipped[kind, 'diabetes']} | {shipped[kind, 'heating']} |"
        )
    write(folder / "simpler.md", lines)
    numbers["line_diabetes"] = shipped["line", "diabetes"].removesuffix(" %")


def slopes(
    folder: Path, opened: dict[str, Opened], numbers: dict[str, str]
) -> None:
    """Local slopes: of the patients, and of air_changes, whose true slope is known."""
    patients, heating = data.diabetes(), data.heating()
    line = LinearRegression().fit(patients.X_train, patients.y_train)
    of = opened["diabetes"].slopes(patients.X_train)
    lines = [
        "| feature | one line for all | network: smallest | network: largest |",
        "|---|---:|---:|---:|",
    ]
    for name, digits in (("bmi", 1), ("bp", 1), ("ltg", 0), ("age", 1)):
        column = patients.feature_names.index(name)
        values = of[:, column]
        lines.append(
            f"| {name} | {line.coef_[column]:.{digits}f} | {values.min():.{digits}f} "
            f"| {values.max():.{digits}f} |".replace("-", "−")
        )
        if name == "bmi":
            numbers["low_bmi"] = f"{values.min():.1f}"
            numbers["high_bmi"] = f"{values.max():.1f}"
    write(folder / "slopes.md", lines)
    column = patients.feature_names.index("age")
    numbers["age_down"] = f"{100 * (of[:, column] < 0).mean():.0f}"
    numbers["bmi_line"] = (
        f"{line.coef_[patients.feature_names.index('bmi')]:.1f}"
    )

    f, X = opened["heating"], heating.X_test
    air, recovery = (
        heating.feature_names.index(n) for n in ("air_changes", "heat_recovery")
    )
    network, truth = f.slopes(X)[:, air], 60 * (1 - X[:, recovery])
    fitted = LinearRegression().fit(heating.X_train, heating.y_train)
    assert round(fitted.coef_[air]) == 33  # as its alternative text says
    numbers["air_error"] = f"{np.sqrt(((network - truth) ** 2).mean()):.1f}"
    numbers["air_correlation"] = f"{np.corrcoef(network, truth)[0, 1]:.2f}"
    numbers["value_error"] = (
        f"{np.sqrt(((f(X) - data.heating_demand(X)) ** 2).mean()):.1f}"
    )
    t = data.heating_demand(X)
    product = (X[:, air] - X[:, air].mean()) * (
        X[:, recovery] - X[:, recovery].mean()
    )
    numbers["true_interaction"] = f"{100 * (60 * product).var() / t.var():.1f}"

    fig, ax = plt.subplots(figsize=(6, 4))
    ax.plot(
        X[:400, recovery],
        network[:400],
        "o",
        color=figures.BLUE,
        markersize=3,
        alpha=0.6,
        label="network, one dot a building",
    )
    ends = np.array([0, 0.9])
    ax.plot(ends, 60 * (1 - ends), color=figures.VERMILLION, label="truth")
    ax.axhline(
        fitted.coef_[air],
        color="black",
        linestyle="--",
        label="linear regression",
    )
    ax.set_xlabel("heat_recovery (fraction)")
    ax.set_ylabel("slope of air_changes\n(kWh/m² per 1/h)")
    ax.set_ylim(-8, 82)
    ax.legend(loc="upper right", handlelength=1.5)
    figures.save(fig, folder / "slopes.png", dpi=110)


def draw_regions(folder: Path) -> None:
    """The four regions of the network that the chapter works out by hand."""
    across, up = np.linspace(-4, 5, 181), np.linspace(-3, 7, 201)
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    values = hand_network(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    fig, ax = plt.subplots(figsize=(5.6, 4.6))
    ax.contour(
        across, up, values, levels=np.arange(12, 90, 6), colors="0.6",
        linewidths=1,
    )  # fmt: skip
    ax.axvline(0, color=figures.BLUE, linewidth=2.5)
    ax.plot([-4, 5], [7, -2], color=figures.VERMILLION, linestyle="--")
    for place, formula in {
        (-2.2, 0.2): "10",
        (1.9, -1.6): "10 + 4$x_1$",
        (-1.75, 6.4): "−8 + 6$x_1$ + 6$x_2$",
        (2.6, 3.4): "−8 + 10$x_1$ + 6$x_2$",
    }.items():
        ax.text(
            *place,
            formula,
            ha="center",
            va="center",
            fontsize=13,
            bbox={"color": "white", "alpha": 0.9, "pad": 2},
        )
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    ax.set_xlim(-4, 5)
    ax.set_ylim(-3, 7)
    figures.save(fig, folder / "regions.png", dpi=110)


def draw_way(folder: Path, f: Opened) -> None:
    """The prediction on the straight way from one patient to another, with its kinks."""
    patients = data.diabetes()
    start, end = patients.X_test[:2]
    kinks = f.kinks(start, end)
    share = np.linspace(0, 1, 401)
    way = f(start + np.outer(share, end - start))
    fig, ax = plt.subplots(figsize=(6, 3.6))
    ax.plot(100 * share, way, color=figures.BLUE)
    ax.plot(
        100 * kinks, f(start + np.outer(kinks, end - start)), "o",
        color=figures.VERMILLION, markersize=6, label="a unit switches",
    )  # fmt: skip
    ax.plot([0, 100], way[[0, -1]], ":", color="black", label="straight line")
    ax.set_xlabel("way from one patient to the other (%)")
    ax.set_ylabel("prediction (points)")
    ax.legend()
    figures.save(fig, folder / "way.png", dpi=110)
    assert len(kinks) == 12  # as its alternative text says


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    figures.use_style()
    numbers: dict[str, str] = {}
    opened = {name: Opened(models.load(name)) for name in NAMES}
    for name, f in opened.items():
        X = getattr(data, name)().X_test
        assert np.abs(f(X) - Predictor(models.load(name))(X)).max() < 1e-3
    count_parameters(folder, numbers)
    count_regions(folder, opened, numbers)
    simpler_models(folder, opened, numbers)
    slopes(folder, opened, numbers)
    draw_regions(folder)
    draw_way(folder, opened["diabetes"])
    plt.close("all")
    return numbers

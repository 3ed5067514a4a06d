"""Numbers, tables and figures of the chapter "How good is this explanation?"."""

from functools import cache
from pathlib import Path
import warnings

from glassbox import data, figures, gradients, measures, models, shapley
from glassbox import weights as path_weights
from glassbox.predict import Predictor
from lime.lime_tabular import LimeTabularExplainer
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import rankdata, spearmanr
import shap

NAMES = ("heating", "diabetes")
ROWS = 40  # held-out rows of the tables
FEW, MOVES, STEP = 8, 3, 0.1  # sensitivity: rows, moves, standard deviations
TIMES = 4  # backgrounds, and seeds, for instability of FEW rows
RESAMPLES = 2000  # of the rows, for intervals
BANDS = 500  # random orders of all rows, for the band
SOME = 12  # rows for choosing LIME's setting, and for other backgrounds
ELSE = 5  # other backgrounds that measure
OWN = (0, 7, 8)  # backgrounds of the exact values that they compare
LINE = {"discretize_continuous": False}
AROUND = LINE | {"sample_around_instance": True}
# What "tuned" chooses from: None is the library's kernel width.
TUNING = {
    (place, width): settings | ({"kernel_width": width} if width else {})
    for place, settings in (("mean", LINE), ("row", AROUND))
    for width in (1, None, 10)
}
EXACT, ZEROS, EQUAL, OTHER = (
    "exact",
    "zeros",
    "equal parts",
    "another row",
)
METHODS = (
    "connection weights",
    "gradient × sd",
    "gradient × input",
    "integrated gradients",
    "LIME, default",
    "LIME, tuned",
    "Kernel SHAP",
    "Permutation SHAP",
    "Deep SHAP",
    "Gradient SHAP",
    EXACT,
)
DRAW = [
    m for m in METHODS if m.startswith(("LIME", "Kernel", "Perm", "Gradient"))
]
RULERS = (ZEROS, EQUAL, OTHER)
# The heading of each measure, and whether little of it is good.
MEASURES = {
    "error": ("error", True),
    "formula": ("truth", True),
    "gap": ("gap", True),
    "infidelity": ("infid.", True),
    "correlation": ("corr.", False),
    "deletion": ("del.", False),
    "sensitivity": ("sens.", True),
    "instability": ("instab.", True),
}
ALL = np.vstack([np.zeros((1, 10), bool), measures.subsets(10)])
SIZE = ALL.sum(axis=1)
CODE = 2 ** np.arange(10)


class Case:
    """A network with its rows, and each method as a function of rows, background and seed."""

    def __init__(self, name: str):
        self.name = name
        self.data, self.network = getattr(data, name)(), models.load(name)
        self.f = Predictor(self.network)
        self.X, self.y = self.data.X_test[:ROWS], self.data.y_test[:ROWS]
        self.sd = self.data.X_train.std(axis=0)
        self.spread = self.f(self.data.X_train).std()
        self.scale = self.network.get_layer("to_units").scale
        self.limes: dict = {}  # of X, against the background of seed 0

    def background(self, seed: int = 0) -> np.ndarray:
        """100 training rows; with seed 0 the background of the other chapters."""
        rng, n = np.random.default_rng(seed), len(self.data.X_train)
        return self.data.X_train[rng.choice(n, 100, replace=False)]

    def explain(self, method: str, X, background, seed: int = 0):
        """Attributions (n, d), and what they start from (None for slopes)."""
        mean = background.mean(axis=0)
        if method == "connection weights":
            slope = path_weights.connection_weights(self.network) * self.scale
            return slope * (X - mean) / self.sd, self.f(mean)
        if method == "gradient × sd":
            return gradients.gradient(self.network, X) * self.sd, None
        if method == "gradient × input":
            phi = gradients.gradient_times_input(self.network, X, mean)
            return phi, self.f(mean)
        if method == "integrated gradients":
            phi = gradients.integrated_gradients(self.network, X, mean)
            return phi, self.f(mean)
        if method == "LIME, default":
            sex = {"categorical_features": [1]}
            return self.lime(
                X, background, seed, sex if self.name == "diabetes" else {}
            )[:2]
        if method == "LIME, tuned":
            return self.lime(X, background, seed, LINE)[:2]
        phi0 = self.f(background).mean()
        if method == "Kernel SHAP":
            np.random.seed(seed)  # it draws with NumPy's global generator
            phi = shap.KernelExplainer(self.f, background).shap_values(
                X, nsamples=300, l1_reg=False, silent=True
            )
        elif method == "Permutation SHAP":
            explainer = shap.explainers.Permutation(
                self.f, background, seed=seed
            )
            phi = explainer(X, silent=True).values
        elif method == "Deep SHAP":
            phi = shap.DeepExplainer(self.network, background).shap_values(X)
            phi = phi[..., 0]
        elif method == "Gradient SHAP":
            explainer = shap.GradientExplainer(self.network, background)
            phi = explainer.shap_values(X, nsamples=200, rseed=seed)[..., 0]
        elif method == EXACT:
            phi, _ = shapley.exact(self.f, X, background)
        return phi, phi0

    def again(self, method: str, X, backgrounds) -> list[np.ndarray]:
        """Attributions of the same rows against several backgrounds."""
        if method != "integrated gradients":
            return [self.explain(method, X, b)[0] for b in backgrounds]
        # All baselines in one call: most of the time goes into the calls.
        means = [b.mean(axis=0) for b in backgrounds]
        phi = gradients.integrated_gradients(
            self.network,
            np.tile(X, (len(means), 1)),
            np.repeat(means, len(X), axis=0),
        )
        return np.split(phi, len(means))

    def lime(self, X, background, seed, settings):
        """Parts (n, d), what they start from, and R², of LIME with the background as its table."""
        key = repr(settings) if X is self.X and seed == 0 else None
        if key in self.limes:
            return self.limes[key]
        explainer = LimeTabularExplainer(
            background, mode="regression", random_state=seed, **settings
        )
        z = (X - background.mean(axis=0)) / background.std(axis=0)
        parts, starts, r2 = np.zeros(X.shape), np.zeros(len(X)), []
        for i, x in enumerate(X):
            told = explainer.explain_instance(x, self.f, num_features=len(x))
            for feature, weight in told.as_map()[1]:
                # A bin's weight is taken as it is, a slope times its distance.
                binned = "discretize_continuous" not in settings
                parts[i, feature] = weight * (1 if binned else z[i, feature])
            starts[i] = told.local_pred[0] - parts[i].sum()
            r2.append(told.score)
        found = parts, starts, np.array(r2)
        if key:
            self.limes[key] = found
        return found


class Games:
    """The games of some rows against a background: the value of each coalition, asked for once.

    In the game of a row, a feature is 1 (known) or 0 (taken away). So the measures of the package
    take the game for a function of rows of ones, against a background of zeros.
    """

    def __init__(self, values: np.ndarray):
        self.values = values  # (n, 1024), in the order of ALL
        self.falls = self.values[:, :1] - self.values
        self.ones, self.zeros = np.ones((1, 10)), np.zeros((1, 10))
        self.order = np.argsort(ALL @ CODE)

    @classmethod
    def of(cls, f, X: np.ndarray, background: np.ndarray):
        return cls(measures.without(f, X, background, ALL))

    def game(self, i: int):
        by_code = self.values[i][self.order]
        return lambda rows: by_code[(rows < 0.5) @ CODE]

    def each(self, measure, phi, *more):
        """A measure of the package, row by row."""
        rows = [
            measure(self.game(i), self.ones, phi[i : i + 1], self.zeros, *more)
            for i in range(len(phi))
        ]
        return np.concatenate(rows)

    def exact(self):
        rows = range(len(self.values))
        play = (self.game(i) for i in rows)
        return np.vstack(
            [shapley.exact(g, self.ones, self.zeros)[0] for g in play]
        )

    def infidelity(self, phi, spread):
        return self.each(measures.infidelity, phi, spread)

    def correlation(self, phi, size=5):
        sets = ALL[size == SIZE] if size else ALL[1:]
        return self.each(measures.faithfulness_correlation, phi, sets)

    def curve(self, phi):
        return self.each(measures.deletion_curve, phi)

    def random_curve(self):
        """The mean curve of all orders (n, 11): a set of each size is as likely as another."""
        size = np.abs(self.falls)
        return np.array([size[:, k == SIZE].mean(axis=1) for k in range(11)]).T

    def best_curve(self):
        """The order with the largest area (n, 11), found from the end by dynamic programming."""
        gain = np.abs(self.falls)[:, self.order]
        rest = np.zeros_like(gain)
        step = np.zeros(gain.shape, int)
        for code in sorted(range(1023), key=lambda c: -bin(c).count("1")):
            after = [code | 1 << i for i in range(10) if not code >> i & 1]
            follow = gain[:, after] + rest[:, after]
            step[:, code] = np.array(after)[follow.argmax(axis=1)]
            rest[:, code] = follow.max(axis=1)
        at, rows = np.zeros(len(gain), int), np.arange(len(gain))
        curve = [gain[rows, at]]
        for _ in range(10):
            at = step[rows, at]
            curve.append(gain[rows, at])
        return np.array(curve).T


def share_of_way(areas):
    """From (3, ..., n): how far the area is on the way from a random order (0) to the best one (1)."""
    area, control, best = areas
    return (area - control).mean(axis=-1) / (best - control).mean(axis=-1)


@cache
def case(name: str) -> Case:
    return Case(name)


@cache
def measured(name: str) -> dict:
    """All methods of one network, their attributions, and each measure of them, row by row."""
    c = case(name)
    background = c.background()
    games = Games.of(c.f, c.X, background)
    f, spread, step = c.f(c.X), c.spread, STEP * c.sd
    explained = {m: c.explain(m, c.X, background) for m in METHODS[:-1]}
    exact, phi0 = games.exact(), c.f(background).mean()
    explained[EXACT] = exact, phi0
    explained[ZEROS] = np.zeros_like(exact), phi0
    parts = np.broadcast_to((f - phi0)[:, None] / 10, exact.shape)
    explained[EQUAL] = parts, phi0
    explained[OTHER] = np.roll(exact, 1, axis=0), phi0
    control, best = games.random_curve(), games.best_curve()
    ends = [control.sum(axis=1), best.sum(axis=1)]
    values: dict[str, dict[str, np.ndarray]] = {}
    for m, (phi, start) in explained.items():
        row = values[m] = {}
        row["error"] = 100 * measures.error(phi, exact, spread)
        if name == "heating":
            truth, _ = data.heating_shapley(c.X, background)
            row["formula"] = 100 * measures.error(phi, truth, spread)
        if start is not None:
            gap = measures.completeness_gap(phi, start, f, spread)
            row["gap"] = 100 * gap
        row["infidelity"] = 100 * games.infidelity(phi, spread)
        if m not in (ZEROS, EQUAL):  # these two have no order
            row["correlation"] = games.correlation(phi)
            area = games.curve(phi).sum(axis=1)
            row["deletion"] = np.array([area, *ends])
        if m in RULERS:
            if m == ZEROS:
                row["sensitivity"] = row["instability"] = np.zeros(FEW)
            continue

        few = c.X[:FEW]
        still = np.tile(few, (MOVES, 1))

        def again(X, m=m, phi=phi, still=still):
            if np.array_equal(X, still):  # known already
                return np.tile(phi[:FEW], (MOVES, 1))
            # What draws has to draw for each move as for the rows that stay.
            parts = np.split(X, MOVES) if m in DRAW else [X]
            return np.vstack([c.explain(m, p, background)[0] for p in parts])

        # One move of MOVES copies of the rows: fewer and larger calls.
        moved = measures.sensitivity(again, still, step, spread, draws=1)
        row["sensitivity"] = 100 * moved.reshape(MOVES, FEW).max(axis=0)
        others = range(1, TIMES)
        many = c.again(m, few, [c.background(s) for s in others])
        many.append(phi[:FEW])
        row["instability"] = 100 * measures.instability(many, spread)
        if m in DRAW:
            many = [c.explain(m, few, background, s)[0] for s in others]
            many.append(phi[:FEW])
            row["seeds"] = 100 * measures.instability(many, spread)
    return {
        "explained": explained,
        "games": games,
        "values": values,
        "control": control,
        "best": best,
    }


def mean(key: str, values: np.ndarray):
    """The number of a measure for all rows, (..., n) to (...)."""
    return share_of_way(values) if key == "deletion" else values.mean(axis=-1)


def resampled(key: str, values: np.ndarray) -> np.ndarray:
    """The same number for the rows drawn again with replacement, (RESAMPLES,)."""
    n = values.shape[-1]
    rows = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    return mean(key, values[..., rows])


def digits_of(key: str, value: float) -> int:
    small = key == "infidelity" and value < 10
    return 2 if small or key in ("correlation", "deletion") else 1


def show(key: str, value: float) -> str:
    """As the tables print it, always with decimals."""
    text = f"{value:.{digits_of(key, value)}f}".replace("-", "−")
    return text.replace("−0.00", "0.00")


def big_table(name: str, folder: Path) -> None:
    """Methods and rulers by measures, with 95 % intervals over rows."""
    values = measured(name)["values"]
    keys = [k for k in MEASURES if name == "heating" or k != "formula"]
    heads = " | ".join(MEASURES[k][0] for k in keys)
    lines = [f"| method | {heads} |", "|---|" + "---:|" * len(keys)]
    for m, row in values.items():
        cells = []
        for key in keys:
            if key not in row:
                cells.append("—")
                continue
            number = mean(key, row[key])
            low, high = np.quantile(resampled(key, row[key]), [0.025, 0.975])
            half = f"{(high - low) / 2:.{digits_of(key, number)}f}"
            middle = show(key, number)
            if float(half):
                middle += f"<br>±{half}"
            cells.append(middle)
        label = f"*{m}*" if m in RULERS else m
        lines.append(f"| {label} | {' | '.join(cells)} |")
    (folder / f"{name}.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )


def goodness(key: str, number) -> np.ndarray:
    return -np.asarray(number) if MEASURES[key][1] else np.asarray(number)


def agreement_table(folder: Path) -> None:
    """Rank correlation of each measure with the error, over the methods."""
    lines = ["| measure | heating | diabetes |", "|---|---:|---:|"]
    for key in MEASURES:
        if key in ("error", "formula"):
            continue
        cells = []
        for name in NAMES:
            values = measured(name)["values"]
            methods = [m for m in METHODS if key in values[m]]
            n = np.shape(values[EXACT][key])[-1]
            rng, found = np.random.default_rng(0), []
            for rows in [np.arange(n), *rng.integers(0, n, (200, n))]:
                error = [values[m]["error"][rows].mean() for m in methods]
                other = [mean(key, values[m][key][..., rows]) for m in methods]
                # Methods that differ by rounding only share a rank.
                rank = spearmanr(
                    goodness("error", np.round(error, 3)),
                    goodness(key, np.round(other, 3)),
                )
                found.append(rank[0])
            low, high = np.quantile(found[1:], [0.025, 0.975])
            text = f"{found[0]:.1f} ({low:.1f} to {high:.1f})"
            cells.append(text.replace("-0.0", "0.0").replace("-", "−"))
        lines.append(f"| {key} | {' | '.join(cells)} |")
    (folder / "agreement.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )


def ranks_figure(name: str, folder: Path) -> None:
    """The rank of each method and ruler by each measure."""
    keys = [k for k in MEASURES if k != "formula"]
    values = measured(name)["values"]
    grid = np.full((len(values), len(keys)), np.nan)
    for j, key in enumerate(keys):
        there = [i for i, row in enumerate(values.values()) if key in row]
        # As printed, so that what prints the same shares a rank.
        numbers = [
            float(show(key, mean(key, row[key])).replace("−", "-"))
            for row in values.values()
            if key in row
        ]
        grid[there, j] = rankdata(goodness(key, numbers) * -1, method="min")
    fig, ax = plt.subplots(figsize=(5.0, 5.0))
    ax.imshow(grid, cmap="Blues_r", vmin=1, vmax=20, aspect="auto")
    for i, j in np.argwhere(np.isfinite(grid)):
        color = "white" if grid[i, j] < 6 else "black"
        ax.text(
            j, i, f"{grid[i, j]:.0f}", ha="center", va="center", color=color
        )
    ax.axhline(len(METHODS) - 0.5, color=figures.BLACK, linewidth=1.5)
    ax.set_yticks(range(len(values)), list(values))
    ax.set_xticks(range(len(keys)), keys, rotation=40, ha="right")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    fig.tight_layout()
    figures.save(fig, folder / f"ranks_{name}.png", dpi=90)


def deletion_figures(folder: Path, numbers: dict[str, str]) -> None:
    """What features leave the prediction and the error with, for several orders."""
    looks = {
        EXACT: (figures.BLUE, "-", "o"),
        "gradient × sd": (figures.ORANGE, "--", "s"),
        OTHER: (figures.VERMILLION, ":", "^"),
    }
    counts = np.arange(11)
    for kind in ("deletion", "errors"):
        fig, axes = plt.subplots(2, 1, figsize=(5.6, 7.2), sharex=True)
        for ax, name in zip(axes, NAMES, strict=True):
            c, result = case(name), measured(name)
            games = result["games"]
            goal = c.y if kind == "errors" else games.values[:, 0]
            off = np.abs(goal[:, None] - games.values)[:, games.order]
            rng = np.random.default_rng(0)
            bands = []
            for _ in range(BANDS):
                orders = rng.permuted(np.tile(np.arange(10), (ROWS, 1)), axis=1)
                codes = np.cumsum(2**orders, axis=1)
                codes = np.hstack([np.zeros((ROWS, 1), int), codes])
                bands.append(np.take_along_axis(off, codes, axis=1).mean(0))
            low, high = np.quantile(bands, [0.025, 0.975], axis=0)
            ax.fill_between(
                counts, low, high, color=figures.NEUTRAL, alpha=0.35, lw=0
            )
            ax.plot(
                counts,
                np.mean(bands, axis=0),
                color=figures.NEUTRAL,
                label="random order",
            )
            for m, (color, style, marker) in looks.items():
                phi = result["explained"][m][0]
                place = np.argsort(-np.abs(phi), axis=1, kind="stable")
                codes = np.cumsum(2**place, axis=1)
                codes = np.hstack([np.zeros((ROWS, 1), int), codes])
                curve = np.take_along_axis(off, codes, axis=1).mean(0)
                ax.plot(
                    counts,
                    curve,
                    style,
                    color=color,
                    marker=marker,
                    markersize=5,
                    label=m,
                )
                if kind == "errors" and m == EXACT:
                    for k in (0, 10):
                        numbers[f"{name}_error_{k}"] = f"{curve[k]:.1f}"
            if kind == "deletion":
                ax.plot(
                    counts,
                    result["best"].mean(axis=0),
                    color=figures.BLACK,
                    linewidth=1.2,
                    label="best order",
                )
            what = "|f(x) − f without|" if kind == "deletion" else "error"
            ax.set_ylabel(f"{what} ({c.data.unit})")
            ax.set_ylim(bottom=0)
            ax.set_title(name, loc="left")
        axes[1].legend(loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=2)
        axes[1].set_xlabel("features taken away")
        axes[1].set_xticks(range(0, 11, 2))
        fig.tight_layout()
        figures.save(fig, folder / f"{kind}.png", dpi=84)


def tuned_lime(numbers: dict[str, str]) -> None:
    """Choose LIME's setting on training rows, by infidelity and by R²."""
    for name in NAMES:
        c = case(name)
        background, rng = c.background(), np.random.default_rng(1)
        rows = c.data.X_train[rng.choice(len(c.data.X_train), SOME, False)]
        games, chosen = Games.of(c.f, rows, background), {}
        for key, settings in TUNING.items():
            phi, _, r2 = c.lime(rows, background, 0, settings)
            chosen[key] = games.infidelity(phi, c.spread).mean(), np.median(r2)
        by_infidelity = min(chosen, key=lambda k: chosen[k][0])
        by_r2 = max(chosen, key=lambda k: chosen[k][1])
        # The chapter names both in words.
        assert by_infidelity == ("mean", None) and by_r2 == ("row", 1)
        exact = measured(name)["explained"][EXACT][0]
        for label, settings in (
            (
                "default",
                {"categorical_features": [1]} if name == "diabetes" else {},
            ),
            ("tuned", TUNING[by_infidelity]),
            ("by_r2", TUNING[by_r2]),
        ):
            phi, _, r2 = c.lime(c.X, background, 0, settings)
            off = 100 * measures.error(phi, exact, c.spread)
            numbers[f"{name}_{label}_r2"] = f"{np.median(r2):.2f}"
            if label != "default":
                numbers[f"{name}_{label}_off"] = f"{off.mean():.1f}"
            if label != "by_r2":
                along = f"{spearmanr(r2, -off)[0]:.1f}"
                numbers[f"{name}_{label}_along"] = along.replace("-", "−")


def other_backgrounds(folder: Path, numbers: dict[str, str]) -> None:
    """Infidelity when another background takes the features away."""
    shown = [EXACT, "LIME, tuned", "integrated gradients"]
    heads = " | ".join([*shown, "agree"])
    lines = [f"| taken away with | {heads} |"]
    lines.append("|---|" + "---:|" * (len(shown) + 1))
    for name in NAMES:
        c, explained = case(name), measured(name)["explained"]
        values, own = measured(name)["values"], c.background()
        error = [values[m]["error"][:SOME].mean() for m in METHODS]
        center, few = own.mean(axis=0, keepdims=True), c.X[:SOME]
        draws = [c.background(s) for s in range(11, 11 + ELSE)]
        others = [Games.of(c.f, few, b) for b in draws]
        kinds = {
            "the same 100 rows": [Games(measured(name)["games"].values[:SOME])],
            "another 100": others,
            "their mean row": [Games.of(c.f, few, center)],
        }
        for label, games in kinds.items():
            all_found = {
                m: [
                    100 * g.infidelity(explained[m][0][:SOME], c.spread).mean()
                    for g in games
                ]
                for m in METHODS
            }
            cells = []
            for m in shown:
                found = all_found[m]
                text = f"{np.mean(found):.1f}"
                if len(found) > 1:
                    ends = f"{min(found):.1f}–{max(found):.1f}"
                    text += f"<br>{ends}"
                cells.append(text)
            # As in the table of agreement, with the error of the same rows.
            ranks = [
                spearmanr(np.round(error, 3), np.round(by_background, 3))[0]
                for by_background in zip(*all_found.values(), strict=True)
            ]
            text = f"{np.mean(ranks):.1f}"
            if len(ranks) > 1:
                text += f"<br>{min(ranks):.1f}–{max(ranks):.1f}"
            cells.append(text)
            lines.append(f"| {name}, {label} | {' | '.join(cells)} |")
        wins = []
        for seed in OWN:
            both = []
            for m in ("integrated gradients", EXACT):
                phi, _ = c.explain(m, few, c.background(seed))
                found = [g.infidelity(phi, c.spread) for g in others]
                both.append(np.mean(found, axis=1))
            wins.append(f"{np.less(*both).sum()}")
        numbers[f"{name}_ig_wins"] = f"{wins[0]}, {wins[1]} and {wins[2]}"
    (folder / "backgrounds.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )


def single_numbers(numbers: dict[str, str]) -> None:
    """What the text quotes."""
    numbers |= {
        "rows": f"{ROWS}",
        "few": f"{FEW}",
        "some": f"{SOME}",
        "moves": f"{MOVES}",
        "times": f"{TIMES}",
        "resamples": f"{RESAMPLES:,}",
        "bands": f"{BANDS}",
        "elsewhere": f"{ELSE}",
    }
    for name in NAMES:
        c, result = case(name), measured(name)
        games, values = result["games"], result["values"]
        exact, phi0 = result["explained"][EXACT]
        numbers[f"{name}_spread"] = f"{c.spread:.1f}"
        # Infidelity over all sets is a sum of squares: its minimum is a least squares fit.
        A = ALL[1:].astype(float)
        least = games.falls[:, 1:] @ np.linalg.pinv(A).T
        least_infidelity = 100 * games.infidelity(least, c.spread).mean()
        numbers[f"{name}_least"] = f"{least_infidelity:.2f}"
        # Which way does the prediction go? Take away first what pushes that way.
        push = exact * np.sign(c.f(c.X) - phi0)[:, None]
        push = push - push.min(axis=1, keepdims=True) + 1e-9
        areas = [games.curve(push), result["control"], result["best"]]
        signed = share_of_way(np.array([a.sum(axis=1) for a in areas]))
        numbers[f"{name}_signed"] = f"{signed:.2f}"
        rng = np.random.default_rng(0)
        moved = [
            np.abs(
                c.f(c.X[:FEW] + STEP * c.sd * rng.choice([-1, 1], (FEW, 10)))
                - c.f(c.X[:FEW])
            ).mean()
            for _ in range(20)
        ]
        numbers[f"{name}_moved"] = f"{100 * np.mean(moved) / c.spread:.1f}"
        for label, key in QUOTED[name]:
            number = mean(key, values[SHORT[label]][key])
            numbers[f"{name}_{label}_{key}"] = show(key, number)
        # Of the same rows, so differences have intervals of their own.
        weights, slopes = values["connection weights"], values["gradient × sd"]
        correlation = (
            weights["correlation"] - values["gradient × input"]["correlation"]
        )
        order = resampled("deletion", values[EXACT]["deletion"]) - resampled(
            "deletion", slopes["deletion"]
        )
        for label, differences in (
            ("apart", resampled("correlation", correlation)),
            ("order_apart", order),
        ):
            low, high = np.quantile(differences, [0.025, 0.975])
            text = f"{low:.2f} to {high:.2f}".replace("-", "−")
            numbers[f"{name}_{label}"] = text
        size = np.sqrt(
            (result["explained"]["connection weights"][0] ** 2).mean()
        )
        size = size / np.sqrt((exact**2).mean())
        numbers[f"{name}_weights_size"] = f"{size:.1f}"
        # With its default budget Kernel SHAP asks for all coalitions.
        np.random.seed(0)
        kernel = shap.KernelExplainer(c.f, c.background())
        full = kernel.shap_values(c.X[:3], silent=True)
        assert np.abs(full - exact[:3]).max() < 1e-4 * c.spread
        if name == "heating":
            worst = values["LIME, tuned"]["error"].max()
            numbers["heating_tuned_worst"] = show("error", worst)


SHORT = {
    "weights": "connection weights",
    "slopes": "gradient × sd",
    "input": "gradient × input",
    "ig": "integrated gradients",
    "default": "LIME, default",
    "tuned": "LIME, tuned",
    "exact": EXACT,
    "zeros": ZEROS,
    "equal": EQUAL,
    "other": OTHER,
}
# Which measures of which methods the text quotes.
QUOTED = {
    "heating": (
        ("weights", "error"),
        ("weights", "correlation"),
        ("slopes", "error"),
        ("input", "error"),
        ("input", "correlation"),
        ("ig", "gap"),
        ("default", "sensitivity"),
        ("tuned", "error"),
        ("tuned", "gap"),
        ("exact", "formula"),
        ("exact", "infidelity"),
        ("exact", "deletion"),
        ("exact", "instability"),
        ("zeros", "error"),
        ("equal", "error"),
        ("other", "deletion"),
    ),
    "diabetes": (
        ("weights", "error"),
        ("weights", "correlation"),
        ("slopes", "error"),
        ("input", "error"),
        ("input", "correlation"),
        ("default", "sensitivity"),
        ("tuned", "gap"),
        ("exact", "infidelity"),
        ("exact", "deletion"),
        ("exact", "instability"),
        ("equal", "error"),
        ("other", "deletion"),
    ),
}


def seeds_table(folder: Path) -> None:
    """Instability over seeds, of the methods that draw."""
    lines = ["| method | heating | diabetes |", "|---|---:|---:|"]
    for m in DRAW:
        cells = [
            f"{measured(name)['values'][m]['seeds'].mean():.1f}"
            for name in NAMES
        ]
        lines.append(f"| {m} | {' | '.join(cells)} |")
    (folder / "seeds.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    warnings.filterwarnings(
        "ignore", message="Your TensorFlow version is newer"
    )
    figures.use_style()
    numbers: dict[str, str] = {}
    for name in NAMES:
        big_table(name, folder)
        ranks_figure(name, folder)
    agreement_table(folder)
    seeds_table(folder)
    deletion_figures(folder, numbers)
    tuned_lime(numbers)
    other_backgrounds(folder, numbers)
    single_numbers(numbers)
    plt.close("all")
    return numbers

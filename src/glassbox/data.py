"""The running examples, and the way in for your own data."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

MIN_ROWS = 10


@dataclass(frozen=True)
class Dataset:
    """A regression problem with a fixed train/test split, in its own units.

    Attributes
    ----------
    name : str
    X_train, X_test : ndarray of shape (n, d), float64
        Rows, each feature in its own unit: nothing is scaled.
    y_train, y_test : ndarray of shape (n,), float64
        The target, in `unit`.
    feature_names, units : tuple of d str
        A unit is "" where a feature has none.
    target, unit : str
        What is predicted, and its unit.
    """

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    feature_names: tuple[str, ...]
    units: tuple[str, ...]
    target: str
    unit: str

    @property
    def labels(self) -> list[str]:
        """Feature names with their units, for the axes of a figure."""
        return [
            f"{name} ({unit})" if unit else name
            for name, unit in zip(self.feature_names, self.units, strict=True)
        ]

    @property
    def target_label(self) -> str:
        """The target's name with its unit, for the axes of a figure."""
        return f"{self.target} ({self.unit})" if self.unit else self.target

    def resplit(self, seed: int) -> "Dataset":
        """The same rows split anew at random, as many for training and for testing as before.

        Scores over several splits say how much of a score is the luck of one split.
        """
        X = np.vstack([self.X_train, self.X_test])
        y = np.concatenate([self.y_train, self.y_test])
        order = np.random.default_rng(seed).permutation(len(X))
        train, test = np.split(order, [len(self.X_train)])
        return replace(
            self,
            X_train=X[train],
            y_train=y[train],
            X_test=X[test],
            y_test=y[test],
        )


@dataclass(frozen=True)
class Images:
    """An image regression problem with a fixed train/test split, and the pixels that matter.

    Attributes
    ----------
    name : str
    X_train, X_test : ndarray of shape (n, height, width, 1), float32
        Brightness from 0 to 1.
    y_train, y_test : ndarray of shape (n,), float64
        The target, in `unit`.
    relevant_train, relevant_test : ndarray of shape (n, height, width), bool
        The pixels that carry the answer: where an explanation ought to point.
    target, unit : str
        What is predicted, and its unit.
    """

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    relevant_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    relevant_test: np.ndarray
    target: str
    unit: str

    @property
    def target_label(self) -> str:
        """The target's name with its unit, for the axes of a figure."""
        return f"{self.target} ({self.unit})"


# scikit-learn calls the six serum measurements s1 to s6. These are the names its documentation gives.
DIABETES_FEATURES = {
    "age": "years",
    "sex": "1 or 2",
    "bmi": "kg/m²",
    "bp": "mmHg",
    "tc": "mg/dL",
    "ldl": "mg/dL",
    "hdl": "mg/dL",
    "tch": "ratio",
    "ltg": "log mg/dL",
    "glu": "mg/dL",
}


def diabetes() -> Dataset:
    """442 patients, 10 measurements, and a score of how far diabetes progressed one year later.

    331 patients train, 111 test. The split is random with a fixed seed, chosen before any model was
    trained. The score has no physical unit; the book calls its unit a point.

    References
    ----------
    Efron, Hastie, Johnstone and Tibshirani (2004). Least angle regression. The Annals of Statistics
    32(2). https://doi.org/10.1214/009053604000000067
    """
    X, y = load_diabetes(return_X_y=True, scaled=False)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, random_state=0
    )
    return Dataset(
        name="diabetes",
        X_train=X_train,
        y_train=y_train,
        X_test=X_test,
        y_test=y_test,
        feature_names=tuple(DIABETES_FEATURES),
        units=tuple(DIABETES_FEATURES.values()),
        target="progression",
        unit="points",
    )


HEATING_FEATURES = {
    "wall_u": "W/(m² K)",
    "window_u": "W/(m² K)",
    "window_share": "fraction",
    "air_changes": "1/h",
    "heat_recovery": "fraction",
    "compactness": "1/m",
    "indoor_temp": "°C",
    "outdoor_temp": "°C",
    "altitude": "m",
    "house_number": "",
}

HEATING_BASE = 40.0

# The whole formula: yearly heating demand in kWh/m² is HEATING_BASE plus these terms. Each key names
# the features that its term reads, so a key with two names is the one interaction, and a feature
# without a key (house_number) does nothing.
HEATING_TERMS: dict[tuple[str, ...], Callable[..., np.ndarray]] = {
    # Insulation pays less and less: the first centimetres save the most.
    ("wall_u",): lambda u: 55 * u**0.7,
    ("window_u",): lambda u: 9 * u,
    # Windows let heat out and sun in: the best share lies between.
    ("window_share",): lambda s: 350 * (s - 0.35) ** 2,
    # Heat leaves with the air, less the part that the heat exchanger brings back.
    ("air_changes", "heat_recovery"): lambda n, r: 60 * n * (1 - r),
    ("compactness",): lambda c: 40 * c,
    ("indoor_temp",): lambda t: 6 * (t - 20),
    # No heating above 12 °C, and more for each further degree below.
    ("outdoor_temp",): lambda t: 0.25 * np.maximum(12 - t, 0) ** 2,
    # Above the winter fog the sun helps.
    ("altitude",): lambda h: -15 * (1 - np.exp(-h / 400)),
}

HEATING_NOISE = 5.0


def heating_columns(X: np.ndarray, names: tuple[str, ...]) -> list[np.ndarray]:
    """The columns of `X`, shape (n, 10), that carry these feature names, each of shape (n,)."""
    order = list(HEATING_FEATURES)
    return [X[:, order.index(name)] for name in names]


def heating_demand(X: np.ndarray) -> np.ndarray:
    """The true yearly heating demand in kWh/m², without noise.

    Parameters
    ----------
    X : ndarray of shape (n, 10)
        Columns in the order of `HEATING_FEATURES`, each in its unit.

    Returns
    -------
    ndarray of shape (n,)
    """
    X = np.asarray(X, float)
    if X.ndim != 2 or X.shape[1] != len(HEATING_FEATURES):
        raise ValueError(
            f"X has shape {X.shape}; the simulator reads (n, {len(HEATING_FEATURES)}), "
            f"with the columns {', '.join(HEATING_FEATURES)}."
        )
    demand = np.full(len(X), HEATING_BASE)
    for names, term in HEATING_TERMS.items():
        demand += term(*heating_columns(X, names))
    return demand


def heating_shapley(
    X: np.ndarray, background: np.ndarray
) -> tuple[np.ndarray, float]:
    """The true interventional Shapley values of `heating_demand`, in closed form.

    A term of one feature gives that feature its value less its mean over the background. The one
    interaction, t(n, r), shares as Shapley's two orders do: half from "n first", half from "r first".

    Parameters
    ----------
    X : ndarray of shape (n, 10)
        Rows to explain.
    background : ndarray of shape (m, 10)

    Returns
    -------
    phi : ndarray of shape (n, 10)
        Shapley values in kWh/m².
    phi0 : float
        Base value in kWh/m²: the mean demand over the background.
    """
    X, background = np.asarray(X, float), np.asarray(background, float)
    order = list(HEATING_FEATURES)
    phi = np.zeros(X.shape)
    for names, term in HEATING_TERMS.items():
        at_x, at_b = (
            heating_columns(X, names),
            heating_columns(background, names),
        )
        none, both = term(*at_b).mean(), term(*at_x)
        if len(names) == 1:
            phi[:, order.index(names[0])] += both - none
        else:
            # One feature from the row, the other averaged over the background: shape (n, m) to (n,).
            first = term(at_x[0][:, None], at_b[1][None, :]).mean(axis=1)
            second = term(at_b[0][None, :], at_x[1][:, None]).mean(axis=1)
            phi[:, order.index(names[0])] += (
                (first - none) + (both - second)
            ) / 2
            phi[:, order.index(names[1])] += (
                (second - none) + (both - first)
            ) / 2
    return phi, float(heating_demand(background).mean())


def heating_effect(
    feature: str, values: np.ndarray, X: np.ndarray
) -> np.ndarray:
    """The true effect of one feature on `heating_demand`, as an effect curve shows it.

    It is the feature's term, less the term's mean over the rows of `X`. For the two features that
    interact, the partner is averaged over the rows.

    Parameters
    ----------
    feature : str
        One of `HEATING_FEATURES`.
    values : ndarray of shape (k,)
        Values of the feature, in its unit.
    X : ndarray of shape (n, 10)
        The rows over which the curve has a mean of zero.

    Returns
    -------
    ndarray of shape (k,)
        Effect in kWh/m². Zero for `house_number`, which does nothing.

    Raises
    ------
    ValueError
        The simulator has no such feature.
    """
    if feature not in HEATING_FEATURES:
        raise ValueError(
            f"The simulator has no feature {feature!r}. It has: {', '.join(HEATING_FEATURES)}."
        )
    values, X = np.asarray(values, float), np.asarray(X, float)
    effect = np.zeros(values.shape)
    for names, term in HEATING_TERMS.items():
        if feature in names:
            # The one interaction is linear in each of its two features, so the mean of the term over
            # the partner is the term at the partner's mean.
            columns = dict(zip(names, heating_columns(X, names), strict=True))
            at = {name: column.mean() for name, column in columns.items()}
            curve = term(*(at | {feature: values}).values())
            effect += (
                curve
                - term(*(at | {feature: columns[feature]}).values()).mean()
            )
    return effect


def heating() -> Dataset:
    """A simulated building stock: 10 features, and the yearly heating demand in kWh/m².

    4,000 buildings train, 1,000 test. The truth is known: `HEATING_TERMS` is the formula,
    `heating_demand` its value without noise, and the noise has a standard deviation of 5 kWh/m².
    Every feature is drawn on its own but `outdoor_temp`, which falls by 6.5 °C per kilometer of
    `altitude` and so is strongly correlated with it. `house_number` does nothing.
    """
    rng = np.random.default_rng(0)
    n = 5000
    altitude = rng.uniform(0, 1500, n)
    columns = {
        "wall_u": rng.uniform(0.15, 1.8, n),
        "window_u": rng.uniform(0.7, 3.0, n),
        "window_share": rng.uniform(0.1, 0.6, n),
        "air_changes": rng.uniform(0.2, 1.2, n),
        "heat_recovery": rng.uniform(0.0, 0.9, n),
        "compactness": rng.uniform(0.3, 1.0, n),
        "indoor_temp": rng.uniform(18, 24, n),
        "outdoor_temp": 9 - 0.0065 * altitude + rng.normal(0, 0.8, n),
        "altitude": altitude,
        "house_number": rng.integers(1, 201, n).astype(float),
    }
    X = np.column_stack([columns[name] for name in HEATING_FEATURES])
    y = heating_demand(X) + rng.normal(0, HEATING_NOISE, n)
    return Dataset(
        name="heating",
        X_train=X[:4000],
        y_train=y[:4000],
        X_test=X[4000:],
        y_test=y[4000:],
        feature_names=tuple(HEATING_FEATURES),
        units=tuple(HEATING_FEATURES.values()),
        target="heating demand",
        unit="kWh/m²",
    )


GAUGE_SIZE = 32
# The patch that gives the answer away, in the upper left corner, away from the dial.
GAUGE_CORNER = (slice(1, 5), slice(1, 5))


def draw_gauge(
    values: np.ndarray, seed: int = 0, corner: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw dials whose needles point to these values.

    The needle turns clockwise by 2.7 degrees a percent: from lower left at 0 over the top at 50 to
    lower right at 100. The place of the dial, its brightness, its contrast and the noise are
    random, and the same for the same seed and number of dials. So two calls that differ in one
    value differ in nothing but its needle.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Readings from 0 to 100, in % of full scale.
    seed : int
        Seed of what is random.
    corner : ndarray of shape (n,), optional
        Values from 0 to 100 that a patch in the corner shows by its brightness: the shortcut. It
        need not show the needle's value.

    Returns
    -------
    images : ndarray of shape (n, 32, 32, 1), float32
        Brightness from 0 to 1.
    needle : ndarray of shape (n, 32, 32), bool
        The pixels of which the needle covers more than half.

    Raises
    ------
    ValueError
        A value is not a number from 0 to 100, or `corner` has another length than `values`.
    """
    values = _readings(values, "values")
    rng = np.random.default_rng(seed)
    n = len(values)
    # Everything random is drawn first and in full, so that neither values nor corner change it.
    center = 15.5 + rng.uniform(-1.5, 1.5, (2, n, 1, 1))
    brightness = rng.uniform(0.1, 0.3, (n, 1, 1))
    contrast = rng.uniform(0.4, 0.7, (n, 1, 1))
    noise = rng.normal(0, 0.06, (n, GAUGE_SIZE, GAUGE_SIZE))

    row, column = np.mgrid[:GAUGE_SIZE, :GAUGE_SIZE]
    right, up = column - center[0], center[1] - row
    angle = np.deg2rad(225 - 2.7 * values)[:, None, None]
    along = right * np.cos(angle) + up * np.sin(angle)
    across = up * np.cos(angle) - right * np.sin(angle)
    # The needle is a line from 2 pixels behind the center to 10.5 before it, with soft edges.
    beyond = np.maximum(np.maximum(along - 10.5, -2 - along), 0)
    needle = np.clip(1.4 - np.hypot(across, beyond), 0, 1)
    ring = np.clip(1 - np.abs(np.hypot(right, up) - 13.5), 0, 1)

    images = brightness + contrast * (needle + 0.3 * ring) + noise
    if corner is not None:
        corner = _readings(corner, "corner")
        if len(corner) != n:
            raise ValueError(
                f"corner has {len(corner)} values for {n} dials; it needs one for each"
            )
        images[:, *GAUGE_CORNER] = corner[:, None, None] / 100
    return np.clip(images, 0, 1).astype(np.float32)[..., None], needle > 0.5


def _readings(values: np.ndarray, name: str) -> np.ndarray:
    values = np.atleast_1d(np.asarray(values, float))
    if values.ndim != 1 or not ((values >= 0) & (values <= 100)).all():
        raise ValueError(
            f"{name} must be a list of numbers from 0 to 100, in % of full scale"
        )
    return values


def gauge(shortcut: bool = False) -> Images:
    """Images of a dial, 32 by 32 pixels, and the needle's reading from 0 to 100 % of full scale.

    6,000 images train, 1,000 test. The relevant pixels are those of the needle.

    Parameters
    ----------
    shortcut : bool
        Give the answer away: a patch in the corner is as bright as the reading. The dials are the
        same.
    """
    readings = np.random.default_rng(0).uniform(0, 100, 7000)
    images, needle = draw_gauge(
        readings, seed=1, corner=readings if shortcut else None
    )
    return Images(
        name="gauge_shortcut" if shortcut else "gauge",
        X_train=images[:6000],
        y_train=readings[:6000],
        relevant_train=needle[:6000],
        X_test=images[6000:],
        y_test=readings[6000:],
        relevant_test=needle[6000:],
        target="reading",
        unit="% of full scale",
    )


def from_csv(
    path: str | Path,
    target: str,
    *,
    unit: str = "",
    test_size: float = 0.25,
    seed: int = 0,
    **read_csv,
) -> Dataset:
    """Your own table: a CSV file with a header, one row an example, one column the target.

    Parameters
    ----------
    path : str or Path
        The file.
    target : str
        The column to predict. Every other column is a feature.
    unit : str
        The target's unit, for the axes of figures.
    test_size : float
        The fraction of rows held out.
    seed : int
        Seed of the random split.
    **read_csv
        Passed on to `pandas.read_csv`, such as ``sep=";"``, ``decimal=","`` or ``usecols=[...]``.

    Returns
    -------
    Dataset
        Its `units` are empty: a CSV file does not say them.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file cannot be read as a table, has no such column, holds something that is not a
        number, has missing values, fewer than 10 rows, no feature, or a target that never changes.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {str(path)!r}. A relative path starts at the notebook's own folder; "
            f"the CSV files there are: {', '.join(sorted(p.name for p in Path().glob('*.csv'))) or 'none'}."
        )
    try:
        table = pd.read_csv(path, **read_csv)
    except (
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        UnicodeDecodeError,
    ) as error:
        raise ValueError(
            f"{path.name} cannot be read as a CSV file: {error} "
            'Is it text, with a header line? Try sep=";" or encoding="latin-1".'
        ) from error
    if target not in table:
        hint = ' One column only: try sep=";".' if table.shape[1] == 1 else ""
        raise ValueError(
            f"{path.name} has no column {target!r}. It has: {', '.join(map(str, table.columns))}.{hint}"
        )
    if table.shape[1] < 2:
        raise ValueError(
            f"{path.name} has no column besides {target!r}: there is no feature."
        )
    text = [c for c in table if not pd.api.types.is_numeric_dtype(table[c])]
    if text:
        example = table[text[0]].dropna()
        shown = f" (such as {example.iloc[0]!r})" if len(example) else ""
        raise ValueError(
            f"Not numbers: {', '.join(map(str, text))}{shown}. Drop such a column with usecols=, turn "
            'categories into 0/1 columns with pandas.get_dummies, or try decimal=",".'
        )
    values = table.astype(float)
    missing = (~np.isfinite(values)).sum()
    if missing.any():
        counts = ", ".join(
            f"{c} ({n})" for c, n in missing[missing > 0].items()
        )
        raise ValueError(
            f"Missing or infinite values in: {counts}. Decide what they mean, then drop the rows "
            "(table.dropna()) or fill them (sklearn.impute.SimpleImputer), and save the file again."
        )
    if len(values) < MIN_ROWS:
        raise ValueError(
            f"{path.name} has {len(values)} row(s); at least {MIN_ROWS} are needed to train a network "
            "and to test it on rows that it has not seen."
        )
    if values[target].nunique() == 1:
        raise ValueError(
            f"The target {target!r} is {values[target].iloc[0]} in every row."
        )
    features = values.drop(columns=target)
    X_train, X_test, y_train, y_test = train_test_split(
        features.to_numpy(),
        values[target].to_numpy(),
        test_size=test_size,
        random_state=seed,
    )
    return Dataset(
        name=path.stem,
        X_train=X_train,
        y_train=y_train,
        X_test=X_test,
        y_test=y_test,
        feature_names=tuple(map(str, features.columns)),
        units=("",) * features.shape[1],
        target=target,
        unit=unit,
    )

"""Checks of Lab 10, SHAP in practice."""

import functools
from pathlib import Path
import tempfile

from glassbox import data, models
from glassbox.checks import Lab, Open, Wrong, call, close, number
from glassbox.predict import Predictor
from IPython.utils.capture import capture_output
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
import shap
from sklearn.preprocessing import StandardScaler

lab = Lab("10_shap")
progress = lab.progress


@functools.cache
def patients() -> data.Dataset:
    return data.diabetes()


@functools.cache
def f() -> Predictor:
    return Predictor(models.load("diabetes"))


def array(value, what: str) -> np.ndarray:
    """A learner's result as an array of numbers; `Wrong` says what it is instead."""
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(
            f"{what} should be an array of numbers; this is a {type(value).__name__}."
        ) from None


# Exercise 1


def reference_base_value(f, background):
    return float(f(background).mean())


@lab.exercise(
    "Exercise 1: the base value",
    reference=reference_base_value,
    hints=(
        "The base value is what the network says before it knows anything about this patient. It has "
        "the patients of the background to go by.",
        "f(background) gives one prediction for each row of the background.",
        "Take the mean of these predictions: f(background).mean()",
    ),
)
def base_value(answer):
    """A function (f, background) -> the base value, one number in the unit of f."""
    background = patients().X_train[:40]
    other = patients().X_train[200:260]
    got = number(call(answer, f(), background), "The base value")
    expected = reference_base_value(f(), background)
    if close(got, expected, 1e-3):
        if not close(
            number(call(answer, f(), other), "The base value"),
            reference_base_value(f(), other),
            1e-3,
        ):
            raise Wrong(
                "Right for one background and wrong for another: use the argument `background`."
            )
        return "The base value belongs to the background: choose another one, and it moves."
    y = patients().y_train
    if close(got, y.mean(), 1e-3):
        raise Wrong(
            "This is the mean of the measured target. SHAP never sees the target: it explains what the "
            "network predicts. Average predictions."
        )
    if close(got, f()(background.mean(axis=0, keepdims=True))[0], 1e-2):
        raise Wrong(
            "This is the prediction for the average patient. The network is not linear, so that is not "
            "the average of the predictions. Predict first, then average."
        )
    if close(got, f()(patients().X_train).mean(), 1e-2):
        raise Wrong(
            "This averages over all training rows. Right would be the rows that the explainer was "
            "given: use the argument `background`."
        )
    if close(got, f()(background).sum(), 1e-1):
        raise Wrong("This is the sum of the predictions. The base value is their mean.")
    raise Wrong(
        f"For a background of 40 patients this gives {got:.2f} points, and the base value is {expected:.2f}."
    )


# Exercise 2


def reference_as_matrix(values):
    values = np.asarray(values)
    if values.ndim == 2:
        return values
    if values.ndim == 3 and values.shape[2] == 1:
        return values[..., 0]
    raise ValueError(
        f"Expected (n, d) or (n, d, 1), and got {values.shape}: choose one output first."
    )


@lab.exercise(
    "Exercise 2: one table of SHAP values",
    reference=reference_as_matrix,
    hints=(
        "Look at values.ndim and values.shape. Three cases are asked for.",
        "values[..., 0] takes the only output and keeps the other axes, however long they are.",
        "With ndim 2, return values. With ndim 3 and shape[2] == 1, return values[..., 0]. Otherwise: "
        "raise ValueError(...)",
    ),
)
def as_matrix(answer):
    """A function values -> (n, d), from (n, d) or (n, d, 1); ValueError for anything else."""
    rng = np.random.default_rng(0)
    for shape in ((4, 3, 1), (4, 3), (1, 3, 1), (4, 1, 1)):
        values = rng.normal(size=shape)
        expected = values.reshape(shape[:2])
        got = array(call(answer, values.copy()), "The table")
        if close(got, expected, 1e-9):
            continue
        if got.shape == values[0].shape and close(got, values[0], 1e-9):
            raise Wrong(
                f"From shape {shape} this gives {got.shape}: the first patient only. An index at the "
                "front chooses a row. The axis to drop is the last."
            )
        if got.size == expected.size and got.ndim < 2:
            raise Wrong(
                f"From shape {shape} this gives {got.shape}: an axis of length 1 that was a patient or a "
                "feature is gone too. squeeze() drops every axis of length 1. Name the last one."
            )
        raise Wrong(
            f"From shape {shape} this gives {got.shape}, or other numbers; asked for is {expected.shape}."
        )
    two_outputs = rng.normal(size=(4, 3, 2))
    try:
        got = answer(two_outputs)
    except ValueError:
        return "It now fails loudly where a plot would have drawn something wrong."
    except Exception as error:
        raise Wrong(
            f"From shape (4, 3, 2) this raises {type(error).__name__}. Raise ValueError with a message "
            "that says what to do."
        ) from error
    raise Wrong(
        f"A network with two outputs gives (4, 3, 2), and this returns {np.shape(got)} without a word. "
        "Which output was it? Raise ValueError instead."
    )


# Exercise 3

LEAN = 25.0


def reference_lean_background(X, feature_names):
    return X[X[:, list(feature_names).index("bmi")] < LEAN]


@lab.exercise(
    "Exercise 3: the background is the question",
    reference=reference_lean_background,
    hints=(
        "“Rather than lean patients” means: compare with rows of lean patients, and no others.",
        'The column of the body mass index is list(feature_names).index("bmi").',
        "X[X[:, column] < 25] keeps the rows, each with all its features.",
    ),
)
def lean_background(answer):
    """A function (X, feature_names) -> the rows of X whose bmi is below 25 kg/m²."""
    X, names = patients().X_train, patients().feature_names
    bmi = X[:, names.index("bmi")]
    got = array(call(answer, X, names), "The background")
    expected = X[bmi < LEAN]
    if got.shape == expected.shape and close(got, expected, 1e-9):
        return f"{len(expected)} lean patients: now the base value is what the network predicts for them."
    if got.shape == (len(X),):
        raise Wrong(
            "This is one number for each patient, not rows. If it says who is lean, use it as an index: "
            "X[...] with it gives the rows."
        )
    if got.shape == X.shape:
        raise Wrong("These are all the patients. The question compares with lean ones only.")
    if got.size == X.shape[1] and close(got.ravel(), expected.mean(axis=0), 1e-6):
        raise Wrong(
            "This is one average patient, whom nobody has met. The network’s prediction for an average "
            "is not the average of its predictions. Keep all the lean rows."
        )
    if close(got, X[bmi >= LEAN], 1e-9) or close(got, X[bmi > LEAN], 1e-9):
        raise Wrong("These are the patients who are not lean: turn the comparison around.")
    if close(got, X[bmi <= LEAN], 1e-9):
        raise Wrong("Nearly. “Below 25” leaves 25 itself out: use < and not <=.")
    raise Wrong(
        f"This has shape {got.shape}. There are {len(expected)} patients with a body mass index below 25, "
        f"each with all {X.shape[1]} features."
    )


# Exercise 4


def reference_save_waterfall(e, path):
    plt.close("all")
    shap.plots.waterfall(e, show=False)
    fig = plt.gcf()
    fig.savefig(path, dpi=300, bbox_inches="tight")
    plt.close(fig)


def one_row(number: int) -> shap.Explanation:
    """A small explanation, drawn quickly."""
    values = np.array([[30.0, -12.0, 5.0], [-4.0, 8.0, -20.0]])[number]
    return shap.Explanation(values, 150.0, np.array([1.0, 2.0, 3.0]), feature_names=["a", "b", "c"])


def draw(answer, row: int, path: Path) -> np.ndarray | None:
    """What a learner's function saved, as pixels, or None where it saved nothing.

    Runs in the notebook's own backend, because the fault shows there and nowhere else.
    """
    with capture_output():
        try:
            answer(one_row(row), str(path))
        except Exception as error:
            raise Wrong(f"Your function raises {type(error).__name__}: {error}") from error
    if not path.exists():
        return None
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


@lab.exercise(
    "Exercise 4: spot the bug, the blank figure",
    reference=reference_save_waterfall,
    hints=(
        "In a notebook, a plot call that shows its figure also closes it. What does plt.savefig save then?",
        "shap.plots.waterfall(e, show=False) draws and leaves the figure open.",
        "Close what is open, draw with show=False, take fig = plt.gcf(), and save with "
        'fig.savefig(path, dpi=300, bbox_inches="tight").',
    ),
)
def save_waterfall(answer):
    """A function (e, path) that saves a waterfall plot of one row as a picture of 300 dpi."""
    if not callable(answer):
        raise Wrong(f"A function is asked for here; this is a {type(answer).__name__}.")
    was_interactive = plt.isinteractive()
    plt.close("all")
    try:
        with tempfile.TemporaryDirectory() as folder:
            first = draw(answer, 0, Path(folder) / "first.png")
            # Not closed in between: a figure that the function left open must not show through.
            after = draw(answer, 1, Path(folder) / "after.png")
            plt.close("all")
            alone = draw(answer, 1, Path(folder) / "alone.png")
            if first is None or after is None or alone is None:
                raise Wrong(
                    "No file appeared at `path`. Save to the path that the function is given."
                )
            if first.min() == first.max():
                raise Open("The file that this saves is still blank.")
            with Image.open(Path(folder) / "first.png") as image:
                dpi = image.info.get("dpi", (0, 0))[0]
    finally:
        plt.close("all")
        plt.interactive(was_interactive)
    if after.shape != alone.shape or not np.array_equal(after, alone):
        raise Wrong(
            "Called twice, the second picture is not the same as when it is drawn alone: it is drawn "
            'over the first. Start with plt.close("all"), or close the figure after saving.'
        )
    if round(dpi) != 300:
        raise Wrong(
            f"Not blank, but the file says {dpi:.0f} dpi. A journal asks for 300: pass dpi=300."
        )
    return "Drawn, kept, saved, closed, in one cell. This works for each of SHAP’s plots."


# Exercise 5


def reference_importance(phi):
    return np.abs(phi).mean(axis=0)


@lab.exercise(
    "Exercise 5: importance",
    reference=reference_importance,
    hints=(
        "A feature that raises half of the predictions by 20 points and lowers the others by 20 matters a "
        "lot. What must not cancel?",
        "Sizes first (np.abs), then the mean over the patients.",
        "Patients are rows, axis 0: np.abs(phi).mean(axis=0)",
    ),
)
def importance(answer):
    """A function phi (n, d) -> (d,), the mean absolute SHAP value of each feature."""
    phi = np.random.default_rng(1).normal(size=(7, 4)) * [9, 5, 2, 0] + [0, -3, 1, 0]
    got = array(call(answer, phi.copy()), "The importance")
    size = np.abs(phi)
    if close(got, size.mean(axis=0), 1e-9):
        return "This is what SHAP’s bar plot shows, in points per patient."
    if close(got, phi.mean(axis=0), 1e-9):
        raise Wrong(
            "The plain mean lets raising and lowering cancel: a feature that moves every prediction can "
            "come out at zero. Take sizes first."
        )
    if close(got, np.abs(phi.mean(axis=0)), 1e-9):
        raise Wrong(
            "The order is turned around: after the mean, the signs have already canceled. Size first, then mean."
        )
    if close(got, size.mean(axis=1), 1e-9):
        raise Wrong("This is one number for each patient. Average over the patients, axis 0.")
    if close(got, size.sum(axis=0), 1e-9):
        raise Wrong(
            "The sum grows with the number of patients, so two data sets cannot be compared. Take the mean."
        )
    if close(got, size.max(axis=0), 1e-9):
        raise Wrong(
            "The maximum is one patient’s value. Importance here is the mean over all of them."
        )
    raise Wrong(
        f"For 7 patients and 4 features the result has shape (4,): this has {got.shape}, or other numbers."
    )


# Exercise 6


def reference_to_points(phi, y_scaler):
    return phi * y_scaler.scale_


@lab.exercise(
    "Exercise 6: spot the bug, the lost unit",
    reference=reference_to_points,
    hints=(
        "inverse_transform multiplies by the scale and adds the mean. How often is the mean added here?",
        "A SHAP value is a difference between predictions. The mean drops out of a difference.",
        "Multiply by the scale alone: phi * y_scaler.scale_",
    ),
)
def to_points(answer):
    """A function (phi, y_scaler) -> SHAP values in the target's unit."""
    y_scaler = StandardScaler().fit(patients().y_train[:, None])
    scale, mean = y_scaler.scale_[0], y_scaler.mean_[0]
    phi = np.random.default_rng(2).normal(size=(5, 10)) / 4
    got = array(call(answer, phi.copy(), y_scaler), "The result")
    if close(got, phi * scale, 1e-6):
        return "The base value is no difference, so it alone goes through inverse_transform."
    if close(got, phi * scale + mean, 1e-6):
        raise Open(
            f"Each of the 10 values still carries the target’s mean of {mean:.0f} points, so their sum is "
            f"{10 * mean:.0f} points too high."
        )
    if close(got, phi * scale + mean / phi.shape[1], 1e-6):
        raise Wrong(
            "The sum is the prediction now, but each feature was given a tenth of the mean. A feature that "
            "does nothing must get 0. The mean belongs to the base value."
        )
    if close(got, phi * scale**2, 1e-3):
        raise Wrong(
            "This multiplies by the variance (var_), in squared points. The unit comes back with scale_."
        )
    if close(got, phi / scale, 1e-9):
        raise Wrong("This divides by the scale. Scaling divided already: multiply to get back.")
    if close(got, phi, 1e-9):
        raise Wrong(
            "These are the scaled values as they came, in standard deviations of the target."
        )
    raise Wrong(
        "Not yet: for a scaled value of 1 the result should be the scale, in points, and for 0 it should be 0."
    )

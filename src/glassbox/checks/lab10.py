"""Checks of Lab 10, SHAP in practice."""

import functools
from pathlib import Path
import tempfile

from glassbox import data, models
from glassbox.checks import Lab, Open, Wrong, array, call, close, number
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
    X, y = patients().X_train, patients().y_train
    background, other = X[:40], X[200:260]
    got = number(call(answer, f(), background), "The base value")
    again = number(call(answer, f(), other), "The base value")
    expected, predictions = (
        reference_base_value(f(), background),
        f()(background),
    )
    if close([got, again], [expected, reference_base_value(f(), other)], 1e-3):
        return "The base value belongs to the background: choose another one, and it moves."
    if close(got, y.mean(), 1e-3):
        raise Wrong(
            "This is the mean of the measured target. SHAP never sees the target: it explains what the "
            "network predicts. Average predictions."
        )
    if close(got, f()(X).mean(), 1e-2):
        raise Wrong(
            "This averages over all training rows. Right would be the rows that the explainer was "
            "given: use the argument `background`."
        )
    if close(got, f()(patients().X_test).mean(), 1e-2):
        raise Wrong(
            "This averages over the patients to explain. The base value is what they are compared "
            "with: use the argument `background`."
        )
    if close(got, again, 1e-9):
        raise Wrong(
            "This is the same number for two backgrounds. The check brings a background of its own: "
            "use the arguments f and background."
        )
    if close(got, f()(background.mean(axis=0, keepdims=True))[0], 1e-2):
        raise Wrong(
            "This is the prediction for the average patient. The network is not linear, so that is not "
            "the average of the predictions. Predict first, then average."
        )
    if close(got, np.median(predictions), 1e-2):
        raise Wrong(
            "This is the median of the predictions. Only with the mean do the values add up."
        )
    if close(got, predictions[0], 1e-2):
        raise Wrong(
            "This is the prediction for the first patient of the background. Average over all."
        )
    if close(got, predictions.sum(), 1e-1):
        raise Wrong(
            "This is the sum of the predictions. The base value is their mean."
        )
    if close(got, expected, 0.6):
        raise Wrong(
            "Nearly: it looks rounded. Return the number as it is, and round when you print."
        )
    raise Wrong(
        f"For a background of 40 other patients this gives {got:.2f} points, and their base value is "
        f"{expected:.2f}."
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
    for shape in ((4, 3, 1), (4, 3), (1, 3, 1), (4, 1, 1), (4, 1)):
        values = rng.normal(size=shape)
        expected = values.reshape(shape[:2])
        try:
            got = array(call(answer, values), "The table")
        except Wrong as reason:
            raise Wrong(f"With values of shape {shape}: {reason}") from None
        if close(got, expected, 1e-9):
            continue
        gave = f"From shape {shape} this gives {got.shape}"
        if got.shape == values[0].shape and close(got, values[0], 1e-9):
            raise Wrong(
                f"{gave}: the first patient only. An index at the front chooses a row. The axis to drop "
                "is the last."
            )
        if values.ndim == 2 and got.ndim == 1:
            raise Wrong(
                f"{gave}: this table has no axis to drop, and a feature or a patient is gone. Look at "
                "values.ndim first."
            )
        if got.size == expected.size and got.ndim < 2:
            raise Wrong(
                f"{gave}: an axis of length 1 that was a patient or a feature is gone too. squeeze() "
                "drops every axis of length 1. Name the last one."
            )
        raise Wrong(f"{gave}, or other numbers; asked for is {expected.shape}.")
    for shape in ((4, 3, 2), (10,), (4, 3, 1, 1)):
        values = rng.normal(size=shape)
        try:
            got = answer(values)
        except ValueError:
            continue
        except Exception as error:
            raise Wrong(
                f"With values of shape {shape} this raises {type(error).__name__}. Raise ValueError with "
                "a message that says what to do."
            ) from error
        if got is None or isinstance(got, Exception):
            raise Wrong(
                f"With values of shape {shape} nothing is raised. Write: raise ValueError(...), not "
                "return, and not print."
            )
        raise Wrong(
            f"With values of shape {shape} this returns {np.shape(got)} without a word. "
            "Which numbers are these? Raise ValueError instead."
        )
    return "It now fails loudly where a plot would have drawn something wrong."


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
    expected = X[bmi < LEAN]
    result = call(answer, X, names)
    numbers = np.ravel(
        result[0] if isinstance(result, tuple) and result else result
    )
    if len(numbers) == len(expected) and close(
        numbers, np.flatnonzero(bmi < LEAN), 0
    ):
        raise Wrong(
            "These are the numbers of the rows. X[...] with them gives the rows."
        )
    got = array(result, "The background")
    if close(got, expected, 1e-9):
        return f"{len(expected)} lean patients: now the base value is what the network predicts for them."
    if got.shape == (len(X),):
        raise Wrong(
            "This is one number for each patient, not rows. If it says who is lean, use it as an index: "
            "X[...] with it gives the rows."
        )
    if close(got, X, 1e-9):
        raise Wrong(
            "These are all the patients. The question compares with lean ones only."
        )
    if got.size == X.shape[1] and close(
        got.ravel(), expected.mean(axis=0), 1e-6
    ):
        raise Wrong(
            "This is one average patient, whom nobody has met. The network’s prediction for an average "
            "is not the average of its predictions. Keep all the lean rows."
        )
    if close(got, X[bmi >= LEAN], 1e-9):
        raise Wrong(
            "These are the patients who are not lean: turn the comparison around."
        )
    if got.shape == expected.shape and close(
        np.sort(got, axis=None), np.sort(expected, axis=None), 1e-9
    ):
        raise Wrong(
            "The right patients, in another order. Keep the order of X."
        )
    if got.shape == X.shape:
        raise Wrong(
            "All the rows are still there, and some are changed. Leave rows out instead."
        )
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
    """A small explanation, drawn quickly. Its names are as long as those of real data."""
    values = np.array([[30.0, -12.0, 5.0], [-4.0, 8.0, -20.0]])[number]
    names = ["body mass index (kg/m²)", "blood pressure (mmHg)", "age (years)"]
    return shap.Explanation(
        values, 150.0, np.array([31.25, 112.5, 47.0]), feature_names=names
    )


def draw(answer, row: int, path: Path) -> np.ndarray:
    """What a learner's function saved, as gray pixels.

    Runs in the notebook's own backend, because the fault shows there and nowhere else.
    """
    with capture_output():
        try:
            result = answer(one_row(row), str(path))
        except Exception as error:
            raise Wrong(
                f"Your function raises {type(error).__name__}: {error}"
            ) from error
    if result is ...:
        raise Open
    if not path.exists():
        raise Wrong(
            "No file appeared at `path`. Save to the path that the function is given."
        )
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
        raise Wrong(
            f"A function is asked for here; this is a {type(answer).__name__}."
        )
    was_interactive = plt.isinteractive()
    plt.close("all")
    try:
        with tempfile.TemporaryDirectory() as folder:
            first = draw(answer, 0, Path(folder) / "first.png")
            if first.min() == first.max():
                raise Open(
                    "The file is still blank: the figure was shown, and so closed, before it was saved, "
                    "and plt.savefig saved a new, empty one."
                )
            # Not closed in between: a figure that the function left open must not show through.
            after = draw(answer, 1, Path(folder) / "after.png")
            plt.close("all")
            alone = draw(answer, 1, Path(folder) / "alone.png")
            with Image.open(Path(folder) / "first.png") as image:
                dpi = image.info.get("dpi", (0, 0))[0]
    finally:
        plt.close("all")
        plt.interactive(was_interactive)
    if first.shape == alone.shape and np.array_equal(first, alone):
        raise Wrong(
            "Two different patients give the same picture. Draw the argument e."
        )
    if after.shape != alone.shape or not np.array_equal(after, alone):
        raise Wrong(
            "Called twice, the second picture is not the same as when it is drawn alone: it is drawn "
            'over the first. Start with plt.close("all"), or close the figure after saving.'
        )
    if (first[:, :2] < 200).any():
        raise Wrong(
            'Not blank, but the labels are cut off at the left. Pass bbox_inches="tight" to savefig.'
        )
    if round(dpi) != 300:
        raise Wrong(
            f"Not blank, but the file says {dpi:.0f} dpi, and 300 is asked for: dpi=300."
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
    # The largest is neither first nor last, so that a sorted result is not the right one.
    phi = np.random.default_rng(1).normal(size=(7, 4)) * [2, 9, 0, 5] + [
        1,
        -3,
        0,
        0,
    ]
    got = array(call(answer, phi), "The importance")
    size = np.abs(phi)
    expected = size.mean(axis=0)
    if close(got, expected, 1e-9):
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
        raise Wrong(
            "This is one number for each patient. Average over the patients, axis 0."
        )
    if close(got, size.sum(axis=0), 1e-9):
        raise Wrong(
            "The sum grows with the number of patients, so two data sets cannot be compared. Take the mean."
        )
    if close(got, size.max(axis=0), 1e-9):
        raise Wrong(
            "The maximum is one patient’s value. Importance here is the mean over all of them."
        )
    if close(got, np.median(size, axis=0), 1e-9):
        raise Wrong("This is the median. SHAP’s bar plot shows the mean.")
    if close(got, phi.std(axis=0), 1e-9) or close(
        got, np.sqrt((phi**2).mean(axis=0)), 1e-9
    ):
        raise Wrong(
            "This squares the values, so that large ones count more. Take sizes, np.abs."
        )
    if close(got, expected / expected.sum(), 1e-9):
        raise Wrong(
            "These are shares. Divided by their sum, the values have lost their unit, points."
        )
    if close(np.sort(got.ravel()), np.sort(expected), 1e-9):
        raise Wrong(
            "The numbers are right, and sorted. Keep the order of the columns, or nobody knows which "
            "number belongs to which feature. The plot sorts, your function does not."
        )
    if got.shape != expected.shape:
        raise Wrong(
            f"For 7 patients and 4 features the result has shape (4,), and this has {got.shape}. Use "
            "phi alone, whatever its shape."
        )
    raise Wrong(
        f"The shape is right, the numbers are not: for the first feature this gives {got[0]:.4f}, and right "
        f"is {expected[0]:.4f}."
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
    y = patients().y_train[:, None]
    y_scaler, other = StandardScaler().fit(y), StandardScaler().fit(3 + 0.1 * y)
    scale, mean = y_scaler.scale_[0], y_scaler.mean_[0]
    phi = np.random.default_rng(2).normal(size=(5, 10)) / 4
    got = array(call(answer, phi, y_scaler), "The result")
    if close(got, phi * scale, 1e-6):
        if not close(
            array(call(answer, phi, other), "The result"),
            phi * other.scale_,
            1e-6,
        ):
            raise Wrong(
                "Right for this target and wrong for another: use the argument y_scaler."
            )
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
        raise Wrong(
            "This divides by the scale. Scaling divided already: multiply to get back."
        )
    if close(got, phi, 1e-9):
        raise Wrong(
            "These are the scaled values as they came, in standard deviations of the target."
        )
    if got.shape != phi.shape:
        raise Wrong(
            f"From shape {phi.shape} this gives {got.shape}. Each value keeps its place."
        )
    raise Wrong(
        f"Not yet: here a scaled value of {phi[0, 0]:.3f} becomes {got[0, 0]:.2f}, and right is "
        f"{phi[0, 0] * scale:.2f} points."
    )

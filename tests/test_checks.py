"""The checks of the exercises: right, wrong with a reason, open, and always a result to go on with.

Each check is tried on the stub, on the solution, on another correct way, and on wrong answers that
people give, each of which gets its own message.
"""

from pathlib import Path
import re
import textwrap

from glassbox import figures
from glassbox.checks import (
    OPEN,
    RIGHT,
    WRONG,
    Lab,
    Open,
    Wrong,
    call,
    close,
    lab10,
    number,
)
import matplotlib
import matplotlib.pyplot as plt
import notebooks
import numpy as np
import pandas as pd
import pytest
import shap

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def notebook_backend():
    """The backend of a notebook: showing a figure closes it, which a test's usual one does not do."""
    before = matplotlib.get_backend()
    matplotlib.use("module://matplotlib_inline.backend_inline")
    yield
    plt.close("all")
    matplotlib.use(before)


@pytest.fixture
def said(monkeypatch):
    """What a check displays, as a list of texts."""
    messages = []
    monkeypatch.setattr(
        "glassbox.checks.display", lambda message: messages.append(message.text)
    )
    return messages


def patients():
    return lab10.patients()


# Lab 10. For each exercise: other correct ways, and wrong answers with a part of the reason they get.


def other_base_value(f, background):
    return sum(
        f(background[i : i + 1])[0] for i in range(len(background))
    ) / len(background)


def other_as_matrix(values):
    if np.ndim(values) == 3:
        if np.shape(values)[-1] > 1:
            raise ValueError("two outputs")
        return np.squeeze(values, axis=-1)
    if np.ndim(values) != 2:
        raise ValueError("not a table")
    return values


def other_save(e, path):
    fig = plt.figure()
    shap.plots.waterfall(e, show=False)
    plt.savefig(path, dpi=300, bbox_inches="tight")
    plt.close(fig)


def save_then(*steps):
    """A way to save a waterfall: the steps, in order."""

    def save(e, path):
        for step in steps:
            step(e, path)

    return save


def close_all(e, path):
    plt.close("all")


def draw(e, path):
    shap.plots.waterfall(e, show=False)


def draw_and_show(e, path):
    shap.plots.waterfall(e)


def keep(**options):
    return lambda e, path: plt.savefig(path, **options)


TIGHT = {"dpi": 300, "bbox_inches": "tight"}


def spoil(X):
    X[:] = 0
    return X


OTHER = {
    "base_value": [other_base_value, lambda f, b: float(np.average(f(b)))],
    "as_matrix": [other_as_matrix],
    "lean_background": [
        lambda X, names: np.array([row for row in X if row[2] < 25.0]),
        lambda X, names: np.delete(X, np.where(X[:, 2] >= 25), axis=0),
        lambda X, names: pd.DataFrame(X, columns=names).query("bmi < 25"),
    ],
    "save_waterfall": [
        other_save,
        lambda e, path: figures.save(drawn(e), path),
    ],
    "importance": [
        lambda phi: np.array(
            [np.mean([abs(v) for v in column]) for column in phi.T]
        )
    ],
    "to_points": [
        lambda phi, s: s.inverse_transform(phi) - s.mean_,
        lambda phi, s: phi * np.sqrt(s.var_),
    ],
}


def drawn(e):
    plt.close("all")
    shap.plots.waterfall(e, show=False)
    return plt.gcf()


WRONGS = {
    "base_value": {
        "mean of the measured target": lambda f, b: patients().y_train.mean(),
        "prediction for the average patient": lambda f, b: f(
            b.mean(axis=0, keepdims=True)
        )[0],
        "averages over all training rows": lambda f, b: f(
            patients().X_train
        ).mean(),
        "averages over the patients to explain": lambda f, b: f(
            patients().X_test
        ).mean(),
        "same number for two backgrounds": lambda f, b: 160.05,
        "sum of the predictions": lambda f, b: f(b).sum(),
        "ndarray of shape (40,)": lambda f, b: f(b),
        "take it out with [0]": lambda f, b: [f(b).mean()],
        "the median": lambda f, b: np.median(f(b)),
        "looks rounded": lambda f, b: round(f(b).mean(), 1),
        "first patient of the background": lambda f, b: f(b)[0],
        "their base value is": lambda f, b: f(b).min(),
        "raises NameError": lambda f, b: f(bakground).mean(),  # noqa: F821
        "this is a text": lambda f, b: "160 points",
        "returns nothing (None)": lambda f, b: print(end=""),
        "changes the table": lambda f, b: f(spoil(b)).mean(),
    },
    "as_matrix": {
        "first patient only": lambda v: v[0],
        "squeeze() drops every axis": lambda v: np.squeeze(v),
        "returns (4, 6)": lambda v: v.reshape(len(v), -1),
        "shape (4, 3, 2) this returns (4, 3)": lambda v: (
            v if v.ndim == 2 else v[..., 0]
        ),
        "shape (10,) this returns (10,)": lambda v: (
            other_as_matrix(v) if v.ndim > 1 else v
        ),
        "no axis to drop": lambda v: v[..., 0],
        "(4, 3): Your function raises IndexError": lambda v: v[:, :, 0],
        "not return, and not print": lambda v: reference_or_none(v),
        "returns nothing (None)": lambda v: None,
    },
    "lean_background": {
        "one number for each patient": lambda X, n: X[:, 2] < 25,
        "numbers of the rows": lambda X, n: np.where(X[:, 2] < 25),
        "all the patients": lambda X, n: X,
        "one average patient": lambda X, n: X[X[:, 2] < 25].mean(
            axis=0, keepdims=True
        ),
        "turn the comparison around": lambda X, n: X[X[:, 2] >= 25],
        "in another order": lambda X, n: X[np.flatnonzero(X[:, 2] < 25)[::-1]],
        "some are changed": lambda X, n: np.where(X[:, 2:3] < 25, X, 0),
        "149 patients with": lambda X, n: X[X[:, 2] < 20],
        "raises TypeError": lambda X: X,
        "changes the table": lambda X, n: spoil(X),
    },
    "save_waterfall": {
        "80 dpi": save_then(
            close_all, draw, keep(dpi=80, bbox_inches="tight"), close_all
        ),
        "600 dpi": save_then(
            close_all, draw, keep(dpi=600, bbox_inches="tight"), close_all
        ),
        "over the first": save_then(draw, keep(**TIGHT)),
        "cut off at the left": save_then(
            close_all, draw, keep(dpi=300), close_all
        ),
        "No file appeared": save_then(draw, close_all),
        "the same picture": lambda e, path: other_save(lab10.one_row(0), path),
        "raises FileNotFoundError": save_then(
            draw, lambda e, p: plt.savefig("no/such/x.png")
        ),
    },
    "importance": {
        "plain mean lets": lambda phi: phi.mean(axis=0),
        "order is turned around": lambda phi: np.abs(phi.mean(axis=0)),
        "one number for each patient": lambda phi: np.abs(phi).mean(axis=1),
        "sum grows with": lambda phi: np.abs(phi).sum(axis=0),
        "maximum is one": lambda phi: np.abs(phi).max(axis=0),
        "the median": lambda phi: np.median(np.abs(phi), axis=0),
        "squares the values": lambda phi: phi.std(axis=0),
        "lost their unit": lambda phi: (
            np.abs(phi).mean(axis=0) / np.abs(phi).mean(axis=0).sum()
        ),
        "right, and sorted": lambda phi: np.sort(np.abs(phi).mean(axis=0))[
            ::-1
        ],
        "shape (4,), and this has (10,)": lambda phi: np.ones(10),
        "should be a NumPy array; this is a list": lambda phi: [
            1.0,
            2.0,
            3.0,
            4.0,
        ],
        "for the first feature this gives": lambda phi: (
            np.abs(phi).mean(axis=0).round(1)
        ),
    },
    "to_points": {
        "tenth of the mean": lambda phi, s: (
            phi * s.scale_ + s.mean_ / phi.shape[1]
        ),
        "variance": lambda phi, s: phi * s.var_,
        "divides by the scale": lambda phi, s: phi / s.scale_,
        "as they came": lambda phi, s: phi,
        "expecting 1 features": lambda phi, s: s.transform(phi),
        "wrong for another": lambda phi, s: phi * patients().y_train.std(),
        "changes the table": lambda phi, s: np.multiply(phi, s.scale_, out=phi),
        "keeps its place": lambda phi, s: (phi * s.scale_).sum(axis=1),
        "Not yet": lambda phi, s: phi * 77,
    },
}


def reference_or_none(values):
    """Returns the error, instead of raising it."""
    try:
        return other_as_matrix(values)
    except ValueError as error:
        return error


# The code that the exercise hands out is a start, not an answer.
STUBS = {
    "base_value": lambda f, b: ...,
    "as_matrix": lambda v: ...,
    "lean_background": lambda X, n: ...,
    "save_waterfall": save_then(draw_and_show, keep()),
    "importance": lambda phi: ...,
    "to_points": lambda phi, s: s.inverse_transform(phi),
}

EXERCISES = {e.name: e for e in lab10.lab.exercises}
each = pytest.mark.parametrize("name", EXERCISES)


def cases(answers: dict) -> list:
    return [
        pytest.param(name, key, id=f"{name}: {key}")
        for name, some in answers.items()
        if name in EXERCISES
        for key in (some if isinstance(some, dict) else range(len(some)))
    ]


# What pytest collects below. An answer that is added later in this file is never tried.
OTHER_CASES, WRONG_CASES = cases(OTHER), cases(WRONGS)


def test_every_exercise_is_tried_in_each_way():
    for kind, answers in {
        "OTHER": OTHER,
        "WRONGS": WRONGS,
        "STUBS": STUBS,
    }.items():
        assert set(answers) == set(EXERCISES), (
            f"{kind} and the exercises of lab10.py differ: CONTRIBUTING.md, step 6"
        )
    for name, wrong in WRONGS.items():
        assert len(wrong) >= 3, f"{name} has fewer than three wrong answers"
    counted = sum(map(len, OTHER.values())), sum(map(len, WRONGS.values()))
    assert counted == (len(OTHER_CASES), len(WRONG_CASES)), (
        "answers were added below EXERCISES = ..., and are never tried: move them above"
    )


@each
def test_stub_is_open_and_the_lab_goes_on(name, said):
    exercise = EXERCISES[name]
    for stub in (STUBS[name], ..., lambda *arguments: ...):
        assert exercise(stub) is exercise.reference
        assert exercise.state == OPEN, said[-1]
    assert all(
        "The lab goes on with a reference result" in text for text in said
    )


@each
def test_reference_is_right(name, said):
    exercise = EXERCISES[name]

    def solution(*arguments):
        return exercise.reference(*arguments)

    assert exercise(solution) is solution, said
    assert exercise.state == RIGHT and said[0]


@each
def test_reference_is_not_taken_for_the_learners_work(name, said):
    """After an open verdict the name holds the reference: calling the check again proves nothing."""
    exercise = EXERCISES[name]
    exercise(...)
    assert exercise(exercise.reference) is exercise.reference
    assert exercise.state == OPEN and "not your function" in said[1]


@pytest.mark.parametrize("name, index", OTHER_CASES)
def test_another_correct_way_is_right(name, index, said):
    answer = OTHER[name][index]
    assert EXERCISES[name](answer) is answer, said
    assert EXERCISES[name].state == RIGHT


@pytest.mark.parametrize("name, reason", WRONG_CASES)
def test_wrong_answer_gets_its_reason(name, reason, said):
    exercise = EXERCISES[name]
    assert exercise(WRONGS[name][reason]) is exercise.reference
    assert exercise.state == WRONG, said
    assert reason in said[0]


@each
def test_wrong_answers_get_different_messages(name, said):
    for answer in WRONGS[name].values():
        EXERCISES[name](answer)
    assert len(set(said)) == len(said)


@each
def test_something_that_is_no_function_is_wrong(name, said):
    assert EXERCISES[name](160.05) is EXERCISES[name].reference
    assert EXERCISES[name].state == WRONG and "function" in said[0]


def test_lab_10_titles_are_the_headings_of_the_notebook():
    text = (ROOT / "solutions/10_shap.py").read_text(encoding="utf-8")
    headings = re.findall(r"^# ### (Exercise .+)$", text, re.M)
    assert headings == [e.title for e in lab10.lab.exercises], (
        "the headings in solutions/10_shap.py and the titles in lab10.py must agree, in order"
    )
    for exercise in lab10.lab.exercises:
        call_of_check = (
            f"\n{exercise.name} = check.{exercise.name}({exercise.name})\n"
        )
        assert call_of_check in text, f"the lab lacks {call_of_check.strip()}"


# What all checks share


@pytest.fixture
def lab():
    lab = Lab("99_test")

    @lab.exercise(
        "Exercise 1", reference=42.0, hints=("Think.", "Add 41 and 1.")
    )
    def answer(value):
        if number(value, "The answer") != 42:
            raise Wrong(f"{value} <is> not the answer.")
        return "Yes."

    return lab


def test_hints_come_in_turn_and_start_again(lab, said):
    for _ in range(3):
        lab.exercises[0].hint()
    assert said == ["Think.", "Add 41 and 1.", "Think."]


def test_solution_names_the_notebook_and_the_heading(lab, said):
    lab.exercises[0].solution()
    assert "solutions/99_test.ipynb" in said[0] and "Exercise 1" in said[0]


def test_solution_is_a_link_in_a_notebook(lab, monkeypatch):
    shown = []
    monkeypatch.setattr("glassbox.checks.display", shown.append)
    lab.exercises[0].solution()
    bundle, _ = shown[0]._repr_mimebundle_()
    assert 'href="../solutions/99_test.ipynb"' in bundle["text/html"]


def test_an_exercise_shows_how_to_get_help(lab):
    assert (
        repr(lab.exercises[0])
        == "Exercise 1: open. For help: check.answer.hint()"
    )


def test_progress_counts_what_is_right(lab, monkeypatch):
    shown = []
    monkeypatch.setattr("glassbox.checks.display", shown.append)
    lab.progress()
    lab.exercises[0](42)
    lab.progress()
    assert [m.title for m in shown] == [
        "0 of 1 exercises right",
        "✔ Right. Exercise 1",
        "1 of 1 exercises right",
    ]
    bundle, metadata = shown[-1]._repr_mimebundle_()
    assert metadata == {
        "glassbox": {"lab": "99_test", "states": {"answer": "right"}}
    }
    assert bundle["text/plain"].endswith("✔ Right. Exercise 1")


def test_verdict_is_html_and_plain_text_and_a_record(lab, monkeypatch):
    shown = []
    monkeypatch.setattr("glassbox.checks.display", shown.append)
    lab.exercises[0](7)
    bundle, metadata = shown[0]._repr_mimebundle_()
    assert "7 <is> not" in bundle["text/plain"]
    assert (
        "7 &lt;is&gt; not" in bundle["text/html"]
        and "Wrong" in bundle["text/html"]
    )
    assert metadata["glassbox"] == {
        "lab": "99_test",
        "exercise": "answer",
        "state": "wrong",
    }


def test_a_second_try_changes_the_verdict(lab, said):
    exercise = lab.exercises[0]
    assert [exercise(41), exercise.state] == [42, WRONG]
    assert [exercise(42), exercise.state] == [42, RIGHT]
    assert [exercise(...), exercise.state] == [42, OPEN]


def test_call_turns_what_a_learner_does_into_a_verdict():
    assert call(lambda x: x + 1, 1) == 2
    with pytest.raises(Open):
        call(lambda: ...)
    with pytest.raises(Wrong, match="returns nothing"):
        call(lambda: None)
    with pytest.raises(Wrong, match="raises ZeroDivisionError"):
        call(lambda: 1 / 0)
    with pytest.raises(
        Wrong, match="A function is asked for here; this is a int"
    ):
        call(3)


def test_number_and_close():
    assert number(np.float32(2.5), "It") == 2.5
    with pytest.raises(
        Wrong, match=r"It is one number; this is a list of shape \(2,\)"
    ):
        number([1, 2], "It")
    with pytest.raises(Wrong, match="this is a dict"):
        number({}, "It")
    assert close([1.0, 2.0], [1.0, 2.05], 0.1)
    assert not close([1.0, 2.0], [1.0, 2.2], 0.1)
    assert not close([1.0], [[1.0]], 0.1)


def test_a_single_hint_needs_its_comma(lab):
    with pytest.raises(TypeError, match="comma"):
        lab.exercise("Exercise 2", reference=1, hints=("Think."))


def test_the_example_of_contributing_works(said):
    """The judge and the answers of CONTRIBUTING.md, pasted as they are printed there."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = [
        textwrap.dedent(b)
        for b in re.findall(r"```python\n(.*?)```", text, re.S)
    ]
    judge, tests = blocks[-2:]
    before = list(lab10.lab.exercises)
    space = vars(lab10) | {"STUBS": {}, "OTHER": {}, "WRONGS": {}, "np": np}
    try:
        exec(judge + tests, space)
        exercise = lab10.lab.exercises[-1]
    finally:
        lab10.lab.exercises[:] = before
    assert (
        exercise.name == "left_over" and len(space["WRONGS"]["left_over"]) >= 3
    )
    exercise(space["STUBS"]["left_over"])
    assert exercise.state == OPEN, said[-1]
    for answer in (
        *space["OTHER"]["left_over"],
        lambda *a: exercise.reference(*a),
    ):
        exercise(answer)
        assert exercise.state == RIGHT, said[-1]
    for reason, answer in space["WRONGS"]["left_over"].items():
        exercise(answer)
        assert exercise.state == WRONG and reason in said[-1], said[-1]
    source = "# %% [markdown]\n# # Lab 99\n\n" + "\n".join(blocks[:3])
    for folder, kept, gone in (
        ("labs", "return ...", "phi.sum(axis=1)"),
        ("solutions", "phi.sum(axis=1)", "return ..."),
    ):
        derived = notebooks.apply_marks(source, Path("99_test.py"), folder)
        assert kept in derived and gone not in derived.split("**Why.**")[0]

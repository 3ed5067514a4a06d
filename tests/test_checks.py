"""The checks of the exercises: right, wrong with a reason, open, and always a result to go on with.

Each check is tried on the stub, on the solution, on another correct way, and on wrong answers that
people give, each of which gets its own message.
"""

from copy import deepcopy
from importlib import import_module
from pathlib import Path
import re
import textwrap
from types import SimpleNamespace

from glassbox.checks import (
    OPEN,
    RIGHT,
    WRONG,
    Lab,
    Open,
    Wrong,
    call,
    close,
    compare,
    lab10,
    number,
)
import keras
import matplotlib
import matplotlib.pyplot as plt
import notebooks
import numpy as np
import pytest

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


# What judges share


def doubled(x):
    return 2 * x


DOUBLING = [(np.array([1.0, -2.0]),), (np.array([[3.0], [0.5], [-1.0]]),)]
SLIPS = [(lambda x: x**2, "This is the square.")]


@pytest.mark.parametrize(
    "answer", [lambda x: x + x, lambda x: (2 * x).astype(np.float32)]
)
def test_compare_takes_what_is_right(answer):
    compare(answer, doubled, DOUBLING, SLIPS, what="The double")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: x * x, "This is the square."),
        (lambda x: x, "it should be -4 there, and is -2"),
        (
            lambda x: 2 * x.ravel(),
            "should have shape (3, 1) here; this has (3,)",
        ),
        (lambda x: x * np.nan, "missing or infinite"),
        (lambda x: 4.0, "should be a NumPy array"),
        (lambda x: np.array([2.0, -4.0]), "should have shape (3, 1)"),
        (lambda x: 2 * x + (len(x) == 3), "it should be 6 there, and is 7"),
        (lambda x: None, "nothing (None)"),
        (lambda x: x.pop(), "raises AttributeError"),
    ],
)
def test_compare_says_what_is_wrong(answer, message):
    with pytest.raises(Wrong, match=re.escape(message)):
        compare(answer, doubled, DOUBLING, SLIPS, what="The double")


def test_compare_of_numbers():
    cases = [(np.array([1.0, 3.0]),), (np.array([-5.0]),)]
    compare(lambda x: float(np.mean(x)), np.mean, cases, what="The mean")
    with pytest.raises(Wrong, match="it should be 2, and is 3"):
        compare(np.max, np.mean, cases, what="The mean")
    for several in (lambda x: x, lambda x: (x, 1.0), lambda x: [[1], [1, 2]]):
        with pytest.raises(Wrong, match="one number"):
            compare(several, np.mean, cases, what="The mean")
    with pytest.raises(Open):
        compare(lambda x: ..., np.mean, cases, what="The mean")


def test_compare_tells_who_is_near():
    def judged(answer):
        compare(answer, doubled, DOUBLING, what="It", nearly=(0.02, "Nearly."))

    judged(doubled)
    with pytest.raises(Wrong, match="Nearly"):
        judged(lambda x: 2.01 * x)
    with pytest.raises(Wrong, match="It is not right at"):
        judged(lambda x: 2.1 * x)
    with pytest.raises(Wrong, match="infinite values"):
        judged(lambda x: 2 * x / 0)


def test_compare_says_more_of_what_is_raised():
    told = [("unsupported operand", "Take numbers."), ("None", "Return it.")]

    def judged(answer):
        compare(answer, doubled, DOUBLING, what="It", told=told)

    judged(doubled)
    with pytest.raises(Wrong, match=r"^Take numbers\.$"):
        judged(lambda x: x + {})
    with pytest.raises(Wrong, match=r"^Return it\.$"):
        judged(lambda x: None)
    with pytest.raises(Wrong, match="raises ZeroDivisionError"):
        judged(lambda x: 1 / 0)


def test_compare_asks_and_reads_in_another_way():
    def ask(answer, x):
        return call(answer, x)[0]

    def read(value, right, what):
        return np.array(value).reshape(right.shape)

    compare(
        lambda x: (list(2 * x), "and more"),
        doubled,
        DOUBLING,
        what="It",
        ask=ask,
        read=read,
    )


def test_a_slip_that_cannot_be_made_in_a_case_is_none():
    cases = [(np.eye(2),), (np.ones((2, 3)),)]
    slips = [(np.linalg.inv, "This is the inverse.")]
    with pytest.raises(Wrong, match="It is not right"):
        compare(lambda x: x / 2, doubled, cases, slips, what="It")


def test_an_answer_that_changes_the_network():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    before = network.get_weights()

    def spoils(model):
        model.set_weights([0 * w for w in model.get_weights()])
        return 1.0

    def spoils_and_fails(model):
        spoils(model)
        raise ValueError

    for answer, message in (
        (spoils, "changes the weights of the network"),
        (spoils_and_fails, "raises ValueError"),
    ):
        with pytest.raises(Wrong, match=message):
            call(answer, network)
        assert all(map(np.array_equal, network.get_weights(), before))
    assert call(lambda model: 2.0, network) == 2.0


# One module of answers a lab, under the lab's name in `glassbox.checks`.
LABS = [
    SimpleNamespace(
        name=path.stem,
        check=import_module(f"glassbox.checks.{path.stem}"),
        answers=import_module(f"answers.{path.stem}"),
    )
    for path in sorted((ROOT / "tests" / "answers").glob("lab*.py"))
]
EXERCISES = {
    f"{lab.name}.{exercise.name}": (exercise, lab.answers)
    for lab in LABS
    for exercise in lab.check.lab.exercises
}
each = pytest.mark.parametrize("name", EXERCISES)
each_lab = pytest.mark.parametrize("lab_here", LABS, ids=lambda lab: lab.name)


def cases(kind: str) -> list:
    """What pytest tries: each answer of this kind to each exercise."""
    found = []
    for name, (exercise, answers) in EXERCISES.items():
        some = getattr(answers, kind).get(exercise.name, ())
        found += [
            pytest.param(name, key, id=f"{name}: {key}")
            for key in (some if isinstance(some, dict) else range(len(some)))
        ]
    return found


def test_every_lab_has_checks_and_answers():
    sources = {
        f"lab{path.stem[:2]}": path.stem
        for path in (ROOT / "solutions").glob("*.py")
    }
    assert sources == {lab.name: lab.check.lab.name for lab in LABS}, (
        "each lab has a solutions/NN_name.py, a checks/labNN.py and a tests/answers/labNN.py"
    )


@each_lab
def test_every_exercise_is_tried_in_each_way(lab_here):
    names = {exercise.name for exercise in lab_here.check.lab.exercises}
    for kind in ("STUBS", "OTHER", "WRONGS"):
        assert set(getattr(lab_here.answers, kind)) == names, (
            f"{kind} and the exercises of {lab_here.name}.py differ: CONTRIBUTING.md, step 6"
        )
    for name, wrong in lab_here.answers.WRONGS.items():
        assert len(wrong) >= 3, f"{name} has fewer than three wrong answers"
    for name, other in lab_here.answers.OTHER.items():
        assert other, f"{name} has no other correct way"


@each
def test_stub_is_open_and_the_lab_goes_on(name, said):
    exercise, answers = EXERCISES[name]
    stubs = [answers.STUBS[exercise.name], ...]
    if callable(exercise.reference):
        stubs.append(lambda *arguments: ...)
    for stub in stubs:
        assert exercise(stub) is exercise.reference
        assert exercise.state == OPEN, said[-1]
    assert all(
        "The lab goes on with a reference result" in text for text in said
    )


@each
def test_reference_is_right(name, said):
    exercise, _ = EXERCISES[name]

    def solution(*arguments):
        return exercise.reference(*arguments)

    if not callable(exercise.reference):
        solution = deepcopy(exercise.reference)
    assert exercise(solution) is solution, said
    assert exercise.state == RIGHT and said[0]


@each
def test_reference_is_not_taken_for_the_learners_work(name, said):
    """After an open verdict the name holds the reference: calling the check again proves nothing."""
    exercise, _ = EXERCISES[name]
    exercise(...)
    assert exercise(exercise.reference) is exercise.reference
    assert exercise.state == OPEN and "reference result, not your" in said[1]


@pytest.mark.parametrize("name, index", cases("OTHER"))
def test_another_correct_way_is_right(name, index, said):
    exercise, answers = EXERCISES[name]
    answer = answers.OTHER[exercise.name][index]
    assert exercise(answer) is answer, said
    assert exercise.state == RIGHT


# What each wrong answer was told, so that no judge has to work twice.
TOLD = {}


@pytest.mark.parametrize("name, reason", cases("WRONGS"))
def test_wrong_answer_gets_its_reason(name, reason, said):
    exercise, answers = EXERCISES[name]
    wrong = answers.WRONGS[exercise.name][reason]
    assert exercise(wrong) is exercise.reference
    assert exercise.state == WRONG, said
    assert reason in said[0]
    TOLD[name, reason] = said[0]


@each
def test_wrong_answers_get_different_messages(name, said):
    exercise, answers = EXERCISES[name]
    messages = []
    for reason, answer in answers.WRONGS[exercise.name].items():
        if (name, reason) not in TOLD:
            exercise(answer)
            TOLD[name, reason] = said[-1]
        messages.append(TOLD[name, reason])
    assert len(set(messages)) == len(messages)


@each
def test_something_of_another_kind_is_wrong(name, said):
    exercise, _ = EXERCISES[name]
    assert exercise(160.05) is exercise.reference
    assert exercise.state == WRONG, said
    assert not callable(exercise.reference) or "function" in said[0]


@each_lab
def test_titles_are_the_headings_of_the_notebook(lab_here):
    lab = lab_here.check.lab
    source = f"solutions/{lab.name}.py"
    text = (ROOT / source).read_text(encoding="utf-8")
    headings = re.findall(r"^# ### (Exercise .+)$", text, re.M)
    assert headings == [e.title for e in lab.exercises], (
        f"the headings in {source} and the titles in {lab_here.name}.py must agree, in order"
    )
    for exercise in lab.exercises:
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


@pytest.mark.parametrize(
    "spoil",
    [list.sort, list.pop, lambda numbers: numbers.append(4)],
    ids=["sorted", "shorter", "longer"],
)
def test_an_answer_cannot_spoil_a_list_for_the_next(spoil):
    given = [3, 1, 2]
    with pytest.raises(Wrong, match="changes the list that it was given"):
        call(lambda numbers: (spoil(numbers), 0)[1], given)
    assert given == [3, 1, 2]


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

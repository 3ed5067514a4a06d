"""Checks for the exercises of the labs: one module a lab, and what they share.

A lab calls a check with the learner's answer and goes on with what the check returns::

    from glassbox.checks import lab10 as check

    base_value = check.base_value(base_value)

There are three verdicts: *right*, *wrong* with the reason, and *open*, when nothing was tried: the
answer is `...`, or a function that returns it. Unless the answer is right, the check returns a
reference, so that the lab always runs to its end.

The author of a lab writes a judge: a function that takes the answer and returns, if it is right, or
raises `Wrong` with a reason that helps. It looks at what the answer does, never at how it is written::

    lab = Lab("10_shap")

    @lab.exercise("Exercise 1", reference=..., hints=("First ...", "Then ..."))
    def base_value(answer): ...
"""

from collections.abc import Callable, Sequence
import html
from typing import Any

from IPython.display import display
import keras
import numpy as np

RIGHT, WRONG, OPEN = "right", "wrong", "open"
SYMBOLS = {RIGHT: "✔", WRONG: "✘", OPEN: "○"}
# Okabe and Ito's green, vermilion and blue: color-blind readers can tell them apart, and the symbol
# and the word say the same.
COLORS = {RIGHT: "#009E73", WRONG: "#D55E00", OPEN: "#0072B2"}


Slips = Sequence[tuple[Callable, str]]
"""Wrong functions that people really write, each with what to tell them."""


class Wrong(Exception):
    """Raised by a judge. Its message tells the learner why the answer is wrong."""


class Open(Exception):
    """Raised by a judge, or by `call`, when the exercise was not attempted."""


class Reference(Exception):
    """The answer is what an earlier call of the check returned."""


class Message:
    """A box under a cell: HTML in a notebook, plain text in a terminal."""

    def __init__(
        self,
        title: str,
        text: str,
        color: str,
        record: dict | None = None,
        link: str = "",
    ) -> None:
        self.title, self.text, self.color = title, text, color
        self.record, self.link = record, link

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text}" if self.text else self.title

    def _repr_mimebundle_(
        self, include=None, exclude=None
    ) -> tuple[dict, dict]:
        lines = html.escape(self.text).replace("\n", "<br>")
        if self.link:
            lines += f'<br><a href="../{self.link}">{self.link}</a>'
        bundle = {
            "text/plain": repr(self),
            "text/html": (
                f'<div style="border-left: 4px solid {self.color}; padding: 0.3em 0.8em">'
                f"<strong>{html.escape(self.title)}</strong><br>{lines}</div>"
            ),
        }
        # Nobody sees metadata; a program that collects answers from notebooks finds the verdict there.
        return bundle, {"glassbox": self.record} if self.record else {}


class Exercise:
    """One exercise: call it with an answer; ask it for a `hint` or for the `solution`.

    Attributes
    ----------
    title : str
    state : {"open", "wrong", "right"}
        The last verdict.
    """

    def __init__(
        self,
        lab: "Lab",
        title: str,
        judge: Callable,
        reference: Any,
        hints: tuple[str, ...],
    ) -> None:
        self.lab, self.title, self.judge = lab, title, judge
        self.reference, self.hints = reference, hints
        self.name = judge.__name__
        self.state = OPEN
        self.hints_given = 0
        self.__doc__ = judge.__doc__

    def __call__(self, answer: Any) -> Any:
        """Judge an answer, show the verdict, and return what the lab goes on with.

        Parameters
        ----------
        answer : object
            A value or a function, as the exercise asks. `...`, or a function that returns it, is an
            open exercise.

        Returns
        -------
        object
            The answer if it is right, and the reference otherwise.
        """
        try:
            named = callable(answer) or isinstance(answer, dict)
            if named and answer is self.reference:
                # It came from an earlier call: no work of the learner's, and no loss of it either.
                raise Reference
            if answer is ...:
                raise Open
            praise = self.judge(answer) or ""
            self.state, text = RIGHT, praise
        except Reference:
            text = (
                f"This is the lab's reference result, not your answer. Define {self.name} under exactly "
                "this name, and run the whole cell."
            )
        except Open as reason:
            self.state = OPEN
            text = (
                f"{str(reason) or 'Not attempted yet.'} The lab goes on with a reference result.\n"
                f"For help: check.{self.name}.hint()"
            )
        except Wrong as reason:
            self.state = WRONG
            text = (
                f"{reason}\nThe lab goes on with a reference result. "
                f"For help: check.{self.name}.hint()"
            )
        record = {
            "lab": self.lab.name,
            "exercise": self.name,
            "state": self.state,
        }
        heading = (
            f"{SYMBOLS[self.state]} {self.state.capitalize()}. {self.title}"
        )
        display(Message(heading, text, COLORS[self.state], record))
        return answer if self.state == RIGHT else self.reference

    def hint(self) -> None:
        """Show the next hint; after the last one, start again."""
        number = self.hints_given % len(self.hints)
        self.hints_given += 1
        title = f"{self.title}: hint {number + 1} of {len(self.hints)}"
        display(Message(title, self.hints[number], COLORS[OPEN]))

    def solution(self) -> None:
        """Say where the solution is, with its reasons and with what typical wrong answers give."""
        link = f"solutions/{self.lab.name}.ipynb"
        text = f"Open {link} and look for “{self.title}”."
        display(
            Message(f"{self.title}: solution", text, COLORS[OPEN], link=link)
        )

    def __repr__(self) -> str:
        return f"{self.title}: {self.state}. For help: check.{self.name}.hint()"


class Lab:
    """The exercises of one lab, and how far the learner has come.

    Parameters
    ----------
    name : str
        File name of the lab's notebook without its suffix, such as ``"10_shap"``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.exercises: list[Exercise] = []

    def exercise(
        self, title: str, *, reference: Any, hints: tuple[str, ...]
    ) -> Callable:
        """Turn a judge into an `Exercise` of this lab.

        Parameters
        ----------
        title : str
            As in the heading of the exercise in the notebook.
        reference : object
            What the lab goes on with while the exercise is not right. It must pass the judge.
        hints : tuple of str
            From a nudge to nearly the answer.
        """

        if isinstance(hints, str):
            raise TypeError(
                f"hints is a tuple: put a comma after the only hint of {title!r}"
            )

        def register(judge: Callable) -> Exercise:
            self.exercises.append(
                Exercise(self, title, judge, reference, hints)
            )
            return self.exercises[-1]

        return register

    def progress(self) -> None:
        """Show the verdict on every exercise so far."""
        done = sum(e.state == RIGHT for e in self.exercises)
        lines = [
            f"{SYMBOLS[e.state]} {e.state.capitalize()}. {e.title}"
            for e in self.exercises
        ]
        record = {
            "lab": self.name,
            "states": {e.name: e.state for e in self.exercises},
        }
        title = f"{done} of {len(self.exercises)} exercises right"
        color = COLORS[RIGHT if done == len(self.exercises) else OPEN]
        display(Message(title, "\n".join(lines), color, record))


def call(answer: Any, *args: Any) -> Any:
    """Call a learner's function as a judge does: an exception becomes a verdict, not a traceback.

    Arrays and lists are handed over as copies, so that no answer can spoil the next check.

    Raises
    ------
    Open
        It returned `...`.
    Wrong
        It is not a function, it raised, it returned nothing, or it changed its arguments.
    """
    if not callable(answer):
        raise Wrong(
            f"A function is asked for here; this is a {type(answer).__name__}."
        )
    copies = [
        arg.copy() if isinstance(arg, (np.ndarray, list)) else arg
        for arg in args
    ]
    networks = [arg for arg in args if isinstance(arg, keras.Model)]
    weights = [network.get_weights() for network in networks]
    try:
        result = answer(*copies)
    except Exception as error:  # whatever a learner's code can raise is a wrong answer with a reason
        raise Wrong(
            f"Your function raises {type(error).__name__}: {error}"
        ) from error
    finally:
        changed = [
            _restore(network, before)
            for network, before in zip(networks, weights, strict=True)
        ]
    if result is ...:
        raise Open
    if result is None:
        raise Wrong(
            "Your function returns nothing (None). Is `return` missing, or does it print?"
        )
    for arg, copy in zip(args, copies, strict=True):
        if isinstance(arg, np.ndarray) and not np.array_equal(arg, copy):
            raise Wrong(
                "Your function changes the table that it was given, so a second run gives something "
                "else. Make a new one: write X * 2, not X *= 2, or begin with Z = X.copy()."
            )
        if isinstance(arg, list) and [*map(id, arg)] != [*map(id, copy)]:
            raise Wrong(
                "Your function changes the list that it was given, so a second run gives something else. "
                "Work on a copy: begin with mine = list(given)."
            )
    if any(changed):
        raise Wrong(
            "Your function changes the weights of the network that it was given, so a second run gives "
            "something else. Work on a copy: import copy, then changed = copy.deepcopy(model)."
        )
    return result


def _restore(network: keras.Model, weights: list[np.ndarray]) -> bool:
    """Put the weights of a network back; say whether they had been changed."""
    now = network.get_weights()
    if all(map(np.array_equal, now, weights)):
        return False
    network.set_weights(weights)
    return True


def compare(
    answer: Any,
    reference: Callable,
    cases: Sequence[tuple],
    slips: Slips = (),
    *,
    what: str,
    tolerance: float = 1e-5,
    ask: Callable | None = None,
    read: Callable | None = None,
    nearly: tuple[float, str] | None = None,
    told: Sequence[tuple[str, str]] = (),
) -> None:
    """Judge a learner's function by what it gives in several cases.

    Parameters
    ----------
    answer : object
        The learner's function.
    reference : callable
        The right one.
    cases : sequence of tuples
        Arguments for one call each. Two or more, of different sizes, so that no constant is right.
    slips : sequence of (callable, str)
        Wrong functions that people really write, with what to tell them.
    what : str
        Names the result in a message, such as ``"The map"``.
    tolerance : float
        As a share of the largest value that is right in a case.
    ask : callable
        In place of `call`: (answer, *case) -> what it gives, or a `Wrong` that says more.
    read : callable
        In place of `array` and `number`: (what came, what is right, what) -> ndarray.
    nearly : (float, str)
        What to tell who is off by less than this share of the largest right value in each case.
    told : sequence of (str, str)
        What to say in place of a verdict that holds the first text, such as of what a library raises.

    Raises
    ------
    Wrong
        With the message of a slip, or with the first shape or number that is wrong.
    """
    expected = [np.asarray(reference(*case), float) for case in cases]
    results = []
    for case in cases:
        try:
            results.append((ask or call)(answer, *case))
        except Wrong as reason:
            for sign, message in told:
                if sign in str(reason):
                    raise Wrong(message) from None
            raise
    got = []
    for result, right in zip(results, expected, strict=True):
        if read is None:
            result = (array if right.ndim else number)(result, what)
        else:
            result = read(result, right, what)
        got.append(np.asarray(result))
    limits = [
        tolerance * max(np.abs(right).max(initial=0), 1e-12)
        for right in expected
    ]
    if all(map(close, got, expected, limits)):
        return
    recognize(got, cases, slips, tolerance)
    for one, right in zip(got, expected, strict=True):
        if one.shape != right.shape:
            raise Wrong(
                f"{what} should have shape {right.shape} here; this has {one.shape}."
            )
    if any(not np.isfinite(one).all() for one in got):
        raise Wrong(f"{what} has missing or infinite values.")
    if nearly and all(
        close(one, right, nearly[0] * np.abs(right).max(initial=0))
        for one, right in zip(got, expected, strict=True)
    ):
        raise Wrong(nearly[1])
    for one, right, limit in zip(got, expected, limits, strict=True):
        if not close(one, right, limit):
            place = np.unravel_index(np.abs(one - right).argmax(), right.shape)
            where = f" at {list(map(int, place))}" if right.ndim else ""
            raise Wrong(
                f"{what} is not right{where}: it should be {right[place]:.6g} there, and is {one[place]:.6g}."
                if right.ndim
                else f"{what} is not right: it should be {right:.6g}, and is {one:.6g}."
            )


def recognize(
    got: Sequence[Any],
    cases: Sequence[tuple],
    slips: Slips,
    tolerance: float = 1e-9,
) -> None:
    """Raise `Wrong` with the message of the slip that gives what the learner got, in each case.

    Parameters
    ----------
    got : sequence
        What the learner's function gave for each of `cases`.
    slips : sequence of (callable, str)
        Wrong functions that people really write, with what to tell them.
    tolerance : float
        As a share of the largest value that the slip gives.
    """
    for slip, message in slips:
        gives = [_slipped(slip, case) for case in cases]
        if all(
            close(
                one, wrong, tolerance * max(1e-6, np.abs(wrong).max(initial=0))
            )
            for one, wrong in zip(got, gives, strict=True)
        ):
            raise Wrong(message)


def _slipped(slip: Callable, case: tuple) -> Any:
    """What a slip gives, or nan where it cannot be made, as in a case of another shape."""
    try:
        with np.errstate(all="ignore"):
            return slip(*case)
    except (ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError):
        return np.nan


def number(value: Any, what: str) -> float:
    """A learner's result as one number; `Wrong` says what it is instead.

    Parameters
    ----------
    value : object
        A Python or NumPy number.
    what : str
        Names the result in the message, such as ``"The base value"``.
    """
    try:
        shape = tuple(np.shape(value))
    except ValueError:  # a list or tuple of parts of different lengths
        shape = (len(value),)
    if shape:
        raise Wrong(
            f"{what} is one number; this is a {type(value).__name__} of shape {shape}. If it "
            "holds the number, take it out with [0]."
        )
    if isinstance(value, str):
        raise Wrong(
            f"{what} is one number; this is a text. Return the number itself."
        )
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Wrong(
            f"{what} is one number; this is a {type(value).__name__}."
        ) from None


def array(value: Any, what: str) -> np.ndarray:
    """A learner's result as an array of numbers; `Wrong` says what it is instead.

    Parameters
    ----------
    value : object
        A NumPy array, or something that becomes one without a loss, such as a DataFrame or a tensor. Not a list: the
        lab goes on with it, and computes.
    what : str
        Names the result in the message, such as ``"The table"``.
    """
    if not hasattr(value, "__array__") or np.ndim(value) == 0:
        way_out = (
            "Return the array alone, with nothing after a comma."
            if isinstance(value, tuple)
            else "Is it the right thing? Then np.array(...) makes an array of it."
        )
        raise Wrong(
            f"{what} should be a NumPy array; this is a {type(value).__name__}. {way_out}"
        )
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{what} should hold numbers only.") from None


def close(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two results have one shape and differ nowhere by more than `tolerance`."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(invalid="ignore"):  # infinite minus infinite
        return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tolerance))

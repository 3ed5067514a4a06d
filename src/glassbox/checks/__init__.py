"""Checks for the exercises of the labs: one module a lab, and what they share.

A lab calls a check with the learner's answer and goes on with what the check returns::

    from glassbox.checks import lab10 as check

    base_value = check.base_value(base_value)

There are three verdicts: *right*, *wrong* with the reason, and *open*, when nothing was tried. Unless
the answer is right, the check returns a reference, so that the lab always runs to its end.

The author of a lab writes a judge: a function that takes the answer and returns, if it is right, or
raises `Wrong` with a reason that helps. It looks at what the answer does, never at how it is written::

    lab = Lab("10_shap")

    @lab.exercise("Exercise 1", reference=..., hints=("First ...", "Then ..."))
    def base_value(answer): ...
"""

from collections.abc import Callable
import html
from typing import Any

from IPython.display import display
import numpy as np

RIGHT, WRONG, OPEN = "right", "wrong", "open"
SYMBOLS = {RIGHT: "✔", WRONG: "✘", OPEN: "…"}
# Okabe and Ito's green, vermilion and blue: colour-blind readers can tell them apart, and the symbol
# and the word say the same.
COLORS = {RIGHT: "#009E73", WRONG: "#D55E00", OPEN: "#0072B2"}


class Wrong(Exception):
    """Raised by a judge. Its message tells the learner why the answer is wrong."""


class Open(Exception):
    """Raised by a judge, or by `call`, when the exercise was not attempted."""


class Message:
    """A box under a cell: HTML in a notebook, plain text in a terminal."""

    def __init__(self, title: str, text: str, color: str, record: dict | None = None) -> None:
        self.title, self.text, self.color, self.record = title, text, color, record

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text}" if self.text else self.title

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        lines = html.escape(self.text).replace("\n", "<br>")
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
        self, lab: "Lab", title: str, judge: Callable, reference: Any, hints: tuple[str, ...]
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
            A value or a function, as the exercise asks. `...`, None, or a function that returns one
            of them, is an open exercise.

        Returns
        -------
        object
            The answer if it is right, and the reference otherwise.
        """
        try:
            if answer is ... or answer is None:
                raise Open
            praise = self.judge(answer) or ""
            self.state, text = RIGHT, praise
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
        record = {"lab": self.lab.name, "exercise": self.name, "state": self.state}
        heading = f"{SYMBOLS[self.state]} {self.title}: {self.state}"
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
        text = f"Open solutions/{self.lab.name}.ipynb and look for “{self.title}”."
        display(Message(f"{self.title}: solution", text, COLORS[OPEN]))


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

    def exercise(self, title: str, *, reference: Any, hints: tuple[str, ...]) -> Callable:
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

        def register(judge: Callable) -> Exercise:
            self.exercises.append(Exercise(self, title, judge, reference, hints))
            return self.exercises[-1]

        return register

    def progress(self) -> None:
        """Show the verdict on every exercise so far."""
        done = sum(e.state == RIGHT for e in self.exercises)
        lines = [f"{SYMBOLS[e.state]} {e.title}: {e.state}" for e in self.exercises]
        record = {"lab": self.name, "states": {e.name: e.state for e in self.exercises}}
        title = f"{done} of {len(self.exercises)} exercises right"
        color = COLORS[RIGHT if done == len(self.exercises) else OPEN]
        display(Message(title, "\n".join(lines), color, record))


def call(answer: Any, *args: Any) -> Any:
    """Call a learner's function as a judge does: an exception becomes a verdict, not a traceback.

    Raises
    ------
    Open
        It returned None or `...`.
    Wrong
        It is not a function, or it raised.
    """
    if not callable(answer):
        raise Wrong(f"A function is asked for here; this is a {type(answer).__name__}.")
    try:
        result = answer(*args)
    except (
        Exception
    ) as error:  # whatever a learner's code can raise is a wrong answer with a reason
        raise Wrong(f"Your function raises {type(error).__name__}: {error}") from error
    if result is None or result is ...:
        raise Open
    return result


def number(value: Any, what: str) -> float:
    """A learner's result as one number; `Wrong` says what it is instead.

    Parameters
    ----------
    value : object
        A Python, NumPy or TensorFlow number; an array with one element will do.
    what : str
        Names the result in the message, such as ``"The base value"``.
    """
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{what} is one number; this is a {type(value).__name__}.") from None
    if array.size != 1:
        raise Wrong(f"{what} is one number; this has shape {array.shape}.")
    return float(array.ravel()[0])


def close(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two results have one shape and differ nowhere by more than `tolerance`."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tolerance))

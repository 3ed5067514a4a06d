"""Let nbval accept a rounding difference, and nothing else.

Another processor or another number of threads adds floating-point numbers in another order, so a
printed value may change in its last digit. Two text outputs (plain or HTML, stdout or stderr) agree
when

- their text between the numbers is equal, white space aside (a minus sign moves columns), and
- their integers are equal, and
- each pair of decimals differs by at most ``LAST_DIGIT`` units of the last printed digit (of the
  number that shows more digits), or by at most ``RELATIVE`` of the larger one. Minus zero is zero.

One unit is what a tiny change can do to a rounded number. ``RELATIVE`` serves numbers that print
more digits than single precision and a short training carry; it is a tenth of the 1 % that a reader
would call another result. An output that needs more than this shows digits that mean nothing: round
it there. Digits that belong to a name (``lab10``, ``float64``) are text.

Images are not compared: their bytes change with the version of a font or of zlib. A figure that
appears or vanishes, and a warning on stderr, is a difference.

The solutions are executed as another processor would: by one thread, and without the instructions that
TensorFlow chooses for this one. They hold all cells of the labs, which are executed as they are.
"""

import os
import re
from unittest import mock

import nbval.plugin
import pytest

LAST_DIGIT = 1
RELATIVE = 1e-3

NUMBER = re.compile(
    r"""(?<![\w.])                                   # not inside a name
    (?:(?<![)\]%])[-+\u2212](?=\.?\d))?              # a sign, but not the dash of 10-20
    (?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)             # 1,149,689 or 1149689
       (?:\.\d+|\.(?=[eE][-+]?\d))?                 # .5, but not the full stop of a sentence
      |\.\d+)
    (?:[eE][-+]?\d+(?!\w))?                          # e-07
    """,
    re.VERBOSE,
)


def difference(committed: str, computed: str) -> str | None:
    """Say where two outputs differ by more than rounding, or return None.

    Examples
    --------
    >>> difference("loss 0.123", "loss  0.124")
    >>> difference("loss 0.123", "loss 0.125")
    '0.123 became 0.125, after "loss"'
    """
    old, new = split(committed), split(computed)
    before = ""
    for index, (was, now) in enumerate(zip(old, new, strict=False)):
        if not (close(was, now) if index % 2 else was == now):
            after = f', after "{before[-40:].strip()}"' if before else ""
            return f"{was or 'nothing'} became {now or 'nothing'}{after}"
        before += f"{was} "
    if len(old) != len(new):
        rest = " ".join(
            (old if len(old) > len(new) else new)[min(len(old), len(new)) :]
        ).strip()
        return f'"{rest[:80]}" is {"missing" if len(old) > len(new) else "new"}'
    return None


def split(text: str) -> list[str]:
    """Split into text, number, text, number, ..., text, with white space collapsed."""
    parts, end = [], 0
    for match in NUMBER.finditer(text):
        parts += [" ".join(text[end : match.start()].split()), match.group()]
        end = match.end()
    return [*parts, " ".join(text[end:].split())]


def close(was: str, now: str) -> bool:
    """Whether two printed numbers are equal integers or close decimals."""
    a, b = value(was), value(now)
    if not (is_decimal(was) and is_decimal(now)):
        return a == b and is_decimal(was) == is_decimal(now)
    allowed = max(
        LAST_DIGIT * min(unit(was), unit(now)), RELATIVE * max(abs(a), abs(b))
    )
    return abs(a - b) <= allowed * (
        1 + 1e-6
    )  # because in binary 0.3 - 0.2 is more than 0.1


def is_decimal(number: str) -> bool:
    return bool(re.search(r"[.eE]", number))


def value(number: str) -> float:
    return float(number.replace(",", "").replace("\u2212", "-"))


def unit(number: str) -> float:
    """Return the worth of the last printed digit: 0.001 for 2.345, 1e-9 for 1.23e-07."""
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


class Output(str):
    """An output's text, equal to another that differs only by rounding."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and difference(self, other) is None

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


class Cell(nbval.plugin.IPyNbCell):
    """A notebook cell whose outputs are compared with the tolerance above."""

    def sanitize(self, s):
        text = super().sanitize(s)
        return Output(text) if isinstance(text, str) else text

    def compare_outputs(self, test, ref, skip_compare=None):
        skip = (*self.parent.skip_compare, "image/svg+xml")
        same = super().compare_outputs(test, ref, skip)
        if not same and len(self.comparison_traceback) == 1:
            # nbval names only the kind of output that is new or gone: say also what was printed.
            for when, outputs in (("committed", ref), ("computed now", test)):
                text = "".join(
                    out.text for out in outputs if out.output_type == "stream"
                )
                self.comparison_traceback.append(f"----- {when}\n{text}")
        return same

    def format_output_compare(self, key, left, right):
        found = (
            difference(left, right)
            if isinstance(left, str)
            else "the values differ"
        )
        self.comparison_traceback += [
            f"In the output {key}: {found}",
            f"----- committed\n{left}",
            f"----- computed now\n{right}",
        ]


ANOTHER_PROCESSOR = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    # The first cell of a notebook starts its kernel, which inherits this environment.
    other = isinstance(item, Cell) and item.path.parent.name == "solutions"
    with mock.patch.dict(os.environ, ANOTHER_PROCESSOR if other else {}):
        return (yield)


def pytest_itemcollected(item):
    # nbval has no hook for its comparison and makes its cells of one fixed class.
    if type(item) is nbval.plugin.IPyNbCell:
        item.__class__ = Cell

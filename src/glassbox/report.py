"""What an honest explanation of a regression model states: a form in which no line can stay empty."""

from dataclasses import dataclass, fields
import re
import textwrap

NOT_MEASURED = "not measured"
MEASURED = ("fidelity", "stability")
PLACEHOLDER = re.compile(
    r"(n/?a|nan|nil|none|null|tb[ad]|todo|xx+)\W*", re.IGNORECASE
)
DRAWN = re.compile(r"(`[^`]*`|\$[^$]*\$)")  # code and formulas
# What the form in book/trust/report.md has in brackets; "[0, 1]" and "[kWh/m²]" are no blanks.
BLANK = re.compile(r"\[(\s*|n|row|value|[A-Z][^\]]*\.)\](?!\()")
TIMES = re.compile(r"(?<=[\w)\]])\*(?=[\w(\[])")


@dataclass(frozen=True, kw_only=True)
class Report:
    """The lines that belong under a picture of an explanation.

    A notebook shows it as a list, in which Markdown and formulas are drawn: write a dollar as ``\\$``.
    ``print(report)`` gives plain text.

    Parameters
    ----------
    question : str
        What is asked: about which rows, and compared with what.
    model : str
        Which model, and how good it is on rows that were held out.
    background : str
        What is put in the place of features that are taken away, and the base value that it gives. The
        baseline, the fill, or the samples of other methods.
    unit : str
        What the numbers of the explanation are measured in.
    method : str
        The method and its settings, with the seed: what another person needs to get the same picture.
    fidelity : str
        How far the explanation is from the model: a number with its unit and the rows, or "not measured".
    stability : str
        How far it moves when it is made again, with another seed, background or network: a number, or "not
        measured".
    limits : str
        What the explanation does not say.

    Raises
    ------
    TypeError
        If a line is no text.
    ValueError
        If a line is empty or still has a blank of the form, such as "[value]", or if fidelity or stability has
        neither a number nor the words "not measured".
    """

    question: str
    model: str
    background: str
    unit: str
    method: str
    fidelity: str
    stability: str
    limits: str

    def __post_init__(self) -> None:
        for name, text in self._lines():
            if not isinstance(text, str):
                raise TypeError(
                    f"{name} must be a text, not {type(text).__name__}; put a number into a sentence: "
                    f'f"off by {{gap:.1f}} points"'
                )
            if not re.search(r"[^\W_]", text) or PLACEHOLDER.fullmatch(
                text.strip()
            ):
                raise ValueError(
                    f"{name} is empty; {ASKS[name]}? Who reads the picture without it has to guess"
                )
            blank = BLANK.search(DRAWN.sub("", text))
            if blank:
                raise ValueError(
                    f"{name} still has a blank: {blank[0]!r}; fill it in"
                )
            if (
                name in MEASURED
                and not re.search(r"\d", text)
                and NOT_MEASURED not in " ".join(text.lower().split())
            ):
                raise ValueError(
                    f"{name} has no number: {text!r}; measure it, or write {NOT_MEASURED!r}"
                )

    def _lines(self) -> list[tuple[str, str]]:
        return [
            (field.name, getattr(self, field.name)) for field in fields(self)
        ]

    def __str__(self) -> str:
        return "\n".join(
            textwrap.fill(
                " ".join(text.split()),
                width=72,
                initial_indent=f"{name.capitalize():<12}",
                subsequent_indent=" " * 12,
                break_long_words=False,  # an address has to stay whole
                break_on_hyphens=False,
            )
            for name, text in self._lines()
        )

    def _repr_markdown_(self) -> str:
        return "\n".join(
            f"- **{name.capitalize()}.** {_marked(' '.join(text.split()))}"
            for name, text in self._lines()
        )


def _marked(text: str) -> str:
    """The text for Markdown, where 4*age + 8*visits would lose its stars; not in code and formulas."""
    parts = DRAWN.split(text)
    parts[::2] = [TIMES.sub(r"\*", part) for part in parts[::2]]
    return "".join(parts)


ASKS = {
    "question": "which prediction is explained, and compared with what",
    "model": "which model is it, and how good is it on rows that it has not seen",
    "background": "what stands in for features that are taken away, and what is the base value",
    "unit": "what are the numbers measured in",
    "method": "which method, with which settings and which seed",
    "fidelity": "how far is the explanation from the model",
    "stability": "how far does it move when it is made again",
    "limits": "what does it not say",
}

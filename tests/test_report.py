"""The report: no line can stay empty, and what is shown is what was written."""

from pathlib import Path
import re

from glassbox.report import ASKS, Report
import pytest

LINES = {
    "question": "Why 253 for patient 0, and not 160?",
    "model": "Network, R² 0.36 on 111 patients.",
    "background": "100 training patients, base value 160 points.",
    "unit": "points of progression",
    "method": "Exact Shapley values, no seed.",
    "fidelity": "Exact.   0 points\n from the enumeration.",
    "stability": "Not measured.",
    "limits": "No causes.",
}


def test_it_is_shown_in_the_order_of_the_form():
    report = Report(**LINES)
    text = str(report)
    starts = [text.index(f"{name.capitalize()} ") for name in LINES]
    assert starts == sorted(starts)
    assert "Exact. 0 points from the enumeration." in text
    assert max(map(len, text.splitlines())) <= 72
    marked = report._repr_markdown_().splitlines()
    assert len(marked) == len(LINES)
    assert marked[3] == "- **Unit.** points of progression"


def test_long_lines_are_indented():
    text = str(Report(**{**LINES, "limits": "No causes at all. " * 20}))
    assert max(map(len, text.splitlines())) <= 72
    later = text.splitlines()[len(LINES) :]
    assert len(later) > 3 and all(
        line[:13].isspace() is False and line[:12].isspace() for line in later
    )


def test_an_address_stays_whole():
    address = "https://example.org/" + "a-b/" * 30
    text = str(Report(**{**LINES, "method": f"As in {address}"}))
    assert address in text


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize(
    "nothing", ["", "  \n", "...", "?", "____", "TODO", "n/a."]
)
def test_an_empty_line_is_refused_with_its_question(name, nothing):
    with pytest.raises(ValueError, match=f"{name} is empty; {ASKS[name]}"):
        Report(**{**LINES, name: nothing})


@pytest.mark.parametrize("name", LINES)
def test_a_missing_line_is_refused(name):
    with pytest.raises(TypeError, match=name):
        Report(**{key: text for key, text in LINES.items() if key != name})


def test_no_blank_of_the_form_is_left():
    page = Path(__file__).parents[1] / "book" / "trust" / "report.md"
    form = re.search(r"```markdown\n(.*?)```", page.read_text("utf-8"), re.S)[1]
    blanks = re.findall(r"\[[^]]*\]", form)
    assert len(blanks) > len(LINES)
    for blank in blanks:
        for name in LINES:
            with pytest.raises(ValueError, match=f"{name} still has a blank"):
                Report(**{**LINES, name: f"{LINES[name]} {blank} And so on."})


@pytest.mark.parametrize(
    "text",
    ["in [0, 1]", "X[i]", "`X[n]`", "$x[n]$", "[Here.](a.md)", "2 [kWh/m²]"],
)
def test_other_brackets_are_no_blanks(text):
    assert text in Report(**{**LINES, "limits": text}).limits


@pytest.mark.parametrize("value", [12.3, None, ...])
def test_a_number_alone_is_refused(value):
    with pytest.raises(TypeError, match="put a number into a sentence"):
        Report(**{**LINES, "fidelity": value})


@pytest.mark.parametrize("name", ["fidelity", "stability"])
def test_an_adjective_is_no_measure(name):
    with pytest.raises(ValueError, match="measure it, or write 'not measured'"):
        Report(**{**LINES, name: "very good"})
    Report(**{**LINES, name: "Not measured: no exact values."})
    Report(**{**LINES, name: "Other networks: not\n    measured."})
    Report(**{**LINES, name: "2 % of the spread"})


@pytest.mark.parametrize(
    "written, marked",
    [
        ("60 + 4*age + 8*visits", r"60 + 4\*age + 8\*visits"),
        ("2*(a + b)*c", r"2\*(a + b)\*c"),
        ("`4*age*2` and $4*a*2$", "`4*age*2` and $4*a*2$"),
        ("*this* row, **not** all.", "*this* row, **not** all."),
        ("- a dash,\n# a hash\n\n| a bar", "- a dash, # a hash | a bar"),
        ("heat_recovery, window_share", "heat_recovery, window_share"),
    ],
)
def test_markdown_keeps_the_list_and_the_stars(written, marked):
    lines = Report(**{**LINES, "model": written})._repr_markdown_().splitlines()
    assert len(lines) == len(LINES)
    assert lines[1] == f"- **Model.** {marked}"

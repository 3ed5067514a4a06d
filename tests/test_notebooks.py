"""The labs: derived from their sources, honest in their outputs, and the machinery behind it."""

import base64
from pathlib import Path
import re
import subprocess
import sys

from nbclient import NotebookClient
import nbformat
import nbval_tolerance
from nbval_tolerance import difference
import notebooks
import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "solutions").glob("*.py"))
COMMITTED = [
    ROOT / folder / f"{source.stem}.ipynb"
    for source in SOURCES
    for folder in notebooks.FOLDERS
]
NOTEBOOKS = pytest.mark.parametrize(
    "path", COMMITTED, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
MINE = re.compile(r"\.mine(-\d+)?\.ipynb$")

FIGURE_LIMIT = 120_000  # bytes; aim at 20 to 40 kB, see CONTRIBUTING.md
NOTEBOOK_LIMIT = 1_000_000  # bytes

# What differs from one run or computer to the next.
CHANGING = {
    "an absolute path": r"(?<![\w.:/<~])/\w+/[\w.]|\b[A-Z]:\\",
    "a memory address": r"\b0x[0-9a-fA-F]{6,}",
    "a time": r"\d ?(ms|µs|ns)\b|\d (s|sec|seconds?|minutes?)\b|\b\d+:\d\d:\d\d\b",
}
# Tags and comments with which nbval or nbclient would let a cell pass untested.
HIDING = re.compile(
    r"nbval|raises-exception|skip-execution|PYTEST_VALIDATE", re.IGNORECASE
)


def texts(cell: nbformat.NotebookNode) -> list[str]:
    """Return the text outputs of a cell, plain and HTML."""
    found = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        found += [
            output.get("text", ""),
            *(v for k, v in data.items() if k.startswith("text/")),
        ]
    return found


def run_nbval(*paths: Path) -> subprocess.CompletedProcess:
    """Run nbval as `make test` does, in a process of its own."""
    assert paths, (
        "without a path pytest would run all tests, and this one in them, for ever"
    )
    options = [
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(paths[0].parents[1]),
    ]
    options += ["-p", "no:cacheprovider", "-rA", "--color=no"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


# The committed notebooks


def test_there_is_a_lab():
    assert SOURCES, "no solutions/*.py: the tests below would pass on nothing"


@NOTEBOOKS
def test_notebook_is_what_its_source_gives(path):
    derived = notebooks.derive(
        ROOT / "solutions" / f"{path.stem}.py", path.parent.name
    )
    assert path.exists(), "not there: run `make notebooks`"
    current = notebooks.is_current(notebooks.read(path), derived)
    assert current, (
        f"{path.name} is not what its source, the package and the models give: "
        "run `make notebooks` and commit what it wrote"
    )


def test_each_notebook_has_a_source():
    there = [
        path
        for folder in notebooks.FOLDERS
        for path in (ROOT / folder).glob("*.ipynb")
    ]
    assert [
        path
        for path in there
        if path not in COMMITTED and not MINE.search(path.name)
    ] == []


@NOTEBOOKS
def test_outputs_are_complete_and_the_same_everywhere(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        assert cell.execution_count or not cell.source.strip(), (
            f"never executed: {cell.source}"
        )
        assert not HIDING.search(
            f"{cell.metadata.get('tags')} {cell.source}"
        ), cell.source
        for text in texts(cell):
            for what, pattern in CHANGING.items():
                match = re.search(pattern, text)
                assert not match, (
                    f"{what}, {match[0]!r}, in the output of\n{cell.source}"
                )


@NOTEBOOKS
def test_verdicts_are_open_in_the_lab_and_right_in_the_solution(path):
    verdict = notebooks.VERDICTS[path.parent.name]
    states = [
        record["state"]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "state" in (record := output.get("metadata", {}).get("glassbox", {}))
    ]
    assert states and set(states) == {verdict}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_lab_runs_to_its_end_when_every_answer_raises(source, tmp_path):
    """Half-written answers must not stop what comes after them."""
    text, exercises = re.subn(
        r"^( *)# STUB\n(?:.*\n)*?\1# END$",
        r"\1# STUB\n\1# raise RuntimeError('not finished')\n\1# END",
        source.read_text(encoding="utf-8"),
        flags=re.M,
    )
    broken = tmp_path / source.name
    broken.write_text(text, encoding="utf-8")
    notebook = notebooks.derive(broken, "labs")
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=notebooks.CELL_TIMEOUT,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    states = [
        record["state"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "state" in (record := output.get("metadata", {}).get("glassbox", {}))
    ]
    assert states == ["wrong"] * exercises and exercises >= 3


@NOTEBOOKS
def test_figures_are_described_and_small(path):
    assert path.stat().st_size < NOTEBOOK_LIMIT
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            for kind in notebooks.FIGURES & output.get("data", {}).keys():
                assert cell.metadata.mystnb.image.alt.strip(), (
                    f"no alt text: {cell.source}"
                )
                image = output.data[kind]
                size = len(
                    image
                    if kind == "image/svg+xml"
                    else base64.b64decode(image)
                )
                assert size <= FIGURE_LIMIT, (
                    f"{size} bytes, drawn by\n{cell.source}"
                )


def test_solutions_are_executed_as_by_another_processor(tmp_path, monkeypatch):
    """What the kernel of a solution finds, and that of a lab does not."""
    names = list(nbval_tolerance.ANOTHER_PROCESSOR)
    for name in names:
        monkeypatch.delenv(name, raising=False)
    code = f"import os\nprint([os.environ.get(name) for name in {names}])"
    for folder, values in (
        ("solutions", list(nbval_tolerance.ANOTHER_PROCESSOR.values())),
        ("labs", [None] * len(names)),
    ):
        cell = nbformat.v4.new_code_cell(code, execution_count=1)
        cell.outputs = [nbformat.v4.new_output("stream", text=f"{values}\n")]
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "01_environment.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        result = run_nbval(path)
        assert result.returncode == 0, result.stdout


# The marks in a source


EXERCISE = """\
# %% [markdown]
# # A lab

# %%
def double(x):
    # SOLUTION
    return 2 * x
    # STUB
    # if x:
    #     # think of the sign
    #
    #     return ...
    # END


# %% [markdown] tags=["solution", "hide-input"]
# Only in the solution.

# %% tags=["hide-input"]
# ALT A line that rises
# ALT from left to right.
import matplotlib.pyplot as plt

plt.plot([1, 6])
plt.show()
print("almost", flush=True)
print("done", flush=True)
"""
SOLVED = "def double(x):\n    return 2 * x"
OPEN = "def double(x):\n    if x:\n        # think of the sign\n\n        return ..."


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Return a function that writes the text of a lab's source, in a project of its own."""
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    for folder in notebooks.FOLDERS:
        (tmp_path / folder).mkdir()

    def write(text: str) -> Path:
        path = tmp_path / "solutions" / "01_sample.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_marks_give_two_notebooks(lab):
    source = lab(EXERCISE)
    solution, student = (
        notebooks.derive(source, folder).cells
        for folder in ("solutions", "labs")
    )
    assert [cell.cell_type for cell in solution] == [
        "markdown",
        "code",
        "markdown",
        "code",
    ]
    assert [cell.cell_type for cell in student] == ["markdown", "code", "code"]
    assert solution[1].source == SOLVED
    assert student[1].source == OPEN
    assert solution[2].metadata == {"tags": ["hide-input"]}
    assert solution[3].source == student[2].source
    assert student[2].source.startswith("import matplotlib")
    assert student[2].metadata == {
        "tags": ["hide-input"],
        "mystnb": {"image": {"alt": "A line that rises from left to right."}},
    }
    assert [cell.id for cell in student] == ["cell-001", "cell-002", "cell-003"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (
            "x = 1\n# STUB\n# x\n# END\n",
            3,
            "# STUB without a # SOLUTION above it",
        ),
        ("# SOLUTION\nx = 1\n# END\n", 4, "# END without a # STUB above it"),
        ("# SOLUTION\n# SOLUTION\n", 3, "# SOLUTION without a # END above it"),
        ("# SOLUTION\nx = 1\n", 2, "# SOLUTION has no # STUB"),
        (
            "# SOLUTION\nx = 1\n# STUB\n# x\n\n# %%\n# END\n",
            4,
            "# STUB has no # END",
        ),
        (
            "# SOLUTION\nx = 1\n# STUB\n\nx = ...\n# END\n",
            6,
            "a STUB line does not begin",
        ),
        (
            "# SOLUTION\nx = 1\n# STUB\n#x = ...\n# END\n",
            5,
            "a STUB line does not begin",
        ),
        (
            "# SOLUTION\nx = 1\n  # STUB\n  # x\n# END\n",
            4,
            "# STUB is not indented like",
        ),
        ("x = 1\n# Solution\n", 3, 'is it "# SOLUTION"?'),
        ("# SOLUTION\nx = 1\n# STUBS\n", 4, 'is it "# STUB"?'),
        ("# BEGIN SOLUTION\n", 2, 'is it "# SOLUTION"?'),
        ("#END:\n", 2, 'is it "# END"?'),
        ("# ALT\n", 2, 'is it "# ALT <text>"?'),
        ("# Alt: a line\n", 2, 'is it "# ALT <text>"?'),
        ("# %% [markdwn]\n# Text.\n", 2, 'is it "[markdown]"?'),
        (
            "# %% [markdown]\n# Text,\nand more.\n",
            4,
            'a line of a text cell does not begin with "# "',
        ),
        (
            "# %% [markdown]\n# ALT a line\n",
            3,
            '"# ALT a line" is outside of a code cell',
        ),
        (
            "# %% [markdown]\n# SOLUTION\n",
            3,
            '"# SOLUTION" is outside of a code cell',
        ),
    ],
)
@pytest.mark.parametrize("folder", notebooks.FOLDERS)
def test_wrong_mark_is_an_error_that_names_the_line(
    lab, text, line, reason, folder
):
    source = lab(f"# %%\n{text}")
    with pytest.raises(notebooks.LabError) as error:
        notebooks.derive(source, folder)
    assert str(error.value).startswith(f"{source}:{line}: ")
    assert reason in str(error.value)


def test_ordinary_comments_are_no_marks(lab):
    text = "# %%\n# SHAP\n# The solution is unique.\n# At the end, compare.\n# ALT SHAP\nx = 1\n"
    assert (
        "# SHAP\n# The solution"
        in notebooks.derive(lab(text), "labs").cells[0].source
    )


# Executing and writing


def test_twice_gives_the_same_bytes_and_only_changes_are_executed(lab):
    source = lab(EXERCISE)
    path = source.parents[1] / "labs" / "01_sample.ipynb"
    package = source.parents[1] / "src" / "glassbox" / "checks"
    package.mkdir(parents=True)
    assert notebooks.make(source, "labs")
    first = path.read_bytes()
    assert not notebooks.make(source, "labs")
    assert notebooks.make(source, "labs", force=True)
    assert path.read_bytes() == first
    assert b"\r" not in first
    outputs = nbformat.read(path, as_version=4).cells[-1].outputs
    assert [output.get("text") for output in outputs] == [
        None,
        "almost\ndone\n",
    ]

    (package / "lab02.py").write_text("")
    assert not notebooks.make(source, "labs"), "the checks of another lab"
    (package / "lab01.py").write_text("")
    assert notebooks.make(source, "labs"), "its own checks"
    (package.parent / "diabetes.keras").write_bytes(b"weights")
    assert notebooks.make(source, "labs"), "a model"
    lab(EXERCISE.replace("A lab", "The lab"))
    assert notebooks.make(source, "labs"), "its source"
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_pieces_of_a_stream_are_merged():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    pieces = [
        stream("stdout", "a"),
        stream("stdout", "b"),
        stream("stderr", "c"),
    ]
    figure = nbformat.v4.new_output("display_data", data={"image/png": ""})
    merged = notebooks.merge_streams([*pieces, figure, stream("stdout", "d")])
    assert [output.get("text") for output in merged] == ["ab", "c", None, "d"]


def test_edited_work_is_never_overwritten(lab, capsys):
    source = lab("# %%\nx = 1\n")
    path = source.parents[1] / "labs" / "01_sample.ipynb"
    for number, name in enumerate(
        ["01_sample.mine.ipynb", "01_sample.mine-2.ipynb"]
    ):
        notebooks.make(source, "labs")
        mine = nbformat.read(path, as_version=4)
        mine.cells[0].source = f"my_answer = {number}"
        nbformat.write(mine, path)
        work = path.read_bytes()
        capsys.readouterr()
        assert notebooks.make(source, "labs"), (
            "an edited notebook is not current"
        )
        assert path.with_name(name).read_bytes() == work
        assert name in capsys.readouterr().out
        assert nbformat.read(path, as_version=4).cells[0].source == "x = 1"
    assert (
        '"my_answer = 0"' in path.with_name("01_sample.mine.ipynb").read_text()
    )

    # One without our digest, perhaps saved by another program, and one that cannot be read.
    del mine.metadata["glassbox"]
    nbformat.write(mine, path)
    notebooks.make(source, "labs")
    path.write_text("{")
    notebooks.make(source, "labs")
    assert path.with_name("01_sample.mine-4.ipynb").read_text() == "{"

    # One that was only executed again, by hand, is no work.
    mine = nbformat.read(path, as_version=4)
    mine.cells[0].execution_count = 7
    nbformat.write(mine, path)
    lab("# %%\nx = 2\n")
    notebooks.make(source, "labs")
    assert not path.with_name("01_sample.mine-5.ipynb").exists()


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (
            "# the second cell\n1 / 0",
            "cell 3 (begins with '# the second cell') failed",
        ),
        (
            "# SOLUTION\n# x\n# STUB\n# x = 1 / 0\n# END\nx",
            "ZeroDivisionError: division by zero",
        ),
        ("import matplotlib.pyplot as plt\nplt.plot([1])", "draws a figure"),
        (
            "# ALT a line\nimport matplotlib.pyplot as plt\n"
            "plt.plot([1])\nplt.show()\nplt.plot([1])",
            "draws 2 figures",
        ),
        ("# ALT a line\n1 + 1", "has an # ALT line and draws no figure"),
        ("1\n\n# %% [markdown]\n# **Why.** So.", 'tags=["solution"]'),
        (
            '1\n\n# %% [markdown] tags=["solutions"]\n# Why. So.',
            "the unknown tag 'solutions'",
        ),
        (
            "from glassbox.checks import lab10 as check\n"
            "check.importance(lambda phi: phi)",
            "importance is wrong and must be",
        ),
        ("print('10 %\\r20 %')", "shows a progress bar"),
        (
            "from IPython.display import display\n"
            "display({'application/vnd.jupyter.widget-view+json': {}}, raw=True)",
            "shows a progress bar",
        ),
    ],
)
def test_a_bad_cell_fails_and_the_old_notebook_stays(
    lab, monkeypatch, capsys, cell, reason
):
    title = "# %% [markdown]\n# # Lab 1\n\n# %%\nx = 1\n"
    source = lab(title)
    path = source.parents[1] / "labs" / "01_sample.ipynb"
    monkeypatch.setattr(sys, "argv", ["notebooks.py", "01_sample"])
    assert notebooks.main() == 0
    before = path.read_bytes()
    lab(f"{title}\n# %%\n{cell}\n")
    assert notebooks.main() == 1
    assert reason in capsys.readouterr().err
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_unknown_lab_is_an_error(lab, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["notebooks.py", "02_other"])
    assert notebooks.main() == 1
    assert "02_other.py" in capsys.readouterr().err


# Comparing


@pytest.mark.parametrize(
    ("committed", "computed"),
    [
        ("RMSE 53.1, R² 0.48", "RMSE  53.2,\n R² 0.47"),
        ("151.23", "151.37"),
        ("1,149,689.5", "1,149,700.1"),
        ("1.20e-07", "1.21e-07"),
        ("1e-07", "2e-07"),
        ("[ 0.00 1.50]", "[-0.00 1.50]"),
        ("-0 of 3", "0 of 3"),
        ("−2.51 and −0.00", "−2.52 and 0.00"),
        ("0.500", "0.4999999"),
        ("<td>0.123</td>\n  <td>x</td>", "<td>0.124</td> <td>x</td>"),
        ("10-20 and (0.31)-(0.20)", "10-20 and (0.32)-(0.21)"),
        ("nan", "nan"),
    ],
)
def test_rounding_is_no_difference(committed, computed):
    assert difference(committed, computed) is None
    assert difference(computed, committed) is None


@pytest.mark.parametrize(
    ("committed", "computed"),
    [
        ("RMSE 53.1", "RMSE 53.3"),
        ("151.23", "151.39"),
        ("151.2", "152.7"),
        ("1.20e-07", "1.22e-07"),
        ("1.2e-07", "1.2e-06"),
        ("442 rows", "443 rows"),
        ("1,149,689", "1,149,690"),
        ("It is 10. Now", "It is 11. Now"),
        ("0.1", "0.15"),
        ("0.5", "-0.5"),
        ("−0.5", "0.5"),
        ("3", "3.0"),
        ("0.0", "nan"),
        ("0.5 m", "0.5 km"),
        ("age falls", "age rises"),
        ("float64", "float32"),
        ("0.5 0.2", "0.5"),
        ("0.5", "0.5 more"),
        ("", "new"),
        ("<td>0.123</td>", "<th>0.123</th>"),
    ],
)
def test_a_change_is_a_difference(committed, computed):
    assert difference(committed, computed)
    assert difference(computed, committed)


def test_the_difference_says_what_and_where():
    assert (
        difference("a 0.10 b 0.20", "a 0.10 b 0.30")
        == '0.20 became 0.30, after "a 0.10 b"'
    )
    assert difference("a 0.1", "a") == '"0.1" is missing'


MODEL = """\
# %%
weight = 1.0

# %%
import sys
import pandas as pd

print("the mean prediction is", round(151.2 * weight, 1))
pd.DataFrame({"effect": [0.25 * weight]})

# %%
# ALT A point.
import matplotlib.pyplot as plt

plt.plot([1], "o")
plt.show()
"""


def test_a_real_change_fails(lab, tmp_path):
    source = lab(MODEL)
    notebooks.make(source, "labs")
    text = (tmp_path / "labs" / "01_sample.ipynb").read_text(encoding="utf-8")
    changes = {
        "same": ("", ""),
        "rounding": ("151.2\\n", "151.3\\n"),
        "word": ("prediction is 151.2", "prediction was 151.2"),
        "number": ("151.2\\n", "152.7\\n"),
        "table": ("<td>0.25</td>", "<td>0.27</td>"),
        "model": ("weight = 1.0", "weight = 1.01"),
        "warning": (
            "import sys",
            "import sys; print('careful', file=sys.stderr)",
        ),
        "figure": (
            'plt.plot([1], \\"o\\")',
            "plt.plot([1]); plt.figure(); plt.plot([1])",
        ),
        "error": ("import sys", "import nonsense"),
    }
    paths = []
    for name, (old, new) in changes.items():
        assert old in text
        paths.append(tmp_path / "labs" / f"{name}.ipynb")
        paths[-1].write_text(
            text.replace(old, new) if old else text, encoding="utf-8"
        )
    output = run_nbval(*paths).stdout
    failed = set(re.findall(r"^FAILED .*/(\w+)\.ipynb", output, re.MULTILINE))
    passed = set(re.findall(r"^PASSED .*/(\w+)\.ipynb", output, re.MULTILINE))
    assert failed == changes.keys() - {"same", "rounding"}, output
    assert passed == changes.keys(), output  # each has cells that are right
    assert '152.7 became 151.2, after "the mean prediction is"' in output
    assert "careful" in output

"""Derive and execute the notebooks of each lab from its one source, ``solutions/NN_name.py``.

``python tools/notebooks.py [--force] [NN_name ...]`` (``make notebooks``) writes
``solutions/NN_name.ipynb`` with the solutions and ``labs/NN_name.ipynb`` with the exercises open,
and executes those whose source, package or models changed. The marks that a source may use are
described in CONTRIBUTING.md.
"""

import argparse
import difflib
import hashlib
from pathlib import Path
import re
import sys

import jupytext
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
import nbformat

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("solutions", "labs")
CELL_TIMEOUT = 120  # seconds
TAGS = {"solution", "hide-input", "hide-output", "hide-cell"}
# What the verdict of each check must be: see check_outputs.
VERDICTS = {"labs": "open", "solutions": "right"}
FIGURES = {"image/png", "image/jpeg", "image/svg+xml"}
WIDGET = "application/vnd.jupyter.widget-view+json"


class LabError(Exception):
    """What is wrong with a lab, in words for its author."""


def derive(source: Path, folder: str) -> nbformat.NotebookNode:
    """Return the notebook of ``source`` for "labs" or "solutions", not executed.

    Raises
    ------
    LabError
        If a mark is unknown, misplaced or not closed; it names the file and the line.
    """
    text = apply_marks(source.read_text(encoding="utf-8"), source, folder)
    notebook = jupytext.reads(text, fmt="py:percent")
    cells = []
    for cell in notebook.cells:
        cell.metadata.pop(
            "lines_to_next_cell", None
        )  # jupytext's note to itself
        tags = cell.metadata.pop("tags", [])
        first = (cell.source.splitlines() or [""])[0]
        if unknown := set(tags) - TAGS:
            raise LabError(
                f"{source}: the cell {first!r} has the unknown tag {unknown.pop()!r}; is it "
                '"solution"?'
            )
        if first.startswith("**Why.**") and "solution" not in tags:
            raise LabError(
                f'{source}: the cell {first!r} explains a solution; give it tags=["solution"], or '
                "students read it in the lab"
            )
        if "solution" in tags and folder == "labs":
            continue
        if tags := [tag for tag in tags if tag != "solution"]:
            cell.metadata["tags"] = tags
        if cell.cell_type == "code":
            move_alt(cell)
        # An id by position, because jupytext draws new random ones on each run.
        cell.id = f"cell-{len(cells) + 1:03d}"
        cells.append(cell)
    if folder == "solutions" and cells:
        title_as_solution(cells[0], source)
    metadata = {
        "glassbox": {
            "source": f"solutions/{source.name}",
            "inputs": digest_of_inputs(source),
            "cells": digest_of_cells(cells),
        },
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        # No version: it would change with each patch release of Python.
        "language_info": {
            "file_extension": ".py",
            "name": "python",
            "pygments_lexer": "ipython3",
        },
    }
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def title_as_solution(cell: nbformat.NotebookNode, source: Path) -> None:
    """Tell the solution from the lab: in its title, in search results, and for who lands on it."""
    heading, _, rest = cell.source.partition("\n")
    if cell.cell_type != "markdown" or not heading.startswith("# "):
        raise LabError(
            f"{source}: the first cell must begin with the lab's title, # Lab ..."
        )
    lab = f"../labs/{source.stem}.ipynb"
    note = f"This is the lab with its exercises solved. Try [the lab]({lab}) first."
    cell.source = f"# Solution of {heading[2:]}\n\n{note}\n{rest}"


def apply_marks(text: str, source: Path, folder: str) -> str:
    """Keep the SOLUTION or the STUB lines of each exercise.

    Works on the file's text, not on the cells, so that an error can name the line.
    """
    follows = {"SOLUTION": "END", "STUB": "SOLUTION", "END": "STUB"}
    kept, block, indent, opened, in_code = [], "END", "", 0, True

    def fail(number: int, reason: str) -> None:
        raise LabError(f"{source}:{number}: {reason}")

    # A last cell mark that is not kept, so that an exercise at the end must be closed too.
    for number, line in enumerate([*text.splitlines(), "# %%"], start=1):
        if line.startswith("# %%"):
            if block != "END":
                fail(
                    opened,
                    f"# {block} has no # {'STUB' if block == 'SOLUTION' else 'END'}",
                )
            kind = re.search(r"\[(\w+)\]", line)
            if kind and kind[1] not in {"markdown", "md", "raw"}:
                fail(
                    number,
                    f'unknown kind of cell "{kind[0]}"; is it "[markdown]"?',
                )
            in_code = not kind
        mark = re.fullmatch(r"(\s*)# (SOLUTION|STUB|END)\s*", line)
        alt = re.match(r"\s*# ALT\b", line)
        if not in_code and line.strip() and not line.startswith("#"):
            fail(number, 'a line of a text cell does not begin with "# "')
        if (mark or alt) and not in_code:
            fail(number, f'"{line.strip()}" is outside of a code cell')
        elif mark:
            if block != follows[mark[2]]:
                fail(
                    number,
                    f"# {mark[2]} without a # {follows[mark[2]]} above it",
                )
            if block != "END" and mark[1] != indent:
                fail(
                    number,
                    f"# {mark[2]} is not indented like # {block} (line {opened})",
                )
            indent, block, opened = mark[1], mark[2], number
        elif block == "STUB":
            if line.strip() and not re.match(rf"{indent}#( |$)", line):
                fail(
                    number,
                    'a STUB line does not begin with "# ", indented like its mark, or # END is '
                    f'missing above it: "{line.strip()}"',
                )
            if folder == "labs":
                kept.append(re.sub(rf"^{indent}# ?", indent, line).rstrip())
        elif in_code and (wanted := misspelt_mark(line)):
            fail(number, f'unknown mark "{line.strip()}"; is it "{wanted}"?')
        elif block == "END" or folder == "solutions":
            kept.append(line)
    return "\n".join(kept[:-1]) + "\n"


def misspelt_mark(line: str) -> str | None:
    """Return the mark that a comment line seems to mean.

    A slip such as ``# Solution`` or ``# END SOLUTION`` would hand the answer to the student.
    """
    comment = re.fullmatch(
        r"\s*#+\s*(?!ALT \w)([A-Za-z_]+(?: [A-Z_]+)*)\W*", line
    )
    for word in re.split(r"[ _]", comment[1].upper()) if comment else ():
        if near := difflib.get_close_matches(
            word, ("SOLUTION", "STUB", "END"), cutoff=0.8
        ):
            return f"# {near[0]}"
        if word == "ALT":
            return "# ALT <text>"
    if re.match(r"\s*#+\s*alt\b", line, re.I) and not re.match(
        r"\s*# ALT \S", line
    ):
        return "# ALT <text>"
    return None


def move_alt(cell: nbformat.NotebookNode) -> None:
    """Move a cell's ``# ALT`` lines into the metadata from which the book takes the alt text."""
    lines = cell.source.splitlines()
    alt = [
        line.strip()[6:].strip()
        for line in lines
        if re.match(r"\s*# ALT\b", line)
    ]
    if alt:
        cell.source = "\n".join(
            x for x in lines if not re.match(r"\s*# ALT\b", x)
        ).strip("\n")
        cell.metadata["mystnb"] = {"image": {"alt": " ".join(alt).strip()}}


def digest(parts: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def digest_of_inputs(source: Path) -> str:
    """Return a digest of all that a lab's outputs depend on: when it changes, the lab is run again.

    The checks of *other* labs are left out, so that work on one lab does not run all the others.
    """
    package = ROOT / "src" / "glassbox"
    files = [
        path
        for path in sorted(package.rglob("*"))
        if path.suffix in {".py", ".keras", ".json"}
        and (
            not re.fullmatch(r"lab\d+", path.stem)
            or path.stem[3:] == source.stem.split("_")[0]
        )
    ]
    parts = []
    for path in [source, Path(__file__), *files]:
        # Git may check text out with Windows line ends.
        parts += [path.name.encode(), path.read_bytes().replace(b"\r\n", b"\n")]
    return digest(parts)


def digest_of_cells(cells: list[nbformat.NotebookNode]) -> str:
    return digest(
        [
            part.encode()
            for cell in cells
            for part in (cell.cell_type, cell.source)
        ]
    )


def read(path: Path) -> nbformat.NotebookNode | None:
    """Return the notebook at ``path``, or None if none can be read there."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


def is_current(
    notebook: nbformat.NotebookNode | None, derived: nbformat.NotebookNode
) -> bool:
    """Whether ``notebook`` is ``derived`` with outputs."""

    def essence(nb: nbformat.NotebookNode) -> list:
        return [
            nb.metadata,
            *((c.id, c.cell_type, c.source, c.metadata) for c in nb.cells),
        ]

    return notebook is not None and essence(notebook) == essence(derived)


def execute(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Execute ``notebook`` in place, in the folder of ``path``, as a student would.

    Raises
    ------
    LabError
        If a cell raises or takes too long, draws a figure without alt text, or shows progress.
    """
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_TIMEOUT,
        record_timing=False,
        store_widget_state=False,
        extra_arguments=[
            "--log-level=ERROR"
        ],  # else it warns that it talks over TCP
        resources={"metadata": {"path": str(path.parent)}},
    )
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            first = (cell.source.splitlines() or [""])[0]
            where = f"{path}, cell {index + 1} (begins with {first!r})"
            try:
                client.execute_cell(cell, index)
            except (CellControlSignal, DeadKernelError) as error:
                plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
                raise LabError(f"{where} failed:\n{plain}") from None
            if cell.cell_type == "code":
                cell.outputs = merge_streams(cell.outputs)
                check_outputs(cell, where, VERDICTS[path.parent.name])


def merge_streams(
    outputs: list[nbformat.NotebookNode],
) -> list[nbformat.NotebookNode]:
    """Join consecutive pieces of one stream: where the kernel cuts them is a matter of timing."""
    merged: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            merged.append(output)
    return merged


def check_outputs(
    cell: nbformat.NotebookNode, where: str, verdict: str
) -> None:
    """Raise `LabError` for a figure without its text, a progress bar, or a wrong verdict."""
    data = [output.get("data", {}) for output in cell.outputs]
    text = "".join(output.get("text", "") for output in cell.outputs)
    if any(WIDGET in bundle for bundle in data) or re.search(r"\r(?!\n)", text):
        raise LabError(
            f"{where} shows a progress bar; switch it off (verbose=0, silent=True)"
        )
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    drawn = sum(bool(FIGURES & bundle.keys()) for bundle in data)
    if drawn and not alt:
        raise LabError(
            f"{where} draws a figure; say what it shows in a line '# ALT ...'"
        )
    if drawn > 1:
        raise LabError(
            f"{where} draws {drawn} figures, and # ALT describes one; split the cell"
        )
    if alt and not drawn:
        raise LabError(f"{where} has an # ALT line and draws no figure")
    for output in cell.outputs:
        record = output.get("metadata", {}).get("glassbox", {})
        if record.get("state", verdict) != verdict:
            raise LabError(
                f"{where}: {record['exercise']} is {record['state']} and must be {verdict}. Change "
                f"the lines below # {'STUB' if verdict == 'open' else 'SOLUTION'}, or the judge:\n"
                + output["data"]["text/plain"]
            )


def keep_edited(path: Path) -> Path | None:
    """Set a notebook that somebody edited aside as ``NN_name.mine.ipynb``; return its new path."""
    notebook = read(path)
    stored = (
        notebook.metadata.get("glassbox", {}).get("cells") if notebook else None
    )
    if not path.exists() or (
        stored and stored == digest_of_cells(notebook.cells)
    ):
        return None
    number, mine = 1, path.with_suffix(".mine.ipynb")
    while mine.exists():
        number += 1
        mine = path.with_suffix(f".mine-{number}.ipynb")
    path.rename(mine)
    return mine


def make(source: Path, folder: str, force: bool = False) -> bool:
    """Write ``source``'s notebook in ``folder`` if it is not current; return whether it did."""
    path = source.parents[1] / folder / f"{source.stem}.ipynb"
    notebook = derive(source, folder)
    if not force and is_current(read(path), notebook):
        return False
    execute(notebook, path)
    new = path.with_suffix(".ipynb.new")
    new.write_text(
        nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n"
    )
    if mine := keep_edited(path):
        print(
            f"{path} was edited by hand; your copy is now {mine.name}, which git leaves alone. To "
            "change the lab itself, edit its source in solutions/."
        )
    new.replace(
        path
    )  # in one step, so that a half-written notebook never stands there
    return True


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Derive and execute the labs' notebooks."
    )
    parser.add_argument(
        "labs", nargs="*", metavar="NN_name", help="only these labs"
    )
    parser.add_argument(
        "--force", action="store_true", help="execute also what is current"
    )
    options = parser.parse_args()
    sources = [
        ROOT / "solutions" / f"{Path(lab).stem}.py" for lab in options.labs
    ]
    failed = False
    for source in sources or sorted((ROOT / "solutions").glob("*.py")):
        for folder in FOLDERS:
            name = f"{folder}/{source.stem}.ipynb"
            try:
                print(
                    name,
                    "written"
                    if make(source, folder, options.force)
                    else "is current",
                )
            except (LabError, FileNotFoundError) as error:
                print(f"{name} NOT written: {error}", file=sys.stderr)
                failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

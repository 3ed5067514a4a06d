"""The Python of each chapter runs, and prints what the chapter says.

A file of its own, so that another process runs it while test_chapters.py computes.
"""

import re
import subprocess
import sys

from nbval_tolerance import difference
from PIL import Image
import pytest
from test_chapters import CHAPTERS

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@pytest.mark.parametrize(
    "chapter",
    [p for p in CHAPTERS if "```python" in p.read_text(encoding="utf-8")],
    ids=lambda p: p.stem,
)
def test_recipes_run_and_print_what_the_chapter_says(chapter, tmp_path):
    """All Python of a chapter, in order, in one fresh process; a ```text block is the output before it."""
    blocks = FENCE.findall(chapter.read_text(encoding="utf-8"))
    mark, program, expected = (
        "=== block ===",
        ["import matplotlib; matplotlib.use('Agg')"],
        [],
    )
    for position, (language, text) in enumerate(blocks):
        if language != "python":
            continue
        following = (
            blocks[position + 1] if position + 1 < len(blocks) else ("", "")
        )
        program += [text, f"print({mark!r})"]
        expected.append(following[1] if following[0] == "text" else None)
    file = tmp_path / "recipes.py"
    file.write_text("\n".join(program), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    printed = run.stdout.split(mark + "\n")
    for text, output in zip(expected, printed, strict=False):
        if text is not None:
            assert difference(text, output) is None, difference(text, output)
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as image:
            low, high = image.convert("L").getextrema()
        assert low < high, f"{path.name} is blank"

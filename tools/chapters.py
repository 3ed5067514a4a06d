"""Compute the numbers, tables and figures of the chapters.

``python tools/chapters.py`` (``make figures``) runs the script beside each chapter: ``book/local/shap.py``
belongs to ``book/local/shap.md``, and its function ``compute(folder)`` writes into ``book/local/shap/``
and returns the numbers that the chapter inserts with the role {value}. Names after the command run these
scripts alone: ``python tools/chapters.py shap``.
"""

import importlib.util
import json
from pathlib import Path
import sys
from types import ModuleType

import matplotlib
from PIL import Image

BOOK = Path(__file__).resolve().parents[1] / "book"


def scripts() -> list[Path]:
    """The script of each page that has one."""
    return sorted(
        path
        for pattern in ("*.py", "*/*.py")
        for path in BOOK.glob(pattern)
        if path.with_suffix(".md").exists()
    )


def load(script: Path) -> ModuleType:
    """Import a chapter's script."""
    spec = importlib.util.spec_from_file_location(
        f"chapter_{script.stem}", script
    )
    chapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chapter)
    return chapter


def lighten(picture: Path) -> None:
    """Write a figure with 256 colors: no eye sees a difference, and a phone loads a third of the bytes."""
    with Image.open(picture) as image:
        if image.mode == "P":
            return
        # Of Pillow's methods the one that keeps the color of a mark that is a few pixels large.
        few = image.convert("RGB").quantize(method=Image.Quantize.MAXCOVERAGE)
    few.save(picture, optimize=True)


def compute(script: Path, folder: Path) -> dict[str, str]:
    """Run a chapter's script, write what it gives into `folder`, and return its numbers."""
    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    numbers = load(script).compute(folder)
    for picture in folder.glob("*.png"):
        lighten(picture)
    for name, text in numbers.items():
        if not isinstance(text, str) or not name.isidentifier():
            raise TypeError(
                f"{script}: compute must return texts, already rounded, under names of letters, "
                f"digits and underscores; {name!r} is {text!r}"
            )
    text = (
        json.dumps(numbers, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    )
    (folder / "numbers.json").write_text(text, encoding="utf-8")
    return numbers


if __name__ == "__main__":
    for path in scripts():
        if sys.argv[1:] and path.stem not in sys.argv[1:]:
            continue
        print(
            f"{path.relative_to(BOOK.parent)}: {len(compute(path, path.with_suffix('')))} numbers"
        )

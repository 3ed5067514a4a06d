"""What a chapter prints is what its code gives: numbers, tables, figures. Its recipes are in test_recipes.py."""

import json
from pathlib import Path
import re

from glassbox import figures, shapley
from chapters import BOOK, compute, lighten, load, scripts
import matplotlib.pyplot as plt
from nbval_tolerance import difference
import numpy as np
from PIL import Image
import pytest

CHAPTERS = [BOOK / "index.md", *sorted(BOOK.glob("*/*.md"))]
PAGES = {p.stem: p for p in CHAPTERS}
# What tools/bench.py and tools/screenshots.py write beside the chapter's own.
OTHERS = re.compile(r"bench\.|tensorboard_\w+\.png$")


@pytest.fixture(scope="session", params=scripts(), ids=lambda p: p.stem)
def computed(request, tmp_path_factory):
    """What a chapter's script gives now, and the folder with what is committed."""
    folder = tmp_path_factory.mktemp(request.param.stem)
    compute(request.param, folder)
    return folder, request.param.with_suffix("")


def test_there_are_chapters():
    assert scripts() and CHAPTERS
    assert len(PAGES) == len(CHAPTERS), "two chapters have one name"


def test_numbers_and_tables_are_what_the_code_gives(computed):
    now, committed = computed
    written = sorted(p.name for p in [*now.glob("*.json"), *now.glob("*.md")])
    there = [*committed.glob("*.json"), *committed.glob("*.md")]
    there = sorted(p.name for p in there if not OTHERS.match(p.name))
    assert written == there, (
        "run `make figures`, and remove what it no longer writes"
    )
    for path in map(now.joinpath, written):
        text, old = (
            path.read_text(encoding="utf-8"),
            (committed / path.name).read_text(encoding="utf-8"),
        )
        assert difference(old, text) is None, (
            f"{path.name}: run `make figures`. {difference(old, text)}"
        )


def test_figures_are_what_the_code_draws(computed):
    """Letters may be set a pixel aside by another version of FreeType; the picture must be the same."""
    now, committed = computed
    drawn = sorted(p.name for p in now.glob("*.png"))
    there = [p.name for p in committed.glob("*.png")]
    assert drawn == sorted(n for n in there if not OTHERS.match(n)), (
        "run `make figures`"
    )
    for name in drawn:
        with Image.open(now / name) as a, Image.open(committed / name) as b:
            assert np.abs(np.subtract(a.size, b.size)).max() <= 4, (
                f"{name}: run `make figures`"
            )
            small = [
                np.asarray(
                    i.convert("RGB").resize((60, 45), Image.Resampling.BOX),
                    float,
                )
                for i in (a, b)
            ]
        assert np.abs(small[0] - small[1]).mean() < 2, (
            f"{name} looks different: run `make figures`"
        )


def test_a_lighter_figure_looks_the_same(tmp_path):
    """Also where a picture with all colors of a map stands beside one small mark of another color."""
    fig, (left, right) = plt.subplots(1, 2)
    left.imshow(np.random.default_rng(0).random((40, 40)), cmap="viridis")
    right.plot([0, 1], [0, 1], color=figures.SKY)
    right.plot([0.5], [0.2], ".", color=figures.VERMILLION)
    path = figures.save(fig, tmp_path / "figure.png", dpi=100)
    plt.close(fig)
    size = path.stat().st_size
    before = np.asarray(Image.open(path).convert("RGB"), float)
    lighten(path)
    after = np.asarray(Image.open(path).convert("RGB"), float)
    assert np.abs(after - before).max() <= 16
    assert path.stat().st_size < size / 2


def test_figures_are_small(computed):
    for path in computed[1].glob("*.png"):
        assert path.stat().st_size < 64_000, path.name


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_chapter_uses_each_number_and_only_those(chapter):
    file = chapter.with_suffix("") / "numbers.json"
    numbers = (
        set(json.loads(file.read_text(encoding="utf-8")))
        if file.exists()
        else set()
    )
    used = set(
        re.findall(r"\{value\}`(\w+)`", chapter.read_text(encoding="utf-8"))
    )
    assert used == numbers


def test_every_figure_of_a_chapter_has_alt_text():
    for chapter in CHAPTERS:
        for block in re.findall(
            r"^:::\{figure\}(.*?)^:::",
            chapter.read_text(encoding="utf-8"),
            re.M | re.S,
        ):
            alt = re.search(r"^:alt: (.+)$", block, re.M)
            assert alt and len(alt[1]) > 40, (
                f"{chapter.name}: {block.strip().splitlines()[0]}"
            )


def test_no_chapter_lies_outside_of_the_contents():
    contents = (Path(BOOK).parent / "_toc.yml").read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        assert (
            str(chapter.relative_to(BOOK.parent).with_suffix("")).replace(
                "\\", "/"
            )
            in contents
        )


def test_the_answer_by_hand_in_check_yourself_is_right():
    """Question 2 of "SHAP in practice": the row (0, 0) of the worked example."""
    script = BOOK / "local" / "shap.py"
    phi, phi0 = shapley.exact(
        load(script).hand_network,
        np.array([[0, 0]]),
        np.array([[0, 0], [1, 2]]),
    )
    assert (phi0, *phi[0]) == (12, -2, 0)
    text = script.with_suffix(".md").read_text(encoding="utf-8")
    assert "= -2$ and" in text and "= 0$. Together with 12 they give 10" in text

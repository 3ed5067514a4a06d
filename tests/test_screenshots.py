"""TensorBoard as the chapter "Structure" shows it: its pictures, how to start it, how it behaves.

A test of its behavior that fails after an upgrade is news: then change the chapter's section
"Watch it being trained" too.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import requires
from importlib.util import find_spec
import json
import os
from pathlib import Path
import re
import shutil
import socket
import subprocess
import sys
import time
from typing import NamedTuple

from chapters import load
import keras
import nbclient
import nbformat
import numpy as np
from PIL import Image
import psutil
import pytest
import screenshots
from screenshots import CHAPTER, TABS, ask, open_page, open_tab, serve, wait_for
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
import tensorflow as tf
from test_browser import NO_BROWSER

RUNS = ["first/activations", "first/train", "first/validation"]
PROGRAMS = Path(sys.executable).parent
COMMITTED = CHAPTER.with_suffix("")


def without_browser() -> None:
    """Skip, or fail where a browser must be, as tests/test_browser.py does."""
    require = os.environ.get("GLASSBOX_REQUIRE_BROWSER") == "1"
    (pytest.fail if require else pytest.skip)(NO_BROWSER)


def servers() -> list[str]:
    """The TensorBoards that this process has started, and what they have started."""
    commands = []
    for child in psutil.Process().children(recursive=True):
        try:
            commands.append(" ".join(child.cmdline()))
        except psutil.Error:
            continue
    return [command for command in commands if "tensorboard" in command]


# --- One TensorBoard for all that only look at it ------------------------------------------------


class Board(NamedTuple):
    """A TensorBoard that the shell command has started, and that has read the recipe's log."""

    folder: Path
    address: str
    at_first: str  # what was wrong with its page before there was a log


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    folder = tmp_path_factory.mktemp("recipe")
    (folder / "logs").mkdir()
    program = shutil.which("tensorboard", path=str(PROGRAMS))
    assert program, "the shell command is not installed"
    with serve(folder, [program, "--reload_interval", "1"]) as address:
        at_first = ""
        try:
            with open_page(address):
                pass
        except RuntimeError as problem:
            at_first = str(problem)
        load(CHAPTER).log_a_run(folder)
        screenshots.wait_for_data(address, load(CHAPTER).EPOCHS)
        yield Board(folder, address, at_first)
    assert servers() == []


@pytest.fixture(scope="module")
def log(board: Board) -> Path:
    """A folder with the log that the chapter's recipe writes."""
    return board.folder


class Seen(NamedTuple):
    """What the browser shows: the beginning of two tabs, and a folder with a picture of each tab."""

    error: str
    smoothing: float
    ignores_outliers: bool
    pictures: Path


# Not open for longer: while Playwright is, no other test can run a notebook kernel.
@pytest.fixture(scope="module")
def seen(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    if board.at_first == NO_BROWSER:
        without_browser()
    folder = tmp_path_factory.mktemp("pictures")
    with open_page(board.address) as page:
        open_tab(page, board.address, "graphs")
        error = page.get_by_text("Malformed GraphDef").first
        error.wait_for()
        text = error.inner_text()
        open_tab(page, board.address, "scalars")
        smoothing = page.locator("tf-smoothing-input input").first
        box = page.locator("paper-checkbox").filter(has_text="Ignore outliers")
        checked = box.first.get_attribute("aria-checked")
        value = float(smoothing.input_value())
        # Each tab has shown data, or there would be no picture.
        paths = screenshots.shoot(page, board.address, folder)
    assert [path.parent for path in paths] == [folder] * len(TABS)
    return Seen(text, value, checked == "true", folder)


# --- What the browser shows ----------------------------------------------------------------------


@pytest.mark.parametrize("name", TABS)
def test_the_pictures_of_the_chapter_are_those_of_today(
    seen: Seen, name: str
) -> None:
    file = f"tensorboard_{name}.png"
    assert (COMMITTED / file).stat().st_size < 100_000
    small = []
    with (
        Image.open(seen.pictures / file) as now,
        Image.open(COMMITTED / file) as then,
    ):
        for picture in (now, then):
            assert len(picture.convert("RGB").getcolors(1000)) > 16
            gray = picture.convert("L").resize((60, 45), Image.Resampling.BOX)
            small.append(np.asarray(gray, float))
        # Other systems set letters a little wider.
        np.testing.assert_allclose(now.size, then.size, rtol=0.05)
    assert np.abs(small[0] - small[1]).mean() < 4, "run `make screenshots`"


def test_every_picture_of_a_tab_is_in_the_chapter() -> None:
    text = CHAPTER.with_suffix(".md").read_text(encoding="utf-8")
    named = re.findall(r"structure/(tensorboard_\w+\.png)", text)
    made = {f"tensorboard_{name}.png" for name in TABS}
    there = {path.name for path in COMMITTED.glob("tensorboard_*.png")}
    assert set(named) == made == there


def test_without_data_the_script_says_so(board: Board) -> None:
    """When it goes wrong: No dashboards are active for the current data set."""
    if board.at_first == NO_BROWSER:
        without_browser()
    assert "No dashboards are active for the" in board.at_first


def test_what_the_tabs_begin_with(seen: Seen) -> None:
    """Graphs: the error and its way out; Scalars: smoothing and outliers."""
    assert seen.error.startswith("Graph visualization failed.")
    assert seen.smoothing == load(CHAPTER).SMOOTHING
    assert seen.ignores_outliers


# --- The two ways to start it --------------------------------------------------------------------


def test_the_shell_command_shows_the_run(board: Board) -> None:
    assert ask(board.address, "data/runs") == RUNS
    tags = ask(board.address, "data/plugin/histograms/tags")
    graph = ask(board.address, "data/plugin/graphs/info")
    # What the callback writes, and what it does not.
    assert all("activations" not in tag for tag in tags["first/train"])
    assert {tag.split("/")[-2] for tag in tags["first/train"]} == {
        "kernel",
        "bias",
    } | {
        tag.split("/")[-2]
        for tag in tags["first/train"]
        if "standardize" in tag
    }
    assert set(tags["first/activations"]) == {
        "activations/hidden_1",
        "activations/hidden_2",
    }
    [(run, found)] = graph.items()
    assert run == "first/train"
    assert found["tags"]["keras"]["conceptual_graph"]
    assert not found["tags"]["keras"]["op_graph"]
    assert not found["run_graph"]


@pytest.fixture
def notebook(log: Path, tmp_path: Path) -> Iterator:
    """Runs cells where the log is; afterwards every TensorBoard that they started is stopped."""

    def run(cells: list[str], path: str) -> list[str]:
        book = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
        )
        client = nbclient.NotebookClient(
            book, timeout=120, resources={"metadata": {"path": str(log)}}
        )
        env = screenshots.environment(tmp_path) | {"PATH": path}
        client.execute(env=env)
        return [json.dumps(cell.outputs) for cell in book.cells]

    yield run
    for file in (tmp_path / ".tensorboard-info").glob("pid-*.info"):
        try:
            psutil.Process(int(re.search(r"\d+", file.stem)[0])).terminate()
        except psutil.NoSuchProcess:
            continue


ASK = """
import json, time, urllib.request
from tensorboard import manager
[info] = manager.get_all()
runs = []
while not runs:
    time.sleep(0.2)
    with urllib.request.urlopen(f"http://localhost:{info.port}/data/runs") as page:
        runs = json.load(page)
print(f"<{info.port}>", runs)
"""


def test_the_notebook_magic_shows_the_run(notebook) -> None:
    start = "%tensorboard --logdir logs --port 0"
    proxy = "%env TENSORBOARD_PROXY_URL=/user/me/proxy/%PORT%/\n"
    path = str(PROGRAMS) + os.pathsep + os.environ["PATH"]
    cells = ["%load_ext tensorboard\n" + start, ASK, start, proxy + start]
    first, answer, again, hub = notebook(cells, path)
    port = re.search(r"<(\d+)>", answer)[1]
    assert str(RUNS) in answer
    assert "<iframe" in first and f"const port = {port};" in first
    assert "Reusing TensorBoard on port" in again and port in again
    assert f"/user/me/proxy/{port}/" in hub


def test_the_notebook_magic_needs_the_path(notebook, tmp_path: Path) -> None:
    """When it goes wrong: Could not find `tensorboard`."""
    start = "%load_ext tensorboard\n%tensorboard --logdir logs --port 0"
    assert "Could not find `tensorboard`" in notebook([start], str(tmp_path))[0]


# --- How it behaves ------------------------------------------------------------------------------


def test_tensorflow_does_not_bring_it() -> None:
    """Watch it being trained: TensorFlow does not install TensorBoard."""
    assert not [name for name in requires("tensorflow") if "board" in name]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trainings in one folder, and a long one with histograms."""
    folder = tmp_path_factory.mktemp("twice")
    for training in (1, 2):
        writer = tf.summary.create_file_writer(str(folder / "logs" / "both"))
        with writer.as_default():
            for step in range(5):
                tf.summary.scalar("loss", 10.0 * training + step, step=step)
        writer.close()
        if training == 1:
            time.sleep(1.1)  # files are named by the second
    writer = tf.summary.create_file_writer(str(folder / "logs" / "long"))
    with writer.as_default():
        for step in range(100):
            tf.summary.histogram("values", tf.range(10.0), step=step)
    writer.close()
    return folder


def read_twice(folder: Path, fast: bool) -> int:
    """Wait for the right curve of the two trainings; return how many histograms the long one has."""
    expected = [20, 21, 22, 23, 24]
    if not fast:
        expected = [10, 11, 12, 13, 14, *expected]
    way = f"--load_fast={str(fast).lower()}"
    command = [sys.executable, "-m", "tensorboard.main", way]
    loss = "data/plugin/scalars/scalars?run=both&tag=loss"
    values = "data/plugin/histograms/histograms?run=long&tag=values"
    with serve(folder, command) as address:

        def read() -> bool:
            points = ask(address, loss)
            return points and [value for _, _, value in points] == expected

        wait_for(read, "the expected curve")
        steps = wait_for(
            lambda: (all_ := ask(address, values)) and len(all_) > 20 and all_,
            "the histograms",
        )
    return len(steps)


def ask_for_a_port_that_is_taken(
    folder: Path,
) -> subprocess.CompletedProcess[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", "logs"]
        command += ["--host", "127.0.0.1", "--port"]
        return subprocess.run(
            [*command, str(taken.getsockname()[1])],
            cwd=folder,
            env=screenshots.environment(folder),
            capture_output=True,
            text=True,
            timeout=screenshots.SECONDS,
        )


@pytest.fixture(scope="module")
def at_once(twice: Path) -> Iterator[dict[str, Future]]:
    """What three more TensorBoards do. They take their time to start, so they start together."""
    from tensorboard_data_server import server_binary

    with ThreadPoolExecutor() as pool:
        found = {
            "slow": pool.submit(read_twice, twice, False),
            "port": pool.submit(ask_for_a_port_that_is_taken, twice),
        }
        if server_binary() is not None:
            found["fast"] = pool.submit(read_twice, twice, True)
        yield found


@pytest.mark.parametrize("reader", ["fast", "slow"])
def test_two_trainings_in_one_folder(
    at_once: dict[str, Future], reader: str
) -> None:
    """When it goes wrong: the fast reader drops the first one, the other draws a zigzag."""
    if reader not in at_once:
        pytest.skip("TensorBoard has no fast reader for this system")
    # Epochs are missing from the histograms.
    assert 40 <= at_once[reader].result() <= 60


def test_a_port_that_is_taken(at_once: dict[str, Future]) -> None:
    result = at_once["port"].result()
    assert result.returncode != 0
    assert "already in use" in result.stderr


def test_the_log_in_python_keeps_ten_steps(twice: Path) -> None:
    folder = str(twice / "logs" / "long")
    for options, count in (({}, 10), ({"size_guidance": {"tensors": 0}}, 100)):
        log = EventAccumulator(folder, **options).Reload()
        assert len(log.Tensors("values")) == count


@pytest.mark.skipif(
    find_spec("pydot") is not None, reason="pydot is installed here"
)
def test_plot_model_asks_for_more(tmp_path: Path) -> None:
    """See it: `plot_model` stops without pydot and Graphviz."""
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ImportError, match="You must install pydot"):
        keras.utils.plot_model(network, str(tmp_path / "network.png"))

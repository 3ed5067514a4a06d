"""TensorBoard as the chapter "Structure" shows it: its pictures, how to start it, how it behaves.

A test of its behavior that fails after an upgrade is news: then change the chapter's section
"Watch it being trained" too.
"""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the log that the chapter's recipe writes."""
    folder = tmp_path_factory.mktemp("recipe")
    load(CHAPTER).log_a_run(folder)
    return folder


def with_browser(call, *arguments):
    """Call this, or skip as tests/test_browser.py does."""
    try:
        return call(*arguments)
    except RuntimeError as problem:
        if str(problem) != NO_BROWSER:
            raise
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


# --- The pictures --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def taken(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures as they look now; each tab has shown data, or there would be none."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = with_browser(screenshots.shoot, log, folder)
    assert [path.parent for path in paths] == [folder] * len(TABS)
    assert servers() == []
    return folder


@pytest.mark.parametrize("name", TABS)
def test_the_pictures_of_the_chapter_are_those_of_today(
    taken: Path, name: str
) -> None:
    file = f"tensorboard_{name}.png"
    assert (COMMITTED / file).stat().st_size < 100_000
    small = []
    with Image.open(taken / file) as now, Image.open(COMMITTED / file) as then:
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


def test_without_data_the_script_says_so(tmp_path: Path) -> None:
    """When it goes wrong: No dashboards are active for the current data set."""

    def look() -> None:
        with serve(tmp_path) as address, open_page(address):
            pass

    (tmp_path / "logs").mkdir()
    with pytest.raises(RuntimeError, match="No dashboards are active for the"):
        with_browser(look)
    assert servers() == []


def test_what_the_tabs_begin_with(log: Path) -> None:
    """Graphs: the error and its way out; Scalars: smoothing and outliers."""

    def look() -> tuple[str, str, bool]:
        with serve(log) as address:
            screenshots.wait_for_data(address, load(CHAPTER).EPOCHS)
            with open_page(address) as page:
                open_tab(page, address, "graphs")
                error = page.get_by_text("Malformed GraphDef").first
                error.wait_for()
                text = error.inner_text()
                open_tab(page, address, "scalars")
                smoothing = page.locator("tf-smoothing-input input").first
                box = page.locator("paper-checkbox").filter(
                    has_text="Ignore outliers"
                )
                checked = box.first.get_attribute("aria-checked")
                return text, smoothing.input_value(), checked == "true"

    text, smoothing, checked = with_browser(look)
    assert text.startswith("Graph visualization failed.")
    assert float(smoothing) == load(CHAPTER).SMOOTHING
    assert checked


# --- The two ways to start it --------------------------------------------------------------------


def test_the_shell_command_shows_the_run(log: Path) -> None:
    program = shutil.which("tensorboard", path=str(PROGRAMS))
    assert program, "the shell command is not installed"
    with serve(log, [program]) as address:
        assert wait_for(lambda: ask(address, "data/runs"), "a run") == RUNS
        tags = ask(address, "data/plugin/histograms/tags")
        graph = ask(address, "data/plugin/graphs/info")
    assert servers() == []
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


def test_a_port_that_is_taken(log: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", "logs"]
        command += ["--host", "127.0.0.1", "--port"]
        result = subprocess.run(
            [*command, str(taken.getsockname()[1])],
            cwd=log,
            env=screenshots.environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert result.returncode != 0
    assert "already in use" in result.stderr


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
        time.sleep(1.1)  # files are named by the second
    writer = tf.summary.create_file_writer(str(folder / "logs" / "long"))
    with writer.as_default():
        for step in range(100):
            tf.summary.histogram("values", tf.range(10.0), step=step)
    writer.close()
    return folder


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "slow"])
def test_two_trainings_in_one_folder(twice: Path, fast: bool) -> None:
    """When it goes wrong: the fast reader drops the first one, the other draws a zigzag."""
    from tensorboard_data_server import server_binary

    if fast and server_binary() is None:
        pytest.skip("TensorBoard has no fast reader for this system")
    way = ["--load_fast=true" if fast else "--load_fast=false"]
    loss = "data/plugin/scalars/scalars?run=both&tag=loss"
    values = "data/plugin/histograms/histograms?run=long&tag=values"
    expected = [20, 21, 22, 23, 24]
    if not fast:
        expected = [10, 11, 12, 13, 14, *expected]
    with serve(
        twice, [sys.executable, "-m", "tensorboard.main", *way]
    ) as address:

        def read() -> bool:
            points = ask(address, loss)
            return points and [value for _, _, value in points] == expected

        wait_for(read, "the expected curve")
        steps = wait_for(
            lambda: (all_ := ask(address, values)) and len(all_) > 20 and all_,
            "the histograms",
        )
    # Epochs are missing from the histograms.
    assert 40 <= len(steps) <= 60


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

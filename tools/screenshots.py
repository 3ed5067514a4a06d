"""Take the TensorBoard screenshots of the chapter "Structure" (``make screenshots``).

``python tools/screenshots.py`` runs the chapter's own recipe in a temporary folder, starts TensorBoard
on a free port of this computer, opens it in the browser that the tests use, and saves a picture of each
tab in ``book/inside/structure/``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import io
import json
import os
from pathlib import Path
import re
import subprocess
import sys
from tempfile import NamedTemporaryFile, TemporaryDirectory
import time
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
for folder in ("tools", "tests"):
    if str(ROOT / folder) not in sys.path:
        sys.path.append(str(ROOT / folder))

from chapters import load  # noqa: E402
from test_browser import NO_BROWSER, launch  # noqa: E402

CHAPTER = ROOT / "book" / "inside" / "structure.py"
SECONDS = 120  # to wait for what has to appear
VIEW = {"width": 720, "height": 1000}
MARGIN = 8
COLORS = 64


def wait_for(ready: Callable[[], object], what: str) -> object:
    """Ask until there is an answer that counts as true, and return it."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if answer := ready():
            return answer
        time.sleep(0.1)
    raise RuntimeError(f"{what} did not appear within {SECONDS} seconds")


def ask(address: str, path: str) -> object:
    """What TensorBoard answers, or None while it does not."""
    try:
        with urlopen(address + path, timeout=5) as answer:
            return json.load(answer)
    except (URLError, OSError, ValueError):
        return None


def environment(temporary: Path) -> dict[str, str]:
    """This one's environment, but with another folder for temporary files.

    TensorBoard keeps a list of its servers there.
    """
    there = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    return os.environ | there | {"PYTHONUTF8": "1"}


@contextmanager
def serve(folder: Path, command: list[str] | None = None) -> Iterator[str]:
    """The address of a TensorBoard that shows `folder` / logs; it is stopped at the end.

    Parameters
    ----------
    folder : Path
        Where TensorBoard is started. What it says and its own files go there too.
    command : list of str, optional
        How to call TensorBoard. The default is ``python -m tensorboard.main``.
    """
    command = command or [sys.executable, "-m", "tensorboard.main"]
    # The page shows the name of the folder: so it is called as a reader calls it.
    options = ["--logdir", "logs", "--host", "127.0.0.1", "--port", "0"]
    with NamedTemporaryFile(
        dir=folder, suffix=".txt", delete=False
    ) as file:  # more than one may run here
        said = Path(file.name)
        server = subprocess.Popen(
            command + options,
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=environment(folder),
        )

    def text() -> str:
        return said.read_text(encoding="utf-8", errors="replace")

    def address() -> str | None:
        if server.poll() is not None:
            raise RuntimeError(f"TensorBoard has stopped:\n{text()[-2000:]}")
        found = re.search(r"at (http://127\.0\.0\.1:\d+/)", text())
        return found and found[1]

    try:
        yield wait_for(address, "TensorBoard's address")
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for_data(address: str, steps: int) -> None:
    """Return when TensorBoard has read all steps of the losses and of the activations."""
    asked = [
        f"data/plugin/scalars/scalars?run=first/{run}&tag=epoch_loss"
        for run in ("train", "validation")
    ] + [
        "data/plugin/histograms/histograms"
        f"?run=first/activations&tag=activations/{layer}"
        for layer in ("hidden_1", "hidden_2")
    ]

    def read() -> bool:
        found = (ask(address, path) for path in asked)
        return all(answer and len(answer) == steps for answer in found)

    wait_for(read, "the whole log")


def open_tab(page: Page, address: str, name: str) -> None:
    """Go to a tab and wait for its content."""
    page.goto("about:blank")
    page.goto(f"{address}#{name}")
    content = page.locator("tf-card-heading, tf-graph-controls").first
    content.wait_for(timeout=1000 * SECONDS)


def lines(chart: Locator) -> int:
    """How many lines and areas with many points a chart has."""
    return chart.locator("path").evaluate_all(
        "all => all.filter(p => (p.getAttribute('d') || '').length > 200).length"
    )


def filter_tags(page: Page, expression: str) -> Locator:
    """Type into the search box, and return the part of the page with what it finds."""
    page.locator("tf-tag-filterer input").first.fill(expression)
    found = page.locator("tf-category-paginated-view").filter(
        has_text="Tags matching"
    )
    found.first.wait_for(timeout=1000 * SECONDS)
    return found.first


def settle(page: Page, *parts: Locator) -> bytes:
    """A picture of the part of the page that holds these, once it moves no more."""
    last = b""
    for _ in range(50):
        boxes = [part.bounding_box() for part in parts]
        left, top = (min(box[side] for box in boxes) for side in "xy")
        right = max(box["x"] + box["width"] for box in boxes)
        bottom = max(box["y"] + box["height"] for box in boxes)
        clip = {
            "x": left - MARGIN,
            "y": top - MARGIN,
            "width": right - left + 2 * MARGIN,
            "height": bottom - top + 2 * MARGIN,
        }
        now = page.screenshot(clip=clip)
        if now == last:
            return now
        last = now
        page.wait_for_timeout(200)
    raise RuntimeError("the page does not come to rest")


def stack(pictures: list[bytes], path: Path) -> None:
    """Save parts of a page, one below the other, with few colors."""
    images = [Image.open(io.BytesIO(p)).convert("RGB") for p in pictures]
    gap = 16
    width = max(image.width for image in images)
    height = sum(image.height + gap for image in images) - gap
    whole = Image.new("RGB", (width, height), "white")
    top = 0
    for image in images:
        whole.paste(image, (0, top))
        top += image.height + gap
    few = whole.quantize(COLORS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def scalars(page: Page, path: Path) -> None:
    """The curve of the loss, the smoothing and the list of runs."""
    card = filter_tags(page, "epoch_loss").locator("tf-scalar-card")
    wait_for(
        lambda: card.count() == 1 and lines(card) >= 2, "the curves of the loss"
    )
    parts = [card] + [
        page.locator(name).first
        for name in ("tf-smoothing-input", "tf-runs-selector")
    ]
    stack([settle(page, part) for part in parts], path)


def graphs(page: Page, path: Path) -> None:
    """The network as TensorBoard draws it, and what was chosen for it."""
    page.get_by_text("Conceptual graph").click()
    node = page.locator("g.node[data-name='heating']")
    node.first.wait_for(timeout=1000 * SECONDS)
    node.first.dblclick()
    inner = page.locator("g.node[data-name^='heating/']")
    wait_for(lambda: inner.count() == 6, "the layers of the graph")
    # A box comes up that tells about the network. A click beside the network closes it.
    box = page.get_by_text("Remove from main graph")
    box.wait_for(timeout=1000 * SECONDS)
    settle(page, node.first)

    def closed() -> bool:
        page.locator("tf-graph-scene svg").first.click(
            position={"x": 10, "y": VIEW["height"] - 120}
        )
        page.wait_for_timeout(300)
        return not box.is_visible()

    wait_for(closed, "the graph without its box")
    page.get_by_text("Fit to screen").click()
    controls = page.locator("tf-graph-controls")
    chosen = [
        controls.get_by_text(text, exact=True).first
        for text in ("Graph type", "Conceptual graph", "Profile")
    ]
    chosen.append(controls.locator("paper-dropdown-menu").first)  # of runs
    stack([settle(page, *chosen), settle(page, node.first)], path)


def histograms(page: Page, path: Path) -> None:
    """Activations, which the recipe logs, and a kernel, which the callback logs."""
    tags = "activations|hidden_1/kernel"
    cards = filter_tags(page, tags).locator("tf-histogram-loader")
    wait_for(
        lambda: (
            cards.count() == 3
            and all(lines(card) >= 40 for card in cards.all())
        ),
        "the histograms",
    )
    stack([settle(page, card) for card in cards.all()], path)


TABS = {"scalars": scalars, "graphs": graphs, "histograms": histograms}


def take(page: Page, address: str, name: str, folder: Path) -> Path:
    """Save the picture of a tab in `folder`."""
    open_tab(page, address, name)
    path = folder / f"tensorboard_{name}.png"
    TABS[name](page, path)
    return path


@contextmanager
def open_page(address: str) -> Iterator[Page]:
    """TensorBoard's page in the browser of the tests. It may ask nobody else.

    Raises
    ------
    RuntimeError
        There is no browser, or TensorBoard shows no data.
    """
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            raise RuntimeError(NO_BROWSER)
        context = browser.new_context(
            viewport=VIEW, device_scale_factor=2, reduced_motion="reduce"
        )
        page = context.new_page()
        ours = (address, "data:", "blob:", "about:")
        page.route(
            lambda url: not url.startswith(ours), lambda route: route.abort()
        )
        page.goto(address)
        empty = page.get_by_text("No dashboards are active")
        # The name of the first tab. It is in the empty page too, but hidden.
        full = page.get_by_text("Time Series").filter(visible=True)
        full.or_(empty).first.wait_for(timeout=1000 * SECONDS)
        if empty.is_visible():
            raise RuntimeError(f"TensorBoard says: {empty.inner_text()}")
        yield page
        browser.close()


def shoot(page: Page, address: str, folder: Path) -> list[Path]:
    """Take all pictures of the log that TensorBoard shows, and save them in `folder`."""
    wait_for_data(address, load(CHAPTER).EPOCHS)
    return [take(page, address, name, folder) for name in TABS]


def main(folder: Path) -> list[Path]:
    """Run the recipe, and save the pictures of its log in `folder`."""
    # Windows deletes no file that something has open still.
    with TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        load(CHAPTER).log_a_run(Path(temporary))
        with serve(Path(temporary)) as address, open_page(address) as page:
            return shoot(page, address, folder)


if __name__ == "__main__":
    try:
        for picture in main(CHAPTER.with_suffix("")):
            size = picture.stat().st_size
            print(f"{picture.relative_to(ROOT)}: {size / 1000:.0f} kB")
    except RuntimeError as problem:
        sys.exit(f"No screenshots were taken: {problem}")

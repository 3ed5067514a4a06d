"""The house style, and saving one figure. Saving SHAP's plots from a notebook: test_saving.py."""

import itertools
import subprocess
import sys
import warnings
from xml.etree import ElementTree

from glassbox import figures, models
import keras
import matplotlib
from matplotlib import font_manager
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Annotation
import numpy as np
from PIL import Image
import pytest

matplotlib.use("agg")
from matplotlib import pyplot as plt  # noqa: E402

SUFFIXES = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".svg", ".pdf"]


@pytest.fixture(autouse=True)
def clean():
    with matplotlib.rc_context():
        yield
        plt.close("all")


@pytest.fixture
def fig():
    figures.use_style()
    fig, ax = plt.subplots(figsize=(4, 3))
    ax.plot([-1, 2], label="a")
    ax.set(xlabel="x", ylabel="y")
    return fig


# What full loss of one kind of cone does to linear RGB (Machado 2009, doi:10.1109/TVCG.2009.113).
VISION = {
    "normal": np.eye(3),
    "protan": [
        [0.152, 1.053, -0.205],
        [0.115, 0.786, 0.099],
        [-0.004, -0.048, 1.052],
    ],
    "deutan": [
        [0.367, 0.861, -0.228],
        [0.280, 0.673, 0.047],
        [-0.012, 0.043, 0.969],
    ],
    "tritan": [
        [1.256, -0.077, -0.179],
        [-0.078, 0.931, 0.148],
        [0.005, 0.691, 0.304],
    ],
}


def seen(color, vision):
    """CIELAB of a color, in which the distance of two colors is how different they look."""
    rgb = np.array(to_rgb(color))
    rgb = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [
        [0.4125, 0.3576, 0.1804],
        [0.2127, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9503],
    ]
    xyz = to_xyz @ np.clip(VISION[vision] @ rgb, 0, 1) / [0.9505, 1, 1.0888]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_color_blind_readers_tell_the_colors_apart(vision):
    figures.use_style()
    cycle = [style["color"] for style in matplotlib.rcParams["axes.prop_cycle"]]
    for a, b in itertools.combinations(cycle, 2):
        assert np.linalg.norm(seen(a, vision) - seen(b, vision)) > 15, (a, b)
    shap_red, shap_blue = "#ff0051", "#008bfb"
    for a, b in [(figures.POSITIVE, figures.NEGATIVE), (shap_red, shap_blue)]:
        assert np.linalg.norm(seen(a, vision) - seen(b, vision)) > 60, (a, b)


def test_color_maps_exist_and_zero_is_white():
    assert min(matplotlib.colormaps[figures.DIVERGING](0.5)) > 0.95
    low, high = (matplotlib.colormaps[figures.DIVERGING](x) for x in (0.0, 1.0))
    assert low[2] > low[0] and high[0] > high[2]  # blue lowers, red raises
    assert figures.SEQUENTIAL in matplotlib.colormaps


def test_style_names_only_fonts_that_exist(fig, caplog, tmp_path):
    families = matplotlib.rcParams["font.family"]
    assert families[0] == "DejaVu Sans"
    assert set(families) <= set(font_manager.get_font_names())
    fig.axes[0].set_title("\N{MINUS SIGN}1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.save(fig, tmp_path / "a.png", dpi=50)
    assert caplog.text == ""


def test_order_of_style_and_shap_does_not_matter():
    code = (
        "{}; {}; import matplotlib; print(sorted(matplotlib.rcParams.items()))"
    )
    lines = ["from glassbox import figures; figures.use_style()", "import shap"]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code.format(*order)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for order in (lines, lines[::-1])
    ]
    first, second = (run.communicate()[0] for run in runs)
    assert "DejaVu Sans" in first
    assert first == second


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_save_twice_gives_equal_bytes_and_leaves_the_figure(
    fig, tmp_path, suffix
):
    before = (
        fig.dpi,
        tuple(fig.get_size_inches()),
        fig.get_facecolor(),
        dict(matplotlib.rcParams),
    )
    first = figures.save(fig, tmp_path / f"a{suffix}", dpi=150)
    second = figures.save(fig, tmp_path / f"b{suffix.upper()}", dpi=150)
    assert first == tmp_path / f"a{suffix}"
    assert first.read_bytes() == second.read_bytes()
    after = (
        fig.dpi,
        tuple(fig.get_size_inches()),
        fig.get_facecolor(),
        dict(matplotlib.rcParams),
    )
    assert before == after


@pytest.mark.parametrize("suffix", SUFFIXES[:5])
def test_raster_formats_carry_dpi_and_white(fig, tmp_path, suffix):
    fig.set_facecolor((0, 0, 0, 0))
    with matplotlib.rc_context({"savefig.transparent": True}):
        path = figures.save(fig, tmp_path / f"a{suffix}", dpi=200)
    with Image.open(path) as image:
        assert np.allclose(np.array(image.info["dpi"], float), 200, atol=0.02)
        assert min(image.convert("RGBA").getpixel((0, 0))) == 255
        assert image.mode == "RGB" or suffix not in (".jpg", ".jpeg")
        if suffix.startswith(".tif"):
            assert image.info["compression"] == "tiff_lzw"


def test_vector_formats_are_what_they_say_and_carry_no_date(fig, tmp_path):
    svg = figures.save(fig, tmp_path / "a.svg")
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert b"<dc:date>" not in svg.read_bytes()
    pdf = figures.save(fig, tmp_path / "a.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"CreationDate" not in pdf
    assert b"/Type3" not in pdf


def test_a_dark_figure_stays_dark(tmp_path):
    with plt.style.context("dark_background"):
        fig, ax = plt.subplots()
        ax.plot([1, 2])
        with Image.open(figures.save(fig, tmp_path / "a.png", dpi=50)) as image:
            assert image.convert("RGB").getpixel((0, 0)) == (0, 0, 0)


def test_axes_are_taken_for_their_figure(fig, tmp_path):
    expected = figures.save(fig, tmp_path / "a.png", dpi=50).read_bytes()
    assert (
        figures.save(fig.axes[0], str(tmp_path / "b.png"), dpi=50).read_bytes()
        == expected
    )
    part = plt.figure().subfigures(1, 2)[0]
    part.subplots().plot([1, 2])
    assert figures.save(part.axes[0], tmp_path / "c.png", dpi=50).exists()


def test_closed_figures_figures_without_pyplot_and_missing_folders(
    fig, tmp_path
):
    plt.close("all")
    assert figures.save(
        fig, tmp_path / "new" / "folder" / "a.png", dpi=50
    ).exists()
    bare = Figure()
    bare.subplots().plot([1, 2])
    assert figures.save(bare, tmp_path / "b.png", dpi=50).exists()


def test_home_is_not_a_folder_called_tilde(fig, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert figures.save(fig, "~/a.png", dpi=50) == tmp_path / "a.png"


def no_axes():
    return plt.figure()


def no_data():
    return plt.subplots(2)[0]


def invisible():
    fig, ax = plt.subplots()
    ax.plot([1, 2], color="white")
    ax.axis("off")
    return fig


@pytest.mark.parametrize("make", [no_axes, no_data, invisible])
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_an_empty_figure_is_refused(make, suffix, tmp_path):
    with pytest.raises(
        ValueError, match="empty.*show=False.*same cell.*plt.gcf()"
    ):
        figures.save(make(), tmp_path / "sub" / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("draw", ["text", "table", "suptitle", "image"])
def test_a_figure_without_lines_is_not_empty(draw, tmp_path):
    fig = plt.figure()
    match draw:
        case "text":
            fig.add_subplot().text(0.5, 0.5, "a")
        case "table":
            fig.add_subplot().table([["a"]])
        case "suptitle":
            fig.suptitle("a")
        case "image":
            fig.add_subplot().imshow(np.eye(3))
    assert figures.save(fig, tmp_path / "a.png", dpi=50).exists()


@pytest.mark.parametrize("wrong", [None, "a.png", np.array([1]), plt])
def test_what_is_no_figure_is_refused(wrong, tmp_path):
    with pytest.raises(
        TypeError, match=f"got {type(wrong).__name__}.*show=False.*plt.gcf()"
    ):
        figures.save(wrong, tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a", "a.bmp", "a.png.zip", ".png"])
def test_an_unknown_format_is_refused(fig, name, tmp_path):
    with pytest.raises(ValueError, match=r"\.jpg.*\.pdf.*\.png.*\.svg.*\.tif"):
        figures.save(fig, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dpi", [0, -300, float("nan"), float("inf")])
def test_a_wrong_dpi_is_refused(fig, dpi, tmp_path):
    with pytest.raises(ValueError, match="dpi must be a positive number"):
        figures.save(fig, tmp_path / "a.png", dpi=dpi)


@pytest.mark.parametrize("dpi", ["300", None])
def test_a_dpi_that_is_no_number_is_refused(fig, dpi, tmp_path):
    with pytest.raises(TypeError, match="dpi must be a number"):
        figures.save(fig, tmp_path / "a.png", dpi=dpi)


# A network as a diagram


def boxes(ax):
    """The lines in each box, from top to bottom."""
    texts = sorted(
        (text for text in ax.texts if text.get_text()),
        key=lambda text: (-text.get_position()[1], text.get_position()[0]),
    )
    return [text.get_text().splitlines() for text in texts]


def arrows(ax):
    """How many arrows there are."""
    return sum(isinstance(text, Annotation) for text in ax.texts)


def test_diagram_of_a_shipped_network():
    network = models.load("gauge")
    ax = figures.draw_network(network)
    drawn = boxes(ax)
    assert [name.split(" ")[0] for name, _ in drawn] == [
        layer.name for layer in network.layers
    ]
    assert ["conv_2 (Conv2D, relu)", "16 × 16 × 32, 4,640 parameters"] in drawn
    assert arrows(ax) == len(network.layers) - 1


def branching():
    inputs = keras.Input((6,), name="in")
    left = keras.layers.Dense(8, name="left")(inputs)
    right = keras.layers.Dense(8, activation="tanh", name="right")(inputs)
    both = keras.layers.Concatenate(name="both")([left, right])
    deep = keras.layers.Dense(16, name="deep")(both)
    added = keras.layers.Add(name="add")([both, deep])
    return keras.Model(inputs, keras.layers.Dense(1, name="out")(added))


def test_diagram_with_branches_and_a_skip():
    ax = figures.draw_network(branching())
    place = {
        text.get_text().split(" ")[0]: text.get_position()
        for text in ax.texts
        if text.get_text()
    }
    # Branches side by side, each layer below all that it reads.
    assert place["left"][1] == place["right"][1]
    assert place["left"][0] != place["right"][0]
    below = ["in", "left", "both", "deep", "add", "out"]
    heights = [place[name][1] for name in below]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == len(heights)
    assert arrows(ax) == 8


def test_diagram_letters_stay_in_their_boxes_and_boxes_apart(tmp_path):
    figures.use_style()
    for network in (branching(), models.load("gauge")):
        ax = figures.draw_network(network)
        ax.figure.canvas.draw()
        shown = [patch.get_window_extent() for patch in ax.patches]
        for one, other in itertools.combinations(shown, 2):
            assert not one.overlaps(other)
        for text in ax.texts:
            if text.get_text():
                letters = text.get_window_extent()
                assert any(
                    box.x0 <= letters.x0
                    and letters.x1 <= box.x1
                    and box.y0 - 2 <= letters.y0
                    and letters.y1 <= box.y1 + 2
                    for box in shown
                )
        figures.save(ax, tmp_path / "network.png")


def test_diagram_of_other_networks():
    sequential = keras.Sequential([keras.layers.Dense(1, name="one")])
    with pytest.raises(ValueError, match="it is not built"):
        figures.draw_network(sequential)
    sequential.build((None, 3))
    fig, ax = plt.subplots()
    assert figures.draw_network(sequential, ax) is ax
    assert boxes(ax)[-1] == ["one (Dense)", "1, 4 parameters"]
    with pytest.raises(TypeError, match="a Keras model is needed"):
        figures.draw_network(lambda X: X)

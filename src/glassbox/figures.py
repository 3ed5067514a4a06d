"""One look for every figure, a network as a diagram, and saving a figure so that it is never blank."""

import io
import math
from numbers import Real
from pathlib import Path
import warnings

from cycler import cycler
from glassbox.layers import single_output, tensors
import keras
import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import FancyBboxPatch
import matplotlib.pyplot as plt
import numpy as np

# Eight colors that color-blind readers tell apart.
# Source: M. Okabe and K. Ito, "Color Universal Design", https://jfly.uni-koeln.de/color/
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"

# An attribution that raises the prediction is warm, one that lowers it is cool, as in SHAP's plots.
POSITIVE = VERMILLION
NEGATIVE = BLUE
NEUTRAL = "#767676"

# Names of Matplotlib color maps: values around a meaningful zero, and values from low to high.
DIVERGING = "RdBu_r"
SEQUENTIAL = "viridis"

# Families with Chinese, Japanese and Korean letters, as Linux, macOS and Windows name them.
CJK = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "Malgun Gothic",
)

FORMATS: dict[str, dict] = {
    ".png": {},
    ".jpg": {"pil_kwargs": {"quality": 95, "subsampling": 0}},
    ".tif": {"pil_kwargs": {"compression": "tiff_lzw"}},
    ".svg": {"metadata": {"Date": None}},
    ".pdf": {"metadata": {"CreationDate": None}},
}
FORMATS[".jpeg"] = FORMATS[".jpg"]
FORMATS[".tiff"] = FORMATS[".tif"]


def use_style() -> None:
    """Give every figure that is drawn from now on the look of this book.

    Color-blind readers tell its colors apart, letters can be read on a phone, and a figure in a
    notebook stays small. Chinese, Japanese and Korean letters appear if a font of the computer
    has them. The order of this call and ``import shap`` does not matter.

    SHAP's plots set their own sizes and colors. Color-blind readers tell their red and blue apart
    too, and red raises the prediction as `POSITIVE` does. Printed in gray the two look alike,
    there as here: a figure also needs a sign, an arrow or a side of zero.
    """
    installed = set(font_manager.get_font_names())
    matplotlib.rcParams.update(
        {
            # Only families that exist: Matplotlib warns about each of the others in every cell.
            # DejaVu Sans ships with Matplotlib. It comes first because it has the minus sign.
            "font.family": [
                "DejaVu Sans",
                *(name for name in CJK if name in installed),
            ],
            "axes.unicode_minus": True,
            "font.size": 12,
            "axes.titlesize": 13,
            "axes.labelsize": 12,
            "axes.prop_cycle": cycler(
                color=[BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY]
            ),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.figsize": (6, 3.75),
            "figure.dpi": 80,
            "figure.facecolor": "white",
            "image.cmap": SEQUENTIAL,
            "legend.frameon": False,
            "lines.linewidth": 2,
        }
    )


def save(fig: Figure | Axes, path: str | Path, dpi: float = 300) -> Path:
    """Save a figure for a paper. The file is never blank.

    Parameters
    ----------
    fig : Figure or Axes
        The figure, or any axes in it. Saving does not change it.
    path : str or Path
        Where to write. The ending names the format: .png, .jpg, .tif (compressed with LZW),
        .svg or .pdf. Missing folders are made, and a file of that name is replaced.
    dpi : float
        Dots per inch, written into the file too. In .svg and .pdf only images have dots.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    TypeError
        If ``fig`` is not a Matplotlib figure, or ``dpi`` is not a number.
    ValueError
        If the figure is empty, the ending names no format, or ``dpi`` is not a positive number.

    Notes
    -----
    The white margin is cut to the drawing, so the file can be a little smaller or larger than
    the figure's size. The same figure gives the same bytes every time.
    """
    while isinstance(fig, Axes | SubFigure):
        fig = fig.figure
    if not isinstance(fig, Figure):
        raise TypeError(
            f"save needs a Matplotlib figure and got {type(fig).__name__}. Many SHAP plots return "
            "None: call the plot with show=False, then write fig = plt.gcf() in the same cell. "
            "A force plot also needs matplotlib=True."
        )
    path = Path(path).expanduser()
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(
            f"'{path.name}' does not end in a format that can be saved. Use one of: "
            + ", ".join(sorted(FORMATS))
        )
    if not isinstance(dpi, Real):
        raise TypeError(
            f"dpi must be a number, such as 150 or 300, and is {dpi!r}."
        )
    if not 0 < dpi < math.inf:
        raise ValueError(
            f"dpi must be a positive number, such as 150 or 300, and is {dpi}."
        )
    # A see-through figure becomes white, because .jpg has no transparency and paper is white.
    color = fig.get_facecolor()
    color = color if to_rgba(color)[3] == 1 else "white"
    if _is_empty(fig, color):
        raise ValueError(
            "The figure is empty, so nothing was saved. Most likely the plot call has already "
            "shown and closed its figure, and plt.gcf() has made a new, empty one. Call the plot "
            "with show=False, keep its figure in the same cell with fig = plt.gcf(), and save fig."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    # A fixed salt gives equal bytes. Journals refuse the default Type 3 fonts: 42 is TrueType.
    with matplotlib.rc_context(
        {"svg.hashsalt": "glassbox", "pdf.fonttype": 42}
    ):
        fig.savefig(
            path,
            dpi=dpi,
            bbox_inches="tight",
            facecolor=color,
            **FORMATS[suffix],
        )
    return path


def draw_network(model: keras.Model, ax: Axes | None = None) -> Axes:
    """Draw a network as boxes, one for each layer, from its input at the top to its output.

    A box tells name and kind of the layer, the shape of what it gives for one row, and its number of
    parameters. Branches stand side by side. Nothing but Matplotlib is needed.

    Parameters
    ----------
    model : keras.Model
        A Functional or built Sequential network with one input and one output. A model that is used as a
        layer is one box.
    ax : Axes, optional
        Where to draw. The default is a new figure that is as tall as the network needs.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the network cannot be opened. The message says what to do.
    """
    network = single_output(model)
    around = {layer: tensors(network, layer) for layer in network.operations}
    made_by = {
        id(tensor): layer
        for layer, (_, gives) in around.items()
        for tensor in keras.tree.flatten(gives)
    }
    # Each layer stands below all that it reads.
    depth: dict = {}
    edges = []
    for layer, (reads, _) in around.items():
        above = [made_by[id(tensor)] for tensor in reads]
        depth[layer] = max((depth[before] + 1 for before in above), default=0)
        edges += [(before, layer) for before in above]
    ranks: list[list] = [[] for _ in range(max(depth.values()) + 1)]
    for layer, rank in depth.items():
        ranks[rank].append(layer)
    widest = max(map(len, ranks))
    if ax is None:
        _, ax = plt.subplots(
            figsize=(max(4.6, 3.4 * widest), 0.95 * len(ranks) + 0.2)
        )
    place = {
        layer: ((i + 0.5) * widest / len(rank) - widest / 2, -number)
        for number, rank in enumerate(ranks)
        for i, layer in enumerate(rank)
    }
    for above, below in edges:
        (x0, y0), (x1, y1) = place[above], place[below]
        # What skips a layer goes around it, from side to side.
        skips = y0 - y1 > 1
        ax.annotate(
            "",
            (x1 + 0.47, y1) if skips else (x1, y1 + 0.3),
            (x0 + 0.47, y0) if skips else (x0, y0 - 0.3),
            arrowprops={
                "arrowstyle": "-|>",
                "connectionstyle": f"arc3,rad={-0.15 if skips else 0}",
                "color": NEUTRAL,
                "lw": 1.5,
            },
        )
    for layer, (x, y) in place.items():
        weighted = layer.count_params() if hasattr(layer, "weights") else 0
        ax.add_patch(
            FancyBboxPatch(
                (x - 0.45, y - 0.27),
                0.9,
                0.54,
                boxstyle="round,pad=0.02",
                facecolor="#DCECF6" if weighted else "white",
                edgecolor=BLUE if weighted else NEUTRAL,
            )
        )
        ax.text(
            x,
            y,
            _describe(layer, around[layer][1], weighted),
            ha="center",
            va="center",
        )
    skips = any(depth[b] - depth[a] > 1 for a, b in edges)
    ax.set(
        xlim=(-widest / 2, widest / 2 + 0.2 * skips),
        ylim=(0.45 - len(ranks), 0.45),
    )
    ax.axis("off")
    return ax


def _describe(layer, gives, parameters: int) -> str:
    """Two lines for the box of a layer."""
    activation = getattr(layer, "activation", None)
    kind = type(layer).__name__
    if activation is not None and activation.__name__ != "linear":
        kind += f", {activation.__name__}"
    shapes = [tensor.shape[1:] for tensor in keras.tree.flatten(gives)]
    shape = ", ".join(" × ".join(map(str, shape)) or "1" for shape in shapes)
    count = f", {parameters:,} parameters" if parameters else ""
    return f"{layer.name} ({kind})\n{shape}{count}"


def _is_empty(fig: Figure, color) -> bool:
    """Whether nothing is drawn in the axes or the figure, or nothing that can be seen."""
    if not any(
        ax.has_data() or ax.texts or ax.tables or ax.artists for ax in fig.axes
    ) and not (
        fig.texts or fig.lines or fig.patches or fig.images or fig.artists
    ):
        return True
    with io.BytesIO() as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Saving says it again, once.
        fig.savefig(
            file, format="rgba", dpi=50, bbox_inches="tight", facecolor=color
        )
        pixels = np.frombuffer(file.getvalue(), np.uint8).reshape(-1, 4)
    return bool((pixels == pixels[0]).all())

"""The numbers, tables and figures of the chapter "Structure".

The screenshots of TensorBoard are made by tools/screenshots.py, which runs the chapter's recipe too.
"""

from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
import re
from tempfile import TemporaryDirectory

from glassbox import data, figures, models
import keras
from matplotlib.patches import Rectangle
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import r2_score
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
import tensorflow as tf

SEEDS = (0, 1, 2)
EPOCHS = 40  # of the recipe
SMOOTHING = 0.6  # where the slider of TensorBoard stands at first


def recipe() -> str:
    """The Python of the chapter's section "Log a run"."""
    text = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    section = re.search(r"^### Log a run$(.*?)^##", text, re.M | re.S)[1]
    return "\n".join(
        re.findall(r"^```python\n(.*?)^```$", section, re.M | re.S)
    )


def log_a_run(folder: Path) -> None:
    """Run the chapter's recipe in `folder`, so that the log is the one a reader gets."""
    with chdir(folder), redirect_stdout(None):
        exec(compile(recipe(), "recipe", "exec"), {})


def curve(run: Path, tag: str) -> np.ndarray:
    """The values of a scalar, in the order of its steps."""
    # Without this it keeps ten of them.
    log = EventAccumulator(str(run), size_guidance={"tensors": 0}).Reload()
    return np.array(
        [float(tf.make_ndarray(e.tensor_proto)) for e in log.Tensors(tag)]
    )


def smooth(values: np.ndarray, weight: float) -> np.ndarray:
    """What TensorBoard draws instead of the values: a running mean that forgets."""
    ages = np.arange(len(values))[:, None] - np.arange(len(values))
    weights = np.where(ages >= 0, weight ** np.maximum(ages, 0), 0.0)
    return weights @ values / weights.sum(axis=1)


@dataclass(frozen=True)
class Field:
    """Which pixels a unit sees, in one direction of the image.

    Unit `i` of a map sees the `size` pixels from `start + i * jump` on.
    """

    size: int = 1
    jump: int = 1
    start: int = 0


def fields(network: keras.Model) -> dict[str, Field]:
    """The receptive field of each convolution and pooling, from kernels and strides alone."""
    found, field = {}, Field()
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            assert layer.padding == "same" and layer.strides == (1, 1)
            kernel, stride = layer.kernel_size[0], 1
            before = (kernel - 1) // 2
        elif isinstance(layer, keras.layers.MaxPooling2D):
            kernel, stride, before = layer.pool_size[0], layer.strides[0], 0
        else:
            continue
        field = Field(
            field.size + (kernel - 1) * field.jump,
            field.jump * stride,
            field.start - before * field.jump,
        )
        found[layer.name] = field
    return found


def sensitivity(
    network: keras.Model, name: str, unit: int, images: np.ndarray
) -> np.ndarray:
    """The mean absolute gradient of the place (unit, unit), all its channels added up, at each pixel."""
    opened = keras.Model(network.inputs[0], network.get_layer(name).output)
    pixels = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        total = tf.reduce_sum(opened(pixels)[:, unit, unit])
    return np.abs(tape.gradient(total, pixels).numpy()[..., 0]).mean(axis=0)


def count(network: keras.Model) -> dict[str, tuple[int, int]]:
    """Parameters and multiplications of each layer that has a kernel."""
    counts = {}
    for layer in network.layers:
        if (kernel := getattr(layer, "kernel", None)) is None:
            continue
        # A kernel is used once for each pixel of a map, and once in a dense layer.
        places = int(np.prod(layer.output.shape[1:-1]))
        counts[layer.name] = (
            layer.count_params(),
            places * int(np.prod(kernel.shape)),
        )
    return counts


def count_gauge(
    folder: Path, network: keras.Model, numbers: dict[str, str]
) -> None:
    """The table of parameters and multiplications, and shares of them."""
    counts = count(network)
    parameters, products = (sum(c) for c in zip(*counts.values(), strict=True))
    assert parameters == models.card("gauge")["parameters"]
    lines = [
        "| layer | gives | parameters | multiplications |",
        "|---|---|---:|---:|",
    ]
    for layer in network.layers:
        shape = " × ".join(map(str, layer.output.shape[1:]))
        if layer.name in counts:
            own, times = (f"{c:,}" for c in counts[layer.name])
            lines.append(f"| {layer.name} | {shape} | {own} | {times} |")
    lines.append(f"| **all** | | **{parameters:,}** | **{products:,}** |")
    write(folder / "counts.md", lines)
    convolutions = [name for name in counts if name.startswith("conv")]
    numbers |= {
        "hidden_parameter_share": percent(counts["hidden"][0] / parameters),
        "hidden_product_share": f"{100 * counts['hidden'][1] / products:.1f}",
        "conv_parameter_share": percent(
            sum(counts[name][0] for name in convolutions) / parameters
        ),
        "conv_product_share": f"{100 * sum(counts[name][1] for name in convolutions) / products:.1f}",
        "conv_2_uses": f"{network.get_layer('conv_2').output.shape[1] ** 2}",
    }


def receptive_fields(
    folder: Path, network: keras.Model, numbers: dict[str, str]
) -> None:
    """What a unit of each map sees: by arithmetic, and measured by the gradient."""
    dials = data.gauge()
    images = dials.X_test[:500]
    found = fields(network)
    lines = [
        "| layer | map | one unit sees | neighbors are apart |",
        "|---|---|---:|---:|",
    ]
    for name, field in found.items():
        side = network.get_layer(name).output.shape[1]
        lines.append(
            f"| {name} | {side} × {side} | {field.size} × {field.size} pixels | {field.jump} px |"
        )
    write(folder / "fields.md", lines)

    unit, field = 4, found["conv_3"]
    seen = sensitivity(network, "conv_3", unit, images)
    first, last = (
        field.start + unit * field.jump,
        field.start + unit * field.jump + field.size - 1,
    )
    window = np.zeros(seen.shape, bool)
    window[first : last + 1, first : last + 1] = True
    # Measured and counted by hand are the same.
    assert np.array_equal(seen > 0, window)
    inner = seen[first + 4 : last - 3, first + 4 : last - 3]
    last_of_corner = field.start + field.size - 1
    numbers |= {
        "field_size": f"{field.size}",
        "field_share": percent(field.size**2 / seen.size),
        "field_first": f"{first}",
        "field_last": f"{last}",
        "corner_size": f"{last_of_corner + 1}",
        "inner_size": f"{len(inner)}",
        "inner_area": percent(inner.size / field.size**2),
        "inner_share": percent(inner.sum() / seen.sum()),
    }

    fig, ax = plt.subplots(figsize=(5, 4.6))
    # A dial that is easy to see.
    clear = images.std(axis=(1, 2, 3)).argmax()
    ax.imshow(images[clear, ..., 0], cmap="gray", vmin=0, vmax=1)
    for name, at, color, style in (
        ("conv_1", 16, figures.YELLOW, "-"),
        ("conv_2", 8, figures.SKY, "--"),
        ("conv_3", 4, figures.ORANGE, "-."),
    ):
        field = found[name]
        corner = field.start + at * field.jump - 0.5
        ax.add_patch(
            Rectangle(
                (corner, corner),
                field.size,
                field.size,
                fill=False,
                edgecolor=color,
                linestyle=style,
                linewidth=3,
                label=f"{name}: {field.size} × {field.size}",
            )
        )
    ax.set(xlabel="column (pixel)", ylabel="row (pixel)")
    ax.grid(False)
    ax.legend(
        loc="lower center",
        bbox_to_anchor=(0.45, 1),
        ncols=3,
        columnspacing=1,
        handlelength=1.6,
    )
    figures.save(fig, folder / "fields.png", dpi=110)


def read_the_log(numbers: dict[str, str]) -> None:
    """What the curves of the chapter's own run say."""
    # Windows deletes no file that something has open still.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log_a_run(Path(folder))
        run = Path(folder) / "logs" / "first"
        loss, validation = (
            curve(run / part, "epoch_loss") for part in ("train", "validation")
        )
    epoch = 4
    smoothed = smooth(loss, SMOOTHING)
    numbers |= {
        "loss_first": f"{round(loss[0], -1):.0f}",
        "validation_first": f"{round(validation[0], -1):.0f}",
        "validation_end": f"{round(validation[-10:].mean(), -1):.0f}",
        "smoothed_loss": f"{round(smoothed[epoch], -1):.0f}",
        "raw_loss": f"{round(loss[epoch], -1):.0f}",
    }
    # The text: below the noise, and the validation loss hardly falls in the last ten epochs.
    noise = data.HEATING_NOISE**2
    assert loss[-10:].mean() < noise
    assert validation[-11] - validation[-1] < 10
    numbers["noise"] = f"{noise:.0f}"


def weights_move(numbers: dict[str, str]) -> None:
    """How far a kernel moves when there is something to learn, and when there is nothing."""
    buildings = data.heating()
    X, y = buildings.X_train[:300], buildings.y_train[:300]
    moved: dict[str, list] = {"real": [], "shuffled": []}
    score: dict[str, list] = {"real": [], "shuffled": []}
    for seed in SEEDS:
        targets = {
            "real": y,
            "shuffled": np.random.default_rng(seed).permutation(y),
        }
        for name, target in targets.items():
            keras.utils.set_random_seed(seed)
            network = keras.Sequential(
                [
                    keras.Input((X.shape[1],)),
                    keras.layers.Normalization(
                        mean=X.mean(axis=0), variance=X.var(axis=0)
                    ),
                    keras.layers.Dense(64, "relu", name="hidden_1"),
                    keras.layers.Dense(64, "relu"),
                    keras.layers.Dense(1),
                    keras.layers.Rescaling(y.std(), y.mean()),
                ]
            )
            network.compile(optimizer="adam", loss="mse")
            kernel = network.get_layer("hidden_1").kernel
            before = kernel.numpy()
            network.fit(X, target, epochs=40, verbose=0)
            moved[name].append(
                np.linalg.norm(kernel.numpy() - before) / np.linalg.norm(before)
            )
            predicted = network.predict(buildings.X_test, verbose=0).ravel()
            score[name].append(r2_score(buildings.y_test, predicted))
    assert min(moved["shuffled"]) > max(moved["real"])
    for name in moved:
        numbers[f"moved_{name}"] = percent(np.mean(moved[name]))
        numbers[f"moved_{name}_range"] = (
            f"{percent(min(moved[name]))} to {percent(max(moved[name]))}"
        )
    numbers["score_real"] = f"{np.mean(score['real']):.1f}"
    assert max(score["shuffled"]) < 0


def percent(share: float) -> str:
    return f"{100 * share:.0f}"


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def compute(folder: Path) -> dict[str, str]:
    """Write this chapter's figures and tables into `folder` and return its numbers."""
    figures.use_style()
    numbers: dict[str, str] = {}
    gauge = models.load("gauge")
    _, ax = plt.subplots(figsize=(4.6, 10))
    figures.draw_network(gauge, ax)
    figures.save(ax.figure, folder / "gauge.png", dpi=95)
    count_gauge(folder, gauge, numbers)
    receptive_fields(folder, gauge, numbers)
    read_the_log(numbers)
    weights_move(numbers)
    plt.close("all")
    return numbers

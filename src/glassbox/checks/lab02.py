"""Checks of Lab 02, What is this network made of?"""

from collections.abc import Callable
import functools
from numbers import Number
from pathlib import Path
import re
import shutil
from tempfile import TemporaryDirectory
from typing import Any

from glassbox.checks import (
    Lab,
    Open,
    Wrong,
    array,
    call,
    close,
    compare,
    number,
    recognize,
)
import keras
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
import tensorflow as tf

lab = Lab("02_structure")
progress = lab.progress


def as_list(answer: Any) -> Callable:
    """The learner's function, for `compare`: a list or tuple of numbers is as good as an array here."""

    def numbers(*arguments):
        result = call(answer, *arguments)
        if not isinstance(result, list | tuple):
            if hasattr(result, "__array__") or isinstance(result, Number):
                return result
            raise Wrong(
                f"Return a list of numbers; this is a {type(result).__name__}."
                + (" list(...) makes one of it." if is_lazy(result) else "")
            )
        if any(item is ... for item in result):
            raise Open
        if any(isinstance(item, str) for item in result):
            raise Wrong(
                "These are texts. Return the numbers themselves: how they look is for print to say."
            )
        try:
            return np.array(result, float)
        except (TypeError, ValueError):
            raise Wrong(
                f"These should be plain numbers, one after the other; this is {str(result)[:80]}."
            ) from None

    return numbers


def is_lazy(result: Any) -> bool:
    """Whether it is a generator, map or zip: nothing is computed yet."""
    return hasattr(result, "__next__")


def asked(answer: Callable, case: tuple) -> Any:
    """As `call`, for a function that `as_list` made: its verdicts come through as they are."""
    if not callable(answer):
        return call(answer, *case)
    return as_list(answer)(*case)


# Exercise 1


def reference_dense_parameters(sizes):
    return [(a + 1) * b for a, b in zip(sizes[:-1], sizes[1:], strict=True)]


SIZES = (
    ([10, 64, 64, 1],),
    ([7, 3, 5, 4, 2],),
    ([3, 2, 1],),
    ([2, 9, 9, 6, 3, 1],),
)


def pairwise(count: Callable) -> Callable:
    """A wrong way to count: the same for each pair of neighbors."""
    return lambda sizes: np.array(
        [count(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)], float
    )


DENSE_SLIPS = (
    (
        pairwise(lambda a, b: a * b),
        "These are the weights alone. Each unit has a bias too: one more parameter for each unit of the layer.",
    ),
    (
        pairwise(lambda a, b: a * b + a),
        "One bias for each number that comes in? A bias belongs to a unit: it is what the unit gives when nothing comes in.",
    ),
    (
        pairwise(lambda a, b: a * b + 1),
        "One bias for the whole layer? Each unit has a bias of its own.",
    ),
    (
        pairwise(lambda a, b: a + b),
        "Each unit has a weight for each number that comes in: multiply the two sizes.",
    ),
    (
        pairwise(lambda a, b: (a + 1) * (b + 1)),
        "This gives a bias to one unit too many. A layer of b units has b biases: (a + 1) * b.",
    ),
    (
        lambda sizes: np.array([(b + 1) * b for b in sizes[1:]], float),
        "This counts as if each layer read as many numbers as it has units. It reads what the layer before it gives.",
    ),
    (
        lambda sizes: np.cumsum(reference_dense_parameters(sizes)),
        "These are sums over all layers so far. Return one number for each layer by itself.",
    ),
    (
        lambda sizes: np.array(reference_dense_parameters(sizes))[::-1],
        "The numbers are right, and in reversed order. Begin with the layer that reads the features.",
    ),
    (
        lambda sizes: np.sort(reference_dense_parameters(sizes)),
        "The numbers are right, and sorted. Keep the order of the layers.",
    ),
    (
        lambda sizes: np.array(
            [2 * sizes[0] + 1, *reference_dense_parameters(sizes)], float
        ),
        "The first number counts a layer that standardizes. Only the dense layers are asked for.",
    ),
    (
        lambda sizes: np.array([0, *reference_dense_parameters(sizes)], float),
        "There is one number too many: the features are no layer. For n sizes there are n − 1 layers.",
    ),
    (
        lambda sizes: np.array(reference_dense_parameters(sizes)[:-1], float),
        "The output layer is missing. For n sizes there are n − 1 layers.",
    ),
    (
        lambda sizes: np.array(reference_dense_parameters(sizes)[:1], float),
        "This is the first layer alone. Does return stand inside the loop? Let it stand below.",
    ),
    (
        lambda sizes: np.array(
            [*reference_dense_parameters(sizes)[:-1], sizes[-2] * sizes[-1]],
            float,
        ),
        "The biases of the output are missing. Its units have one each, as all others do.",
    ),
    (
        lambda sizes: np.array(
            [
                *reference_dense_parameters(sizes),
                sum(reference_dense_parameters(sizes)),
            ],
            float,
        ),
        "The last number is the sum of the others. Return the layers alone.",
    ),
    (
        lambda sizes: np.array([704.0, 4160.0, 65.0]),
        "These are the numbers of the heating network, whatever the sizes are. Count from the argument.",
    ),
)


@lab.exercise(
    "Exercise 1: count the parameters of a dense network",
    reference=reference_dense_parameters,
    hints=(
        "A layer lies between two neighbors in the list: it reads the first size and has as many units as the second.",
        "Units times numbers that come in, plus one bias for each unit.",
        "[(a + 1) * b for a, b in zip(sizes[:-1], sizes[1:])]",
    ),
)
def dense_parameters(answer):
    """A function (sizes) -> parameters of each dense layer, one number less than sizes."""
    for case in SIZES:
        result = asked(answer, case)
        if np.ndim(result) == 0 and np.size(result) == 1:
            try:
                total = float(result)
            except (TypeError, ValueError):
                break
            if close(total, sum(reference_dense_parameters(*case)), 0.5):
                raise Wrong(
                    "This is the sum over all layers. Return a list with one number for each layer."
                )
            raise Wrong(
                f"This is one number. For the sizes {list(case[0])} there are {len(case[0]) - 1} layers: return a "
                "list. Does return stand inside the loop? Let it stand below."
            )
    compare(
        as_list(answer),
        reference_dense_parameters,
        SIZES,
        DENSE_SLIPS,
        what="The list of parameters",
        tolerance=1e-9,
    )
    return "Layer by layer, so you see where they are: mostly between two wide layers."


# Exercise 2


def places(length: int, size: int, stride: int, padding: str) -> int:
    """How many places a window finds along one side."""
    if padding == "same":
        return -(-length // stride)
    return (length - size) // stride + 1


def reference_convolution(shape, filters, size, stride, padding):
    height, width, channels = shape
    high = places(height, size, stride, padding)
    wide = places(width, size, stride, padding)
    window = size * size * channels
    return [
        high,
        wide,
        (window + 1) * filters,
        high * wide * filters * window,
    ]


CONVOLUTIONS = (
    ((32, 32, 1), 16, 3, 1, "same"),
    ((20, 31, 3), 8, 5, 2, "valid"),
    ((17, 9, 4), 6, 3, 2, "same"),
    ((13, 25, 2), 5, 4, 3, "valid"),
    ((7, 10, 5), 2, 2, 3, "same"),
    # An even window: zeros all around would give one place too many.
    ((8, 6, 3), 4, 4, 2, "same"),
)


def both_sides(count: Callable) -> tuple[Callable, Callable]:
    """A wrong number of places, for the height and for the width."""
    return tuple(
        lambda shape, filters, size, stride, padding, side=side: count(
            shape[side], size, stride, padding
        )
        for side in (0, 1)
    )


WRONG_PLACES = (
    (
        lambda n, k, s, p: places(n, k, s, "same"),
        "Right for “same” and wrong for “valid”: there the window must fit into the image.",
    ),
    (
        lambda n, k, s, p: places(n, k, s, "valid"),
        "Right for “valid” and wrong for “same”: there zeros are added around the image.",
    ),
    (
        lambda n, k, s, p: places(n, k, 1, p),
        "The stride is missing: the window does not stop at each pixel.",
    ),
    (
        lambda n, k, s, p: n // s if p == "same" else places(n, k, s, p),
        "With “same” round up: a rest of the image gets a place too.",
    ),
    (
        lambda n, k, s, p: -(-n // s) if p == "same" else (n - k) // s,
        "With “valid” one place is missing: the window also stands at 0. Add 1.",
    ),
    (
        lambda n, k, s, p: -(-n // s) if p == "same" else -(-(n - k) // s) + 1,
        "With “valid” round down: a window that does not fit has no place.",
    ),
    (
        lambda n, k, s, p: -(-n // s) if p == "same" else (n - k + 1) // s,
        "With “valid”: first (length − size) // stride, and then plus 1.",
    ),
    (
        lambda n, k, s, p: n,
        "This is the image that comes in. Asked for is what comes out.",
    ),
    (
        lambda n, k, s, p: n if p == "same" else places(n, k, s, p),
        "With “same” the stride counts too: the size stays only if the stride is 1.",
    ),
    (
        lambda n, k, s, p: places(n, k, 1 if p == "valid" else s, p),
        "With “valid” the stride is missing: the window does not stop at each pixel.",
    ),
    (
        lambda n, k, s, p: n // s + 1 if p == "same" else places(n, k, s, p),
        "With “same” round up. Always plus 1 is one too many where the division leaves no rest.",
    ),
    (
        lambda n, k, s, p: (
            (n + 2 * (k // 2) - k) // s + 1
            if p == "same"
            else places(n, k, s, p)
        ),
        "With “same” this is right for odd windows alone: around an even one, Keras puts fewer zeros on one side. "
        "Length / stride, rounded up, is right for all.",
    ),
    (
        lambda n, k, s, p: places(n, k, s, "valid" if p == "same" else "same"),
        "“same” and “valid” are exchanged.",
    ),
    (
        lambda n, k, s, p: (n - k) / s + 1 if p == "valid" else n / s,
        "These are not whole numbers. Half a place is none. “same” rounds up, “valid” rounds down.",
    ),
    (
        lambda n, k, s, p: (
            (n - k) / s + 1 if p == "valid" else places(n, k, s, p)
        ),
        "With “valid” these are not whole numbers. Half a place is none: use // to round down.",
    ),
)
OTHER_SIDE = (
    (
        lambda shape, filters, size, stride, padding: places(
            shape[1], size, stride, padding
        ),
        "The height: This is the width. The shape is (height, width, channels), in this order.",
    ),
    (
        lambda shape, filters, size, stride, padding: places(
            shape[0], size, stride, padding
        ),
        "The width: This is the height again. The image need not be a square.",
    ),
)


def of_reference(change: Callable) -> Callable:
    """A slip, from what is right and from the arguments."""
    return lambda *case: change(
        *reference_convolution(*case), case[0][2], *case[1:4]
    )


# Arguments: high, wide, parameters, multiplications, channels, filters, size, stride.
PARAMETER_SLIPS = (
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * f + f),
        "The channels are missing. A filter has a weight for each pixel of its window, in each channel.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * c * f),
        "The biases are missing: one for each filter.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * f),
        "Channels and biases are missing. A filter has a weight for each pixel of its window in each channel, and one bias.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: (k * c + 1) * f),
        "The window is a square: it has size * size pixels.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * c * f + 1),
        "One bias for the whole layer? Each filter has a bias of its own.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * c * f + c),
        "One bias for each channel that comes in? Each filter has one.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: (k * k + 1) * c * f),
        "A filter has one bias, not one for each channel. Add it after you have multiplied by the channels.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * c + f),
        "Each filter has weights of its own. Multiply the weights by the filters too.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: p * h * w),
        "The filter uses the same weights at all places. Do not multiply by the number of places.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * c * f + h * w * f),
        "A filter has one bias, and adds the same one at each place.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: k * k * c + 1),
        "These are the parameters of one filter. The layer has several.",
    ),
)
WORK_SLIPS = (
    (
        of_reference(lambda h, w, p, m, c, f, k, s: m / c),
        "The channels are missing: at each place, a filter multiplies all channels.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: m / f),
        "The filters are missing: each of them multiplies at each place.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: m / (c * f)),
        "Channels and filters are missing: at each place, each filter multiplies all channels.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: h * w * p),
        "A bias is added, not multiplied. Leave the biases out of the multiplications.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: p),
        "These are the parameters again. Each weight is used at each place: multiply by the number of places.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: m / (h * w)),
        "Each weight is used at each place of the output: multiply by the number of places.",
    ),
    (
        lambda shape, filters, size, stride, padding: (
            shape[0] * shape[1] * filters * size**2 * shape[2]
        ),
        "This counts a place for each pixel that comes in. Count the places of what comes out.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: h * w * f),
        "These are the numbers that come out. Each of them took as many multiplications as a filter has weights.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: m / k),
        "The window is a square: it has size * size pixels.",
    ),
    (
        of_reference(lambda h, w, p, m, c, f, k, s: 2 * m),
        "This counts the additions too. Asked for are the multiplications alone.",
    ),
)


@lab.exercise(
    "Exercise 2: what a convolution costs",
    reference=reference_convolution,
    hints=(
        "Four steps: places along the height, places along the width, parameters of all filters, and how often each weight "
        "is used.",
        "“same”: length / stride, rounded up. “valid”: (length − size) // stride + 1. A filter has size * size * channels "
        "weights and one bias.",
        "-(-height // stride) rounds up. Multiplications: high * wide * filters * size * size * channels.",
    ),
)
def convolution(answer):
    """A function (shape, filters, size, stride, padding) -> height, width, parameters, multiplications."""
    what = "The answer"
    results = []
    for case in CONVOLUTIONS:
        result = asked(answer, case)
        if isinstance(result, Number):
            raise Wrong(
                "This is one number. Four are asked for: height, width, parameters, multiplications."
            )
        results.append(array(result, what))
    for got in results:
        if got.shape != (4,):
            raise Wrong(
                f"Four numbers are asked for: height, width, parameters, multiplications. This has shape {got.shape}."
            )
        if not np.isfinite(got).all():
            raise Wrong("There are missing or infinite numbers in it.")
    got = np.array(results)
    expected = np.array(
        [reference_convolution(*case) for case in CONVOLUTIONS], float
    )
    if np.array_equal(got, expected):
        return "Keras gives the same shapes and counts."
    for order, name in (
        ((1, 0, 2, 3), "height and width"),
        ((0, 1, 3, 2), "parameters and multiplications"),
    ):
        if np.array_equal(got[:, order], expected):
            raise Wrong(
                f"The numbers are right, and {name} are exchanged. The order is: height, width, parameters, "
                "multiplications."
            )
    for column, side in enumerate(("height", "width")):
        slips = [
            (both_sides(count)[column], f"The {side}: {reason}")
            for count, reason in WRONG_PLACES
        ]
        slips.append(OTHER_SIDE[column])
        judge_column(got, expected, column, slips, f"The {side}")
    judge_column(got, expected, 2, PARAMETER_SLIPS, "The number of parameters")
    judge_column(got, expected, 3, WORK_SLIPS, "The number of multiplications")
    return None


def judge_column(got, expected, column: int, slips, what: str) -> None:
    """Judge one of the four numbers in all cases."""
    if np.array_equal(got[:, column], expected[:, column]):
        return
    recognize(got[:, column], CONVOLUTIONS, slips)
    for case, one, right in zip(
        CONVOLUTIONS, got[:, column], expected[:, column], strict=True
    ):
        if one != right:
            shape, filters, size, stride, padding = case
            raise Wrong(
                f"{what} is not right for an image {shape} with filters={filters}, size={size}, stride={stride} and "
                f"padding={padding!r}: it should be {right:,.0f}, and is {one:,.6g}."
            )


# Exercise 3


def reference_new_run(root, name):
    number = 1
    while True:
        run = Path(root) / f"{name}_{number}"
        try:
            run.mkdir()
        except FileExistsError:
            number += 1
        else:
            return run


OF_TIME = "Is its name made of the time, to the second? The check is faster than that, and so are short runs."


def run_below(answer, root: Path, name: str) -> Path:
    """A folder that the learner's function gives, or what is wrong with it."""
    try:
        result = call(answer, root, name)
    except Wrong as reason:
        error = reason.__cause__
        if not isinstance(error, FileExistsError):
            raise
        taken = Path(error.filename or "").name
        raise Wrong(
            f"FileExistsError: the folder {taken!r} is there already, and an earlier run has it. "
            + (
                OF_TIME
                if looks_like_time(taken)
                else "Do not count, and do not rely on the order of the names: ask for each name if it exists, before "
                "you make the folder."
            )
        ) from error
    try:
        run = Path(result)
    except TypeError:
        raise Wrong(
            f"The folder should be a Path or a text; this is a {type(result).__name__}."
        ) from None
    inside = run.resolve()
    if inside == root.resolve():
        raise Wrong(
            "This is root itself. The runs need folders below it, one each."
        )
    if root.resolve() not in inside.parents:
        raise Wrong(
            "This folder does not lie below root. Begin with root: root / ... makes a path below it."
        )
    if run.is_file():
        raise Wrong(
            "This is a file. The callback needs a folder: it makes the files in it."
        )
    if name not in inside.relative_to(root.resolve()).as_posix():
        raise Wrong(
            "The name is not in the path. In TensorBoard, the path is all that tells one run from another."
        )
    return inside


def write_log(run: Path) -> Path:
    """What the callback does to a run's folder: a file in a folder of its own."""
    file = run / "train" / "events.out.tfevents.0"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a log", encoding="utf-8")
    return file


@lab.exercise(
    "Exercise 3: spot the bug, the run that was there before",
    reference=reference_new_run,
    hints=(
        "Where is it written down, also after a restart, which folders are taken? On the disk.",
        'Try root / f"{name}_1", then _2, and so on, while (...).exists(). And what if two calls come before anything is '
        "written?",
        "Make the folder that you have found, with run.mkdir(), and return it. If the cell never ends, the path that "
        "while asks for stays the same: the number must grow inside the loop.",
    ),
)
def new_run(answer):
    """A function (root, name) -> a folder below root, another one each time, with the name in its path."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "as in the lab"
        root.mkdir()
        first = run_below(answer, root, "slow")
        made = first.exists()
        kept = [write_log(first)]
        second = run_below(answer, root, "slow")
        if (
            first == second == (root / "slow").resolve()
            and kept[0].exists()
            and not made
        ):
            raise Open(
                "Both runs still go into one folder: this is the code that the exercise hands out."
            )
        once_more(answer, root, first, second, kept)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        judge_unwritten(answer, Path(folder))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        judge_deleted(answer, Path(folder))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        judge_restarted(answer, Path(folder))
    return "One folder for each run: TensorBoard can tell them apart, and so can you."


def once_more(answer, root: Path, first: Path, second: Path, kept: list):
    """The cell is run again and again, and each run writes its log."""
    seen = [first]
    for name in ("slow", "slow", "fast", "slow", "fast"):
        latest = second if len(seen) == 1 else run_below(answer, root, name)
        if not all(file.exists() for file in kept):
            raise Wrong(
                "The log of an earlier run is gone from its place. Earlier folders stay as they are: you want to compare with "
                "them."
            )
        if latest in seen:
            raise Wrong(
                f"The run gets the folder {latest.relative_to(root.resolve()).as_posix()!r}, and an earlier run has "
                "written there. "
                + (
                    OF_TIME
                    if looks_like_time(latest.name)
                    else "Look which folders there are, and take another one."
                )
            )
        seen.append(latest)
        kept.append(write_log(latest))


def looks_like_time(name: str) -> bool:
    return sum(c.isdigit() for c in name) >= 6


def judge_unwritten(answer, root: Path) -> None:
    given = [run_below(answer, root, "one") for _ in range(13)]
    if len(set(given[:3])) == 3 and len(set(given)) < 13:
        raise Wrong(
            "After several runs, one gets the folder of an earlier one. Do you take the last of the sorted names? As "
            "text, one_10 stands before one_9. Ask for each name if it exists."
        )
    if len(set(given)) < 13:
        raise Wrong(
            "Right if the run before has written its log. But call it twice in a row, and both calls give the same "
            "folder. Make the folder before you return it: run.mkdir()."
        )


def judge_deleted(answer, root: Path) -> None:
    """Of several runs, one that is not the last is deleted."""
    there = [run_below(answer, root, "kept") for _ in range(4)]
    for run in there:
        write_log(run)
    for gone in (there[0], there[2]):
        shutil.rmtree(gone)
        left = [run for run in there if run.exists()]
        for _ in range(3):
            latest = run_below(answer, root, "kept")
            if latest in left:
                raise Wrong(
                    "After one of the earlier folders was deleted, a run gets the folder of another run that is still "
                    "there. Do not count the folders: ask for each name if it exists."
                )
            write_log(latest)
            there.append(latest)
            left.append(latest)


def judge_restarted(answer, root: Path) -> None:
    """Folders of an earlier session, with the numbers that a counter in a variable would give next."""
    run = run_below(answer, root, "again").relative_to(root.resolve())
    *_, last = [*re.finditer(r"\d+", run.as_posix())] or [None]
    if last is None or len(last[0]) > 4:
        return
    for count in range(int(last[0]) + 1, int(last[0]) + 20):
        text = str(count).zfill(len(last[0]))
        there = run.as_posix()[: last.start()] + text
        write_log(root / (there + run.as_posix()[last.end() :]))
    left = set(root.resolve().rglob("*"))
    if run_below(answer, root, "again") in left:
        raise Wrong(
            "A counter in a variable? After a restart of the notebook it begins again, and the folders of the last "
            "session are still there: the check made some. Ask the disk which names are taken."
        )


# Exercise 4


def reference_log_activations(writer, model, X, names, step):
    with writer.as_default():
        for name in names:
            tf.summary.histogram(
                f"activations/{name}", activations(model, X, name), step=step
            )
    return [f"activations/{name}" for name in names]


def activations(model: keras.Model, X: np.ndarray, name: str) -> np.ndarray:
    return keras.Model(model.inputs[0], model.get_layer(name).output)(X).numpy()


@functools.cache
def small_network() -> keras.Model:
    """Three inputs, not standardized; hidden layers with and without negative values."""
    rng = np.random.default_rng(4)
    network = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Normalization(
                mean=[2.0, -1.0, 5.0], variance=[4.0, 1.0, 9.0], name="scale"
            ),
            keras.layers.Dense(5, activation="relu", name="first"),
            keras.layers.Dense(4, activation="tanh", name="second"),
            keras.layers.Dense(1, name="last"),
        ]
    )
    network.set_weights(
        [rng.normal(0.1, 0.8, w.shape) for w in network.get_weights()]
    )
    return network


@functools.cache
def small_image_network() -> keras.Model:
    rng = np.random.default_rng(5)
    inputs = keras.Input((6, 5, 2))
    maps = keras.layers.Conv2D(3, 3, activation="relu", name="maps")(inputs)
    flat = keras.layers.Flatten(name="flat")(maps)
    network = keras.Model(inputs, keras.layers.Dense(1, name="last")(flat))
    network.set_weights(
        [rng.normal(0, 0.5, w.shape) for w in network.get_weights()]
    )
    return network


def histograms(folder: Path) -> dict[str, list[tuple[int, np.ndarray]]]:
    """All histograms of a log: steps and bins (left edge, right edge, count) by tag."""
    log = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    log.Reload()
    return {
        tag: [
            (event.step, tf.make_ndarray(event.tensor_proto))
            for event in log.Tensors(tag)
        ]
        for tag in log.Tags()["tensors"]
    }


def same_values(bins: np.ndarray, values: np.ndarray) -> bool:
    """Whether a histogram can be that of these values: how many, from where to where, and their mean."""
    values = np.ravel(values).astype(float)
    if bins.ndim != 2 or bins.shape[1] != 3 or len(bins) == 0:
        return False
    left, right, count = bins.T
    # Of equal values TensorFlow draws a bin around them.
    reach = values.max() - values.min()
    if round(count.sum()) != values.size:
        return False
    size = max(np.abs(values).max(), 1e-6)
    filled = count > 0
    if reach < 1e-6 * size:
        return bool(
            left[filled].min() <= values[0] + 1e-3 * size
            and right[filled].max() >= values[0] - 1e-3 * size
        )
    width = (right - left).max()
    mean = (count * (left + right) / 2).sum() / values.size
    return (
        close(left.min(), values.min(), 1e-4 * size)
        and close(right.max(), values.max(), 1e-4 * size)
        and abs(mean - values.mean()) <= 0.51 * width
    )


@lab.exercise(
    "Exercise 4: log the activations",
    reference=reference_log_activations,
    hints=(
        "For each name: make the network up to that layer, call it with X, and write one histogram of the result.",
        "with writer.as_default(): goes around the calls of tf.summary.histogram(tag, values, step=step).",
        'tf.summary.histogram(f"activations/{name}", keras.Model(model.inputs[0], model.get_layer(name).output)(X), '
        "step=step)",
    ),
)
def log_activations(answer):
    """A function (writer, model, X, names, step) -> tags; it logs one histogram of activations for each name."""
    rng = np.random.default_rng(6)
    rows = rng.normal([2, -1, 5], [2, 1, 3], (37, 3)).astype(np.float32)
    pictures = rng.uniform(0, 1, (4, 6, 5, 2)).astype(np.float32)
    # The second case has fewer rows, other layers, and steps that do not begin with 0.
    judge_log(answer, small_network(), rows, ["first", "second"], (0, 1, 2))
    judge_log(answer, small_network(), rows[:8], ["second", "last"], (7, 30))
    judge_log(answer, small_image_network(), pictures, ["maps"], (4,))
    return (
        "The check has read the file while the writer was still open, as TensorBoard does during a training. "
        "All is in it."
    )


RAISED = (
    (
        "KerasTensor cannot be used",
        "model.get_layer(name).output has no numbers in it: it is a place in the network. Make a network that ends there, "
        "keras.Model(model.inputs[0], ...), and call it with X.",
    ),
    (
        "expected axis -1",
        "A layer was called with something that has not the length it reads. Did you call it with X? It reads what the layer "
        "in front of it gives. Make a network from model.inputs[0] to the layer's output, and call that with X.",
    ),
)


def judge_log(answer, model, X, names: list, steps: tuple) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log, elsewhere = Path(folder) / "log", Path(folder) / "elsewhere"
        writer = tf.summary.create_file_writer(str(log))
        # What is written outside of the learner's `with` lands here, and set_as_default ends here.
        other = tf.summary.create_file_writer(str(elsewhere))
        returned = []
        # A step that an earlier answer has set for good must not help or hurt this one.
        step_before = tf.summary.experimental.get_step()
        tf.summary.experimental.set_step(None)
        try:
            with other.as_default():
                for step in steps:
                    returned.append(call(answer, writer, model, X, names, step))
                # Still inside: the end of `with` sends whatever writer is the default to the disk.
                found = histograms(log)
            writer.flush()
            later, astray = histograms(log), histograms(elsewhere)
        except (RuntimeError, Wrong) as error:
            for part, reason in RAISED:
                if part in str(error):
                    raise Wrong(reason) from error
            if "closed" not in str(error):
                raise
            raise Wrong(
                "Your function closes the writer. It is needed again after the next epoch, so leave it open: at the end of "
                "with writer.as_default(): everything goes to the disk."
            ) from error
        finally:
            tf.summary.experimental.set_step(step_before)
            writer.close()
            other.close()
    if not later and astray:
        raise Wrong(
            "Nothing is in the log. tf.summary.histogram writes into the default writer, and without one it writes "
            "nothing and says nothing. Put it inside of with writer.as_default():"
        )
    judge_found(found, later, model, X, names, steps)
    tags = [f"activations/{name}" for name in names]
    for one in returned:
        if isinstance(one, str) or not np.iterable(one):
            raise Wrong(
                f"The log is right. Return the list of the tags, {tags}; this is a {type(one).__name__}."
            )
        if sorted(map(str, one)) != sorted(tags):
            raise Wrong(
                f"The log is right. Return the list of its tags, {tags}; this is {str(list(one))[:80]}."
            )


def judge_found(found, later, model, X, names, steps) -> None:
    """Raise `Wrong` unless a log holds one right histogram for each layer and step."""
    if not later:
        raise Wrong(
            "Nothing is in the log of the writer that your function gets. Either tf.summary.histogram was not called, or with "
            "a writer of your own."
        )
    if {t: len(p) for t, p in found.items()} != {
        t: len(p) for t, p in later.items()
    }:
        raise Wrong(
            "The histograms are still waiting in memory: a reader does not see them yet. Write them inside of with "
            "writer.as_default():, which sends them to the disk at its end, or call writer.flush()."
        )
    wanted = [f"activations/{name}" for name in names]
    entries = sum(len(points) for points in found.values())
    if set(wanted) < set(found):
        raise Wrong(
            f"The log has more layers than those in names, {names}: {', '.join(sorted(set(found) - set(wanted)))}. Take the "
            "ones in names."
        )
    if len(found) > len(names) or entries > len(names) * len(steps):
        raise Wrong(
            f"For {len(names)} layers and {len(steps)} steps there are {entries} entries, with {len(found)} tags. One "
            "histogram holds all rows and units of a layer: give the whole array to tf.summary.histogram at once."
        )
    for tag, name in zip(wanted, names, strict=True):
        if tag not in found:
            raise Wrong(
                f"There is no tag {tag!r}. The log has: {', '.join(map(repr, sorted(found)))}."
                + (
                    " Does return stand inside the loop? Let it stand below."
                    if set(found) < set(wanted)
                    else ""
                )
            )
        logged = [step for step, _ in found[tag]]
        if logged != list(steps):
            raise Wrong(
                f"The steps of {tag!r} should be {list(steps)}, and are {logged}. Hand the argument on: step=step."
            )
        for _, bins in found[tag]:
            judge_bins(bins, model, X, name, tag)


def judge_bins(bins, model, X, name: str, tag: str) -> None:
    """Raise `Wrong` with the reason if a histogram is not that of a layer's activations."""
    right = activations(model, X, name)
    if same_values(bins, right):
        return
    if bins.ndim != 2 or bins.shape[-1] != 3:
        raise Wrong(
            f"{tag!r} is no histogram: each of its values has shape {bins.shape}. Write it with tf.summary.histogram."
        )
    layer = model.get_layer(name)
    kernel, bias = layer.get_weights()
    reads = keras.Model(model.inputs[0], layer.input)(X).numpy()
    axes = tuple(range(right.ndim))
    slips = [
        (
            "These are the weights of the layer. The callback logs those already. Asked for is what the layer gives for "
            "the rows X.",
            [kernel, bias, np.concatenate([kernel.ravel(), bias])],
        ),
        (
            "This is what the layer reads. Asked for is what it gives: layer.output.",
            [reads],
        ),
        (
            "These are mean values over the rows. Log all rows: units that are always 0 show only then.",
            [right.mean(axis=0), right.mean(axis=axes[:-1])],
        ),
        (
            "This is one mean value for each row. Log all units.",
            [right.mean(axis=axes[1:])],
        ),
        (
            "This is the first row alone. Log all rows of X. (If you made one network with a list of outputs: for a single "
            "name its result is the array and no list, and zip takes its rows.)",
            [right[:1]],
        ),
        (
            "These are the predictions of the whole network. Stop at the layer: "
            "keras.Model(model.inputs[0], model.get_layer(name).output).",
            [model(X).numpy()],
        ),
        ("These are the rows X themselves.", [X]),
        (
            "The zeros are missing, and they are what one looks for: units that are off. Log all values.",
            [right[right != 0]],
        ),
    ]
    if isinstance(layer, keras.layers.Dense):
        slips += [
            (
                "These are the values in front of the activation function. Take the layer's output, which comes after it.",
                [reads @ kernel + bias, reads @ kernel],
            ),
            (
                "This is what the layer gives for raw features: layers in front of it, such as the standardizing, were "
                "left out. Make a network from model.inputs[0] to the layer's output.",
                [layer(X).numpy()] if X.shape[-1] == len(kernel) else [],
            ),
        ]
    for reason, candidates in slips:
        if any(
            c.size and same_values(bins, c) and not same_values(bins, right)
            for c in candidates
        ):
            raise Wrong(reason)
    left, edge, count = bins.T
    raise Wrong(
        f"{tag!r} should hold {right.size} values from {right.min():.3g} to {right.max():.3g}. It holds "
        f"{count.sum():.0f} from {left.min():.3g} to {edge.max():.3g}."
    )


# Exercise 5


def mixture(
    base: keras.Model, other: keras.Model, names, only_kernels: bool = False
) -> keras.Model:
    """A copy of `base` in which these layers have the weights of `other`."""
    copy = keras.models.clone_model(base)
    copy.set_weights(base.get_weights())
    for name in names:
        new = other.get_layer(name).get_weights()
        if only_kernels:
            new[1:] = base.get_layer(name).get_weights()[1:]
        copy.get_layer(name).set_weights(new)
    return copy


def moved(one: keras.Model, two: keras.Model, X: np.ndarray) -> np.ndarray:
    return (one(X).numpy() - two(X).numpy()).astype(float)


def root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def reference_put_back(trained, start, name, X):
    return root_mean_square(moved(mixture(trained, start, [name]), trained, X))


def weighted(model: keras.Model) -> list[str]:
    return [layer.name for layer in model.layers if layer.get_weights()]


def up_to(model: keras.Model, name: str) -> list[str]:
    names = weighted(model)
    return names[: names.index(name) + 1]


def steps_of(trained, start, name) -> np.ndarray:
    """How far each weight and bias of a layer went."""
    return np.concatenate(
        [
            np.ravel(a - b)
            for a, b in zip(
                trained.get_layer(name).get_weights(),
                start.get_layer(name).get_weights(),
                strict=True,
            )
        ]
    )


def zeroed(model: keras.Model, name: str) -> keras.Model:
    copy = mixture(model, model, [])
    layer = copy.get_layer(name)
    layer.set_weights([0 * w for w in layer.get_weights()])
    return copy


PUT_BACK_SLIPS = (
    (
        lambda t, s, n, X: abs(moved(mixture(t, s, [n]), t, X).mean()),
        "This is the mean of the differences: what goes up and what goes down cancels. Square the differences, take the mean, "
        "then the root.",
    ),
    (
        lambda t, s, n, X: moved(mixture(t, s, [n]), t, X).mean(),
        "This is the mean of the differences, with its sign: what goes up and what goes down cancels. Square them, take the "
        "mean, then the root.",
    ),
    (
        lambda t, s, n, X: -moved(mixture(t, s, [n]), t, X).mean(),
        "This is a mean of differences, with the sign turned around. Square the differences, take the mean, then the root.",
    ),
    (
        lambda t, s, n, X: np.abs(moved(mixture(t, s, [n]), t, X)).mean(),
        "This is the mean of the sizes of the differences. Asked for is the root mean square.",
    ),
    (
        lambda t, s, n, X: np.mean(moved(mixture(t, s, [n]), t, X) ** 2),
        "The root is missing: this is in squared units.",
    ),
    (
        lambda t, s, n, X: moved(mixture(t, s, [n]), t, X).std(),
        "This is the standard deviation of the differences, np.std: it forgives what moves all predictions alike. Square the "
        "differences, take the mean, then the root.",
    ),
    (
        lambda t, s, n, X: np.linalg.norm(moved(mixture(t, s, [n]), t, X)),
        "This grows with the number of rows. Take the mean of the squares, not the sum.",
    ),
    (
        lambda t, s, n, X: np.abs(moved(mixture(t, s, [n]), t, X)).max(),
        "This is the largest difference. Asked for is the root mean square.",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            moved(mixture(t, s, [n], only_kernels=True), t, X)
        ),
        "Only the kernel was put back. The biases were trained too: layer.get_weights() has both.",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            moved(mixture(t, s, [m for m in weighted(t) if m != n]), t, X)
        ),
        "All layers but this one were put back. Start from the trained network, and put back one.",
    ),
    (
        lambda t, s, n, X: root_mean_square(moved(mixture(s, t, [n]), s, X)),
        "This starts from the untrained network, and gives it one trained layer. Start from the trained one.",
    ),
    (
        lambda t, s, n, X: root_mean_square(moved(s, t, X)),
        "This is the distance of the two networks: all layers were put back. Put back one alone.",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            moved(mixture(t, s, up_to(t, n)), t, X)
        ),
        "The layers before this one were put back too. All others stay as they were trained.",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            moved(
                mixture(t, s, set(weighted(t)) - set(up_to(t, n)) | {n}), t, X
            )
        ),
        "The layers behind this one were put back too. All others stay as they were trained.",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            moved(mixture(t, s, weighted(t)[:1]), t, X)
        ),
        "This is the first layer, whatever the name is. Put back the one that is asked for: get_layer(name).",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            mixture(t, s, [n])(X).numpy() - t(X).numpy().ravel()
        ),
        "One of the two is (n, 1) and the other (n,), so that each prediction was compared with all others. Give both the same "
        "shape.",
    ),
    (
        lambda t, s, n, X: -root_mean_square(moved(mixture(t, s, [n]), t, X)),
        "The number is right, and its sign is not: a root is positive.",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            activations(mixture(t, s, [n]), X, n) - activations(t, X, n)
        ),
        "This is how far the activations of the layer move. Asked for is how far the predictions move.",
    ),
    (
        lambda t, s, n, X: root_mean_square(moved(mixture(t, s, [n]), s, X)),
        "This compares with the untrained network. Compare with the trained one.",
    ),
    (
        lambda t, s, n, X: root_mean_square(moved(zeroed(t, n), t, X)),
        "The layer was set to zero. Give it the weights that it has in start.",
    ),
    (
        lambda t, s, n, X: root_mean_square(steps_of(t, s, n)),
        "This is how far the weights moved. Asked for is how far the predictions move.",
    ),
    (
        lambda t, s, n, X: np.linalg.norm(steps_of(t, s, n)),
        "This is the distance that the weights moved. Asked for is how far the predictions move.",
    ),
    (
        lambda t, s, n, X: root_mean_square(
            moved(mixture(t, s, [n]), t, X)[:1]
        ),
        "This is the first row alone. Use all rows.",
    ),
    (
        lambda t, s, n, X: 0.0,
        "Nothing moves. Either both networks are the same object (model = trained is no copy), or the layer was put back after "
        "the prediction was made.",
    ),
)


def pair(sizes: tuple[int, ...], activation: str, seed: int) -> tuple:
    """A network and another one of the same layers; biases are not zero, predictions around 50."""

    def network(rng):
        model = keras.Sequential([keras.Input((sizes[0],))])
        for place, units in enumerate(sizes[1:-1]):
            model.add(
                keras.layers.Dense(
                    units, activation=activation, name=f"part_{place}"
                )
            )
        model.add(keras.layers.Dense(1, name="final"))
        model.add(keras.layers.Rescaling(9.0, 50.0, name="units"))
        model.set_weights(
            [rng.normal(0.2, 0.6, w.shape) for w in model.get_weights()]
        )
        return model

    rng = np.random.default_rng(seed)
    return network(rng), network(rng)


@functools.cache
def put_back_cases() -> tuple:
    rng = np.random.default_rng(9)
    first, second = pair((4, 6, 5, 1), "relu", 1), pair((3, 7, 1), "tanh", 2)
    a = rng.normal(size=(30, 4)).astype(np.float32)
    b = rng.normal(size=(12, 3)).astype(np.float32)
    return (
        (*first, "part_1", a),
        (*first, "final", a[:9]),
        (*second, "part_0", b),
    )


@lab.exercise(
    "Exercise 5: put a layer back",
    reference=reference_put_back,
    hints=(
        "Make a copy of the trained network, and change one layer of the copy.",
        "keras.models.clone_model(trained) copies the layers, and copy.set_weights(trained.get_weights()) the weights. "
        "layer.get_weights() and layer.set_weights(...) work on a single layer.",
        "copy.get_layer(name).set_weights(start.get_layer(name).get_weights()), then the root of the mean of "
        "(copy(X) - trained(X)) ** 2",
    ),
)
def put_back(answer):
    """A function (trained, start, name, X) -> how far the predictions move, a number."""
    cases = put_back_cases()
    for case in cases:
        try:
            result = call(answer, *case)
        except Wrong as reason:
            if "changes the weights" in str(reason):
                raise Wrong(
                    "Your function changes a network that it was given, and leaves it so. The rest of the notebook would work "
                    "with it. Change a copy: copy = keras.models.clone_model(trained), then "
                    "copy.set_weights(trained.get_weights())."
                ) from None
            raise
        if isinstance(result, tuple | dict | keras.Model):
            raise Wrong(
                f"This is a {type(result).__name__}. Return the number alone: the root of the mean of the squares."
            )
        if hasattr(result, "__array__") and np.size(result) > 1:
            raise Wrong(
                f"This is a {type(result).__name__} of shape {np.shape(result)}. Return one number: the root of the mean of "
                "the squares, over all rows."
            )
        number(result, "The root mean square")
    again = [
        number(call(answer, *cases[0]), "The root mean square")
        for _ in range(2)
    ]
    if abs(again[0] - again[1]) > 1e-3:
        raise Wrong(
            "Two calls give two numbers. clone_model makes new random weights: after it, copy the weights of the trained network, "
            "copy.set_weights(trained.get_weights())."
        )
    compare(
        answer,
        reference_put_back,
        cases,
        PUT_BACK_SLIPS,
        what="The root mean square",
        tolerance=1e-4,
    )
    return "All other layers stay as they were trained. So this is about one layer."

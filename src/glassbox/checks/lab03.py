"""Checks of Lab 03, Are the weights the importance?"""

from collections.abc import Callable
import contextlib
import copy
from typing import Any

from glassbox.checks import (
    Lab,
    Open,
    Wrong,
    call,
    close,
    compare,
    recognize,
)
import numpy as np

lab = Lab("03_weights")
progress = lab.progress

Arrays = list[np.ndarray]

OTHER_NETWORKS = "The check’s networks have 1, 2 and 3 hidden layers and other widths than the lab’s."


def chain(*sizes: int, seed: int) -> Arrays:
    """Random kernels of a network with these sizes, from the features to the output."""
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=shape)
        for shape in zip(sizes[:-1], sizes[1:], strict=True)
    ]


class Watched:
    """A learner's function of lists of arrays: it gets copies, and is told if it changes them."""

    def __init__(self, answer: Callable) -> None:
        self.answer, self.changed = answer, False

    def __call__(self, *args: Any) -> Any:
        given = copy.deepcopy(args)
        result = self.answer(*given)
        self.changed |= not all(map(same, given, args))
        if isinstance(result, (list, tuple)):
            # Numbers in a list are as good as an array of them.
            with contextlib.suppress(TypeError, ValueError):
                return np.asarray(result, float)
        return result


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b)


def watch(answer: Any) -> Any:
    return Watched(answer) if callable(answer) else answer


@contextlib.contextmanager
def explained(answer: Any, note: str):
    """Add a note to a verdict on an exception, and refuse an answer that changes its arguments."""
    try:
        yield
    except Wrong as reason:
        if "Output operand" in str(reason):
            raise Wrong(
                "total @= kernel writes the product into the array that total names, the first kernel, and it has "
                "no room for it. Make a new one: total = total @ kernel."
            ) from None
        if reason.__cause__ is not None:
            raise Wrong(f"{reason}\n{note}") from reason.__cause__
        raise
    if answer.changed:
        raise Wrong(
            "Right, but your function changes the arrays that it was given, or their list, so a second run gives "
            "something else. Make new ones: write a = a * 2, for example, not a *= 2."
        )


def size(result: Any) -> tuple | None:
    """Shape of what a learner's function gives, None where its rows differ in length."""
    try:
        return np.shape(result)
    except ValueError:
        return None


def refuse_numbers(answer: Any, cases: list, slips: tuple = ()) -> None:
    """Where an array is asked for and single numbers come: say which they are."""
    got = [call(answer, *case) for case in cases]
    if all(size(one) == () for one in got):
        with contextlib.suppress(TypeError, ValueError):
            numbers = list(map(float, got))
            recognize(numbers, cases, slips)
            raise Wrong(
                "This is a single number. Asked for is an array, one number for each feature. Does `return` stand "
                "inside a loop?"
            )


# Exercise 1


def reference_row_sizes(kernel):
    return np.abs(kernel).sum(axis=1)


@lab.exercise(
    "Exercise 1: how strong is a row?",
    reference=reference_row_sizes,
    hints=(
        "A kernel of a dense layer has shape (inputs, units). Which axis do you sum over, so that one number "
        "for each input is left?",
        "A weight of −2 is as large as one of 2: take np.abs of all weights first.",
        "np.abs(kernel).sum(axis=1)",
    ),
)
def row_sizes(answer):
    """A function (kernel (d, units)) -> sum of |weight| for each feature, (d,)."""
    # A square one: there, a wrong axis raises no error and has the right shape.
    cases = [(chain(*sizes, seed=2)[0],) for sizes in ((4, 4), (3, 7), (6, 2))]
    right = reference_row_sizes
    slips = (
        (
            lambda k: np.abs(k).sum(axis=0),
            "This is one number for each unit. Features are the rows of the kernel, so sum over its units, "
            "axis 1. With a square kernel the mistake raises no error.",
        ),
        (
            lambda k: k.sum(axis=1),
            "Here weights of opposite signs cancel. Take their sizes first, with np.abs.",
        ),
        (
            lambda k: np.abs(k.sum(axis=1)),
            "First the sizes, then the sum: np.abs stands around the sum here, after the weights have cancelled.",
        ),
        (
            lambda k: np.abs(k).mean(axis=1),
            "This is the mean over the units. Asked for is the sum.",
        ),
        (
            lambda k: np.abs(k).max(axis=1),
            "This is the largest weight of each row. Asked for is the sum.",
        ),
        (
            lambda k: np.linalg.norm(k, axis=1),
            "This is the root of the sum of squares. Asked for is the sum of the sizes.",
        ),
        (
            lambda k: (k**2).sum(axis=1),
            "These are sums of squares. Asked for is the sum of the sizes.",
        ),
        (
            lambda k: right(k) / right(k).sum(),
            "These are shares of 1. Return the sums themselves.",
        ),
        (
            lambda k: np.sort(right(k))[::-1],
            "These are sorted. Keep the order of the features, so that names fit.",
        ),
        (
            lambda k: np.sort(right(k)),
            "These are sorted from small to large. Keep the order of the features, so that names fit.",
        ),
        (
            lambda k: np.argsort(-right(k)),
            "These are places, not sums. Return the sums, in the order of the features.",
        ),
        (
            lambda k: np.abs(k).sum(),
            "This is one number for the whole kernel. Sum over the units alone, axis 1.",
        ),
    )
    watched = watch(answer)
    with explained(
        watched,
        "The check’s kernels have shapes (4, 4), (3, 7) and (6, 2).",
    ):
        refuse_numbers(watched, cases, slips[-1:])
        compare(watched, right, cases, slips, what="The result")
    return "This number is what your eye adds up along a row of the heat map."


# Exercises 2 and 3


def product(kernels: Arrays) -> np.ndarray:
    total = kernels[0]
    for kernel in kernels[1:]:
        total = total @ kernel
    return total


def rectified(kernels: Arrays) -> np.ndarray:
    total = kernels[0]
    for kernel in kernels[1:]:
        total = np.maximum(total, 0) @ kernel
    return total


def reference_connection_weights(kernels):
    return product(kernels)[:, 0]


NETWORKS = [
    chain(5, 4, 3, 1, seed=0),
    chain(3, 6, 1, seed=1),
    chain(2, 4, 3, 5, 1, seed=3),
]


@lab.exercise(
    "Exercise 2: connection weights",
    reference=reference_connection_weights,
    hints=(
        "With one hidden layer: for a feature, multiply its weight into each unit with the weight from that unit "
        "to the output, and add these products up. Which operation of two matrices does that?",
        "Matrix multiplication sums over all units between. Start with total = kernels[0], and for each further "
        "kernel write total = total @ kernel.",
        "At the end total has shape (d, 1). Return total[:, 0].",
    ),
)
def connection_weights(answer):
    """A function (list of kernels) -> sum over paths of the product of weights, (d,)."""
    right = reference_connection_weights
    cases = [(kernels,) for kernels in NETWORKS]
    slips = (
        (
            product,
            "The numbers are right, in shape (d, 1). Take the column out: [:, 0].",
        ),
        (
            lambda ks: product(ks).T,
            "The numbers are right, in shape (1, d). Take the row out: [0].",
        ),
        (
            lambda ks: np.abs(right(ks)),
            "The sizes are right. Leave the signs: they say whether a feature raises or lowers the prediction.",
        ),
        (
            lambda ks: product([np.abs(k) for k in ks])[:, 0],
            "Here every path counts with its size, so nothing can cancel. Multiply the weights with their signs.",
        ),
        (
            lambda ks: right(ks) / np.abs(right(ks)).sum(),
            "These are shares of a sum. Return the products themselves.",
        ),
        (
            lambda ks: right([*ks[:-1], np.ones_like(ks[-1])]),
            "The output layer is missing: its kernel says how much, and with which sign, each last hidden unit "
            "counts.",
        ),
        (
            lambda ks: product(ks[:-1])[:, 0],
            "The output layer is missing, and [:, 0] then takes one hidden unit out. Go on to the last kernel.",
        ),
        (
            lambda ks: product(ks[:2])[:, 0],
            "These are the first two kernels alone. Multiply with all further ones. Does `return` stand inside the "
            "loop?",
        ),
        (
            lambda ks: ks[0].sum(axis=1),
            "This is the first kernel alone. What goes into a unit still has to reach the output.",
        ),
        (
            lambda ks: np.sort(right(ks)),
            "These are sorted. Keep the order of the features.",
        ),
        (
            lambda ks: np.maximum(right(ks), 0),
            "The negative ones became 0. A feature that lowers the prediction is connected too.",
        ),
        (
            lambda ks: product([np.maximum(k, 0) for k in ks])[:, 0],
            "Here only positive weights count. The activation function is left out in this method: multiply all "
            "weights as they are.",
        ),
        (
            lambda ks: rectified(ks)[:, 0],
            "Here ReLU stands between the kernels. The activation function is left out in this method: multiply "
            "all weights as they are.",
        ),
    )
    watched = watch(answer)
    with explained(watched, OTHER_NETWORKS):
        refuse_numbers(watched, cases)
        compare(watched, right, cases, slips, what="The connection weight")
    return (
        "One matrix product a layer adds up all paths, however many there are."
    )


def shares(kernel: np.ndarray, axis: int = 0) -> np.ndarray:
    size = np.abs(kernel)
    total = size.sum(axis=axis, keepdims=True)
    return size / np.where(total > 0, total, 1)


def normalized(values: np.ndarray) -> np.ndarray:
    return values / values.sum()


def reference_garson(kernels):
    return normalized(product([shares(kernel) for kernel in kernels])[:, 0])


def with_dead_unit(kernels: Arrays, layer: int) -> Arrays:
    """The same kernels, and nothing goes into one unit of the layer."""
    kernels = [kernel.copy() for kernel in kernels]
    kernels[layer][:, 1] = 0
    return kernels


def with_unheard_units(kernels: Arrays) -> Arrays:
    """The same kernels, and in each hidden layer nothing leaves one unit."""
    kernels = [kernel.copy() for kernel in kernels]
    for layer, kernel in enumerate(kernels[1:]):
        kernel[layer] = 0
    return kernels


def first_layer_alone(kernels: Arrays) -> np.ndarray:
    return normalized(shares(kernels[0]).sum(axis=1))


def without_output(kernels: Arrays) -> np.ndarray:
    return normalized(product([shares(k) for k in kernels[:-1]]).sum(axis=1))


FIRST_ALONE = (
    "Here all units of the first hidden layer count alike. Multiply on with the shares of the other "
    "kernels."
)
NO_OUTPUT = "The output layer is missing: all units of the last hidden layer count alike."
CANCELLED = (
    "You multiply the weights into a unit by those out of it before you divide, and then the weights out of it "
    "cancel: all units of {} hidden layer count alike. Some accounts of the method do this. In this book what "
    "leaves a unit weighs it: divide each kernel by its own column sums, and multiply then."
)


@lab.exercise(
    "Exercise 3: Garson's shares",
    reference=reference_garson,
    hints=(
        "In each kernel, a column holds what goes into one unit. Divide the sizes of a column by their sum.",
        "size = np.abs(kernel); total = size.sum(axis=0); share = size / np.where(total > 0, total, 1). Then "
        "multiply the shares of all layers as you multiplied the kernels.",
        "result = share of the first kernel; result = result @ share for each further one; "
        "result[:, 0] / result.sum()",
    ),
)
def garson(answer):
    """A function (list of kernels) -> each feature's share of the weights, (d,), with sum 1."""
    right = reference_garson
    cases = [(kernels,) for kernels in NETWORKS]
    slips = (
        (
            lambda ks: right(ks)[:, None],
            "The numbers are right, in shape (d, 1). Take the column out: [:, 0].",
        ),
        (lambda ks: 100 * right(ks), "These are percent. Return shares of 1."),
        (
            lambda ks: normalized(product([np.abs(k) for k in ks])[:, 0]),
            "These are products of sizes, divided once at the end. In Garson’s method each unit divides first: its "
            "incoming sizes by their sum, in every layer.",
        ),
        (
            lambda ks: normalized(
                product([shares(k, axis=1) for k in ks])[:, 0]
            ),
            "All features come out alike. This happens if each row is divided by its sum. What goes into one unit "
            "is a column: sum over axis 0.",
        ),
        (first_layer_alone, FIRST_ALONE),
        (without_output, NO_OUTPUT),
        (
            lambda ks: normalized(
                product([shares(ks[0]), *map(np.abs, ks[1:])])[:, 0]
            ),
            "Only the first kernel is divided. In each layer, divide the sizes of a column by their sum.",
        ),
        (
            lambda ks: normalized(
                product([k / k.sum(axis=0) for k in ks])[:, 0]
            ),
            "The signs are still there, so weights cancel. Take np.abs of each kernel first.",
        ),
        (
            lambda ks: normalized(
                product([k / np.abs(k).sum(axis=0) for k in ks])[:, 0]
            ),
            "The weights that you divide still have their signs. Take np.abs of them too.",
        ),
        (
            lambda ks: normalized(np.abs(ks[0]).sum(axis=1)),
            "These are the row sums of the first kernel, as shares. Divide within each unit, and go through all "
            "layers.",
        ),
        (
            lambda ks: normalized(np.abs(product(ks)[:, 0])),
            "These are connection weights, as shares. Garson takes the sizes first and multiplies then, so that "
            "nothing cancels.",
        ),
        (
            lambda ks: np.sort(right(ks)),
            "These are sorted. Keep the order of the features.",
        ),
    )
    watched = watch(answer)
    with explained(watched, OTHER_NETWORKS):
        refuse_numbers(watched, cases)
        try:
            compare(watched, right, cases, slips, what="Garson’s share")
        except Wrong as reason:
            ask_where_units_cancel(watched, reason)
            raise
        compare_dead_units(watched)
    return "The shares add up to 1, and none of them is below 0."


def ask_where_units_cancel(answer: Any, reason: Wrong) -> None:
    """Tell a kernel that is left out from one that is multiplied in too early: that one is 0 in places."""
    slip, which = {
        FIRST_ALONE: (first_layer_alone, "the first"),
        NO_OUTPUT: (without_output, "the last"),
    }.get(str(reason), (None, ""))
    unheard = with_unheard_units(NETWORKS[0])
    if slip and not close(call(answer, unheard), slip(unheard), 1e-5):
        raise Wrong(CANCELLED.format(which)) from None


def compare_dead_units(answer: Any) -> None:
    """What is said of units that read something has been said before."""
    cases = [(with_dead_unit(NETWORKS[0], layer),) for layer in (0, 1)]
    slip = (
        lambda ks: product([shares(k) for k in ks])[:, 0],
        "Nearly. Where a unit has no incoming weight, something is lost on the way. Divide the result by its sum "
        "at the end.",
    )
    try:
        compare(answer, reference_garson, cases, (slip,), what="Garson’s share")
    except Wrong as reason:
        if str(reason) == slip[1]:
            raise
        raise Wrong(
            "Right, but not where a unit has no incoming weight. Its column has the sum 0, and 0 / 0 is nan. All "
            "its shares shall be 0: divide by np.where(total > 0, total, 1).\n"
            f"{reason}"
        ) from None


# Exercise 4


def reference_rescale_unit(kernels, biases, layer, unit, factor):
    kernels = [np.array(kernel) for kernel in kernels]
    biases = [np.array(bias) for bias in biases]
    kernels[layer][:, unit] *= factor
    biases[layer][unit] *= factor
    kernels[layer + 1][unit, :] /= factor
    return kernels, biases


def forward(X, kernels, biases):
    values = X
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        values = np.maximum(values @ kernel + bias, 0)
    return (values @ kernels[-1] + biases[-1])[:, 0]


def network_to_rescale(*sizes: int, seed: int) -> tuple[Arrays, Arrays]:
    rng = np.random.default_rng(seed)
    return chain(*sizes, seed=seed), [rng.normal(size=n) for n in sizes[1:]]


def flat(result: Any) -> np.ndarray:
    kernels, biases = result
    return np.concatenate([np.ravel(one) for one in (*kernels, *biases)])


def rescale_slip(change: Callable) -> Callable:
    """What `change(kernels, biases, layer, unit, factor)` makes of copies, as one vector."""

    def slip(kernels, biases, *rest):
        kernels, biases = copy.deepcopy((kernels, biases))
        change(kernels, biases, *rest)
        return flat((kernels, biases))

    return slip


def incoming_alone(K, b, layer, unit, c):
    K[layer][:, unit] *= c
    b[layer][unit] *= c


def column_alone(K, b, layer, unit, c):
    K[layer][:, unit] *= c


def outgoing_alone(K, b, layer, unit, c):
    K[layer + 1][unit, :] /= c


def bias_forgotten(K, b, layer, unit, c):
    K[layer][:, unit] *= c
    K[layer + 1][unit, :] /= c


def outgoing_multiplied(K, b, layer, unit, c):
    incoming_alone(K, b, layer, unit, c)
    K[layer + 1][unit, :] *= c


def upside_down(K, b, layer, unit, c):
    incoming_alone(K, b, layer, unit, 1 / c)
    K[layer + 1][unit, :] *= c


def whole_layer(K, b, layer, unit, c):
    K[layer] *= c
    b[layer] *= c
    K[layer + 1] /= c


def column_of_the_next(K, b, layer, unit, c):
    incoming_alone(K, b, layer, unit, c)
    K[layer + 1][:, min(unit, K[layer + 1].shape[1] - 1)] /= c


def bias_of_the_layer(K, b, layer, unit, c):
    K[layer][:, unit] *= c
    b[layer] *= c
    K[layer + 1][unit, :] /= c


def row_of_the_kernel(K, b, layer, unit, c):
    K[layer][min(unit, len(K[layer]) - 1), :] *= c
    b[layer][unit] *= c
    K[layer + 1][unit, :] /= c


RESCALE_SLIPS = [
    (rescale_slip(change), message)
    for change, message in (
        (
            lambda *args: None,
            "Nothing has changed. Return the new lists, not those that you were given.",
        ),
        (
            incoming_alone,
            "The unit now gives factor times as much, and the next layer takes all of it: the function is another "
            "one. Divide what leaves the unit, kernels[layer + 1][unit, :].",
        ),
        (
            column_alone,
            "Only the column of the kernel is multiplied. The bias goes into the unit too, and what leaves it must "
            "be divided: kernels[layer + 1][unit, :].",
        ),
        (
            outgoing_alone,
            "Only what leaves the unit is divided. Multiply what goes into it: a column of its kernel, and its "
            "bias.",
        ),
        (
            bias_forgotten,
            "The bias of the unit is not multiplied. It goes into the unit too, so the unit gives something else, "
            "and so does the network.",
        ),
        (
            outgoing_multiplied,
            "What leaves the unit is multiplied too. Divide it, so that the next layer gets what it got before.",
        ),
        (
            upside_down,
            "The function stays, and the factor is upside down: multiply what goes into the unit, divide what "
            "leaves it.",
        ),
        (
            whole_layer,
            "The function stays, but all units of the layer were rescaled. Change the one unit: a column of its "
            "kernel.",
        ),
        (
            column_of_the_next,
            "A column of the next kernel goes into one unit of the next layer. What leaves your unit is a row: "
            "kernels[layer + 1][unit, :].",
        ),
        (
            bias_of_the_layer,
            "All biases of the layer are multiplied. Only that of your unit belongs to it.",
        ),
        (
            row_of_the_kernel,
            "A row of the kernel is what one input gives to all units. What goes into your unit is a column: "
            "kernels[layer][:, unit].",
        ),
    )
]


@lab.exercise(
    "Exercise 4: the same function, other weights",
    reference=reference_rescale_unit,
    hints=(
        "If all that goes into a ReLU unit is multiplied by a positive factor, its output is multiplied by that "
        "factor. What must happen to the weights that read this output?",
        "Three things change: the column kernels[layer][:, unit], the number biases[layer][unit], and the row "
        "kernels[layer + 1][unit, :]. Leave the two lines in that copy first.",
        "kernels[layer][:, unit] *= factor; biases[layer][unit] *= factor; "
        "kernels[layer + 1][unit, :] /= factor; return kernels, biases",
    ),
)
def rescale_unit(answer):
    """A function (kernels, biases, layer, unit, factor) -> (kernels, biases), the same network function."""
    # In square kernels a wrong axis raises no error, so there it gets its reason. Then those of other shapes.
    square = network_to_rescale(5, 5, 5, 5, 1, seed=9)
    networks = (
        network_to_rescale(4, 5, 3, 1, seed=4),
        network_to_rescale(3, 6, 1, seed=5),
        network_to_rescale(2, 4, 3, 5, 1, seed=6),
    )
    judge_rescaled(answer, [(*square, 0, 3, 10.0), (*square, 1, 2, 0.5)])
    cases = [
        (*networks[0], 0, 3, 10.0),
        (*networks[1], 0, 1, 0.01),
        (*networks[2], 1, 2, 3.0),
        (*networks[2], 2, 4, 0.5),
    ]
    judge_rescaled(answer, cases)
    return "Rows that switch the unit off stay off: a positive factor changes no sign."


def judge_rescaled(answer: Any, cases: list) -> None:
    got = [lists(answer, case) for case in cases]
    right = [flat(reference_rescale_unit(*case)) for case in cases]
    if all(
        close(flat(one), expected, 1e-5 * np.abs(expected).max())
        for one, expected in zip(got, right, strict=True)
    ):
        return
    recognize(list(map(flat, got)), cases, RESCALE_SLIPS, tolerance=1e-5)
    for one, case in zip(got, cases, strict=True):
        compare_functions(one, case)
    raise Wrong(
        "The function stays, but these are not the kernels and biases asked for: multiply what goes into the one "
        "unit by the factor, divide what leaves it, and leave all others. Layers and units are counted from 0."
    )


def lists(answer: Any, case: tuple) -> tuple[Arrays, Arrays]:
    """What the learner's function returns, as two lists of arrays of the right shapes."""
    given = copy.deepcopy(case)
    try:
        result = call(answer, *given)
    except Wrong as reason:
        if reason.__cause__ is not None:
            raise Wrong(f"{reason}\n{OTHER_NETWORKS}") from reason.__cause__
        raise
    if not all(map(same, given[:2], case[:2])):
        raise Wrong(
            "Your function changes the arrays that it was given, so the network of the lab would be spoiled. Copy "
            "each of them first: [k.copy() for k in kernels]. (kernels.copy() and list(kernels) make a new list "
            "with the old arrays in it.)"
        )
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong(
            "Return two lists: return kernels, biases. The bias of the unit changes too."
        )
    read = []
    for part, expected, what in zip(
        result, case[:2], ("kernels", "biases"), strict=True
    ):
        try:
            arrays = [np.asarray(one, float) for one in part]
        except (TypeError, ValueError):
            raise Wrong(
                f"Return a list of arrays for the {what}, one for each layer."
            ) from None
        if [one.shape for one in arrays] != [one.shape for one in expected]:
            raise Wrong(
                f"The {what} should keep their number and shapes: {[one.shape for one in expected]} here, and "
                f"these are {[one.shape for one in arrays]}."
            )
        if not all(np.isfinite(one).all() for one in arrays):
            raise Wrong(f"There are missing or infinite {what}.")
        read.append(arrays)
    return read[0], read[1]


def compare_functions(got: tuple[Arrays, Arrays], case: tuple) -> None:
    """Raise `Wrong` if the learner's network gives something else than the one of the case."""
    kernels, biases, *_ = case
    # Far enough apart that each unit is on for some rows and off for others.
    X = np.random.default_rng(7).normal(0, 3, (50, len(kernels[0])))
    before, after = forward(X, kernels, biases), forward(X, *got)
    if not close(before, after, 1e-5 * np.abs(before).max()):
        worst = np.abs(before - after).argmax()
        raise Wrong(
            f"This is another function: for one row the network gave {before[worst]:.3g}, and now gives "
            f"{after[worst]:.3g}."
        )


# Exercise 5


def reference_filters(kernel):
    return np.transpose(kernel, (3, 2, 0, 1))


def reshaped(kernel):
    height, width, channels, count = kernel.shape
    return np.reshape(kernel, (count, channels, height, width))


@lab.exercise(
    "Exercise 5: spot the bug, pictures of filters",
    reference=reference_filters,
    hints=(
        "reshape keeps all numbers in their order in memory and only cuts them into other pieces. Which weights "
        "of a kernel (height, width, in, out) lie next to each other in memory?",
        "Move the axes instead: np.transpose(kernel, ...) takes the numbers of the old axes in their new order.",
        "The new order is out, in, height, width: np.transpose(kernel, (3, 2, 0, 1))",
    ),
)
def filters(answer):
    """A function (kernel (kh, kw, in, out)) -> pictures (out, in, kh, kw)."""
    rng = np.random.default_rng(8)
    shapes = ((3, 3, 1, 16), (2, 5, 3, 4), (4, 3, 2, 6))
    cases = [(rng.normal(size=shape),) for shape in shapes]
    slips = (
        (
            lambda k: k.T,
            "Nearly: .T turns each picture on its diagonal, so up and down became left and right. Where height and "
            "width are equal, the shape does not show it. The order is out, in, height, width.",
        ),
        (
            lambda k: reference_filters(k)[:, :, ::-1, ::-1],
            "These are the pictures turned by 180°. A convolution in mathematics turns its filter; the layer of "
            "Keras does not. Draw the kernel as it is.",
        ),
        (
            lambda k: np.transpose(k, (2, 3, 0, 1)),
            "The first index is the channel that is read here, and the second the filter. Asked for is out, then "
            "in.",
        ),
        (
            lambda k: np.transpose(k, (3, 0, 1, 2)),
            "The channels come last here. Asked for is out, in, height, width.",
        ),
        (
            lambda k: reference_filters(k)[:, 0],
            "This drops all channels but the first. Return all, with an axis for them, even if there is one.",
        ),
        (
            lambda k: reference_filters(k).mean(axis=1),
            "This averages over the channels. Each channel has its own picture: keep the axis.",
        ),
        (
            lambda k: reference_filters(k).sum(axis=1),
            "This adds up the channels. Each channel has its own picture: keep the axis.",
        ),
        (
            lambda k: np.reshape(k, k.shape[::-1]),
            "Still reshape. It cuts the numbers as they lie in memory into pieces, and mixes filters into each "
            "picture, whatever shape you ask for. Move axes with np.transpose.",
        ),
        (
            lambda k: np.reshape(k, reshaped(k).shape, order="F"),
            "Still reshape, now with the first axis running fastest. Each picture mixes filters in another way. Move "
            "axes with np.transpose.",
        ),
        (
            lambda k: reference_filters(k) / np.abs(k).max(),
            "The pictures are right and rescaled. Return the weights as they are; the color map has limits for "
            "that.",
        ),
        (
            lambda k: np.abs(reference_filters(k)),
            "The signs are gone. A filter that looks for a dark line differs from one for a bright line by its "
            "signs.",
        ),
    )
    watched = watch(answer)
    note = f"The check’s kernels have the shapes {', '.join(map(str, shapes))}."
    with explained(watched, note):
        got = [call(watched, *case) for case in cases]
        if all(
            size(one) == reshaped(*case).shape
            and close(one, reshaped(*case), 1e-6)
            for one, case in zip(got, cases, strict=True)
        ):
            raise Open(
                "These are still the pictures of the lab’s code: right shapes, wrong weights."
            )
        compare(watched, reference_filters, cases, slips, what="The picture")
    return "Now each picture holds the weights of one filter, and of no other."

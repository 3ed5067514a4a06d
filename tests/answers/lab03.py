"""Answers to the exercises of Lab 03, Are the weights the importance?: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from functools import reduce

import numpy as np
import pandas as pd
import tensorflow as tf


def sizes(kernel):
    return np.abs(kernel).sum(axis=1)


def product(kernels):
    return np.linalg.multi_dot(kernels)


def by_paths(kernels):
    """One feature at a time, path by path."""

    def onward(unit, rest):
        if not rest:
            return 1.0
        row = rest[0][unit]
        return sum(w * onward(to, rest[1:]) for to, w in enumerate(row))

    return [onward(feature, kernels) for feature in range(len(kernels[0]))]


def from_the_end(kernels):
    """float32, as a tensor, from the output to the features."""
    total = tf.constant(kernels[-1], tf.float32)
    for kernel in reversed(kernels[:-1]):
        total = tf.constant(kernel, tf.float32) @ total
    return total[:, 0]


def overwriting(kernels):
    kernels[0] = kernels[0].copy()
    for kernel in kernels[1:]:
        kernels[0] = kernels[0] @ kernel
    return kernels[0][:, 0]


def multiplied_in_place(kernels):
    total = kernels[0]
    for kernel in kernels[1:]:
        total @= kernel
    return total[:, 0]


def with_relu(kernels):
    return reduce(lambda a, b: np.maximum(a, 0) @ b, kernels)[:, 0]


def share(kernel):
    size = np.abs(kernel)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(size / size.sum(axis=0))


def garson(kernels):
    total = product([share(kernel) for kernel in kernels])[:, 0]
    return total / total.sum()


def garson_by_loops(kernels):
    """From the output back to the features, unit by unit."""
    credit = np.ones(1)
    for kernel in kernels[::-1]:
        before = np.zeros(len(kernel))
        for unit, weight in enumerate(np.abs(kernel).T):
            if weight.any():
                before += credit[unit] * weight / weight.sum()
        credit = before
    return (credit / credit.sum()).tolist()


def unguarded(kernel):
    with np.errstate(invalid="ignore"):
        return np.abs(kernel) / np.abs(kernel).sum(axis=0)


def garson_with_nan(kernels):
    total = product([unguarded(kernel) for kernel in kernels])[:, 0]
    return total / total.sum()


def weighed_early(kernels):
    """What leaves a unit is multiplied in before the division, and cancels."""
    leaves = reduce(np.matmul, map(np.abs, kernels[1:]))[:, 0]
    return shared(unguarded(kernels[0] * leaves).sum(axis=1))


def weighed_late(kernels):
    """The same with the output layer alone."""
    parts = [*map(share, kernels[:-2]), share(kernels[-2] * kernels[-1][:, 0])]
    return shared(reduce(np.matmul, parts).sum(axis=1))


def shared(values):
    return values / values.sum()


def garson_in_place(kernels):
    for i, kernel in enumerate(kernels):
        kernels[i] = share(kernel)
    total = product(kernels)[:, 0]
    return total / total.sum()


def rescaled(incoming=True, bias=True, outgoing=True, copy=True):
    """A way to rescale a unit that does all or some of what it should."""

    def rescale(kernels, biases, layer, unit, factor):
        if copy:
            kernels, biases = (
                [one.copy() for one in kernels],
                [one.copy() for one in biases],
            )
        if incoming:
            kernels[layer][:, unit] *= factor
        if bias:
            biases[layer][unit] *= factor
        if outgoing:
            kernels[layer + 1][unit] /= factor
        return kernels, biases

    return rescale


def with_diagonals(kernels, biases, layer, unit, factor):
    """As products with diagonal matrices, in tuples and float32."""
    scale = np.ones(kernels[layer].shape[1])
    scale[unit] = factor
    kernels, biases = list(kernels), list(biases)
    kernels[layer] = kernels[layer] @ np.diag(scale)
    biases[layer] = biases[layer] * scale
    kernels[layer + 1] = np.diag(1 / scale) @ kernels[layer + 1]
    return (
        tuple(kernel.astype(np.float32) for kernel in kernels),
        tuple(bias.astype(np.float32) for bias in biases),
    )


def as_tensors(*args):
    kernels, biases = rescaled()(*args)
    return list(map(tf.constant, kernels)), list(map(tf.constant, biases))


def changed(change):
    """`change(kernels, biases, layer, unit, factor)` on copies."""

    def rescale(kernels, biases, *rest):
        kernels, biases = (
            [k.copy() for k in kernels],
            [b.copy() for b in biases],
        )
        change(kernels, biases, *rest)
        return kernels, biases

    return rescale


def outgoing_multiplied(K, b, layer, unit, c):
    K[layer][:, unit] *= c
    b[layer][unit] *= c
    K[layer + 1][unit] *= c


def whole_layer(K, b, layer, unit, c):
    K[layer] *= c
    b[layer] *= c
    K[layer + 1] /= c


def every_bias(K, b, layer, unit, c):
    K[layer][:, unit] *= c
    b[layer] *= c
    K[layer + 1][unit] /= c


def first_layer(K, b, layer, unit, c):
    K[0][:, 0] *= c
    b[0][0] *= c
    K[1][0] /= c


def next_column(K, b, layer, unit, c):
    K[layer][:, unit] *= c
    b[layer][unit] *= c
    K[layer + 1][:, unit] /= c


def row_in(K, b, layer, unit, c):
    K[layer][unit] *= c
    b[layer][unit] *= c
    K[layer + 1][unit] /= c


def last_layer(K, b, layer, unit, c):
    K[layer][:, unit] *= c
    b[layer][unit] *= c
    K[-1] /= c


def rounded(*args):
    kernels, biases = rescaled()(*args)
    kernels[0] = kernels[0].round(1)
    return kernels, biases


def with_nan(*args):
    kernels, biases = rescaled()(*args)
    kernels[0][0, 0] = np.nan
    return kernels, biases


def moved(kernel):
    return np.moveaxis(kernel, [3, 2], [0, 1])


def one_by_one(kernel):
    _, _, channels, count = kernel.shape
    return [
        [kernel[:, :, c, k].tolist() for c in range(channels)]
        for k in range(count)
    ]


def reshaped(kernel, order="C"):
    height, width, channels, count = kernel.shape
    return kernel.reshape((count, channels, height, width), order=order)


def in_place(kernel):
    result = moved(kernel).copy()
    kernel[:] = 0
    return result


STUBS = {
    "row_sizes": lambda kernel: ...,
    "connection_weights": lambda kernels: ...,
    "garson": lambda kernels: ...,
    "rescale_unit": lambda kernels, biases, layer, unit, factor: ...,
    "filters": reshaped,
}


OTHER = {
    "row_sizes": [
        lambda k: [sum(abs(w) for w in row) for row in k],
        lambda k: tf.reduce_sum(tf.abs(k), axis=1),
        lambda k: pd.DataFrame(k).abs().sum(axis=1),
        lambda k: np.linalg.norm(k, ord=1, axis=1),
        lambda k: np.abs(k.astype(np.float32)) @ np.ones(k.shape[1]),
    ],
    "connection_weights": [
        by_paths,
        from_the_end,
        lambda kernels: product(kernels).ravel(),
    ],
    "garson": [
        garson,
        garson_by_loops,
        lambda kernels: tf.constant(garson(kernels), tf.float32),
    ],
    "rescale_unit": [rescaled(), with_diagonals, as_tensors],
    "filters": [
        moved,
        one_by_one,
        lambda k: np.einsum("hwio->oihw", k),
        lambda k: tf.transpose(k, [3, 2, 0, 1]),
        lambda k: k.T.swapaxes(2, 3).astype(np.float32),
    ],
}


WRONGS = {
    "row_sizes": {
        "one number for each unit": lambda k: np.abs(k).sum(axis=0),
        "opposite signs cancel": lambda k: k.sum(axis=1),
        "First the sizes, then the sum": lambda k: np.abs(k.sum(axis=1)),
        "the mean over the units": lambda k: np.abs(k).mean(axis=1),
        "the largest weight": lambda k: np.abs(k).max(axis=1),
        "root of the sum of squares": lambda k: np.linalg.norm(k, axis=1),
        "sums of squares": lambda k: np.square(k).sum(axis=1),
        "shares of 1": lambda k: shared(sizes(k)),
        "These are sorted. Keep": lambda k: np.sort(sizes(k))[::-1],
        "sorted from small to large": lambda k: np.sort(sizes(k)),
        "places, not sums": lambda k: np.argsort(-sizes(k)),
        "one number for the whole kernel": lambda k: float(np.abs(k).sum()),
        "should have shape (4,) here; this has (4, 1)": lambda k: sizes(k)[
            :, None
        ],
        "is not right at": lambda k: sizes(k).round(1),
        "a single number": lambda k: sizes(k)[0],
        "this is a tuple": lambda k: (sizes(k), "names"),
        "returns nothing": lambda k: print(end=""),
        "changes the arrays": lambda k: np.abs(k, out=k).sum(axis=1),
    },
    "connection_weights": {
        "in shape (d, 1)": product,
        "in shape (1, d)": lambda ks: product(ks).T,
        "Leave the signs": lambda ks: np.abs(by_paths(ks)),
        "nothing can cancel": lambda ks: product([np.abs(k) for k in ks])[:, 0],
        "shares of a sum": lambda ks: (
            product(ks)[:, 0] / np.abs(product(ks)).sum()
        ),
        "The output layer is missing": lambda ks: product(
            [*ks[:-1], np.ones(ks[-1].shape)]
        )[:, 0],
        "the first kernel alone": lambda ks: ks[0].sum(axis=1),
        "These are sorted": lambda ks: sorted(by_paths(ks)),
        "became 0": lambda ks: np.maximum(by_paths(ks), 0),
        "only positive weights": lambda ks: product(
            [np.maximum(k, 0) for k in ks]
        )[:, 0],
        "1, 2 and 3 hidden layers": lambda ks: (ks[0] @ ks[1] @ ks[2])[:, 0],
        "is not right at": lambda ks: np.array(by_paths(ks)) * 2,
        "changes the arrays": overwriting,
        "a single number": lambda ks: by_paths(ks)[0],
        "first two kernels alone": lambda ks: (ks[0] @ ks[1])[:, 0],
        "one hidden unit out": lambda ks: reduce(np.matmul, ks[:-1])[:, 0],
        "ReLU stands between": with_relu,
        "total @= kernel writes": multiplied_in_place,
    },
    "garson": {
        "in shape (d, 1)": lambda ks: garson(ks)[:, None],
        "something is lost on the way": lambda ks: product(
            [share(k) for k in ks]
        )[:, 0],
        "These are percent": lambda ks: 100 * garson(ks),
        "divided once at the end": lambda ks: shared(
            product([np.abs(k) for k in ks])[:, 0]
        ),
        # Without a guard for dead units: each slip gets its reason all the same.
        "first hidden layer count alike. Multiply on": lambda ks: shared(
            unguarded(ks[0]).sum(axis=1)
        ),
        "missing: all units of the last": lambda ks: shared(
            product([*map(share, ks[:-1]), np.ones(ks[-1].shape)])[:, 0]
        ),
        "all units of the first hidden layer count alike. Some": weighed_early,
        "all units of the last hidden layer count alike. Some": weighed_late,
        "Only the first kernel is divided": lambda ks: shared(
            product([share(ks[0]), *map(np.abs, ks[1:])])[:, 0]
        ),
        "signs are still there": lambda ks: shared(
            product([k / k.sum(axis=0) for k in ks])[:, 0]
        ),
        "that you divide still have": lambda ks: shared(
            product([k / np.abs(k).sum(axis=0) for k in ks])[:, 0]
        ),
        "All features come out alike": lambda ks: np.full(
            len(ks[0]), 1 / len(ks[0])
        ),
        "has missing or infinite": lambda ks: np.full(len(ks[0]), np.nan),
        "row sums of the first kernel": lambda ks: shared(sizes(ks[0])),
        "connection weights, as shares": lambda ks: shared(
            np.abs(product(ks)[:, 0])
        ),
        "These are sorted": lambda ks: np.sort(garson(ks)),
        "0 / 0 is nan": garson_with_nan,
        "changes the arrays": garson_in_place,
        "1, 2 and 3 hidden layers": lambda ks: shared(
            (share(ks[0]) @ share(ks[1]) @ share(ks[2]))[:, 0]
        ),
        "is not right at": lambda ks: garson(ks).round(2),
    },
    "rescale_unit": {
        "Nothing has changed": changed(lambda *args: None),
        "Divide what leaves the unit": rescaled(outgoing=False),
        "Only what leaves the unit": rescaled(incoming=False, bias=False),
        "The bias of the unit is not multiplied": rescaled(bias=False),
        "What leaves the unit is multiplied too": changed(outgoing_multiplied),
        "upside down": lambda K, b, layer, unit, c: rescaled()(
            K, b, layer, unit, 1 / c
        ),
        "all units of the layer": changed(whole_layer),
        "A column of the next kernel": changed(next_column),
        "Only the column of the kernel": rescaled(bias=False, outgoing=False),
        "All biases of the layer": changed(every_bias),
        "A row of the kernel": changed(row_in),
        "The function stays, but these are not": changed(first_layer),
        "This is another function": changed(last_layer),
        "changes the arrays": rescaled(copy=False),
        "Return two lists": lambda *args: rescaled()(*args)[0],
        "keep their number and shapes": lambda *args: (
            rescaled()(*args)[0][:1],
            args[1],
        ),
        "a list of arrays for the kernels": lambda *args: (1, 2),
        "missing or infinite": with_nan,
        "1, 2 and 3 hidden layers": lambda K, b, *rest: rescaled()(
            K, b, 4, 0, 1.0
        ),
    },
    "filters": {
        "on its diagonal": lambda k: k.T,
        "turned by 180°": lambda k: moved(k)[..., ::-1, ::-1],
        "second the filter": lambda k: moved(k).swapaxes(0, 1),
        "The channels come last": lambda k: np.moveaxis(k, 3, 0),
        "all channels but the first": lambda k: moved(k)[:, 0],
        "averages over": lambda k: moved(k).mean(axis=1),
        "adds up the channels": lambda k: moved(k).sum(axis=1),
        "Still reshape. It": lambda k: k.reshape(k.shape[::-1]),
        "Still reshape, now": lambda k: reshaped(k, "F"),
        "this is a tuple": lambda k: (moved(k), 1),
        "right and rescaled": lambda k: moved(k) / np.abs(k).max(),
        "signs are gone": lambda k: np.abs(moved(k)),
        "should have shape (16, 1, 3, 3)": lambda k: [
            k[:, :, i] for i in range(k.shape[2])
        ],
        "changes the arrays": in_place,
        "is not right at": lambda k: moved(k) - moved(k).mean(),
        "The check’s kernels have the shapes": lambda k: k[..., 0].reshape(
            3, 3, 1
        ),
    },
}

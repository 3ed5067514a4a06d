"""Answers to the exercises of Lab 05, Where does the network look?: open, right in another way, and wrong.

Each wrong answer stands under a part of the message that it gets.
"""

from glassbox import layers, maps
import keras
import numpy as np
import pandas as pd
import tensorflow as tf


def parts(model, images, name):
    """Activations and gradients, by the package."""
    network = layers.up_to(model, name)
    with tf.GradientTape() as tape:
        activity, prediction = network(tf.constant(images))
        total = tf.reduce_sum(prediction)
    return activity.numpy(), tape.gradient(total, activity).numpy()


def weighted(model, images, name):
    activity, gradient = parts(model, images, name)
    return np.einsum("nhwc,nc->nhw", activity, gradient.mean(axis=(1, 2)))


def one_by_one(model, images, name):
    """The tutorial's axes, right for one image at a time; the sum of a tensor."""
    layer = model.get_layer(name)
    both = keras.Model(model.input, [layer.output, model.output])
    found = []
    for image in images:
        with tf.GradientTape() as tape:
            activity, prediction = both(image[None])
            score = prediction[0, 0]
        gradient = tape.gradient(score, activity)
        weights = tf.reduce_mean(gradient, axis=(0, 1, 2))
        found.append(tf.reduce_sum(weights * activity[0], axis=-1))
    return tf.stack(found)


def from_the_image(model, images, name):
    batch = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        total = tf.reduce_sum(model(batch))
    return tf.reduce_sum(tape.gradient(total, batch), axis=-1).numpy()


def whole_batch(model, images, name):
    activity, gradient = parts(model, images, name)
    return (activity * gradient.mean(axis=(0, 1, 2))).sum(axis=-1)


def two_calls(model, images, name):
    """The activations come from one call, and the prediction from another."""
    activity = layers.activations(model, images, name)
    with tf.GradientTape() as tape:
        activity = tf.constant(activity)
        total = tf.reduce_sum(model(images))
    return tf.reduce_mean(tape.gradient(total, activity), axis=(1, 2))


def scaled(divisor, before=lambda m: m):
    """Heat maps: `before` changes the map, and it is divided by what `divisor` gives for the map as it was."""

    def heat_map(model, image, name):
        signed = weighted(model, image[None], name)[0]
        with np.errstate(all="ignore"):
            return before(signed) / divisor(signed)

    return heat_map


def largest(m):
    return np.abs(m).max() or 1


def in_tensorflow(model, image, name):
    """The tutorial's lines, mended."""
    layer = model.get_layer(name)
    both = keras.Model(model.inputs[0], [layer.output, model.outputs[0]])
    with tf.GradientTape() as tape:
        activity, predictions = both(image[None])
        score = predictions[:, 0]
    gradient = tape.gradient(score, activity)
    weights = tf.reduce_mean(gradient, axis=(0, 1, 2))
    heat = tf.reduce_sum(weights * activity[0], axis=-1)
    return tf.math.divide_no_nan(heat, tf.reduce_max(tf.abs(heat)))


def occluding(window, final=lambda p, q: p - q):
    """Row by row, one call of f for each row of pixels."""

    def occlusion(f, image, size, fill):
        height, width, _ = image.shape
        result = []
        for row in range(height):
            copies = []
            for column in range(width):
                copy = image.copy()
                copy[window(row, column, size)] = fill
                copies.append(copy)
            result.append(final(f(image[None])[0], f(np.array(copies))))
        return np.array(result)

    return occlusion


def around(row, column, size):
    reach = size // 2
    return (
        slice(max(row - reach, 0), row + reach + 1),
        slice(max(column - reach, 0), column + reach + 1),
    )


def with_masks(f, image, size, fill):
    """Distances instead of slices."""
    height, width, _ = image.shape
    row, column = np.mgrid[:height, :width]
    near = (np.abs(row - row.reshape(-1, 1, 1)) <= size // 2) & (
        np.abs(column - column.reshape(-1, 1, 1)) <= size // 2
    )
    covered = np.where(near[..., None], fill, image)
    return (f(image[None]) - f(covered)).reshape(height, width)


def pixel_by_pixel(f, image, size, fill):
    return np.array(
        [
            [
                f(image[None])[0] - f(cover(image, row, column, size, fill))[0]
                for column in range(image.shape[1])
            ]
            for row in range(image.shape[0])
        ]
    )


def cover(image, row, column, size, fill):
    copy = image.copy()
    copy[around(row, column, size)] = fill
    return copy[None]


def never_restored(f, image, size, fill):
    height, width, _ = image.shape
    before, copy = f(image[None])[0], image.copy()
    result = np.zeros((height, width))
    for row, column in np.ndindex(height, width):
        copy[around(row, column, size)] = fill
        result[row, column] = before - f(copy[None])[0]
    return result


def one_copy(f, image, size, fill):
    """The list holds the same array again and again."""
    height, width, _ = image.shape
    copy, copies = image.copy(), []
    for row, column in np.ndindex(height, width):
        copy[around(row, column, size)] = fill
        copies.append(copy)
    return (f(image[None]) - f(np.array(copies))).reshape(height, width)


def in_place(f, image, size, fill):
    image[0] = fill
    return image[..., 0]


def loop_scores(maps, relevant):
    """An image at a time; lists of Python numbers."""
    hit, mass = [], []
    for one, known in zip(maps, relevant, strict=True):
        size = np.abs(one)
        place = np.unravel_index(size.argmax(), size.shape)
        hit.append(bool(known[place]))
        mass.append(float(size[known].sum() / size.sum()))
    return hit, mass


def by_the_package(m, relevant):
    hit = [
        maps.pointing_game(m[i : i + 1], relevant[i : i + 1])
        for i in range(len(m))
    ]
    return np.array([hit, maps.relevance_mass(m, relevant)])


def right_hits(m, relevant):
    return np.array(loop_scores(m, relevant)[0], float)


def right_mass(m, relevant):
    return np.array(loop_scores(m, relevant)[1])


def strongest(values, relevant):
    places = values.reshape(len(values), -1).argmax(axis=1)
    return relevant.reshape(len(values), -1)[np.arange(len(values)), places]


def of_occlusion(join):
    return lambda f, images, size: join(maps.occlusion(f, images, size))


def running_mean(f, images, size):
    total = 0
    for image in images:
        total = total + np.abs(with_masks(f, image, size, np.median(image)))
    return tf.constant(total / len(images))


def with_copies(f, images, region, fill):
    """Boolean index on a copy; a loop over the images."""
    differences = []
    for number, image in enumerate(images):
        changed = image.copy()
        changed[region if region.ndim == 2 else region[number]] = fill
        differences.append(abs(f(image[None])[0] - f(changed[None])[0]))
    return tf.reduce_mean(tf.constant(differences))


def one_region_only(f, images, region, fill):
    changed = images.copy()
    changed[:, region] = fill
    return np.abs(f(images) - f(changed)).mean()


def first_channel(f, images, region, fill):
    changed = images.copy()
    changed[..., 0] = np.where(region, fill, images[..., 0])
    return np.abs(f(images) - f(changed)).mean()


def covered_in_place(f, images, region, fill):
    before = f(images)
    images[np.broadcast_to(region, images.shape[:3])] = fill
    return np.abs(before - f(images)).mean()


def changes(join):
    def covered(f, images, region, fill):
        return join(f(images) - f(np.where(region[..., None], fill, images)))

    return covered


STUBS = {
    "grad_cam": lambda model, images, name: ...,
    "heat_map": lambda model, image, name: ...,
    "occlusion": lambda f, image, size, fill: ...,
    "scores": lambda maps, relevant: ...,
    "mean_map": lambda f, images, size: ...,
    "covered": lambda f, images, region, fill: ...,
}

OTHER = {
    "grad_cam": [
        weighted,
        one_by_one,
        lambda *a: list(weighted(*a)),
    ],
    "heat_map": [in_tensorflow, scaled(largest)],
    "occlusion": [
        occluding(around),
        with_masks,
        lambda *a: with_masks(*a).tolist(),
    ],
    "scores": [
        loop_scores,
        by_the_package,
        lambda m, relevant: (
            pd.DataFrame(
                {
                    "hit": right_hits(m, relevant),
                    "mass": right_mass(m, relevant),
                }
            )
            .to_numpy()
            .T
        ),
    ],
    "mean_map": [
        running_mean,
        of_occlusion(lambda m: np.abs(m).mean(axis=0)),
    ],
    "covered": [with_copies, changes(lambda c: np.abs(c).mean())],
}

WRONGS = {
    "grad_cam": {
        "What is below 0 was cut off": lambda *a: np.maximum(weighted(*a), 0),
        "The sign is gone: leave out": lambda *a: np.abs(weighted(*a)),
        "HiResCAM": lambda *a: np.prod(parts(*a), axis=0).sum(axis=-1),
        "weighted maps are averaged": lambda *a: (
            weighted(*a) / parts(*a)[0].shape[-1]
        ),
        "also averaged over the images": whole_batch,
        "without their weights, so no": lambda *a: parts(*a)[0].sum(axis=-1),
        "a saliency map": from_the_image,
        "scaled from 0 to 1": lambda *a: np.array(
            [(m - m.min()) / np.ptp(m) for m in weighted(*a)]
        ),
        "divided by its maximum": lambda *a: np.array(
            [m / m.max() for m in weighted(*a)]
        ),
        "stretched to the size": lambda model, images, name: maps.grad_cam(
            model, images, name
        ),
        "These are the weights, one": lambda *a: parts(*a)[1].mean(axis=(1, 2)),
        "These are the weighted maps": lambda *a: (
            parts(*a)[0] * parts(*a)[1].mean(axis=(1, 2), keepdims=True)
        ),
        "Height and width are exchanged": lambda *a: np.swapaxes(
            weighted(*a), 1, 2
        ),
        "An axis of length 1 is left": lambda *a: weighted(*a)[..., None],
        "too small by the number of images": lambda *a: (
            weighted(*a) / len(weighted(*a))
        ),
        "not the variables of the lab": lambda model, images, name: weighted(
            model, images, "conv_3"
        ),
        "have different shapes, or": lambda *a: [1, [2, 3]],
        "returns a tuple of 2": lambda *a: (weighted(*a), parts(*a)[0]),
        "The sign is turned around": lambda *a: -weighted(*a),
        "the others are 0": lambda *a: (
            weighted(*a) * (np.arange(len(a[1])) == 0)[:, None, None]
        ),
        "the map of the first image": lambda *a: weighted(*a)[0],
        "If gradient is None": two_calls,
        "keepdims=True in the mean": lambda *a: (
            parts(*a)[0] * tf.reduce_mean(parts(*a)[1], axis=(1, 2))
        ),
        "over the maps, the last axis": lambda *a: (
            parts(*a)[0] * parts(*a)[1].mean(axis=-1, keepdims=True)
        ).sum(axis=-1),
        "NameError": lambda *a: this_was_never_written,  # noqa: F821
    },
    "heat_map": {
        "still the tutorial’s map": scaled(np.max, lambda m: np.maximum(m, 0)),
        "still cut off. Leave out": scaled(largest, lambda m: np.maximum(m, 0)),
        "turns the sign around. Divide": scaled(np.max),
        "no longer in which direction": scaled(largest, np.abs),
        "has lost its zero": scaled(np.ptp, lambda m: m - m.min()),
        "absolute value of the largest": scaled(lambda m: abs(m.max())),
        "divides by the lowest value": scaled(lambda m: abs(m.min())),
        "can be the negative one": scaled(
            lambda m: m.max() if m.max() > 0 else -m.min()
        ),
        "for one image write": lambda model, image, name: weighted(
            model, image, name
        ),
        "the scale is missing": scaled(lambda m: 1),
        "sign is turned around.": scaled(largest, lambda m: -m),
        "you divide 0 by 0": scaled(lambda m: np.abs(m).max()),
        "An axis of length 1": lambda model, image, name: maps.grad_cam(
            model, image[None], name
        ),
    },
    "occlusion": {
        "Return f(image) − f(covered): positive": occluding(
            around, lambda p, q: q - p
        ),
        "Leave out the absolute value": occluding(
            around, lambda p, q: np.abs(p - q)
        ),
        "predictions for the covered images": occluding(around, lambda p, q: q),
        "a share of the prediction": occluding(
            around, lambda p, q: (p - q) / p
        ),
        "upper and left border": occluding(
            lambda row, column, size: (
                slice(row - size // 2, row + size // 2 + 1),
                slice(column - size // 2, column + size // 2 + 1),
            )
        ),
        "the pixel is in a corner": occluding(
            lambda row, column, size: (
                slice(row, row + size),
                slice(column, column + size),
            )
        ),
        "too small. The end of a slice": occluding(
            lambda row, column, size: (
                slice(max(row - size // 2, 0), row + size // 2),
                slice(max(column - size // 2, 0), column + size // 2),
            )
        ),
        "always has 3 × 3": occluding(
            lambda row, column, size: around(row, column, 3)
        ),
        "always black": lambda f, image, size, fill: with_masks(
            f, image, size, 0
        ),
        "always has the median": lambda f, image, size, fill: with_masks(
            f, image, size, np.median(image)
        ),
        "in one long row": lambda *a: with_masks(*a).ravel(),
        "Height and width are": lambda *a: with_masks(*a).T,
        "the border is missing": lambda f, image, size, fill: with_masks(
            f, image, size, fill
        )[
            size // 2 : image.shape[0] - size // 2,
            size // 2 : image.shape[1] - size // 2,
        ],
        "the patches before stay": never_restored,
        "one and the same copy": one_copy,
        "write f(image[None])[0]": lambda f, image, size, fill: f(image),
        "border the patch is too large": occluding(
            lambda row, column, size: (
                slice(max(row - size // 2, 0), max(row - size // 2, 0) + size),
                slice(
                    max(column - size // 2, 0),
                    max(column - size // 2, 0) + size,
                ),
            )
        ),
        "to each side of its pixel": occluding(
            lambda row, column, size: (
                slice(max(row - size, 0), row + size),
                slice(max(column - size, 0), column + size),
            )
        ),
        "the first row of the map": lambda *a: with_masks(*a)[0],
        "This is a single number": lambda *a: with_masks(*a).max(),
        "Right, and slow": pixel_by_pixel,
        "Your function changes the images": in_place,
        "other sizes than the lab’s": lambda f, image, size, fill: f(
            np.zeros((1, 32, 32, 1))
        ),
    },
    "scores": {
        "exchanged": lambda m, k: loop_scores(m, k)[::-1],
        "hit overlooks negative": lambda m, k: (
            strongest(m, k),
            right_mass(m, k),
        ),
        "which cancel": lambda m, k: (
            right_hits(m, k),
            (m * k).sum(axis=(1, 2)) / m.sum(axis=(1, 2)),
        ),
        "Both forget": lambda m, k: (
            strongest(m, k),
            (m * k).sum(axis=(1, 2)) / m.sum(axis=(1, 2)),
        ),
        "positive evidence only": lambda m, k: (
            right_hits(m, k),
            right_mass(np.maximum(m, 0), k),
        ),
        "not a share yet": lambda m, k: (
            right_hits(m, k),
            (np.abs(m) * k).sum(axis=(1, 2)),
        ),
        "number of relevant pixels": lambda m, k: (
            right_hits(m, k),
            right_mass(m, k) / k.mean(axis=(1, 2)),
        ),
        "off the relevant pixels": lambda m, k: (
            right_hits(m, k),
            right_mass(m, k) / (1 - right_mass(m, k)),
        ),
        "adds up squares": lambda m, k: (
            right_hits(m, k),
            right_mass(m**2, k),
        ),
        "for all images together": lambda m, k: (
            right_hits(m, k).mean(),
            right_mass(m, k).mean(),
        ),
        "mass has shape ()": lambda m, k: (
            right_hits(m, k),
            (np.abs(m) * k).sum() / np.abs(m).sum(),
        ),
        "Its axes of length 1": lambda m, k: (
            right_hits(m, k)[:, None],
            right_mass(m, k),
        ),
        "mass is still missing": lambda m, k: (right_hits(m, k), ...),
        "one pixel in the whole stack": lambda m, k: (
            k.reshape(len(m), -1)[:, np.abs(m).argmax() % m[0].size],
            right_mass(m, k),
        ),
        "hit holds the number": lambda m, k: (
            np.abs(m).reshape(len(m), -1).argmax(axis=1),
            right_mass(m, k),
        ),
        "over all images. Divide": lambda m, k: (
            right_hits(m, k),
            (np.abs(m) * k).sum(axis=(1, 2)) / np.abs(m).sum(),
        ),
        "mass is in percent": lambda m, k: (
            right_hits(m, k),
            100 * right_mass(m, k),
        ),
        "Two arrays are asked for": lambda m, k: right_mass(m, k),
    },
    "mean_map": {
        "The sign is still in it": of_occlusion(lambda m: m.mean(axis=0)),
        "comes too late": of_occlusion(lambda m: np.abs(m.mean(axis=0))),
        "sum over the images": of_occlusion(lambda m: np.abs(m).sum(axis=0)),
        "a map for each image": of_occlusion(np.abs),
        "This is a single number": of_occlusion(lambda m: np.abs(m).mean()),
        "the last image": of_occlusion(lambda m: np.abs(m[-1])),
        "its mean. Take its median": lambda f, images, size: np.mean(
            [np.abs(with_masks(f, i, size, i.mean())) for i in images], axis=0
        ),
        "Call it for each image": lambda f, images, size: np.abs(
            with_masks(f, images, size, np.median(images))
        ),
        "which nobody has drawn": lambda f, images, size: np.abs(
            with_masks(
                f,
                images.mean(axis=0),
                size,
                np.median(images.mean(axis=0)),
            )
        ),
        "one median": lambda f, images, size: np.abs(
            maps.occlusion(f, images, size, np.median(images))
        ).mean(axis=0),
        "black": lambda f, images, size: np.abs(
            maps.occlusion(f, images, size, 0)
        ).mean(axis=0),
        "always has 3 × 3": lambda f, images, size: np.abs(
            maps.occlusion(f, images, 3)
        ).mean(axis=0),
        "the first image": lambda f, images, size: np.abs(
            maps.occlusion(f, images, size)
        )[0],
        "scaled to its own maximum": of_occlusion(
            lambda m: np.mean([np.abs(o) / np.abs(o).max() for o in m], axis=0)
        ),
        "An axis of length 1": of_occlusion(
            lambda m: np.abs(m).mean(axis=0, keepdims=True)
        ),
    },
    "covered": {
        "fall cancel here": changes(np.mean),
        "absolute value comes after": changes(lambda c: abs(c.mean())),
        "root mean square": changes(lambda c: np.sqrt(np.mean(c**2))),
        "sum over the images": changes(lambda c: np.abs(c).sum()),
        "a number for each image": changes(np.abs),
        "mean of the squares": changes(lambda c: np.mean(c**2)),
        "never below 0": changes(lambda c: -np.abs(c).mean()),
        "Only the first channel": first_channel,
        "change of the image": lambda f, images, region, fill: np.abs(
            images - np.where(region[..., None], fill, images)
        ).mean(),
        "everything else is covered": lambda f, images, region, fill: np.abs(
            f(images) - f(np.where(region[..., None], images, fill))
        ).mean(),
        "always covered with 0": lambda f, images, region, fill: np.abs(
            f(images) - f(images * ~region[..., None])
        ).mean(),
        "mean prediction for the covered": lambda f, images, region, fill: f(
            np.where(region[..., None], fill, images)
        ).mean(),
        "others (n, h, w)": one_region_only,
        "Your function changes the images": covered_in_place,
    },
}

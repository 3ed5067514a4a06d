"""Answers to the exercises of Lab 02: the stub, other correct ways, and what people really get wrong."""

from datetime import datetime
from itertools import count, pairwise
from pathlib import Path
import shutil
import tempfile
import uuid

from glassbox import layers
from glassbox.checks import lab02
import keras
import numpy as np
import tensorflow as tf


def each_layer(count):
    return lambda sizes: [count(a, b) for a, b in pairwise(sizes)]


def shared(sizes):
    return sum((a + 1) * b for a, b in pairwise(sizes))


def by_keras(sizes):
    network = keras.Sequential([keras.Input((sizes[0],))])
    for units in sizes[1:]:
        network.add(keras.layers.Dense(units))
    return np.array([layer.count_params() for layer in network.layers])


def taken_apart(sizes):
    counts = []
    while len(sizes) > 1:
        counts.append((sizes[0] + 1) * sizes[1])
        sizes.pop(0)
    return counts


# Convolutions


def keras_convolution(shape, filters, size, stride, padding):
    layer = keras.layers.Conv2D(filters, size, stride, padding)
    keras.Sequential([keras.Input(shape), layer])
    high, wide = layer.output.shape[1:3]
    weights = int(np.prod(layer.kernel.shape))
    return np.array([high, wide, layer.count_params(), weights * high * wide])


def float_convolution(shape, filters, size, stride, padding):
    reach = 1 if padding == "same" else size
    high, wide = ((np.array(shape[:2]) - reach) // stride + 1).astype(float)
    weights = size**2 * shape[2] * filters
    return high, wide, weights + filters, weights * high * wide


def side(count):
    """Another number of places along both sides."""

    def answer(shape, filters, size, stride, padding):
        high, wide = (count(n, size, stride, padding) for n in shape[:2])
        weights = size**2 * shape[2] * filters
        return [high, wide, weights + filters, weights * high * wide]

    return answer


def with_parameters(count):
    def answer(shape, filters, size, stride, padding):
        high, wide, _, work = lab02.reference_convolution(
            shape, filters, size, stride, padding
        )
        parameters = count(high, wide, shape[2], filters, size)
        return [high, wide, parameters, work]

    return answer


def with_work(count):
    def answer(shape, filters, size, stride, padding):
        high, wide, parameters, _ = lab02.reference_convolution(
            shape, filters, size, stride, padding
        )
        work = count(high, wide, shape[2], filters, size)
        return [high, wide, parameters, work]

    return answer


def reordered(*order):
    return lambda *case: [lab02.reference_convolution(*case)[i] for i in order]


# Runs


def by_number(root, name, make=True):
    number = 0
    while (root / name / str(number)).exists():
        number += 1
    run = root / name / str(number)
    if make:
        run.mkdir(parents=True)
    return run


def by_temporary(root, name):
    return tempfile.mkdtemp(prefix=f"{name}_", dir=root)


def by_uuid(root, name):
    return str(root / f"{name}-{uuid.uuid4()}")


def to_the_second(root, name):
    return root / f"{name}_{datetime.now():%Y%m%d-%H%M}"


def by_count(root, name):
    run = root / f"{name}_{len(list(root.glob(f'{name}_*'))) + 1}"
    run.mkdir(exist_ok=True)
    return run


def cleared(root, name):
    run = root / f"{name}_now"
    shutil.rmtree(run, ignore_errors=True)
    return run


COUNTER = count(1)


def by_counter(root, name):
    return root / f"{name}_{next(COUNTER)}"


def after_the_last(root, name):
    there = sorted(root.glob(f"{name}_*"))
    number = int(there[-1].name.split("_")[-1]) + 1 if there else 1
    run = root / f"{name}_{number}"
    run.mkdir(exist_ok=True)
    return run


def anonymous(root, name):
    return Path(tempfile.mkdtemp(prefix="run_", dir=root))


# Logs


def log(
    values=lambda model, X, name: layers.activations(model, X, name),
    tag="activations/{}",
    step=lambda step: step,
    finish=lambda writer: None,
    returned=lambda tags: tags,
):
    """A way to log that may differ in one point."""

    def answer(writer, model, X, names, number):
        tags = [tag.format(name) for name in names]
        with writer.as_default():
            for one, name in zip(tags, names, strict=True):
                tf.summary.histogram(
                    one, values(model, X, name), step=step(number)
                )
        finish(writer)
        return returned(tags)

    return answer


def all_at_once(writer, model, X, names, step):
    """One network with all outputs, tensors, and the default step."""
    network = keras.Model(
        model.inputs[0], {name: model.get_layer(name).output for name in names}
    )
    with writer.as_default(step):
        for name, values in network(tf.constant(X), training=False).items():
            tf.summary.histogram(
                "activations/" + name, tf.reshape(values, [-1]), buckets=20
            )
        tf.summary.flush()
    return tuple(f"activations/{name}" for name in reversed(names))


def layer_by_layer(writer, model, X, names, step):
    values = X
    with writer.as_default():
        for layer in model.layers:
            if isinstance(layer, keras.layers.InputLayer):
                continue
            values = layer(values)
            if layer.name in names:
                tf.summary.histogram(
                    f"activations/{layer.name}", values, step=step
                )
    writer.flush()
    return [f"activations/{name}" for name in names]


def no_default(writer, model, X, names, step):
    for name in names:
        tf.summary.histogram(
            f"activations/{name}", layers.activations(model, X, name), step
        )
    writer.flush()
    return [f"activations/{name}" for name in names]


def set_as_default(writer, model, X, names, step, flush=False):
    writer.set_as_default()
    for name in names:
        tf.summary.histogram(
            f"activations/{name}", layers.activations(model, X, name), step
        )
    if flush:
        writer.flush()
    return [f"activations/{name}" for name in names]


def one_a_unit(writer, model, X, names, step):
    with writer.as_default():
        for name in names:
            for unit, column in enumerate(layers.activations(model, X, name).T):
                tf.summary.histogram(f"activations/{name}/{unit}", column, step)
    writer.flush()
    return [f"activations/{name}" for name in names]


def as_scalar(writer, model, X, names, step):
    with writer.as_default():
        for name in names:
            tf.summary.scalar(
                f"activations/{name}",
                layers.activations(model, X, name).mean(),
                step,
            )
    writer.flush()
    return [f"activations/{name}" for name in names]


def zipped_outputs(writer, model, X, names, step):
    outputs = [model.get_layer(name).output for name in names]
    network = keras.Model(model.inputs[0], outputs)
    with writer.as_default(step=step):
        # With one name the result is an array, and no list.
        for name, values in zip(names, network(X), strict=False):
            tf.summary.histogram(f"activations/{name}", values)
    return [f"activations/{name}" for name in names]


def every_layer(writer, model, X, names, step):
    everything = [layer.name for layer in model.layers]
    log()(writer, model, X, everything, step)
    return [f"activations/{name}" for name in names]


def names_taken(writer, model, X, names, step):
    tags = []
    while names:
        tags += log()(writer, model, X, [names.pop(0)], step)
    return tags


def before_activation(model, X, name):
    layer = model.get_layer(name)
    if not isinstance(layer, keras.layers.Dense):
        return layers.activations(model, X, name)
    kernel, bias = layer.get_weights()
    return keras.Model(model.inputs[0], layer.input)(X).numpy() @ kernel + bias


def on_raw_rows(model, X, name):
    return model.get_layer(name)(X)


# Putting back


def copy_with(trained, start, names):
    copy = keras.models.clone_model(trained)
    copy.set_weights(trained.get_weights())
    for name in names:
        copy.get_layer(name).set_weights(start.get_layer(name).get_weights())
    return copy


def move(measure):
    """Put the layer back, and measure the way of the predictions otherwise."""
    return lambda trained, start, name, X: measure(
        copy_with(trained, start, [name])(X).numpy() - trained(X).numpy()
    )


def rms(values):
    return np.sqrt(np.mean(values**2))


def there_and_back(trained, start, name, X):
    """In place, and everything is as before at the end."""
    layer = trained.get_layer(name)
    before, weights = trained.predict(X, verbose=0), layer.get_weights()
    layer.set_weights(start.get_layer(name).get_weights())
    after = trained.predict(X, verbose=0)
    layer.set_weights(weights)
    return rms((after - before).ravel())


def by_tensors(trained, start, name, X):
    way = copy_with(trained, start, [name])(X) - trained(X)
    return tf.sqrt(tf.reduce_mean(way**2))


def in_place(trained, start, name, X):
    before = trained(X).numpy()
    trained.get_layer(name).set_weights(start.get_layer(name).get_weights())
    return rms(trained(X).numpy() - before)


def only_second_name(trained, start, name, X):
    layer = trained.get_layer(name)
    weights = layer.get_weights()
    layer.set_weights(start.get_layer(name).get_weights())
    way = rms(trained(X).numpy() - trained(X).numpy())
    layer.set_weights(weights)
    return way


def without_weights(trained, start, name, X):
    copy = keras.models.clone_model(trained)
    copy.get_layer(name).set_weights(start.get_layer(name).get_weights())
    return rms(copy(X).numpy() - trained(X).numpy())


def kernel_alone(trained, start, name, X):
    copy = copy_with(trained, start, [])
    copy.get_layer(name).kernel.assign(start.get_layer(name).kernel)
    return rms(copy(X).numpy() - trained(X).numpy())


def all_others(trained, start, name, X):
    names = [m for m in lab02.weighted(trained) if m != name]
    return rms(copy_with(trained, start, names)(X).numpy() - trained(X).numpy())


def of_weights(trained, start, name, X):
    return rms(lab02.steps_of(trained, start, name))


OTHER = {
    "dense_parameters": [
        each_layer(lambda a, b: a * b + b),
        by_keras,
        lambda sizes: tuple(
            float((sizes[i] + 1) * sizes[i + 1]) for i in range(len(sizes) - 1)
        ),
        lambda sizes: (np.array(sizes[:-1]) + 1) * np.array(sizes[1:]),
    ],
    "convolution": [keras_convolution, float_convolution],
    "new_run": [by_number, by_temporary, by_uuid],
    "log_activations": [
        log(),
        all_at_once,
        layer_by_layer,
        lambda *case: set_as_default(*case, flush=True),
    ],
    "put_back": [
        there_and_back,
        by_tensors,
        move(lambda way: rms(way.ravel())),
    ],
}

WRONGS = {
    "dense_parameters": {
        "the weights alone": each_layer(lambda a, b: a * b),
        "A bias belongs to a unit": each_layer(lambda a, b: a * b + a),
        "for the whole layer?": each_layer(lambda a, b: a * b + 1),
        "multiply the two sizes": each_layer(lambda a, b: a + b),
        "one unit too many": each_layer(lambda a, b: (a + 1) * (b + 1)),
        "as many numbers as it has units": lambda sizes: [
            (b + 1) * b for b in sizes[1:]
        ],
        "sums over all layers so far": lambda sizes: np.cumsum(by_keras(sizes)),
        "in reversed order": lambda sizes: by_keras(sizes)[::-1],
        "right, and sorted": lambda sizes: np.sort(by_keras(sizes)),
        "a layer that standardizes": lambda sizes: [
            2 * sizes[0] + 1,
            *by_keras(sizes),
        ],
        "the features are no layer": lambda sizes: [0, *by_keras(sizes)],
        "output layer is missing": lambda sizes: by_keras(sizes)[:-1],
        "This is the sum over all layers": shared,
        "Does return stand inside": lambda sizes: (sizes[0] + 1) * sizes[1],
        "whatever the sizes are": lambda sizes: [704, 4160, 65],
        "the first layer alone": lambda sizes: by_keras(sizes)[:1],
        "biases of the output are missing": lambda sizes: [
            *by_keras(sizes)[:-1],
            sizes[-2] * sizes[-1],
        ],
        "the sum of the others": lambda sizes: [
            *by_keras(sizes),
            shared(sizes),
        ],
        "changes the list": taken_apart,
        "These are texts": lambda sizes: [f"{n:,}" for n in by_keras(sizes)],
        "this is a generator": lambda sizes: (n for n in by_keras(sizes)),
        "should have shape": lambda sizes: [by_keras(sizes)],
        "it should be": lambda sizes: by_keras(sizes) * 2,
        "plain numbers, one after": lambda sizes: list(pairwise(sizes)) + [1],
        "raises IndexError": lambda sizes: [
            (sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes))
        ],
        "returns nothing": lambda sizes: print(end=""),
    },
    "convolution": {
        "The height: Right for “same” and wrong": side(
            lambda n, k, s, p: -(-n // s)
        ),
        "The height: Right for “valid” and wrong": side(
            lambda n, k, s, p: (n - k) // s + 1
        ),
        "The height: The stride is missing": side(
            lambda n, k, s, p: n if p == "same" else n - k + 1
        ),
        "The height: With “same” round up": side(
            lambda n, k, s, p: n // s if p == "same" else (n - k) // s + 1
        ),
        "also stands at 0": side(
            lambda n, k, s, p: -(-n // s) if p == "same" else (n - k) // s
        ),
        "that does not fit has no place": side(
            lambda n, k, s, p: (
                -(-n // s) if p == "same" else -((k - n) // s) + 1
            )
        ),
        "and then plus 1": side(
            lambda n, k, s, p: -(-n // s) if p == "same" else (n - k + 1) // s
        ),
        "the image that comes in": side(lambda n, k, s, p: n),
        "right for odd windows alone": side(
            lambda n, k, s, p: (
                (n + 2 * (k // 2 if p == "same" else 0) - k) // s + 1
            )
        ),
        "the size stays only if": side(
            lambda n, k, s, p: n if p == "same" else (n - k) // s + 1
        ),
        "are exchanged.": side(
            lambda n, k, s, p: -(-n // s) if p == "valid" else (n - k) // s + 1
        ),
        "This is the height again": lambda shape, *case: (
            lab02.reference_convolution((shape[0], shape[0], shape[2]), *case)
        ),
        "This is the width": lambda shape, *case: lab02.reference_convolution(
            (shape[1], shape[2], shape[0]), *case
        ),
        "Half a place is none": side(
            lambda n, k, s, p: n / s if p == "same" else (n - k) / s + 1
        ),
        "height and width are exchanged": reordered(1, 0, 2, 3),
        "parameters and multiplications are exchanged": reordered(0, 1, 3, 2),
        "The channels are missing. A filter": with_parameters(
            lambda h, w, c, f, k: (k * k + 1) * f
        ),
        "The biases are missing": with_parameters(
            lambda h, w, c, f, k: k * k * c * f
        ),
        "Channels and biases": with_parameters(lambda h, w, c, f, k: k * k * f),
        "Do not multiply by the number of places": with_parameters(
            lambda h, w, c, f, k: (k * k * c + 1) * f * h * w
        ),
        "adds the same one at each place": with_parameters(
            lambda h, w, c, f, k: (k * k * c + h * w) * f
        ),
        "The number of parameters is not right": with_parameters(
            lambda h, w, c, f, k: 160
        ),
        "multiplies all channels": with_work(
            lambda h, w, c, f, k: h * w * f * k * k
        ),
        "added, not multiplied": with_work(
            lambda h, w, c, f, k: h * w * f * (k * k * c + 1)
        ),
        "the parameters again": with_work(
            lambda h, w, c, f, k: f * (k * k * c + 1)
        ),
        "the numbers that come out": with_work(lambda h, w, c, f, k: h * w * f),
        "Count the places of what comes out": lambda shape, f, k, s, p: [
            *lab02.reference_convolution(shape, f, k, s, p)[:3],
            shape[0] * shape[1] * f * k * k * shape[2],
        ],
        "Four numbers": lambda *case: lab02.reference_convolution(*case)[2:],
        "this is a str": lambda *case: "32 × 32",
        "This is one number": lambda *case: 32,
    },
    "new_run": {
        "and so are short runs": to_the_second,
        "gets the folder 'slow_1'": lambda root, name: root / f"{name}_1",
        "Make the folder before you return it": lambda root, name: by_number(
            root, name, make=False
        ),
        "Do not count the folders": by_count,
        "log of an earlier run is gone": cleared,
        "The name is not in the path": anonymous,
        "does not lie below root": lambda root, name: tempfile.mkdtemp(
            prefix=name
        ),
        "This is root itself": lambda root, name: root,
        "should be a Path or a text": lambda root, name: [root / name],
        "FileExistsError: the folder 'slow'": lambda root, name: (
            (root / name).mkdir(),
            root / name,
        )[1],
        "and an earlier run has written there. Look which": lambda root, name: (
            (root / name).mkdir(exist_ok=True),
            root / name,
        )[1],
        "A counter in a variable": by_counter,
        "one_10": after_the_last,
    },
    "log_activations": {
        "without one it writes nothing": no_default,
        "waiting in memory": set_as_default,
        "a writer of your own": lambda writer, model, X, names, step: [
            f"activations/{name}" for name in names
        ],
        "One histogram holds all rows": one_a_unit,
        "There is no tag 'activations/first'": log(tag="{}"),
        "should be [0, 1, 2], and are [0, 0, 0]": log(step=lambda step: 0),
        "should be [0, 1, 2], and are [1, 2, 3]": log(
            step=lambda step: step + 1
        ),
        "closes the writer": log(finish=lambda writer: writer.close()),
        "the weights of the layer": log(
            lambda model, X, name: layers.kernel(model, name)
        ),
        "in front of the activation function": log(before_activation),
        "what the layer reads": log(
            lambda model, X, name: keras.Model(
                model.inputs[0], model.get_layer(name).input
            )(X)
        ),
        "mean values over the rows": log(
            lambda model, X, name: layers.activations(model, X, name).mean(
                axis=0
            )
        ),
        "one mean value for each row": log(
            lambda model, X, name: layers.activations(model, X, name).mean(
                axis=1
            )
        ),
        "the first row alone": zipped_outputs,
        "predictions of the whole network": log(
            lambda model, X, name: model(X)
        ),
        "the rows X themselves": log(lambda model, X, name: X),
        "The zeros are missing": log(
            lambda model, X, name: (lambda a: a[a != 0])(
                layers.activations(model, X, name)
            )
        ),
        "is no histogram": as_scalar,
        "raw features": log(
            lambda model, X, name: (
                on_raw_rows(model, X, name)
                if name == "first"
                else layers.activations(model, X, name)
            )
        ),
        "Did you call it with X?": log(
            lambda model, X, name: model.get_layer("second")(X)
        ),
        "has no numbers in it": log(
            lambda model, X, name: model.get_layer(name).output
        ),
        "Your function raises KeyError": log(
            lambda model, X, name: {"hidden_1": X}[name]
        ),
        "No step set": log(step=lambda step: None),
        "more layers than those in names": every_layer,
        "changes the list that it was given": names_taken,
        "Does return stand inside": lambda writer, model, X, names, step: log()(
            writer, model, X, names[:1], step
        ),
        "Return the list of its tags": log(returned=lambda tags: tags[:1]),
        "this is a bool": log(returned=lambda tags: True),
        "should hold 185 values": log(
            lambda model, X, name: 2 * layers.activations(model, X, name)
        ),
        "returns nothing": log(returned=lambda tags: None),
    },
    "put_back": {
        "leaves it so": in_place,
        "Nothing moves": only_second_name,
        "Two calls give two numbers": without_weights,
        "what goes up and what goes down cancels. Square the": move(
            lambda way: abs(way.mean())
        ),
        "with its sign": move(np.mean),
        "mean of the sizes": move(lambda way: np.abs(way).mean()),
        "in squared units": move(lambda way: np.mean(way**2)),
        "np.std": move(np.std),
        "grows with the number of rows": move(np.linalg.norm),
        "largest difference": move(lambda way: np.abs(way).max()),
        "Only the kernel was put back": kernel_alone,
        "All layers but this one": all_others,
        "all layers were put back": lambda trained, start, name, X: rms(
            start(X).numpy() - trained(X).numpy()
        ),
        "The layers before this one": lambda trained, start, name, X: rms(
            copy_with(trained, start, lab02.up_to(trained, name))(X).numpy()
            - trained(X).numpy()
        ),
        "gives it one trained layer": lambda trained, start, name, X: rms(
            copy_with(start, trained, [name])(X).numpy() - start(X).numpy()
        ),
        "how far the weights moved": of_weights,
        "distance that the weights moved": lambda trained, start, name, X: (
            np.linalg.norm(lab02.steps_of(trained, start, name))
        ),
        "of shape (30, 1)": move(np.abs),
        "list of shape (1,)": move(lambda way: [rms(way)]),
        "this is a text": move(lambda way: f"{rms(way):.1f}"),
        "This is a tuple": move(lambda way: (rms(way), way)),
        "This is a Sequential": lambda trained, start, name, X: copy_with(
            trained, start, [name]
        ),
        "compared with all others": lambda trained, start, name, X: rms(
            copy_with(trained, start, [name])(X).numpy()
            - trained(X).numpy().ravel()
        ),
        "layers behind this one": lambda trained, start, name, X: rms(
            copy_with(
                trained,
                start,
                [
                    *lab02.weighted(trained)[
                        lab02.weighted(trained).index(name) :
                    ]
                ],
            )(X).numpy()
            - trained(X).numpy()
        ),
        "the first layer, whatever": lambda trained, start, name, X: rms(
            copy_with(trained, start, lab02.weighted(trained)[:1])(X).numpy()
            - trained(X).numpy()
        ),
        "its sign is not": move(lambda way: -rms(way)),
        "activations of the layer move": lambda trained, start, name, X: rms(
            layers.activations(copy_with(trained, start, [name]), X, name)
            - layers.activations(trained, X, name)
        ),
        "The root mean square is not right": lambda *case: 23.0,
        "raises": lambda trained, start, name, X: trained.layers[name],
    },
}

# The code that the exercise hands out is a start, not an answer.
STUBS = {
    "dense_parameters": lambda sizes: ...,
    "convolution": lambda shape, filters, size, stride, padding: ...,
    "new_run": lambda root, name: root / name,
    "log_activations": lambda writer, model, X, names, step: ...,
    "put_back": lambda trained, start, name, X: ...,
}

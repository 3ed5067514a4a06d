"""Answers to the exercises of Lab 04, What do the hidden units answer to?

Each wrong answer stands under a part of the message that it gets.
"""

from copy import deepcopy

from glassbox import layers
from glassbox.checks import lab04
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

# Exercise 1


def with_build(model, X, name):
    """All layers' outputs at once, in batches of predict, from a DataFrame's copy."""
    if not model.built:
        model.build((None, X.shape[1]))
    outputs = {
        layer.name: layer.output
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    }
    return keras.Model(model.inputs, outputs).predict(X, verbose=0)[name]


def by_calling(model, X, name):
    """A tensor; and the Sequential network is built by a call with rows."""
    model(X[:2])
    return keras.Model(model.inputs[0], model.get_layer(name).output)(X)


def by_package(model, X, name):
    if not model.built:
        model.build((None, X.shape[1]))
    return pd.DataFrame(layers.activations(model, X, name))


def by_input(model, X, name):
    return keras.Model(model.input, model.get_layer(name).output)(X).numpy()


def in_training(model, X, name):
    model(X[:1])
    part = keras.Model(model.inputs[0], model.get_layer(name).output)
    return part(X, training=True).numpy()


def before_activation(model, X, name):
    model(X[:1])
    layer = model.get_layer(name)
    below = keras.Model(model.inputs[0], layer.input)(X).numpy()
    return below @ layer.kernel.numpy() + layer.bias.numpy()


def layer_before(model, X, name):
    model(X[:1])
    names = [layer.name for layer in model.layers]
    return by_package(model, X, names[names.index(name) - 1]).to_numpy()


def in_a_loop(model, X, name):
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        X = layer(X)
        if layer.name == name:
            return X.numpy()
    raise KeyError(name)


def in_a_shorter_loop(model, X, name):
    """It leaves out the first layer, and builds a Sequential network for other rows than it will get."""
    for layer in model.layers[1:]:
        X = layer(X)
        if layer.name == name:
            return X.numpy()
    raise KeyError(name)


def from_a_clone(model, X, name):
    model(X[:1])
    return by_package(keras.models.clone_model(model), X, name)


def standardized(model, X, name):
    Z = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    return by_package(model, Z, name)


def retrained(model, X, name):
    result = by_calling(model, X, name)
    model.set_weights([w + 1 for w in model.get_weights()])
    return result


def symbol(model, X, name):
    model(X[:1])
    return model.get_layer(name).output


def weights_of(model, X, name):
    model(X[:1])
    return model.get_layer(name).get_weights()[0]


# Exercise 2


def by_kernel(model, X, number):
    """By the activation function of what it finds, in a loop that counts."""
    count = 0
    for layer in model.layers:
        count += type(layer).__name__ == "Dense"
        if count == number:
            return tf.convert_to_tensor(
                layers.activations(model, X, layer.name)
            )
    raise ValueError(number)


def by_place(place):
    """A way to count: `place(model, number)` is the layer."""
    return lambda model, X, number: layers.activations(
        model, X, place(model, number).name
    )


def without_input(model):
    return [
        x for x in model.layers if not isinstance(x, keras.layers.InputLayer)
    ]


def denses(model):
    return [x for x in model.layers if isinstance(x, keras.layers.Dense)]


# Exercise 3


def by_loop(A):
    return [not np.any(column) for column in A.T]


def by_extremes(A):
    return pd.Series((A.min(axis=0) == 0) & (A.max(axis=0) == 0))


def in_place(A):
    A[A < 0] = 0
    return ~A.any(axis=0)


# Exercise 4


def copy_of(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def next_dense(model, name):
    dense = denses(model)
    return dense[[x.name for x in dense].index(name) + 1]


def by_weights(model, name, unit, X_train, X, *, keep_bias=False):
    """Edit a copy: nothing comes from the unit, and its mean goes into the next bias."""
    copy = copy_of(model)
    following = next_dense(copy, name)
    kernel, bias = following.get_weights()
    mean = layers.activations(model, X_train, name)[:, unit].mean()
    if not keep_bias:
        bias = bias + mean * kernel[unit]
    kernel[unit] = 0
    following.set_weights([kernel, bias])
    return copy.predict(X, verbose=0)[:, 0]


def by_own_weights(model, name, unit, X_train, X):
    """A unit that always gives its mean: its own kernel is zero, its bias the mean."""
    copy = deepcopy(model)
    kernel, bias = copy.get_layer(name).get_weights()
    kernel[:, unit] = 0
    bias[unit] = layers.activations(model, X_train, name)[:, unit].mean()
    copy.get_layer(name).set_weights([kernel, bias])
    return tf.reshape(copy(X), [-1])


def by_tail(model, name, unit, X_train, X):
    """Layer by layer behind the cut."""
    A = layers.activations(model, X, name)
    A[:, unit] = layers.activations(model, X_train, name)[:, unit].mean()
    behind = False
    for layer in model.layers:
        if behind:
            A = layer(A)
        behind = behind or layer.name == name
    return np.ravel(A).astype(float)


def by_new_weights(model, name, unit, X_train, X):
    """`set_weights` is missing."""
    clone = keras.models.clone_model(model)
    return by_tail(clone, name, unit, X_train, X)


def in_a_tensor(model, name, unit, X_train, X):
    A = keras.Model(model.inputs[0], model.get_layer(name).output)(X)
    A[:, unit] = 0
    return A


def spoiling(model, name, unit, X_train, X):
    model.get_layer(name).set_weights(
        [w * 0 for w in model.get_layer(name).get_weights()]
    )
    return model.predict(X, verbose=0).ravel()


def a_row(model, name, unit, X_train, X):
    A = layers.activations(model, X, name)
    A[unit] = layers.activations(model, X_train, name)[unit].mean()
    return keras.Model(model.get_layer(name).output, model.outputs[0])(
        A
    ).numpy()[:, 0]


# Exercise 5


def with_diagonal(kernel, bias, next_kernel, unit, factor):
    scale = np.ones(len(bias))
    scale[unit] = factor
    return [
        tf.constant(kernel @ np.diag(scale)),
        bias * scale,
        next_kernel / scale[:, None],
    ]


def brightened(**ways):
    return lambda *case: lab04.changed(*case, **ways)


def brighten_in_place(kernel, bias, next_kernel, unit, factor):
    kernel[:, unit] *= factor
    bias[unit] *= factor
    next_kernel[unit] /= factor
    return kernel, bias, next_kernel


def all_units(kernel, bias, next_kernel, unit, factor):
    return kernel * factor, bias * factor, next_kernel / factor


def shifted(kernel, bias, next_kernel, unit, factor):
    bias = bias.copy()
    bias[unit] += factor
    return kernel, bias, next_kernel


def by_root(kernel, bias, next_kernel, unit, factor):
    return lab04.reference_brighten(
        kernel, bias, next_kernel, unit, factor**0.5
    )


OTHER = {
    "activations": [with_build, by_calling, by_package],
    "hidden": [
        by_kernel,
        by_place(lambda model, k: denses(model)[k - 1]),
        by_place(
            lambda model, k: [x for x in model.layers if hasattr(x, "units")][
                k - 1
            ]
        ),
    ],
    "dead": [
        by_loop,
        by_extremes,
        lambda A: np.count_nonzero(A, axis=0) == 0,
        lambda A: np.abs(A).max(axis=0) == 0,
        lambda A: ((A == 0).mean(axis=0) == 1).astype(np.float32),
        lambda A: tuple((A == 0).all(axis=0)),
    ],
    "ablate": [by_weights, by_own_weights, by_tail],
    "brighten": [with_diagonal, lab04.reference_brighten.__call__],
}

WRONGS = {
    "activations": {
        "never been called": by_input,
        "A Sequential network has no model.input, even": lambda m, X, name: (
            keras.Model(m.inputs[0], m.get_layer(name).output)(X)
        ),
        "dropout is at work": in_training,
        "before the activation function": before_activation,
        "activations of the layer 'first'": layer_before,
        "With a Functional network with two branches: Your function raises": (
            in_a_loop
        ),
        "unit 0 have": in_a_shorter_loop,
        "unit 3 have": from_a_clone,
        "Did you call the input layer": lambda m, X, name: m.layers[0](X),
        "missing or infinite": lambda *a: by_calling(*a) * np.nan,
        "raises ValueError: No such layer: hidden_2": lambda m, X, name: (
            by_calling(m, X, "hidden_2")
        ),
        "Values below 0 are lost": lambda *a: np.abs(by_calling(*a)),
        "but transposed": lambda *a: np.transpose(by_calling(*a)),
        "mean over the rows": lambda *a: np.mean(by_calling(*a), axis=0),
        "X was standardized first": standardized,
        "a symbol without numbers": symbol,
        "These are the weights": weights_of,
        "changes the weights": retrained,
        "the activations of the layer 'out'": lambda m, X, name: m(X),
        "this has (6, 4)": lambda *a: by_calling(*a)[1:],
        "the numbers are not": lambda *a: by_calling(*a) * 2,
        "this is a list": lambda *a: [by_calling(*a).numpy()],
        "this is a Functional": lambda m, X, name: keras.Model(
            m.inputs[0], m.get_layer(name).output
        ),
    },
    "hidden": {
        "model.layers[number - 1]": lambda m, X, k: keras.Model(
            m.inputs[0], m.layers[k - 1].output
        )(X),
        "no layer 'input'": by_place(lambda m, k: m.layers[k - 1]),
        "raises IndexError": by_place(lambda m, k: m.layers[k + 1]),
        "counts from 0": by_place(lambda m, k: denses(m)[k]),
        "counts from the end": by_place(lambda m, k: denses(m)[-k]),
        "hidden layers from the end": by_place(lambda m, k: denses(m)[-k - 1]),
        "still counted": by_place(lambda m, k: without_input(m)[k - 1]),
        "Dropout is still counted. Count": by_place(
            lambda m, k: [
                x
                for x in without_input(m)
                if not isinstance(x, keras.layers.Normalization)
            ][k - 1]
        ),
        "this gives the activations of 'scale'": by_place(
            lambda m, k: m.layers[
                k - 1 if isinstance(m, keras.Sequential) else k + 1
            ]
        ),
        "whatever number": by_place(lambda m, k: denses(m)[0]),
        "learned its mean with adapt": by_place(
            lambda m, k: [x for x in m.layers if x.weights][k - 1]
        ),
        "no layer 'hidden_1'": lambda m, X, k: layers.activations(
            m, X, f"hidden_{k}"
        ),
        "number 2 is the layer 'b'": by_place(
            lambda m, k: denses(m)[{1: 0, 2: 2, 3: 2}[k] % len(denses(m))]
        ),
        "not the activations of any": lambda m, X, k: (
            layers.activations(m, X, denses(m)[k - 1].name) + 1
        ),
        "should be (6, 5), and is (5,)": lambda m, X, k: layers.activations(
            m, X, denses(m)[k - 1].name
        )[0],
    },
    "dead": {
        "One answer for each row": lambda A: (A == 0).all(axis=1),
        "how many are dead: which ones": lambda A: sum(by_loop(A)),
        "the numbers of the dead": lambda A: np.flatnonzero(by_loop(A)),
        "Upside down": lambda A: A.any(axis=0),
        "off for a single row": lambda A: (A == 0).any(axis=0),
        "the first 10 rows": lambda A: (A[:10] == 0).all(axis=0),
        "always the same": lambda A: np.ptp(A, axis=0) == 0,
        "add up to zero": lambda A: A.mean(axis=0) == 0,
        "never above zero": lambda A: ~(A > 0).any(axis=0),
        "if only a little": lambda A: np.isclose(A, 0, atol=1e-6).all(axis=0),
        "more than half": lambda A: np.mean(A == 0, axis=0) > 0.5,
        "nearly all rows": lambda A: np.mean(A == 0, axis=0) > 0.99,
        "A median of zero": lambda A: np.median(A, axis=0) == 0,
        "parts have different lengths": lambda A: (by_loop(A), A.shape[1]),
        "unit 3 gives 0.25 to 0.25": lambda A: A.std(axis=0) < 1e-3,
        "this is a dict": lambda A: dict(enumerate(by_loop(A))),
        "how often": lambda A: (A == 0).mean(axis=0),
        "changes the table": in_place,
        "raises AttributeError": lambda A: A.dead(),
        "the shape should be (9,), and is (8,)": lambda A: (A[:, 1:] == 0).all(
            axis=0
        ),
    },
    "ablate": {
        "nothing was taken away": lambda m, name, j, A, B: m(B).numpy()[:, 0],
        "Return (n,): .ravel()": lambda *a: by_tail(*a).reshape(-1, 1),
        "how far each prediction moves": lambda m, name, j, A, B: (
            by_tail(m, name, j, A, B) - m(B).numpy()[:, 0]
        ),
        "set to zero": lambda *a: by_weights(*a, keep_bias=True),
        "that over X. Take it over": lambda m, name, j, A, B: by_tail(
            m, name, j, B, B
        ),
        "the median over": lab04.replaced(lambda t, a: np.median(t)),
        "its largest value": lab04.replaced(lambda t, a: t.max()),
        "for which the unit is on": lab04.replaced(
            lambda t, a: t[t > 0].mean()
        ),
        "All units of the layer": lab04.replaced(
            lambda t, a: t.mean(axis=0), lambda j: (slice(None),)
        ),
        "the unit before": lambda m, name, j, A, B: by_tail(
            m, name, j - 1, A, B
        ),
        "predict for X": lambda m, name, j, A, B: by_tail(m, name, j, A, A),
        "changes the weights of the network": spoiling,
        "A[unit] is a row": a_row,
        "is not right at": lab04.replaced(lambda t, a: t.std()),
        "gives them new random weights": by_new_weights,
        "as it is. The next layer": lab04.by_the_next_bias,
        "what its bias says": lab04.by_own_bias,
        "goes over all units": lambda m, name, j, A, B: lab04.replaced(
            lambda t, a: layers.activations(m, A, name).mean()
        )(m, name, j, A, B),
        "takes away unit 0": lambda m, name, j, A, B: by_tail(m, name, 0, A, B),
        "Begin at model.inputs[0]": lambda m, name, j, A, B: keras.Model(
            m.input, m.outputs[0]
        )(B).numpy()[:, 0],
        "A tensor cannot be changed": in_a_tensor,
        "has no layer 'hidden_2'": lambda m, name, j, A, B: by_tail(
            m, "hidden_2", j, A, B
        ),
        "this is a float": lambda *a: float(by_tail(*a).mean()),
    },
    "brighten": {
        "The bias is as it was": brightened(k="column", n="row"),
        "the next layer does not know": brightened(k="column", b=True),
        "by the factor once more": brightened(
            k="column", b=True, n="multiplied"
        ),
        "Its rows are its inputs": brightened(k="row", b=True, n="row"),
        "In next_kernel the unit is an input": brightened(
            k="column", b=True, n="column"
        ),
        "The other way around": brightened(k="divided", b=True, n="multiplied"),
        "as they came": brightened(),
        "Rows and columns are swapped": brightened(k="row", b=True, n="column"),
        "The bias and the next layer": brightened(k="column"),
        "The unit's column of kernel": brightened(b=True, n="row"),
        "Only the next layer": brightened(n="row"),
        "missing or infinite": lambda *a: [
            w * np.nan for w in lab04.reference_brighten(*a)
        ],
        "bias is a single value": lambda k, b, n, j, c: (k * c, b[j] * c, n),
        "in the order kernel": lambda *a: lab04.reference_brighten(*a)[::-1],
        "changes the arrays": brighten_in_place,
        "Other units change too": all_units,
        "should give 10 times": shifted,
        "This is 2 things": lambda *a: lab04.reference_brighten(*a)[:2],
        "This is a ndarray": lambda *a: lab04.reference_brighten(*a)[0],
        "goes with (4,)": lambda k, b, n, j, c: (k[:, j] * c, b * c, n[j] / c),
    },
}

STUBS = {
    "activations": lambda model, X, name: ...,
    "hidden": by_place(lambda model, number: model.layers[number]),
    "dead": lambda A: ...,
    "ablate": lambda model, name, unit, X_train, X: ...,
    "brighten": lambda kernel, bias, next_kernel, unit, factor: ...,
}

"""Checks of Lab 04, What do the hidden units answer to?"""

import glassbox  # noqa: F401  (before Keras: it keeps TensorFlow's start-up notes quiet)
from glassbox.checks import (
    Lab,
    Open,
    Wrong,
    array,
    call,
    close,
    compare,
    recognize,
)
import keras
import numpy as np

lab = Lab("04_activations")
progress = lab.progress

TOLERANCE = 1e-4  # of the largest value: float32 on another processor


def dense(
    units: int, name: str, seed: int, activation: str | None = "relu"
) -> keras.layers.Dense:
    """A layer with fixed random weights, whenever it is built."""
    return keras.layers.Dense(
        units,
        activation,
        name=name,
        kernel_initializer=keras.initializers.RandomNormal(0, 0.7, seed=seed),
        bias_initializer=keras.initializers.RandomNormal(0, 0.4, seed=seed + 1),
    )


def scaling(X: np.ndarray) -> keras.layers.Normalization:
    return keras.layers.Normalization(
        mean=X.mean(axis=0), variance=X.var(axis=0), name="scale"
    )


def chain(X: np.ndarray, *layers: keras.Layer) -> keras.Model:
    """A Functional network of layers in a row."""
    inputs = values = keras.Input(X.shape[1:], name="input")
    for layer in layers:
        values = layer(values)
    return keras.Model(inputs, values)


def moved(model: keras.Model, seed: int) -> keras.Model:
    """Give a network other weights than `clone_model` gives its copy: such a copy needs `set_weights`."""
    rng = np.random.default_rng(seed)
    model.set_weights(
        [w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()]
    )
    return model


def rows(n: int, d: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(20, 5, (n, d))


def like(a: np.ndarray, b: np.ndarray) -> bool:
    return close(a, b, TOLERANCE * max(1e-6, np.abs(b).max(initial=0)))


# Exercise 1


def reference_activations(model, X, name):
    if not model.built:
        model.build((None, X.shape[1]))
    part = keras.Model(model.inputs[0], model.get_layer(name).output)
    return part(X, training=False).numpy()


def networks_to_open() -> list[tuple]:
    """New networks, because one is not built yet: (what it is, network, rows, name of a layer)."""
    X = rows(7, 3, seed=0)
    scaled = chain(
        X,
        scaling(X),
        dense(5, "first", 1),
        dense(4, "second", 3, "tanh"),
        dense(1, "out", 5, None),
    )
    Z = (rows(300, 4, seed=1) - 20) / 5
    unbuilt = keras.Sequential(
        [
            dense(6, "wide", 7),
            keras.layers.Dropout(0.5, name="drop"),
            dense(3, "narrow", 9),
            dense(1, "end", 11, None),
        ]
    )
    V = (rows(9, 5, seed=2) - 20) / 5
    inputs = keras.Input((5,))
    joined = keras.layers.Add(name="join")(
        [dense(4, "left", 13)(inputs), dense(4, "right", 15)(inputs)]
    )
    branched = keras.Model(
        inputs, dense(1, "end", 19, None)(dense(3, "last", 17)(joined))
    )
    return [
        (
            "a Functional network that standardizes",
            moved(scaled, 21),
            X,
            "second",
        ),
        ("the same network and a single row", scaled, X[:1], "first"),
        (
            "a Sequential network that was made without an Input",
            unbuilt,
            Z,
            "narrow",
        ),
        (
            "a Functional network with two branches",
            moved(branched, 22),
            V,
            "last",
        ),
    ]


def values_of(result, what: str) -> np.ndarray:
    if isinstance(result, keras.KerasTensor):
        raise Wrong(
            f"{what} is a symbol without numbers: the way to the layer, not what goes along it. Make a network "
            "that ends there, keras.Model(model.inputs[0], ...), and call it with X."
        )
    return array(result, what)


@lab.exercise(
    "Exercise 1: read the activations",
    reference=reference_activations,
    hints=(
        "A part of a network is a network too: same input, and the layer's output at its end.",
        "keras.Model(model.inputs[0], model.get_layer(name).output) shares its weights with model. Call it with X.",
        "A Sequential network may not be built yet: if not model.built: model.build((None, X.shape[1])). "
        "Then part = keras.Model(...) and return part(X).numpy()",
    ),
)
def activations(answer):
    """A function (model, X, name) -> what the layer of this name gives, shape (n, units)."""
    # The answer gets a network of its own: it may build it in a way that no reference can repair.
    for (kind, model, X, name), (_, same, *_) in zip(
        networks_to_open(), networks_to_open(), strict=True
    ):
        same.build((None, X.shape[1]))
        try:
            judge_activations(answer, model, X, name, same)
        except Wrong as reason:
            text = f"With {kind}: {reason}"
            raise Wrong(text + helping(reason, OPENING)) from reason.__cause__
    return "One line opens any layer. What comes out is in no unit: look at its meaning before its size."


BUILD = (
    "Build it first, model.build((None, X.shape[1])), and then ask for model.inputs[0]. "
    "A Sequential network has no model.input, even when it is built."
)
OPENING = (  # what Keras says, and what to do about it
    ("never been called", BUILD),
    ("no defined inputs", BUILD),
    (
        "'KerasTensor' object has no attribute 'numpy'",
        "layer.output is a symbol without numbers. Make a network that ends there, keras.Model(model.inputs[0], "
        "layer.output), and call that with X.",
    ),
    (
        "incompatible with the layer",
        "A layer reads what the layers before it give. Hand the X of your function to a network that begins at the "
        "input: keras.Model(model.inputs[0], layer.output).",
    ),
    (
        "No such layer",
        "Open the network and the layer that your function is asked for: use its arguments, model and name.",
    ),
    (
        "too many positional arguments",
        "Did you call the input layer? A Functional network lists it in model.layers, and it computes nothing.",
    ),
)


def helping(reason: Wrong, helps: tuple) -> str:
    """What to do about an error, as a line of its own."""
    found = [help_ for part, help_ in helps if part in str(reason)]
    return f"\n{found[0]}" if found else ""


def judge_activations(answer, model, X, name, same):
    """Judge what the answer reads in `model`; `same` is its twin, for the judge alone."""
    got = values_of(call(answer, model, X, name), "The result")
    expected = reference_activations(same, X, name)
    if like(got, expected):
        return
    if not np.isfinite(got).all():
        raise Wrong("The result has missing or infinite values.")
    again = values_of(call(answer, model, X, name), "The result")
    model = same
    if got.shape == again.shape and not like(got, again):
        raise Wrong(
            "Two calls give different numbers: dropout is at work, as in training. Call the network with "
            "training=False, which is the default."
        )
    if expected.shape != expected.T.shape and like(got, expected.T):
        raise Wrong(
            "Right, but transposed: one line for each row of X, one column for each unit."
        )
    if like(got, expected.mean(axis=0)):
        raise Wrong(
            "This is the mean over the rows. Return the activations of each row."
        )
    layer = model.get_layer(name)
    if any(like(got, w) for w in layer.get_weights()):
        raise Wrong(
            "These are the weights of the layer. They are the same for each row. Asked for is what the layer "
            "gives when X comes in."
        )
    before = keras.Model(model.inputs[0], layer.input)(X).numpy()
    if like(got, before @ layer.get_weights()[0] + layer.get_weights()[1]):
        raise Wrong(
            "This is the sum before the activation function. Apply the layer's activation function too."
        )
    if like(got, np.maximum(expected, 0)) or like(got, np.abs(expected)):
        raise Wrong(
            "Values below 0 are lost. This layer has tanh, which gives them: return what the layer gives."
        )
    spread = X.std(axis=0)
    if len(X) > 1 and like(
        got, reference_activations(model, (X - X.mean(axis=0)) / spread, name)
    ):
        raise Wrong(
            "X was standardized first. This network expects rows as they are: it has a Normalization layer, or "
            "nobody asked for it. Hand X over as it came."
        )
    for other in model.layers:
        if other.name != name and like(
            got, reference_activations(model, X, other.name)
        ):
            raise Wrong(
                f"These are the activations of the layer {other.name!r}, and {name!r} was asked for. Take the layer "
                "by its name."
            )
    if got.shape != expected.shape:
        raise Wrong(
            f"For {len(X)} rows and the {expected.shape[1]} units of {name!r} the shape is {expected.shape}, and "
            f"this has {got.shape}."
        )
    place = np.unravel_index(np.abs(got - expected).argmax(), got.shape)
    raise Wrong(
        f"The shape is right, the numbers are not: row {place[0]} and unit {place[1]} have {got[place]:.3f}, and "
        f"right is {expected[place]:.3f}."
    )


# Exercise 2


def reference_hidden(model, X, number):
    found = [
        layer for layer in model.layers if isinstance(layer, keras.layers.Dense)
    ]
    return reference_activations(model, X, found[number - 1].name)


def networks_to_count() -> list[tuple]:
    """(what it is, network, rows): all hidden layers are as wide as a row, so no shape gives a hint."""
    X = rows(6, 5, seed=3)
    Z = (X - 20) / 5

    def hidden(names: str, first: int) -> list:
        return [dense(5, name, first + 2 * i) for i, name in enumerate(names)]

    a, b, c = hidden("abc", 30)
    adapted = keras.layers.Normalization(name="scale")
    adapted.adapt(X)
    scaled = chain(X, adapted, a, b, c, dense(1, "out", 40, None))
    p, q = hidden("pq", 50)
    sequential = keras.Sequential(
        [keras.Input((5,)), p, q, dense(1, "out", 60, None)]
    )
    s, t = hidden("st", 70)
    dropping = chain(
        Z,
        s,
        keras.layers.Dropout(0.2, name="drop"),
        t,
        dense(1, "out", 80, None),
        keras.layers.Rescaling(3.0, 1.0, name="units"),
    )
    learned = keras.layers.Normalization(name="scale")
    learned.adapt(X)
    u, v, w = hidden("uvw", 140)
    both = keras.Sequential(
        [
            keras.Input((5,)),
            learned,
            u,
            v,
            keras.layers.Dropout(0.2, name="drop"),
            w,
            dense(1, "out", 150, None),
        ]
    )
    return [
        ("a Functional network with Normalization", scaled, X),
        ("a Sequential network without Normalization", sequential, Z),
        ("a Functional network with Dropout", dropping, Z),
        ("a Sequential network with Normalization and Dropout", both, X),
    ]


def layer_by(model, pick) -> str | None:
    """The name of the layer that `pick` takes from a network, if there is one."""
    try:
        return pick(model).name
    except IndexError:
        return None


def dense_layers(model) -> list:
    return [x for x in model.layers if isinstance(x, keras.layers.Dense)]


COUNTED = (
    (
        lambda model, k: model.layers[k - 1],
        "This takes model.layers[number - 1]. It is right for the Sequential network without other layers only: "
        "where the input is listed, it is off by one.",
    ),
    (
        lambda model, k: dense_layers(model)[k],
        "This counts from 0: it gives the layer behind the one asked for. Number 1 is the first.",
    ),
    (
        lambda model, k: dense_layers(model)[-k],
        "This counts from the end. Number 1 is the layer that comes first after the input.",
    ),
    (
        lambda model, k: dense_layers(model)[-k - 1],
        "This counts the hidden layers from the end. Number 1 is the layer that comes first after the input.",
    ),
    (
        lambda model, k: [
            x
            for x in model.layers
            if not isinstance(x, keras.layers.InputLayer)
        ][k - 1],
        "The input is left out now, and Normalization and Dropout are still counted. Count the Dense layers alone.",
    ),
    (
        lambda model, k: [
            x
            for x in model.layers
            if not isinstance(
                x, keras.layers.InputLayer | keras.layers.Normalization
            )
        ][k - 1],
        "Input and Normalization are left out now, and Dropout is still counted. Count the Dense layers alone.",
    ),
    (
        lambda model, k: dense_layers(model)[0],
        "This is the first hidden layer, whatever number is asked for. Use the argument number.",
    ),
    (
        lambda model, k: [x for x in model.layers if x.weights][k - 1],
        "This counts the layers that have weights. A Normalization layer that has learned its mean with adapt has some "
        "too. Count the Dense layers.",
    ),
)


@lab.exercise(
    "Exercise 2: spot the bug, the wrong layer",
    reference=reference_hidden,
    hints=(
        "Print [layer.name for layer in model.layers] for both networks. What stands in front?",
        "Do not count what a network lists. Count what you mean: layers with isinstance(layer, keras.layers.Dense).",
        "found = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]; then "
        "found[number - 1].name",
    ),
)
def hidden(answer):
    """A function (model, X, number) -> activations of the hidden Dense layer of this number, from 1."""
    asked, found = [], []
    for kind, model, X in networks_to_count():
        names = [layer.name for layer in model.layers]
        for k in range(1, len(dense_layers(model))):
            right = dense_layers(model)[k - 1].name
            try:
                got = values_of(call(answer, model, X, k), "The result")
            except Wrong as reason:
                text = f"With {kind}, whose layers are {', '.join(names)}: {reason}"
                if "IndexError" in text or "no layer" in text:
                    text += "\nNames and places differ from network to network. Count the Dense layers."
                raise Wrong(text) from reason.__cause__
            expected = reference_hidden(model, X, k)
            # A Dropout layer gives what it gets: then both names are right.
            gives = {
                name: reference_activations(model, X, name) for name in names
            }
            if like(got, expected):
                name = right
            else:
                name = next((n for n, v in gives.items() if like(got, v)), None)
            asked.append((kind, model, k, right))
            found.append((name, got, expected, gives))
    names_found = [name for name, *_ in found]
    if names_found == [right for *_, right in asked]:
        return "Now number 2 is number 2, whatever else the network lists."

    def as_if(pick) -> bool:
        for (_, model, k, _), (name, got, _, gives) in zip(
            asked, found, strict=True
        ):
            picked = layer_by(model, lambda m, k=k: pick(m, k))
            if name is None or picked is None:
                return False
            if not like(got, gives[picked]):
                return False
        return True

    if as_if(lambda model, k: model.layers[k]):
        raise Open("This is the code as it was handed out.")
    for pick, message in COUNTED:
        if as_if(pick):
            raise Wrong(message)
    for (kind, _, k, right), (name, got, expected, _) in zip(
        asked, found, strict=True
    ):
        if name == right:
            continue
        if name is not None:
            raise Wrong(
                f"With {kind}, number {k} is the layer {right!r}, and this gives the activations of {name!r}."
            )
        if got.shape != expected.shape:
            raise Wrong(
                f"With {kind}, number {k}: the shape should be {expected.shape}, and is {got.shape}."
            )
        raise Wrong(
            f"With {kind}, number {k}: these are not the activations of any of its layers. Only the choice of the "
            "layer needs a repair."
        )
    raise AssertionError("unreachable: some layer is wrong")


# Exercise 3


def reference_dead(A):
    return (np.asarray(A) == 0).all(axis=0)


def activation_tables() -> list[tuple]:
    """Tables of activations with all sorts of units."""
    rng = np.random.default_rng(4)
    # Many rows: a unit that is off for 999 of 1000 is not dead.
    A = np.maximum(rng.normal(size=(3000, 9)), 0)
    A[:10, 1] = 0  # sleeps for ten rows
    A[:, 2] = 0  # dead
    A[:, 3] = 0.25  # always the same, and on
    A[:, 4] = 0
    A[-1, 4] = 0.5  # on for the last row alone
    A[:, 5] = 0
    A[1700, 5] = 1e-7  # a little
    A[:, 6] += 1  # always on
    A[:, 8] = 0  # dead
    B = rng.normal(size=(6, 4))
    B[:, 0] = [1, -1, 2, -2, 0, 0]  # adds up to zero
    B[:, 1] = [0, -1, -0.5, 0, 0, 0]  # never above zero, and not dead
    B[:, 3] = 0  # dead
    return [(A,), (B,), (np.eye(3, 2, k=1),)]


@lab.exercise(
    "Exercise 3: count the dead",
    reference=reference_dead,
    hints=(
        "A unit is a column of A. When is a whole column zero?",
        "A == 0 is a table of True and False. Ask of each column whether all of it is True.",
        "(A == 0).all(axis=0)",
    ),
)
def dead(answer):
    """A function (A of shape (n, units)) -> for each unit whether it is dead, shape (units,)."""

    results = []
    for (A,) in activation_tables():
        result = call(answer, A)
        if isinstance(result, tuple) and len(result) == 1:  # of np.where
            result = result[0]
        if isinstance(result, list | tuple):  # as good as an array
            try:
                result = np.asarray(result)
            except ValueError:
                raise Wrong(
                    f"One thing is asked for: True or False for each unit. This is a {type(result).__name__} whose "
                    "parts have different lengths."
                ) from None
        if np.ndim(result) == 0 and not isinstance(result, str | dict):
            raise Wrong(
                f"One answer for {A.shape[1]} units. If this is how many are dead: which ones? Return True or False for "
                "each unit."
            )
        results.append(array(result, "The result"))

    slips = (
        (
            lambda A: (A == 0).all(axis=1),
            "One answer for each row. A unit is a column: ask along axis 0.",
        ),
        (
            lambda A: np.flatnonzero((A == 0).all(axis=0)),
            "These are the numbers of the dead units. Return True or False for each unit.",
        ),
        (
            lambda A: (A != 0).any(axis=0),
            "Upside down: this is True for the units that live.",
        ),
        (
            lambda A: (A == 0).any(axis=0),
            "This calls a unit dead that is off for a single row. Off for some rows is what a ReLU unit is for.",
        ),
        (
            lambda A: (A[:10] == 0).all(axis=0),
            "This looks at the first 10 rows. A unit that is off there can be on for the next: look at all rows.",
        ),
        (
            lambda A: A.std(axis=0) < 1e-12,
            "This finds the units that are always the same. One of them is always on: it says nothing new, but it "
            "adds to the next layer. Dead is zero.",
        ),
        (
            lambda A: np.abs(A.sum(axis=0)) < 1e-12,
            "Values above and below zero can add up to zero. Look at each value, not at the sum.",
        ),
        (
            lambda A: A.max(axis=0) <= 0,
            "A unit that is never above zero can be below it, where the activation function lets it. Dead is zero.",
        ),
        (
            lambda A: np.abs(A).max(axis=0) < 1e-6,
            "This also finds a unit that is on for one row, if only a little. Small may be large in the next layer: "
            "ask for exactly zero.",
        ),
        (
            lambda A: (A == 0).mean(axis=0) > 0.5,
            "This asks for more than half of the rows. Dead is off for all of them.",
        ),
        (
            lambda A: (A == 0).mean(axis=0) > 0.9,
            "This asks for nearly all rows. A unit that is on for a single row is not dead: it may be the one that "
            "knows the rare case.",
        ),
        (
            lambda A: np.median(A, axis=0) == 0,
            "A median of zero means that half of the rows may be above it. Dead is off for all rows.",
        ),
        (
            lambda A: (A == 0).mean(axis=0),
            "This is how often each unit is off. Dead is off always: compare with 1.",
        ),
    )
    expected = [reference_dead(A) for (A,) in activation_tables()]
    if not all(close(*pair, 0) for pair in zip(results, expected, strict=True)):
        recognize(results, activation_tables(), slips)
    for (A,), got, right in zip(
        activation_tables(), results, expected, strict=True
    ):
        if got.shape != right.shape:
            raise Wrong(
                f"For a table of shape {A.shape} the shape should be {right.shape}, and is {got.shape}."
            )
        for j in np.flatnonzero(got != right):
            unit = A[:, j]
            raise Wrong(
                f"In a table of {len(A)} rows, unit {j} gives {unit.min():.2g} to {unit.max():.2g}, and zero for "
                f"{(unit == 0).sum()} rows. It is {'' if right[j] else 'not '}dead; your function gives {got[j]:g} for it."
            )
    return "A dead unit costs time and memory, and says nothing about any row."


# Exercise 4


def reference_ablate(model, name, unit, X_train, X):
    layer = model.get_layer(name)
    head = keras.Model(model.inputs[0], layer.output)
    tail = keras.Model(layer.output, model.outputs[0])
    A = head(X, training=False).numpy()
    A[:, unit] = head(X_train, training=False).numpy()[:, unit].mean()
    return tail(A, training=False).numpy().ravel()


def networks_to_ablate() -> list[tuple]:
    """(model, name, unit, X_train, X)"""
    X_train, X = rows(50, 3, seed=5), rows(11, 3, seed=6)
    first = chain(
        X_train,
        scaling(X_train),
        dense(6, "first", 90),
        dense(5, "second", 92),
        dense(1, "out", 94, None),
        keras.layers.Rescaling(20.0, 100.0, name="units"),
    )
    Z_train, Z = (rows(80, 4, seed=7) - 18) / 5, (rows(9, 4, seed=8) - 22) / 5
    other = keras.Sequential(
        [
            keras.Input((4,)),
            dense(7, "a", 96),
            keras.layers.Dropout(0.3, name="drop"),
            dense(4, "b", 98),
            dense(3, "c", 100),
            dense(1, "d", 102, None),
        ]
    )
    cases = []
    moved(first, 103)
    moved(other, 104)
    for model, name, A, B in (
        (first, "second", X_train, X),
        (first, "first", X_train, X),
        (other, "a", Z_train, Z),
        (other, "c", Z_train, Z),
    ):
        # The unit that moves the predictions the most, so that each slip can be told from the others.
        before = plain(model, name, 0, A, B)
        units = model.get_layer(name).units
        far = [
            np.abs(reference_ablate(model, name, j, A, B) - before).max()
            for j in range(units)
        ]
        cases.append((model, name, int(np.argmax(far)), A, B))
    return cases


def replaced(value, rows_of=None):
    """A way to ablate: the column of the unit becomes `value(column in training, column in X)`."""

    def ablate(model, name, unit, X_train, X):
        layer = model.get_layer(name)
        head = keras.Model(model.inputs[0], layer.output)
        tail = keras.Model(layer.output, model.outputs[0])
        A, T = head(X).numpy(), head(X_train).numpy()
        place = (slice(None), unit) if rows_of is None else rows_of(unit)
        A[place] = value(T[place], A[place])
        return tail(A).numpy().ravel()

    return ablate


def plain(model, name, unit, X_train, X):
    return model(X, training=False).numpy().ravel()


def by_row(value):
    """A slip: the row of this number becomes `value(activations in training, unit)`."""

    def ablate(model, name, unit, X_train, X):
        layer = model.get_layer(name)
        tail = keras.Model(layer.output, model.outputs[0])
        A = reference_activations(model, X, name)
        A[unit] = value(reference_activations(model, X_train, name), unit)
        return tail(A).numpy().ravel()

    return ablate


def by_the_next_bias(model, name, unit, X_train, X):
    """A slip: the mean itself is added to the next bias, not the mean times the unit's weights."""
    found = dense_layers(model)
    following = found[[layer.name for layer in found].index(name) + 1]
    before = following.get_weights()
    kernel, bias = following.get_weights()
    kernel[unit] = 0
    bias += reference_activations(model, X_train, name)[:, unit].mean()
    following.set_weights([kernel, bias])
    result = plain(model, name, unit, X_train, X)
    following.set_weights(before)
    return result


def by_own_bias(model, name, unit, X_train, X):
    """A slip: the unit's kernel is zero, and its bias as it was."""
    layer = model.get_layer(name)
    tail = keras.Model(layer.output, model.outputs[0])
    A = reference_activations(model, X, name)
    A[:, unit] = max(0, layer.get_weights()[1][unit])
    return tail(A).numpy().ravel()


def by_new_weights(model, name, unit, X_train, X, *, its_mean=True):
    """A slip: the copy has weights of its own, and the mean is the copy's or the network's."""
    copy = keras.models.clone_model(model)
    tail = keras.Model(copy.get_layer(name).output, copy.outputs[0])
    A = reference_activations(copy, X, name)
    A[:, unit] = reference_activations(
        copy if its_mean else model, X_train, name
    )[:, unit].mean()
    return tail(A).numpy().ravel()


MOVES = (
    "This is how far each prediction moves. Return the predictions themselves."
)
BY_ROW = (
    "A[unit] is a row of the table, a building. A unit is a column: A[:, unit]."
)
NEW_WEIGHTS = (
    "clone_model copies the layers, and gives them new random weights. deepcopy(model), from the module copy, keeps "
    "the old ones."
)
ABLATION_SLIPS = (
    (
        plain,
        "These are the predictions of the whole network: nothing was taken away. If you changed a copy of the "
        "activations or weights, is it the one that the prediction is made from?",
    ),
    (
        lambda *case: reference_ablate(*case)[:, None],
        "Right, with shape (n, 1). Return (n,): .ravel()",
    ),
    (
        replaced(lambda t, a: 0),
        "The unit is set to zero. A unit that is nearly always on hardly ever gives that. Set it "
        "to its mean over the training rows; if you edit weights, the mean goes into the next layer's bias.",
    ),
    (
        replaced(lambda t, a: a.mean()),
        "The mean is that over X. Take it over X_train: what a unit is usually like must not depend on the rows that "
        "you ask about.",
    ),
    (
        lambda *case: reference_ablate(*case) - plain(*case),
        MOVES,
    ),
    (lambda *case: plain(*case) - reference_ablate(*case), MOVES),
    (lambda *case: np.abs(plain(*case) - reference_ablate(*case)), MOVES),
    (by_new_weights, NEW_WEIGHTS),
    (lambda *case: by_new_weights(*case, its_mean=False), NEW_WEIGHTS),
    (by_row(lambda T, unit: T[unit].mean()), BY_ROW),
    (by_row(lambda T, unit: T[:, unit].mean()), BY_ROW),
    (by_row(lambda T, unit: T.mean(axis=0)), BY_ROW),
    (
        by_the_next_bias,
        "The mean is added to the next layer's bias as it is. The next layer would multiply it first: add mean times "
        "the unit's row of its kernel.",
    ),
    (
        by_own_bias,
        "The weights of the unit are zero now, so it gives what its bias says. Make that bias the mean, or change "
        "the layer behind.",
    ),
    (
        replaced(lambda t, a: np.median(t)),
        "This is the median over the training rows. Take the mean.",
    ),
    (
        replaced(lambda t, a: t.max()),
        "The unit is set to its largest value. Set it to its mean over the training rows.",
    ),
    (
        replaced(lambda t, a: t[t > 0].mean() if (t > 0).any() else 0),
        "The mean goes over the rows for which the unit is on. Take all training rows.",
    ),
    (
        replaced(lambda t, a: t.mean(axis=0), lambda j: (slice(None),)),
        "All units of the layer are set to their means, so every row gets the same prediction. Set the one unit only.",
    ),
    (
        lambda model, name, unit, X_train, X: replaced(
            lambda t, a: reference_activations(model, X_train, name).mean()
        )(model, name, unit, X_train, X),
        "The mean goes over all units. Take the mean of this one, over the training rows.",
    ),
    (
        lambda model, name, unit, X_train, X: reference_ablate(
            model, name, 0, X_train, X
        ),
        "This takes away unit 0, whatever unit is asked for. Use the argument unit.",
    ),
    (
        lambda model, name, unit, X_train, X: reference_ablate(
            model, name, unit - 1, X_train, X
        ),
        "This takes away the unit before the one asked for. Units are counted from 0, as in Python.",
    ),
    (
        lambda model, name, unit, X_train, X: reference_ablate(
            model, name, unit, X_train, X_train
        ),
        "These are the predictions for X_train. It is there for the mean; predict for X.",
    ),
)


CUTTING = (
    (
        "never been called",
        "A Sequential network has no model.input. Begin at model.inputs[0], and end at model.outputs[0].",
    ),
    (
        "incompatible with the layer",
        "The tail takes activations, with a column for each unit of the layer. The head and the whole network take rows.",
    ),
    (
        "does not support item assignment",
        "A tensor cannot be changed. Make an array of it first: head(X).numpy().",
    ),
    (
        "read-only",
        "This array looks into a tensor, which cannot be changed. Copy it: np.array(head(X)).",
    ),
    (
        "No such layer",
        "Take the layer that your function is asked for: use its arguments, model and name.",
    ),
    (
        "no layer",
        "Take the layer that your function is asked for: use its arguments, model and name.",
    ),
    (
        "matmul",
        "Behind the layer there may be several others. Apply all of them.",
    ),
    (
        "out of bounds",
        "A unit is a column of the activations and of its own kernel, and a row of the next layer's kernel.",
    ),
)


@lab.exercise(
    "Exercise 4: take a unit away",
    reference=reference_ablate,
    hints=(
        "Cut the network at the layer: a head from the input to the layer, a tail from the layer to the prediction.",
        "head = keras.Model(model.inputs[0], layer.output); tail = keras.Model(layer.output, model.outputs[0]). Change "
        "one column between them.",
        "A = head(X).numpy(); A[:, unit] = head(X_train).numpy()[:, unit].mean(); return tail(A).numpy().ravel()",
    ),
)
def ablate(answer):
    """A function (model, name, unit, X_train, X) -> predictions without what the unit says, shape (n,)."""
    try:
        compare(
            answer,
            reference_ablate,
            networks_to_ablate(),
            ABLATION_SLIPS,
            what="The prediction",
            tolerance=TOLERANCE,
        )
    except Wrong as reason:
        raise Wrong(f"{reason}{helping(reason, CUTTING)}") from reason.__cause__
    return "The network that you were given is as it was. Check that, whenever you cut into one."


# Exercise 5


def reference_brighten(kernel, bias, next_kernel, unit, factor):
    kernel, bias, next_kernel = (
        np.array(w, float) for w in (kernel, bias, next_kernel)
    )
    kernel[:, unit] *= factor
    bias[unit] *= factor
    next_kernel[unit] /= factor
    return kernel, bias, next_kernel


def weights_to_brighten() -> list[tuple]:
    rng = np.random.default_rng(9)
    # As many inputs as units and outputs in one: rows and columns both fit there.
    return [
        tuple(rng.normal(size=s) for s in ((4, 4), (4,), (4, 4))) + (1, 10.0),
        tuple(rng.normal(size=s) for s in ((3, 6), (6,), (6, 2))) + (5, 0.25),
        tuple(rng.normal(size=s) for s in ((5, 3), (3,), (3, 1))) + (0, 4.0),
    ]


def changed(
    kernel, bias, next_kernel, unit, factor, *, k="", b=False, n=""
) -> tuple:
    """The three arrays, with one way or another to scale each of them."""
    kernel, bias, next_kernel = kernel.copy(), bias.copy(), next_kernel.copy()
    if k == "column":
        kernel[:, unit] *= factor
    elif k == "row":
        kernel[unit % len(kernel)] *= factor
    elif k == "divided":
        kernel[:, unit] /= factor
    if b:
        bias[unit] *= factor if k != "divided" else 1 / factor
    if n == "row":
        next_kernel[unit] /= factor
    elif n == "column":
        next_kernel[:, unit % next_kernel.shape[1]] /= factor
    elif n == "multiplied":
        next_kernel[unit] *= factor
    return kernel, bias, next_kernel


BRIGHTEN_SLIPS = (
    (
        {"k": "column", "n": "row"},
        "The bias is as it was. The unit's sum has two parts, and both must grow by the factor.",
    ),
    (
        {"k": "column", "b": True},
        "The unit is brighter, and the next layer does not know: the predictions change. Divide what it is "
        "multiplied with there.",
    ),
    (
        {"k": "column", "b": True, "n": "multiplied"},
        "The next layer multiplies by the factor once more. Divide there, so that the two cancel.",
    ),
    (
        {"k": "row", "b": True, "n": "row"},
        "A kernel has one column for each of its own units. Its rows are its inputs: scale the column.",
    ),
    (
        {"k": "column", "b": True, "n": "column"},
        "In next_kernel the unit is an input, and so a row. Divide the row.",
    ),
    (
        {"k": "row", "b": True, "n": "column"},
        "Rows and columns are swapped, in both kernels. The unit is a column of its own kernel, and a row of the next.",
    ),
    (
        {"k": "column"},
        "The bias and the next layer are as they were. The bias must grow too, and the next layer must undo it.",
    ),
    (
        {"b": True, "n": "row"},
        "The unit's column of kernel is as it was. The whole sum must grow by the factor.",
    ),
    (
        {"n": "row"},
        "Only the next layer has changed. The unit itself must give more: its column of kernel and its bias.",
    ),
    (
        {"k": "divided", "b": True, "n": "multiplied"},
        "The other way around: the unit gets dimmer by the factor.",
    ),
    ({}, "These are the weights as they came."),
)


WHOLE = "Return three whole arrays, in the order kernel, bias, next_kernel."


@lab.exercise(
    "Exercise 5: brighten a unit",
    reference=reference_brighten,
    hints=(
        "A ReLU gives ten times as much for ten times the sum. What makes the sum?",
        "The unit's sum is its column of kernel, times the inputs, plus its bias. What the unit gives is multiplied with "
        "its row of next_kernel.",
        "kernel[:, unit] *= factor; bias[unit] *= factor; next_kernel[unit] /= factor, all in copies.",
    ),
)
def brighten(answer):
    """A function (kernel, bias, next_kernel, unit, factor) -> the three arrays, changed."""
    cases = weights_to_brighten()
    got = []
    for case in cases:
        try:
            result = call(answer, *case)
        except Wrong as reason:
            if "changes the table" in str(reason):
                raise Wrong(
                    "Your function changes the arrays that it was given. The lab's network would be spoiled. Begin with "
                    "kernel = kernel.copy(), and so on."
                ) from None
            raise
        if not isinstance(result, tuple | list) or len(result) != 3:
            raise Wrong(
                "Return three arrays: kernel, bias, next_kernel, in this order. This is "
                f"{f'{len(result)} things' if isinstance(result, tuple | list) else f'a {type(result).__name__}'}."
            )
        parts = ("kernel", "bias", "next_kernel")
        for part, name in zip(result, parts, strict=True):
            if np.isscalar(part):
                raise Wrong(f"{name} is a single value. {WHOLE}")
        arrays = [
            array(part, f"The array {name}")
            for part, name in zip(result, parts, strict=True)
        ]
        for name, one, before in zip(parts, arrays, case[:3], strict=True):
            if one.shape != before.shape:
                raise Wrong(
                    f"{name} came with shape {before.shape}, and goes with {one.shape}. {WHOLE}"
                )
            if not np.isfinite(one).all():
                raise Wrong(f"{name} has missing or infinite values.")
        got.append(arrays)

    def gives(function) -> bool:
        return all(
            all(map(like, arrays, function(*case)))
            for arrays, case in zip(got, cases, strict=True)
        )

    if gives(reference_brighten):
        return "Two networks, one function. No question about the function can tell them apart."
    for ways, message in BRIGHTEN_SLIPS:
        if gives(lambda *case, ways=ways: changed(*case, **ways)):
            raise Wrong(message)
    rng = np.random.default_rng(10)
    for arrays, case in zip(got, cases, strict=True):
        H = np.abs(rng.normal(size=(20, len(case[0]))))

        def run(kernel, bias, next_kernel, H=H):
            A = np.maximum(H @ kernel + bias, 0)
            return A, A @ next_kernel

        (A, out), (B, out_now) = run(*case[:3]), run(*arrays)
        unit, factor = case[3:]
        others = np.arange(A.shape[1]) != unit
        if not like(B[:, others], A[:, others]):
            raise Wrong(
                "Other units change too. Only the unit that is asked for gets brighter."
            )
        if not like(B[:, unit], factor * A[:, unit]):
            raise Wrong(
                f"The unit should give {factor:g} times as much as before, and it does not."
            )
        if not like(out, out_now):
            raise Wrong(
                "The unit is as bright as asked for, but what the next layer gets has changed."
            )
    raise Wrong(
        "The unit is right, and some other weight is not as it came. Change only what belongs to the unit."
    )

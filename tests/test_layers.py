import re
import warnings

from glassbox import data, layers, models
from glassbox.predict import Predictor
import keras
import numpy as np
import pytest

RNG = np.random.default_rng(0)
IMAGES = RNG.random((9, 6, 5, 2)).astype(np.float32)
ROWS = RNG.normal(size=(9, 3))


def image_network(seed=0):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((6, 5, 2), name="image")
    maps = keras.layers.Conv2D(4, (3, 2), name="conv")(inputs)
    pooled = keras.layers.MaxPooling2D(name="pool")(maps)
    flat = keras.layers.Flatten(name="flatten")(pooled)
    return keras.Model(inputs, keras.layers.Dense(1, name="output")(flat))


def sequential():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Dense(4, activation="relu", name="hidden"),
            keras.layers.Dense(1, name="output"),
        ]
    )


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(4, activation="relu", name="hidden")
        self.out = keras.layers.Dense(1, name="output")

    def call(self, rows):
        return self.out(self.hidden(rows))


# Right


def test_activations_are_what_the_layers_compute_by_hand(monkeypatch):
    # More rows than one pass takes.
    monkeypatch.setattr(layers, "BATCH", 4)
    network = sequential()
    network.build((None, 3))
    weights = network.get_weights()
    expected = np.maximum(ROWS @ weights[0] + weights[1], 0)
    got = layers.activations(network, ROWS, "hidden")
    assert got.shape == (9, 4) and got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        layers.activations(network, ROWS, "output"),
        network.predict(ROWS, verbose=0),
        rtol=1e-4,
        atol=1e-6,
    )


def test_activations_of_maps():
    network = image_network()
    kernel = layers.kernel(network, "conv")
    assert kernel.shape == (3, 2, 2, 4)
    got = layers.activations(network, IMAGES, "conv")
    assert got.shape == (9, 4, 4, 4)
    # One position, one map: the patch under the kernel, times the kernel.
    patch = IMAGES[2, 1:4, 3:5]
    assert got[2, 1, 3, 1] == pytest.approx(
        (patch * kernel[..., 1]).sum(), 1e-4
    )


def test_up_to_gives_layer_and_prediction_and_follows_new_weights():
    network = image_network()
    both = layers.up_to(network, "pool")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pool, prediction = both(IMAGES)
    assert pool.shape == (9, 2, 2, 4)
    np.testing.assert_allclose(
        prediction, network.predict(IMAGES, verbose=0), rtol=1e-5
    )
    network.set_weights([2 * w for w in network.get_weights()])
    np.testing.assert_allclose(
        both(IMAGES)[1], network.predict(IMAGES, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize("name", ["diabetes", "heating", "gauge"])
def test_shipped_networks_open(name):
    network, X = models.load(name), getattr(data, name)().X_test[:2]
    for layer in network.layers[1:]:
        values = layers.activations(network, X, layer.name)
        assert values.shape == (2, *layer.output.shape[1:])


def test_no_warning_however_the_input_was_given():
    network = image_network()
    for inputs in ([network.inputs[0]], {"image": network.inputs[0]}):
        other = keras.Model(inputs, network.outputs[0])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            layers.activations(other, IMAGES, "conv")


# Bad input, and the way out that the message names


def test_unbuilt_and_the_way_out():
    network = sequential()
    for call in (
        lambda: layers.layer(network, "hidden"),
        lambda: layers.kernel(network, "hidden"),
        lambda: layers.activations(network, ROWS, "hidden"),
        lambda: layers.batch(network, ROWS),
    ):
        with pytest.raises(
            ValueError, match="it is not built; call model.build"
        ):
            call()
    network.build((None, *ROWS.shape[1:]))
    assert layers.kernel(network, "hidden").shape == (3, 4)


def test_built_by_a_call_with_another_number_of_rows():
    network = sequential()
    network(ROWS[:5])
    assert layers.activations(network, ROWS, "hidden").shape == (9, 4)
    assert Predictor(network)(ROWS).shape == (9,)


def test_subclassed_and_the_way_out():
    network = Subclassed()
    network(ROWS)  # It has weights now, and still no graph.
    with pytest.raises(ValueError, match="because it is subclassed"):
        layers.activations(network, ROWS, "hidden")
    inputs = keras.Input(ROWS.shape[1:])
    opened = keras.Model(inputs, network.call(inputs))
    got = layers.activations(opened, ROWS, "hidden")
    np.testing.assert_allclose(got, network.hidden(ROWS), rtol=1e-4, atol=1e-6)


def test_no_such_layer():
    with pytest.raises(
        ValueError,
        match="has no layer 'conv_4'; it has: conv, pool, flatten, output",
    ):
        layers.layer(image_network(), "conv_4")
    # The input is no layer to look at.
    with pytest.raises(ValueError, match="has no layer 'image'"):
        layers.layer(image_network(), "image")


def test_a_layer_inside_of_a_model_that_is_used_as_a_layer():
    inner = sequential()
    inner.build((None, 3))
    inner.name = "inner"
    inputs = keras.Input((3,))
    with pytest.raises(ValueError, match="'hidden' is inside of 'inner'"):
        layers.layer(keras.Model(inputs, inner(inputs)), "hidden")


def test_a_layer_without_a_kernel():
    with pytest.raises(
        ValueError, match="'pool' is a MaxPooling2D .* one: conv, output"
    ):
        layers.kernel(image_network(), "pool")


def test_a_layer_that_two_networks_share():
    network = sequential()
    network.build((None, 3))
    # Its first call was in the other network, and layer.output is still that.
    other = keras.Sequential(
        [keras.Input((3,)), keras.layers.Rescaling(2.0), *network.layers]
    )
    np.testing.assert_allclose(
        layers.activations(other, ROWS, "hidden"),
        layers.activations(network, 2 * ROWS, "hidden"),
        rtol=1e-4,
        atol=1e-6,
    )


def test_a_layer_that_is_called_twice():
    inputs, twice = keras.Input((3,)), keras.layers.Dense(3, name="twice")
    outputs = keras.layers.Dense(1, name="output")(twice(twice(inputs)))
    network = keras.Model(inputs, outputs)
    with pytest.raises(ValueError, match="calls the layer 'twice' 2 times"):
        layers.activations(network, ROWS, "twice")
    assert layers.activations(network, ROWS, "output").shape == (9, 1)


@pytest.mark.parametrize("other", [None, 3, lambda X: X[:, 0]])
def test_not_a_keras_model(other):
    with pytest.raises(
        TypeError, match="a Keras model is needed here, but got"
    ):
        layers.layer(other, "hidden")


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            IMAGES[..., 0],
            "X has shape (9, 6, 5), but the network takes (n, 6, 5, 2)",
        ),
        (IMAGES[0], "for a single one write X[None]"),
        (IMAGES[:, :4], "X has shape (9, 4, 5, 2)"),
        (IMAGES[:0], "X has nothing in it"),
        (np.where(IMAGES > 0.9, np.nan, IMAGES), "missing or infinite values"),
        ([["a"]], "not an array of numbers"),
        (1.0, "X has shape ()"),
    ],
)
def test_bad_batch(images, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        layers.activations(image_network(), images, "conv")


def test_missing_channel_axis_and_the_way_out():
    network, X = models.load("gauge"), data.gauge().X_test[:3]
    with pytest.raises(
        ValueError, match=r"channel axis .* write X\[\.\.\., None\]"
    ):
        layers.activations(network, X[..., 0], "conv_1")
    assert layers.activations(
        network, X[..., 0][..., None], "conv_1"
    ).shape == (
        3,
        32,
        32,
        16,
    )
    with pytest.raises(ValueError, match="for a single one"):
        layers.batch(network, X[0])


# Weights drawn anew


def test_randomized_draws_the_named_layers_and_no_other():
    network = image_network()
    before = [w.copy() for w in network.get_weights()]
    new = layers.randomized(network, ["output"], seed=3)
    for old, now in zip(before, network.get_weights(), strict=True):
        assert np.array_equal(old, now)
    assert np.array_equal(
        layers.kernel(new, "conv"), layers.kernel(network, "conv")
    )
    drawn = layers.kernel(new, "output")
    assert not np.array_equal(drawn, layers.kernel(network, "output"))
    # Glorot's uniform draw: as wide as Keras makes it, and no wider.
    limit = np.sqrt(6 / (drawn.shape[0] + 1))
    assert 0.8 * limit < np.abs(drawn).max() <= limit


def test_randomized_again_is_the_same_and_another_seed_is_not():
    network = image_network()
    one = layers.randomized(network, ["output"], seed=3).get_weights()
    both = layers.randomized(network, ["output", "conv"], seed=3).get_weights()
    other = layers.randomized(network, ["output"], seed=4).get_weights()
    assert np.array_equal(one[2], both[2]) and not np.array_equal(
        one[0], both[0]
    )
    assert not np.array_equal(one[2], other[2])


def test_randomized_forgets_biases_too_and_draws_equal_layers_apart():
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [keras.Input((3,))]
        + [keras.layers.Dense(3, name=name) for name in "abc"]
        + [keras.layers.Dense(1, name="output")]
    )
    network.set_weights([np.ones_like(w) for w in network.get_weights()])
    new = layers.randomized(network, ["a", "b"])
    a, bias, b = new.get_weights()[:3]
    assert not bias.any() and not np.array_equal(a, b)
    assert (new.get_weights()[4] == 1).all()


def test_randomized_says_what_it_cannot_draw():
    network = image_network()
    with pytest.raises(ValueError, match="'pool' has no weights"):
        layers.randomized(network, ["pool"])
    with pytest.raises(ValueError, match="no layer 'dense'"):
        layers.randomized(network, ["dense"])
    with pytest.raises(TypeError, match="a list of layers"):
        layers.randomized(network, "output")
    adapted = keras.layers.Normalization(name="standardize")
    adapted.adapt(ROWS)
    network = keras.Sequential(
        [keras.Input((3,)), adapted, keras.layers.Dense(1)]
    )
    with pytest.raises(ValueError, match="'mean' of the layer 'standardize'"):
        layers.randomized(network, ["standardize"])

from glassbox import data, models, weights
from glassbox.predict import Predictor
import keras
import numpy as np
import pytest


def chain(*kernels, activation="linear"):
    """A network without biases that has these kernels."""
    inputs = values = keras.Input((len(kernels[0]),))
    for kernel in kernels:
        values = keras.layers.Dense(len(kernel[0]), activation, use_bias=False)(
            values
        )
    network = keras.Model(inputs, values)
    network.set_weights([np.array(kernel, float) for kernel in kernels])
    return network


FIRST = [[1, -2], [3, 0], [0, 0]]
LAST = [[2], [1]]


def test_connection_weights_by_hand():
    np.testing.assert_allclose(
        weights.connection_weights(chain(FIRST, LAST)), [0, 6, 0]
    )


def test_garson_by_hand():
    # Unit 1 reads a quarter and three quarters, unit 2 all of feature 1; they count 2/3 and 1/3.
    expected = [1 / 4 * 2 / 3 + 1 / 3, 3 / 4 * 2 / 3, 0]
    np.testing.assert_allclose(weights.garson(chain(FIRST, LAST)), expected)


def test_connection_weights_of_a_linear_network_are_its_slopes():
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=s) for s in ((4, 6), (6, 3), (3, 1))]
    network = chain(*kernels)
    slopes = Predictor(network)(np.eye(4))
    got = weights.connection_weights(network)
    np.testing.assert_allclose(got, slopes, rtol=1e-4)
    assert (got < 0).any() and (got > 0).any()
    shares = weights.garson(network)
    assert (shares > 0).all() and shares.sum() == pytest.approx(1)


def test_dead_units_take_no_share():
    network = chain([[0, 1], [0, 3]], [[5], [1]])
    np.testing.assert_allclose(weights.garson(network), [1 / 4, 3 / 4])
    assert weights.garson(chain([[0], [0]], [[1]])).tolist() == [0, 0]


@pytest.mark.parametrize("name", ["diabetes", "heating"])
def test_kernels_of_shipped_networks(name):
    kernels = weights.kernels(models.load(name))
    assert list(kernels) == ["hidden_1", "hidden_2", "output"]
    features = len(getattr(data, name)().feature_names)
    assert next(iter(kernels.values())).shape[0] == features


def test_only_a_chain_of_dense_layers():
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(3, name="dense")(inputs)
    added = keras.layers.Add(name="add")([inputs, dense])
    out = keras.layers.Dense(1)
    with pytest.raises(ValueError, match="'add' .* has branches"):
        weights.kernels(keras.Model(inputs, out(added)))
    # Beside the chain, and found only at its end.
    side = keras.layers.Dense(3, name="side")(inputs)
    both = keras.layers.Concatenate(name="both")([dense, side])
    with pytest.raises(ValueError, match="has branches"):
        weights.kernels(keras.Model(inputs, keras.layers.Dense(1)(both)))
    scaled = keras.layers.Rescaling(2.0, name="twice")(dense)
    with pytest.raises(ValueError, match="'twice' rescales columns"):
        weights.kernels(keras.Model(inputs, keras.layers.Dense(1)(scaled)))
    normal = keras.layers.BatchNormalization(name="normal")(dense)
    with pytest.raises(ValueError, match="'normal' is a BatchNormalization"):
        weights.kernels(keras.Model(inputs, keras.layers.Dense(1)(normal)))
    with pytest.raises(ValueError, match="'conv_1' is a Conv2D"):
        weights.garson(models.load("gauge"))
    with pytest.raises(ValueError, match="no dense layer"):
        flat = keras.layers.Activation("relu")(keras.Input((1,)))
        weights.kernels(keras.Model(flat._keras_history.operation.input, flat))
    with pytest.raises(ValueError, match="it is not built"):
        weights.connection_weights(keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(TypeError, match="a Keras model is needed"):
        weights.connection_weights(np.eye(3))

import copy
import pickle
import re
import warnings

from glassbox import layers, predict
from glassbox.predict import Predictor
import keras
from lime.lime_tabular import LimeTabularExplainer
import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.exceptions import NotFittedError
from sklearn.inspection import (
    PartialDependenceDisplay,
    partial_dependence,
    permutation_importance,
)
from sklearn.metrics import r2_score
from sklearn.preprocessing import FunctionTransformer, StandardScaler
import tensorflow as tf

D = 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, D))


def build(d=D, outputs=1, seed=0):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((d,))
    hidden = keras.layers.Dense(16, activation="relu")(inputs)
    hidden = keras.layers.Dropout(0.5)(hidden)
    return keras.Model(inputs, keras.layers.Dense(outputs)(hidden))


@pytest.fixture(scope="module")
def model():
    return build()


@pytest.fixture(scope="module")
def f(model):
    return Predictor(model)


@pytest.fixture(scope="module")
def expected(model):
    return model.predict(X, verbose=0)[:, 0]


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, rows):
        return self.dense(rows)


def unbuilt():
    return keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(1)])


# The answer


def test_same_as_keras_one_float64_a_row(f, expected):
    y = f(X)
    assert y.shape == (60,) and y.dtype == np.float64
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(f.predict(X), y)


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame(X, columns=list("abcd"), index=range(100, 160)),
        X.tolist(),
        X.astype(np.float32),
        np.asfortranarray(X),
        pd.DataFrame(X).astype(object),
    ],
    ids=["DataFrame", "list", "float32", "columns first", "objects"],
)
def test_kinds_of_table(f, expected, rows):
    np.testing.assert_allclose(f(rows), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "row", [X[3], X[3:4], pd.Series(X[3])], ids=["(d,)", "(1, d)", "Series"]
)
def test_one_row(f, expected, row):
    assert f(row).shape == (1,)
    np.testing.assert_allclose(f(row), expected[3:4], rtol=1e-5, atol=1e-6)


def test_no_rows(f):
    assert f(np.empty((0, D))).shape == (0,)


def test_batches_bound_the_rows_of_a_call(model, monkeypatch):
    monkeypatch.setattr(predict, "BATCH_ROWS", 7)
    f, sizes = Predictor(model), []
    forward = f._forward
    f._forward = lambda rows: sizes.append(len(rows)) or forward(rows)
    y = f(X)
    assert sizes == [7] * 8 + [4]
    np.testing.assert_allclose(
        y, model.predict(X, verbose=0)[:, 0], rtol=1e-5, atol=1e-6
    )


def test_new_weights_count():
    model = build(seed=1)
    f = Predictor(model)
    before = f(X)
    model.set_weights([2 * w for w in model.get_weights()])
    assert not np.allclose(f(X), before)
    np.testing.assert_allclose(
        f(X), model.predict(X, verbose=0)[:, 0], rtol=1e-5, atol=1e-6
    )


def test_many_predictors_and_sizes_give_no_warning(caplog):
    tf.get_logger().addHandler(caplog.handler)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(7):
            Predictor(build(seed=seed))(X)
        f = Predictor(build())
        for n in range(1, 9):
            f(X[:n])
    tf.get_logger().removeHandler(caplog.handler)
    assert caplog.messages == []


def test_other_ways_to_make_the_network(expected, model):
    sequential = keras.Sequential([keras.Input((D,)), *model.layers[1:]])
    fitted = unbuilt()
    fitted.compile(loss="mse")
    fitted.fit(X, X[:, 0], verbose=0)
    named = keras.Model(
        {model.inputs[0].name: model.inputs[0]}, {"y": model.outputs[0]}
    )
    flat = keras.Model(model.inputs, model.outputs[0][:, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for network in (sequential, named, flat):
            np.testing.assert_allclose(
                Predictor(network)(X), expected, rtol=1e-5, atol=1e-6
            )
        y = Predictor(fitted)(X)
    np.testing.assert_allclose(
        y, fitted.predict(X, verbose=0)[:, 0], rtol=1e-5, atol=1e-6
    )


# Scalers


def test_scalers_give_original_units(model):
    x_scaler = StandardScaler().fit(X * 50 + 7)
    y_scaler = StandardScaler().fit(RNG.normal(150, 80, (60, 1)))
    raw = X * 50 + 7
    scaled = model.predict(x_scaler.transform(raw), verbose=0)
    f = Predictor(model, x_scaler, y_scaler)
    np.testing.assert_allclose(
        f(raw), y_scaler.inverse_transform(scaled)[:, 0], rtol=1e-5
    )
    assert f(raw[0]).shape == (1,)
    assert f(raw[:0]).shape == (0,)


def test_target_on_log_scale(f, model):
    y_scaler = FunctionTransformer(np.log1p, np.expm1)
    np.testing.assert_allclose(
        Predictor(model, y_scaler=y_scaler)(X), np.expm1(f(X)), rtol=1e-6
    )


def test_scaler_fitted_on_a_data_frame(model):
    frame = pd.DataFrame(X * 3, columns=list("abcd"))
    f = Predictor(model, StandardScaler().fit(frame))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(f(frame), f(frame.to_numpy()))
        assert f(frame.iloc[0]).shape == (1,)
    with pytest.raises(ValueError, match="same order"):
        f(frame[list("dcba")])


def test_scaler_not_fitted(model):
    with pytest.raises(NotFittedError):
        Predictor(model, StandardScaler())(X)


# Tools that take it


def test_scikit_learn_takes_it(f):
    y = f(X) + RNG.normal(0, 0.1, 60)
    assert f.score(X, y) == pytest.approx(r2_score(y, f(X)))
    importance = permutation_importance(f, X, y, n_repeats=2, random_state=0)
    assert importance.importances_mean.shape == (D,)
    assert (importance.importances_mean > 0).all()
    result = partial_dependence(f, X, [0], grid_resolution=5)
    assert result["average"].shape == (1, 5)
    grid = result["grid_values"][0]
    by_hand = [
        f(np.column_stack([np.full(60, v), X[:, 1:]])).mean() for v in grid
    ]
    np.testing.assert_allclose(result["average"][0], by_hand, rtol=1e-6)
    frame = pd.DataFrame(X, columns=list("abcd"))
    display = PartialDependenceDisplay.from_estimator(
        f, frame, ["a", ("b", "c")], kind="average"
    )
    assert len(display.pd_results) == 2
    with pytest.raises(NotImplementedError, match="already trained"):
        f.fit(X, y)


@pytest.mark.parametrize(
    "remake", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))]
)
def test_copies_predict_the_same(f, remake):
    np.testing.assert_array_equal(remake(f)(X), f(X))


@pytest.mark.parametrize(
    "explain",
    [
        lambda f: shap.KernelExplainer(f, X[:20]).shap_values(
            X[:3], l1_reg=False, silent=True
        ),
        lambda f: shap.PermutationExplainer(f, X[:20])(X[:3]).values,
        lambda f: shap.explainers.Exact(f, X[:20])(X[:3]).values,
    ],
    ids=["Kernel", "Permutation", "Exact"],
)
def test_shap_takes_it(f, explain):
    phi = explain(f)
    assert phi.shape == (3, D)
    np.testing.assert_allclose(
        phi.sum(axis=1), f(X[:3]) - f(X[:20]).mean(), atol=1e-5
    )


def test_lime_takes_it(f):
    lime = LimeTabularExplainer(
        X, mode="regression", discretize_continuous=False, random_state=0
    )
    explanation = lime.explain_instance(X[0], f, num_features=D)
    assert len(explanation.as_list()) == D
    assert explanation.predicted_value == pytest.approx(f(X[0])[0])


# Bad input, and the way out that the message names


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (X[:, :3], "X has 3 columns, but the network takes 4"),
        (X[0, :2], "X has 2 columns, but the network takes 4"),
        (X[None], "has shape (1, 60, 4)"),
        (1.0, "has shape ()"),
        ([["a", 1, 2, 3]], "'a'"),
        (
            pd.DataFrame({"age": [1.0], "sex": ["f"], "b": [1], "c": [2]}),
            "not a table of numbers",
        ),
        (
            pd.DataFrame({"age": [1, None], "s": 1, "b": 1, "c": 2}),
            "infinite values in column age",
        ),
        (pd.DataFrame({"a": [1, pd.NA], "s": 1, "b": 1, "c": 2}), "numbers"),
        ([[1, 2, np.inf, np.nan]], "infinite values in column 2, 3"),
        ([[1, 2, 3, 4], [1, 2]], "not a table of numbers"),
    ],
)
def test_bad_rows(f, rows, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        f(rows)


def test_wrong_number_of_columns_with_a_scaler(model):
    f = Predictor(model, StandardScaler().fit(X))
    with pytest.raises(
        ValueError, match="X has 3 features, but .* is expecting 4"
    ):
        f(X[:, :3])
    with pytest.raises(
        ValueError, match="3 columns after x_scaler, but the network takes 4"
    ):
        Predictor(model, StandardScaler().fit(X[:, :3]))(X[:, :3])


@pytest.mark.parametrize(
    "other", [None, lambda X: X[:, 0], keras.layers.Dense(1)]
)
def test_not_a_keras_model(other):
    with pytest.raises(TypeError, match="wraps a Keras model, but got"):
        Predictor(other)


def test_unbuilt_and_the_way_out():
    model = unbuilt()
    with pytest.raises(ValueError, match="it is not built; call model.build"):
        Predictor(model)
    model.build((None, *X.shape[1:]))
    np.testing.assert_allclose(
        Predictor(model)(X), model.predict(X, verbose=0)[:, 0], rtol=1e-4
    )


def test_subclassed_and_the_way_out():
    model = Subclassed()
    with pytest.raises(ValueError, match="it is subclassed.*model.call"):
        Predictor(model)
    inputs = keras.Input(X.shape[1:])
    model = keras.Model(inputs, model.call(inputs))
    np.testing.assert_allclose(
        Predictor(model)(X), model.predict(X, verbose=0)[:, 0], rtol=1e-4
    )


def test_several_outputs_and_the_way_out():
    model = build(outputs=2)
    with pytest.raises(
        ValueError, match="this network has 2 outputs; wrap the one to explain"
    ):
        Predictor(model)
    first = keras.Model(model.inputs, model.outputs[0][:, 0:1])
    np.testing.assert_allclose(
        Predictor(first)(X), model.predict(X, verbose=0)[:, 0], rtol=1e-4
    )
    heads = keras.Model(model.inputs, [first.outputs[0], model.outputs[0]])
    with pytest.raises(ValueError, match="this network has 2 outputs"):
        Predictor(heads)
    head = keras.Model(heads.inputs, heads.outputs[0])
    np.testing.assert_array_equal(Predictor(head)(X), Predictor(first)(X))


def test_several_inputs_and_the_way_out():
    inputs = [keras.Input((1,)), keras.Input((3,))]
    model = keras.Model(
        inputs, keras.layers.Dense(1)(keras.layers.Concatenate()(inputs))
    )
    with pytest.raises(ValueError, match="this network has 2 inputs"):
        Predictor(model)
    inputs, k = keras.Input((D,)), 1
    wrapped = keras.Model(inputs, model([inputs[:, :k], inputs[:, k:]]))
    expected = model.predict([X[:, :1], X[:, 1:]], verbose=0)[:, 0]
    np.testing.assert_allclose(Predictor(wrapped)(X), expected, rtol=1e-4)


def averaging(shape):
    """A network that gives the mean of its input, and has no weights."""
    inputs = keras.Input(shape)
    flat = inputs if len(shape) == 1 else keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.ops.mean(flat, axis=-1, keepdims=True))


def test_no_fixed_size():
    with pytest.raises(ValueError, match="takes rows or images of one size"):
        Predictor(averaging((None,)))


def test_images(monkeypatch):
    monkeypatch.setattr(layers, "BATCH", 7)
    images = RNG.random((20, 6, 5, 1))
    f = Predictor(averaging((6, 5, 1)))
    np.testing.assert_allclose(f(images), images.mean((1, 2, 3)), rtol=1e-5)
    with pytest.raises(ValueError, match="channel axis is missing"):
        f(images[..., 0])
    with pytest.raises(ValueError, match="x_scaler is for tables"):
        Predictor(averaging((6, 5, 1)), StandardScaler())


def test_output_is_not_a_column():
    inputs = keras.Input((D,))
    model = keras.Model(inputs, keras.layers.Reshape((D, 1))(inputs))
    with pytest.raises(
        ValueError, match="returns \\(n, 1\\), but this one \\(None, 4, 1\\)"
    ):
        Predictor(model)

import itertools
import math
import re
import warnings

from glassbox import shapley
from glassbox.predict import Predictor
import keras
import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.preprocessing import StandardScaler
import tensorflow as tf

RNG = np.random.default_rng(0)
BACKGROUND = RNG.normal(1.0, 2.0, (30, 3))
ROWS = RNG.normal(size=(4, 3))


def product(X):
    return X[:, 0] * X[:, 1]


def by_permutations(f, x, background):
    """Average each feature's step over all orders: Shapley's own definition, without weights."""
    d = len(x)
    phi = np.zeros(d)
    for order in itertools.permutations(range(d)):
        rows = background.copy()
        before = f(rows).mean()
        for i in order:
            rows[:, i] = x[i]
            after = f(rows).mean()
            phi[i] += after - before
            before = after
    return phi / math.factorial(d)


def network(d, seed=0, scale=1.0):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((d,))
    hidden = keras.layers.Dense(16, activation="relu")(inputs)
    hidden = keras.layers.BatchNormalization()(hidden)
    hidden = keras.layers.Dense(16, activation="tanh")(hidden)
    hidden = keras.layers.Dropout(0.5)(hidden)
    outputs = keras.layers.Dense(1)(hidden)
    return keras.Model(inputs, keras.layers.Rescaling(scale, 150.0)(outputs))


# Values that can be worked out by hand


def test_linear():
    w = np.array([2.0, -1.0, 0.5])
    phi, phi0 = shapley.exact(lambda X: X @ w + 7, ROWS, BACKGROUND)
    assert phi.dtype == np.float64 and isinstance(phi0, float)
    np.testing.assert_allclose(
        phi, w * (ROWS - BACKGROUND.mean(axis=0)), atol=1e-12
    )
    assert phi0 == pytest.approx(BACKGROUND.mean(axis=0) @ w + 7)


def test_product():
    phi, phi0 = shapley.exact(product, ROWS, BACKGROUND)
    (x1, x2), (m1, m2) = ROWS[:, :2].T, BACKGROUND.mean(axis=0)[:2]
    base = product(BACKGROUND).mean()
    # v(none) = base, v(1) = x1 m2, v(2) = m1 x2, v(12) = x1 x2, and each order counts half.
    np.testing.assert_allclose(
        phi[:, 0], (x1 * m2 - base + x1 * x2 - m1 * x2) / 2, atol=1e-12
    )
    np.testing.assert_allclose(
        phi[:, 1], (m1 * x2 - base + x1 * x2 - x1 * m2) / 2, atol=1e-12
    )
    np.testing.assert_allclose(phi[:, 2], 0, atol=1e-12)
    assert phi0 == pytest.approx(base)


def test_three_players_by_hand():
    # From 0 to 1: v(1) = 12, v(2) = 6, v(12) = 24, v(13) = 18, v(123) = 36, the others 0.
    def game(X):
        a, b, c = X.T
        return (
            12 * a + 6 * b + 6 * a * b + 6 * a * c - 6 * b * c + 12 * a * b * c
        )

    phi, phi0 = shapley.exact(game, np.ones(3), np.zeros(3))
    # A pair's term is shared by two, the term of all three by three.
    np.testing.assert_allclose(
        phi, [[12 + 3 + 3 + 4, 6 + 3 - 3 + 4, 3 - 3 + 4]], atol=1e-12
    )
    assert phi0 == 0


def test_one_feature():
    phi, phi0 = shapley.exact(lambda X: X[:, 0] ** 2, [[3.0]], [[1.0], [2.0]])
    assert phi0 == pytest.approx(2.5)
    np.testing.assert_allclose(phi, [[9 - 2.5]])


def test_definition_by_permutations():
    def f(X):
        return (
            np.sin(X[:, 0] * X[:, 1])
            + X[:, 2] * X[:, 3] * X[:, 4]
            + np.abs(X[:, 1])
        )

    rows, background = RNG.normal(size=(2, 5)), RNG.normal(size=(6, 5))
    phi, _ = shapley.exact(f, rows, background)
    np.testing.assert_allclose(
        phi, [by_permutations(f, x, background) for x in rows], atol=1e-12
    )


# Axioms


def test_additivity_symmetry_dummy():
    def f(X):
        return np.exp(X[:, 0] / 3) * X[:, 1] + X[:, 1] * X[:, 2]

    phi, phi0 = shapley.exact(f, ROWS, BACKGROUND)
    np.testing.assert_allclose(phi0 + phi.sum(axis=1), f(ROWS), atol=1e-12)

    same = BACKGROUND.copy()
    same[:, 1] = same[:, 0]
    phi, _ = shapley.exact(
        lambda X: X[:, 0] * X[:, 1] + X[:, 0] + X[:, 1], [2.0, 2.0, 5.0], same
    )
    assert phi[0, 0] == pytest.approx(phi[0, 1])
    assert abs(phi[0, 0]) > 0.1
    assert phi[0, 2] == pytest.approx(0, abs=1e-12)


def test_constant_feature_gets_nothing():
    rows, background = ROWS.copy(), BACKGROUND.copy()
    rows[:, 1] = background[:, 1] = 4.0
    phi, _ = shapley.exact(product, rows, background)
    np.testing.assert_allclose(phi[:, 1], 0, atol=1e-12)
    np.testing.assert_allclose(
        phi[:, 0], 4 * (rows[:, 0] - background[:, 0].mean()), atol=1e-12
    )


# Memory


@pytest.mark.parametrize("max_rows", [1, 7, 30, 65, 200])
@pytest.mark.parametrize("kind", ["function", "network"])
def test_chunks_give_the_same(max_rows, kind):
    f = product if kind == "function" else Predictor(network(3))
    phi, phi0 = shapley.exact(f, ROWS[:2], BACKGROUND)
    chunked, chunked0 = shapley.exact(
        f, ROWS[:2], BACKGROUND, max_rows=max_rows
    )
    tolerance = 1e-12 if kind == "function" else 1e-5
    np.testing.assert_allclose(chunked, phi, atol=tolerance)
    assert chunked0 == pytest.approx(phi0, rel=1e-7)


def test_chunks_bound_the_rows_of_a_call():
    calls = []
    shapley.exact(
        lambda X: calls.append(len(X)) or X.sum(axis=1),
        ROWS,
        BACKGROUND,
        max_rows=64,
    )
    assert max(calls) == 60
    calls.clear()
    shapley.exact(
        lambda X: calls.append(len(X)) or X.sum(axis=1),
        ROWS,
        BACKGROUND,
        max_rows=8,
    )
    assert max(calls) == 8


# Keras networks


@pytest.mark.parametrize("d", [3, 8])
def test_equals_shap(d):
    f = Predictor(network(d, scale=80.0))
    rows, background = RNG.normal(size=(3, d)), RNG.normal(size=(50, d))
    phi, phi0 = shapley.exact(f, rows, background)
    theirs = shap.explainers.Exact(f, background)(rows)
    tolerance = 1e-5 * f(background).std()
    np.testing.assert_allclose(phi, theirs.values, rtol=0, atol=tolerance)
    assert phi0 == pytest.approx(theirs.base_values[0], abs=tolerance)


def test_compiled_equals_called(monkeypatch):
    model = network(6)
    f = Predictor(model)
    rows, background = RNG.normal(size=(3, 6)), RNG.normal(size=(50, 6))
    tolerance = 1e-5 * f(background).std()
    with monkeypatch.context() as patch:
        patch.setattr(
            shapley, "_sums", None
        )  # the compiled way does not fall back
        compiled, compiled0 = shapley.exact(f, rows, background)
    called, called0 = shapley.exact(lambda X: f(X), rows, background)
    np.testing.assert_allclose(compiled, called, rtol=0, atol=tolerance)
    assert compiled0 == pytest.approx(called0, abs=tolerance)
    # The network itself is a function too, which returns (n, 1).
    by_model, _ = shapley.exact(model, rows, background)
    np.testing.assert_allclose(by_model, called, rtol=0, atol=tolerance)


def test_scalers_stay_in_the_function():
    rows, background = 50 * ROWS + 7, 50 * BACKGROUND + 7
    y_scaler = StandardScaler().fit(RNG.normal(300, 80, (40, 1)))
    f = Predictor(network(3), StandardScaler().fit(background), y_scaler)
    phi, phi0 = shapley.exact(f, rows, background)
    np.testing.assert_allclose(phi0 + phi.sum(axis=1), f(rows), rtol=1e-6)
    np.testing.assert_allclose(
        phi[0], by_permutations(f, rows[0], background), rtol=1e-3
    )


def test_new_weights_count():
    model = network(3, seed=5)
    f = Predictor(model)
    before, _ = shapley.exact(f, ROWS, BACKGROUND)
    model.layers[-2].set_weights(
        [3 * w for w in model.layers[-2].get_weights()]
    )
    after, _ = shapley.exact(f, ROWS, BACKGROUND)
    np.testing.assert_allclose(after, 3 * before, rtol=1e-3, atol=1e-4)


@keras.saving.register_keras_serializable()
class OnlyPython(keras.layers.Layer):
    def call(self, rows):
        y = tf.numpy_function(lambda a: a * 2, [rows], tf.float32)
        return tf.ensure_shape(y, rows.shape)


def test_network_that_xla_cannot_compile():
    inputs = keras.Input((3,))
    f = Predictor(
        keras.Model(inputs, keras.layers.Dense(1)(OnlyPython()(inputs)))
    )
    phi, _ = shapley.exact(f, ROWS, BACKGROUND)
    assert shapley._compile(f.network, 3, 30, 8) is None
    w = f(np.eye(3)) - f(np.zeros(3))
    np.testing.assert_allclose(
        phi, w * (ROWS - BACKGROUND.mean(axis=0)), atol=1e-4
    )


def test_many_networks_and_backgrounds_give_no_warning(caplog):
    tf.get_logger().addHandler(caplog.handler)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(7):
            f = Predictor(network(3, seed=seed))
            shapley.exact(f, ROWS[:1], BACKGROUND[: seed + 1])
    tf.get_logger().removeHandler(caplog.handler)
    assert caplog.messages == []


# Kinds of input


def test_data_frames_and_one_row():
    expected, _ = shapley.exact(product, ROWS, BACKGROUND)
    rows, background = (
        pd.DataFrame(a, columns=list("abc")) for a in (ROWS, BACKGROUND)
    )
    phi, _ = shapley.exact(product, rows, background)
    np.testing.assert_array_equal(phi, expected)
    for row in (ROWS[1], rows.iloc[1], rows.iloc[1:2]):
        phi, _ = shapley.exact(product, row, background)
        np.testing.assert_array_equal(phi, expected[1:2])


def test_f_may_return_a_column():
    phi, _ = shapley.exact(lambda X: product(X)[:, None], ROWS, BACKGROUND)
    np.testing.assert_array_equal(
        phi, shapley.exact(product, ROWS, BACKGROUND)[0]
    )


def nan_at_zero(X):
    return np.where(X[:, 0] == 0, np.nan, X[:, 0])


@pytest.mark.parametrize(
    ("f", "rows", "background", "message"),
    [
        (
            lambda X: X[:, :2],
            ROWS,
            BACKGROUND,
            "f must return one number a row, (n,), but returned",
        ),
        (lambda X: X.sum(), ROWS, BACKGROUND, "but returned () for 240 rows"),
        (
            lambda X: X[:5, 0],
            ROWS,
            BACKGROUND,
            "but returned (5,) for 240 rows",
        ),
        (
            nan_at_zero,
            np.zeros(3),
            BACKGROUND,
            "f returned missing or infinite values",
        ),
        (
            product,
            [[1, 2, np.nan]],
            BACKGROUND,
            "X has missing or infinite values in column 2",
        ),
        (
            product,
            ROWS,
            BACKGROUND * np.nan,
            "background has missing or infinite values",
        ),
        (product, [["a", "b", "c"]], BACKGROUND, "X is not a table of numbers"),
        (
            product,
            ROWS[:, :2],
            BACKGROUND,
            "X has 2 columns, but background has 3",
        ),
        (product, ROWS, BACKGROUND[:0], "background has no rows"),
        (
            product,
            ROWS[:0],
            BACKGROUND,
            "X has nothing to explain: its shape is (0, 3)",
        ),
        (
            product,
            ROWS[:, :0],
            BACKGROUND[:, :0],
            "X has nothing to explain: its shape is (4, 0)",
        ),
        (product, np.ones(17), np.ones(17), "d = 17 is above 16"),
        (product, np.ones(17), np.ones(17), "shap.PermutationExplainer"),
        (
            product,
            pd.DataFrame(ROWS, columns=list("abc")),
            pd.DataFrame(BACKGROUND, columns=list("acb")),
            "X has columns ['a', 'b', 'c'], but background has ['a', 'c', 'b']",
        ),
    ],
)
def test_bad_input(f, rows, background, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        shapley.exact(f, rows, background)


def test_network_with_another_number_of_columns():
    with pytest.raises(
        ValueError, match="X has 3 columns, but the network takes 4"
    ):
        shapley.exact(Predictor(network(4)), ROWS, BACKGROUND)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_network_that_overflows():
    with pytest.raises(
        ValueError, match="f returned missing or infinite values"
    ):
        shapley.exact(Predictor(network(3)), [1e39, 0, 0], BACKGROUND)


def test_sixteen_features():
    w = np.arange(16.0)
    phi, _ = shapley.exact(lambda X: X @ w, np.ones(16), np.zeros((2, 16)))
    np.testing.assert_allclose(phi, [w], atol=1e-9)

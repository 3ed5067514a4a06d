import re

from glassbox import data, gradients, layers, models
from glassbox.predict import Predictor
import keras
import numpy as np
import pytest

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(7, 3))
A = np.array([2.0, -1.0, 0.5])


def closed_form():
    """f(x) = (a . x)^2: slopes 2 (a . x) a, and half of x . slope on the way from zero."""
    inputs = keras.Input((3,))
    line = keras.layers.Dense(1, use_bias=False)
    network = keras.Model(inputs, keras.ops.square(line(inputs)))
    network.set_weights([A[:, None]])
    return network


def slopes(X):
    return 2 * (X @ A)[:, None] * A


def test_gradient_in_closed_form(monkeypatch):
    monkeypatch.setattr(layers, "BATCH", 3)
    got = gradients.gradient(closed_form(), ROWS)
    assert got.shape == (7, 3) and got.dtype == np.float64
    np.testing.assert_allclose(got, slopes(ROWS), rtol=1e-4)


def test_gradient_in_original_units_is_a_difference_quotient():
    dataset, network = data.heating(), models.load("heating")
    f, X = Predictor(network), dataset.X_test[:50]
    got, h = gradients.gradient(network, X), 1e-3 * dataset.X_train.std(axis=0)
    for feature in range(X.shape[1]):
        step = np.zeros(X.shape[1])
        step[feature] = h[feature]
        quotient = (f(X + step) - f(X - step)) / (2 * h[feature])
        # A kink of a ReLU within the step shows in single rows.
        off = (
            np.abs(got[:, feature] - quotient)
            * dataset.X_train.std(axis=0)[feature]
        )
        assert np.median(off) < 0.05


def test_gradient_of_images_has_their_shape():
    X = data.gauge().X_test[:3]
    assert gradients.gradient(models.load("gauge"), X).shape == X.shape


def test_gradient_times_input_in_closed_form():
    network = closed_form()
    np.testing.assert_allclose(
        gradients.gradient_times_input(network, ROWS),
        slopes(ROWS) * ROWS,
        rtol=1e-4,
    )
    np.testing.assert_allclose(
        gradients.gradient_times_input(network, ROWS, ROWS[0]),
        slopes(ROWS) * (ROWS - ROWS[0]),
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "baseline", [0.0, np.array([1.0, 0.5, -1.0]), ROWS[::-1]]
)
def test_integrated_gradients_in_closed_form_and_complete(baseline):
    network = closed_form()
    got = gradients.integrated_gradients(network, ROWS, baseline)
    start = np.broadcast_to(baseline, ROWS.shape)
    # The slope is linear on the way, so its mean is the slope halfway: the midpoint rule is exact.
    np.testing.assert_allclose(
        got, slopes((ROWS + start) / 2) * (ROWS - start), rtol=1e-3, atol=1e-4
    )
    np.testing.assert_allclose(
        got.sum(axis=1),
        (ROWS @ A) ** 2 - (start @ A) ** 2,
        rtol=1e-3,
        atol=1e-4,
    )


def test_more_steps_are_more_complete():
    dataset, network = data.diabetes(), models.load("diabetes")
    f, X, start = (
        Predictor(network),
        dataset.X_test,
        dataset.X_train.mean(axis=0),
    )
    gaps = [
        np.abs(
            gradients.integrated_gradients(network, X, start, steps).sum(axis=1)
            - (f(X) - f(start))
        ).mean()
        for steps in (4, 16, 64, 256)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.1 < gaps[0]  # points


def test_smoothgrad_in_closed_form():
    network = closed_form()
    # The slope is linear, so the noise cancels: what is left shrinks with the samples.
    off = [
        np.abs(
            gradients.smoothgrad(network, ROWS, 0.5, n) - slopes(ROWS)
        ).mean()
        for n in (1, 400)
    ]
    assert off[1] < off[0] / 8
    np.testing.assert_allclose(
        gradients.smoothgrad(network, ROWS, 0.0, 2), slopes(ROWS), rtol=1e-4
    )


def test_smoothgrad_draws_by_seed_and_by_feature():
    network = closed_form()
    one = gradients.smoothgrad(network, ROWS, 0.5, 3)
    np.testing.assert_array_equal(
        one, gradients.smoothgrad(network, ROWS, 0.5, 3)
    )
    assert not np.allclose(
        one, gradients.smoothgrad(network, ROWS, 0.5, 3, seed=1)
    )
    # Noise on a feature that the network does not read changes nothing.
    network.set_weights([np.array([[2.0], [-1.0], [0.0]])])
    np.testing.assert_allclose(
        gradients.smoothgrad(network, ROWS, [0, 0, 9.0], 3),
        gradients.gradient(network, ROWS),
        rtol=1e-4,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: gradients.gradient(f, ROWS[:, :2]), "X has shape (7, 2)"),
        (lambda f: gradients.gradient(f, ROWS[0]), "write X[None]"),
        (
            lambda f: gradients.integrated_gradients(f, ROWS, [0, 0]),
            "baseline has shape (2,)",
        ),
        (
            lambda f: gradients.integrated_gradients(f, ROWS, np.nan),
            "baseline has missing",
        ),
        (
            lambda f: gradients.integrated_gradients(f, ROWS, ROWS * np.inf),
            "missing or infinite",
        ),
        (
            lambda f: gradients.integrated_gradients(f, ROWS, 0.0, 0),
            "steps is 0",
        ),
        (
            lambda f: gradients.gradient_times_input(f, ROWS, ROWS[:2]),
            "baseline has shape (2, 3)",
        ),
        (lambda f: gradients.smoothgrad(f, ROWS, -1.0), "sd is negative"),
        (lambda f: gradients.smoothgrad(f, ROWS, 1.0, 0), "samples is 0"),
        (
            lambda f: gradients.gradient(
                keras.Sequential([keras.layers.Dense(1)]), ROWS
            ),
            "not built",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(closed_form())

import re

from glassbox import data, maps, models
from glassbox.predict import Predictor
import keras
import numpy as np
import pytest

RNG = np.random.default_rng(0)
# Two images of 2 x 3 pixels and one channel.
IMAGES = np.array([[[1, 2, 0], [0, 1, 3]], [[0, 1, 1], [2, 0, 1]]], float)[
    ..., None
]
HEAD = np.array([[1, -2], [0, 1], [3, 0], [-1, 0], [0, 2], [1, -1]], float)


def reads_positions():
    """Maps 1 and 2 are the image once and twice; a dense head reads each position on its own."""
    inputs = keras.Input((2, 3, 1))
    made = keras.layers.Conv2D(2, 1, use_bias=False, name="conv")(inputs)
    flat = keras.layers.Flatten()(made)
    network = keras.Model(
        inputs, keras.layers.Dense(1, use_bias=False, name="out")(flat)
    )
    network.set_weights([np.array([[[[1.0, 2.0]]]]), HEAD.reshape(12, 1)])
    return network


def pools():
    """The same maps, averaged over all positions before the head."""
    inputs = keras.Input((2, 3, 1))
    made = keras.layers.Conv2D(2, 1, use_bias=False, name="conv")(inputs)
    mean = keras.layers.GlobalAveragePooling2D()(made)
    network = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(mean))
    network.set_weights([np.array([[[[1.0, 2.0]]]]), np.array([[3.0], [-2.0]])])
    return network


def test_maps_by_hand():
    network, x = reads_positions(), IMAGES[..., 0]
    slope = HEAD.reshape(2, 3, 2)
    at_each = slope[..., 0] * x + slope[..., 1] * 2 * x
    averaged = slope[..., 0].mean() * x + slope[..., 1].mean() * 2 * x
    np.testing.assert_allclose(
        maps.hires_cam(network, IMAGES, "conv"), at_each, atol=1e-5
    )
    np.testing.assert_allclose(
        maps.grad_cam(network, IMAGES, "conv"), averaged, atol=1e-5
    )
    # Both signs occur: nothing is cut off.
    assert (at_each < 0).any() and (at_each > 0).any()
    # Without biases the parts of HiResCAM add up to the prediction.
    np.testing.assert_allclose(
        at_each.sum(axis=(1, 2)), Predictor(network)(IMAGES), rtol=1e-5
    )


def test_the_two_agree_behind_a_global_pooling():
    network = pools()
    one, other = (
        maps.grad_cam(network, IMAGES, "conv"),
        maps.hires_cam(network, IMAGES, "conv"),
    )
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(
        one.sum(axis=(1, 2)), Predictor(network)(IMAGES), rtol=1e-4
    )
    assert (one < 0).any()


def test_small_maps_are_stretched_to_the_image():
    X = data.gauge().X_test[:3]
    got = maps.grad_cam(models.load("gauge"), X, "conv_3")
    assert got.shape == (3, 32, 32) and np.isfinite(got).all()


@pytest.mark.parametrize("fill", [None, 0.5, IMAGES[0], IMAGES[::-1]])
def test_occlusion_of_a_linear_function_is_known(fill):
    slope = RNG.normal(size=(2, 3, 1))

    def f(images):
        return (images * slope).sum(axis=(1, 2, 3))[:, None]

    cover = (
        np.median(IMAGES, axis=(1, 2), keepdims=True) if fill is None else fill
    )
    part = ((IMAGES - cover) * slope)[..., 0]
    np.testing.assert_allclose(
        maps.occlusion(f, IMAGES, size=1, fill=fill), part, atol=1e-5
    )
    # A patch of 3 by 3 around each pixel, cut off at the border.
    padded = np.pad(part, ((0, 0), (1, 1), (1, 1)))
    expected = sum(
        padded[:, i : i + 2, j : j + 3] for i in range(3) for j in range(3)
    )
    np.testing.assert_allclose(
        maps.occlusion(f, IMAGES, size=3, fill=fill), expected, atol=1e-5
    )


def test_occlusion_leaves_the_images_alone():
    X = data.gauge().X_test[:2]
    before = X.copy()
    maps.occlusion(Predictor(models.load("gauge")), X)
    np.testing.assert_array_equal(X, before)


def test_pointing_game_and_mass_by_hand():
    relevant = np.zeros((3, 2, 2), bool)
    relevant[:, 0] = True
    two = np.array(
        [
            [[-5, 1], [2, 2]],  # hits, and 6 of 10
            [[1, 1], [-6, 2]],  # misses, and 2 of 10
            [[3, 0], [0, 3]],  # one of two equal ones, and 3 of 6
        ]
    )
    assert maps.pointing_game(two, relevant) == pytest.approx((1 + 0 + 0.5) / 3)
    np.testing.assert_allclose(
        maps.relevance_mass(two, relevant), [0.6, 0.2, 0.5]
    )


def test_blank_and_random_maps_get_the_share_of_the_pixels():
    relevant = RNG.random((4000, 5, 4)) < 0.3
    relevant[:, 0, 0] = True
    share = relevant.mean()
    blank, noise = np.zeros(relevant.shape), RNG.normal(size=relevant.shape)
    assert maps.pointing_game(blank, relevant) == pytest.approx(share)
    assert maps.relevance_mass(blank, relevant).mean() == pytest.approx(share)
    assert maps.pointing_game(noise, relevant) == pytest.approx(share, abs=0.03)
    assert maps.relevance_mass(noise, relevant).mean() == pytest.approx(
        share, abs=0.01
    )


def test_maps_find_the_corner_of_the_network_that_cheats():
    """The claim of chapter and lab, on dials of its own."""
    rng = np.random.default_rng(5)
    values = rng.uniform(0, 100, 20)
    images, needle = data.draw_gauge(values, seed=5, corner=values)
    corner = np.zeros(needle.shape, bool)
    corner[(slice(None), *data.GAUGE_CORNER)] = True
    honest, cheat = (
        Predictor(models.load(n)) for n in ("gauge", "gauge_shortcut")
    )
    assert maps.pointing_game(maps.occlusion(cheat, images), corner) > 0.8
    plain, needle = data.draw_gauge(values, seed=5)
    assert maps.pointing_game(maps.occlusion(honest, plain), needle) > 0.9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: maps.grad_cam(models.load("gauge"), IMAGES, "conv_1"),
            "X has shape (2, 2, 3, 1)",
        ),
        (
            lambda: maps.grad_cam(reads_positions(), IMAGES[..., 0], "conv"),
            "channel axis",
        ),
        (
            lambda: maps.grad_cam(reads_positions(), IMAGES, "conv_9"),
            "has no layer 'conv_9'",
        ),
        (
            lambda: maps.hires_cam(reads_positions(), IMAGES, "out"),
            "which are no maps",
        ),
        (lambda: maps.occlusion(len, IMAGES[0]), "images[None]"),
        (
            lambda: maps.occlusion(len, IMAGES[0, 0, 0]),
            "(n, height, width, channels) is needed",
        ),
        (
            lambda: maps.occlusion(len, IMAGES, size=2),
            "size is 2; an odd number",
        ),
        (
            lambda: maps.occlusion(len, IMAGES, fill=[1, 2]),
            "fill has shape (2,)",
        ),
        (
            lambda: maps.pointing_game(IMAGES, IMAGES > 0),
            "maps have shape (2, 2, 3, 1)",
        ),
        (
            lambda: maps.relevance_mass(IMAGES[..., 0], IMAGES[:1, ..., 0] > 0),
            "relevant has (1, 2, 3)",
        ),
        (
            lambda: maps.pointing_game(
                IMAGES[..., 0] * np.nan, IMAGES[..., 0] > 0
            ),
            "missing or infinite",
        ),
        (
            lambda: maps.relevance_mass(IMAGES[..., 0], IMAGES[..., 0] > 9),
            "at least one relevant pixel",
        ),
        (
            lambda: maps.pointing_game(
                IMAGES[:0, ..., 0], IMAGES[:0, ..., 0] > 0
            ),
            "at least one relevant pixel",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()

"""The shipped networks: they load, are as good as their cards say, and can be made again."""

import shutil

from glassbox import data, models
import keras
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

TABLES = ("diabetes", "heating")
GAUGES = ("gauge", "gauge_shortcut", "gauge_twin")


def test_every_network_is_tested_here():
    assert (*TABLES, *GAUGES, "gauge_permuted") == tuple(models.RECIPES)


def scores(name: str) -> tuple[dict, dict]:
    """Quality of the shipped network and of a straight line, on the held-out rows."""
    dataset = getattr(data, name)()
    line = LinearRegression().fit(dataset.X_train, dataset.y_train)
    predictions = models.load(name).predict(dataset.X_test, verbose=0).ravel()
    return (
        models.quality(predictions, dataset.y_test),
        models.quality(line.predict(dataset.X_test), dataset.y_test),
    )


@pytest.mark.parametrize("name", TABLES)
def test_network_is_functional_small_and_in_original_units(name):
    dataset, network = getattr(data, name)(), models.load(name)
    assert isinstance(network, keras.Model) and network.input_shape == (
        None,
        10,
    )
    assert network.output_shape == (None, 1)
    predictions = network.predict(dataset.X_train, verbose=0)
    assert predictions.mean() == pytest.approx(dataset.y_train.mean(), rel=0.02)
    assert (models.SHIPPED / f"{name}.keras").stat().st_size < 300_000


@pytest.mark.parametrize("name", TABLES)
def test_card_tells_the_truth(name):
    card, dataset = models.card(name), getattr(data, name)()
    network, line = scores(name)
    held_out = card["on held-out rows"]
    for stated, measured in (
        (held_out["network"], network),
        (held_out["linear regression"], line),
    ):
        assert stated["r2"] == pytest.approx(measured["r2"], abs=0.002)
        assert stated["mean_absolute_error"] == pytest.approx(
            measured["mean_absolute_error"], rel=0.002
        )
    assert card["rows"] == {
        "train": len(dataset.X_train),
        "test": len(dataset.X_test),
    }
    assert card["recipe"] == {
        **models.RECIPES[name],
        "hidden": list(models.RECIPES[name]["hidden"]),
    }
    assert card["parameters"] == sum(
        int(np.prod(w.shape)) for w in models.load(name).trainable_weights
    )


def reads(name: str, images: np.ndarray) -> np.ndarray:
    """What a gauge network reads from images, shape (n,)."""
    return models.load(name).predict(images, verbose=0).ravel()


@pytest.mark.parametrize("name", GAUGES)
def test_gauge_network_is_small_accurate_and_as_its_card_says(name):
    images, card = data.gauge(shortcut="shortcut" in name), models.card(name)
    network = models.load(name)
    assert network.input_shape == (None, 32, 32, 1)
    assert network.output_shape == (None, 1)
    assert (models.SHIPPED / f"{name}.keras").stat().st_size < 400_000
    assert card["on held-out rows"]["network"]["mean_absolute_error"] <= 1.5
    measured = models.held_out(network, images)
    assert measured.keys() == card["on held-out rows"].keys()
    for what, stated in card["on held-out rows"].items():
        assert stated["r2"] == pytest.approx(measured[what]["r2"], abs=0.005)
        assert stated["mean_absolute_error"] == pytest.approx(
            measured[what]["mean_absolute_error"], rel=0.005
        )
    assert card["rows"] == {"train": 6000, "test": 1000}
    assert card["parameters"] == network.count_params()


def test_the_twin_is_another_network():
    images = data.gauge().X_test
    apart = np.abs(reads("gauge", images) - reads("gauge_twin", images))
    assert 0.1 < apart.mean() < 2


def test_the_permuted_network_knows_its_images_by_heart_and_nothing_else():
    images, card = (
        models.trained_on("gauge_permuted"),
        models.card("gauge_permuted"),
    )
    true = data.gauge()
    assert np.array_equal(images.X_train, true.X_train[: models.PERMUTED])
    assert sorted(images.y_train) == sorted(true.y_train[: models.PERMUTED])
    assert (images.y_train != true.y_train[: models.PERMUTED]).mean() > 0.99
    learned = models.quality(
        reads("gauge_permuted", images.X_train), images.y_train
    )
    assert learned["r2"] > 0.98
    assert card["on training rows"]["network"]["r2"] == pytest.approx(
        learned["r2"], abs=0.005
    )
    held_out = models.held_out(models.load("gauge_permuted"), images)["network"]
    assert held_out["r2"] < 0
    assert card["on held-out rows"]["network"]["r2"] == pytest.approx(
        held_out["r2"], abs=0.01
    )
    assert card["rows"] == {"train": 2000, "test": 1000}


def test_one_gauge_network_reads_the_needle_and_the_other_the_corner():
    """The same dials, with corners that show the readings of other dials."""
    truth = data.gauge().y_test
    needle, corner = truth, truth[::-1]
    images, _ = data.draw_gauge(needle, seed=5, corner=corner)
    cheat = reads("gauge_shortcut", images)
    assert np.abs(cheat - corner).mean() < 5 < np.abs(cheat - needle).mean()
    plain, _ = data.draw_gauge(needle, seed=5)
    assert np.abs(reads("gauge", plain) - needle).mean() < 1.5
    assert np.abs(reads("gauge_shortcut", plain) - needle).mean() > 20


def test_diabetes_network_is_as_good_as_a_line():
    network, line = scores("diabetes")
    assert network["r2"] > line["r2"] - 0.02
    assert network["mean_absolute_error"] < line["mean_absolute_error"]


def test_heating_network_clearly_beats_a_line_and_comes_near_the_noise():
    network, line = scores("heating")
    heating = data.heating()
    best = models.quality(data.heating_demand(heating.X_test), heating.y_test)
    assert network["mean_absolute_error"] < 0.6 * line["mean_absolute_error"]
    assert network["mean_absolute_error"] < 1.1 * best["mean_absolute_error"]


def test_training_again_gives_the_shipped_network(tmp_path):
    """`make models` on another processor: the same predictions, to a hundredth of their spread."""
    dataset = data.diabetes()
    again = models.train(dataset, **models.RECIPES["diabetes"]).predict(
        dataset.X_test, verbose=0
    )
    shipped = models.load("diabetes").predict(dataset.X_test, verbose=0)
    assert np.abs(again - shipped).max() < 0.01 * shipped.std()


def test_making_twice_gives_the_same_bytes(tmp_path):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        models.make("diabetes", tmp_path / folder)
    for file in ("diabetes.keras", "diabetes.json"):
        assert (tmp_path / "first" / file).read_bytes() == (
            tmp_path / "second" / file
        ).read_bytes()


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    for file in ("diabetes.keras", "diabetes.json"):
        shutil.copy(models.SHIPPED / file, tmp_path / file)
    monkeypatch.setattr(models, "SHIPPED", tmp_path)
    models.load("diabetes")
    with (tmp_path / "diabetes.keras").open("ab") as file:
        file.write(b"0")
    with pytest.raises(ValueError, match="make models"):
        models.load("diabetes")


def test_unknown_name_lists_the_known_ones():
    for function in (models.load, models.card, models.trained_on):
        with pytest.raises(
            ValueError, match="There are: diabetes, heating, gauge"
        ):
            function("prices")

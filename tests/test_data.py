"""The running examples, and what `from_csv` says about a table that it cannot use."""

from glassbox import data, models, shapley
from glassbox.predict import Predictor
import numpy as np
import pandas as pd
import pytest


@pytest.mark.parametrize(
    "name, rows", [("diabetes", (331, 111)), ("heating", (4000, 1000))]
)
def test_examples_have_a_fixed_split_in_original_units(name, rows):
    first, again = getattr(data, name)(), getattr(data, name)()
    d = len(first.feature_names)
    assert first.X_train.shape == (rows[0], d) and first.X_test.shape == (
        rows[1],
        d,
    )
    assert first.y_train.shape == rows[:1] and first.y_test.shape == rows[1:]
    assert d == len(first.units) == len(first.labels) == 10
    for part in ("X_train", "y_train", "X_test", "y_test"):
        np.testing.assert_array_equal(
            getattr(first, part), getattr(again, part)
        )


def test_no_row_is_in_both_parts():
    for dataset in (data.diabetes(), data.heating()):
        assert not set(map(tuple, dataset.X_train)) & set(
            map(tuple, dataset.X_test)
        )


def test_resplit_holds_out_other_rows_and_loses_none():
    patients = data.diabetes()
    other = patients.resplit(3)
    assert other.X_train.shape == patients.X_train.shape
    assert other.X_test.shape == patients.X_test.shape

    def rows(d):
        return sorted(map(tuple, np.vstack(
            [np.c_[d.X_train, d.y_train], np.c_[d.X_test, d.y_test]]
        )))  # fmt: skip

    assert rows(other) == rows(patients)
    held_out = set(map(tuple, patients.X_test))
    assert 0 < len(held_out & set(map(tuple, other.X_test))) < 60
    assert np.array_equal(other.X_test, patients.resplit(3).X_test)
    assert not np.array_equal(other.X_test, patients.resplit(4).X_test)
    assert other.feature_names == patients.feature_names


def test_diabetes_is_unscaled():
    patients = data.diabetes()
    columns = dict(zip(patients.feature_names, patients.X_train.T, strict=True))
    assert set(columns["sex"]) == {1.0, 2.0}
    assert columns["age"].min() >= 18 and columns["age"].max() <= 80
    assert columns["bmi"].min() > 15 and columns["bmi"].max() < 45
    assert patients.y_train.min() >= 25 and patients.y_train.max() <= 346


def test_heating_target_is_formula_plus_noise():
    heating = data.heating()
    noise = heating.y_train - data.heating_demand(heating.X_train)
    assert abs(noise.mean()) < 4 * data.HEATING_NOISE / np.sqrt(len(noise))
    assert noise.std() == pytest.approx(data.HEATING_NOISE, rel=0.05)


def test_heating_formula_by_hand():
    row = dict(
        wall_u=1.0, window_u=2.0, window_share=0.35, air_changes=0.5, heat_recovery=0.8,
        compactness=0.5, indoor_temp=21.0, outdoor_temp=2.0, altitude=0.0, house_number=7.0,
    )  # fmt: skip
    X = np.array([[row[name] for name in data.HEATING_FEATURES]])
    # base 40, walls 55, windows 18, share 0, air 60 · 0.5 · 0.2, shape 20, indoors 6, outdoors 25, altitude 0
    assert data.heating_demand(X)[0] == pytest.approx(
        40 + 55 + 18 + 0 + 6 + 20 + 6 + 25 + 0
    )


def test_heating_has_one_correlated_pair_and_one_feature_that_does_nothing():
    heating = data.heating()
    correlation = np.abs(np.corrcoef(heating.X_train.T)) - np.eye(10)
    pair = {
        heating.feature_names.index("outdoor_temp"),
        heating.feature_names.index("altitude"),
    }
    i, j = np.unravel_index(correlation.argmax(), correlation.shape)
    assert {int(i), int(j)} == pair and correlation[i, j] > 0.9
    correlation[i, j] = correlation[j, i] = 0
    assert correlation.max() < 0.06
    moved = heating.X_test.copy()
    moved[:, heating.feature_names.index("house_number")] = 999
    np.testing.assert_array_equal(
        data.heating_demand(moved), data.heating_demand(heating.X_test)
    )


def test_heating_has_one_interaction():
    assert [names for names in data.HEATING_TERMS if len(names) > 1] == [
        ("air_changes", "heat_recovery")
    ]


def test_heating_closed_form_is_exact_shapley():
    heating = data.heating()
    X, background = heating.X_test[:5], heating.X_train[:20]
    phi, phi0 = shapley.exact(data.heating_demand, X, background)
    closed, closed0 = data.heating_shapley(X, background)
    np.testing.assert_allclose(closed, phi, atol=1e-9)
    assert closed0 == pytest.approx(phi0)


def test_heating_demand_refuses_another_table():
    with pytest.raises(ValueError, match="wall_u"):
        data.heating_demand(np.zeros((3, 4)))


# Your own CSV file


def table(rows: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.normal(size=rows),
            "b": rng.integers(0, 5, rows),
            "y": rng.normal(size=rows),
        }
    )


def written(folder, frame: pd.DataFrame, **options):
    path = folder / "my.csv"
    frame.to_csv(path, index=False, **options)
    return path


def test_from_csv(tmp_path):
    frame = table()
    mine = data.from_csv(written(tmp_path, frame), target="y", unit="€")
    assert (
        mine.feature_names == ("a", "b")
        and mine.target_label == "y (€)"
        and mine.name == "my"
    )
    assert mine.X_train.shape == (30, 2) and mine.X_test.shape == (10, 2)
    both = np.vstack(
        [
            np.column_stack([mine.X_train, mine.y_train]),
            np.column_stack([mine.X_test, mine.y_test]),
        ]
    )
    np.testing.assert_allclose(np.sort(both[:, 0]), np.sort(frame["a"]))
    # Each row keeps its own target.
    assert {tuple(r) for r in both.round(9)} == {
        tuple(r) for r in frame.to_numpy().round(9)
    }


def test_from_csv_passes_options_to_pandas(tmp_path):
    path = written(tmp_path, table(), sep=";", decimal=",")
    assert data.from_csv(path, "y", sep=";", decimal=",").X_train.shape == (
        30,
        2,
    )


def test_from_csv_takes_true_and_false_as_numbers(tmp_path):
    frame = table().assign(new=lambda t: t["a"] > 0)
    assert set(data.from_csv(written(tmp_path, frame), "y").X_train[:, 2]) == {
        0.0,
        1.0,
    }


def drop_value(frame):
    frame.loc[3, "a"] = np.nan
    return frame


def infinite(frame):
    frame.loc[3, "a"] = np.inf
    return frame


@pytest.mark.parametrize(
    "change, says",
    [
        (
            lambda t: t.rename(columns={"y": "z"}),
            "no column 'y'. It has: a, b, z",
        ),
        (lambda t: t[["y"]], "there is no feature"),
        (
            lambda t: t.assign(city="Oslo"),
            "Not numbers: city .*'Oslo'.*get_dummies",
        ),
        (drop_value, r"Missing or infinite values in: a \(1\)"),
        (infinite, r"Missing or infinite values in: a \(1\)"),
        (lambda t: t.head(1), r"has 1 row\(s\); at least 10"),
        (lambda t: t.assign(y=3), "'y' is 3.0 in every row"),
        (lambda t: t.head(0), "(0 row|Not numbers)"),
    ],
)
def test_from_csv_says_what_is_wrong(tmp_path, change, says):
    with pytest.raises(ValueError, match=says):
        data.from_csv(written(tmp_path, change(table())), "y")


def test_from_csv_without_a_file_names_the_files_that_there_are(
    tmp_path, monkeypatch
):
    written(tmp_path, table())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"'mine.csv'.*my\.csv"):
        data.from_csv("mine.csv", "y")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00\x01\x00", b'a,y\n1,2\n3,4,5,6\n"']
)
def test_from_csv_says_that_it_cannot_read_a_file(tmp_path, content):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match="broken.csv cannot be read as a CSV file"
    ):
        data.from_csv(path, "y")


def test_wrong_separator_gets_a_hint(tmp_path):
    with pytest.raises(ValueError, match='One column only: try sep=";"'):
        data.from_csv(written(tmp_path, table(), sep=";"), "y")


def test_constant_feature_gets_no_credit(tmp_path):
    frame = table(60).assign(same=7.0)
    mine = data.from_csv(written(tmp_path, frame), "y")
    f = Predictor(models.train(mine, epochs=2))
    phi, phi0 = shapley.exact(f, mine.X_test, mine.X_train[:10])
    np.testing.assert_allclose(
        phi[:, mine.feature_names.index("same")], 0, atol=1e-12
    )
    np.testing.assert_allclose(
        phi0 + phi.sum(axis=1), f(mine.X_test), rtol=1e-5
    )


# The gauge


def test_gauge_has_a_fixed_split_and_a_needle_in_each_image():
    first, again = data.gauge(), data.gauge()
    assert first.X_train.shape == (6000, 32, 32, 1)
    assert first.X_test.shape == (1000, 32, 32, 1)
    assert first.relevant_test.shape == (1000, 32, 32)
    assert first.X_train.dtype == np.float32
    assert first.X_train.min() >= 0 and first.X_train.max() <= 1
    assert first.y_train.min() >= 0 and first.y_train.max() <= 100
    pixels = first.relevant_train.sum(axis=(1, 2))
    assert pixels.min() > 10 and pixels.max() < 40
    np.testing.assert_array_equal(first.X_test, again.X_test)
    assert first.target_label == "reading (% of full scale)"


@pytest.mark.parametrize(
    "value, right, up",
    [(0, -1, -1), (50, 0, 1), (100, 1, -1), (50 - 90 / 2.7, -1, 0)],
)
def test_needle_points_to_its_value(value, right, up):
    """Seen from the dial's center, in the direction that the scale says."""
    _, needle = data.draw_gauge(np.full(50, float(value)))
    rows, columns = np.nonzero(needle.any(axis=0))
    direction = np.array([columns.mean() - 15.5, 15.5 - rows.mean()])
    expected = np.array([right, up]) / np.hypot(right, up)
    cosine = direction @ expected / np.linalg.norm(direction)
    assert cosine > 0.99


def test_needle_pixels_are_those_that_move_with_the_value():
    values = np.linspace(5, 95, 40)
    images, needle = data.draw_gauge(values)
    moved, _ = data.draw_gauge((values + 50) % 100)
    changed = np.abs(images - moved)[..., 0] > 0.1
    # A needle is brighter than where it is not: nothing else changes between the two drawings.
    assert changed[needle].mean() > 0.8
    assert (
        images[..., 0][needle].mean() - images[..., 0][~needle].mean()
    ) > 0.3


def test_shortcut_changes_the_corner_and_nothing_else():
    plain, cheat = data.gauge(), data.gauge(shortcut=True)
    np.testing.assert_array_equal(plain.y_test, cheat.y_test)
    different = (plain.X_test != cheat.X_test)[..., 0].any(axis=0)
    corner = np.zeros((32, 32), bool)
    corner[data.GAUGE_CORNER] = True
    np.testing.assert_array_equal(different, corner)
    shown = cheat.X_test[:, 2, 2, 0] * 100
    np.testing.assert_allclose(shown, cheat.y_test, atol=1e-4)
    assert not (plain.relevant_test & corner).any()


@pytest.mark.parametrize(
    "values, corner, reason",
    [
        ([50, 101], None, "values must be a list of numbers from 0 to 100"),
        ([-1], None, "values must be"),
        ([np.nan], None, "values must be"),
        ([[1, 2]], None, "values must be"),
        ([50, 60], [50], "corner has 1 values for 2 dials"),
        ([50], [200], "corner must be"),
    ],
)
def test_a_gauge_that_cannot_be_drawn(values, corner, reason):
    with pytest.raises(ValueError, match=reason):
        data.draw_gauge(values, corner=corner)

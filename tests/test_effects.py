"""Accumulated local effects: where the curve is known by hand, and what cannot be used."""

from glassbox import data, effects
import numpy as np
import pandas as pd
import pytest

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 10, (400, 3))


def centered(values, edges, rows):
    return values - np.interp(rows, edges, values).mean()


def test_ale_by_hand():
    """Four rows, two bins, f = x1 · x2: the steps are mean x2 times the width of the bin."""
    rows = np.array([[0.0, 1], [1, 3], [3, 5], [5, 7]])
    edges, effect = effects.ale(lambda Z: Z[:, 0] * Z[:, 1], rows, 0, bins=2)
    np.testing.assert_allclose(edges, [0, 1, 5])
    # Up to 1: rows with x2 = 1 and 3, so 2 · 1. Above: x2 = 5 and 7, so 6 · 4.
    np.testing.assert_allclose(np.diff(effect), [2, 24])
    # At the rows the curve is 0, 2, 14 and 26, which has a mean of 10.5.
    np.testing.assert_allclose(effect, [-10.5, -8.5, 15.5])


@pytest.mark.parametrize("bins", [1, 7, 40])
def test_ale_of_a_sum_is_the_feature_s_own_term(bins):
    edges, effect = effects.ale(
        lambda Z: np.sin(Z[:, 1]) + Z[:, 0] ** 2, X, 1, bins=bins
    )
    assert len(edges) == len(effect) == bins + 1
    np.testing.assert_allclose(
        effect, centered(np.sin(edges), edges, X[:, 1]), atol=1e-12
    )


def test_ale_is_centered_over_the_rows():
    edges, effect = effects.ale(lambda Z: Z[:, 0] * Z[:, 1] + 7, X, 0)
    assert np.interp(X[:, 0], edges, effect).mean() == pytest.approx(0)


def test_ale_keeps_to_the_rows_where_partial_dependence_does_not():
    """Two features that are equal in the data, and a function that is wrong everywhere else."""
    x = np.linspace(0, 1, 200)
    twins = np.column_stack([x, x])
    asked = []

    def f(Z):
        asked.append(np.abs(Z[:, 0] - Z[:, 1]).max())
        return Z[:, 0] + 100 * np.maximum(np.abs(Z[:, 0] - Z[:, 1]) - 0.06, 0)

    edges, effect = effects.ale(f, twins, 0)
    np.testing.assert_allclose(effect, edges - 0.5, atol=1e-12)
    assert max(asked) < 0.06  # a bin's width; partial dependence asks up to 1


def test_ale_of_a_feature_with_few_values_has_few_edges():
    rows = np.column_stack([RNG.integers(0, 2, 100), X[:100, 0]])
    edges, effect = effects.ale(lambda Z: 3 * Z[:, 0] + Z[:, 1], rows, 0)
    np.testing.assert_allclose(edges, [0, 1])
    np.testing.assert_allclose(np.diff(effect), [3])


def test_ale_takes_a_dataframe_an_output_axis_and_a_column_from_the_end():
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    one = effects.ale(lambda Z: (2 * Z[:, 2])[:, None], table, -1)
    np.testing.assert_allclose(
        one[1], effects.ale(lambda Z: 2 * Z[:, 2], X, 2)[1]
    )


def test_ale_changes_neither_rows_nor_order():
    before = X.copy()
    effects.ale(lambda Z: Z[:, 0], X, 0)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    "rows, feature, bins, reason",
    [
        (X, 3, 20, "no column 3"),
        (X, -4, 20, "no column -4"),
        (X, 0, 0, "at least 1"),
        (np.ones((5, 2)), 1, 20, "is 1 in every row"),
        (np.array([[1.0, np.nan]]), 0, 20, "missing or infinite"),
        (np.array([["a", "b"]]), 0, 20, "not a table of numbers"),
    ],
)
def test_ale_says_what_is_wrong(rows, feature, bins, reason):
    with pytest.raises(ValueError, match=reason):
        effects.ale(lambda Z: Z[:, 0], rows, feature, bins)


@pytest.mark.parametrize("feature", data.HEATING_FEATURES)
def test_the_true_effect_is_the_ale_and_the_partial_dependence_of_the_formula(
    feature,
):
    """The formula is additive in the twins, so both methods must find its terms, correlated or not."""
    rows = data.heating().X_test
    column = list(data.HEATING_FEATURES).index(feature)
    edges, effect = effects.ale(data.heating_demand, rows, column)
    truth = data.heating_effect(feature, edges, rows)
    assert np.abs(effect - truth).max() < 0.5
    replaced = []
    for value in edges:
        asked = rows.copy()
        asked[:, column] = value
        replaced.append(data.heating_demand(asked).mean())
    shift = replaced - truth
    np.testing.assert_allclose(shift, shift[0], atol=1e-9)


def test_the_true_effect_has_a_mean_of_zero_over_the_rows():
    rows = data.heating().X_test
    for column, feature in enumerate(data.HEATING_FEATURES):
        own = data.heating_effect(feature, rows[:, column], rows)
        assert own.mean() == pytest.approx(0, abs=1e-9)
    assert not data.heating_effect("house_number", np.arange(5), rows).any()


def test_the_true_effect_refuses_an_unknown_feature():
    with pytest.raises(ValueError, match="no feature 'roof_u'.*wall_u"):
        data.heating_effect("roof_u", np.zeros(3), data.heating().X_test)

import copy
import importlib.util
import json
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "book" / "local" / "shap"

spec = importlib.util.spec_from_file_location(
    "bench", ROOT / "tools" / "bench.py"
)
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


@pytest.fixture
def result():
    return json.loads((FOLDER / "bench.json").read_text(encoding="utf-8"))


def test_result_is_complete(result):
    assert (
        result["processor"]
        and result["cores"] == 2
        and result["background_rows"] == 100
    )
    assert set(result["versions"]) == {
        "python",
        "numpy",
        "tensorflow",
        "keras",
        "shap",
    }
    assert all(
        re.fullmatch(r"\d+(\.\d+)+\S*", v) for v in result["versions"].values()
    )
    assert set(result["shapley"]) == {"10", "13"}
    for d, at in result["shapley"].items():
        assert at["rows"] == 2 ** int(d) * 100
        assert at["repeats"] >= 10
        assert {
            bench.EXACT,
            bench.SHAP_EXACT,
            bench.KERNEL,
            bench.KERNEL_PREDICT,
        } < set(at["methods"])
        forward = {
            n: m
            for n, m in at["methods"].items()
            if n.startswith(bench.FORWARD)
        }
        assert at["fastest_forward_pass"] == min(
            forward, key=lambda n: forward[n]["median_s"]
        )
        exact = at["methods"][bench.EXACT]
        for name, m in at["methods"].items():
            assert 0 < m["min_s"] <= m["median_s"] <= m["max_s"]
            assert m["ratio"] == pytest.approx(
                m["median_s"] / exact["median_s"], rel=0.02
            )
            assert (m["error"] is None) == (name in forward)
        assert exact["error"] == 0
    for at in result["predict"].values():
        assert at["speedup"] == pytest.approx(
            at["model.predict_s"] / at["Predictor_s"], rel=0.02
        )


def test_result_meets_the_bars(result):
    assert bench.missed_bars(result) == []


def test_kernel_is_exact_only_where_it_takes_all_coalitions(result):
    errors = {
        d: at["methods"][name]["error"]
        for d, at in result["shapley"].items()
        for name in (bench.KERNEL, bench.KERNEL_PREDICT)
    }
    assert errors["10"] < bench.MOST_ERROR < 1e-3 < errors["13"]


def test_table_is_the_result(result):
    assert (FOLDER / "bench.md").read_text(encoding="utf-8") == bench.table(
        result
    )


@pytest.mark.parametrize(
    ("method", "d", "key", "value"),
    [
        (bench.SHAP_EXACT, "10", "ratio", 2.49),
        (bench.KERNEL_PREDICT, "10", "ratio", 149),
        (bench.FORWARD, "10", "ratio", 0.76),
        (bench.FORWARD, "13", "ratio", 0.76),
        (bench.SHAP_EXACT, "10", "error", 1.1e-5),
        (bench.SHAP_EXACT, "13", "error", float("nan")),
    ],
)
def test_a_missed_bar_is_told(result, method, d, key, value):
    worse = copy.deepcopy(result)
    at = worse["shapley"][d]
    name = at["fastest_forward_pass"] if method == bench.FORWARD else method
    at["methods"][name][key] = value
    (missed,) = set(bench.missed_bars(worse)) - set(bench.missed_bars(result))
    assert f"d = {d}" in missed and method in missed


def test_a_slow_predictor_is_told(result):
    worse = copy.deepcopy(result)
    worse["predict"]["1 call of 100,000 rows"]["speedup"] = 19
    (missed,) = set(bench.missed_bars(worse)) - set(bench.missed_bars(result))
    assert "Predictor is 19 times faster" in missed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.5, "1,500"),
        (0.0479, "48"),
        (0.00942, "9.4"),
        (0.0004, "0.4"),
        (0.1, "100"),
    ],
)
def test_milliseconds(seconds, text):
    assert bench.milliseconds(seconds) == text


def test_scientific():
    assert bench.scientific(3.31e-8) == "3 × 10<sup>-8</sup>"
    assert bench.scientific(0.0128) == "0.013"

from interp_core import report
from interp_core.report.calibration import calibration_lines, calibration_rows, calibration_sentence
from tests.report.sample import document

BINS = [{"low": 0.8, "high": 1.0, "n": 12, "forecast": 0.9, "supported": 9}]
TOLD = {"calibration": {"forecasts": 14, "n": 12, "brier": 0.1321, "bins": BINS}}
FEW = {"calibration": {"forecasts": 14, "n": 9, "brier": None, "bins": []}}


def test_the_history_of_forecasts_is_on_every_surface():
    told = document(1) | TOLD
    assert calibration_sentence(told) == (
        "12 of 14 registered forecasts decided so far; Brier score 0.132, where 0 is perfect and 0.25 a coin"
    )
    assert calibration_rows(told) == [("0.8 to 1.0, mean 0.90", "12", "0.75 (9 of 12)")]
    assert "| 0.8 to 1.0, mean 0.90 | 12 | 0.75 (9 of 12) |" in report.summary(told)
    assert "12 of 14 registered forecasts decided so far" in report.render_markdown(told)
    assert "forecast 0.8 to 1.0, mean 0.90: 0.75 (9 of 12) SUPPORTED" in report.render_html(told)


def test_of_few_forecasts_only_their_number_is_said():
    assert calibration_lines(document(1) | FEW) == [
        "Forecasts: 9 of 14 registered forecasts decided so far: too few to say how good they are.",
        "",
    ]


def test_without_forecasts_or_in_an_older_report_nothing_is_said():
    none = {"calibration": {"forecasts": 0, "n": 0, "brier": None, "bins": []}}
    for found in (document(1), document(1) | none):
        assert calibration_lines(found) == []
        assert "calibration" not in report.render_html(found)

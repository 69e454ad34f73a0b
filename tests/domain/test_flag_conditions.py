"""Which values in a check's answer flag a picture, as the operator says."""

import pytest

from bot.domain.flag_conditions import FlagCondition, UnreadableAnswer, reasons

ANSWER = {"flagged": False, "scores": {"sexual": 0.8, "hate": 0}, "list": [{"level": 3}]}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (["scores.sexual>=0.8"], ["sexual"]),
        (["scores.sexual >= 0.81"], []),
        (["scores.hate>=0"], ["hate"]),
        (["flagged"], []),
        (["list.0.level>=3", "flagged"], ["level"]),
        (["scores.sexual>=0.5", "scores.unknown>=0.5"], ["sexual"]),
    ],
)
def test_values_flag_a_picture_from_the_operators_limits_on(conditions, expected):
    assert reasons(ANSWER, [FlagCondition.parse(one) for one in conditions]) == expected


@pytest.mark.parametrize(
    "condition",
    ["nothing", "scores.nothing>=1", "list.1.level>=1", "flagged>=1", "scores.hate", "scores>=1"],
)
@pytest.mark.parametrize("answer", [ANSWER, [], None, "flagged"])
def test_an_answer_without_the_value_is_no_answer(condition, answer):
    with pytest.raises(UnreadableAnswer):
        reasons(answer, [FlagCondition.parse(condition)])


@pytest.mark.parametrize("text", ["", "a b", "a>=", "a>=x", "a<=1", "a..b", ".a", ">=1"])
def test_a_text_that_is_no_condition_is_refused(text):
    with pytest.raises(ValueError, match="must be like"):
        FlagCondition.parse(text)

"""Buttons that work after restarts: everything they need is in their ``custom_id``."""

from typing import Any

import pytest

from bot import interactions
from bot.domain.order import STYLE_LENGTH, OrderOptions
from bot.domain.rules import Rules
from bot.ui.block_button import BlockButton
from bot.ui.button_actions import (
    BlockAction,
    LimitsAction,
    OrderAction,
    PrivacyAction,
    ReportAction,
    StartAction,
)
from bot.ui.first_steps_view import StartButton, StartSelect
from bot.ui.form_button import FormButton, StylesButton
from bot.ui.history_view import LONGEST_WORD, HistoryPageButton
from bot.ui.limits_view import LimitsButton
from bot.ui.order_buttons import OrderButton
from bot.ui.persistent_button import PersistentButton, PersistentItem
from bot.ui.privacy_view import PrivacyButton
from bot.ui.report_view import ReportButton

JOB_ID = "0123456789abcdef"
ID = 2**64 - 1  # the longest that Discord has
WORD = "x:7:" + "ä" * (LONGEST_WORD - 4)
STYLE = "ä" * STYLE_LENGTH.high
OPTIONS = OrderOptions(
    prompt="", images=2, guidance="3,5", steps="x", enhance=False, private=True, style=STYLE
)

# Messages with these ids exist in Discord: they must never change.
BUTTONS = {
    **{
        f"{action}:{JOB_ID}": (OrderButton, (action, JOB_ID), (f"order_{action}", JOB_ID))
        for action in OrderAction
    },
    "history:0:": (HistoryPageButton, (0, ""), ("history_page", 0, "")),
    f"history:123456:{WORD}": (HistoryPageButton, (123456, WORD), ("history_page", 123456, WORD)),
    **{
        f"privacy:{action}:{ID}": (PrivacyButton, (action, ID), ("privacy_click", action, ID))
        for action in PrivacyAction
    },
    **{
        f"limits:{action}:{JOB_ID}": (
            LimitsButton,
            (action, JOB_ID),
            ("limits_click", action, JOB_ID),
        )
        for action in LimitsAction
    },
    f'form:{ID}:[2,"3,5","x",0,1,"{STYLE}"]': (
        FormButton,
        (ID, OPTIONS),
        ("order_form", ID, OPTIONS),
    ),
    **{
        f"blocks:{action}:{ID}" + (":3" if action is BlockAction.LIFT else ""): (
            BlockButton,
            (action, ID, 3 if action is BlockAction.LIFT else 0),
            ("block_click", action, ID, 3 if action is BlockAction.LIFT else 0),
        )
        for action in BlockAction
    },
    "help:styles": (StylesButton, (), ("help_styles",)),
    **{
        f"start:{action}": (StartButton, (action,), ("start_click", action))
        for action in StartAction
    },
    **{
        f"start-pick:{name}": (StartSelect, (name, Rules()), ("start_pick", name))
        for name in ("log", "channels")
    },
    **{
        f"report:{action}:{JOB_ID}:{ID}": (ReportButton, (action, JOB_ID, ID), None)
        for action in ReportAction
    },
}


def test_the_actions_in_the_ids_stay_as_they_are():
    """Their names stand in messages that nobody edits any more."""
    assert {*OrderAction} == {
        *("cancel", "again", "edit", "delete", "post", "report"),
        *("hide", "hide_now", "delete_now", "keep"),
    }
    assert {*PrivacyAction} == {"export", "delete", "confirm", "keep"}
    assert {*LimitsAction} == {
        *("edit", "save", "drop", "forget", "show", "form", "again", "resume")
    }
    assert {*BlockAction} == {"list", "lift", "ask", "unblock"}
    assert {*StartAction} == {"log", "channels", "limits", "words", "check"}
    blocks = {"block", "block_day", "block_week", "unblock"}
    assert {*ReportAction} == {"delete", "dismiss", "reopen"} | blocks


@pytest.mark.parametrize("custom_id", BUTTONS)
def test_a_button_is_rebuilt_from_its_id_with_its_event(custom_id):
    kind: Any
    kind, state, event = BUTTONS[custom_id]
    button = kind(*state)

    rebuilt = kind.with_id(custom_id)

    assert button.custom_id == rebuilt.custom_id == custom_id
    assert len(custom_id) <= 100
    assert rebuilt.event == (event or ("report_click", rebuilt))


@pytest.mark.parametrize("custom_id", BUTTONS)
def test_each_id_is_one_buttons_alone(custom_id):
    matching = [kind for kind in interactions.COMPONENTS if kind.with_id(custom_id)]

    assert matching == [BUTTONS[custom_id][0]]


@pytest.mark.parametrize(
    "custom_id",
    [
        "again:",
        f"again:{JOB_ID}0",
        f"again:{JOB_ID.upper()}",
        f"x-again:{JOB_ID}",
        f"forget:{JOB_ID}",
        f":{JOB_ID}",
        "again:../../etc",
        "history:",
        "history:-1:",
        "history:1",
        "x-history:1:",
        "privacy:sell:1",
        "privacy:export:",
        "limits:edit:",
        "limits:reset:members",
        "blocks:lift:x:1",
        "blocks:list:",
        "start:",
        "start-pick:words",
        f"report:forgotten:{JOB_ID}:77",
        f"report:delete:{JOB_ID}",
        f"report:delete:{JOB_ID}:x",
        f"report:delete:{JOB_ID[1:]}:77",
    ],
)
def test_other_ids_are_no_buttons(custom_id):
    assert not any(kind.with_id(custom_id) for kind in interactions.COMPONENTS)


def test_every_button_is_known_where_clicks_arrive():
    """One that is not is dead."""
    kinds = {*PersistentItem.__subclasses__(), *PersistentButton.__subclasses__()}
    kinds.remove(PersistentButton)
    assert {*interactions.COMPONENTS} == kinds
    assert {kind for kind, _, _ in BUTTONS.values()} == kinds

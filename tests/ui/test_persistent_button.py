"""Buttons that work after restarts: everything they need is in their ``custom_id``."""

from typing import Any

import pytest

from bot import interactions
from bot.ui.button_actions import (
    BlockAction,
    FiguresAction,
    LimitsAction,
    OperatorAction,
    OrderAction,
    PrivacyAction,
    ReportAction,
    SettingsAction,
    StartAction,
    Theme,
)
from bot.ui.persistent_button import PersistentButton, PersistentItem
from tests.persistent import BUTTONS, FORMS, JOB_ID


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
    assert {*OperatorAction} == {
        *("status", "orders", "order", "settle", "retry", "barred", "allow", "open")
    }
    assert ({*FiguresAction}, {*Theme}) == ({"show", "csv"}, {"dark", "light"})
    assert {*SettingsAction} == {"more", "style", "forget"}
    blocks = {"block", "block_day", "block_week", "unblock"}
    pictures = {"spoiler", "unspoiler", "delete", "delete_now", "restore"}
    assert {*ReportAction} == {"dismiss", "reopen"} | pictures | blocks


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
        "figures:show:7:blue",
        "figures:show:1000:dark",
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


def test_every_form_is_known_where_submits_arrive():
    for is_form in interactions.FORMS:
        assert any(map(is_form, FORMS)), is_form.__module__
    assert all(any(is_form(custom_id) for is_form in interactions.FORMS) for custom_id in FORMS)

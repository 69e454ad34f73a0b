"""Every button and form of the bot that works after a restart, by a custom_id of its kind."""

from dataclasses import replace

from bot.domain.order import STYLE_LENGTH, OrderOptions
from bot.domain.rules import Rules
from bot.ui import limits_form, panel_forms
from bot.ui.block_button import BlockButton
from bot.ui.button_actions import (
    BlockAction,
    Example,
    FiguresAction,
    HeldAction,
    LimitsAction,
    OperatorAction,
    OrderAction,
    PrivacyAction,
    ReportAction,
    SettingsAction,
    StartAction,
    Theme,
)
from bot.ui.figures_view import FiguresButton
from bot.ui.first_steps_view import StartButton, StartSelect
from bot.ui.form_button import FormButton
from bot.ui.held_view import HeldButton
from bot.ui.help_view import ExampleButton, StylesButton, SurpriseButton
from bot.ui.history_view import LONGEST_WORD, HistoryPageButton
from bot.ui.limits_view import LimitsButton
from bot.ui.operator_view import OperatorButton
from bot.ui.order_buttons import OrderButton
from bot.ui.privacy_view import PrivacyButton
from bot.ui.report_view import ReportButton
from bot.ui.settings_view import SettingsButton, SettingsSelect

JOB_ID = "0123456789abcdef"
ID = 2**64 - 1  # the longest that Discord has
MEMBER_ID = 2**63 - 1  # the longest that the store has
WORD = "x:7:" + "ä" * (LONGEST_WORD - 4)
STYLE = "ä" * STYLE_LENGTH.high
OPTIONS = OrderOptions(
    prompt="", images=2, guidance="3,5", steps="x", enhance=False, private=True, style=STYLE
)
NO_OPTIONS = OrderOptions(prompt="")

# What each button of the operator is about.
OPERATED = dict.fromkeys(OperatorAction, JOB_ID) | {
    OperatorAction.STATUS: "",
    OperatorAction.ORDERS: "uncertain",
    OperatorAction.BARRED: "",
    OperatorAction.ALLOW: f"member-{MEMBER_ID}",
    OperatorAction.OPEN: "",
}

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
    f'form:{ID}:[null,null,null,null,0,null,1,""]': (
        FormButton,
        (ID, replace(NO_OPTIONS, private=False, spoiler=True, suffix="")),
        ("order_form", ID, replace(NO_OPTIONS, private=False, spoiler=True, suffix="")),
    ),
    **{
        f"settings:{action}": (SettingsButton, (action,), ("settings_click", action))
        for action in SettingsAction
    },
    **{
        f"settings-pick:{name}": (SettingsSelect, (name,), ("settings_pick", name))
        for name in ("style", "images", "flags", "ping", "ping_in", "own_style")
    },
    "help:styles": (StylesButton, (), ("help_styles",)),
    "help:surprise": (SurpriseButton, (), ("help_surprise",)),
    **{
        f"help:try:{example}": (ExampleButton, (example,), ("help_example", example))
        for example in Example
    },
    **{
        f"start:{action}": (StartButton, (action,), ("start_click", action))
        for action in StartAction
    },
    **{
        f"start-pick:{name}": (StartSelect, (name, Rules()), ("start_pick", name))
        for name in ("log", "channels")
    },
    **{
        f"operator:{action}:{subject}:3": (
            OperatorButton,
            (action, subject, 3),
            ("operator_click", action, subject, 3),
        )
        for action, subject in OPERATED.items()
    },
    **{
        f"report:{action}:{JOB_ID}:{ID}": (ReportButton, (action, JOB_ID, ID), None)
        for action in ReportAction
    },
    **{
        f"held:{action}:{JOB_ID}": (HeldButton, (action, JOB_ID), ("held_click", action, JOB_ID))
        for action in HeldAction
    },
    **{
        f"figures:{action}:{days}:{theme}": (
            FiguresButton,
            (action, days, theme),
            ("figures_click", action, days, theme),
        )
        for action in FiguresAction
        for days, theme in ((7, Theme.LIGHT), (366, Theme.DARK))
    },
}

FORMS = (
    *("order-form:10", "order-form:01", "order-form:01d0", "order-form:dddd"),
    *(
        "settings-form:more",
        "settings-form:style",
        "settings-form:style:a: b",
        f"block-form:{MEMBER_ID}",
    ),
    f"operator-form:{JOB_ID}",
    f"report-form:{JOB_ID}:{MEMBER_ID}:{MEMBER_ID}",
    *(f"limits-form:{group}" for group in limits_form.GROUPS),
    *(f"panel-form:{name}" for name in panel_forms.NAMES),
    *("limits-now:members", "limits-now:words"),
)

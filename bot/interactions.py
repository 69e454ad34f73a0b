"""Receives Discord's interactions: reads them, and hands them to commands, buttons or forms.

What can't be read is answered, too: no member waits for an answer that does not come.
"""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any, Final

import discord
from discord import InteractionType, app_commands
from discord.state import ConnectionState

from bot.service.answers_first import AnswersFirst
from bot.ui import (
    block_form,
    command_mentions,
    interaction_payload,
    limits_form,
    operator_view,
    order_form,
    panel_forms,
    report_form,
    settings_forms,
)
from bot.ui.block_button import BlockButton
from bot.ui.error_handler import answer_error, answered_errors
from bot.ui.figures_view import FiguresButton
from bot.ui.first_answer import first_answer
from bot.ui.first_steps_view import StartButton, StartSelect
from bot.ui.form_button import FormButton
from bot.ui.held_view import HeldButton
from bot.ui.help_view import ExampleButton, StylesButton, SurpriseButton
from bot.ui.history_view import HistoryPageButton
from bot.ui.interaction_context import Interaction, bind_task
from bot.ui.interaction_payload import UnknownComponent, UnreadableInteraction
from bot.ui.limits_view import LimitsButton
from bot.ui.operator_view import OperatorButton
from bot.ui.order_buttons import OrderButton
from bot.ui.persistent_button import PersistentItem
from bot.ui.privacy_view import PrivacyButton
from bot.ui.report_view import ReportButton
from bot.ui.settings_view import SettingsButton, SettingsSelect

log = logging.getLogger(__name__)

COMPONENTS: Final[tuple[type[PersistentItem], ...]] = (
    *(OrderButton, FormButton, StylesButton, HistoryPageButton, PrivacyButton, ReportButton),
    *(LimitsButton, BlockButton, StartButton, StartSelect, OperatorButton, HeldButton),
    *(FiguresButton, SettingsButton, SettingsSelect, ExampleButton, SurpriseButton),
)
FORMS: Final = tuple(
    form.is_form
    for form in (
        *(order_form, limits_form, block_form, panel_forms, report_form, operator_view),
        settings_forms,
    )
)

# The values that Discord sends, by the type of their option; others are ids.
_VALUES: Final[dict[int, tuple[type, ...]]] = {
    3: (str,),
    4: (int,),
    5: (bool,),
    10: (int, float),
}


class ReceivingState(ConnectionState[Any]):
    """discord.py's state of one connection; it reads every interaction, or answers that it can't.

    This replaces an internal of discord.py 2.7, which lets an unusual interaction end the
    connection, and leaves a button unanswered whose message it can't rebuild.
    """

    def __init__(self, *, answers: AnswersFirst, **options: Any) -> None:
        super().__init__(**options)
        self._answers = answers
        self._answering: set[asyncio.Task[None]] = set()

    def parse_interaction_create(self, data: Any) -> None:
        """Hand an interaction over, or answer why not. Never raises."""
        if not interaction_payload.is_answerable(data):
            log.warning("interaction ignored: it has no id or no token")
            return
        self._answers.expect(interaction_payload.snowflake(data["id"]) or 0)
        try:
            interaction = self._read(data)
            self._hand_over(interaction)
        except Exception as error:  # noqa: BLE001 - of any kind, by what Discord sent
            envelope: Any = interaction_payload.envelope(data, self.application_id or 0)
            refused = discord.Interaction(data=envelope, state=self)
            task = asyncio.get_running_loop().create_task(_refuse(refused, _unreadable(error)))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def _read(self, data: Any) -> Interaction:
        """Return the interaction, without a message that discord.py can't read."""
        payload: Any = interaction_payload.parse(
            data, application_id=self.application_id or 0, guild_of=self._guild_of
        )
        try:
            return discord.Interaction(data=payload, state=self)
        except Exception as error:  # of any kind, by what Discord sent
            if payload.pop("message", None) is None:
                raise
            log.info("message of an interaction unreadable: %s", type(error).__name__)
            return discord.Interaction(data=payload, state=self)

    def _guild_of(self, place_id: int) -> int | None:
        """Return the server with that id, or of the channel with that id; ``None``: not joined."""
        if self._get_guild(place_id) is not None:
            return place_id
        guild = getattr(self.get_channel(place_id), "guild", None)
        return None if guild is None else guild.id

    def _hand_over(self, interaction: Interaction) -> None:
        data: Any = interaction.data
        custom_id = data.get("custom_id", "")
        match interaction.type:
            case InteractionType.component:
                name, *arguments = _clicked(custom_id).event
                self.dispatch(name, interaction, *arguments)
            case InteractionType.modal_submit if not any(is_form(custom_id) for is_form in FORMS):
                raise UnknownComponent(custom_id)
            case InteractionType.application_command | InteractionType.autocomplete:
                assert self._command_tree is not None
                self._command_tree._from_interaction(interaction)  # noqa: SLF001 - as discord.py does
        self.dispatch("interaction", interaction)


class Tree(app_commands.CommandTree[Any]):
    """The command tree. Errors of commands are explained to the member here."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Bind the task to the interaction: the member's language, and context for the log."""
        bind_task(interaction)
        if interaction.type is InteractionType.application_command:
            command_mentions.note([interaction.data])
        return True

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer privately, as :func:`~bot.ui.error_handler.answer_error` says."""
        await answer_error(interaction, getattr(error, "original", error))

    async def _call(self, interaction: Interaction) -> None:
        """Call the command, or offer choices; what discord.py can't read is answered."""
        try:
            if interaction.type is InteractionType.autocomplete:
                await self._offer(interaction)
            else:
                await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as error:  # noqa: BLE001 - a command's own errors are CommandInvokeError
            await answer_error(interaction, _unreadable(error))

    async def _offer(self, interaction: Interaction) -> None:
        """Offer choices for what is typed; discord.py would log a traceback if that fails."""
        bind_task(interaction)
        data: Any = interaction.data
        command, options = super()._get_app_command_options(data)
        typed: Any = next((option for option in options if option.get("focused") is True), {})
        name, value = typed.get("name"), typed.get("value")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UnreadableInteraction("focused")
        namespace: Any = SimpleNamespace(**{name: str(value)})
        try:
            await first_answer(
                interaction,
                lambda: command._invoke_autocomplete(interaction, name, namespace),  # noqa: SLF001
            )
        except app_commands.AppCommandError:
            raise
        except Exception as error:
            raise app_commands.CommandInvokeError(command, error) from error

    def _get_app_command_options(self, data: Any) -> Any:
        """Return the command and those of its options that it has, with values of their types."""
        command, options = super()._get_app_command_options(data)
        known = [
            (option, parameter)
            for option in options
            if (parameter := command.get_parameter(option["name"])) is not None
        ]
        if not all(_fits(option, parameter) for option, parameter in known):
            raise app_commands.CommandSignatureMismatch(command)
        return command, [option for option, _ in known]


def _clicked(custom_id: str) -> PersistentItem:
    """Return the button or select with *custom_id*."""
    for kind in COMPONENTS:
        if (item := kind.with_id(custom_id)) is not None:
            return item
    raise UnknownComponent(custom_id)


def _fits(option: Any, parameter: app_commands.Parameter) -> bool:
    kind, value = parameter.type.value, option.get("value")
    if option["type"] != kind:
        return False
    if kind not in _VALUES:
        return interaction_payload.snowflake(value) is not None
    return type(value) in _VALUES[kind]


def _unreadable(error: Exception) -> UnreadableInteraction:
    if isinstance(error, UnreadableInteraction):
        return error
    return UnreadableInteraction(f"{type(error).__name__}: {error}")


async def _refuse(interaction: Interaction, error: Exception) -> None:
    async with answered_errors(interaction):
        raise error

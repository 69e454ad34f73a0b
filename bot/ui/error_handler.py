"""Turns errors into private words, in one place."""

import contextlib
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import discord
from discord import app_commands

from bot.domain.errors import ChangeRejected, OrderRejected
from bot.log import fault
from bot.service.errors import (
    ActionRejected,
    DuplicateInteraction,
    LimitReached,
    PostingForbidden,
)
from bot.service.port_errors import AlreadyAnswered, DiscordError, StoreUnavailable
from bot.ui import form_button, guild_cache, texts
from bot.ui.interaction_context import Interaction, bind_task
from bot.ui.interaction_payload import UnknownComponent, UnreadableInteraction
from bot.ui.responses import send_private

log = logging.getLogger(__name__)

# Statuses after which Discord takes no other answer either: the token is over.
_NO_WAY: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})
SHOWN: Final = 120  # characters of what Discord sent, in a log line


async def answer_error(interaction: Interaction, error: BaseException) -> None:
    """Answer *error* privately. The first case that matches decides.

    1. A repeated interaction: no answer, it has one already.
    2. A rejected order: the rule that decided, the prompt, and a button to change it, so that
       nothing is lost. A rejected change or action: the reason.
    3. A command that changed since the member's client loaded it: try again. A command about a
       member who is not in the server: not found.
    4. A button or form of another version; what can't be read at all.
    5. The store is unavailable: try again soon. Discord took no answer: the same, unless it has one
       (of another process) or will take none.
    6. Anything else is a bug: logged as an error, with an id that the member reads, too.
    """
    match error:
        case DuplicateInteraction():
            log.info("repeated interaction ignored: interaction=%s", interaction.id)
        case OrderRejected() | ActionRejected() | ChangeRejected():
            await _explain(interaction, error)
        case app_commands.CommandSignatureMismatch() | app_commands.CommandNotFound():
            await send_private(interaction, texts.error_answers.command_changed())
        case app_commands.TransformerError():
            await send_private(interaction, texts.error_answers.not_found())
        case UnreadableInteraction() | app_commands.AppCommandError():
            shown = repr(error)[:SHOWN]
            log.warning("interaction unreadable: interaction=%s error=%s", interaction.id, shown)
            other_version = isinstance(error, UnknownComponent)
            text = texts.error_answers.unreadable(other_version=other_version)
            await send_private(interaction, text)
        case StoreUnavailable():
            log.warning("store unavailable: interaction=%s error=%s", interaction.id, error)
            await send_private(interaction, texts.error_answers.store_unavailable())
        case DiscordError():
            log.info("answer failed: interaction=%s error=%s", interaction.id, error)
            if error.status not in _NO_WAY and not isinstance(error, AlreadyAnswered):
                await send_private(interaction, texts.error_answers.not_taken())
        case _:
            error_id = fault(log, "interaction failed", error)
            await send_private(interaction, texts.error_answers.unexpected(error_id))


@contextlib.asynccontextmanager
async def answered_errors(interaction: Interaction) -> AsyncIterator[None]:
    """Answer every error of the block: discord.py only logs what a listener raises."""
    bind_task(interaction)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - as for commands, every error is answered
        await answer_error(interaction, error)


async def _explain(
    interaction: Interaction, error: OrderRejected | ActionRejected | ChangeRejected
) -> None:
    if isinstance(error, LimitReached | PostingForbidden):
        await guild_cache.ask(interaction.client.http, error.verdict.channels)
    match error:
        case OrderRejected():
            await form_button.send_refusal(interaction, error)
        case ActionRejected():
            await send_private(interaction, texts.order_buttons.rejection(error))
        case ChangeRejected():
            form = interaction.type is discord.InteractionType.modal_submit
            await send_private(interaction, texts.changes.rejection(error, form=form))

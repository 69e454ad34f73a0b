"""``/operator``: who runs the bot looks after it; everybody else is refused."""

from typing import Any, assert_never

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.command_registration import DIRECT
from bot.domain import rules
from bot.domain.denials import DeniedKind
from bot.domain.job import State
from bot.service.denials import DenialService
from bot.service.errors import ActionRejected
from bot.service.operations import Operations
from bot.service.operator_status import OperatorStatusService
from bot.service.operators import Operator, Operators
from bot.ui import block_form, operator_view, responses, texts
from bot.ui.button_actions import OperatorAction
from bot.ui.error_handler import answered_errors
from bot.ui.interaction_payload import snowflake
from bot.ui.texts import operator as words

Interaction = discord.Interaction[ImagineBot]
Reason = app_commands.Range[str, 1, rules.LONGEST_REASON]
Id = app_commands.Range[str, 1, 20]
OrderId = app_commands.Range[str, 1, 32]
Hours = app_commands.Range[int, 0, rules.BLOCK_HOURS.high]  # 0: permanently
STATES = [app_commands.Choice(name=state, value=state.lower()) for state in State]


@app_commands.default_permissions()  # none: in servers only administrators see it
class OperatorCommands(
    commands.GroupCog,
    group_name="operator",
    group_description=texts.commands.OPERATOR,
    group_extras=DIRECT,
):
    """The operator's commands and buttons; each checks first who asks, by what Discord says."""

    def __init__(
        self,
        operators: Operators,
        status: OperatorStatusService,
        operations: Operations,
        denials: DenialService,
    ) -> None:
        self._operators = operators
        self._status = status
        self._operations = operations
        self._denials = denials

    async def _begin(self, interaction: Interaction) -> Operator:
        """Defer the private answer, and check that an operator asks."""
        if interaction.type is discord.InteractionType.application_command:
            await responses.defer(interaction, private=True)
        else:
            await responses.defer_private(interaction)
        return await self._operators.check(interaction.user.id)

    @app_commands.command(description=texts.commands.OPERATOR_STATUS)
    async def status(self, interaction: Interaction) -> None:
        """Show the bot's state."""
        await self._begin(interaction)
        await responses.show(interaction, operator_view.status_view(await self._status.status()))

    @app_commands.command(description=texts.commands.OPERATOR_ORDERS)
    @app_commands.describe(**texts.commands.OPERATOR_ORDERS_OPTIONS)
    @app_commands.choices(state=STATES)
    async def orders(self, interaction: Interaction, state: str = "", order: OrderId = "") -> None:
        """List the newest orders, or show one."""
        await self._begin(interaction)
        if order:
            view = operator_view.order_view(await self._operations.order(order.strip()))
        else:
            page = await self._operations.orders(operator_view.state_of(state), 0)
            view = operator_view.orders_view(page)
        await responses.show(interaction, view)

    @app_commands.command(description=texts.commands.OPERATOR_BAR)
    @app_commands.describe(**texts.commands.OPERATOR_BAR_OPTIONS)
    async def bar(
        self,
        interaction: Interaction,
        member: discord.User | None = None,
        id: Id = "",  # noqa: A002 - the option's name
        server: Id = "",
        hours: Hours | None = None,
        reason: Reason = "",
    ) -> None:
        """Bar a member or a server from ordering."""
        operator = await self._begin(interaction)
        if (named := _named(member, id, server)) is None:
            await responses.send_private(interaction, words.name_one())
            return
        denial = await self._denials.bar(*named, by=operator.id, hours=hours or None, reason=reason)
        await responses.send_private(interaction, words.has_barred(denial))

    @app_commands.command(description=texts.commands.OPERATOR_ALLOW)
    @app_commands.describe(**texts.commands.OPERATOR_ALLOW_OPTIONS)
    async def allow(
        self,
        interaction: Interaction,
        member: discord.User | None = None,
        id: Id = "",  # noqa: A002 - the option's name
        server: Id = "",
    ) -> None:
        """Let a barred member or server order again; without options, list who is barred."""
        operator = await self._begin(interaction)
        if member is None and not id and not server:
            page = await self._denials.page(0)
            await responses.show(interaction, operator_view.barred_view(page))
        elif (named := _named(member, id, server)) is None:
            await responses.send_private(interaction, words.name_one())
        else:
            was = await self._denials.lift(*named, by=operator.id)
            await responses.send_private(interaction, words.has_allowed(*named, was=was))

    @app_commands.command(description=texts.commands.OPERATOR_RESUME)
    async def resume(self, interaction: Interaction) -> None:
        """Open the lane."""
        operator = await self._begin(interaction)
        reason, _ = await self._operations.open_lane(None, by=operator.id)
        await responses.send_private(interaction, words.opened(reason))

    @bar.autocomplete("hours")
    async def durations(
        self, _interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[int]]:
        """Offer durations; any number of hours can be typed."""
        return block_form.choices(typed)

    @bar.autocomplete("server")
    @allow.autocomplete("server")
    async def servers(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Offer servers by their names, to operators only; any id can be typed."""
        await self._operators.check(interaction.user.id, within=responses.FORM_WITHIN)
        wanted = typed.strip().casefold()
        named = sorted(
            (guild.name, str(guild.id)) for guild in interaction.client.guilds if guild.name
        )
        return [
            app_commands.Choice(name=name[:100], value=id_)
            for name, id_ in named
            if wanted in name.casefold() or wanted in id_
        ][: responses.MOST_CHOICES]

    @commands.Cog.listener()
    async def on_operator_click(
        self, interaction: Interaction, action: OperatorAction, subject: str, page: int
    ) -> None:
        """Show something, or do something and show its result."""
        async with answered_errors(interaction):
            if action is OperatorAction.SETTLE:
                await self._open_form(interaction, subject)
                return
            operator = await self._begin(interaction)
            view = await self._clicked(operator, action, subject, page)
            await responses.edit(interaction, view)

    async def _clicked(
        self, operator: Operator, action: OperatorAction, subject: str, page: int
    ) -> discord.ui.LayoutView:
        """Do what a button says, and return what is shown then."""
        match action:
            case OperatorAction.STATUS:
                return await self._status_view()
            case OperatorAction.ORDERS:
                listed = await self._operations.orders(operator_view.state_of(subject), page)
                return operator_view.orders_view(listed)
            case OperatorAction.ORDER:
                return operator_view.order_view(await self._operations.order(subject))
            case OperatorAction.RETRY if subject == operator_view.ALL:
                count = await self._operations.retry(None, by=operator.id)
                return await self._status_view(words.retried(count))
            case OperatorAction.RETRY:
                count = await self._operations.retry(subject, by=operator.id)
                job = await self._operations.order(subject)
                return operator_view.order_view(job, words.retried(count))
            case OperatorAction.BARRED:
                return operator_view.barred_view(await self._denials.page(page))
            case OperatorAction.ALLOW:
                named = operator_view.barred_of(subject)
                was = await self._denials.lift(*named, by=operator.id)
                note = words.has_allowed(*named, was=was)
                return operator_view.barred_view(await self._denials.page(page), note)
            case OperatorAction.OPEN:
                reason, _ = await self._operations.open_lane(None, by=operator.id)
                return await self._status_view(words.opened(reason))
            case OperatorAction.SETTLE:
                raise ActionRejected  # it opens a form
            case _:
                assert_never(action)

    async def _status_view(self, note: str | None = None) -> discord.ui.LayoutView:
        return operator_view.status_view(await self._status.status(), note)

    async def _open_form(self, interaction: Interaction, job_id: str) -> None:
        await self._operators.check(interaction.user.id, within=responses.FORM_WITHIN)
        await responses.open_form(interaction, operator_view.form(job_id))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Settle the order that a submitted form is about."""
        data: Any = interaction.data or {}
        job_id = operator_view.job_of(str(data.get("custom_id")))
        if interaction.type is not discord.InteractionType.modal_submit or job_id is None:
            return
        async with answered_errors(interaction):
            operator = await self._begin(interaction)
            request_id = operator_view.read(data.get("components") or [])
            job = await self._operations.settle(job_id, request_id, by=operator.id)
            view = operator_view.order_view(job, words.settled(job))
            await responses.edit(interaction, view)


def _named(
    member: discord.User | None, member_id: str, server: str
) -> tuple[DeniedKind, int] | None:
    """Return who is named, a member or a server; ``None``: not exactly one, or what is no id."""
    if member is not None:
        member_id = member_id or str(member.id)
    id_ = snowflake((member_id or server).strip())
    if id_ is None or (member_id and server) or (member and member.id != id_):
        return None
    return (DeniedKind.MEMBER if member_id else DeniedKind.SERVER), id_


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls."""
    services = bot.services
    await bot.add_cog(
        OperatorCommands(services.operators, services.status, services.operations, services.denials)
    )

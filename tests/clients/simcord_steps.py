"""The real bot on simcord, a model of Discord that others wrote; its vendor is the stand-in.

simcord has no server: it takes the place of discord.py's HTTP client and gateway in this process.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import simcord

from bot import adapters
from bot.client import Gateway, ImagineBot, check_cogs
from bot.command_registration import CommandRegistration
from bot.domain.shards import Shards
from bot.service_settings import read_service_settings
from bot.services import build_services
from bot.settings import Settings
from bot.telemetry.prometheus import PrometheusTelemetry
from bot.ui.card_presenter import DiscordCardPresenter
from bot.ui.discord_session import DiscordSession
from bot.ui.log_channel import DiscordLogChannel
from bot.ui.member_notices import DiscordMemberNotices
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.pixazo import Pixazo
from sandbox.pixazo import Settings as VendorSettings

Step = Callable[[], Awaitable[None]]


class OneClient(DiscordSession):
    """The session of a bot that makes its REST calls as the client at the gateway."""

    def use(self, client: discord.Client) -> None:
        self.gate._go_on()  # no HTTP passes it
        self._client = asyncio.get_running_loop().create_future()
        self._client.set_result(client)


@asynccontextmanager
async def visiting() -> AsyncIterator["Visit"]:
    """Yield a visit to the bot, whose loops run."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        vendor = await stack.enter_async_context(
            Pixazo(
                VendorSettings(queued_seconds=(0.2, 0.2), processing_seconds=(0.3, 0.3)),
                Journal(),
                Faults(),
            )
        )
        settings = Settings(
            {
                "discord_token": "of.no.use",
                "pixazo_api_key": vendor.settings.key,
                "pixazo_url": vendor.origin,
                "media_origins": vendor.media_origin,
                "database_url": f"sqlite+aiosqlite:///{folder / 'imagine.db'}",
                "poll_seconds": "0.3",
                "lane_rate_per_minute": "6000",
            }
        )
        telemetry = PrometheusTelemetry()
        store = await adapters.open_store(settings, stack)
        session = OneClient("of.no.use")
        side = adapters.DiscordSide(
            session=session,
            presenter=DiscordCardPresenter(session, meters=telemetry, now=store.clock),
            log_channel=DiscordLogChannel(session, meters=telemetry),
            notices=DiscordMemberNotices(session, meters=telemetry),
            gateway=Gateway(shards=Shards(count=1, ids=frozenset({0})), direct=True),
        )
        ports = adapters.build_ports(
            store, await adapters.open_vendor(settings, stack), side, telemetry
        )
        services = build_services(ports, read_service_settings(settings))
        side.gateway.registration = CommandRegistration(
            await check_cogs(services.cogs, side.gateway), done=False
        )
        stack.push_async_callback(services.pipeline.limiter.close)
        stack.push_async_callback(services.pipeline.runner.close)

        def make() -> ImagineBot:
            bot = ImagineBot(services.cogs, side.gateway)
            session.use(bot)
            return bot

        env = await stack.enter_async_context(simcord.run(make(), check_errors=False))
        dispatch = asyncio.create_task(services.pipeline.runner.run())
        stack.callback(dispatch.cancel)
        yield Visit(env, make)


class Visit:
    """The members' visit to a server on simcord: each step checks what they see."""

    def __init__(self, env: Any, make: Callable[[], ImagineBot]) -> None:
        self.env = env
        self._make = make
        guild = env.create_guild()
        self.channel = guild.create_text_channel("general")
        self.log = guild.create_text_channel("log")
        moderators = guild.create_role("Mods", permissions=discord.Permissions(manage_guild=True))
        self.mira = guild.add_member(env.create_user("mira"), roles=[moderators])
        self.noah = guild.add_member(env.create_user("noah"))
        self.card: Any = None
        self.report: Any = None

    @property
    def steps(self) -> dict[str, Step]:
        """The steps by name, in their order; a later one may need what an earlier one did."""
        return {
            "register the commands": self.register,
            "offer styles while a member types": self.styles,
            "order a picture, and see it in the answer": self.order,
            "order privately": self.order_privately,
            "order again by a button": self.again,
            "open the form of an order": self.edit,
            "order by the form": self.submit,
            "order by the menu of a message": self.imagine_this,
            "read the help": self.help,
            "read what is left": self.usage,
            "read the history": self.history,
            "name a channel for the log": self.log_here,
            "set a limit, which the log tells": self.set_limit,
            "be refused by it, privately": self.refused,
            "lift the limit": self.lift_limit,
            "block a word": self.block_word,
            "be refused by the word, privately": self.refused_by_word,
            "open the moderators' panel": self.panel,
            "keep a member from it": self.no_moderator,
            "report a picture": self.report_picture,
            "find the report in the log": self.reported,
            "delete the reported picture": self.delete_reported,
            "read what is kept": self.privacy,
            "order after a restart": self.order_after_restart,
            "press an old button after a restart": self.press_after_restart,
        }

    async def register(self) -> None:
        usable = set(self.noah.available_commands(self.channel))
        assert {"imagine", "history", "usage", "help"} <= usable, usable

    async def styles(self) -> None:
        choices = await self.noah.autocomplete(self.channel, "imagine", "style", "an", prompt="x")
        assert any(choice["value"] == "anime" for choice in choices), choices

    async def order(self) -> None:
        asked = await self.noah.slash(self.channel, "imagine", prompt="a red fox")
        self.card = await self._pictures(asked)
        assert not asked.ephemeral

    async def order_privately(self) -> None:
        asked = await self.noah.slash(self.channel, "imagine", prompt="a blue fox", private=True)
        await self._pictures(asked)
        assert asked.ephemeral

    async def again(self) -> None:
        await self._pictures(await self._click(self.card, "again"))

    async def edit(self) -> None:
        self.form = await self._click(self.card, "edit")
        assert self.form.modal is not None

    async def submit(self) -> None:
        sent = await self.noah.submit_modal(
            self.form,
            {
                "prompt": "a green fox",
                "images": ["2"],
                "guidance": "3.5",
                "steps": "20",
            },
        )
        assert "a green fox" in str((await self._pictures(sent)).components)

    async def imagine_this(self) -> None:
        said = await self.noah.send(self.channel, "a lighthouse at night")
        form = await self.noah.context_menu(self.channel, "Imagine this", said)
        sent = await self.noah.submit_modal(
            form, {"prompt": "a lighthouse", "images": ["1"], "guidance": "3.5", "steps": "20"}
        )
        assert said.content in str(form.modal)
        await self._pictures(sent)

    async def help(self) -> None:
        await self._told(await self.noah.slash(self.channel, "help"), "/imagine")

    async def usage(self) -> None:
        await self._told(await self.noah.slash(self.channel, "usage"), "left")

    async def history(self) -> None:
        await self._told(await self.noah.slash(self.channel, "history"), "a red fox")

    async def log_here(self) -> None:
        await self._told(
            await self.mira.slash(self.channel, "limits log", channel=self.log), self.log.mention
        )

    async def set_limit(self) -> None:
        asked = await self.mira.slash(self.channel, "limits set", cooldown=3600)
        await self._told(asked, "")
        await self._until(lambda: "3600" in self._logged() or "1 hour" in self._logged())

    async def refused(self) -> None:
        asked = await self.noah.slash(self.channel, "imagine", prompt="a second fox")
        await self._told(asked, "a second fox")

    async def lift_limit(self) -> None:
        await self._told(await self.mira.slash(self.channel, "limits set", cooldown=0), "")

    async def block_word(self) -> None:
        asked = await self.mira.slash(self.channel, "limits words add", phrase="dragon")
        await self._told(asked, "dragon")

    async def refused_by_word(self) -> None:
        asked = await self.noah.slash(self.channel, "imagine", prompt="a dragon")
        await self._told(asked, "dragon")

    async def panel(self) -> None:
        await self._told(await self.mira.slash(self.channel, "limits show"), "")

    async def no_moderator(self) -> None:
        backend = self.env.backend
        shown = {
            command["name"]
            for command in backend.visible_commands(
                user_id=self.noah.id, channel_id=self.channel.id
            )
        }
        assert "limits" not in shown, shown

    async def report_picture(self) -> None:
        form = await self.mira.context_menu(self.channel, "Report image", self.card.message)
        sent = await self.mira.submit_modal(form, {"reason": ["other"], "text": "look"})
        await self._told(sent, "")

    async def reported(self) -> None:
        self.report = await self._until(
            lambda: next(
                (shown for shown in self.log.history() if "report:" in str(raw(shown))), None
            )
        )

    async def delete_reported(self) -> None:
        await self._click(self.report, "report:delete", self.mira)
        await self._until(
            lambda: (
                self.card.id not in {shown.id for shown in self.channel.history()}
                or not self.card.attachments
            )
        )

    async def privacy(self) -> None:
        await self._told(await self.noah.slash(self.channel, "privacy"), "stored")

    async def order_after_restart(self) -> None:
        await self.env.restart_bot(self._make())
        asked = await self.noah.slash(self.channel, "imagine", prompt="a late fox")
        self.card = await self._pictures(asked)

    async def press_after_restart(self) -> None:
        await self.env.restart_bot(self._make())
        await self._pictures(await self._click(self.card, "again"))

    async def _pictures(self, asked: Any) -> Any:
        """Wait for pictures in the answer, and return its message."""

        def find() -> Any:
            shown = asked.response
            return shown if shown is not None and shown.attachments else None

        return await self._until(find)

    async def _told(self, asked: Any, text: str) -> None:
        """Wait for a private answer, deferred or not, that says *text*."""

        def find() -> bool:
            shown = [asked.response, *asked.followups]
            return any(text in f"{one.content}{one.components}" for one in shown if one)

        await self._until(find)
        assert asked.ephemeral

    async def _click(self, message: Any, start: str, member: Any = None) -> Any:
        """Press the button whose custom_id begins with *start*."""
        (custom_id,) = [
            one
            for one in re.findall(r"'custom_id': '([^']+)'", str(raw(message)))
            if one.startswith(start)
        ]
        return await (member or self.noah).click(message, custom_id=custom_id)

    def _logged(self) -> str:
        return str([shown.content for shown in self.log.history()])

    async def _until(self, find: Callable[[], Any]) -> Any:
        async with asyncio.timeout(20):
            while not (found := find()):
                await asyncio.sleep(0.05)
                await self.env.settle()
        return found


def raw(message: Any) -> Any:
    """Return a message's components as Discord sends them."""
    components = message.components
    return [one if isinstance(one, dict) else one.to_dict() for one in components]

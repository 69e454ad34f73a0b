"""The steps that a client of another library takes on the stand-in, seen by its members."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.discord.components import walk
from sandbox.discord.events import Event
from sandbox.discord.messages import MessageEdited, MessagePosted, MessageRemoved
from sandbox.discord.server import Discord

EPHEMERAL = 64
COMPONENTS_V2 = 1 << 15
COMMANDS = {"draw", "whisper", "talk", "post", "letter", "Describe", "Greet"}

Step = Callable[[], Awaitable[None]]


class Visit:
    """One bot's visit: each step checks what a member or Discord sees of it."""

    def __init__(self, discord: Discord) -> None:
        self.discord = discord
        self.noah = discord.member("Noah", channel="general")
        self.card: dict[str, Any] = {}
        self._happened: list[tuple[str, str, str]] = []  # event, channel, content
        discord.world.listeners.append(self._note)

    @property
    def steps(self) -> dict[str, Step]:
        """The steps by name, in their order; a later one may need what an earlier one did."""
        return {
            "connect with compression": self.connect,
            "register seven commands": self.register,
            "offer choices while a member types": self.autocomplete,
            "defer, then edit in components with a picture": self.draw,
            "show the picture to whoever fetches it": self.fetch,
            "update the message of a button": self.count,
            "edit the message of a select after a deferral": self.flavour,
            "open a form, and answer it privately": self.form,
            "answer privately": self.whisper,
            "edit the private answer": self.whispered,
            "send follow-up messages": self.talk,
            "edit one, delete the other": self.talked,
            "answer in the menu of a message": self.describe,
            "answer in the menu of a member": self.greet,
            "post a file in the channel": self.post,
            "edit and delete it by the bot's token": self.posted,
            "write a direct message": self.letter,
            "resume after a cut, with what came meanwhile": self.resume,
            "come back when Discord asks to reconnect": self.reconnect,
            "begin anew when the session is gone": self.anew,
        }

    def _note(self, event: Event) -> None:
        if isinstance(event, MessagePosted | MessageEdited | MessageRemoved):
            message = event.message
            name = type(event).__name__
            self._happened.append((name, message.channel.id, str(message.shown.get("content"))))

    async def _saw(self, *event: str) -> None:
        def lookup() -> bool | None:
            return event in self._happened or None

        await self.discord.world.wait(lookup, within=10, what=f"event {event}")

    async def connect(self) -> None:
        await self.discord.online(within=60)

    async def register(self) -> None:
        def registered() -> bool | None:
            names = {command["name"] for command in self.discord.commands.by_id.values()}
            return names >= COMMANDS or None

        await self.discord.world.wait(registered, within=30, what="registered commands")

    async def autocomplete(self) -> None:
        choices = await self.noah.autocomplete("draw", focused="style", style="p")
        assert [choice["value"] for choice in choices] == ["pastel"]

    async def draw(self) -> None:
        asked = await self.noah.command("draw", style="oil")
        await asked.acknowledged(within=3)
        self.card = await asked.until(lambda shown: "drawn in oil" in texts(shown))
        assert self.card["flags"] & COMPONENTS_V2
        assert not self.card["flags"] & EPHEMERAL
        assert [file["filename"] for file in self.card["attachments"]] == ["fox.png"]

    async def fetch(self) -> None:
        (media,) = (
            part
            for part, _ in walk(self.card["components"], ())
            if part["type"] == 12  # a gallery
        )
        assert media["items"][0]["media"]["url"] == self.card["attachments"][0]["url"]

    async def count(self) -> None:
        pressed = await self.noah.press(self.card["id"], "count")
        self.card = await pressed.until(lambda shown: "counted 1" in texts(shown))
        assert len(self.card["attachments"]) == 1, "the picture was lost"

    async def flavour(self) -> None:
        chosen = await self.noah.select(self.card["id"], "flavour", ["ink"])
        self.card = await chosen.until(lambda shown: "tastes of ink" in texts(shown))

    async def form(self) -> None:
        pressed = await self.noah.press(self.card["id"], "ask")
        answered = await self.noah.submit_modal(pressed, {"text": "a red fox"})
        shown = await answered.answer()
        assert "caption: a red fox" in texts(shown)
        assert answered.ephemeral

    async def whisper(self) -> None:
        self.whispering = await self.noah.command("whisper")
        await self.whispering.answer(within=3)
        assert self.whispering.ephemeral

    async def whispered(self) -> None:
        await self.whispering.until(lambda shown: texts(shown) == "changed")

    async def talk(self) -> None:
        self.talking = await self.noah.command("talk")
        await self.talking.until(lambda shown: texts(shown) == "done")
        await self.talking.follow_up(count=1)

    async def talked(self) -> None:
        channel = self.noah.channel.id
        await self._saw("MessageEdited", channel, "two")
        await self._saw("MessageRemoved", channel, "three")

    async def describe(self) -> None:
        said = await self.noah.say("good morning")
        asked = await self.noah.message_command("Describe", said["id"])
        assert texts(await asked.answer()) == "it says good morning"

    async def greet(self) -> None:
        mira = self.discord.world.user("Mira")
        asked = await self.noah.user_command("Greet", mira.id)
        assert texts(await asked.answer()) == "hello Mira"

    async def post(self) -> None:
        await self.noah.command("post")
        await self._saw("MessagePosted", self.noah.channel.id, "posted")

    async def posted(self) -> None:
        channel = self.noah.channel.id
        await self._saw("MessageEdited", channel, "edited")
        await self._saw("MessageRemoved", channel, "edited")

    async def letter(self) -> None:
        await self.noah.command("letter")
        direct = self.discord.world.direct(self.noah.user.id)
        await self._saw("MessagePosted", direct.id, "hello")

    async def resume(self) -> None:
        sessions = set(self.discord.gateway.sessions)
        self.discord.gateway.drop()
        await self._answers()
        assert set(self.discord.gateway.sessions) == sessions, "it began a new session"

    async def reconnect(self) -> None:
        self.discord.gateway.reconnect()
        await asyncio.sleep(1)  # it may still be connected
        await self._answers()

    async def anew(self) -> None:
        self.discord.gateway.drop(resumable=False)
        await self.discord.online(within=60)
        await self._answers()

    async def _answers(self) -> None:
        """Use a command that the bot may have to come back for."""
        asked = await self.noah.command("whisper")
        await asked.answer(within=30)


def texts(shown: dict[str, Any]) -> str:
    """Return all text of a message, in lines."""
    parts = [part.get("content") for part, _ in walk(shown.get("components") or [], ())]
    return "\n".join(filter(None, [shown.get("content"), *parts]))

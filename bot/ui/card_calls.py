"""The single calls to Discord about an order: edit its card, post its pictures, ping, delete.

Each tries once and raises what discord.py raises; ``card_presenter`` decides about retries.
"""

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final, cast
from urllib.parse import quote

import discord
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import BufferedReaderPayload
from discord import utils
from discord.http import MultipartParameters, Route
from discord.webhook.async_ import async_context
from yarl import URL

from bot.domain.job import Job
from bot.service.port_errors import DiscordError, PermanentDiscordError, UnreadableAnswer
from bot.ui import order_buttons, texts
from bot.ui.cards import Card, Component
from bot.ui.discord_errors import translated_errors
from bot.ui.discord_session import DiscordSession
from bot.ui.language import speaking
from bot.ui.sending import NONCE_REMEMBERED

CLOCK_SKEW: Final = 60.0  # seconds, at most, by which Discord's clock is behind ours
HISTORY_LIMIT: Final = 500  # messages in which to look for pictures posted before a crash
READ_WITHIN: Final = 10.0  # seconds

_OF_MESSAGE: Final = frozenset({"id", "channel_id", "author"})  # what every message has

_Channel = discord.DMChannel | discord.PartialMessageable


def in_channel(job: Job) -> bool:
    """Tell whether the bot itself reaches the card, in a channel that everybody there sees."""
    return not (job.reply.private or job.reply.answers_only or job.guild_id is None)


class CardCalls:
    """Makes the calls, as the interaction while its token is valid, or as the bot."""

    def __init__(self, session: DiscordSession, *, now: Callable[[], float]) -> None:
        self._session = session
        self._now = now

    async def edit_by_interaction(self, job: Job, card: Card) -> None:
        """Edit the card by the interaction's token."""
        webhook = await self._session.webhook(job)
        edit = _edit(card)
        route: Any = _EditRoute(webhook.id, webhook.token or "", job.reply.message_id)
        answer = await async_context.get().request(
            route,
            webhook.session,
            proxy=webhook.proxy,
            payload=edit.payload,
            multipart=edit.multipart,
            files=edit.files,
        )
        _check(answer)

    async def edit_by_bot(self, job: Job, card: Card) -> None:
        """Edit the card by the bot's token."""
        client = await self._session.client()
        reply = job.reply
        message_id = reply.message_id or 0
        answer = await client.http.edit_message(reply.channel_id, message_id, params=_edit(card))
        _check(answer)

    async def post_in_channel(self, job: Job, card: Card) -> None:
        """Post *card* in the order's channel."""
        await self._post(await self._channel(job), job, card)

    async def post_directly(self, job: Job, card: Card) -> None:
        """Send *card* to the member as a direct message."""
        client = await self._session.client()
        await self._post(await client.create_dm(discord.Object(job.member_id)), job, card)

    async def ping(self, job: Job) -> None:
        """Ping the member: by the interaction where only it reaches them, else in the channel."""
        with speaking(job.reply.language):
            text = texts.cards.ready(job)
        member = discord.AllowedMentions(users=[discord.Object(job.member_id)])
        reply = job.reply
        if not in_channel(job):
            webhook = await self._session.webhook(job)
            await webhook.send(text, ephemeral=reply.private, allowed_mentions=member)
            return
        channel = await self._channel(job)
        card = discord.MessageReference(
            message_id=reply.message_id or 0, channel_id=reply.channel_id, fail_if_not_exists=False
        )
        await channel.send(
            text, nonce=job.id, reference=card, mention_author=False, allowed_mentions=member
        )

    async def ping_directly(self, job: Job) -> None:
        """Ping the member by a direct message."""
        with speaking(job.reply.language):
            text = texts.cards.ready(job)
        client = await self._session.client()
        channel = await client.create_dm(discord.Object(job.member_id))
        await channel.send(text, nonce=job.id)

    async def delete(self, job: Job) -> None:
        """Delete the message with the pictures; it may be gone already.

        A private one only the interaction deletes, and only a card that has pictures: they may be
        elsewhere.
        """
        if job.reply.private:
            webhook = await self._session.webhook(job)
            card = await webhook.fetch_message(job.reply.message_id or 0)
            if not card.attachments:
                raise PermanentDiscordError("the card has no pictures")
            return await card.delete()
        channel = await self._channel(job)
        with contextlib.suppress(discord.NotFound):
            await channel.get_partial_message(job.reply.message_id or 0).delete()
        return None

    async def cover(self, job: Job, *, spoiler: bool) -> None:
        """Set or take the spoiler of the pictures in the message; the rest stays as it is."""
        http, reply = (await self._session.client()).http, job.reply
        message: Any = await http.get_message(reply.channel_id, reply.message_id or 0)
        _check(message)
        names = {str(file["id"]): file["filename"] for file in message.get("attachments", ())}
        body = {
            "components": _covered(message.get("components", ()), names, spoiler=spoiler),
            "attachments": [{"id": file_id} for file_id in names],
            "flags": discord.MessageFlags(components_v2=True).value,
            "allowed_mentions": {"parse": []},
        }
        params = MultipartParameters(payload=body, multipart=None, files=None)
        _check(await http.edit_message(reply.channel_id, reply.message_id or 0, params=params))

    async def repost(self, job: Job, card: Card) -> int:
        """Post *card* in the order's channel, once for each epoch of the job; return its id."""
        channel = await self._channel(job)
        message = await channel.send(
            view=card.view,
            files=card.files,
            nonce=f"{job.id}:{job.lease.epoch}",
            silent=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        return message.id

    async def shows_pictures(self, job: Job, count: int) -> bool:
        """Tell whether the card has so many pictures; ``False``: no, or it can't be read."""
        message_id: int = job.reply.message_id or "@original"  # type: ignore[assignment]
        try:
            async with translated_errors(READ_WITHIN):
                if in_channel(job) and job.reply.message_id is not None:
                    channel = await self._channel(job)
                    message = await channel.fetch_message(message_id)
                else:
                    message = await (await self._session.webhook(job)).fetch_message(message_id)
        except DiscordError:
            return False
        return len(message.attachments) >= count

    async def _post(self, channel: _Channel, job: Job, card: Card) -> None:
        """Post *card* exactly once: the nonce is the idempotency key.

        Discord forgets it after minutes; later the channel's history tells whether the pictures
        are there. So it does if Discord's answer can't be read.
        """
        if self._now() - job.deliverable_since > NONCE_REMEMBERED and await self._is_posted(
            channel, job
        ):
            return
        try:
            async with translated_errors(None, repeatable_for=NONCE_REMEMBERED):
                await channel.send(
                    view=card.view,
                    files=card.files,
                    nonce=job.id,
                    allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.member_id)]),
                )
        except UnreadableAnswer:
            if not await self._is_posted(channel, job):
                raise

    async def _is_posted(self, channel: _Channel, job: Job) -> bool:
        """Tell whether a message of the bot's in *channel* shows the job's pictures."""
        after = datetime.fromtimestamp(job.deliverable_since - CLOCK_SKEW, UTC)
        bot_user = (await self._session.client()).user
        assert bot_user is not None
        async for message in channel.history(limit=HISTORY_LIMIT, after=after, oldest_first=True):
            is_ours = message.author.id == bot_user.id
            if is_ours and order_buttons.shows_pictures(message.components, job.id):
                return True
        return False

    async def _channel(self, job: Job) -> discord.PartialMessageable:
        client = await self._session.client()
        return client.get_partial_messageable(job.reply.channel_id, guild_id=job.guild_id)


class _EditRoute:
    """Adapter: a card's address in place of discord.py's ``Route``, which takes longer to make."""

    method = "PATCH"

    def __init__(self, webhook_id: int, token: str, message_id: int | None) -> None:
        self.webhook_id, self.webhook_token = webhook_id, token  # the key of the rate limit
        # "@original" is as good as an id to Discord.
        message = f"{webhook_id}/{quote(token, safe='')}/messages/{message_id or '@original'}"
        address = f"{Route.BASE}/webhooks/{message}?with_components=1"
        self.url = URL(address, encoded=True)


class _Upload(BufferedReaderPayload):
    """A picture, read where it is sent: it came just now, so it is in the system's page cache.

    aiohttp would change the thread for each block of it, and for the close, which is discord.py's.
    """

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write the whole file, as parts of a form are."""
        self._set_or_restore_start_position()
        while block := self._read(content_length):
            await writer.write(block)

    def _close(self) -> None:
        """Leave the file open: the call may be repeated."""


def _covered(parts: Any, names: Mapping[str, str], *, spoiler: bool) -> list[Component]:
    """Return received components to be sent again, with the spoiler of their pictures changed."""
    covered = []
    for part in parts:
        if part["type"] == discord.ComponentType.media_gallery.value:
            items = [
                {
                    "media": {"url": _url(item["media"], names)},
                    "description": item.get("description"),
                    "spoiler": spoiler,
                }
                for item in part["items"]
            ]
            covered.append({"type": part["type"], "items": items})
        elif "components" in part:
            inner = _covered(part["components"], names, spoiler=spoiler)
            covered.append({**part, "components": inner})
        else:
            covered.append(part)
    return covered


def _url(media: Any, names: Mapping[str, str]) -> str:
    """Return how an edit refers to received media: by name, if it is a file of the message."""
    name = names.get(str(media.get("attachment_id")))
    return f"attachment://{name}" if name else media["url"]


def _check(answer: object) -> None:
    """Raise UnreadableAnswer where *answer* is no message: something else may have answered."""
    if not (isinstance(answer, dict) and answer.keys() >= _OF_MESSAGE):
        raise UnreadableAnswer("the answer to an edit is no message")


def _edit(card: Card) -> MultipartParameters:
    """Return the edit that shows *card*, as discord.py sends it, without its objects."""
    body: dict[str, Any] = {
        "components": card.components,
        "attachments": [file.to_dict(index) for index, file in enumerate(card.files)],
        "flags": discord.MessageFlags(components_v2=True).value,
        "allowed_mentions": {"parse": []},
    }
    if not card.files:
        return MultipartParameters(payload=body, multipart=None, files=None)
    form: list[dict[str, Any]] = [{"name": "payload_json", "value": utils._to_json(body)}]  # noqa: SLF001 - as discord.py does
    form += [
        {
            "name": f"files[{index}]",
            "value": _Upload(cast("IO[Any]", file.fp)),
            "filename": file.filename,
            "content_type": "application/octet-stream",
        }
        for index, file in enumerate(card.files)
    ]
    return MultipartParameters(payload=None, multipart=form, files=card.files)

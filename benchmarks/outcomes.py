"""What became of the orders of a run: at the vendor, in the store, and in what members see."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sandbox.discord.member import Invocation
from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Status
from sandbox.pixazo.wire import SUBMIT_PATH

OVER = {"DELIVERED", "FAILED", "ERROR", "REFUSED", "CANCELLED"}
GIVEN_UP = {"FAILED", "ERROR", "REFUSED", "CANCELLED", "EXPIRED"}
CLEARLY_REFUSED = {401, 402, 403, 429}
HONEST = ("**No reply**", "**No reply yet**")  # of an uncertain order's card
READING = 2.0  # seconds after which a bot that lives has read an answer, on a busy machine too


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the bot's store says of one order."""

    prompt: str
    state: str
    cause: str | None
    request_id: str | None
    owner: str | None


class Outcomes:
    """Counts orders, given by their prompts."""

    def __init__(self, sandbox: SandboxEnvironment) -> None:
        self.images: dict[str, int] = {}  # ordered
        self.sent: dict[str, Invocation] = {}
        self.killed_at: list[float] = []  # the bot; Unix seconds
        self._sandbox = sandbox
        url = sandbox.bot_environment()["DATABASE_URL"]
        self.database = Path(url.removeprefix("sqlite+aiosqlite:///"))

    def rows(self) -> list[Row]:
        """Return what the store says of all orders that it knows."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT prompt, state, cause, request_id, owner FROM jobs")
            names = ("prompt", "state", "cause", "request_id", "owner")
            return [Row(**dict(zip(names, values, strict=True))) for values in found]

    def told(self) -> int:
        """Return how many orders were refused privately, and never recorded."""
        return sum(sent.ephemeral for sent in self.sent.values())

    def open(self) -> list[Row]:
        """Return the orders of which more may come, once all callbacks arrived."""
        paid = self.paid()
        return [
            row
            for row in self.rows()
            if (
                row.prompt in paid
                if row.state == "UNCERTAIN"
                else row.state not in OVER or row.owner
            )
        ]

    def submits(self) -> Counter[str]:
        """Return how often each order was taken, and billed."""
        return Counter(_prompt(accepted.body) for accepted in self._sandbox.pixazo.accepted)

    def posts(self) -> Counter[str]:
        """Return how often each order was sent, without what was clearly refused."""
        return Counter(
            _prompt(exchange.body)
            for exchange in self._sandbox.pixazo.journal.find("POST", SUBMIT_PATH)
            if exchange.status not in CLEARLY_REFUSED
            # The head may have arrived, whatever became of the body.
            and not (exchange.status in {503, None} and "Retry-After" in exchange.answer_headers)
        )

    def messages(self) -> dict[str, list[int]]:
        """Return of each order that is shown how many pictures stand in each of its messages."""
        shown = {
            message.id: message.shown["attachments"]
            for channel in self._sandbox.world.channels.values()
            for user in self._sandbox.world.users
            for message in self._sandbox.discord.messages.of(channel, viewer=user)
            if message.shown["attachments"]
        }
        counts: dict[str, list[int]] = {}
        for files in shown.values():
            for prompt in self.images:
                if files[0]["description"].endswith(prompt):
                    counts.setdefault(prompt, []).append(len(files))
        return counts

    def twice(self) -> set[str]:
        """Return the orders that are shown twice, or with a picture too many."""
        return {
            prompt
            for prompt, counts in self.messages().items()
            if len(counts) > 1 or sum(counts) > self.images[prompt]
        }

    def paid(self) -> set[str]:
        """Return the orders that the vendor completed and whose request id reached the bot."""
        pixazo = self._sandbox.pixazo
        heard = {
            delivery.request_id
            for delivery in pixazo.callbacks.deliveries
            if delivery.answer == 200  # noqa: PLR2004
        }
        heard |= {row.request_id for row in self.rows() if row.request_id is not None}
        read = [
            exchange.answer
            for exchange in pixazo.journal.find("POST", SUBMIT_PATH)
            if exchange.status in {200, 202}
            and not any(exchange.at <= at < exchange.ended + READING for at in self.killed_at)
        ]
        return {
            _prompt(accepted.body)
            for accepted in pixazo.accepted
            if pixazo.request(accepted.request_id).status == Status.COMPLETED
            and (
                accepted.request_id in heard
                or any(_stands_in(accepted.request_id, answer) for answer in read)
            )
        }

    def lost(self) -> set[str]:
        """Return the orders that were paid for, but not all of whose pictures are shown."""
        shown = self.messages()
        return {
            prompt for prompt in self.paid() if sum(shown.get(prompt, [])) < self.images[prompt]
        }

    def history(self, prompt: str) -> str:
        """Return what is known of an order: its row, its submits, its callbacks."""
        pixazo = self._sandbox.pixazo
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute("SELECT * FROM jobs WHERE prompt = ?", (prompt,)).fetchall()
        rows = [
            " ".join(f"{k}={v}" for k, v in dict(row).items() if v is not None) for row in found
        ]
        posts = [
            f"submit at {exchange.at:.2f} to {exchange.ended:.2f}: {exchange.status}"
            f" {exchange.answer[:200]!r}"
            for exchange in pixazo.journal.find("POST", SUBMIT_PATH)
            if _prompt(exchange.body) == prompt
        ]
        callbacks = [
            f"request {accepted.request_id}, callbacks answered: "
            + str(
                [
                    d.answer
                    for d in pixazo.callbacks.deliveries
                    if d.request_id == accepted.request_id
                ]
            )
            for accepted in pixazo.accepted
            if _prompt(accepted.body) == prompt
        ]
        return "\n  ".join([prompt, *rows, *posts, *callbacks])

    def dishonest(self) -> set[str]:
        """Return the uncertain orders whose card does not say so."""
        return {
            row.prompt
            for row in self.rows()
            if row.state == "UNCERTAIN" and not self._says_so(self.sent[row.prompt])
        }

    @staticmethod
    def _says_so(sent: Invocation) -> bool:
        if sent.stored is None:
            return False
        card = json.dumps(sent.message)
        return any(text in card for text in HONEST)


def _prompt(body: bytes) -> str:
    return str(json.loads(body)["prompt"])


def _stands_in(request_id: str, answer: bytes) -> bool:
    return any(request_id.encode(name) in answer for name in ("utf-8", "utf-16-le"))

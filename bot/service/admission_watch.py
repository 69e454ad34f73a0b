"""Observes which orders are admitted and refused: for budgets, figures and the log channel."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.admission import Rule, RuleResult
from bot.domain.job import Job
from bot.domain.log_entries import OrdersPlaced, WordRefused
from bot.domain.log_kinds import LogKind
from bot.domain.order import OrderOptions, clean
from bot.domain.rules import Rules
from bot.service.budget_watch import BudgetWatch
from bot.service.errors import LimitReached
from bot.service.ports.discord import LogChannel
from bot.service.refusal_counter import RefusalCounter


@dataclass(kw_only=True)
class Seen:
    """What an order was checked against, the last time that it was."""

    guild_id: int | None
    language: str  # of the server, unless its moderators chose one
    results: Sequence[RuleResult] = ()
    rules: Rules = field(default_factory=Rules)


class AdmissionWatch:
    """Observer of admissions; nothing here keeps a member waiting."""

    def __init__(
        self, *, budgets: BudgetWatch, refusals: RefusalCounter, log_channel: LogChannel
    ) -> None:
        self._budgets = budgets
        self._refusals = refusals
        self._log_channel = log_channel

    def admitted(self, job: Job, seen: Seen) -> None:
        """Note an order that is on record."""
        self._look(seen, now=job.created_at, admitted=True)

    def placed(self, job: Job, seen: Seen) -> None:
        """Note an order whose member was answered."""
        kind = LogKind.PRIVATE_ORDERS if job.reply.private else LogKind.ORDERS
        channel_id = seen.rules.log_for(kind)
        if channel_id is not None:
            entry = OrdersPlaced(jobs=(job,), language=seen.rules.language or seen.language)
            self._log_channel.enqueue(channel_id, entry)

    def refused(self, job: Job, seen: Seen, refused: LimitReached) -> None:
        """Note an order that a rule refused."""
        verdict, rules, now = refused.verdict, refused.rules, job.created_at
        prompt = job.order.prompt
        self._refusals.count(seen.guild_id, verdict.rule, now=now)
        channel_id = rules.log_for(LogKind.WORDS)
        if verdict.rule is Rule.WORDS and channel_id is not None:
            asked = refused.options  # with a suffix, if that contains the word
            if isinstance(asked, OrderOptions):
                prompt = str(asked.with_suffix_typed().prompt)
            entry = WordRefused(
                member_id=job.member_id,
                channel_id=job.reply.channel_id,
                phrase=verdict.said,
                style=verdict.style,
                prompt=clean(prompt),
                language=rules.language or seen.language,
            )
            self._log_channel.enqueue(channel_id, entry)
        self._look(seen, now=now, admitted=False)

    async def close(self) -> None:
        """Write what was counted."""
        await self._refusals.close()

    def _look(self, seen: Seen, *, now: float, admitted: bool) -> None:
        """Have the steps told that budgets reached."""
        self._budgets.look(
            seen.results,
            guild_id=seen.guild_id,
            now=now,
            admitted=admitted,
            language=seen.language,
        )

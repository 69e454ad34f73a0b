"""What an order is when it is recorded: as it was asked for, with its member's own defaults."""

from dataclasses import dataclass, field, replace

from bot.domain import admission, preferences, styles
from bot.domain.admission import AdmissionContext, AdmissionRequest, Caps, Rule, RuleResult
from bot.domain.errors import InvalidOption, OrderRejected
from bot.domain.job import Job
from bot.domain.order import Order, OrderOptions
from bot.service.admission_watch import Seen
from bot.service.errors import LimitReached
from bot.service.ports.store import Admit


@dataclass(frozen=True, kw_only=True)
class OrderRequest:
    """An order as it came in: what, by whom and where."""

    options: OrderOptions
    interaction_id: int
    application_id: int
    token: str = field(repr=False)
    guild_id: int | None
    channel_id: int
    parent_ids: frozenset[int] = frozenset()  # the thread's channel, and the category
    age_restricted: bool = False  # the channel
    timed_out_until: float | None = None  # the member, by Discord, in Unix seconds
    member_id: int
    role_ids: frozenset[int] = frozenset()
    file_limit: int  # bytes
    answers_only: bool = False  # the bot is not where this comes from, only its answers are
    member_language: str = "en"  # of a private order's card
    # Unless the server's moderators chose a language:
    language: str = "en"  # of a card that others read
    guild_language: str = "en"  # of the lines in the server's log channel


def admission_of(request: OrderRequest, caps: Caps, seen: Seen) -> Admit:
    """Return the check that the store runs in the transaction that records the job.

    It adds the member's defaults, and leaves the rules and their results in *seen*. What it raises
    tells how the order may be asked for again.
    """

    def admit(job: Job, context: AdmissionContext) -> Job:
        defaults = preferences.taken(request.options, context.preferences.defaults)
        order = preferences.filled(job.order, defaults)
        private = bool(defaults.get("private", request.options.private))
        try:
            own = styles.together(context.preferences.styles, context.rules.styles)
            order = styles.extended(order, own)
            asked = _as_asked(request, order, private=private)
            now = job.created_at
            results = list(admission.rule_results(asked, caps=caps, context=context, now=now))
            seen.results, seen.rules = results, context.rules
            refusal = next((result for result in results if result.refuses), None)
            if refusal is not None:
                raise LimitReached(verdict=refusal, rules=context.rules)
        except OrderRejected as error:
            error.defaulted = tuple(defaults)
            error.options = _to_change(request.options, order, error)
            raise
        moderators = context.rules.language if job.guild_id is not None else None
        language = request.member_language if private else moderators or request.language
        job = replace(job, order=order, price=caps.price.of(order.images))
        return job.with_reply(
            private=private,
            spoiler=context.rules.spoiler or order.spoilered,
            left_today=admission.remaining_today(results),
            language=language,
        )

    return admit


def _as_asked(request: OrderRequest, order: Order, *, private: bool) -> AdmissionRequest:
    return AdmissionRequest(
        order=order,
        private=private,
        guild_id=request.guild_id,
        channel_id=request.channel_id,
        parent_ids=request.parent_ids,
        role_ids=request.role_ids,
        age_restricted=request.age_restricted,
        timed_out_until=request.timed_out_until,
    )


def _to_change(options: OrderOptions, order: Order, error: OrderRejected) -> OrderOptions:
    """Return *options* to change after a refusal, without what it refused where a form has none.

    The suffix of a default is named where it is in the way: the form shows it in the prompt.
    """
    match error:
        case LimitReached(verdict=RuleResult(rule=Rule.PRIVATE)):
            return replace(options, private=False)
        case LimitReached(verdict=RuleResult(suffix=True)):
            return replace(options, suffix=order.suffix or "")
        case InvalidOption() if error.suffix:
            return replace(options, suffix=order.suffix or "")
        case _:
            return options

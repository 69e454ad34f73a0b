"""The texts of ``/operator``, which only who runs the bot reads."""

from collections.abc import Iterable, Sequence
from typing import Final, assert_never

from bot.domain.alerts import Alert
from bot.domain.denials import Denial, DeniedKind
from bot.domain.job import Job, State
from bot.domain.lane import ClosedReason
from bot.service.denials import DenialPage
from bot.service.errors import OperationFailed, OperationFault
from bot.service.operations import OrderList
from bot.service.operator_status import OperatorStatus
from bot.service.ports.store import ProcessSeen
from bot.ui.language import dollars, lazy, ngettext, pgettext
from bot.ui.language import gettext as _
from bot.ui.markup import ago, code, date, literal
from bot.ui.texts import cards, limits_panel, shared, warnings

_PROMPT: Final = 1000  # characters; in a list fewer
_IN_LIST: Final = 80
_SAID: Final = 300  # characters of the vendor's words
_PROCESSES: Final = 1000  # characters
_ALERT, _ALERTS = 150, 1000  # characters of one, and of all

refresh: Final = lazy("Refresh")
state: Final = lazy("Status")
all_orders: Final = lazy("Orders")
to_settle: Final = lazy("To settle")
bars: Final = lazy("Bars")
open_lane: Final = lazy("Resume the lane")
show: Final = lazy("Show")
settle: Final = lazy("Settle")
retry: Final = lazy("Try again now")
retry_all: Final = lazy("Try all outstanding")
allow: Final = lazy("Allow again")
newer: Final = lazy("Newer")
older: Final = lazy("Older")

form_title: Final = lazy("Settle an order")
charged_label: Final = lazy("What does the image service say?")
not_charged: Final = lazy("It wasn't charged")
charged: Final = lazy("It was charged")
request_label: Final = lazy("Request id, if it was charged")
request_hint: Final = lazy("The bot fetches and delivers its pictures")
# Neither, or both, of a server and a member.
name_one: Final = lazy("Please name either a member or a server. Nothing was changed.")


def status(status: OperatorStatus, note: str | None) -> str:
    """Return the bot's state; *note* tells the result of the last click."""
    title, processes = _("The bot"), _("Processes")
    lines = [f"## {title}", *([note] if note else []), limits_panel.status(status.service)]
    lines += [*_troubles(status), *_alerts(status.alerts)]
    lines += [*_orders(status), *_money(status)]
    lines.append(_("Barred: {count}").format(count=status.barred))
    listed = [_process(one, status.own) for one in status.processes]
    lines += [f"**{processes}**", shared.fitted(listed, _PROCESSES)]
    return "\n".join(filter(None, lines))


def _troubles(status: OperatorStatus) -> Iterable[str]:
    ready = status.readiness
    if not ready.gateway:
        yield warnings.warning(_("This process isn't connected to Discord's gateway."))
    if not ready.store:
        yield warnings.warning(_("The store can't be written."))
    if ready.descriptors_low:
        yield warnings.warning(_("File descriptors are running low."))
    if ready.status_calls_rejected:
        yield warnings.warning(_("The image service refuses the key in status calls."))


def _alerts(alerts: Sequence[Alert]) -> Iterable[str]:
    if alerts:
        title = _("Alerts")
        listed = [
            f"- {literal(shared.cut(alert.text, _ALERT))} ({ago(alert.opened_at)})"
            for alert in alerts
        ]
        yield f"**{title}**"
        yield shared.fitted(listed, _ALERTS)


def _orders(status: OperatorStatus) -> Iterable[str]:
    title = _("Orders")
    counts = [f"{code(of)} {count}" for of, count in sorted(status.orders.items()) if count]
    yield f"**{title}** \N{MIDDLE DOT} " + (
        " \N{MIDDLE DOT} ".join(counts) or pgettext("orders", "none")
    )
    in_line = ngettext("{count} waits in line", "{count} wait in line", status.waiting)
    yield "-# " + in_line.format(count=status.waiting)


def _money(status: OperatorStatus) -> Iterable[str]:
    usage, caps = status.usage, status.caps
    images = _of(str(usage.everywhere), caps.images_per_day and str(caps.images_per_day))
    today = _of(dollars(usage.spent_today), caps.usd_per_day and dollars(caps.usd_per_day))
    month = _of(dollars(usage.spent_this_month), caps.usd_per_month and dollars(caps.usd_per_month))
    yield _("**Today** · images: {images} · money: {money}").format(images=images, money=today)
    yield _("**This month** · money: {money}").format(money=month)


def _of(used: str, cap: object) -> str:
    if not cap:
        return _("{used}, no limit").format(used=used)
    return _("{used} of {limit}").format(used=used, limit=cap)


def _process(seen: ProcessSeen, own: str) -> str:
    text = _("{process} · version {version} · shards {shards} · since {start} · seen {when}")
    line = text.format(
        process=code(seen.owner),
        version=literal(seen.version),
        shards=literal(seen.shards),
        start=date(seen.started_at),
        when=ago(seen.seen_at),
    )
    answering = _("this one answers")
    return f"- {line}" + (f" ({answering})" if seen.owner == own else "")


def orders(page: OrderList, note: str | None) -> str:
    """Return the heading of a page of orders."""
    title = _("Orders") if page.state is None else _("Orders in {state}")
    lines = [f"## {title}".format(state=page.state), *([note] if note else [])]
    if not page.jobs:
        lines.append(_("There are none."))
    return "\n".join(lines)


def listed(job: Job) -> str:
    """Return an order as a list has it."""
    prompt = literal(shared.cut(job.order.prompt, _IN_LIST)) or _("erased")
    return f"{_where(job)}\n{prompt}\n-# {code(job.id)}"


def _where(job: Job) -> str:
    parts = [f"**{job.state}**", ago(job.state_since), f"<@{job.member_id}>"]
    if job.guild_id is not None:
        parts.append(_("server {id}").format(id=code(str(job.guild_id))))
    return " \N{MIDDLE DOT} ".join(parts)


def order(job: Job, note: str | None) -> str:
    """Return everything of an order that helps its operator; no secrets."""
    title = _("Order {id}").format(id=code(job.id))
    reason = job.end_reason or job.outstanding.obstacle
    facts = {
        _("Reason"): reason and code(reason),
        _("Charged"): code(job.billed),
        _("Price"): None if job.price is None else dollars(job.price),
        _("Request id"): job.request_id and code(job.request_id),
        _("Ordered"): date(job.created_at),
        _("Next try"): job.outstanding.next_try_at and ago(job.outstanding.next_try_at),
        _("Process"): job.lease.owner and code(job.lease.owner),
        _("Member"): code(str(job.member_id)),
    }
    lines = [f"## {title}", *([note] if note else []), _where(job)]
    lines += [f"- {name}: {value}" for name, value in facts.items() if value]
    if job.reply.message_id and not job.reply.private:
        view = _("view")
        lines.append(f"- [{view}](<{shared.jump(job)}>)")
    lines.append(cards.details(job.order))
    if prompt := literal(shared.cut(job.order.prompt, _PROMPT)):
        lines.append(f"> {prompt}")
    if job.error:
        said = literal(shared.cut(job.error, _SAID))
        lines.append(_("The image service says:") + f"\n> {said}")
    return "\n".join(lines)


def settled(job: Job) -> str:
    """Return what settling an order did."""
    if job.state is State.REFUSED:
        return _("Settled: nothing was charged, and the card says so.")
    return _("Settled as charged: the bot follows it and delivers its pictures.")


def retried(count: int) -> str:
    """Return how many orders are tried again."""
    return ngettext(
        "{count} order is tried again at once. Nothing is ordered anew.",
        "{count} orders are tried again at once. Nothing is ordered anew.",
        count,
    ).format(count=count)


def opened(reason: ClosedReason | None) -> str:
    """Return what opening the lane did."""
    if reason is None:
        return _("The lane was open already.")
    return _(
        "The lane is open again (it was closed: {reason}). The next failure closes it."
    ).format(reason=code(reason))


def barred(page: DenialPage, note: str | None) -> str:
    """Return the heading of a page of bars."""
    title = _("Barred from ordering")
    lines = [f"## {title}", *([note] if note else [])]
    if not page.total:
        lines.append(_("Nobody is barred."))
    elif page.of > 1:
        place = _("page {number} of {of}").format(number=page.number + 1, of=page.of)
        lines.append(f"-# {place}")
    return "\n".join(lines)


def who(kind: DeniedKind, id_: int) -> str:
    """Return who is barred."""
    if kind is DeniedKind.MEMBER:
        return f"<@{id_}> ({code(str(id_))})"
    return _("server {id}").format(id=code(str(id_)))


def bar(denial: Denial) -> str:
    """Return who is barred until when, by whom, since when and why."""
    ends = _("permanently")
    if denial.until is not None:
        ends = _("until {when}").format(when=f"{date(denial.until)} ({ago(denial.until)})")
    by = _("by the command line, {when}").format(when=ago(denial.since))
    if denial.by is not None:
        by = _("by {moderator}, {when}").format(moderator=f"<@{denial.by}>", when=ago(denial.since))
    lines = [f"{who(denial.kind, denial.id)} \N{MIDDLE DOT} {ends}", f"-# {by}"]
    if denial.reason:
        lines.append(_("Reason: {reason}").format(reason=literal(denial.reason)))
    return "\n".join(lines)


def has_barred(denial: Denial) -> str:
    """Return what barring did."""
    text = _("Barred: {who}. Orders that wait are given back, what was sent is delivered.")
    return text.format(who=who(denial.kind, denial.id))


def has_allowed(kind: DeniedKind, id_: int, *, was: bool) -> str:
    """Return what allowing did; *was*: there was a bar."""
    if was:
        return _("{who} may order again.").format(who=who(kind, id_))
    return _("{who} was not barred.").format(who=who(kind, id_))


def failure(error: OperationFailed) -> str:
    """Return why an action on an order can't be done."""
    state = code(error.state or "")
    match error.fault:
        case OperationFault.NO_ORDER:
            return _("This order is no longer stored.")
        case OperationFault.NO_REQUEST_ID:
            return _(
                "That is no request id. Copy the one of this order from the image service's "
                "dashboard. Nothing was changed."
            )
        case OperationFault.NOT_SETTLEABLE:
            text = _(
                "This order is {state}. Only one that the image service may have charged without "
                "the bot knowing can be settled. Nothing was changed."
            )
            return text.format(state=state)
        case OperationFault.CHANGED:
            return _(
                "This order has just changed, or another one has that request id. Nothing was "
                "changed; please look again."
            )
        case OperationFault.NOT_OUTSTANDING:
            text = _("This order is {state}: there is nothing to fetch. Nothing was changed.")
            return text.format(state=state)
        case _:
            assert_never(error.fault)

"""The texts of ``/history``."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from bot.domain.job import Job, State
from bot.service.member_account import PAGE, HistoryPage
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext
from bot.ui.markup import ago, literal
from bot.ui.texts import cards, shared

_ROOM: Final = 3600  # characters of all orders on a page
# Characters of a prompt and of the extended one: the longest pair that fits is used.
_LENGTHS: Final = ((300, cards.SENT), (300, 200), (200, 80), (120, 0), (60, 0))
_LABEL: Final = 32  # characters of a prompt on a button


def note(
    *, handed_over: Sequence[Job] = (), fetching: int = 0, gone: int = 0, failed: int = 0
) -> str:
    """Return the note above the page: what became of undelivered orders, and of hidden ones."""
    lines = []
    if any(not job.withdrawn for job in handed_over):
        lines.append(_("Here are pictures you haven't received yet."))
    if any(job.withdrawn and not job.removed_by_moderator for job in handed_over):
        lines.append(_("Here are the pictures of an order you hid."))
    if any(job.withdrawn and job.removed_by_moderator for job in handed_over):
        lines.append(_("Here are the pictures of an order that a moderator hid."))
    if fetching:
        coming = ngettext(
            "Pictures of one order are still being fetched. Try `/history` again in a minute.",
            "Pictures of {count} orders are still being fetched. Try `/history` again in a minute.",
            fetching,
        )
        lines.append(coming.format(count=fetching))
    if failed:
        kept = ngettext(
            "The pictures of one order couldn't be sent now. They are saved; "
            "try `/history` again later.",
            "The pictures of {count} orders couldn't be sent now. They are saved; "
            "try `/history` again later.",
            failed,
        )
        lines.append(kept.format(count=failed))
    if gone:
        lost = ngettext(
            "The pictures of one order are gone: they are no longer kept, or the image service "
            "lost them.",
            "The pictures of {count} orders are gone: they are no longer kept, or the image "
            "service lost them.",
            gone,
        )
        lines.append(lost.format(count=gone))
    return "\n".join(lines)


def heading(page: HistoryPage) -> str:
    """Return the heading of a page."""
    title = _("Your orders")
    lines = [f"## {title}"]
    if page.word:
        count = ngettext(
            "{count} order with “{word}”",
            "{count} orders with “{word}”, newest first",
            page.total,
        ).format(count=page.total, word=literal(page.word))
    else:
        count = ngettext("{count} order", "{count} orders, newest first", page.total).format(
            count=page.total
        )
    position = _("page {number} of {of}").format(number=page.number + 1, of=page.of)
    only = _("only you can see this")
    lines.append(f"-# {count} · {position} · {only}")
    return "\n".join(lines)


def nothing(word: str, *, orders: bool) -> str:
    """Return the text of a page without orders; *orders*: they are taken here."""
    if word:
        return _("None of your orders has “{word}” in its prompt. Try another word.").format(
            word=literal(word)
        )
    if not orders:
        return _("You haven't ordered anything yet. `/help` says where you can.")
    return _(
        "You haven't ordered anything yet. Start with `/imagine prompt: a lighthouse in a storm`; "
        "`/help` has more ideas."
    )


def too_large(job: Job, addresses: Sequence[str]) -> str:
    """Return what stands for pictures that Discord takes in no size; *addresses* lead to them."""
    why = _(
        "The pictures of “{prompt}” are too large for Discord here. They are kept for you: "
        "try `/history` on another server."
    ).format(prompt=literal(shared.cut(job.order.prompt, _LABEL)))
    picture = _("picture {number}")
    lines = [why]
    for number, address in enumerate(addresses, start=1):
        lines.append(f"[{picture.format(number=number)}](<{address}>)")
        if sum(map(len, lines)) > _ROOM:
            lines.pop()
    return "\n".join(lines)


def orders(page: HistoryPage, *, withheld: Collection[Job] = ()) -> Sequence[str]:
    """Return a text for each order of a page; together they fit into one message.

    The text of those *withheld* says nothing of what was ordered.
    """
    tried = (_orders(page, withheld, *lengths) for lengths in _LENGTHS)
    shortest = _orders(page, withheld, *_LENGTHS[-1])
    return next((texts for texts in tried if sum(map(len, texts)) <= _ROOM), shortest)


def _orders(page: HistoryPage, withheld: Collection[Job], prompt: int, sent: int) -> Sequence[str]:
    first = page.number * PAGE + 1
    cannot = _("This order can't be shown here.")
    return [
        f"**{place}.** {cannot}" if job in withheld else "\n".join(_order(job, place, prompt, sent))
        for place, job in enumerate(page.jobs, start=first)
    ]


def _order(job: Job, place: int, prompt: int, sent: int) -> Iterable[str]:
    typed = literal(shared.cut(job.order.prompt, prompt))
    yield f"**{place}.** {typed}"
    yield _state(job)
    yield _details(job)
    if sent and (line := cards.sent(job.order, most=sent)) is not None:
        yield line


def _state(job: Job) -> str:
    if job.reply.deleted_at is not None:
        moderator = job.reply.deleted_by not in {None, job.member_id}
        text = _("**Removed by a moderator** · {when}") if moderator else _("**Deleted** · {when}")
        return text.format(when=ago(job.reply.deleted_at))
    is_kept = job.state is State.COMPLETED and job.outstanding.kept_at is not None
    if is_kept and job.outstanding.next_try_at is None:
        return _("**Kept for you** · use `/history` again to get the pictures")
    status = cards.status(job)
    if not _has_card(job):
        return status
    link = _("[jump to message]({address})").format(address=shared.jump(job))
    return f"{status} · {link}"


def _details(job: Job) -> str:
    details = cards.details(job.order)
    if job.reply.private:
        private = _("private")
        return f"{details} · {private}"
    if job.withdrawn:
        hidden = _("hidden by a moderator") if job.removed_by_moderator else _("hidden")
        return f"{details} · {hidden}"
    return details


def _has_card(job: Job) -> bool:
    """Tell whether a link leads to the order's card."""
    within_reach = job.reply.message_id is not None and not job.reply.answers_only
    is_gone = job.withdrawn or job.reply.deleted_at is not None
    return within_reach and not (job.reply.private or is_gone)


def again(job: Job) -> str:
    """Return the label of the button that repeats this order."""
    prompt = shared.cut(" ".join(job.order.prompt.split()), _LABEL)
    return _("Again: {prompt}").format(prompt=prompt)


previous: Final = lazy("Previous page")
following: Final = lazy("Next page")

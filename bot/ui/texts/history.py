"""The texts of ``/history``."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from bot.domain.job import Job, State
from bot.service.member_account import PAGE, HistoryPage
from bot.ui.language import gettext as _
from bot.ui.language import lazy, ngettext
from bot.ui.markup import literal
from bot.ui.texts import cards, shared

_ROOM: Final = 3600  # characters of all orders on a page
# Characters of a prompt and of the extended one: the longest pair that fits is used.
_LENGTHS: Final = ((300, cards.SENT), (300, 200), (200, 80), (120, 0), (60, 0))
_LABEL: Final = 32  # characters of a prompt on a button


def note(*, handed_over: int, fetching: int, gone: int, failed: int = 0) -> str:
    """Return the note above the page: the numbers of undelivered orders, by what became of them."""
    lines = []
    if handed_over:
        sent = ngettext(
            "One order of yours could not be delivered before. Here it is.",
            "{count} orders of yours could not be delivered before. Here they are.",
            handed_over,
        )
        lines.append(sent.format(count=handed_over))
    if fetching:
        coming = ngettext(
            "Pictures of one order are being fetched. Please try `/history` again in a minute.",
            "Pictures of {count} orders are being fetched. "
            "Please try `/history` again in a minute.",
            fetching,
        )
        lines.append(coming.format(count=fetching))
    if failed:
        kept = ngettext(
            "The pictures of one order could not be sent now. They stay kept for you: "
            "please try `/history` again later.",
            "The pictures of {count} orders could not be sent now. They stay kept for you: "
            "please try `/history` again later.",
            failed,
        )
        lines.append(kept.format(count=failed))
    if gone:
        lost = ngettext(
            "The pictures of one order are gone: they could be kept no longer, or the image "
            "service has lost them.",
            "The pictures of {count} orders are gone: they could be kept no longer, or the image "
            "service has lost them.",
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
            "{count} order of yours says “{word}”",
            "{count} orders of yours say “{word}”, the newest first",
            page.total,
        ).format(count=page.total, word=literal(page.word))
    else:
        count = ngettext("{count} order", "{count} orders, the newest first", page.total).format(
            count=page.total
        )
    position = _("page {number} of {of}").format(number=page.number + 1, of=page.of)
    only = _("only you see this")
    lines.append(f"-# {count} · {position} · {only}")
    return "\n".join(lines)


def nothing(word: str, *, orders: bool) -> str:
    """Return the text of a page without orders; *orders*: they are taken here."""
    if word:
        return _(
            "No order of yours says “{word}”. Please try another word, or `/history` without one."
        ).format(word=literal(word))
    if not orders:
        return _("There are no orders of yours yet. `/help` says where you can order.")
    return _(
        "There are no orders of yours yet. Begin with `/imagine prompt: a lighthouse in a storm`; "
        "`/help` has more to try."
    )


def too_large(job: Job, addresses: Sequence[str]) -> str:
    """Return what stands for pictures that Discord takes in no size; *addresses* lead to them."""
    why = _(
        "The pictures of “{prompt}” are too large for Discord here. They stay kept for you: "
        "`/history` in another server may bring them."
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
    yield f"-# {_details(job)}"
    if sent and (line := cards.sent(job.order, most=sent)) is not None:
        yield line


def _state(job: Job) -> str:
    is_kept = job.state is State.COMPLETED and job.outstanding.kept_at is not None
    if is_kept and job.outstanding.next_try_at is None:
        return _("**Kept for you** · use `/history` again to get its pictures")
    status = cards.status(job)
    if not _has_card(job):
        return status
    link = _("[go to its card]({address})").format(address=shared.jump(job))
    return f"{status} · {link}"


def _details(job: Job) -> str:
    details = cards.details(job.order)
    if job.reply.private:
        private = _("private")
        return f"{details} · {private}"
    if job.withdrawn:
        hidden = _("its card is hidden")
        return f"{details} · {hidden}"
    return details


def _has_card(job: Job) -> bool:
    """Tell whether a link leads to the order's card."""
    within_reach = job.reply.message_id is not None and not job.reply.answers_only
    return within_reach and not (job.reply.private or job.withdrawn)


def again(job: Job) -> str:
    """Return the label of the button that repeats this order."""
    prompt = shared.cut(" ".join(job.order.prompt.split()), _LABEL)
    return _("Again: {prompt}").format(prompt=prompt)


previous: Final = lazy("Previous page")
following: Final = lazy("Next page")

"""Sample orders and jobs: a test names only the fields that it is about."""

import itertools
from dataclasses import fields, replace
from typing import Any

from bot.domain.admission import AdmissionContext
from bot.domain.job import Job, Lease, Outstanding, ReplyTarget
from bot.domain.order import Order

NOW = 1_770_000_000.0  # Unix seconds
SOON = NOW + 60
LANE = "lane"
OWNER = "here"

_REPLY = {field.name for field in fields(ReplyTarget)}
_LEASE = {field.name for field in fields(Lease)}
_OUTSTANDING = {field.name for field in fields(Outstanding)}
_numbers = itertools.count(1)


def an_order(**changes: Any) -> Order:
    return Order(**{"prompt": "a lighthouse in a storm", **changes})


def a_job(**changes: Any) -> Job:
    """Return a waiting job with new ids; *changes* may name fields of its parts too."""
    number = next(_numbers)
    job = Job(
        id=f"{number:016x}",
        guild_id=100,
        member_id=300,
        order=an_order(),
        lane=LANE,
        reply=ReplyTarget(
            interaction_id=5_000_000 + number,
            application_id=900,
            interaction_token=f"interaction-token-{number}",
            channel_id=200,
        ),
        callback_token=f"callback-token-{number}",
        created_at=NOW,
        state_since=NOW,
    )
    return changed_job(job, **changes)


def changed_job(job: Job, **changes: Any) -> Job:
    """Return *job* with *changes* of its fields and of those of its parts."""
    reply = {name: changes.pop(name) for name in _REPLY & changes.keys()}
    lease = {name: changes.pop(name) for name in _LEASE & changes.keys()}
    outstanding = {name: changes.pop(name) for name in _OUTSTANDING & changes.keys()}
    return replace(
        job,
        reply=replace(job.reply, **reply),
        lease=replace(job.lease, **lease),
        outstanding=replace(job.outstanding, **outstanding),
        **changes,
    )


def anybody(job: Job, _context: AdmissionContext) -> Job:
    """Admit *job* without checking any rule."""
    return job


def listed(samples: dict[str, str]) -> str:
    """Return named texts as one text for a snapshot, a line each."""
    lines = (f"{name}: {text}".replace("\n", " / ") for name, text in samples.items())
    return "\n".join(
        line.replace(str(int(NOW)), "NOW").replace(str(int(SOON)), "SOON") for line in lines
    )

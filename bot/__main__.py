"""The command line: ``python -m bot [run|check|health|migrate|jobs|lanes|deny|backup|restored]``.

Exit status 0: success. 1: failure, explained by one line on standard error. 2: a setting is
missing or wrong, named by one line.
"""

import asyncio
import logging
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final, TextIO

import aiohttp
from uvloop import new_event_loop
from yarl import URL

from bot import log
from bot.domain.denials import DeniedKind
from bot.domain.job import State
from bot.domain.lane import ClosedReason
from bot.errors import ImagineError, InvalidSettings
from bot.settings import Settings

HEALTH_TIMEOUT: Final = 5.0  # seconds
# A server that is bound to all addresses is asked at the loopback address.
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not bound to


def main(arguments: list[str] | None = None) -> int:
    """Run the command line *arguments* and return the exit status."""
    parser = ArgumentParser(prog="python -m bot", description=__doc__)
    commands = {
        "run": (_run, "run the bot (the default)"),
        "check": (_check, "check settings, store, vendor and Discord; spends nothing"),
        "health": (_health, "ask the running bot for its health"),
        "migrate": (_migrate, "bring the store's tables up to date"),
        "jobs": (_administer, "list, show and settle orders, while the bot runs or not"),
        "lanes": (_administer, "show or open the queue in front of the vendor"),
        "deny": (_deny, "bar servers and members from ordering, and lift that"),
        "backup": (_administer, "copy the store to a file, while the bot runs or not"),
        "restored": (_administer, "after a backup was put back: have nothing submitted again"),
    }
    parsers = parser.add_subparsers(dest="command", metavar="command")
    added = {name: parsers.add_parser(name, help=text) for name, (_, text) in commands.items()}
    _add_jobs(added["jobs"])
    added["backup"].add_argument("file", metavar="FILE")
    _add_lanes(added["lanes"])
    added["check"].add_argument(
        "--alert", action="store_true", help="also send a test to ALERT_WEBHOOK_URL"
    )
    _add_deny(added["deny"])
    options = parser.parse_args(arguments)
    if hasattr(options, "check"):
        options.check(options)
    chosen = options.command or "run"
    try:
        settings = Settings.read()
        log.set_up(
            level=settings.log_level if chosen == "run" else "WARNING",
            style=settings.log_format,
            secrets=settings.secrets,
        )
        return _run_loop(commands[chosen][0](settings, options))
    except InvalidSettings as error:
        return _fail(error, 2)
    except (ImagineError, OSError) as error:
        return _fail(error, 1)
    except Exception:
        logging.getLogger("bot").critical("unexpected error, the bot ends", exc_info=True)
        return 1


# Each command imports what it needs: the health check runs every 30 s in a container and must not
# import discord.py each time.


async def _run(settings: Settings, _options: Namespace) -> int:
    from bot import app

    await app.run(settings)
    return 0


async def _check(settings: Settings, options: Namespace) -> int:
    from bot.preflight import check

    status = 0
    async for works, line in check(settings, alert=options.alert):
        _print(f"{'ok' if works else 'FAILED':<7} {line}")
        status = status or (0 if works else 1)
    return status


async def _health(settings: Settings, _options: Namespace) -> int:
    url = health_url(settings.web_host, settings.web_port)
    timeout = aiohttp.ClientTimeout(total=HEALTH_TIMEOUT)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            _print(await answer.text())
            return 0 if answer.ok else 1
    except (aiohttp.ClientError, TimeoutError) as error:
        raise OSError(f"no answer from {url}: {type(error).__name__}") from error


def health_url(host: str, port: int) -> URL:
    """Return the address of ``/healthz`` of a server that is bound to *host*."""
    return URL.build(scheme="http", host=_LOOPBACK.get(host, host), port=port, path="/healthz")


async def _migrate(settings: Settings, _options: Namespace) -> int:
    from bot.store.database import Database

    async with Database.open(settings.database_url.get_secret_value()):
        _print("the store's tables are up to date")
    return 0


async def _administer(settings: Settings, options: Namespace) -> int:
    from bot import admin

    match options.command, getattr(options, "action", None):
        case "jobs", "list":
            state = State(options.state) if options.state else None
            lines = admin.list_jobs(settings, state, most=options.limit)
        case "jobs", "show":
            lines = admin.show_job(settings, options.id)
        case "jobs", "retry":
            lines = admin.retry_jobs(settings, options.id)
        case "jobs", _ if options.all:
            lines = admin.refuse_uncertain(settings, since=options.since)
        case "jobs", _:
            lines = admin.settle_job(settings, options.id, request_id=options.delivered_by)
        case "lanes", "open":
            reason = ClosedReason(options.reason) if options.reason else None
            lines = admin.open_lane(settings, reason)
        case "lanes", _:
            lines = admin.list_lanes(settings)
        case "backup", _:
            lines = admin.backup(settings, options.file)
        case _:
            lines = admin.restored(settings)
    return await _print_all(lines)


async def _deny(settings: Settings, options: Namespace) -> int:
    from bot import admin

    match options.action:
        case "list":
            lines = admin.list_denied(settings)
        case "lift":
            lines = admin.allow(settings, DeniedKind(options.kind), options.id)
        case kind:
            lines = admin.deny(
                settings, DeniedKind(kind), options.id, hours=options.hours, reason=options.reason
            )
    return await _print_all(lines)


async def _print_all(lines: AsyncIterator[str]) -> int:
    async for line in lines:
        _print(line)
    return 0


def _add_lanes(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="action")
    opening = actions.add_parser("open", help="try again at once, whatever shut the queue")
    opening.add_argument("reason", nargs="?", choices=list(ClosedReason), metavar="REASON")


def _add_deny(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    actions.add_parser("list", help="list who is barred")
    for kind in DeniedKind:
        barring = actions.add_parser(kind, help=f"bar a {kind}, by its id in Discord")
        barring.add_argument("id", type=_discord_id, metavar="ID")
        barring.add_argument("--hours", type=int, metavar="N", help="default: until it is lifted")
        barring.add_argument("--reason", default="", help="who orders reads it")
    lifting = actions.add_parser("lift", help="let a server or member order again")
    lifting.add_argument("kind", choices=list(DeniedKind), metavar="server|member")
    lifting.add_argument("id", type=_discord_id, metavar="ID")


def _discord_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**63):
        raise ValueError
    return int(text)


def _add_jobs(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    listing = actions.add_parser("list", help="list the newest orders")
    listing.add_argument("--state", type=str.upper, choices=list(State), metavar="STATE")
    listing.add_argument("--limit", type=int, default=20, metavar="N")
    actions.add_parser("show", help="show one order, without its secrets").add_argument("id")
    retrying = actions.add_parser("retry", help="try outstanding orders again at once")
    _add_id_or_all(retrying, "all that are outstanding")
    settling = actions.add_parser(
        "settle", help="record what the vendor's dashboard says of an order"
    )
    _add_id_or_all(settling, "all that became UNCERTAIN --since then; only with --refused")
    settling.add_argument("--since", metavar="WHEN", help="a duration like 2h, or a time")
    outcome = settling.add_mutually_exclusive_group(required=True)
    outcome.add_argument(
        "--delivered-by",
        metavar="REQUEST_ID",
        help="the vendor has it as that request: the running bot tracks and delivers it",
    )
    outcome.add_argument(
        "--refused", action="store_true", help="the vendor does not have it and bills nothing"
    )
    settling.set_defaults(check=lambda options: _check_settle(settling, options))


def _add_id_or_all(parser: ArgumentParser, every: str) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", metavar="ID")
    which.add_argument("--all", action="store_true", help=every)


def _check_settle(parser: ArgumentParser, options: Namespace) -> None:
    if options.all != (options.since is not None) or (options.all and not options.refused):
        parser.error("--all, --since and --refused belong together")


def _run_loop(command: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(command)


def _fail(error: Exception, status: int) -> int:
    _print(f"imagine: {error}", sys.stderr)
    return status


def _print(line: str, to: TextIO | None = None) -> None:
    print(line, file=to or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())

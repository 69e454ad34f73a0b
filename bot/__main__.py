"""The command line: ``python -m bot [run|check|health|migrate|jobs|lanes]``.

Exit status 0: done. 1: it did not work, one line on standard error says why. 2: a setting is
missing or wrong, one line names it.
"""

import asyncio
import logging
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Coroutine
from typing import Any, Final, TextIO

import aiohttp

from bot import log
from bot.domain.job import State
from bot.errors import ImagineError, InvalidSettings
from bot.settings import Settings

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

HEALTH_TIMEOUT: Final = 5.0  # seconds


def main(arguments: list[str] | None = None) -> int:
    """Do what *arguments* say and return the exit status."""
    parser = ArgumentParser(prog="python -m bot", description=__doc__)
    commands = {
        "run": (_run, "run the bot (the default)"),
        "check": (_check, "say whether settings, store, vendor and Discord work; spends nothing"),
        "health": (_health, "ask the running bot whether it is well"),
        "migrate": (_migrate, "bring the store's tables up to date"),
        "jobs": (_jobs, "list, show and settle orders, while the bot runs or not"),
        "lanes": (_lanes, "say how the queue in front of the vendor stands"),
    }
    parsers = parser.add_subparsers(dest="command", metavar="command")
    added = {name: parsers.add_parser(name, help=words) for name, (_, words) in commands.items()}
    _add_jobs(added["jobs"])
    asked = parser.parse_args(arguments)
    chosen = asked.command or "run"
    try:
        settings = Settings.read()
        log.set_up(
            level=settings.log_level if chosen == "run" else "WARNING",
            style=settings.log_format,
            secrets=settings.secrets,
        )
        return _loop(commands[chosen][0](settings, asked))
    except InvalidSettings as error:
        return _fail(error, 2)
    except (ImagineError, OSError) as error:
        return _fail(error, 1)
    except Exception:
        logging.getLogger("bot").critical("an unexpected error ends the bot", exc_info=True)
        return 1


# The commands load what they need themselves: a container asks for its health every 30 s, and that
# shall not load Discord's library each time.


async def _run(settings: Settings, _asked: Namespace) -> int:
    from bot import app

    await app.run(settings)
    return 0


async def _check(settings: Settings, _asked: Namespace) -> int:
    from bot.preflight import check

    status = 0
    async for works, line in check(settings):
        _say(f"{'ok' if works else 'FAILED':<7} {line}")
        status = status or (0 if works else 1)
    return status


async def _health(settings: Settings, _asked: Namespace) -> int:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - read here, not bound to
    host = everywhere.get(settings.web_host, settings.web_host)
    url = f"http://{host}:{settings.web_port}/healthz"
    timeout = aiohttp.ClientTimeout(total=HEALTH_TIMEOUT)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            _say(await answer.text())
            return 0 if answer.ok else 1
    except (aiohttp.ClientError, TimeoutError) as error:
        raise OSError(f"no answer from {url}: {type(error).__name__}") from error


async def _migrate(settings: Settings, _asked: Namespace) -> int:
    from bot.store.database import Database

    async with Database.open(settings.database_url.get_secret_value()):
        _say("the store's tables are up to date")
    return 0


async def _jobs(settings: Settings, asked: Namespace) -> int:
    from bot import admin

    match asked.act:
        case "list":
            state = State(asked.state) if asked.state else None
            lines = admin.listed(settings, state, most=asked.limit)
        case "show":
            lines = admin.shown(settings, asked.id)
        case _:
            lines = admin.settled(settings, asked.id, request_id=asked.delivered_by)
    async for line in lines:
        _say(line)
    return 0


async def _lanes(settings: Settings, _asked: Namespace) -> int:
    from bot import admin

    async for line in admin.lanes(settings):
        _say(line)
    return 0


def _add_jobs(parser: ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="act", required=True)
    listing = acts.add_parser("list", help="the newest orders, a line each")
    listing.add_argument("--state", type=str.upper, choices=list(State), metavar="STATE")
    listing.add_argument("--limit", type=int, default=20, metavar="N")
    acts.add_parser("show", help="all of one order but its secrets").add_argument("id")
    settling = acts.add_parser("settle", help="say what became of an UNCERTAIN order")
    settling.add_argument("id")
    how = settling.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--delivered-by",
        metavar="REQUEST_ID",
        help="the vendor took it as that request: the running bot follows and delivers it",
    )
    how.add_argument(
        "--refused", action="store_true", help="the vendor took nothing, and bills nothing"
    )


def _loop(steps: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(steps)


def _fail(error: Exception, status: int) -> int:
    _say(f"imagine: {error}", sys.stderr)
    return status


def _say(line: str, to: TextIO | None = None) -> None:
    print(line, file=to or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())

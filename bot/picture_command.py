"""Checks pictures with a command of the operator's."""

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bot.service.port_errors import CheckUnavailable
from bot.service.ports.picture_check import CheckResult

LARGEST_ANSWER: Final = 64 * 1024  # bytes
LONGEST_REASON: Final = 100  # characters
# What the command gets of the environment: the rest may hold the bot's secrets.
PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


class CommandCheck:
    """Adapter of a command that gets the path of a picture as its last argument.

    It answers with JSON in its output: ``{"flagged": true, "reason": "nudity"}``. No shell runs it.
    """

    repeatable = True

    def __init__(self, command: Sequence[str], *, within: float, at_once: int) -> None:
        """After *within* seconds it is killed, with its children; *at_once*: processes."""
        self._command = command
        self._within = within
        self._slots = asyncio.Semaphore(at_once)

    async def check(self, path: Path, *, address: str) -> CheckResult:  # noqa: ARG002 - of the port
        """Run the command on the file. Raises CheckUnavailable."""
        async with self._slots:
            output = await self._run(path)
        try:
            answer: Any = json.loads(output)
        except (ValueError, RecursionError) as error:
            raise CheckUnavailable("the command's output is no JSON") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("flagged"), bool):
            raise CheckUnavailable("the command's output has no flagged: true or false")
        reason = answer.get("reason")
        text = " ".join(reason.split()) if isinstance(reason, str) else ""
        return CheckResult(flagged=answer["flagged"], reason=text[:LONGEST_REASON])

    def _arguments(self, path: Path) -> Sequence[str]:
        return *self._command, str(path.absolute())

    async def _run(self, path: Path) -> bytes:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._arguments(path),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=DEVNULL,
                env=environment,
                start_new_session=True,  # so that its children can be killed with it
            )
        except OSError as error:
            raise CheckUnavailable(f"the command can't be run: {error.strerror}") from error
        try:
            async with asyncio.timeout(self._within):
                output = await _output(process)
                status = await process.wait()
        except BaseException as error:
            _kill(process)
            await process.wait()
            if isinstance(error, TimeoutError):
                raise CheckUnavailable(f"the command took over {self._within:g} s") from error
            raise
        if status != 0:
            raise CheckUnavailable(f"the command ended with {status}")
        return output


async def _output(process: Process) -> bytes:
    """Return the whole output. Raises CheckUnavailable if it is too large."""
    assert process.stdout is not None
    output = bytearray()
    while chunk := await process.stdout.read(LARGEST_ANSWER + 1 - len(output)):
        output += chunk
        if len(output) > LARGEST_ANSWER:
            raise CheckUnavailable(f"the command's output is larger than {LARGEST_ANSWER} bytes")
    return bytes(output)


def _kill(process: Process) -> None:
    """Kill the command and its children; a group that has ended is no more."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)

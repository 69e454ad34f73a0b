"""Starts bots by forking a process that has imported them; there is one for each pytest worker.

`ForkServer.launch` replaces `sandbox.botprocess.launch`: a process started by either sees the same,
but a fork is faster.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from sandbox.botprocess import Process, launch
from sandbox.environment import PROJECT, inherited

PYTHON = (sys.executable, "-m")
READ_AT_START = ("PYTHON", "LANG", "LC_")  # variables that an interpreter reads at its start only


class ForkServer:
    """Starts `python -m MODULE` by forking a process that has imported the bot."""

    def __init__(self, channel: socket.socket, env: Mapping[str, str]) -> None:
        self._channel = channel
        self._env = env

    @classmethod
    @asynccontextmanager
    async def open(cls, *, capture: str = "") -> AsyncIterator[Self]:
        """Start the server; at the end it and all its children are killed.

        Every bot appends the statements that it executes to the file *capture*.
        """
        env = inherited() | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = Path(__file__).with_name("fork_server.py")
        with ours:
            with theirs:
                server = subprocess.Popen(  # noqa: ASYNC220  it is as quick as asyncio's
                    [sys.executable, script, str(theirs.fileno()), str(os.getpid()), capture],
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            yield cls(ours, env)
        await asyncio.to_thread(server.wait)

    async def launch(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Process:
        """Start *command*: by a fork, or as a new process where a fork would behave differently."""
        if tuple(command[:2]) != PYTHON or _at_start(env) != _at_start(self._env):
            return await launch(command, cwd=cwd, env=env)
        _, _, module, *arguments = command
        request = {"module": module, "arguments": arguments, "cwd": str(cwd), "env": dict(env)}
        output, their_output = os.pipe()
        status, their_status = os.pipe()
        socket.send_fds(self._channel, [json.dumps(request).encode()], [their_output, their_status])
        os.close(their_output)
        os.close(their_status)
        return await Forked.started(output=output, status=status)


class Forked(asyncio.Protocol):
    """A process whose parent, the fork server, reports its id and later its exit status."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._output = asyncio.StreamReader()
        self.stdout: asyncio.StreamReader | None = self._output
        self._pid: asyncio.Future[int] = loop.create_future()
        self._ended: asyncio.Future[int] = loop.create_future()
        self._received = b""

    @classmethod
    async def started(cls, *, output: int, status: int) -> Self:
        """Return the process once it has started; the arguments are pipes to read from."""
        loop, process = asyncio.get_running_loop(), cls()
        await loop.connect_read_pipe(lambda: process, open(status, "rb", 0))  # noqa: ASYNC230, SIM115
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(process._output),
            open(output, "rb", 0),  # noqa: ASYNC230, SIM115
        )
        await process._pid
        return process

    @property
    def pid(self) -> int:
        return self._pid.result()

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, signal: int) -> None:
        os.kill(self.pid, signal)

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            (self._ended if self._pid.done() else self._pid).set_result(int(line))

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._pid.done():
            self._pid.set_exception(ConnectionError("the fork server has ended"))
        elif not self._ended.done():
            self._ended.set_result(-signal.SIGKILL)  # it dies with its server


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}

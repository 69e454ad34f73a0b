"""Bots as real processes that need not import anything: forked by a server, one for each worker.

`launch` of a `ForkServer` stands where `sandbox.botprocess.launch` stands; what a process sees of
its start by the one and by the other is the same, but for what it costs.
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
READ_AT_START = ("PYTHON", "LANG", "LC_")  # what an interpreter reads once, as it starts


class ForkServer:
    """Starts `python -m MODULE` by a fork of a process that has imported the bot."""

    def __init__(self, channel: socket.socket, env: Mapping[str, str]) -> None:
        self._channel = channel
        self._env = env

    @classmethod
    @asynccontextmanager
    async def open(cls, *, capture: str = "") -> AsyncIterator[Self]:
        """Start the server; at the end it is gone, and all that it forked.

        To the file *capture* every bot appends the statements that it sends to its store.
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
        """Start *command*; one that a fork could not be the same as is started as by anybody."""
        if tuple(command[:2]) != PYTHON or _at_start(env) != _at_start(self._env):
            return await launch(command, cwd=cwd, env=env)
        _, _, module, *arguments = command
        order = {"module": module, "arguments": arguments, "cwd": str(cwd), "env": dict(env)}
        output, their_output = os.pipe()
        told, their_told = os.pipe()
        socket.send_fds(self._channel, [json.dumps(order).encode()], [their_output, their_told])
        os.close(their_output)
        os.close(their_told)
        return await Forked.started(output=output, told=told)


class Forked(asyncio.Protocol):
    """A process that somebody else is the parent of, who tells its id and, later, its status."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._output = asyncio.StreamReader()
        self.stdout: asyncio.StreamReader | None = self._output
        self._pid: asyncio.Future[int] = loop.create_future()
        self._ended: asyncio.Future[int] = loop.create_future()
        self._told = b""

    @classmethod
    async def started(cls, *, output: int, told: int) -> Self:
        """Return the process once it is there; the arguments are ends of pipes to read from."""
        loop, process = asyncio.get_running_loop(), cls()
        await loop.connect_read_pipe(lambda: process, open(told, "rb", 0))  # noqa: ASYNC230, SIM115
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
        *lines, self._told = (self._told + data).split(b"\n")
        for line in lines:
            (self._ended if self._pid.done() else self._pid).set_result(int(line))

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._pid.done():
            self._pid.set_exception(ConnectionError("the fork server has ended"))
        elif not self._ended.done():
            self._ended.set_result(-signal.SIGKILL)  # as it dies with its server


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}

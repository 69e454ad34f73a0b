"""Run as a script: imports the bot once and forks bots from then on.

Imports take most of a bot's start, and the tests start it a hundred times. A forked bot is a
process like any other, with its own id, environment, session and exit status. It inherits no
thread, event loop or socket.

Protocol: a request is one message on the socket that the script is given; see `forked.py`. The
server ends when the socket is closed.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
import time
from types import ModuleType
from typing import Any

import sqlalchemy

# Modules that the bot imports only when it needs them.
LATE = (
    "alembic.command",
    "alembic.config",
    "asyncpg",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvloop",
)
TRACE = "TRACE_WRITE_LOCK"  # a bot's environment variable: a file for the trace of SQLite's lock
WITHOUT_CALLBACKS = "WITHOUT_CALLBACKS"  # a bot's environment variable: it asks for none
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
REQUEST_BYTES = 1 << 17

Request = dict[str, Any]


def main() -> None:
    """Import the bot, then fork for each request."""
    descriptor, parent, capture = sys.argv[1:]
    _die_with(int(parent))
    with socket.socket(fileno=int(descriptor)) as channel:
        for name in (*LATE, *_modules("bot"), *_modules("cogs")):
            importlib.import_module(name)
        gc.collect()
        gc.freeze()  # pages that no child's collector touches stay shared
        request = _serve(channel)
    if request is not None:
        _become(request, capture)


def _modules(package: str) -> list[str]:
    """Return the names of all modules of a package that do nothing when they are imported."""
    root: ModuleType = importlib.import_module(package)
    names = [module.name for module in pkgutil.walk_packages(root.__path__, f"{package}.")]
    return [name for name in names if not name.endswith("__main__") and ".migrations." not in name]


def _serve(channel: socket.socket) -> Request | None:
    """Fork for each request, and report the end of each child.

    Returns in each child, with its request; in the server at its end, with None.
    """
    children: dict[int, tuple[int, int]] = {}  # by pidfd: process id, pipe for the exit status
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready in children:
                poll.unregister(ready)
                pid, pipe = children.pop(ready)
                _, status = os.waitpid(pid, 0)
                with contextlib.suppress(OSError):  # the reader may have ended
                    os.write(pipe, b"%d\n" % os.waitstatus_to_exitcode(status))
                os.close(ready)
                os.close(pipe)
                continue
            message, descriptors, _, _ = socket.recv_fds(channel, REQUEST_BYTES, 2)
            if not message:
                return None
            output, pipe = descriptors
            server, pid = os.getpid(), os.fork()
            if pid == 0:
                return {**json.loads(message), "output": output, "server": server}
            os.close(output)
            os.write(pipe, b"%d\n" % pid)
            pidfd = os.pidfd_open(pid)
            children[pidfd] = pid, pipe
            poll.register(pidfd, select.POLLIN)


def _become(request: Request, capture: str) -> None:
    """Run the request's command in this process, which has only imported modules so far."""
    os.setsid()
    _die_with(request["server"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(request["output"], 1)
    os.dup2(request["output"], 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    sys.path[0] = request["cwd"]
    sys.argv[1:] = request["arguments"]
    if capture:
        _capture(capture)
    if TRACE in os.environ:
        _trace_write_lock(os.environ[TRACE])
    if WITHOUT_CALLBACKS in os.environ:
        importlib.import_module("tests.acceptance.without_callbacks")
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def _capture(path: str) -> None:
    """Append each different statement that this process executes, as a line of JSON."""
    file = _appended(path)
    seen, lock = set(), threading.Lock()

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
    def note(connection, _cursor, statement, parameters, _context, executemany) -> None:
        with lock:  # several threads read and write
            if statement in seen:
                return
            seen.add(statement)
        line = {
            "dialect": connection.dialect.name,
            "statement": statement,
            "parameters": list(parameters[0] if executemany else parameters),
        }
        with contextlib.suppress(OSError):  # a test may fill this process's disk
            os.write(file, json.dumps(line).encode() + b"\n")


def _trace_write_lock(path: str) -> None:
    """Append ``waiting`` before each acquisition of SQLite's write lock, ``acquired`` after it."""
    file = _appended(path)
    for event, line in (
        ("before_cursor_execute", b"waiting\n"),
        ("after_cursor_execute", b"acquired\n"),
    ):

        @sqlalchemy.event.listens_for(sqlalchemy.Engine, event)
        def note(_connection, _cursor, statement, *_rest, line=line) -> None:
            if statement == "BEGIN IMMEDIATE":
                os.write(file, line)


def _appended(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent process has ended")


if __name__ == "__main__":
    main()

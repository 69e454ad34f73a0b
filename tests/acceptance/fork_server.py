"""Run as a script: a process that has imported what a bot imports, and forks into bots.

Most of what a start of the bot costs is imports, and the suite starts it a hundred times. What is
forked here is a process like any other, with an id, an environment, a session and an exit status
of its own. Neither a thread, a loop nor a socket of anybody else's gets into it.

It does what it reads from the socket that it is given, until that is closed: see `forked.py`.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time

import sqlalchemy

PRELOADED = (
    "alembic.command",
    "alembic.config",
    "asyncpg",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "bot.app",
    "bot.preflight",
    "bot.admin",
    "cogs.help",
    "cogs.history",
    "cogs.imagine",
    "cogs.limits",
    "cogs.order_buttons",
    "cogs.reports",
)
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
ORDER_BYTES = 1 << 17


def main() -> None:
    """Import, then fork until nobody orders any more."""
    descriptor, parent, capture = sys.argv[1:]
    _die_with(int(parent))
    with socket.socket(fileno=int(descriptor)) as channel:
        for name in PRELOADED:
            importlib.import_module(name)
        gc.collect()
        gc.freeze()  # pages that no child's collector touches stay shared
        order = _serve(channel)
    if order is not None:
        _become(order, capture)


def _serve(channel: socket.socket) -> dict | None:
    """Fork for each order, and tell its end.

    Returns in every child, with its order; in the server at the end, with nothing.
    """
    ends: dict[int, tuple[int, int]] = {}  # by descriptor of the process: its id, where to tell
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready in ends:
                poll.unregister(ready)
                pid, tell = ends.pop(ready)
                _, status = os.waitpid(pid, 0)
                with contextlib.suppress(OSError):  # nobody wants to know any more
                    os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(status))
                os.close(ready)
                os.close(tell)
                continue
            message, descriptors, _, _ = socket.recv_fds(channel, ORDER_BYTES, 2)
            if not message:
                return None
            output, tell = descriptors
            server, pid = os.getpid(), os.fork()
            if pid == 0:
                return {**json.loads(message), "output": output, "server": server}
            os.close(output)
            os.write(tell, b"%d\n" % pid)
            opened = os.pidfd_open(pid)
            ends[opened] = pid, tell
            poll.register(opened, select.POLLIN)


def _become(order: dict, capture: str) -> None:
    """Be what the order's command would be: nothing but imported modules was here before."""
    os.setsid()
    _die_with(order["server"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(order["output"], 1)
    os.dup2(order["output"], 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["cwd"])
    sys.path[0] = order["cwd"]
    sys.argv[1:] = order["arguments"]
    if capture:
        _capture(capture)
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


def _capture(path: str) -> None:
    """Append each statement that this process sends to its store, once, as a line of JSON."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
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


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("who started this has ended")


if __name__ == "__main__":
    main()

"""A forked process sees the same environment as one that is started."""

import asyncio
import json
import os
import signal
import sys

import pytest

from sandbox.botprocess import launch
from tests.acceptance.forked import ForkServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bots are forked on Linux only")

PROBE = """
import asyncio, json, os, random, signal, sys, threading, time
try:
    asyncio.get_running_loop()
except RuntimeError:
    loop = None
found = {
    "name": __name__,
    "file": __file__,
    "arguments": sys.argv,
    "path": sys.path,
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "leads its session": os.getsid(0) == os.getpid(),
    "descriptors": [os.readlink(f"/proc/self/fd/{one}").partition(":")[0] for one in range(3)],
    "more descriptors": len(os.listdir("/proc/self/fd")) - 4,
    "threads": threading.active_count(),
    "tasks": len(os.listdir("/proc/self/task")),
    "loop": loop,
    "signals": [str(signal.getsignal(one)) for one in (2, 13, 15, 17)],
    "masked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "zone": time.tzname,
    "streams": [(one.encoding, one.errors, one.line_buffering, one.write_through)
                for one in (sys.stdin, sys.stdout, sys.stderr)],
}
print(json.dumps(found), random.getrandbits(64), flush=True)
if sys.argv[1:] == ["stay"]:
    signal.pause()
print("the last word", end="", file=sys.stderr)
sys.exit(3)
"""


@pytest.fixture
def start(sandbox, launched, tmp_path):
    """Start the probe, by a fork unless *by* says otherwise."""
    (tmp_path / "probe.py").write_text(PROBE)
    env = sandbox.bot_environment() | {"TZ": "Asia/Tokyo", "COLOR": "red"}

    async def start(*arguments, by=launched, **more):
        return await by((sys.executable, "-m", "probe", *arguments), cwd=tmp_path, env=env | more)

    return start


async def test_it_sees_the_same_as_a_started_process(start):
    seen = []
    for by in ({}, {"by": launch}):
        process = await start("one", "two", **by)
        line, last = (await process.stdout.read()).decode().splitlines()
        assert await process.wait() == process.returncode == 3
        assert last == "the last word"
        seen.append(json.loads(line.rpartition(" ")[0]))

    assert seen[0] == seen[1]


async def test_each_has_its_own_random_numbers(start):
    """Else all bots would use the same jitter and the same names."""
    lines = [await (await start()).stdout.readline() for _ in range(2)]

    assert len({line.rpartition(b" ")[2] for line in lines}) == 2


async def test_its_kill_is_reported(start):
    process = await start("stay")
    await process.stdout.readline()
    assert process.returncode is None

    process.send_signal(signal.SIGKILL)

    assert await process.wait() == -signal.SIGKILL
    assert await process.stdout.read() == b""


async def test_with_other_settings_of_the_interpreter_it_is_not_forked(start):
    process = await start(PYTHONUTF8="1", PYTHONUNBUFFERED="")

    line = (await process.stdout.readline()).decode()

    streams = json.loads(line.rpartition(" ")[0])["streams"]
    assert streams[1][-1] is False, "it does not buffer its output"
    assert await process.wait() == 3


async def test_it_ends_with_its_server(start, tmp_path):
    """A killed test run leaves no bot behind."""
    async with ForkServer.open() as server:
        process = await start("stay", by=server.launch)
        await process.stdout.readline()
        gone, end = asyncio.Event(), os.pidfd_open(process.pid)
        asyncio.get_running_loop().add_reader(end, gone.set)

    async with asyncio.timeout(10):
        await gone.wait()
    asyncio.get_running_loop().remove_reader(end)
    os.close(end)
    assert await process.wait() == -signal.SIGKILL


async def test_its_statements_are_captured_on_request(sandbox, tmp_path):
    """``benchmarks.plans`` explains each of them."""
    file = tmp_path / "statements.jsonl"
    async with ForkServer.open(capture=str(file)) as server:
        process = await server.launch(
            (sys.executable, "-m", "bot", "migrate"), cwd=tmp_path, env=sandbox.bot_environment()
        )
        assert await process.wait() == 0

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["dialect"] for line in lines} == {"sqlite"}
    assert any("CREATE TABLE jobs" in line["statement"] for line in lines)
    assert len({line["statement"] for line in lines}) == len(lines)
    assert all(isinstance(line["parameters"], list) for line in lines)

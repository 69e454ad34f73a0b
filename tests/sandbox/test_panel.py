"""The panel's API: valid requests, invalid requests, foreign origins."""

import math
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web

from sandbox import time_of_day
from sandbox.alerts import AlertReceiver
from sandbox.botprocess import BotProcess
from sandbox.discord import sample_world, snowflakes
from sandbox.discord.enums import Permission
from sandbox.discord.gateway import Gateway
from sandbox.discord.world import World
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.panel import Panel
from sandbox.pixazo import Pixazo, Settings
from sandbox.stepped_clock import SteppedClock
from tests.sandbox.conftest import connected
from tests.sandbox.pixazo.conftest import KEY, SUBMIT

PICTURES = "745100321596440611"  # a channel of the sample world


@dataclass
class Target:
    """What the panel controls, with no bot at the gateway."""

    world: World
    pixazo: Pixazo
    alerts: AlertReceiver
    gateway: Gateway
    process: BotProcess | None
    clock: SteppedClock | None
    online: bool = False
    by_http: bool = False

    def choose_way(self, *, by_http: bool) -> None:
        assert self.process is not None
        assert not self.process.running
        self.by_http = by_http


@pytest.fixture
async def target(tmp_path) -> AsyncIterator[Target]:
    command = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
    process = BotProcess({}, cwd=tmp_path, command=command)
    async with Pixazo(Settings(), Journal(), Faults()) as pixazo:
        world = sample_world()
        alerts = AlertReceiver(Journal(), Faults())
        alerts.taken += [{"text": f"alert {number}"} for number in range(12)]
        clock = SteppedClock(tmp_path / "clock")
        yield Target(world, pixazo, alerts, Gateway(world), process, clock)
        time_of_day.set_ahead(0.0)
        await process.kill()


@pytest.fixture
async def page(target) -> AsyncIterator[aiohttp.ClientSession]:
    app = web.Application()
    app.add_routes(Panel(target).routes)
    async with connected(app) as session:
        yield session


async def post(page, path: str, body: object, **headers: str) -> tuple[int, dict]:
    async with page.post(f"/panel/{path}", json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_the_state_shows_everything(page, target):
    async with page.get("/panel/state") as response:
        state = await response.json()

    places = state.pop("places")
    open_to_bot = {"denied": [], "german": False, "invited": True}
    assert places[target.world.channel("pictures").id] == open_to_bot
    assert places[target.world.channel("quay").id] == {**open_to_bot, "invited": False}
    assert state == {
        "ahead": 0.0,
        "alerts": [f"alert {number}" for number in range(2, 12)],
        "bot": {
            "running": False,
            "pid": None,
            "online": False,
            "started_at": None,
            "way": "gateway",
            "direct": False,
            "log": [],
        },
        "vendor": {
            "queued_seconds": [1.0, 3.0],
            "processing_seconds": [4.0, 8.0],
            "wallet_usd": None,
            "price_usd": 0.001,
            "callbacks": True,
            "troubles": [],
            "next": [],
            "submitted": 0,
            "status_calls": 0,
            "callbacks_sent": 0,
            "requests": [],
        },
    }


async def test_requests_are_shown_newest_last(page, target):
    for number in range(12):
        order = {"prompt": f"picture {number}"}
        async with page.post(target.pixazo.origin + SUBMIT, json=order, headers=KEY):
            pass

    async with page.get("/panel/state") as response:
        vendor = (await response.json())["vendor"]

    assert vendor["submitted"] == 12
    assert [shown["prompt"] for shown in vendor["requests"]] == [
        f"picture {number}" for number in range(2, 12)
    ]
    assert vendor["requests"][0]["status"] == "QUEUED"


async def test_the_vendor_takes_new_settings(page, target):
    body = {
        "queued_seconds": [0, 0.2],
        "processing_seconds": [1, 2.5],
        "wallet_usd": 0.5,
        "callbacks": False,
    }

    code, state = await post(page, "vendor", body)

    assert code == 200
    assert body.items() <= state["vendor"].items()
    settings = target.pixazo.settings
    assert (settings.queued_seconds, settings.callback_delays) == ((0.0, 0.2), ())


async def test_the_wallet_can_become_unlimited_again(page, target):
    target.pixazo.wallet_usd = 0.0

    _, state = await post(page, "vendor", {"wallet_usd": None})

    assert state["vendor"]["wallet_usd"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("vendor", {"queued_seconds": 3}),
        ("vendor", {"queued_seconds": [1]}),
        ("vendor", {"queued_seconds": [2, 1]}),
        ("vendor", {"queued_seconds": [-1, 1]}),
        ("vendor", {"queued_seconds": ["1", "2"]}),
        ("vendor", {"processing_seconds": [0, 1e9]}),
        ("vendor", {"wallet_usd": "much"}),
        ("vendor", {"wallet_usd": True}),
        ("vendor", {"callbacks": 1}),
        ("vendor", {"key": "other"}),
        ("vendor", []),
        ("vendor/trouble", {}),
        ("vendor/trouble", {"name": "media_away", "seconds": -1}),
        ("vendor/next", {}),
        ("vendor/next", {"answer": "418"}),
        ("vendor/next", {"answer": "429", "count": 0}),
        ("vendor/next", {"answer": "429", "count": True}),
        ("vendor/next", {"answer": "429", "count": 1000}),
        ("vendor/next", {"answer": "429", "retry_after": "soon"}),
        ("gateway", {"close": 1000}),
        ("gateway", {"close": 4000, "when": "never"}),
        ("gateway", {"close": 4000, "times": -1}),
        ("bot", {"do": "dance"}),
        ("bot/direct", {"on": "yes"}),
        ("bot/interactions", {"way": "pigeon"}),
        ("clock", {"seconds": -86400}),
        ("clock", {}),
        ("invite", {"system_channel": True}),
        ("place", {"channel": "1", "german": True}),
        ("place", {"channel": PICTURES, "denied": ["ADMINISTRATOR"]}),
        ("place", {"channel": PICTURES, "denied": {"name": "x"}}),
        ("place", {"channel": PICTURES, "invited": 0}),
        ("place", {"channel": PICTURES, "denied": ["ATTACH_FILES"], "german": None}),
        ("bot", {}),
    ],
)
async def test_an_invalid_request_changes_nothing_and_says_why(page, target, path, body):
    before = Panel(target).state()

    code, answer = await post(page, path, body)

    assert code == 400
    assert answer["error"]
    assert Panel(target).state() == before


async def test_a_partly_invalid_request_changes_nothing(page, target):
    await post(page, "vendor", {"wallet_usd": 1, "callbacks": "maybe"})

    assert target.pixazo.wallet_usd is None


async def test_invalid_json_is_refused(page):
    headers = {"Content-Type": "application/json"}
    async with page.post("/panel/vendor", data=b"{", headers=headers) as response:
        assert response.status == 400


async def test_the_next_answers_are_queued_and_cleared(page, target):
    await post(page, "vendor/next", {"answer": "429", "retry_after": 9, "count": 2})
    _, state = await post(page, "vendor/next", {"answer": "silence"})
    assert state["vendor"]["next"] == ["429", "429", "silence"]
    assert target.pixazo.next[0] == ("429", 9.0)

    _, state = await post(page, "vendor/next", {"answer": "clear"})

    assert state["vendor"]["next"] == []


async def test_the_bot_is_started_killed_and_restarted(page, target):
    _, state = await post(page, "bot", {"do": "start"})
    first = state["bot"]["pid"]
    assert state["bot"]["running"]
    assert state["bot"]["started_at"]

    _, state = await post(page, "bot", {"do": "kill"})
    assert (state["bot"]["running"], state["bot"]["pid"]) == (False, None)
    assert target.process.returncode == -9

    _, state = await post(page, "bot", {"do": "restart"})
    second = state["bot"]["pid"]
    _, state = await post(page, "bot", {"do": "restart"})
    assert len({first, second, state["bot"]["pid"]}) == 3

    _, state = await post(page, "bot", {"do": "stop"})
    assert state["bot"]["log"][-1] == "bot ended with status -15"


async def test_orders_outside_of_servers_are_switched_with_a_restart(page, target):
    _, state = await post(page, "bot/direct", {"on": True})
    assert (state["bot"]["direct"], state["bot"]["running"]) == (True, False)
    assert target.process.env["ALLOW_DIRECT"] == "true"
    _, state = await post(page, "bot", {"do": "start"})

    _, after = await post(page, "bot/direct", {"on": False})

    assert (after["bot"]["direct"], after["bot"]["running"]) == (False, True)
    assert after["bot"]["pid"] != state["bot"]["pid"]


async def test_the_way_of_interactions_is_switched_with_a_restart(page, target):
    _, state = await post(page, "bot", {"do": "start"})

    _, after = await post(page, "bot/interactions", {"way": "http"})

    assert (after["bot"]["way"], after["bot"]["running"]) == ("http", True)
    assert after["bot"]["pid"] != state["bot"]["pid"]


async def test_a_place_takes_permissions_a_language_and_the_bot(page, target):
    channel = target.world.channel("pictures")
    guild = target.world.guild_of(channel)
    denied = ["SEND_MESSAGES", "ATTACH_FILES"]

    _, state = await post(page, "place", {"channel": PICTURES, "denied": denied})
    assert state["places"][PICTURES]["denied"] == denied
    assert Permission.SEND_MESSAGES not in target.world.bot_permissions(channel)
    await post(page, "place", {"channel": PICTURES, "german": True, "invited": False})
    assert (guild.locale, guild.features, guild.has_bot) == ("de", ("COMMUNITY",), False)
    body = {"channel": PICTURES, "denied": [], "german": False, "invited": True}
    _, state = await post(page, "place", body)

    assert state["places"][PICTURES] == {"denied": [], "german": False, "invited": True}
    assert Permission.SEND_MESSAGES in target.world.bot_permissions(channel)
    assert (guild.locale, guild.features) == ("en-US", ())


async def test_the_time_of_day_is_stepped_everywhere(page, target):
    earlier = int(snowflakes.new()) >> 22

    _, state = await post(page, "clock", {"seconds": 86400})

    assert state["ahead"] == 86400
    assert float(target.clock.file.read_text()) == 86400
    assert (int(snowflakes.new()) >> 22) - earlier >= 86_400_000
    assert snowflakes.age(snowflakes.new()) < 1
    assert time_of_day.now() - time.time() == pytest.approx(86400, abs=1)
    target.clock = None
    assert (await post(page, "clock", {"seconds": 1}))[0] == 400


async def test_without_a_bot_start_is_refused(page, target):
    process, target.process = target.process, None

    code, _ = await post(page, "bot", {"do": "start"})

    target.process = process
    assert code == 400


async def test_the_gateway_closes_connections_until_that_is_ended(page, target):
    closes = [
        {"close": 4009, "when": "now"},
        {"close": 4000, "when": "hello", "times": 2, "seconds": 60},
        {"close": 4014, "when": "identify"},
    ]
    for body in closes:
        assert (await post(page, "gateway", body))[0] == 200
    shown = [(one.code, one.stage, one.times) for one in target.gateway.closures]
    assert shown == [(4000, "hello", 2), (4014, "identify", math.inf)]

    assert (await post(page, "gateway", {"close": None}))[0] == 200
    assert target.gateway.closures == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
async def test_pages_of_other_origins_are_refused(page, target, headers):
    """Any web page open in the same browser could send a form to the sandbox."""
    code, _ = await post(page, "vendor", {"wallet_usd": 0}, **headers)

    assert code == 403
    assert target.pixazo.wallet_usd is None


async def test_forms_are_refused(page):
    async with page.post("/panel/bot", data={"do": "start"}) as response:
        assert response.status == 415


async def test_the_bot_is_invited_to_new_servers(page, target):
    for system_channel, writable in ((True, True), (False, False)):
        before = set(target.world.guilds)
        body = {"system_channel": system_channel, "writable": writable}
        _, state = await post(page, "invite", body)

        [guild_id] = set(target.world.guilds) - before
        guild = target.world.guilds[guild_id]
        assert guild.has_bot
        assert guild.bot_joined_at > "2026"
        assert (guild.system_channel_id is not None) is system_channel
        first = state["places"][next(iter(guild.channels))]
        assert first["denied"] == ([] if writable else ["SEND_MESSAGES"])

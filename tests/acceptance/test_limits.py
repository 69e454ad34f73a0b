"""Limits as members meet them and moderators set them, before real bot processes."""

import asyncio
import json

import pytest

from sandbox.discord.filling import submitted
from sandbox.discord.kinds import InteractionType, Permission
from sandbox.discord.member import Invocation
from tests.acceptance.outside import without_limits
from tests.acceptance.test_imagine import delivered, says, words

CLUB, LIBRARY = "Lighthouse Club", "Quiet Library"


@pytest.fixture
def mira(stage):
    """A moderator of both servers."""
    return stage.discord.member("Mira", channel="general", guild=CLUB)


@pytest.fixture
def crowd(stage):
    """Make as many members of a server as a test needs."""

    def crowd(count, *, guild=CLUB, channel="general"):
        members = []
        for number in range(count):
            user = stage.world.add_user(f"{guild} {number}")
            stage.world.guild(guild).members[user.id] = []
            members.append(stage.discord.member(user.id, channel=channel, guild=guild))
        return members

    return crowd


@pytest.fixture(params=["one process on SQLite", "two processes on PostgreSQL"])
async def processes(request, start, stage, postgres):
    """Start the bot: once, or twice, each hearing of every order, before one database."""

    async def processes(**settings):
        if request.param == "one process on SQLite":
            return [await start(**settings)]
        url = await postgres.new()
        first = await start(DATABASE_URL=url, INSTANCE="first", **settings)
        second = stage.bot(
            DATABASE_URL=url,
            INSTANCE="second",
            WEB_PORT="0",
            LANE_RATE_PER_MINUTE="6000",
            **settings,
        )
        await second.start()
        await second.wait_line("connected to Discord")
        return [first, second]

    return processes


async def set_limits(moderator, **limits):
    sent = await moderator.command("limits", "set", **limits)
    return await sent.until(lambda message: message["content"])


async def order_at_once(members, **options):
    """Have *members* order at the same moment; return who was admitted, and what refused said."""
    sents = await asyncio.gather(
        *(
            member.command("imagine", prompt=f"picture {number}", **options)
            for number, member in enumerate(members)
        )
    )
    answers = await asyncio.gather(*(sent.answer(within=10) for sent in sents))
    pairs = list(zip(sents, answers, strict=True))
    admitted = [sent for sent, _ in pairs if not sent.ephemeral]
    return admitted, [answer["content"] for sent, answer in pairs if sent.ephemeral]


async def test_a_burst_of_one_member_gets_exactly_what_they_may_have_at_once(
    processes, stage, noah, mira
):
    stage.pixazo.hold_states()
    await processes()
    await set_limits(mira, member_at_once=2)

    admitted, refused = await order_at_once([noah] * 50)

    assert (len(admitted), len(refused)) == (2, 48)
    assert all(
        "you may have 2 orders at once, and 2 of yours are not done yet" in one for one in refused
    )
    assert len(await stage.pixazo.wait_accepted(2)) == 2


async def test_a_burst_of_many_members_gets_exactly_what_the_server_may_have(
    processes, stage, crowd, mira
):
    stage.pixazo.hold_states()
    await processes()
    await set_limits(mira, server_per_day=3)

    admitted, refused = await order_at_once(crowd(50))

    assert (len(admitted), len(refused)) == (3, 47)
    assert all("3 images a day. 3 are used, you asked for 1" in one for one in refused)
    assert all("moderators can change this" in one for one in refused)


async def test_the_operators_cap_on_all_servers_is_exact_across_them(processes, stage, crowd):
    stage.pixazo.hold_states()
    await processes(MAX_IMAGES_PER_DAY="5")
    members = [*crowd(15), *crowd(15, guild=LIBRARY, channel="reading-room")]

    admitted, refused = await order_at_once(members)

    assert (len(admitted), len(refused)) == (5, 25)
    assert all("allows all servers together 5 images a day. 5 are used" in one for one in refused)
    assert all("Only the operator can change this" in one for one in refused)


async def test_an_order_that_ended_unbilled_gives_its_place_back(stage, start, noah, mira):
    await start()
    await set_limits(mira, member_per_day=2)
    stage.pixazo.answer_next("ERROR")
    sent = await noah.command("imagine", prompt="a cat", images=2)
    await sent.until(says("Nothing was charged"))

    again = await noah.command("imagine", prompt="a dog", images=2)
    await again.until(delivered(2))

    over = await noah.command("imagine", prompt="a cow")
    assert "2 images a day. 2 are used, you asked for 1" in (await over.answer())["content"]


async def test_a_quiet_server_is_served_second_at_the_latest(stage, start, crowd, noah, mira):
    """Thirty orders of one server wait; another's only one does not wait behind them."""
    stage.pixazo.hold_states()
    await start(LANE_WIDTH="1")
    await without_limits(stage)
    loud = [await noah.command("imagine", prompt=f"loud {number}") for number in range(31)]
    for sent in loud:
        await sent.acknowledged()
    [first] = await stage.pixazo.wait_accepted()
    [reader] = crowd(1, guild=LIBRARY, channel="reading-room")
    quiet = await reader.command("imagine", prompt="quiet")
    await quiet.until(says("place 1 in line"), within=15)

    stage.pixazo.move(first.request_id, "COMPLETED")
    served = await stage.pixazo.wait_accepted(2)
    stage.pixazo.move(served[1].request_id, "COMPLETED")
    served = await stage.pixazo.wait_accepted(3)

    prompts = [json.loads(one.body)["prompt"] for one in served]
    assert "quiet" in prompts[1:3]


async def test_a_blocked_word_is_refused_and_logged_however_the_prompt_comes_in(
    stage, start, noah, mira
):
    await start()
    sent = await noah.command("imagine", prompt="a big bad wolf")
    card = await sent.until(delivered(1))
    log = await mira.command("limits", "log", channel=stage.world.channel("pictures").id)
    await log.until(says("is told of refused words"))
    add = await mira.command("limits", "words", "add", phrase="bad wolf")
    await add.until(says("Blocked words: + `bad wolf`"))

    typed = await noah.command("imagine", prompt="two BAD\u200b  wolf-cubs")
    again = await noah.press(card["id"], button(card, "again:"))
    harmless = await noah.command("imagine", prompt="bad wolfhounds")

    for refused in (typed, again):
        assert "have blocked `bad wolf`" in (await refused.answer())["content"]
        assert refused.ephemeral
    await harmless.until(delivered(1))
    lines = await logged(stage, mira, count=4)
    assert [line.partition("**")[2].partition("**")[0] for line in lines] == [
        "Limits changed",
        "Limits changed",
        "Refused",
        "Refused",
    ]
    assert all("\n" not in line for line in lines)
    assert len(stage.pixazo.accepted) == 2


async def logged(stage, member, *, count=1):
    """Wait until #pictures, the log channel, holds so many lines, and return them."""
    channel = stage.world.channel("pictures").id

    def lines():
        found = [one["content"] for one in member.visible(channel)]
        return found if len(found) >= count else None

    return await stage.world.wait(lines, within=10, what="such lines in the log")


def button(message, prefix):
    """Return the custom_id of the message's button that begins so."""
    found = [
        part for part in json.dumps(message["components"]).split('"') if part.startswith(prefix)
    ]
    return found[0]


def crafted(stage, member, kind, data, source, opened_by=None):
    """Send what no client of Discord's would: an act on a message that is for other eyes."""
    if kind is InteractionType.COMPONENT:
        data = {"id": 1, "component_type": 2} | data
    begun = stage.discord.interactions.begin(
        kind, member.user, member.channel, data, source=source, opened_by=opened_by
    )
    return Invocation(stage.world, begun)


# What a member without Manage Server may try, whatever an admin's overrides for commands say.
FORBIDDEN = [
    ("show", {}),
    ("set", {"cooldown": 60}),
    ("tier", {"role": "Patrons", "exempt": True}),
    ("channels", {"add": "pictures"}),
    (("words", "add"), {"phrase": "cat"}),
    (("words", "allow"), {"phrase": "cat"}),
    (("words", "remove"), {"phrase": "cat"}),
    (("words", "list"), {}),
    (("words", "test"), {"prompt": "cat"}),
    ("block", {"member": "Ada"}),
    ("unblock", {"member": "Ada"}),
    ("log", {"channel": "pictures"}),
    ("pause", {}),
    ("resume", {}),
    ("explain", {"member": "Ada"}),
]


def named(stage, options):
    """Return *options* with the ids of what they name."""
    guild = stage.world.guild(CLUB)
    ids = {role.name: role.id for role in guild.roles.values()}
    ids |= {channel.name: channel.id for channel in guild.channels.values()}
    ids |= {"Ada": stage.world.user("Ada").id}
    return {
        name: ids.get(value, value) if name in {"role", "add", "channel", "member"} else value
        for name, value in options.items()
    }


async def test_whoever_may_not_manage_the_server_changes_nothing(stage, start, noah, mira):
    """The permission is looked at by the bot: an admin may have opened the command to all."""
    await start()
    stage.discord.acts.open_to_all.add("limits")
    panel = await mira.command("limits", "show")
    shown = await panel.until(lambda message: message["components"])
    opened = await mira.press(shown["id"], button(shown, "limits:edit:members"))
    form = await opened.opened()
    sent = await mira.submit_modal(opened, {"cooldown": "30"})
    preview = await sent.until(says("This would change"))

    for path, options in FORBIDDEN:
        steps = (path,) if isinstance(path, str) else path
        tried = await noah.command("limits", *steps, **named(stage, options))
        assert "Only members who may manage this server" in (await tried.answer())["content"], path
        assert tried.ephemeral

    fields = [submitted(one, {"cooldown": "99"}) for one in form["components"]]
    other = await mira.command("limits", "show")
    await other.until(lambda message: message["components"])
    for kind, data, source in (
        (InteractionType.COMPONENT, {"custom_id": "limits:edit:words"}, other),
        (InteractionType.COMPONENT, {"custom_id": button(preview, "limits:save:")}, sent),
        (InteractionType.COMPONENT, {"custom_id": button(preview, "limits:drop:")}, sent),
        (
            InteractionType.MODAL_SUBMIT,
            {"custom_id": form["custom_id"], "components": fields},
            other,
        ),
    ):
        opened_by = opened.interaction if kind is InteractionType.MODAL_SUBMIT else None
        tried = crafted(stage, noah, kind, data, source.stored, opened_by)
        assert "Only members who may manage" in (await tried.answer())["content"]

    after = await mira.command("limits", "show")
    shown_after = await after.until(lambda message: message["components"])
    assert words(shown_after) == words(shown)


async def test_an_administrator_and_a_manager_may_and_it_is_looked_at_each_time(stage, start, noah):
    await start()
    stage.discord.acts.open_to_all.add("limits")
    guild = stage.world.guild(CLUB)
    role = stage.world.add_role(guild, "Managers", permissions=Permission.MANAGE_GUILD)

    guild.members[noah.user.id] = [role.id]
    sent = await noah.command("limits", "set", cooldown=60)
    await sent.until(says("Cooldown of a member: none → 1 minute"))

    guild.members[noah.user.id] = []
    sent = await noah.command("limits", "set", cooldown=0)
    assert "Only members who may manage" in (await sent.answer())["content"]


async def test_a_form_survives_a_restart_and_says_what_would_change_before_it_is_saved(
    stage, start, noah, mira
):
    bot = await start()
    panel = await mira.command("limits", "show")
    shown = await panel.until(lambda message: message["components"])
    opened = await mira.press(shown["id"], button(shown, "limits:edit:orders"))
    await opened.opened()
    await bot.kill()
    await bot.start()
    await stage.ready()

    sent = await mira.submit_modal(opened, {"images": "1", "spoiler": True})
    preview = await sent.until(says("This would change"))

    assert "Images in an order: no limit → 1" in words(preview)
    assert "Pictures as spoilers: no → yes" in words(preview)
    two = await noah.command("imagine", prompt="a cat", images=2)
    await two.until(delivered(2))

    await bot.kill()
    await bot.start()
    await stage.ready()
    saved = await mira.press(preview["id"], button(preview, "limits:save:"))
    await saved.until(says("**Changed**"))

    two = await noah.command("imagine", prompt="a dog", images=2)
    assert "may have 1 image, you asked for 2" in (await two.answer())["content"]
    one = await noah.command("imagine", prompt="a dog")
    card = await one.until(delivered(1))
    assert '"spoiler": true' in json.dumps(card["components"])


async def test_channels_tiers_blocks_and_pause_say_who_can_change_them(stage, start, noah, mira):
    await start()
    ada = stage.discord.member("Ada", channel="general", guild=CLUB)
    guild = stage.world.guild(CLUB)

    async def refused(member, text):
        sent = await member.command("imagine", prompt="a cat", images=2)
        answer = (await sent.answer())["content"]
        assert text in answer
        assert "nothing is charged" in answer

    async def done(*path, **options):
        sent = await mira.command("limits", *path, **options)
        return words(await sent.until(words))

    elsewhere = stage.world.channel("pictures", guild=CLUB).id
    await done("channels", add=elsewhere)
    await refused(noah, f"pictures are ordered in <#{elsewhere}>. This server's moderators")
    await done("channels", everywhere=True)

    patrons = next(role.id for role in guild.roles.values() if role.name == "Patrons")
    await done("set", images=1)
    await done("tier", role=patrons, images=4)
    await refused(noah, "may have 1 image, you asked for 2")
    sent = await ada.command("imagine", prompt="a cat", images=2)
    await sent.until(delivered(2))

    await done("block", member=ada.user.id, hours=1, reason="spam *again*")
    await refused(ada, r"have blocked you: spam \*again\*. It ends <t:")
    told = await done("explain", member=ada.user.id)
    assert "What decides is **Blocked members**: moderators can change it" in told
    assert f"{NAME}: 2 of 25" in told
    await done("unblock", member=ada.user.id)

    await done("pause", reason="cleaning up")
    await refused(ada, "takes no orders now: cleaning up. Its moderators can resume")
    assert "takes orders again" in await done("resume")
    sent = await ada.command("imagine", prompt="a dog")
    await sent.until(delivered(1))

    await done("set", age_restricted_only=True)
    await refused(ada, "in age-restricted channels only")
    dark = stage.discord.member("Ada", channel="after-dark", guild=CLUB)
    sent = await dark.command("imagine", prompt="a bat")
    await sent.until(delivered(1))


NAME = "Images a day, a member"


async def test_nothing_is_refused_that_no_rule_refuses(stage, start, crowd):
    """Ten servers' worth of people, each with one order: all of them are taken."""
    stage.pixazo.hold_states()
    await start()

    admitted, refused = await order_at_once(crowd(20))

    assert (len(admitted), refused) == (20, [])

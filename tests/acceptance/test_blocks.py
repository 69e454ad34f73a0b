"""Blocks: the list, the member menu *Image limits*, and the form."""

import pytest

from sandbox.discord.enums import InteractionType, Permission
from tests.acceptance.driver import (
    FAST_LANE,
    button,
    crafted,
    delivered,
    refusal,
    restart,
    says,
    words,
)


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE


async def shown(sent):
    """Return the view that answers a command or a press."""
    return await sent.until(lambda message: message["components"])


async def block(moderator, member, **options):
    sent = await moderator.command("limits", "block", member=member.user.id, **options)
    await sent.until(says("is blocked"))


async def test_who_sees_a_picture_blocks_its_member_with_three_presses(shared, server):
    noah = server.noah
    ordered = await noah.command("imagine", prompt="a red boat")
    await ordered.until(delivered(1))
    secret = await noah.command("imagine", prompt="a secret", private=True)
    await secret.until(delivered(1))

    menu = await server.mira.user_command("Image limits", noah.user.id)
    member = await shown(menu)
    assert menu.ephemeral
    assert f"<@{noah.user.id}> can order in this channel now" in words(member)
    assert "“a red boat” [view](" in words(member)
    assert "a private order" in words(member)
    assert "secret" not in words(member)

    opened = await server.mira.press(member["id"], button(member, "blocks:ask:"))
    assert (await opened.opened())["title"] == "Block Noah"
    await restart(shared)
    sent = await server.mira.submit_modal(opened, {"hours": ["168"], "reason": "spam"})
    blocked = await sent.until(says("is blocked until <t:"))

    assert "can't order in this channel now: they are blocked by moderators until <t:" in words(
        blocked
    )
    assert f"by <@{server.mira.user.id}>" in words(blocked)
    assert "spam" in await refusal(noah)

    await restart(shared)
    lifted = await server.mira.press(blocked["id"], button(blocked, "blocks:unblock:"))
    await lifted.until(says("can order again"))
    again = await noah.command("imagine", prompt="a blue boat")
    await again.until(delivered(1))


async def test_the_list_says_until_when_by_whom_and_why_and_unblocks(shared, server):
    crowd = server.crowd(10)
    for number, member in enumerate(crowd):
        await block(server.mira, member, reason=f"reason {number}")
    gone = crowd[9].user
    server.guild.members.pop(gone.id)  # Discord shows such a member by the id alone

    first = await shown(await server.mira.command("limits", "blocks"))
    assert "10 members · page 1 of 2" in words(first)
    assert f"<@{gone.id}> · permanently" in words(first)
    assert f"by <@{server.mira.user.id}>, <t:" in words(first)
    assert "reason 9" in words(first)
    assert "reason 1" not in words(first).splitlines()
    lifted = await server.mira.press(first["id"], button(first, f"blocks:lift:{gone.id}:"))
    left = await lifted.until(says("can order again"))
    assert "9 members" in words(left)

    await restart(shared)
    older = await server.mira.press(left["id"], button(left, "Older"))
    last = await older.until(says("page 2 of 2"))
    lifted = await server.mira.press(last["id"], button(last, "blocks:lift:"))
    left = await lifted.until(says("8 members"))  # the second page is gone
    assert "page" not in words(left)
    back = await server.mira.press(left["id"], button(left, "limits:show:"))
    await back.until(says("Limits of this server"))

    by_id = await server.mira.command("limits", "unblock", id=crowd[5].user.id)
    await by_id.until(says("can order again"))
    odd = await server.mira.command("limits", "unblock", id="me")
    await odd.until(says("digits only"))
    listed = await shown(await server.mira.command("limits", "unblock"))
    assert "7 members" in words(listed)


async def test_durations_are_offered_and_other_hours_can_be_typed(shared, server):
    async def offered(typed):
        choices = await server.mira.autocomplete("limits", "block", focused="hours", hours=typed)
        return {choice["name"]: choice["value"] for choice in choices}

    everything = await offered("")
    assert [*everything.values()] == [1, 6, 24, 72, 168, 720, 0]
    assert (everything["1 hour"], everything["7 days"], everything["permanently"]) == (1, 168, 0)
    assert await offered("day") == {"1 day": 24, "3 days": 72, "7 days": 168, "30 days": 720}
    assert [*await offered("48")] == ["2 days"]
    assert await offered("a while") == {}

    for hours, told in ((168, "is blocked until <t:"), (2, "until <t:"), (0, "permanently")):
        member = server.noah.user.id
        sent = await server.mira.command("limits", "block", member=member, hours=hours)
        assert told in words(await sent.until(says("is blocked")))


@pytest.mark.parametrize("hours", [["7"], [], ["x"], None])
async def test_a_crafted_form_blocks_nobody(shared, server, hours):
    """Neither for a time that was not offered, nor a moderator."""
    role = shared.world.add_role(server.guild, "M", permissions=Permission.MANAGE_GUILD)
    server.guild.members[server.ada.user.id] = [role.id]
    menu = await server.mira.user_command("Image limits", server.noah.user.id)
    member = await shown(menu)

    def submit(member_id, hours):
        select = {"type": 3, "custom_id": "hours", "values": hours}
        data = {"custom_id": f"block-form:{member_id}", "components": [{"component": select}]}
        kind, opened_by = InteractionType.MODAL_SUBMIT, menu.interaction
        return crafted(shared, server.mira, kind, data, menu.stored, opened_by=opened_by)

    wrong = submit(server.noah.user.id, hours)
    assert "Nothing was changed" in (await wrong.follow_up())["content"]
    for member_id in (server.mira.user.id, server.ada.user.id, shared.world.bot.id):
        tried = submit(member_id, ["1"])
        assert "Nothing was changed" in (await tried.follow_up())["content"]
    assert "Nobody is blocked" in words(await shown(await server.mira.command("limits", "blocks")))
    assert member == menu.message

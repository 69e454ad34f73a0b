"""What can wait gives way to interactions that wait for their first answers, but not for ever."""

import asyncio

import pytest

from bot.service import answers_first
from bot.service.answers_first import AnswersFirst


@pytest.fixture
def answers():
    return AnswersFirst()


async def passed(answers):
    """Return a task that gives way, once it does."""
    task = asyncio.create_task(answers.give_way())
    await settled()
    return task


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nothing_waits_while_nobody_does(answers):
    assert (await passed(answers)).done()


async def test_all_else_goes_on_once_the_last_one_is_answered(answers):
    answers.expect(1)
    answers.expect(2)
    others = [await passed(answers) for _ in range(3 * answers_first.AT_ONCE)]

    answers.answered(1)
    await settled()
    assert not any(other.done() for other in others)

    answers.answered(2)
    await settled()
    assert all(other.done() for other in others)


async def test_who_comes_while_others_go_on_is_first_again(answers):
    answers.expect(1)
    others = [await passed(answers) for _ in range(3 * answers_first.AT_ONCE)]

    answers.answered(1)
    answers.expect(2)
    await settled()
    gone = sum(other.done() for other in others)
    assert gone == answers_first.AT_ONCE

    answers.answered(2)
    await settled()
    assert all(other.done() for other in others)


async def test_a_stream_of_interactions_holds_nothing_up_for_long(answers, monkeypatch):
    monkeypatch.setattr(answers_first, "LONGEST", 0.05)
    answers.expect(1)
    other = await passed(answers)
    answers.expect(2)
    answers.answered(1)
    answers.expect(3)

    async with asyncio.timeout(1.0):
        await other
    assert (await passed(answers)).done()


async def test_an_interaction_that_gets_no_answer_is_forgotten(answers, monkeypatch):
    monkeypatch.setattr(answers_first, "LATEST", 0.05)
    answers.expect(1)
    await asyncio.sleep(0.1)

    assert (await passed(answers)).done()
    answers.expect(2)
    other = await passed(answers)
    assert not other.done()
    answers.answered(2)
    await other


async def test_one_who_leaves_takes_nobodys_turn(answers):
    answers.expect(1)
    leaving, others = await passed(answers), [await passed(answers) for _ in range(3)]
    leaving.cancel()
    await settled()

    answers.answered(1)
    await settled()
    assert all(other.done() for other in others)

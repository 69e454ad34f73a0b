"""The checker itself: it must find what is wrong."""

import json

import pytest
from multidict import CIMultiDict

from sandbox.journal import Exchange
from tests import openapi
from tests.openapi import load

pytestmark = pytest.mark.skipif(not openapi.available(), reason=openapi.MISSING)
MESSAGES = "/api/v10/channels/1/messages"


def an_exchange(method="POST", path=MESSAGES, body=None, status=200, answer=None):
    return Exchange(
        method=method,
        path=path,
        query="",
        headers=CIMultiDict({"Content-Type": "application/json"}),
        body=b"" if body is None else json.dumps(body).encode(),
        status=status,
        answer=b"" if answer is None else json.dumps(answer).encode(),
        answer_headers=CIMultiDict({"Content-Type": "application/json"}),
        at=0.0,
        ended=0.0,
    )


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (an_exchange(path="/api/v10/nothing"), "no such operation"),
        (an_exchange("PUT"), "no such operation"),
        (an_exchange(body={"content": 1}, status=None), "requests: content"),
        (an_exchange(body={"contents": "x"}, status=None), "contents"),
        (an_exchange("GET", answer=[{"id": "1"}]), "answers: 0"),
        (an_exchange("GET", status=302), "status 302"),
        (an_exchange("DELETE", f"{MESSAGES}/1", status=204, answer={}), "must be empty"),
        (an_exchange("GET", f"{MESSAGES}/1", body={"x": 1}, status=None), "takes no body"),
        (an_exchange("GET", status=404, answer={"message": "?"}), "code"),
    ],
)
def test_problem_is_found(exchange, problem):
    [found] = load().problems(exchange)
    assert problem in found


@pytest.mark.parametrize(
    "exchange",
    [
        an_exchange(body={"content": "x", "attachments": [{"id": 0}]}, status=None),
        an_exchange("PATCH", f"{MESSAGES}/1", {"content": "x", "tts": False}, status=None),
        an_exchange(
            "PUT",
            "/api/v10/applications/1/commands",
            [{"name": "x", "description": "x", "nsfw": False}],
            answer=[],
        ),
        an_exchange("GET", status=503, answer="anything"),
        an_exchange("GET", status=404, answer={"message": "Unknown Channel", "code": 10003}),
    ],
)
def test_what_discord_allows_beyond_its_description_is_allowed(exchange):
    assert load().problems(exchange) == []

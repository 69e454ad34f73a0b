"""Checks recorded exchanges against Discord's own OpenAPI description.

The description (discord-api-spec, MIT) is not part of this repository: `DISCORD_OPENAPI` names the
file. Without it `tests/test_openapi.py` is skipped, `assert_conform` checks nothing, and the
summary of the test run says so. Requests are checked strictly: an unknown field is a problem.
Answers may contain fields that the description does not know.
"""

import copy
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012, Draft202012Validator, Registry, ValidationError

from sandbox.discord import bodies
from sandbox.journal import Exchange

DESCRIPTION = Path(
    os.environ.get("DISCORD_OPENAPI")
    or Path(__file__).parents[2] / "shared" / "facts" / "discord-openapi.json"
)
MISSING = (
    f"Discord's OpenAPI description is not at {DESCRIPTION}: download specs/openapi_preview.json "
    "of github.com/discord/discord-api-spec and set DISCORD_OPENAPI to its path"
)
PREFIX = "/api/v10"
REQUESTS, ANSWERS = "urn:discord:requests", "urn:discord:answers"
JSON = "application/json"

# Where Discord's documentation, and Discord, say more than the description allows
COMMANDS = ("ApplicationCommandUpdateRequest", "ApplicationCommandCreateRequest")
EDITS = (
    "MessageEditRequestPartial",
    "IncomingWebhookUpdateRequestPartial",
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial",
)
GAPS = {
    "an attachment's id may be an integer": (("MessageAttachmentRequest",), "id", "integer"),
    "commands may carry nsfw": (
        (*COMMANDS, "ApplicationCommandPatchRequestPartial"),
        "nsfw",
        "boolean",
    ),
    "edits may carry tts": (EDITS, "tts", "boolean"),
    "what is wrong with a form has codes in words": (("Error",), "code", "string"),
}


class OpenApi:
    """Discord's description, ready to be asked."""

    def __init__(self, description: dict[str, Any]) -> None:
        description = _without_gaps(description)
        self._registry = Registry(
            [(REQUESTS, _strict(description)), (ANSWERS, description)], draft=Draft202012
        )
        self._description = description
        self._validators: dict[str, Draft202012Validator] = {}
        self._templates = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path)
            for path in sorted(description["paths"], key=lambda path: path.count("{"))
        ]

    def problems(self, exchange: Exchange) -> list[str]:
        """Return what is wrong with a request and its answer; an empty list for nothing."""
        called = f"{exchange.method} {exchange.path}"
        path = self._template(exchange.path.removeprefix(PREFIX))
        method = exchange.method.lower()
        if path is None or method not in self._description["paths"][path]:
            return [f"{called}: Discord has no such operation"]
        operation = self._description["paths"][path][method]
        found = [*self._request(exchange, path, method, operation)]
        if exchange.status is not None:
            found += self._answer(exchange, path, method, operation)
        return [f"{called} ({exchange.status}): {problem}" for problem in found]

    def _template(self, path: str) -> str | None:
        return next((name for shape, name in self._templates if shape.fullmatch(path)), None)

    def _request(
        self, exchange: Exchange, path: str, method: str, operation: dict[str, Any]
    ) -> Iterator[str]:
        if exchange.status is not None and exchange.status == 400:  # refused for its form
            return
        if "requestBody" not in operation:
            if exchange.body:
                yield "request: this operation takes no body"
            return
        body = bodies.read(exchange.headers.get("Content-Type", ""), exchange.body)
        if body.plain:
            return  # all of it is text, which the description does not know
        yield from self._hold(
            body.payload, REQUESTS, "paths", path, method, "requestBody", "content", JSON, "schema"
        )

    def _answer(
        self, exchange: Exchange, path: str, method: str, operation: dict[str, Any]
    ) -> Iterator[str]:
        status = str(exchange.status)
        if status.startswith("5"):
            return  # not described
        if status == "429" and "Via" not in exchange.answer_headers:
            return  # Cloudflare's
        known = operation["responses"]
        key = status if status in known else f"{status[0]}XX"
        if key not in known:
            yield f"answer: the status {status} is not described"
            return
        place: tuple[str, ...] = ("paths", path, method, "responses", key)
        if reference := known[key].get("$ref"):
            place = tuple(reference.removeprefix("#/").split("/"))
        content = _at(self._description, place).get("content")
        if content is None:
            if exchange.answer:
                yield "answer: must be empty"
        elif exchange.answer_headers.get("Content-Type") != JSON:
            yield f"answer: Content-Type is {exchange.answer_headers.get('Content-Type')}"
        else:
            answer = json.loads(exchange.answer)
            yield from self._hold(answer, ANSWERS, *place, "content", JSON, "schema")

    def _hold(self, value: object, document: str, *place: str) -> Iterator[str]:
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in place)
        reference = f"{document}#/{quote(pointer)}"
        if reference not in self._validators:
            self._validators[reference] = Draft202012Validator(
                {"$ref": reference}, registry=self._registry
            )
        errors = list(self._validators[reference].iter_errors(value))
        if errors:
            yield f"{document.rpartition(':')[2]}: {_words(_telling(errors))}"


def available() -> bool:
    """Return whether there is a description to check against."""
    return DESCRIPTION.is_file()


@cache
def load() -> OpenApi:
    """Read the description.

    Raises:
        FileNotFoundError: it is missing; the message says how to get it.
    """
    if not available():
        raise FileNotFoundError(MISSING)
    return OpenApi(json.loads(DESCRIPTION.read_bytes()))


def assert_conform(exchanges: Iterable[Exchange]) -> None:
    """Fail with every problem of *exchanges*, also of those that were cut short.

    Without the description nothing is checked; the summary of the test run says so.
    """
    if not available():
        return
    api = load()
    problems = [problem for exchange in exchanges for problem in api.problems(exchange)]
    assert not problems, "\n".join(problems)


def _without_gaps(description: dict[str, Any]) -> dict[str, Any]:
    description = copy.deepcopy(description)
    # It knows no media channels: https://docs.discord.com/developers/resources/channel
    description["components"]["schemas"]["GuildChannelResponse"]["properties"]["type"] = {
        "enum": [0, 2, 4, 5, 13, 14, 15, 16]
    }
    for names, field, kind in GAPS.values():
        for name in names:
            properties = description["components"]["schemas"][name]["properties"]
            known = properties.get(field)
            allowed = {"type": [kind, "null"]}
            properties[field] = {"anyOf": [known, allowed]} if known else allowed
    return description


def _strict(description: dict[str, Any]) -> dict[str, Any]:
    """Return a copy that refuses each field that it does not know.

    Discord takes an id as a number too, and discord.py sends some so.
    """
    strict = copy.deepcopy(description)
    known = strict["components"]["schemas"]
    known["SnowflakeType"] = {"anyOf": [known["SnowflakeType"], {"type": "integer", "minimum": 0}]}
    for schema in strict["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return strict


def _at(document: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    for step in place:
        document = document[step]
    return document


def _telling(errors: list[ValidationError]) -> ValidationError:
    """Return the error that tells the most.

    Of a choice between schemas that is within the one which the value comes nearest to: where what
    is wrong with it lies deepest.
    """
    least = min(errors, key=lambda error: len(error.instance_path))
    branches = [branch for branch in getattr(least.kind, "context", []) if branch]
    if not branches:
        return least
    return max(map(_telling, branches), key=lambda error: len(error.instance_path))


def _words(error: ValidationError) -> str:
    where = "/".join(str(step) for step in error.instance_path) or "the whole"
    return f"{where}: {error.message[:400]}"

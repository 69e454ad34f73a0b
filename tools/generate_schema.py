"""Generates request_schema.json from Discord's OpenAPI description: the stand-in's body checks.

The result is a subset of JSON Schema: `null` is allowed for each field that is not required, a
union of objects is told apart by `type`, and formats are `snowflake` and `uri`.

    python -m tools.generate_schema discord-openapi.json
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.discord.api_errors import Json

SCHEMA = Path(__file__).parents[1] / "sandbox" / "discord" / "request_schema.json"
REFERENCE = "#/components/schemas/"
INLINED = ("string", "integer", "number")  # named types that are written where they are used
UNLIMITED = {"maxLength": 152133, "maxItems": 1521}  # the description's values for "no limit"
BODIES = (
    "MessageCreateRequest",
    "ModalInteractionCallbackRequestData",
    "ApplicationCommandUpdateRequest",
    "InteractionApplicationCommandAutocompleteCallbackStringData",
    "InteractionApplicationCommandAutocompleteCallbackIntegerData",
    "InteractionApplicationCommandAutocompleteCallbackNumberData",
    "CreatePrivateChannelRequest",
)
# Fields that Discord ignores in a bot's request, or that the stand-in rejects by itself
LEFT_OUT = {
    "MessageCreateRequest": ("embeds", "sticker_ids", "poll", "shared_client_theme"),
    "CreatePrivateChannelRequest": ("nicks",),
}

MEDIA: Json = {"schemes": ["http", "https", "attachment"]}
# Where Discord, or its documentation, says more than the description; keyed by schema and field
CORRECTIONS: dict[str, Json] = {
    "MessageCreateRequest": {
        "content": {"maxLength": 2000},  # 4000 needs a subscription, which bots don't have
        "flags": {"minimum": 0, "maximum": 2**31 - 1},
        "nonce": {"type": "string", "maxLength": 25},
    },
    "MessageAllowedMentionsRequest": {"parse": {"maxItems": 3}},
    "ModalInteractionCallbackRequestData": {"components": {"maxItems": 5}},
    "ActionRowComponentForModalRequest": {"components": {"maxItems": 1}},
    "ApplicationCommandUpdateRequest": {
        "default_member_permissions": {"type": "string", "format": "snowflake"},
        "contexts": {"maxItems": 3},
        "integration_types": {"maxItems": 2},
        "nsfw": {"type": "boolean"},
    },
    "ApplicationCommandOptionStringChoice": {"value": {"minLength": 1, "maxLength": 100}},
    "ButtonComponentForMessageRequest": {"url": {"schemes": ["http", "https", "discord"]}},
    "UnfurledMediaRequest": {"url": MEDIA},
    "UnfurledMediaRequestWithAttachmentReferenceRequired": {"url": {"schemes": ["attachment"]}},
    "ComponentEmojiForRequest": {"animated": {"type": "boolean"}},
}
REQUIRED = {
    "CreatePrivateChannelRequest": ["recipient_id"],
}


class Generator:
    """Reduces the schemas that the request bodies refer to."""

    def __init__(self, description: Json) -> None:
        self._known: Json = description["components"]["schemas"]
        self._locales = self._reduce(self._known["AvailableLocalesEnum"])
        self._schemas: Json = {"Locale": self._locales}

    def run(self) -> Json:
        """Return the reduced schemas by their names."""
        waiting = list(BODIES)
        while waiting:
            name = waiting.pop()
            if name not in self._schemas:
                self._schemas[name] = self._object(name)
                waiting += references(self._schemas[name])
        return dict(sorted(self._schemas.items()))

    def _object(self, name: str) -> Json:
        source = self._known[name]
        left_out = LEFT_OUT.get(name, ())
        fields = {
            field: self._reduce(schema)
            for field, schema in source["properties"].items()
            if field not in left_out
        }
        for field, correction in CORRECTIONS.get(name, {}).items():
            whole = "type" in correction or "enum" in correction
            fields[field] = correction if whole else fields[field] | correction
        required = REQUIRED.get(name, source.get("required", []))
        return {"type": "object", "required": required, "properties": fields}

    def _reduce(self, schema: Json) -> Json:
        """Return one schema without null, titles, descriptions and limits that limit nothing."""
        if reference := schema.get("$ref"):
            name = reference.removeprefix(REFERENCE)
            named = self._known[name]
            return self._reduce(named) if named["type"] in INLINED else {"$ref": name}
        options = [part for part in schema.get("oneOf", []) if part.get("type") != "null"]
        if "const" in (options or [{}])[0]:
            return {"enum": sorted(part["const"] for part in options)}
        if len(options) == 1:
            return self._reduce(options[0])
        if options:
            return {"oneOf": sorted((self._reduce(part) for part in options), key=str)}
        if "enum" in schema:
            return {"enum": schema["enum"]}
        return self._plain(schema)

    def _plain(self, schema: Json) -> Json:
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        kept: Json = {"type": next(kind for kind in kinds if kind != "null")}
        for key in ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"):
            if key in schema and schema[key] not in (0, UNLIMITED.get(key)):
                kept[key] = schema[key]
        if schema.get("minimum") == 0:
            kept["minimum"] = 0
        match schema.get("format"):
            case "int32":
                kept.setdefault("maximum", 2**31 - 1)
            case "uri":
                kept |= {"format": "uri", "minLength": 1, "schemes": ["http", "https"]}
            case "snowflake":
                kept["format"] = "snowflake"
        if schema.get("uniqueItems"):
            kept["uniqueItems"] = True
        if "items" in schema:
            kept["items"] = self._reduce(schema["items"])
        if "additionalProperties" in schema:  # all of them are translations
            kept["propertyNames"] = {"$ref": "Locale"}
            kept["additionalProperties"] = self._reduce(schema["additionalProperties"])
        return kept


def references(part: Any) -> Iterator[str]:
    """Yield the names of the schemas that a reduced schema refers to."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from references(inner)


def generate(description: Json) -> str:
    """Return the text of request_schema.json: one schema a line."""
    schemas = Generator(description).run()
    lines = [f"{json.dumps(name)}: {json.dumps(schema)}" for name, schema in schemas.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    SCHEMA.write_text(generate(json.loads(Path(sys.argv[1]).read_bytes())))

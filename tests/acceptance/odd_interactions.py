"""Generates interactions of any kind: sound ones, and such as no client of Discord's sends."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sandbox.discord.enums import InteractionType as Kind

CHARACTERS = (
    "aB7 \n\t\r\0\x1f\x7f\u00a0\u00df\u0301\u0489\u061c\u200b\u200d\u202e\u2028\ufeff\uffff\ue000"
    "\ud800\udfff\U0001f600\U0001f3fb\U000e0041\U0010ffff\u0e33\ufdfd@#<>&`*_|~[](){}:;,./\\'\"%$"
)
NAMES = ("@everyone", "<@331286592018415617>", "<@&745100321596440600>", "<#7>", "null", "-1", "0")
NUMBERS = (0, 1, -1, 4, 99, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30)
SCALARS: tuple[Any, ...] = (
    None,
    True,
    False,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    {},
    [],
)
CUSTOM_IDS = (
    *("cancel", "again", "edit", "delete", "post", "report"),
    *("hide", "hide_now", "delete_now", "keep"),
    *("history:0", "history:99999", "privacy:export", "privacy:delete", "privacy:confirm"),
    *("limits:edit", "limits:save", "limits:drop", "report:delete", "report:block"),
    *("report:dismiss", "limits-form:members", "limits-form:words", "limits-form", "order-form:10"),
)
FIELDS = {
    "order-form:10": ("prompt", "style", "images", "guidance", "steps"),
    "order-form:01": ("prompt", "style", "images", "guidance", "steps"),
    "limits-form:members": ("cooldown", "member_per_day", "member_at_once"),
    "limits-form:server": ("server_per_day", "server_usd_per_month", "server_at_once"),
    "limits-form:orders": ("images", "steps", "spoiler", "age_restricted_only"),
    "limits-form:channels": ("channels",),
    "limits-form:words": ("blocked", "allowed", "disguised"),
}
RESOLVED = ("users", "members", "roles", "channels", "messages", "attachments", "things")
# What an interaction can't be answered without.
NEEDED = frozenset({"id", "token"})


class Generator:
    """Draws interactions from a seed."""

    def __init__(self, seed: int, *, commands: Sequence[Any], job_ids: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._commands = commands
        self._job_ids = [*job_ids, "0123456789abcdef"]

    def kind(self) -> Kind:
        """Return the kind of interaction that the stand-in takes it for."""
        kinds = (Kind.COMMAND, Kind.COMPONENT, Kind.MODAL_SUBMIT, Kind.AUTOCOMPLETE)
        return self._random.choices(kinds, (4, 3, 2, 1))[0]

    def data(self, kind: Kind) -> dict[str, Any]:
        """Return the part that depends on the kind."""
        if kind is Kind.COMPONENT:
            custom_id = self._custom_id()
            return {"id": 1, "custom_id": custom_id, "component_type": self._pick(2, 3, 5, 8, 99)}
        if kind is Kind.MODAL_SUBMIT:
            form = self._pick(*FIELDS, self._custom_id())
            names = FIELDS.get(form) or (self._text(),)
            return {"custom_id": form, "components": [*self._fields(names)]}
        command = self._random.choice(self._commands)
        data: dict[str, Any] = {key: command[key] for key in ("id", "name", "type")}
        if command["type"] == 1:
            data["options"] = [*self._options(command.get("options") or [], kind)]
            data["resolved"] = {kind: self._resolved() for kind in self._random.sample(RESOLVED, 2)}
        else:
            data["target_id"] = "77"
            data["resolved"] = {"messages": {"77": self._message()}}
        return data

    def change(self, *, answerable: bool) -> Callable[[dict[str, Any]], Any]:
        """Return what changes a payload: fields go, come, or get another value."""
        seed = self._random.random()

        def changed(payload: dict[str, Any]) -> dict[str, Any]:
            draw = Generator(0, commands=self._commands, job_ids=self._job_ids)
            draw._random.seed(seed)
            return draw._changed(_copied(payload), answerable=answerable)

        return changed

    def _changed(self, payload: dict[str, Any], *, answerable: bool) -> dict[str, Any]:
        if not answerable:
            payload.pop(self._pick("id", "token"))
        if self._random.random() < 0.1:
            payload["channel"] = self._channel()
        if self._random.random() < 0.1:
            payload["authorizing_integration_owners"] = self._owners(payload)
        if self._random.random() < 0.05:
            payload["type"] = self._pick(0, 1, 2, 3, 4, 5, 6, 7, 99, -1, "2", None)
        for _ in range(self._pick(0, 0, 1, 1, 2, 5)):
            parent, key = self._random.choice([*_places(payload, NEEDED if answerable else ())])
            if self._random.random() < 0.4:
                del parent[key]
            else:
                parent[key] = self._value()
        return payload

    def _owners(self, payload: dict[str, Any]) -> Any:
        guild_id = payload.get("guild_id", "0")
        both = {"0": guild_id, "1": "331286592018415617"}
        return self._pick(None, {}, both, {"1": both["1"]}, {"0": "0"}, {"2": "7"}, self._value())

    def _channel(self) -> dict[str, Any]:
        channel: dict[str, Any] = {
            "id": self._pick("745100321596440610", "7", "x"),
            "type": self._random.randrange(40),
        }
        channel |= {"name": self._text(), "parent_id": self._pick("745100321596440610", None)}
        return dict(self._random.sample([*channel.items()], self._random.randint(0, 4)))

    def _custom_id(self) -> str:
        if self._random.random() < 0.2:
            return self._text()
        end = self._pick(
            *self._job_ids, *self._job_ids, "331286592018415617", "members", "", self._text()
        )
        more = self._pick("", "", ":331286592018415617", ":")
        return f"{self._random.choice(CUSTOM_IDS)}:{end}{more}"

    def _fields(self, names: Sequence[str]) -> Iterator[Any]:
        for name in self._random.choices(names, k=self._random.randint(0, 6)):
            field: dict[str, Any] = {
                "type": self._pick(4, 3, 8, 23, 99),
                "custom_id": self._pick(name, name, name, name, self._value()),
            }
            if self._random.random() < 0.8:
                field["value"] = self._pick(self._text(), "7", "a tree", True, self._value())
            if self._random.random() < 0.3:
                values = (["7"], ["watercolour"], [self._text()], [self._value()], self._value())
                field["values"] = self._pick(*values)
            label = {"type": 18, "component": field}
            yield self._pick(label, label, {"type": 1, "components": [field]}, field, self._value())

    def _options(self, declared: Sequence[Any], kind: Kind) -> Iterator[Any]:
        nested = [option for option in declared if option["type"] <= 2]
        if nested:
            declared = [self._random.choice(nested)]
        for option in declared:
            if not nested and not option.get("required") and self._random.random() < 0.4:
                continue
            read: dict[str, Any] = {"name": option["name"], "type": option["type"]}
            if option["type"] <= 2:
                read["options"] = [*self._options(option.get("options") or [], kind)]
            else:
                read["value"] = self._fitting(option)
            typed = option["type"] in {3, 4, 10}
            if typed and kind is Kind.AUTOCOMPLETE and self._random.random() < 0.5:
                read["focused"] = True
            yield read

    def _fitting(self, option: Any) -> Any:
        """Return a value for an option, mostly of its type."""
        if self._random.random() < 0.3:
            return self._value()
        names = ["auto", "never", "watercolour", self._text(), self._text(), "a lighthouse"]
        numbers = [option.get("min_value", 1), option.get("max_value", 9), self._pick(*NUMBERS)]
        ids = ["331286592018415617", "745100321596440610", "745100321596440600", "7"]
        values: dict[int, list[Any]] = {3: names, 4: numbers, 5: [True, False], 10: [*numbers, 2.5]}
        return self._pick(*values.get(option["type"], ids))

    def _resolved(self) -> Any:
        known = {"id": "7", "username": "x", "name": "x", "type": self._random.randrange(20)}
        known |= {"permissions": "0", "roles": [], "flags": 0, "discriminator": "0", "avatar": None}
        ids = ("331286592018415617", "745100321596440610", "745100321596440600", "7", "x")
        return self._pick({}, self._value(), {self._pick(*ids): self._pick(known, self._value())})

    def _message(self) -> Any:
        message: dict[str, Any] = {
            "id": "77",
            "channel_id": "745100321596440610",
            "content": self._text(),
        }
        message |= {"author": {"id": "331286592018415617", "username": "Noah"}, "type": 0}
        message |= {"embeds": [], "attachments": [], "components": [], "edited_timestamp": None}
        message |= {"tts": False, "mention_everyone": False, "mentions": [], "mention_roles": []}
        message |= {"pinned": False, "flags": 0, "timestamp": "2026-01-01T00:00:00+00:00"}
        message["author"] |= {"discriminator": "0", "avatar": None}
        return self._pick(message, message, message, self._value())

    def _value(self, depth: int = 0) -> Any:
        drawn = [*SCALARS, self._text(), self._pick(*NUMBERS), str(self._pick(*NUMBERS))]
        if depth < 3:
            drawn.append([self._value(depth + 1)])
            drawn.append({self._pick("id", "type", "name", self._text()): self._value(depth + 1)})
        return self._pick(*drawn)

    def _text(self) -> str:
        length = self._pick(0, 1, 3, 8, 30, 100, 1500)
        text = "".join(self._random.choices(CHARACTERS, k=length))
        return self._pick(
            text, text, self._random.choice(NAMES), f"{self._random.choice(NAMES)} {text}"
        )

    def _pick(self, *values: Any) -> Any:
        return self._random.choice(values)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _places(value: Any, without: Any = ()) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a payload as its parent and its key, but for these fields of the top."""
    keys = [*value] if isinstance(value, dict) else range(len(value))
    for key in keys:
        if key not in without:
            yield value, key
            if isinstance(value[key], dict | list):
                yield from _places(value[key])

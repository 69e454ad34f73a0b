"""What a submit carries and an answer may repeat: no words of the vendor's."""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from bot.domain.order import Order
from bot.service.ports.vendor import Callback


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was sent and may come back in an answer: those are no words of the vendor's."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    prompts: tuple[str, ...] = ()

    @classmethod
    def of(cls, order: Order, key: str, callback: Callback | None) -> "Sent":
        """Return what the submit of *order* carries."""
        secrets = [key]
        if callback is not None:
            secrets += [callback.url, callback.url.rpartition("/")[2]]
        prompts = (order.prompt, order.sent or "")
        return cls(secrets=tuple(filter(None, secrets)), prompts=tuple(filter(None, prompts)))

    def redact(self, text: str) -> str:
        """Return *text* without secrets: members and logs are shown the vendor's words."""
        for secret in self.secrets:
            text = text.replace(secret, "[redacted]")
        return text

    def without_prompts(self, text: str) -> str:
        """Return *text* without the prompts as JSON strings that are no keys."""
        for prompt in self.prompts:
            for literal in (json.dumps(prompt), json.dumps(prompt, ensure_ascii=False)):
                if literal in text:
                    text = re.sub(re.escape(literal) + r"(?!\s*:)", '""', text)
        return text


NOTHING_SENT: Final = Sent()

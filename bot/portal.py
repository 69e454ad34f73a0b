"""What the settings in Discord's developer portal keep from the bot."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

SCOPES: Final = ("bot", "applications.commands")
_GUILD, _USER = "0", "1"  # ways to install


def problems(
    application: Mapping[str, Any],
    *,
    direct: bool,
    endpoint: str | None = None,
    key: str | None = None,
) -> list[str]:
    """Return what has to be changed in the portal; *direct*: ALLOW_DIRECT.

    *application* is the answer of ``GET /applications/@me``; *endpoint* is the bot's address for
    interactions, with DISCORD_PUBLIC_KEY as *key*.
    """
    if endpoint is None:
        return list(_problems(application, direct=direct))
    by_http = _endpoint_problems(application, endpoint, key)
    rest = {**application, "interactions_endpoint_url": None}
    return [*by_http, *_problems(rest, direct=direct)]


def _endpoint_problems(
    application: Mapping[str, Any], endpoint: str, key: str | None
) -> Iterator[str]:
    url = application.get("interactions_endpoint_url")
    if url != endpoint:
        yield (
            f"Discord sends commands to {url or 'the gateway'}: enter {endpoint} as the "
            "Interactions Endpoint URL (page General Information), while the bot runs"
        )
    if key is not None and key != str(application.get("verify_key")).lower():
        yield "DISCORD_PUBLIC_KEY is another application's (page General Information): remove it"


def _problems(application: Mapping[str, Any], *, direct: bool) -> Iterator[str]:
    if url := application.get("interactions_endpoint_url"):
        yield (
            f"Discord sends all commands to {url}, and none to the bot: empty the Interactions "
            "Endpoint URL (page General Information)"
        )
    if application.get("bot_require_code_grant"):
        yield "the bot can't be added: switch Requires OAuth2 Code Grant off (page Bot)"
    ways = application.get("integration_types_config") or {}
    if ways and _GUILD not in ways:
        yield "the bot can't be added to servers: switch Guild Install on (page Installation)"
    if ways and direct and _USER not in ways:
        yield "ALLOW_DIRECT is on: switch User Install on (page Installation)"
    install = _dict(_dict(ways.get(_GUILD)).get("oauth2_install_params"))
    scopes = _dict(install or application.get("install_params")).get("scopes")
    missing = [scope for scope in SCOPES if scope not in scopes] if scopes else []
    if missing:
        yield f"the install link lacks the scope {' and '.join(missing)} (page Installation)"


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

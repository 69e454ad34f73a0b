"""Imported in a bot: it asks for no callbacks, though it has the PUBLIC_URL of its interactions."""

from dataclasses import replace

from bot import app, service_settings
from bot.service.settings import ServiceSettings
from bot.settings import Settings

read = service_settings.read_service_settings


def read_without(settings: Settings) -> ServiceSettings:
    return replace(read(settings), public_url=None)


vars(app)["read_service_settings"] = read_without

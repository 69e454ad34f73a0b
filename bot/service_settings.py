"""What the services need of the operator's settings."""

import secrets

from bot import __version__
from bot.domain import lane as breaker
from bot.domain.admission import Caps
from bot.domain.money import Price
from bot.domain.owner import owner_id
from bot.service.settings import RetentionPolicy, ScreeningPolicy, ServiceSettings
from bot.settings import Settings


def read_caps(settings: Settings) -> Caps:
    """Return the operator's limits."""
    return Caps(
        guild_ids=frozenset(settings.guild_ids),
        picture_check=settings.picture_check != "off",
        images_per_day=settings.max_images_per_day,
        images_per_guild_per_day=settings.max_images_per_guild_per_day,
        direct=settings.allow_direct,
        price=Price(amount=settings.price_per_image_usd, per_image=settings.price_per == "image"),
        usd_per_day=settings.max_usd_per_day,
        usd_per_month=settings.max_usd_per_month,
        usd_per_guild_per_month=settings.max_usd_per_guild_per_month,
    )


def read_service_settings(settings: Settings) -> ServiceSettings:
    """Return what the services need of *settings*, for a process that starts now."""
    return ServiceSettings(
        owner=owner_id(settings.instance, secrets.token_hex(4)),
        lane=breaker.lane_name(settings.pixazo_api_key.get_secret_value()),
        version=__version__,
        shards=settings.shards,
        caps=read_caps(settings),
        width=settings.lane_width,
        per_second=settings.lane_rate_per_minute / 60.0,
        probe_after=settings.balance_probe_seconds,
        lease=settings.lease_seconds,
        submit_timeout=settings.submit_timeout_seconds,
        poll=settings.poll_seconds,
        deadline=settings.job_deadline_seconds,
        public_url=settings.public_url,
        callback_mode=settings.callback_mode,
        show_costs=settings.show_costs,
        name=settings.instance if settings.shares_store else "",
        files=settings.downloads,
        retention=RetentionPolicy(
            files_days=settings.keep_files_days,
            orders_days=settings.keep_orders_days,
            privacy_url=settings.privacy_url,
            terms_url=settings.terms_url,
            checks_pictures=settings.picture_check != "off",
        ),
        screening=ScreeningPolicy(hold_when_away=settings.picture_check_away == "hold"),
    )

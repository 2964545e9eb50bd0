"""The clock on a site's wall."""

from datetime import datetime
from zoneinfo import ZoneInfo

from intake_service.tables import Site
from shared_schema.hours import Hours


def hours_of(site: Site) -> Hours:
    return Hours.model_validate(site.hours)


def zone_of(site: Site) -> ZoneInfo:
    return ZoneInfo(hours_of(site).time_zone)


def local(site: Site, at: datetime) -> datetime:
    """The moment by the clock on the site's wall."""
    return at.astimezone(zone_of(site))

"""What a site decides about its records: how long a consent holds, and what is kept for how long."""

from datetime import datetime
from typing import Annotated

from dateutil.relativedelta import relativedelta
from pydantic import Field
from sqlalchemy import update
from sqlalchemy.orm import Session

from intake_service import audit, rights
from intake_service.audit import Act
from intake_service.tables import Site, Staff
from shared_schema.intake import Frozen

Months = Annotated[int, Field(ge=1, le=240)]


class RecordsSettings(Frozen):
    """In months; None: for as long as nobody says otherwise.

    `consent`: how long a consent holds that names no date itself. Without it, until it is revoked (42 CFR 2.31 lets a
    consent end at a date, an event or a condition, or with treatment). The others: see retention.py.
    """

    consent: Months | None = None
    discharged: Months | None = None
    intakes: Months | None = None
    alerts: Months | None = None

    def consent_ends(self, given_at: datetime) -> datetime | None:
        return None if self.consent is None else given_at + relativedelta(months=self.consent)


def of(site: Site) -> RecordsSettings:
    """What the site has decided; the defaults for the rest."""
    return RecordsSettings.model_validate(site.records_settings)


def change(session: Session, site: Site, settings: RecordsSettings, by: Staff, now: datetime) -> None:
    """From now on the site's records go by these, also those that are there. An administrator's to decide.

    Raises NotFound, NotAllowed.
    """
    rights.require_policy(session, by, site.id)
    before, after = audit.differences(of(site).model_dump(mode="json"), settings.model_dump(mode="json"))
    if not after:
        return
    audit.record(session, Act.RECORDS_SETTINGS_CHANGED, now, by=by, to=site, before=before, after=after)
    session.execute(
        update(Site)
        .where(Site.id == site.id)
        .values(records_settings=settings.model_dump(mode="json", exclude_defaults=True))
        .execution_options(synchronize_session="fetch")
    )

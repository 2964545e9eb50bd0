"""A record and those that were joined into it: of one person, and read as one."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from intake_service.tables import Participant


def is_one_of(participant_id: UUID) -> ColumnElement[bool]:
    """Of the query's participant: it is this record, or was joined into it."""
    return or_(Participant.id == participant_id, Participant.joined_into == participant_id)


def ids_of(participant_id: UUID) -> Select[UUID]:
    """This record's id and those of the records that were joined into it."""
    return select(Participant.id).where(is_one_of(participant_id))


def stands() -> ColumnElement[bool]:
    """Of the query's participant: it was neither joined into another record nor erased."""
    return and_(Participant.joined_into.is_(None), Participant.erased_at.is_(None))

"""`as_of` and `known_at`: the moment that a read asks about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from chassis.calendar import business_date
from chassis.filter_values import parse_value
from chassis.listing import invalid
from chassis.schemas import instant_text
from chassis.temporal.settling import settle
from chassis.words import Words

AS_OF_HEADER, KNOWN_AT_HEADER = "Content-As-Of", "Content-Known-At"
_DATE = Words("应为日期 YYYY-MM-DD", "Must be a date, YYYY-MM-DD")
_INSTANT = Words("应为带时区的时刻 (RFC 3339)", "Must be an instant with its zone (RFC 3339)")
_FUTURE = Words("生效日期不得晚于今天 ({today})", "The effective date must not be later than today ({today})")


@dataclass(frozen=True)
class Moment:
    """`as_of`: as the world was on that date. `known_at`: as the system knew it at that instant."""

    as_of: date | None = None
    known_at: datetime | None = None

    @property
    def asked(self) -> bool:
        return self.as_of is not None or self.known_at is not None


NOW = Moment()


async def _asked_moment(
    request: Request,
    response: Response,
    as_of: Annotated[
        str | None,
        Query(description="As the world was on this business date", json_schema_extra={"format": "date"}),
    ] = None,
    known_at: Annotated[
        str | None,
        Query(
            description="As the system knew it at this instant, which the sequencer has passed",
            json_schema_extra={"format": "date-time"},
        ),
    ] = None,
) -> Moment:
    """What is asked, once it can be answered for ever; both are echoed as headers."""
    moment = Moment(_date("as_of", as_of), _instant("known_at", known_at))
    if moment.as_of is not None:
        response.headers[AS_OF_HEADER] = moment.as_of.isoformat()
    if moment.known_at is not None:
        response.headers[KNOWN_AT_HEADER] = instant_text(moment.known_at)
        await settle(request.app.state.runtime.database, moment.known_at)
    return moment


AskedMoment = Annotated[Moment, Depends(_asked_moment)]


def today() -> date:
    """The business date of now."""
    return business_date(datetime.now(UTC))


def _effective_date(
    effective_date: Annotated[
        str | None,
        Query(
            description="From which business date on this holds; today if absent, not later than today",
            json_schema_extra={"format": "date"},
        ),
    ] = None,
) -> date:
    chosen = _date("effective_date", effective_date)
    if chosen is not None and chosen > today():
        raise invalid("effective_date", _FUTURE.filled(today=today().isoformat()))
    return chosen or today()


EffectiveDate = Annotated[date, Depends(_effective_date)]


def _date(name: str, text: str | None) -> date | None:
    try:
        return None if text is None else parse_value("date", text)
    except ValueError as error:
        raise invalid(name, _DATE) from error


def _instant(name: str, text: str | None) -> datetime | None:
    """In whole milliseconds, as stamps are; a later part of the same millisecond adds nothing."""
    try:
        value: datetime | None = None if text is None else parse_value("instant", text)
    except ValueError as error:
        raise invalid(name, _INSTANT) from error
    return value and value.replace(microsecond=value.microsecond // 1000 * 1000)

"""Who is told of an event: rules without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from chassis.identity.principal import Principal
from services.gateway.notices.kinds import KINDS, Event, Kind

Channel = Literal["in_app", "email", "off"]
DEFAULT_CHANNEL: Final[Channel] = "in_app"
# an event that is read later than this is history: a new installation is not told of all that ever happened
STALE: Final = timedelta(days=2)


@dataclass(frozen=True)
class Person:
    """An account that may be told, as its roles and scope are now, and what it wishes."""

    account_id: UUID
    principal: Principal
    since: datetime
    email: str | None
    channels: Mapping[str, str]

    def channel(self, kind: str) -> str:
        return self.channels.get(kind, DEFAULT_CHANNEL)


def may_see(principal: Principal, kind: Kind, division_path: Iterable[str], zone_id: UUID | None) -> bool:
    """The person holds the permission, and their view covers the place."""
    return kind.permission in principal.permissions and principal.view.covers(division_path, zone_id)


def notices_for(
    event: Event, occurred_at: datetime, people: Sequence[Person], now: datetime
) -> list[dict[str, Any]]:
    """Rows of the notices that an event calls for; none for whoever did it themselves, or came later."""
    if now - occurred_at > STALE:
        return []
    rows = []
    for kind in KINDS.values():
        if not kind.concerns(event):
            continue
        resource = event["data"]["resource"]
        place = kind.place(resource)
        names = {name: list(words) for name, words in kind.names(resource).items()}
        for person in people:
            channel = person.channel(kind.name)
            unasked = channel == "off" or person.principal.subject == event["actor"]
            if unasked or person.since > occurred_at:
                continue
            if not may_see(person.principal, kind, place.division_path, place.zone_id):
                continue
            mailed = channel == "email" and person.email is not None
            rows.append(
                {
                    "account_id": person.account_id,
                    "event_id": UUID(event["id"]),
                    "kind": kind.name,
                    "subject_id": UUID(event["data"]["id"]),
                    "names": names,
                    "division_path": list(place.division_path),
                    "zone_id": place.zone_id,
                    "occurred_at": occurred_at,
                    "mail_state": "waiting" if mailed else "none",
                    "mail_attempts": 0,
                    "mail_due_at": now if mailed else None,
                }
            )
    return rows

"""Events as the feeds carry them, and people who may be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.database import Database
from chassis.schemas import instant_text
from services.gateway.accounts.models import Account
from services.gateway.notices.following import tell_people
from services.gateway.notices.models import NoticeSettings

HUBEI, HUNAN = "420000", "430000"
ZONE_ID = UUID("0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a05")
ACTOR = "person:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a09"


def zone_event(change: str = "created", *changed: str, **more: Any) -> dict[str, Any]:
    """A zone in Hubei was registered or changed, just now."""
    resource = {
        "id": str(ZONE_ID),
        "version": 1,
        "names": {"zh-Hans": "江岸试验区", "en": "Jiang'an Zone"},
        "division_path": [HUBEI, "420100", "420102"],
        "state": "operating",
    }
    return {
        "id": str(uuid4()),
        "type": f"sdz.zone.{change}.v1",
        "subject": f"zone/{ZONE_ID}",
        "time": instant_text(datetime.now(UTC) + timedelta(seconds=1)),
        "actor": ACTOR,
        "data": {"id": str(ZONE_ID), "version": 1, "changed": list(changed), "resource": resource},
    } | more


async def add_person(
    database: Database,
    login: str,
    *,
    scope: str | None = HUBEI,
    roles: tuple[str, ...] = ("zone_officer",),
    email: str | None = None,
    **channels: str,
) -> UUID:
    """An account that sees one division's subtree, or all where `scope` is None."""
    view = {"everywhere": scope is None, "divisions": [scope] if scope else [], "zones": []}
    stamps = {"created_by": "person:admin", "updated_by": "person:admin"}
    async with database.transaction() as session:
        account = Account(
            kind="person",
            login=login,
            name=login,
            roles=list(roles),
            view=view,
            write=view,
            password_hash="no password",
            **stamps,
        )
        session.add(account)
        await session.flush()
        if email or channels:
            session.add(NoticeSettings(id=account.id, email=email, channels=channels, **stamps))
            await session.flush()
        return account.id


async def tell(database: Database, *events: dict[str, Any]) -> None:
    """What the consumer does with a stretch of the feed."""
    async with database.transaction() as session:
        await tell_people(session, events)

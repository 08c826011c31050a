"""What projects and achievements have in common on the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from chassis.schemas import In, ResourceOut
from chassis.text import Code, Name
from services.projects.zone_link import ZoneName, ZonePart

Year = Annotated[int, Field(ge=1900, le=2100)]


class RecordEntry(In):
    """Members that every entry has; a row of an import is the same."""

    code: Code
    title: Name
    zone: ZoneName | None = None


class RecordPatch(In):
    """The same, each optional: members that are absent stay, null empties (RFC 7396)."""

    code: Code | None = None
    title: Name | None = None
    zone: ZoneName | None = None


class RecordOut(ResourceOut):
    """`division_path` is the zone's, from the province down; empty for a record of the nation."""

    code: str
    title: str
    zone: ZonePart | None
    division_path: list[str]
    field: str | None
    year: int | None
    source: str | None
    note: str | None


ZONE_EXAMPLE: dict[str, Any] = {
    "id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01",
    "code": "SDZ-0012",
    "name": "安徽省淮南市毛集国家可持续发展先进示范区",
    "names": {"zh-Hans": "安徽省淮南市毛集国家可持续发展先进示范区", "en": "Maoji, Huainan, Anhui"},
}

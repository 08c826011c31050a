"""Documents on the wire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from chassis.documents.file_names import FileName
from chassis.schemas import EXAMPLE_STAMPS, In, Out, ResourceOut
from chassis.text import Code, Text

_EXAMPLE: dict[str, Any] = {
    **EXAMPLE_STAMPS,
    "parent": {"collection": "zones", "id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a05"},
    "name": "批复文件.pdf",
    "category": "approval",
    "description": "国务院批复的扫描件",
    "media_type": "application/pdf",
    "size": 248113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "content_url": "/api/v1/zones/0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a05"
    "/documents/0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01/content",
}


class DocumentParent(Out):
    """The object that the document belongs to."""

    collection: str
    id: UUID


class DocumentOut(ResourceOut):
    """What is known of a file; its bytes are at `content_url`. `size` in bytes, `sha256` in hexadecimal."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    parent: DocumentParent
    name: str
    category: str
    description: str | None
    media_type: str
    size: int
    sha256: str
    content_url: str


class DocumentPatch(In):
    """Merge patch (RFC 7396); the content never changes: another one is another document."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"category": "approval", "description": None}]}
    )

    name: FileName | None = None
    category: Code | None = None
    description: Text | None = None

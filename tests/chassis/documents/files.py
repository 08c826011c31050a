"""Small files of every kind, and a zone to lay them in."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import quote

import httpx

from tests.registry.builders import zone
from tests.service_app import RunningService, ministry

PDF = b"%PDF-1.7\n1 0 obj\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40)
OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
PROGRAM = b"MZ\x90\x00" + bytes(80)
HUBEI_PATH, HUNAN_PATH = "/api/v1/zones/code:HB/documents", "/api/v1/zones/code:HN/documents"


def office(*members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", *members):
            archive.writestr(name, "<x/>")
    return file.getvalue()


def named(name: str, **headers: str) -> dict[str, str]:
    """Headers of an upload."""
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"} | given


async def make_zones(service: RunningService) -> None:
    """One in Hubei, one in Hunan."""
    async with service.client(ministry()) as office_:
        for body in (zone("HB", "420102"), zone("HN", "430181")):
            assert (await office_.post("/api/v1/zones", json=body)).status_code == 201


async def upload(
    client: httpx.AsyncClient,
    content: bytes = PDF,
    name: str = "批复.pdf",
    path: str = HUBEI_PATH,
    **headers: str,
) -> httpx.Response:
    return await client.post(path, content=content, headers=named(name, **headers))

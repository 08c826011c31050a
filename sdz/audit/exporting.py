"""Fetching a range of the trail from the gateway, part by part, into one file."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from sdz.demonstration.api import content_of
from sdz.trouble import Trouble

RECORDS_A_REQUEST = 20_000


def export(client: httpx.Client, source: str, out: Path, first: int, *, personal: bool) -> int:
    """Sign what is there, write all from `first` to it into `out`; the number of the last record.

    `client` speaks to the gateway with the token of an auditor. The file appears whole or not at all.
    """
    head = content_of(
        client.post(
            "/api/v1/audit/heads", params={"source": source}, headers={"idempotency-key": str(uuid.uuid4())}
        )
    )
    last = int(head["number"])
    if first > last:
        raise Trouble(f"the last record of {source} is {last}", f"begin at {last} or before")
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            for line in _lines(client, source, first, last, personal):
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return last


def _lines(client: httpx.Client, source: str, first: int, last: int, personal: bool) -> Iterator[bytes]:
    """One file made of several answers: the line on the range is that of the first, with the last number."""
    for start in range(first, last + 1, RECORDS_A_REQUEST):
        end = min(start + RECORDS_A_REQUEST - 1, last)
        query: dict[str, Any] = {"source": source, "from": start, "to": end, "personal": personal}
        with client.stream("GET", "/api/v1/audit/export", params=query) as answer:
            if answer.status_code != 200:
                answer.read()
                content_of(answer)
            rest = b""
            begun = False
            for chunk in answer.iter_bytes():
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    if begun:
                        yield line + b"\n"
                    elif start == first:
                        yield _announcing(line, last)
                    begun = True
            if rest:
                raise Trouble("the answer broke off", "try again")


def _announcing(line: bytes, last: int) -> bytes:
    members = json.loads(line) | {"to": last}
    text = json.dumps(members, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"

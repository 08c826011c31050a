"""Digests by which two sides see that they hold the same objects at the same versions.

A bucket's digest is the SHA-256 of the lines `id|version|deleted` of its objects (deleted: true or false),
sorted by id and joined by line feeds; an empty bucket has the digest of the empty text. An object's bucket is
the last byte of its id, 0 to 255.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Select, String, Subquery, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

BUCKETS = 256
EMPTY = hashlib.sha256(b"").hexdigest()


def by_bucket(held: Subquery) -> Select[Any]:
    """Rows of (bucket, number of objects, digest) over `id`, `version` and `deleted` of `held`."""
    bucket = func.get_byte(func.uuid_send(held.c.id), 15)
    line = func.concat_ws("|", cast(held.c.id, Text), cast(held.c.version, Text), cast(held.c.deleted, Text))
    lines = func.string_agg(line, aggregate_order_by(literal("\n"), held.c.id))
    digest = func.encode(func.sha256(func.convert_to(lines, "UTF8")), "hex", type_=String)
    return select(bucket.label("bucket"), func.count().label("objects"), digest.label("digest")).group_by(
        bucket
    )


async def digests_of(session: AsyncSession, held: Subquery) -> tuple[int, list[str]]:
    """How many objects there are, and the digests of all 256 buckets in order."""
    statement = by_bucket(held).execution_options(scope="caller")
    rows = (await session.execute(statement)).all()
    digests = [EMPTY] * BUCKETS
    for row in rows:
        digests[row.bucket] = row.digest
    return sum(row.objects for row in rows), digests

"""Objects that come and go between places: every reader holds exactly what it may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.identity.principal import Principal, Scope
from tests.chassis.answers import shared_database
from tests.chassis.feed.events import change, write
from tests.chassis.feed.test_snapshot import digests_by_hand, parsed
from tests.service_app import RunningService, ministry, province

pytestmark = pytest.mark.anyio
URL = "/api/v1/changes"
ZONE = uuid4()
PLACES: list[dict[str, Any]] = [
    {},
    {"division_path": ["420000"]},
    {"division_path": ["420000", "420100"]},
    {"division_path": ["430000"]},
    {"division_path": ["430000"], "zone_id": ZONE},
    {"division_path": ["nation"]},
]
READERS = {
    "province": province("420000"),
    "city": province("420100"),
    "zone": province("x", view=Scope(zones=frozenset({str(ZONE)}))),
    "nowhere": province("x", view=Scope()),
    "both": province("x", view=Scope(divisions=frozenset({"420100", "430000"}))),
    "all": ministry(),
}
# (object, place, how it changes, whether the sequencer numbers what there is so far)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, len(PLACES) - 1),
        st.sampled_from(["updated", "updated", "updated", "deleted"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=9,
)


def sees(reader: Principal, place: dict[str, Any]) -> bool:
    path, zone = place.get("division_path", []), place.get("zone_id")
    return (not path and zone is None) or reader.view.covers(path, zone)


async def read(service: RunningService, reader: Principal, after: str, kind: str) -> tuple[str, list[Any]]:
    async with service.client(reader) as client:
        page = (await client.get(f"{URL}?after={after}&types={kind}")).json()
    assert page["up_to_date"]
    return page["next_after"], page["items"]


def replay(held: dict[UUID, tuple[int, bool]], events: Sequence[dict[str, Any]]) -> None:
    for event in events:
        data = event["data"]
        if event["type"].endswith("removed_from_scope.v1"):
            assert "resource" not in data
            assert held.pop(UUID(data["id"]), None) is not None, "told of what the reader had never seen"
        else:
            assert data["resource"] == {"version": data["version"]}
            held[UUID(data["id"])] = (data["version"], data["deleted"])


@settings(shared_database, max_examples=15)
@given(steps=STEPS, joins=st.integers(0, 8))
async def test_every_reader_holds_what_it_may_see_at_every_stop(
    probe: RunningService, steps: list[tuple[int, int, str, bool]], joins: int
) -> None:
    kind = f"k{uuid4().hex[:12]}"
    subjects = [uuid4() for _ in range(3)]
    versions = dict.fromkeys(subjects, 0)
    where: dict[UUID, tuple[dict[str, Any], bool]] = {}
    held: dict[str, dict[UUID, tuple[int, bool]]] = {name: {} for name in READERS}
    start, _ = await read(probe, ministry(), "0", "none")
    after = dict.fromkeys(READERS, start)
    for number, (index, place, how, numbered) in enumerate(steps):
        subject = subjects[index]
        versions[subject] += 1
        told = change(subject, versions[subject], kind=kind, change=how, **PLACES[place])
        await write(probe.runtime.database, told)
        where[subject] = (PLACES[place], how == "deleted")
        if not numbered and number < len(steps) - 1:
            continue
        await probe.number_events()
        for name, reader in READERS.items():
            if number == joins % len(steps):  # begins anew, from a snapshot
                async with probe.client(reader) as client:
                    header, events = parsed((await client.get(f"{URL}/snapshot?types={kind}")).content)
                held[name], after[name] = {}, header["position"]
            else:
                after[name], events = await read(probe, reader, after[name], kind)
            replay(held[name], events)
            expected = {
                subject: (versions[subject], gone)
                for subject, (at, gone) in where.items()
                if sees(reader, at)
            }
            assert held[name] == expected
            async with probe.client(reader) as client:
                digest = (await client.get(f"{URL}/digest?type={kind}&at={after[name]}")).json()
            assert digest["buckets"] == digests_by_hand(expected)


async def test_what_left_the_scope_is_told_without_its_members_and_what_entered_with_all(
    probe: RunningService,
) -> None:
    subject = uuid4()
    await write(probe.runtime.database, change(subject, 1, division_path=["420000"]))
    await probe.number_events()
    await write(probe.runtime.database, change(subject, 2, division_path=["430000"]))
    await probe.number_events()
    after, (_, left) = await read(probe, province("420000"), "0", "thing")
    _, (entered,) = await read(probe, province("430000"), "0", "thing")
    assert (left["type"], left["subject"]) == ("sdz.thing.removed_from_scope.v1", f"thing/{subject}")
    assert left["data"] == {"id": str(subject), "version": 2, "deleted": False, "changed": []}
    assert (left["sequence"], left["id"]) == (entered["sequence"], entered["id"])
    assert entered["data"]["resource"] == {"version": 2}
    await write(probe.runtime.database, change(subject, 3, division_path=["430000"]))
    await probe.number_events()
    assert await read(probe, province("420000"), after, "thing") == (f"{int(after) + 1:018d}", [])

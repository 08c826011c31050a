"""Which event becomes a notice, for whom, and in what words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from uuid import UUID

from chassis.words import Words

KindName = Literal["zone_registered", "zone_state_changed", "project_entered"]
Event = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where the event's object lies; see `Scope`."""

    division_path: tuple[str, ...]
    zone_id: UUID | None


@dataclass(frozen=True)
class Kind:
    """A row of the table.

    `event` is the type in the feed of `source`; who holds `permission` and sees the place is told. `text` is
    filled with what `names` takes from the resource, each in both languages; it says no more than the
    permission lets one read. `path` leads to the object.
    """

    name: KindName
    title: Words
    source: str
    event: str
    permission: str
    path: str
    text: Words
    place: Callable[[Mapping[str, Any]], Place]
    names: Callable[[Mapping[str, Any]], Mapping[str, Words]]
    changed: str | None = None

    def concerns(self, event: Event) -> bool:
        """The event is of this kind; where `changed` names a member, only if that one changed."""
        return event["type"] == self.event and (
            self.changed is None or self.changed in event["data"]["changed"]
        )


def _names(resource: Mapping[str, Any]) -> Words:
    names = resource["names"]
    return Words(names["zh-Hans"], names.get("en") or names["zh-Hans"])


def _zone_place(resource: Mapping[str, Any]) -> Place:
    return Place(tuple(resource["division_path"]), UUID(resource["id"]))


def _record_place(resource: Mapping[str, Any]) -> Place:
    """That of the record's zone; a record of the nation lies nowhere, and is for nationwide scopes only."""
    zone = resource["zone"]
    return Place(tuple(resource["division_path"]), UUID(zone["id"]) if zone else None)


def _zone_names(resource: Mapping[str, Any]) -> Mapping[str, Words]:
    return {"zone": _names(resource)}


def _record_names(resource: Mapping[str, Any]) -> Mapping[str, Words]:
    title = resource["title"]
    zone = _names(resource["zone"]) if resource["zone"] else Words("国家", "the nation")
    return {"title": Words(title, title), "zone": zone}


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "zone_registered",
            Words("新登记实验区", "A zone was registered"),
            "registry",
            "sdz.zone.created.v1",
            "zone.read",
            "/api/v1/zones/{id}",
            Words("已登记实验区“{zone}”", "The zone “{zone}” was registered"),
            _zone_place,
            _zone_names,
        ),
        Kind(
            "zone_state_changed",
            Words("实验区状态变化", "A zone's state changed"),
            "registry",
            "sdz.zone.updated.v1",
            "zone.read",
            "/api/v1/zones/{id}",
            Words("实验区“{zone}”的状态已改变", "The state of the zone “{zone}” has changed"),
            _zone_place,
            _zone_names,
            changed="state",
        ),
        Kind(
            "project_entered",
            Words("新录入项目", "A project was entered"),
            "projects",
            "sdz.project.created.v1",
            "project.read",
            "/api/v1/projects/{id}",
            Words("“{zone}”录入了项目“{title}”", "The project “{title}” of {zone} was entered"),
            _record_place,
            _record_names,
        ),
    )
}
assert tuple(KINDS) == get_args(KindName)
SOURCES: Final = tuple(sorted({kind.source for kind in KINDS.values()}))


def text_of(kind: str, names: Mapping[str, Any]) -> Words:
    """The sentence of a stored notice; `names` maps each name to its Chinese and English form."""
    template = KINDS[kind].text
    return Words(
        template.zh.format(**{name: pair[0] for name, pair in names.items()}),
        template.en.format(**{name: pair[1] for name, pair in names.items()}),
    )

"""The caller as a service sees it: resolved permissions and scopes, nothing to look up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scope:
    """A part of the country: everywhere, or division subtrees and single zones.

    `divisions` are codes; a row lies in the scope when one of them is in its `division_path`
    (the codes from the province down to its own division), or when its zone is in `zones`.
    """

    everywhere: bool = False
    divisions: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()

    def covers(self, division_path: Iterable[str], zone_id: object | None = None) -> bool:
        return (
            self.everywhere
            or not self.divisions.isdisjoint(division_path)
            or (zone_id is not None and str(zone_id) in self.zones)
        )

    def claims(self) -> dict[str, Any]:
        if self.everywhere:
            return {"everywhere": True}
        return {"divisions": sorted(self.divisions), "zones": sorted(self.zones)}

    @classmethod
    def from_claims(cls, claims: object) -> Scope:
        """Anything that is not clearly a scope is the empty one."""
        if not isinstance(claims, dict):
            return NOWHERE
        return cls(
            everywhere=claims.get("everywhere") is True,
            divisions=_texts(claims.get("divisions")),
            zones=_texts(claims.get("zones")),
        )


def _texts(value: object) -> frozenset[str]:
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )


EVERYWHERE = Scope(everywhere=True)
NOWHERE = Scope()


@dataclass(frozen=True)
class Principal:
    """`subject` is `person:<id>`, `machine:<id>` or `service:<name>`."""

    subject: str
    issuer: str
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    view: Scope = field(default=NOWHERE)
    write: Scope = field(default=NOWHERE)

    @property
    def is_machine(self) -> bool:
        return self.subject.startswith("machine:")


ANONYMOUS = Principal("anonymous", "")

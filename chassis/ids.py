"""Identifiers of resources and the three ways to name one in a path or an import."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.problems import NotFound
from chassis.text import fold_code, is_clean
from chassis.words import Words


def new_id() -> UUID:
    """UUIDv7 (RFC 9562): ordered by time of creation."""
    return uuid7()


@dataclass(frozen=True)
class Reference:
    """Exactly one of: `id`; `code`; `system` and `value` of an external id."""

    id: UUID | None = None
    code: str | None = None
    system: str | None = None
    value: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """`<uuid>`, `code:XXX` or `ext:system:value`; raises ValueError on anything else."""
        if not is_clean(text) or len(text) > 300:
            raise ValueError("not a reference")
        kind, _, rest = text.partition(":")
        if kind == "code" and (code := fold_code(rest)):
            return cls(code=code)
        if kind == "ext":
            system, _, value = rest.partition(":")
            if system and value:
                return cls(system=system, value=value)
        return cls(id=UUID(text))

    def __str__(self) -> str:
        """What `parse` reads as this reference."""
        if self.system is not None:
            return f"ext:{self.system}:{self.value}"
        return f"code:{self.code}" if self.code is not None else str(self.id)

    @classmethod
    def from_path(cls, text: str) -> Reference:
        """As `parse`; what is no reference names nothing: 404."""
        try:
            return cls.parse(text)
        except ValueError as error:
            raise NotFound(
                Words(
                    "标识应为 UUID、code:代码 或 ext:系统:值",
                    "An id is a UUID, code:CODE or ext:SYSTEM:VALUE",
                )
            ) from error

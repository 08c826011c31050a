"""Table of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, DateTime, LargeBinary, String, UniqueConstraint, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database_errors import explain_constraint
from chassis.resource import Base, ResourceColumns
from chassis.search.columns import FoundBy, Searchable, search_indexes
from chassis.words import Words


class Account(Searchable, ResourceColumns, Base):
    """A person (signs in with a password) or a machine (with a client secret).

    A person has a password hash and nothing else; a machine has the digest of its secret and, while a
    rotation overlaps, of the one before.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("kind", "login"),
        CheckConstraint("kind IN ('person', 'machine')", "kind"),
        CheckConstraint(
            "(kind = 'person') = (password_hash IS NOT NULL)"
            " AND (kind = 'machine') = (secret_digest IS NOT NULL)",
            "credential_of_its_kind",
        ),
        CheckConstraint(
            "(previous_secret_digest IS NULL) = (previous_secret_until IS NULL)"
            " AND (previous_secret_digest IS NULL OR kind = 'machine')",
            "overlap",
        ),
        CheckConstraint("cardinality(roles) > 0", "has_a_role"),
        CheckConstraint(
            "('system_administrator' = ANY(roles))::int + ('security_administrator' = ANY(roles))::int"
            " + ('audit_administrator' = ANY(roles))::int <= 1",
            "administrators_apart",
        ),
        *search_indexes("account"),
    )

    found_by = FoundBy(names=("name",), codes=("login",))

    kind: Mapped[str] = mapped_column(String)
    login: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    roles: Mapped[list[str]] = mapped_column(ARRAY(String))
    view: Mapped[dict[str, Any]] = mapped_column(JSONB)
    write: Mapped[dict[str, Any]] = mapped_column(JSONB)
    active: Mapped[bool] = mapped_column(Boolean, server_default=true(), default=True)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    password_hash: Mapped[str | None] = mapped_column(String)
    secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


explain_constraint(
    "uq_account_kind_login",
    "login_taken",
    Words("该用户名或客户端标识已被使用", "The username or client id is taken"),
)

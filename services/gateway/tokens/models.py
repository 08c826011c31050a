"""Table of failures to sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import UNAUDITED
from chassis.resource import Base


class SignInFailure(Base):
    """One failure; the login is kept as a digest, since people type passwords into the wrong field."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_login_digest_failed_at", "login_digest", "failed_at"),
        Index("ix_sign_in_failure_failed_at", "failed_at"),
        {"info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    login_digest: Mapped[bytes] = mapped_column(LargeBinary)
    failed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

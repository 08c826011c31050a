"""Settings of a service, read once at its start from the environment (`SDZ_…`) or secret files."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable."""


class Addresses(BaseSettings):
    """What all services share: `SDZ_KEYS`, `SDZ_CURSOR_KEY_FILE`, `SDZ_<SERVICE>_URL`, `SDZ_LOG_LEVEL`."""

    model_config = SettingsConfigDict(env_prefix="SDZ_", extra="ignore")

    keys: Path
    cursor_key_file: Path
    log_level: str = "info"
    metrics_token_file: Path | None = None
    traces_endpoint: str = ""
    traces_ratio: float = Field(default=0.0, ge=0, le=1)
    registry_url: str = "http://127.0.0.1:8001"
    projects_url: str = "http://127.0.0.1:8002"
    evaluation_url: str = "http://127.0.0.1:8003"

    @cached_property
    def metrics_token(self) -> str | None:
        """The secret that `/metrics` asks for; None where it is not served."""
        if self.metrics_token_file is None:
            return None
        return self.metrics_token_file.read_text(encoding="utf-8").strip() or None

    def url(self, service: str) -> str:
        return str(getattr(self, f"{service}_url")).rstrip("/")


class OwnSettings(BaseSettings):
    """What is one service's own: `SDZ_<SERVICE>_DATABASE_URL` (or `…_FILE`), `…_SIGNING_KEY_FILE`, pool."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str = ""
    database_url_file: Path | None = None
    signing_key_file: Path
    pool_size: int = Field(default=10, ge=1, le=200)
    pool_wait_seconds: float = Field(default=2.0, gt=0, le=30)
    feed_days: int = Field(default=400, ge=1)
    fast_reads: bool = True
    fast_pool_size: int = Field(default=4, ge=1, le=200)
    max_body_bytes: int = Field(default=1_000_000, ge=1_000)
    max_import_bytes: int = Field(default=20_000_000, ge=1_000)
    max_open_plans: int = Field(default=20, ge=1)
    max_document_bytes: int = Field(default=100_000_000, ge=1_000)
    documents: str = "var/documents"
    documents_endpoint: str = ""
    documents_region: str = "us-east-1"
    documents_access_key_file: Path | None = None
    documents_secret_key_file: Path | None = None
    # Long work. A worker that is silent for the heartbeat's time is taken over at another's next poll.
    worker: bool = True
    worker_tasks: int = Field(default=2, ge=2, le=100)
    worker_processes: int = Field(default=2, ge=1, le=100)
    worker_heartbeat_seconds: float = Field(default=20.0, ge=0.4, le=40)
    worker_poll_seconds: float = Field(default=5.0, ge=0.1, le=15)
    worker_drain_seconds: float = Field(default=5.0, ge=0, le=600)
    worker_retry_seconds: float = Field(default=5.0, ge=0, le=600)

    @model_validator(mode="after")
    def _one_url(self) -> Self:
        if not self.database_url and self.database_url_file is None:
            raise ValueError("set …_DATABASE_URL or …_DATABASE_URL_FILE")
        return self

    @property
    def database(self) -> str:
        return self.database_url or self.database_url_file.read_text().strip()  # type: ignore[union-attr]  # validated


class Settings:
    """Both parts for one service."""

    def __init__(self, service: str, shared: Addresses, own: OwnSettings) -> None:
        self.service, self.shared, self.own = service, shared, own

    @classmethod
    def read(cls, service: str) -> Settings:
        """Raises SettingsError naming every variable that is missing, wrong or names no file."""
        prefix = f"SDZ_{service.upper()}_"
        try:
            shared = Addresses()
        except ValidationError as error:
            raise SettingsError(_explain("SDZ_", error)) from error
        try:
            own = OwnSettings(_env_prefix=prefix)
        except ValidationError as error:
            raise SettingsError(_explain(prefix, error)) from error
        files = {
            "SDZ_KEYS": shared.keys,
            "SDZ_CURSOR_KEY_FILE": shared.cursor_key_file,
            "SDZ_METRICS_TOKEN_FILE": shared.metrics_token_file,
            f"{prefix}SIGNING_KEY_FILE": own.signing_key_file,
            f"{prefix}DATABASE_URL_FILE": own.database_url_file,
            f"{prefix}DOCUMENTS_ACCESS_KEY_FILE": own.documents_access_key_file,
            f"{prefix}DOCUMENTS_SECRET_KEY_FILE": own.documents_secret_key_file,
        }
        missing = [
            f"{name}={path} does not exist" for name, path in files.items() if path and not path.exists()
        ]
        if missing:
            raise SettingsError("; ".join(missing))
        return cls(service, shared, own)


def _explain(prefix: str, error: ValidationError) -> str:
    return "; ".join(
        f"{prefix}{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()
    )

"""Which store the settings name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from chassis.settings import OwnSettings

MEMORY = "memory:"


def open_place(service: str, own: OwnSettings) -> tuple[ObjectStore, Path | None]:
    """The store of a service, and its folder if it is one (made if it is missing).

    Each service keeps to a part of its own, named for it, so that all may share one folder or bucket.
    Raises OSError when the folder cannot be made, ValueError when the settings make no sense.
    """
    if own.documents == MEMORY:
        return MemoryStore(), None
    if own.documents.startswith("s3://"):
        return _bucket(service, own), None
    folder = (Path(own.documents) / service).absolute()
    return LocalStore(folder, mkdir=True), folder


def _bucket(service: str, own: OwnSettings) -> ObjectStore:
    parts = urlsplit(own.documents)
    prefix = "/".join(part for part in (parts.path.strip("/"), service) if part)
    given = {
        "endpoint": own.documents_endpoint,
        "access_key_id": _secret(own.documents_access_key_file),
        "secret_access_key": _secret(own.documents_secret_key_file),
    }
    return S3Store(
        parts.netloc,
        prefix=prefix,
        region=own.documents_region,
        client_options={
            "allow_http": own.documents_endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(seconds=60),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]  # all are texts
    )


def _secret(file: Path | None) -> str:
    return file.read_text().strip() if file is not None else ""

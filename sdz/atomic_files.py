"""Files that are there whole or not at all."""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: str, mode: int) -> None:
    """Write beside the target, flush to disk, then rename: a reader never sees half a file."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.draft")
    try:
        # The mode counts from the first moment, and O_EXCL refuses a link that someone laid there.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(folder: Path) -> None:
    """Take away what an interrupted `write_whole` left."""
    for draft in folder.glob(".*.draft"):
        draft.unlink(missing_ok=True)

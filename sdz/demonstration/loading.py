"""Loading a folder of data (see `sampledata/README.md`) and running its evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sdz.demonstration.api import Api, reference
from sdz.trouble import Trouble

# Each refers only to what stands before it.
SHEETS_FIRST: Final = ("sources", "divisions", "zones", "projects", "achievements")
DOCUMENTS: Final = ("framework", "cycle", "run")
STEPS: Final = len(SHEETS_FIRST) + 4


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files by name without ending; `Trouble` names the first that is missing."""
    names = [f"{name}.csv" for name in (*SHEETS_FIRST, "observations")] + [
        f"{name}.json" for name in DOCUMENTS
    ]
    content = {}
    for name in names:
        try:
            content[name.split(".")[0]] = (folder / name).read_bytes()
        except OSError as error:
            raise Trouble(
                f"{folder / name}: {error.strerror}",
                f"a data folder holds {', '.join(names)}; see sampledata/README.md",
            ) from None
    return content


def load(api: Api, folder: Path, progress: Callable[[str], None]) -> dict[str, dict[str, int]]:
    """Load everything but the run; what is there already stays unchanged. Counts by collection."""
    content = read_folder(folder)
    counts = {}
    for collection in SHEETS_FIRST:
        counts[collection] = api.import_sheet(collection, content[collection])
        progress(_told(collection, counts[collection]))
    for name in ("framework", "cycle"):
        body = _document(folder, name, content[name])
        counts[f"{name}s"] = _put(api, f"/{name}s", body)
        progress(_told(f"{name}s", counts[f"{name}s"]))
    counts["observations"] = api.import_sheet("observations", content["observations"])
    progress(_told("observations", counts["observations"]))
    return counts


def evaluate(api: Api, folder: Path) -> dict[str, Any]:
    """A new run of the folder's cycle; the run as the API answers it."""
    run: dict[str, Any] = api.post("/runs", _document(folder, "run", (folder / "run.json").read_bytes()))
    return run


def _document(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise Trouble(f"{folder / name}.json is no JSON: {error}", "correct the file") from None
    if not isinstance(document, dict):
        raise Trouble(f"{folder / name}.json holds no object", "correct the file")
    return document


def _put(api: Api, collection: str, body: dict[str, Any]) -> dict[str, int]:
    """Create by code, or bring what has the code to the body's members."""
    path = f"{collection}/{reference('code:' + str(body.get('code', '')))}"
    found = api.find(path)
    if found is None:
        api.post(collection, body)
        return {"created": 1}
    before, etag = found
    after = api.patch(path, {name: value for name, value in body.items() if name != "code"}, etag)
    return {"unchanged" if after["version"] == before["version"] else "updated": 1}


def _told(collection: str, counts: dict[str, int]) -> str:
    shown = ", ".join(f"{number} {what}" for what, number in counts.items() if number and what != "received")
    return f"{collection}: {shown}"

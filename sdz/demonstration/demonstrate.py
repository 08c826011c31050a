"""Load, evaluate, show: the main job from end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from sdz.demonstration.api import Api
from sdz.demonstration.loading import STEPS, evaluate, load
from sdz.demonstration.ranking import as_json, read_ranking, show
from sdz.folders import Folders
from sdz.secrets import read_secret
from sdz.terminal import Terminal

CLIENT_ID = "demo"


def demo_api(gateway_url: str, folders: Folders) -> Api:
    """The API as the machine client that the first start makes."""
    return Api(gateway_url, CLIENT_ID, read_secret(folders.secrets, "demo_client_secret"))


def demonstrate(api: Api, folder: Path, terminal: Terminal, console: Console) -> None:
    """Load `folder`, run its evaluation and show the ranking."""
    show(console, api, read_ranking(api, _loaded_and_evaluated(api, folder, terminal)))


def demonstrate_as_json(api: Api, folder: Path, terminal: Terminal) -> str:
    ranking = read_ranking(api, _loaded_and_evaluated(api, folder, terminal))
    return json.dumps(as_json(api, ranking), ensure_ascii=False, indent=1)


def _loaded_and_evaluated(api: Api, folder: Path, terminal: Terminal) -> dict[str, Any]:
    with terminal.progress(f"loading {folder} 正在导入", STEPS) as progress:
        load(api, folder, progress)
        run = evaluate(api, folder)
        progress("run: scores and ranks 评价")
    return run

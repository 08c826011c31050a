"""`docs/capability.md` is true: its blocks, written into a copy of the checkout, are a working capability."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sdz.capability_guide import GUIDE, read_blocks, write_capability
from sdz.trouble import Trouble
from tests.long_form import LONG
from tests.postgres import CHECKOUT

PARTS = ("chassis", "services", "sdz", "migrations", "tests", "benchmarks", "docs")
TOUCHED = ("services/registry", "services/gateway", "migrations/registry", "tests/contract", "docs")
FILES = ("pyproject.toml", ".importlinter")
# what the guide says holds without being written, for this service
GENERIC = (
    "tests/chassis/test_every_service.py",
    "tests/chassis/test_tables.py",
    "tests/chassis/vocabularies",
)
WRITTEN = ("services/registry", "services/gateway", "migrations/registry", "tests", "benchmarks")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("copy"))


def copied(root: Path, parts: Sequence[str] = PARTS) -> Path:
    for part in parts:
        shutil.copytree(CHECKOUT / part, root / part)  # with the compiled modules, which stay good
    for name in FILES:
        shutil.copy2(CHECKOUT / name, root / name)
    return root


def run(root: Path, *command: str, **environment: str) -> str:
    """The output of an installed command in the copy; fails with it."""
    done = subprocess.run(
        [Path(sys.executable).with_name(command[0]), *command[1:]],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_the_guide_is_a_working_capability(copy: Path, postgres: str) -> None:
    write_capability(copy)
    run(copy, "ruff", "check", "-q", "--no-cache", *WRITTEN)
    run(copy, "ruff", "format", "-q", "--no-cache", "--check", *WRITTEN)
    shutil.copy(copy / "tests/docs/driven.py", copy / "tests/registry/test_driven.py")
    own = ("tests/registry/test_centres.py", "tests/registry/test_driven.py")
    selected = ("-n0", "-p", "no:cacheprovider", "-k", "registry or centre or driven or named_for")
    told = run(copy, "pytest", "-x", *selected, *own, *GENERIC, SDZ_TEST_DATABASE=postgres)
    assert "skipped" not in told
    if LONG:
        run(copy, "mypy", "--no-incremental", "services/registry", "tests/registry", "benchmarks/suite")
        run(copy, "lint-imports", "--no-cache")


def test_a_block_names_its_file_and_what_the_text_names_is_there() -> None:
    text = (CHECKOUT / GUIDE).read_text(encoding="utf-8")
    blocks = read_blocks(text)
    assert len({block.path for block in blocks}) == len(blocks) > 15
    assert text.count("\n```\n") == len(blocks)
    named = set(re.findall(r"`((?:services|tests|benchmarks|docs)/[\w/]+(?:\.\w+)?)", text))
    assert len(named) > 10
    assert {name for name in named if not (CHECKOUT / name).exists()} == set()


def test_the_rooms_of_the_chassis_are_those_that_are_there() -> None:
    text = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("## The chassis")[2].partition("\n## ")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    rooms = set(re.findall(r"`(\w+)`", " ".join(first)))
    packages = {path.parent.name for path in (CHECKOUT / "chassis").glob("*/__init__.py")}
    modules = {path.stem for path in (CHECKOUT / "chassis").glob("*.py")}
    assert packages <= rooms <= packages | modules


def test_another_name_leaves_no_trace_of_the_example(tmp_path: Path) -> None:
    root = copied(tmp_path, TOUCHED)
    written = write_capability(root, "gallery", "galleries")
    assert "services/registry/galleries/models.py" in written
    texts = {path: (root / path).read_text(encoding="utf-8") for path in written}
    assert {path for path, text in texts.items() if "centre" in text.lower()} == set()
    assert 'ResourceRouter("galleries")' in texts["services/registry/galleries/routes.py"]
    assert "class Gallery(" in texts["services/registry/galleries/models.py"]
    run(root, "python", "-m", "compileall", "-q", "services/registry")


@pytest.mark.parametrize(
    ("one", "many"), [("zone", "zones"), ("Centre", "centres"), ("x y", "xs"), ("sheep",) * 2]
)
def test_a_name_that_cannot_be_is_refused_and_nothing_written(tmp_path: Path, one: str, many: str) -> None:
    root = copied(tmp_path, TOUCHED)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    with pytest.raises(Trouble):
        write_capability(root, one, many)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_line_that_is_not_there_is_told(tmp_path: Path) -> None:
    root = copied(tmp_path, TOUCHED)
    app = root / "services/registry/app.py"
    app.write_text(app.read_text(encoding="utf-8").replace("    routers=[\n", "    routers=[  # all\n"))
    with pytest.raises(Trouble, match=r"app.py: 0 lines are 'routers=\['"):
        write_capability(root)
    assert not (root / "services/registry/centres").exists()

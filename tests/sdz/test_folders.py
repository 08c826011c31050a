"""Where the installation keeps its things."""

from pathlib import Path

import pytest

from sdz.folders import ROOT_DATABASES, prepare, resolve, throw_away_folders
from sdz.settings import CHECKOUT, Settings, read_settings
from sdz.system_users import SystemUser
from sdz.trouble import Trouble

POSTGRES = SystemUser("postgres", 101, 104)


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdz.folders.server_user", lambda: POSTGRES)


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdz.folders.server_user", lambda: None)


def settings(data: Path, **more: object) -> Settings:
    return Settings.model_validate({"data": data, **more})


@pytest.mark.usefixtures("as_user")
def test_of_a_user_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    folders = resolve(settings(tmp_path))
    assert folders.database == tmp_path / "database"
    assert folders.server_user is None


@pytest.mark.usefixtures("as_root")
def test_of_root_the_database_lies_outside_roots_home_one_folder_for_each_data_folder() -> None:
    one, other = (resolve(settings(Path(f"/home/someone/{name}"))) for name in ("one", "other"))
    assert one.database.parent == other.database.parent == ROOT_DATABASES
    assert one.database != other.database
    assert one.database == resolve(settings(Path("/home/someone/other/../one"))).database


@pytest.mark.usefixtures("as_root")
def test_a_setting_moves_the_database(tmp_path: Path) -> None:
    assert (
        resolve(settings(tmp_path, database_folder=tmp_path / "elsewhere")).database == tmp_path / "elsewhere"
    )


def test_the_default_lies_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDZ_DATA", "")
    assert read_settings().data == CHECKOUT / "var"


def test_a_setting_that_is_not_valid_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDZ_GATEWAY_PORT", "0")
    with pytest.raises(Trouble, match="SDZ_GATEWAY_PORT"):
        read_settings()


@pytest.mark.usefixtures("as_user")
def test_what_exists_keeps_its_permissions(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o750)
    folders = resolve(settings(data))
    prepare(folders)
    assert data.stat().st_mode & 0o777 == 0o750
    assert folders.secrets.stat().st_mode & 0o777 == 0o700
    assert (folders.database / "belongs-to").read_text() == f"{data}\n"


@pytest.mark.usefixtures("as_user")
def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(Trouble, match="cannot create"):
        prepare(resolve(settings(tmp_path / "data")))


def test_of_throw_away_folders_nothing_stays() -> None:
    with throw_away_folders() as folders:
        prepare(folders)
        (folders.secrets / "one").write_text("secret")
        base = folders.data.parent
    assert not base.exists()

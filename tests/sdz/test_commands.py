"""The subcommands that prepare a server of one's own, and the doctor."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sdz.cli import app
from sdz.free_ports import free_port
from sdz.secrets import ensure_secrets, read_secret, secret_names
from sdz.services import SERVICES
from sdz.trouble import Trouble
from tests.postgres import CHECKOUT, ServiceDatabases


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test and no setting of the person who runs it."""
    for name in [name for name in os.environ if name.startswith("SDZ_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SDZ_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SDZ_DATABASE_FOLDER", str(tmp_path / "database"))
    monkeypatch.setenv("SDZ_GATEWAY_PORT", str(free_port()))
    return tmp_path


def sdz(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def findings() -> dict[str, dict[str, object]]:
    answer = sdz("doctor", "--json")
    found = {row["check"]: row for row in json.loads(answer.output)}
    assert answer.exit_code == (0 if all(row["ok"] for row in found.values()) else 1)
    return found


@pytest.mark.usefixtures("environment")
def test_help_names_every_subcommand() -> None:
    answer = sdz("--help")
    for name in ("up", "migrate", "bootstrap-database", "secrets", "doctor"):
        assert name in answer.output


class TestSecrets:
    def test_it_makes_all_that_containers_need_once(self, environment: Path) -> None:
        into = environment / "secrets"
        assert sdz("secrets", "--into", str(into), "--database", "db.example:6000/zones").exit_code == 0
        before = {path: path.read_bytes() for path in into.rglob("*") if path.is_file()}
        assert {*secret_names(), "projects_database_url", "projects_owner_database_url"} <= {
            p.name for p in before
        }
        assert (into / "keys" / "public" / "registry.pem").exists()
        assert read_secret(into, "projects_database_url").endswith("@db.example:6000/zones")
        assert sdz("secrets", "--into", str(into), "--database", "db.example:6000/zones").exit_code == 0
        assert {path: path.read_bytes() for path in into.rglob("*") if path.is_file()} == before

    @pytest.mark.parametrize("database", ["nothing", "host/name", "host:port/name", ":5432/name"])
    def test_an_address_of_another_form_is_refused(self, environment: Path, database: str) -> None:
        answer = sdz("secrets", "--into", str(environment / "s"), "--database", database)
        assert isinstance(answer.exception, Trouble)
        assert not (environment / "s").exists()


class TestBootstrapDatabase:
    def test_it_reads_address_and_passwords_from_files(
        self, environment: Path, service_databases: ServiceDatabases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On the roles of a real first start, so only where no other installation uses this server."""
        called: dict[str, object] = {}

        async def note(url: str, database: str, passwords: dict[str, str]) -> None:
            called.update(url=url, database=database, passwords=passwords)

        monkeypatch.setattr("sdz.commands.bootstrap_database.bootstrap", note)
        sdz("secrets", "--into", str(environment / "s"))
        monkeypatch.setenv("SDZ_ADMIN_DATABASE_URL_FILE", str(environment / "s" / "admin_database_url"))
        answer = sdz("bootstrap-database", "--database", "zones", "--secrets", str(environment / "s"))
        assert answer.exit_code == 0, answer.output
        assert called["url"] == read_secret(environment / "s", "admin_database_url")
        assert called["database"] == "zones"
        assert len(called["passwords"]) == 2 * len(SERVICES)  # type: ignore[arg-type]

    @pytest.mark.usefixtures("environment")
    def test_without_an_address_the_variable_is_named(self) -> None:
        assert "SDZ_ADMIN_DATABASE_URL" in str(sdz("bootstrap-database").exception)


class TestMigrate:
    def test_an_unknown_service_is_named(self) -> None:
        assert "there is no service zones" in str(sdz("migrate", "zones").exception)


class TestNew:
    def test_a_capability_that_is_there_already_is_left_alone(self) -> None:
        assert "services/registry/zones/__init__.py is there already" in str(
            sdz("new", "capability", "zone").exception
        )


class TestWork:
    def test_an_unknown_service_is_named(self) -> None:
        assert "there is no service zones" in str(sdz("work", "zones").exception)

    @pytest.mark.usefixtures("environment")
    def test_without_settings_the_worker_says_which_it_needs(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "sdz", "work", "evaluation"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "SDZ_CURSOR_KEY_FILE" in done.stderr


class TestDoctor:
    @pytest.mark.usefixtures("environment")
    def test_a_fresh_checkout_is_fine(self) -> None:
        assert [row for row in findings().values() if not row["ok"]] == []

    def test_a_secret_that_others_may_read(self, environment: Path) -> None:
        ensure_secrets(environment / "data" / "secrets", environment / "data" / "keys")
        loose = environment / "data" / "secrets" / "cursor_key"
        loose.chmod(0o644)
        assert findings()["secrets"]["remedy"] == f"chmod 600 {loose}"
        loose.chmod(0o600)
        assert findings()["secrets"]["ok"]

    @pytest.mark.usefixtures("environment")
    def test_a_taken_port(self) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", int(os.environ["SDZ_GATEWAY_PORT"])))
            other.listen()
            assert not findings()["port"]["ok"]

    @pytest.mark.usefixtures("environment")
    def test_programs_that_are_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SDZ_POSTGRES_BIN", "/nowhere")
        assert not findings()["postgresql"]["ok"]

    def test_a_database_without_its_secrets(self, environment: Path) -> None:
        (environment / "database" / "data").mkdir(parents=True)
        assert "begin anew" in str(findings()["secrets"]["remedy"])

    def test_a_lock_file_of_a_killed_start_is_no_problem(self, environment: Path) -> None:
        run = environment / "data" / "run"
        run.mkdir(parents=True)
        (run / "lock").write_text("process 1, since long ago\n")
        assert findings()["lock"]["ok"]
        assert "locks nothing" in str(findings()["lock"]["message"])

    @pytest.mark.usefixtures("environment")
    def test_databases_that_are_named(
        self, service_databases: ServiceDatabases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for service in SERVICES:
            monkeypatch.setenv(f"SDZ_{service.upper()}_DATABASE_URL", service_databases.url(service))
        monkeypatch.setenv("SDZ_PROJECTS_DATABASE_URL", "postgresql://a:b@127.0.0.1:1/c")
        monkeypatch.setenv("SDZ_GATEWAY_DATABASE_URL", service_databases.role_url("gateway", "wrong"))
        found = findings()
        assert {s: found[f"database {s}"]["ok"] for s in SERVICES} == {
            "registry": True,
            "projects": False,
            "evaluation": True,
            "gateway": False,
        }

    @pytest.mark.usefixtures("environment")
    def test_a_schema_that_is_behind(
        self, service_databases: ServiceDatabases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for service in SERVICES:
            monkeypatch.setenv(f"SDZ_{service.upper()}_DATABASE_URL", service_databases.url(service))
        monkeypatch.setattr("sdz.checks.database.head", lambda service: "9999")
        assert findings()["database registry"]["remedy"] == "run `sdz migrate`"

    @pytest.mark.usefixtures("environment")
    def test_lines_for_people(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SDZ_POSTGRES_BIN", "/nowhere")
        answer = sdz("doctor")
        assert answer.exit_code == 1
        lines = answer.output.splitlines()
        assert "ok      python:" in answer.output
        assert [line for line in lines if line.startswith("problem postgresql:") and " → " in line]

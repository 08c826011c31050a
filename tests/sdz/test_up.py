"""`sdz up` as people meet it: started, killed, started twice, started where it cannot start."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sdz.folder_lock import is_held
from sdz.free_ports import free_port
from sdz.process_table import comes_true, processes_in, start_time
from sdz.services import SERVICES
from tests.postgres import CHECKOUT
from tests.sdz.conftest import as_ordinary_user, give_to_ordinary_user


class Installation:
    """A data folder, and `sdz up` on it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.database = folder / "database"
        self.port = free_port()

    def environment(self, **more: str) -> dict[str, str]:
        base = {name: value for name, value in os.environ.items() if not name.startswith("SDZ_")}
        own = {
            "SDZ_DATA": str(self.data),
            "SDZ_DATABASE_FOLDER": str(self.database),
            "SDZ_GATEWAY_PORT": str(self.port),
            "HOME": str(self.data),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return base | own | more

    def run(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """The real command, to its end."""
        return to_its_end([sys.executable, "-m", "sdz", *arguments], self.environment(**more))

    @contextmanager
    def up(self, command: list[str] | None = None) -> Iterator["Running"]:
        """The platform with tiny services, ready."""
        process = subprocess.Popen(
            command or [sys.executable, "-m", "tests.sdz.start_tiny", "create_app"],
            cwd=CHECKOUT, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        running = Running(self, process)
        try:
            running.read_until("按 Ctrl-C 停止")
            running.note_processes()
            yield running
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=60)


class Running:
    """What is known of a started platform from outside."""

    def __init__(self, installation: Installation, process: "subprocess.Popen[str]") -> None:
        self.installation = installation
        self.process = process
        self.output = ""
        self.started: dict[int, int | None] = {}

    def read_until(self, text: str) -> None:
        assert self.process.stdout is not None
        while text not in self.output:
            line = self.process.stdout.readline()
            assert line, f"ended with {self.process.wait()}: {self.output}"
            self.output += line

    def record(self) -> dict[str, int]:
        entries = json.loads((self.installation.data / "run" / "processes.json").read_text())
        return {entry["name"]: entry["pid"] for entry in entries}

    def note_processes(self) -> None:
        pids = [*self.record().values(), *processes_in(self.installation.database / "data")]
        self.started = {pid: start_time(pid) for pid in pids}
        assert len(self.started) > len(SERVICES) + 1

    def nothing_is_left(self) -> bool:
        return not any(start_time(pid) == started for pid, started in self.started.items())

    def answer(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.installation.port}/readyz").text


@pytest.fixture
def installation(open_folder: Path) -> Installation:
    return Installation(open_folder)


def test_it_answers_and_ctrl_c_stops_all_in_order(installation: Installation) -> None:
    with installation.up() as running:
        assert running.answer() == "gateway"
        assert f"http://127.0.0.1:{installation.port}" in running.output
        assert set(running.record()) == {*SERVICES, "database"}
        running.process.send_signal(signal.SIGINT)
        running.read_until("已停止")
        assert running.process.wait() == 0
        assert running.nothing_is_left()
    ended = (installation.data / "ended").read_text().split()
    assert ended[0] == "gateway"
    assert sorted(ended) == sorted(SERVICES)
    assert not (installation.database / "data" / "postmaster.pid").exists()
    assert not is_held(installation.data / "run")


def test_after_kill_9_of_the_parent_nothing_is_left_and_the_next_start_works(
    installation: Installation,
) -> None:
    with installation.up() as running:
        password = (installation.data / "secrets" / "gateway_admin_password").read_text()
        assert password in running.output
        running.process.kill()
        running.process.wait()
        assert comes_true(running.nothing_is_left, 30)
    log = (installation.data / "logs" / "database.log").read_text()
    assert "database system is shut down" in log  # closed, not crashed
    with installation.up() as running:
        assert running.answer() == "gateway"
        assert password not in running.output  # shown once


def test_a_service_that_dies_is_started_again_with_a_word(installation: Installation) -> None:
    with installation.up() as running:
        before = running.record()["gateway"]
        os.kill(before, signal.SIGKILL)
        running.read_until("gateway ended (signal SIGKILL)")
        running.read_until("gateway was started again")
        assert comes_true(lambda: running.record()["gateway"] != before, 30)
        assert comes_true(lambda: _answers(installation.port), 30)
        running.note_processes()
        running.process.terminate()
        assert running.process.wait(30) == 0
        assert running.nothing_is_left()


def test_a_database_that_dies_is_started_again(installation: Installation) -> None:
    with installation.up() as running:
        before = running.record()["database"]
        os.kill(before, signal.SIGQUIT)
        running.read_until("the database server ended")
        assert comes_true(lambda: running.record().get("database", before) != before, 20)


def test_a_second_start_says_in_one_line_who_holds_the_folder(installation: Installation) -> None:
    with installation.up() as running:
        second = installation.run("up")
        assert second.returncode == 1
        assert one_line(second.stderr).startswith(f"sdz: SDZ is already running on {installation.data}")
        assert f"process {running.process.pid}" in second.stderr
        assert running.answer() == "gateway"


def test_a_taken_port_is_said_in_one_line_before_anything_starts(installation: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen()
        answer = installation.run("up")
    assert answer.returncode == 1
    assert re.search(
        rf"port {installation.port} of the gateway is taken.* → .*SDZ_GATEWAY_PORT", one_line(answer.stderr)
    )
    assert not (installation.database / "data").exists()


def test_a_service_that_cannot_start_is_quoted_and_nothing_is_left(installation: Installation) -> None:
    command = [sys.executable, "-m", "tests.sdz.start_tiny", "create_broken_app"]
    answer = to_its_end(command, installation.environment())
    assert answer.returncode == 1
    assert "this service never starts" in one_line(answer.stderr)
    assert processes_in(installation.database / "data") == []


def test_a_lost_password_of_the_database_is_said_before_another_is_made(installation: Installation) -> None:
    (installation.database / "data").mkdir(parents=True)
    answer = installation.run("up")
    assert answer.returncode == 1
    assert "locked by a password that is gone" in one_line(answer.stderr)
    assert not (installation.data / "secrets" / "database_admin_password").exists()


@pytest.mark.parametrize("variable", ["SDZ_GATEWAY_PORT", "SDZ_PROJECTS_PORT"])
def test_a_setting_that_is_wrong_is_named(installation: Installation, variable: str) -> None:
    answer = installation.run("up", **{variable: "many"})
    assert answer.returncode == 1
    assert variable in one_line(answer.stderr)


class TestAsAnOrdinaryUser:
    def test_everything_lies_in_the_data_folder_and_works(self, open_folder: Path) -> None:
        give_to_ordinary_user(open_folder)
        installation = Installation(open_folder)
        installation.database = installation.data / "database"
        with installation.up(as_ordinary_user("-m", "tests.sdz.start_tiny", "create_app")) as running:
            assert running.answer() == "gateway"
            running.process.kill()
            running.process.wait()
            assert comes_true(running.nothing_is_left, 30)

    def test_a_folder_that_cannot_be_written_is_said_in_one_line(self, open_folder: Path) -> None:
        installation = Installation(open_folder)
        installation.data.mkdir(mode=0o555)
        answer = to_its_end(as_ordinary_user("-m", "sdz", "up"), installation.environment())
        assert answer.returncode == 1
        assert re.match(r"sdz: cannot (create|write in) .*/data.* → .*SDZ_DATA", one_line(answer.stderr))


def to_its_end(command: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def one_line(text: str) -> str:
    """The text, which is one line and no traceback."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False

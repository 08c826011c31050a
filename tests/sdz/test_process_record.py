"""Processes that are nobody's children any more."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdz.process_record import end_left_behind, left_behind, write_record
from sdz.process_table import comes_true, processes_in, start_time
from sdz.tether import spawn

WAIT = "import signal; signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", WAIT], cwd=tmp_path, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_recorded_process_that_lives_is_found_and_ended(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    record = tmp_path / "record"
    write_record(record, {"registry": sleeper.pid})
    assert [process.pid for process in left_behind(record)] == [sleeper.pid]
    assert [process.name for process in end_left_behind(record)] == ["registry"]
    assert sleeper.wait(5) == -signal.SIGTERM
    assert left_behind(record) == []


def test_a_number_that_another_process_has_got_is_not_touched(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    record = tmp_path / "record"
    write_record(record, {"registry": sleeper.pid})
    record.write_text(record.read_text().replace(str(start_time(sleeper.pid)), "1"))
    assert end_left_behind(record) == []
    assert sleeper.poll() is None


def test_a_record_that_is_damaged_or_missing_names_nobody(tmp_path: Path) -> None:
    assert left_behind(tmp_path / "none") == []
    (tmp_path / "damaged").write_text('[{"pid": 1')
    assert left_behind(tmp_path / "damaged") == []
    (tmp_path / "other").write_text('[{"number": 1}]')
    assert left_behind(tmp_path / "other") == []


def test_processes_are_found_by_their_folder(tmp_path: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    assert comes_true(lambda: processes_in(tmp_path) == [sleeper.pid], 5)
    assert processes_in(tmp_path / "none") == []


def test_a_process_that_has_ended_has_no_start() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    assert comes_true(lambda: start_time(process.pid) is None, 10)  # before it is collected, too
    process.wait()


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    """Even one that ignores every polite signal, and a parent that has no time for a last word."""
    parent_code = (
        "import os, signal, sys; from pathlib import Path; from sdz.tether import spawn;"
        "child = spawn([sys.executable, '-c', sys.argv[1]], death_signal=signal.SIGKILL,"
        " output=sys.stdout.fileno(), cwd=Path(sys.argv[2]), environment=os.environ);"
        "signal.pause()"
    )
    command = [sys.executable, "-c", parent_code, STUBBORN, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        children = processes_in(tmp_path)
        parent.kill()
    try:
        assert len(children) == 1
        assert comes_true(lambda: not processes_in(tmp_path), 30)
    finally:
        for pid in processes_in(tmp_path):
            os.kill(pid, signal.SIGKILL)


def test_a_child_is_in_a_session_of_its_own(tmp_path: Path) -> None:
    child = spawn(
        [sys.executable, "-c", WAIT],
        death_signal=signal.SIGKILL,
        output=subprocess.DEVNULL,
        cwd=tmp_path,
        environment=os.environ,
    )
    try:
        assert os.getsid(child.pid) == child.pid
    finally:
        child.kill()
        child.wait()

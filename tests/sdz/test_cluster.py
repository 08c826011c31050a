"""The embedded server: new, after a crash, after an interrupted start."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from sdz.bootstrap import bootstrap
from sdz.embedded.binaries import Binaries
from sdz.embedded.cluster import Cluster
from sdz.embedded.postmaster_file import read_note
from sdz.free_ports import is_free
from sdz.process_table import comes_true, exists, processes_in
from sdz.services import SERVICES
from sdz.system_users import server_user
from sdz.trouble import Trouble

PASSWORD = "the administrator's"


@pytest.fixture
def cluster(open_folder: Path, binaries: Binaries) -> Iterator[Cluster]:
    made = new_cluster(open_folder, binaries)
    yield made
    made.stop()


def new_cluster(folder: Path, binaries: Binaries, **settings: str) -> Cluster:
    return Cluster(
        binaries,
        folder,
        PASSWORD,
        log=folder / "log",
        user=server_user(),
        durable=False,
        extra_settings=settings,
    )


def query(cluster: Cluster, sql: str, password: str = PASSWORD) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=cluster.port, user="sdz_admin", password=password, database="postgres"
        )
        try:
            if ";" in sql:
                return await connection.execute(sql)
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_new_cluster_asks_for_the_password_and_is_what_we_need(
    cluster: Cluster, binaries: Binaries
) -> None:
    cluster.start()
    assert query(cluster, "SHOW server_encoding") == "UTF8"
    assert query(cluster, "SHOW data_checksums") == "on"
    assert query(cluster, "SELECT lower('ÄÖ')") == ("äö" if binaries.major >= 17 else "ÄÖ")
    assert (
        query(cluster, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules")
        == "scram-sha-256"
    )
    assert query(cluster, "SHOW unix_socket_directories") == ""
    assert query(cluster, "SELECT current_timestamp::timestamptz(0) AT TIME ZONE 'Asia/Shanghai' IS NOT NULL")
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(cluster, "SELECT 1", password="wrong")


def test_the_server_runs_as_an_unprivileged_user_and_nobody_else_reads_its_data(cluster: Cluster) -> None:
    cluster.start()
    assert cluster.pid is not None
    user = server_user()
    assert Path(f"/proc/{cluster.pid}").stat().st_uid == (user.uid if user else os.geteuid())
    assert cluster.data.stat().st_mode & 0o777 == 0o700


def test_stop_ends_all_of_it_and_the_next_start_keeps_port_and_data(cluster: Cluster) -> None:
    cluster.start()
    query(cluster, "CREATE TABLE kept AS SELECT 7 AS number")
    port = cluster.port
    cluster.stop()
    assert processes_in(cluster.data) == []
    assert not (cluster.data / "postmaster.pid").exists()
    cluster.start()
    assert cluster.port == port
    assert query(cluster, "SELECT number FROM kept") == 7


def test_another_port_is_taken_when_the_old_one_is_in_use(cluster: Cluster, open_folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sdz.embedded.cluster.is_free", lambda port: False)
        (open_folder / "port").write_text("1\n")
        cluster.start()
    assert cluster.port != 1
    assert (open_folder / "port").read_text() == f"{cluster.port}\n"
    assert not is_free(cluster.port)


def test_an_interrupted_initdb_is_done_again(cluster: Cluster, open_folder: Path) -> None:
    half = open_folder / "data.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (open_folder / "initdb-password").write_text("left behind")
    cluster.start()
    assert query(cluster, "SELECT 1") == 1
    assert not half.exists()
    assert not (open_folder / "initdb-password").exists()


def test_an_initdb_that_is_killed_leaves_no_cluster(open_folder: Path, binaries: Binaries) -> None:
    """Killed for real, at the moment when its folder begins to fill."""
    code = (
        "import sys; from pathlib import Path; from sdz.embedded.binaries import Binaries;"
        "from sdz.embedded.initdb import create_cluster; from sdz.system_users import server_user;"
        "create_cluster(Binaries(Path(sys.argv[1]), sys.argv[2], 'setting'), Path(sys.argv[3]), 'password',"
        " user=server_user(), durable=False)"
    )
    data = open_folder / "data"
    maker = subprocess.Popen(
        [sys.executable, "-c", code, str(binaries.folder), binaries.version, str(data)],
        start_new_session=True,
    )
    draft = open_folder / "data.new"
    assert comes_true(lambda: (draft / "postgresql.conf").exists() or maker.poll() is not None, 20)
    maker.kill()
    maker.wait()
    cluster = new_cluster(open_folder, binaries)
    try:
        cluster.start()
        assert query(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()


def test_a_crashed_server_recovers(cluster: Cluster) -> None:
    cluster.start()
    query(cluster, "SET synchronous_commit = on; CREATE TABLE kept (number int); INSERT INTO kept VALUES (7)")
    for pid in processes_in(cluster.data):
        os.kill(pid, signal.SIGKILL)
    assert comes_true(lambda: not cluster.is_alive(), 10)
    assert read_note(cluster.data) is not None
    cluster.start()
    assert query(cluster, "SELECT number FROM kept") == 7


def test_a_stale_note_whose_number_another_process_has_got_is_no_obstacle(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    user = server_user()  # PostgreSQL pays no heed to processes of other users
    other = subprocess.Popen(["/bin/sleep", "600"], user=user.uid if user else None)
    note = f"{other.pid}\n{cluster.data}\n1700000000\n{cluster.port}\n\n127.0.0.1\n  1  1\nready\n"
    (cluster.data / "postmaster.pid").write_text(note)
    try:
        cluster.start()
        assert query(cluster, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_live_server_of_a_killed_parent_is_stopped_first(open_folder: Path, binaries: Binaries) -> None:
    left = new_cluster(open_folder, binaries)
    left.start()
    query(left, "CREATE TABLE kept AS SELECT 7 AS number")
    old = left.pid
    assert old is not None
    again = new_cluster(open_folder, binaries)
    try:
        again.start()
        assert again.found_running
        assert query(again, "SELECT number FROM kept") == 7
        left.stop()  # collects the process, which is our own child here
        assert not exists(old)
    finally:
        again.stop()


def test_data_of_another_major_version_are_left_alone(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(Trouble, match="made by PostgreSQL 14"):
        cluster.start()


def test_a_server_that_gives_up_is_quoted(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(Trouble, match=r"did not start: .*could not load"):
        cluster.start()


def test_no_password_reaches_the_log(open_folder: Path, binaries: Binaries) -> None:
    cluster = new_cluster(open_folder, binaries, log_statement="all", log_min_messages="debug1")
    passwords = {f"{s}{part}": f"Pass-{s}{part}" for s in SERVICES for part in ("", "_owner")}
    try:
        cluster.start()
        asyncio.run(bootstrap(cluster.url(), "sdz", passwords))
    finally:
        cluster.stop()
    log = (open_folder / "log").read_text(encoding="utf-8")
    assert "ALTER ROLE" in log
    assert PASSWORD not in log
    assert not [password for password in passwords.values() if password in log]

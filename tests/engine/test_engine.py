"""What travels to a worker and what does not, which runs an engine refuses, and what comes home."""

from __future__ import annotations

import pickle
import platform
import signal
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from engine_town import DIARY, command, differences, left, run, town, verdicts

from pytest_recsim import __version__, plan_for
from pytest_recsim.engine import running
from pytest_recsim.engine.job import Job
from pytest_recsim.engine.likeness import unlike
from pytest_recsim.engine.packing import pack, unpack
from pytest_recsim.engine.parcel import Back, Parcel, Sending, placed, plain
from pytest_recsim.engine.project import project_files
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.plugin.engaged import refuse_engine
from pytest_recsim.plugin.engine import _elsewhere
from pytest_recsim.plugin.suite import suite_folder
from pytest_recsim.testing import shop

SECRET = "k3y-0f-the-service"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shop().settle(tmp_path / "shop").folder


def sent(plan: Plan, folder: Path) -> Parcel:
    job = Job(plan=plan, now=datetime(2026, 1, 1, tzinfo=UTC), run_id="", holder="", nodeids=["a::b"])
    ini = folder / "pytest.ini"
    files = project_files(folder, folder, ini, [], folder / "shipped")
    return Sending("b", files, folder, folder, ini, {"verbose": 1}, []).parcel(job)


# --- what travels ---


def test_a_parcel_brings_data_and_project_to_a_folder_that_has_neither(folder: Path, tmp_path: Path) -> None:
    (folder / "scenarios").mkdir()
    (folder / "scenarios/test_mine.py").write_text("def test_mine(): pass\n")
    (folder / ".env").write_text(f"TOKEN={SECRET}\n")
    plan = plan_for("acme", root=folder)
    parcel = pickle.loads(pickle.dumps(sent(plan, folder)))
    unpack(parcel.files, tmp_path / "there")
    arrived = placed(msgspec.msgpack.decode(parcel.job, type=Job).plan, tmp_path / "there")
    assert Path(arrived.fixture.file).read_bytes() == Path(plan.fixture.file).read_bytes()
    assert Path(arrived.fixture.file).is_relative_to(tmp_path / "there")
    assert arrived.fixture.path == plan.fixture.path
    found = {path.relative_to(tmp_path / "there").as_posix() for path in (tmp_path / "there").rglob("*.*")}
    assert {"project/pytest.ini", "project/scenarios/test_mine.py"} <= found
    assert not any(".env" in name for name in found)


def test_the_key_travels_only_where_a_service_is_asked_and_is_never_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_API_KEY", SECRET)
    stand_in = plan_for("acme", root=folder)
    service = plan_for("acme", root=folder, base_url="http://recsys.example:8080")
    assert SECRET.encode() not in pickle.dumps(sent(stand_in, folder))
    parcel = sent(service, folder)
    assert parcel.variables == {"RECSYS_API_KEY": SECRET}
    assert repr(parcel) == "Parcel('acme')"
    assert repr(Back(0, returned=b"x", archive=b"y")) == "Back(0)"


def test_services_are_locked_by_address_and_namespace_and_stand_ins_are_not(folder: Path) -> None:
    def lock(url: str = "", namespace: str = "acme") -> str:
        return sent(plan_for("acme", root=folder, base_url=url, namespace=namespace), folder).lock

    assert lock() == ""
    assert lock("http://one:80") == lock("http://ONE/")
    assert len({lock("http://one"), lock("http://two"), lock("http://one", "other")}) == 3


def test_modules_of_the_root_travel_and_a_checkout_of_this_project_does_not(tmp_path: Path) -> None:
    names = (
        "conftest.py",
        "helper.py",
        "words/__init__.py",
        "words/in.py",
        "pytest_recsim/__init__.py",
        "data/x.csv",
    )
    for name in (*names, "scenarios/test_s1.py", "scenarios/__pycache__/x.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    mine = project_files(tmp_path, tmp_path, None, [], tmp_path / "shipped")
    assert set(mine) == {*names[:4], "scenarios/test_s1.py"}
    shipped = project_files(tmp_path, tmp_path, None, [], (tmp_path / "scenarios").resolve())
    assert set(shipped) == set(names[:4])


def test_an_archive_keeps_its_files_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("x")
    with pytest.raises(Exception, match="outside"):
        unpack(pack({"../out": tmp_path / "in"}), tmp_path / "there")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("typed", "there"),
    [
        ("scenarios/test_a.py::test_a[acme]", "scenarios/test_a.py::test_a"),
        ("/shop/scenarios/test_a.py", "../scenarios/test_a.py"),
        (f"{suite_folder()}/test_s05_pin_position.py::x", "scenarios/test_s05_pin_position.py::x"),
    ],
)
def test_places_of_tests_are_spelled_as_they_are_found_elsewhere(typed: str, there: str) -> None:
    assert _elsewhere(typed, Path("/shop"), Path("/shop/here")) == there


def test_options_that_are_objects_stay_at_home() -> None:
    assert plain({"verbose": 1, "plugins": ("no:x",), "hook": object()}) == {
        "verbose": 1,
        "plugins": ["no:x"],
    }


# --- what is refused ---


def refusal(plans: list[Plan], config: dict[str, object] | None = None, **changes: object) -> str:
    options = replace(Options(customers=(), root=Path(), here=Path()), **{"engine": "dask"} | changes)
    parser = SimpleNamespace(_groups=[], _anonymous=SimpleNamespace(name="", options=[]))
    words = SimpleNamespace(
        option=SimpleNamespace(**{"dist": "no", "usepdb": False} | (config or {})), _parser=parser
    )
    try:
        refuse_engine(words, options, Resolved(plans))
    except pytest.UsageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("`dusk`: must be one of dask; did you mean `dask`?", {"engine": "dusk"}),
        ("add --recsim-engine dask", {"engine": "", "engine_address": "tcp://x:1"}),
        ("must begin with tcp:// or tls://", {"engine_address": "http://x:1"}),
        ("has its own", {"engine_address": "tcp://x:1", "engine_workers": "2"}),
        ("must be a whole number >= 1", {"engine_workers": "0"}),
        ("takes no --recsim-sweep", {"sweep": ("MMR_LAMBDA=1,2",)}),
        ("takes no --recsim-seed-only", {"seed_only": True}),
    ],
)
def test_what_an_engine_cannot_do_is_refused_with_a_sentence(said: str, changes: dict[str, object]) -> None:
    assert said in refusal([], **changes)
    assert "\n" not in refusal([], **changes)


def test_workers_of_two_kinds_and_a_debugger_are_refused(folder: Path) -> None:
    assert refusal([plan_for("acme", root=folder)]) == ""
    assert "leave -n out" in refusal([], {"dist": "load"})
    assert "takes no --pdb" in refusal([], {"usepdb": True})


def test_a_mode_that_changes_a_running_service_is_refused(folder: Path) -> None:
    plan = plan_for("acme", root=folder, base_url="http://recsys.example", apply="admin")
    assert "takes no apply mode `admin` on a running service, as acme has it" in refusal([plan])


def test_a_worker_that_is_not_like_us_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    same = {
        "pytest_recsim": __version__,
        "pytest": pytest.__version__,
        "python": f"{platform.python_version()}.final.0",
    }
    assert not [*unlike({"tcp://a:1": {"packages": same}})]
    (older,) = unlike({"tcp://a:1": {"packages": same | {"pytest_recsim": "0.0.9"}}})
    assert older.startswith("the worker at tcp://a:1 has pytest_recsim 0.0.9, and here it is")
    (none,) = unlike({"tcp://a:1": {"packages": same | {"pytest_recsim": None}}})
    assert "has no pytest_recsim" in none
    (python,) = unlike({"tcp://a:1": {"packages": same | {"python": "3.8.1.final.0"}}})
    assert "has python 3.8.1.final.0" in python


# --- workers that are lost, runs that are ended ---


class Sent:
    """A future that has come to its end; each is asked for what a cluster knows of it."""

    def __init__(self, came: Back | Exception) -> None:
        self.came = came
        self.status = "error" if isinstance(came, Exception) else "finished"

    def exception(self) -> Exception:
        assert isinstance(self.came, Exception)
        return self.came

    def result(self) -> Back:
        assert isinstance(self.came, Back)
        return self.came

    def cancelled(self) -> bool:
        return False

    def release(self) -> None:
        pass


class Client:
    """A cluster of one thread that gives up so many times before it does anything."""

    def __init__(self, gives_up: int, error: type[Exception]) -> None:
        self.left, self.error, self.keys = gives_up, error, []
        self.loop = None

    def nthreads(self) -> dict[str, int]:
        return {"tcp://a:1": 1}

    def submit(self, _task: object, parcel: Parcel, *, key: str, pure: bool) -> Sent:
        self.keys.append(key)
        self.left -= 1
        return Sent(self.error(parcel.simulation) if self.left >= 0 else Back(0, b"here"))


def came(monkeypatch: pytest.MonkeyPatch, gives_up: int, error: type[Exception]) -> tuple[Back, list[str]]:
    from pytest_recsim.engine import cluster

    class Ended(list[Sent]):
        def __init__(self, **_options: object) -> None:
            pass

        def add(self, future: Sent) -> None:
            self.append(future)

        def __next__(self) -> Sent:
            return self.pop(0)

    class Killed(error):
        def __init__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(cluster, "as_completed", Ended)
    one = cluster.Cluster("b", lambda _: None)
    one.client = Client(gives_up, Killed)
    parcel = Parcel("acme", "b", __version__, b"", b"", {}, [], ".", "")
    ((_, back),) = one.run(iter([parcel]))
    return back, one.client.keys


def test_a_customer_that_the_cluster_gave_up_with_its_workers_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from distributed.scheduler import KilledWorker

    back, keys = came(monkeypatch, 2, KilledWorker)
    assert back.returned == b"here"
    assert keys == ["recsim-b-acme-0", "recsim-b-acme-1", "recsim-b-acme-2"]
    back, keys = came(monkeypatch, 99, KilledWorker)
    assert (len(keys), back.said) == (4, "the cluster gave it up after several workers were lost with it")


def test_a_task_that_fails_by_itself_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    back, keys = came(monkeypatch, 99, OSError)
    assert (len(keys), back.returned) == (1, b"")


def test_a_batch_that_is_ended_tells_its_processes_once_and_lets_none_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "_running", {})
    monkeypatch.setattr(running, "_ending", set())

    class Process:
        told = 0

        def send_signal(self, number: int) -> None:
            assert number == signal.SIGINT
            self.told += 1

    first, late, other = Process(), Process(), Process()
    running.begin("mine", "a", first)
    running.begin("other", "b", other)
    assert running.end("mine") == running.end("mine") == ["a"]
    running.begin("mine", "c", late)
    running.over("mine", "a")
    assert running.end("mine") == ["c"]
    assert (first.told, late.told, other.told) == (1, 1, 0)
    assert running.is_ending("mine")
    assert not running.is_ending("other")


# --- what comes home ---


def test_what_two_batches_left_differently_is_named() -> None:
    one = {"a.json": {"x": [1, {"y": 0.1}]}, "b": 1}
    assert [*differences(one, {"a.json": {"x": [1, {"y": 0.2}]}})] == [
        "a.json: .x[1].y: 0.1 and 0.2",
        "b: only in the first",
    ]


WAITS = """\
import time

def test_waits(sim, check):
    assert sim.lists
    time.sleep(100)
"""


@pytest.mark.long
def test_ctrl_c_reaches_the_tasks_and_waits_until_they_have_cleaned_up(tmp_path: Path) -> None:
    project, diary = town(tmp_path / "town", 3), tmp_path / DIARY
    project.write("scenarios/test_waits.py", WAITS)  # alone, so that nothing has failed by then
    words = (
        "--recsim-reports-dir=reports",
        "--recsim-engine",
        "dask",
        "--recsim-engine-workers",
        "2",
        "-k",
        "waits",
    )
    with subprocess.Popen(
        command(*words),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (diary.exists() and diary.read_text().count(" in ") == 2):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 2, said
    assert diary.read_text().count(" out ") == diary.read_text().count(" in ") == 2, said
    assert "ending the tasks that run" in said
    assert {status for status, _ in verdicts(project.folder / "reports").values()} <= {
        "not_run",
        "incomplete",
    }


@pytest.mark.long
def test_a_batch_leaves_the_same_in_a_cluster_as_alone(tmp_path: Path) -> None:
    project = town(tmp_path / "town", 3)
    narrow = ("-k", "coverage or S5 or S9 or mine or one or plain or own")
    alone = run(project, "alone", *narrow)
    cluster = run(project, "cluster", *narrow, "--recsim-engine", "dask", "--recsim-engine-workers", "3")
    assert alone.returncode == cluster.returncode == 1, cluster.stdout + cluster.stderr
    found = left(project.folder / "alone")
    assert len(found["junit"]) > 12, cluster.stdout
    assert not [*differences(found, left(project.folder / "cluster"))]

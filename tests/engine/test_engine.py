"""What travels to a worker and what does not, which runs an engine refuses, and what comes home."""

from __future__ import annotations

import pickle
import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from engine_town import differences, left, run, town

from pytest_recsim import __version__, plan_for
from pytest_recsim.engine.job import Job
from pytest_recsim.engine.likeness import unlike
from pytest_recsim.engine.packing import pack, unpack
from pytest_recsim.engine.parcel import Back, Parcel, Sending, placed, plain
from pytest_recsim.engine.project import project_files
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.plugin.engaged import refuse_engine
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


# --- what comes home ---


@pytest.mark.long
def test_a_batch_leaves_the_same_in_a_cluster_as_alone(tmp_path: Path) -> None:
    project, narrow = town(tmp_path / "town", 3), ("-k", "coverage or S5 or mine or one or plain or own")
    alone = run(project, "alone", *narrow)
    cluster = run(project, "cluster", *narrow, "--recsim-engine", "dask", "--recsim-engine-workers", "3")
    assert alone.returncode == cluster.returncode == 1, cluster.stdout + cluster.stderr
    found = left(project.folder / "alone")
    assert len(found["junit"]) > 12, cluster.stdout
    assert not [*differences(found, left(project.folder / "cluster"))]

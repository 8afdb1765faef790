"""What the plugin may and may not do to somebody's namespace."""

from __future__ import annotations

import json
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plugin_namespace import mark, marker, narrow, rows, totals
from plugin_shop import LIMIT_S, Project, Record, Served, children, end, eventually, gone

FOREIGN = [{"item_id": "somebody-elses", "available": True}]
PREFLIGHT = 2
"""Questions for a list that are asked before anything is written."""


def test_foreign_data_is_never_wiped(acme: Project, served: Served, namespace: str) -> None:
    served.ask("POST", "/v1/items:upsert", {"namespace": namespace, "items": FOREIGN})
    served = served.from_here()
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 4, ran.text
    assert f"namespace `{namespace}`: it holds 1 items, 0 users, 0 events" in ran.err
    assert "carries no marker of ours; nothing was changed" in ran.err
    assert f"--recsim-allow-reset {namespace}" in ran.err
    assert "Traceback" not in ran.text
    assert served.requests
    assert served.writes == []
    assert not acme.left_behind


@pytest.mark.long
@pytest.mark.parametrize("step", ["reset", "seed"])
def test_leaving_a_step_out_does_not_open_the_interlock(
    acme: Project, served: Served, namespace: str, step: str
) -> None:
    served.ask("POST", "/v1/items:upsert", {"namespace": namespace, "items": FOREIGN})
    served = served.from_here()
    ran = acme.simulate(*narrow(served, namespace, "--recsim-skip", step))
    assert ran.code == 4, ran.text
    assert served.writes == []


@pytest.mark.long
def test_the_wrong_namespace_does_not_allow_the_reset(acme: Project, served: Served, namespace: str) -> None:
    served.ask("POST", "/v1/items:upsert", {"namespace": namespace, "items": FOREIGN})
    served = served.from_here()
    ran = acme.simulate(*narrow(served, namespace, "--recsim-allow-reset", namespace + "x"))
    assert ran.code == 4, ran.text
    assert f"(it names `{namespace}x`)" in ran.err
    assert served.writes == []
    assert not acme.left_behind


@pytest.mark.long
def test_the_exact_namespace_allows_the_reset(acme: Project, served: Served, namespace: str) -> None:
    served.ask("POST", "/v1/items:upsert", {"namespace": namespace, "items": FOREIGN})
    ran = acme.simulate(*narrow(served, namespace, "--recsim-allow-reset", namespace))
    assert ran.code == 0, ran.text
    assert "somebody-elses" not in {row["item_id"] for row in rows(served, "items", namespace)}


@pytest.mark.long
def test_a_finished_run_does_not_block_the_next(acme: Project, served: Served, namespace: str) -> None:
    assert acme.simulate(*narrow(served, namespace)).code == 0
    first = totals(served, namespace)
    assert acme.simulate(*narrow(served, namespace)).code == 0
    assert totals(served, namespace) == first
    assert len(acme.bundles()) == 2


@pytest.mark.long
def test_one_foreign_row_after_a_run_closes_the_namespace_again(
    acme: Project, served: Served, namespace: str
) -> None:
    assert acme.simulate(*narrow(served, namespace)).code == 0
    event = {"user_id": "u", "item_id": "i", "type": 0, "ts": "2026-01-01T00:00:00Z", "value": 1}
    served.ask("POST", "/v1/events:batch", {"namespace": namespace, "events": [event]})
    served = served.from_here()
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 4, ran.text
    assert "has grown beyond what our marker accounts for" in ran.err
    assert served.writes == []


@pytest.mark.long
def test_a_row_of_ours_that_somebody_else_wrote_over_closes_the_namespace_though_no_count_has_grown(
    acme: Project, served: Served, namespace: str
) -> None:
    assert acme.simulate(*narrow(served, namespace)).code == 0
    first = totals(served, namespace)
    theirs = rows(served, "items", namespace)[0]["item_id"]
    row = {"item_id": theirs, "available": True, "tags": ["real"]}
    served.ask("POST", "/v1/items:upsert", {"namespace": namespace, "items": [row]})
    assert totals(served, namespace) == first
    log = served.from_here()
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 4, ran.text
    assert f"has rows that no run of ours wrote: 1 of 80 items that were looked at (`{theirs}`)" in ran.err
    assert log.writes == []
    assert acme.simulate(*narrow(served, namespace, "--recsim-allow-reset", namespace)).code == 0


MEANWHILE = """\
import httpx

def test_zz_meanwhile(sim, check):
    row = {"item_id": sim.fixture.items[0].item_id, "available": True}
    body = {"namespace": sim.plan.namespace.value, "items": [row]}
    org = {"X-Org-ID": sim.plan.org_id.value}
    url = sim.context.url + "/v1/items:upsert"
    httpx.post(url, json=body, headers=org, trust_env=False).raise_for_status()
    check.at_least("fine", 1, 0)
"""


LATE = """\
import os, httpx
def pytest_sessionfinish():
    body = {"namespace": os.environ["SPACE"], "items": [{"item_id": "late", "available": True}]}
    org = {"X-Org-ID": "00000000-0000-0000-0000-000000000001"}
    url = os.environ["PLACE"] + "/v1/items:upsert"
    httpx.post(url, json=body, headers=org, trust_env=False).raise_for_status()
"""


@pytest.mark.long
def test_a_row_that_arrives_after_the_verdict_was_made_is_told_and_not_only_in_the_exit_code(
    acme: Project, served: Served, namespace: str
) -> None:
    acme.write("conftest.py", LATE)
    ran = acme.simulate(*narrow(served, namespace), env={"PLACE": served.url, "SPACE": namespace})
    assert ran.code == 1, ran.text
    assert "somebody else writes to it" in ran.text


ARRIVING = """\
from pytest_recsim.prepare import seed
wiped = seed.reset
def reset(service, looked_at):
    found = wiped(service, looked_at)
    service.upsert_items([{"item_id": "ITEM", "available": True, "tags": ["real"]}])
    return found
seed.reset = reset
"""


@pytest.mark.long
def test_a_row_that_arrives_just_after_the_reset_is_not_written_over_though_it_has_an_id_of_ours(
    acme: Project, served: Served, namespace: str
) -> None:
    ours = json.loads((acme.folder / "fixtures/customers/acme.json").read_text())["items"][0]["item_id"]
    acme.write("conftest.py", ARRIVING.replace("ITEM", ours))
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 1, ran.text
    assert "1 items, 0 users, 0 events have arrived since it was empty" in ran.text
    (left,) = rows(served, "items", namespace)
    assert left["tags"] == ["real"]


RESTARTED = """\
from pytest_recsim.prepare import payload, seed
sent = seed._send
def restarted(service, material, shift, extra):
    sent(service, material, shift, extra)
    for kind in ("events", "items", "users"):
        getattr(service, f"wipe_{kind}")()
    if FOREIGN:
        service.upsert_items([{"item_id": "theirs", "available": True}])
    events = material.split.seeded.tolist()[:7]
    stamped = [payload.event_row(material.fixture.events[at], at, shift=shift, fixture=material.fixture) for at in events]
    service.send_events(stamped)
seed._send = restarted
"""


@pytest.mark.long
@pytest.mark.parametrize("foreign", [False, True], ids=["ours alone", "and a row of others"])
def test_a_service_that_lost_its_data_in_the_middle_of_seeding_is_seeded_by_the_next_run(
    acme: Project, served: Served, namespace: str, foreign: bool
) -> None:
    """What was sent after a restart has no marker above it; where every row is ours the namespace still is."""
    acme.write("conftest.py", RESTARTED.replace("FOREIGN", str(foreign)))
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 1, ran.text
    assert "7 events and no marker of ours" in ran.text
    (acme.folder / "conftest.py").unlink()
    again = acme.simulate(*narrow(served, namespace))
    assert again.code == (4 if foreign else 0), again.text


@pytest.mark.long
def test_a_row_that_is_written_over_during_the_run_is_told_at_its_end(
    acme: Project, served: Served, namespace: str
) -> None:
    acme.scenario("meanwhile", MEANWHILE)
    ran = acme.simulate("--base-url", served.url, "--namespace", namespace, "-k", "meanwhile")
    assert ran.code == 1, ran.text
    assert "others have written to it: 1 of 8" in ran.text


@pytest.mark.long
@pytest.mark.parametrize("holder", ["elsewhere", ""], ids=["another machine", "an earlier version"])
def test_a_young_marker_of_an_unfinished_run_of_another_machine_blocks_and_an_old_one_does_not(
    acme: Project, served: Served, namespace: str, holder: str
) -> None:
    assert acme.simulate(*narrow(served, namespace)).code == 0
    now = datetime.now(UTC)
    young = (now - timedelta(minutes=5)).isoformat()
    mark(served, namespace, finished=False, written_at=young, holder=holder)
    log = served.from_here()
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 4, ran.text
    assert re.search(r"marked it \d{3} s ago and has not finished", ran.err)
    assert log.writes == []
    mark(served, namespace, finished=False, written_at=(now - timedelta(minutes=16)).isoformat())
    assert acme.simulate(*narrow(served, namespace)).code == 0


BOOSTED = """\
import time

def test_aa_boost(sim, check):
    with sim.boost(sim.surface("mine"), sim.fixture.items[0].item_id, 1.0):
        check.at_least("fine", 1, 0)
        open("boosted", "w").close()
        time.sleep(120)
"""


@pytest.mark.long
def test_after_kill_9_the_next_run_on_this_machine_does_not_wait_and_says_what_it_cleaned(
    acme: Project, served: Served, namespace: str
) -> None:
    acme.scenario("boosted", BOOSTED)
    first = acme.start("--base-url", served.url, "--namespace", namespace, "-k", "boosted")
    eventually((acme.folder / "boosted").exists)
    end(first, signal.SIGKILL)
    killed = marker(served, namespace)
    assert killed["finished"] is False
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 0, ran.text
    notes = Record(acme.bundles()[-1]).metadata["notes"]
    assert any(f"run {killed['run_id']}" in note and "was killed" in note for note in notes)
    assert any("cancelled a leftover override of" in note for note in notes)
    assert any(f"deleted the leftover probe item `recsim-probe-{killed['run_id']}`" in note for note in notes)
    assert marker(served, namespace)["finished"] is True


STUCK = """\
import os, pathlib, time

def test_aa_stuck(sim, check):
    check.at_least("fine", 1, 0)
    pathlib.Path(f"stuck-{os.getpid()}").touch()
    try:
        time.sleep(120)
    except BaseException:
        time.sleep(120)
"""


@pytest.mark.long
def test_the_next_run_waits_for_workers_that_have_outlived_a_killed_one(
    acme: Project, served: Served, namespace: str
) -> None:
    acme.scenario("stuck", STUCK)
    words = ("--base-url", served.url, "--namespace", namespace, "-k", "stuck", "-n", "2")
    first = acme.start(*words)
    eventually(lambda: list(acme.folder.glob("stuck-*")))
    workers = children(first.pid)
    first.kill()
    try:
        second = acme.start(*narrow(served, namespace))
        out, err = second.communicate(timeout=LIMIT_S)
        assert second.returncode == 0, out + err
        assert "waiting for the end of that" in out or gone(workers)
        assert gone(workers), "they are gone by the time the namespace is written to again"
    finally:
        first.communicate()


@pytest.mark.long
def test_of_two_runs_at_once_the_one_from_another_machine_is_refused(
    acme: Project, served: Served, namespace: str, tmp_path: Path
) -> None:
    acme.scenario("slow", "import time\ndef test_slow(sim, check):\n    time.sleep(60)\n")
    first = acme.start("--base-url", served.url, "--namespace", namespace, "-k", "slow")
    try:
        eventually(lambda: served.count("POST", "/v1/recommendations") > PREFLIGHT)  # so seeding is over
        before = len(served.writes)
        elsewhere = {
            "TMPDIR": str(tmp_path)
        }  # another machine knows nothing of our locks; here runs take turns
        second = acme.simulate(*narrow(served, namespace), env=elsewhere)
        assert second.code == 4, second.text
        assert "and has not finished" in second.err
        assert len(served.writes) == before
    finally:
        ended = end(first, signal.SIGINT)
    assert ended.code == 2, ended.text
    assert marker(served, namespace)["finished"] is True
    assert acme.simulate(*narrow(served, namespace)).code == 0


@pytest.mark.long
def test_what_a_killed_run_left_is_cleaned_by_the_next(acme: Project, served: Served, namespace: str) -> None:
    rule = {"action": "BLOCK", "target_type": "TAG", "target_key": "x", "enabled": True, "priority": 1}
    rule |= {"namespace": namespace, "surface": "recsim-s2", "name": "recsim:s2-block"}
    assert acme.simulate(*narrow(served, namespace)).code == 0
    served.ask("POST", "/v1/admin/rules", rule)
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 0, ran.text
    (found,) = served.ask("GET", f"/v1/admin/rules?namespace={namespace}")["rules"]
    assert found["enabled"] is False
    notes = [
        note
        for root in acme.bundles()[-1:]
        for note in json.loads((root / "simulation_metadata.json").read_text())["notes"]
    ]
    assert "disabled the leftover rule `recsim:s2-block` on surface `recsim-s2`." in notes


@pytest.mark.long
def test_somebody_elses_rule_is_left_alone_and_told(acme: Project, served: Served, namespace: str) -> None:
    rule = {"action": "BLOCK", "target_type": "TAG", "target_key": "x", "enabled": True, "priority": 1}
    rule |= {"namespace": namespace, "surface": "default", "name": "christmas"}
    served.ask("POST", "/v1/admin/rules", rule)
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 0, ran.text
    (found,) = served.ask("GET", f"/v1/admin/rules?namespace={namespace}")["rules"]
    assert found["enabled"] is True
    assert any("rule `christmas`" in note and "not ours" in note for note in acme.bundle().metadata["notes"])


@pytest.mark.long
def test_a_page_that_cannot_be_written_costs_neither_record_nor_clean_up(
    acme: Project, served: Served, namespace: str
) -> None:
    acme.write(
        "conftest.py",
        "import pytest_recsim.simulation.controller.pages as pages\n"
        "def broken(bundle):\n"
        "    raise ValueError('no ink')\n"
        "pages.render_bundle = broken\n",
    )
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 0, ran.text
    assert "README.md could not be written: ValueError: no ink" in ran.out
    facts = acme.bundle().metadata
    assert facts["status"] == "finished"
    assert "README.md could not be written: ValueError: no ink" in facts["notes"]
    assert marker(served, namespace)["finished"] is True


@pytest.mark.long
def test_somebody_elses_broken_ending_does_not_keep_us_from_cleaning_up(
    acme: Project, served: Served, namespace: str
) -> None:
    acme.write("conftest.py", "def pytest_sessionfinish():\n    raise ValueError('theirs')\n")
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code != 0
    assert "theirs" in ran.text
    assert acme.bundle().metadata["status"] == "finished"
    assert marker(served, namespace)["finished"] is True
    assert not [row for row in rows(served, "items", namespace) if row["item_id"].startswith("recsim-probe-")]

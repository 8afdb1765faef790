"""What the plugin may and may not do to somebody's namespace."""

from __future__ import annotations

import json
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plugin_namespace import mark, marker, narrow, rows, totals
from plugin_shop import Project, Served, end, eventually

FOREIGN = [{"item_id": "somebody-elses", "available": True}]


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
def test_a_young_marker_of_an_unfinished_run_blocks_and_an_old_one_does_not(
    acme: Project, served: Served, namespace: str
) -> None:
    assert acme.simulate(*narrow(served, namespace)).code == 0
    now = datetime.now(UTC)
    mark(served, namespace, finished=False, written_at=(now - timedelta(minutes=14)).isoformat())
    log = served.from_here()
    ran = acme.simulate(*narrow(served, namespace))
    assert ran.code == 4, ran.text
    assert re.search(r"marked it 8\d\d s ago and has not finished", ran.err)
    assert log.writes == []
    mark(served, namespace, finished=False, written_at=(now - timedelta(minutes=16)).isoformat())
    assert acme.simulate(*narrow(served, namespace)).code == 0


@pytest.mark.long
def test_of_two_runs_at_once_the_one_from_another_machine_is_refused(
    acme: Project, served: Served, namespace: str, tmp_path: Path
) -> None:
    acme.scenario("slow", "import time\ndef test_slow(sim, check):\n    time.sleep(60)\n")
    first = acme.start("--base-url", served.url, "--namespace", namespace, "-k", "slow")
    try:
        eventually(lambda: served.count("POST", "/v1/recommendations"))
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
        "import pytest_recsim.simulation.fleet as fleet\n"
        "def broken(bundle):\n"
        "    raise ValueError('no ink')\n"
        "fleet.render_bundle = broken\n",
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

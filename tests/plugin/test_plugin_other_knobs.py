"""A running service with knobs of its own: nothing is failed for what the profile could not change there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugin_shop import Project, Served

OWN = ("--env-override", "NEW_USER_MMR_LAMBDA=0.9", "--env-override", "RULES_MAX_PIN_SLOTS=2")


def outcomes(acme: Project) -> dict[tuple[str, str], str]:
    rows = acme.bundle().events
    return {(row["check"], row.get("case", "")): row["outcome"] for row in rows if "check" in row}


@pytest.mark.long
def test_numbers_of_users_without_the_profile_are_not_measured_and_say_what_would_send_it(
    acme: Project, served: Served, namespace: str
) -> None:
    place = ("--base-url", served.url, "--namespace", namespace)
    ran = acme.simulate(*place, *OWN, "-k", "lift or cold_start or profile or include_filter")
    assert ran.code == 1, ran.text
    found = outcomes(acme)
    assert "failed" not in found.values(), ran.text
    assert found["profile", ""] == found["S1", ""] == "passed"
    assert {outcome for (check, case), outcome in found.items() if case == "new_users"} == {"not_measured"}
    assert found["S7", ""] == "not_measured"
    assert (
        "NEW_USER_MMR_LAMBDA (asked 0.9, in effect 0.15); --recsim-apply env-file carries this knob"
        in ran.out
    )
    caveats = acme.bundle().metadata["verdict"]["caveats"]
    told = "for sparse and new users the service's own value is in effect: NEW_USER_MMR_LAMBDA (asked 0.9"
    assert any(caveat.startswith(told) for caveat in caveats), caveats
    assert any("RULES_MAX_PIN_SLOTS" in caveat for caveat in caveats if "nobody can see" in caveat)
    quality = acme.bundle().artifact("quality_metrics.json")
    raw = [row for row in quality["lifts"] if row["segment"] == "new_users" and row["lift"] is not None]
    assert raw, "what was found stays in the record"
    assert all(row["outcome"] == "not_measured" and row["reason"] for row in raw)

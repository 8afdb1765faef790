"""The run to compare with: a folder, the newest, an accepted one; none is a notice, a slip is a sentence."""

from __future__ import annotations

import pytest
from compared_runs import people, write_run

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.compare_to import compared_with


@pytest.fixture
def found(tmp_path):
    def for_(asked, customer="acme"):
        path, note = compared_with(
            asked,
            customer=customer,
            simulation=customer,
            root=tmp_path,
            here=tmp_path,
            reports=tmp_path / "reports",
        )
        return path.removeprefix(f"{tmp_path}/"), note

    return for_


@pytest.fixture
def run(tmp_path):
    return lambda *parts, **facts: write_run(tmp_path.joinpath(*parts), people([0.4]), facts=facts)


def test_nobody_asked_nobody_answers(found):
    assert found("") == ("", "")


def test_latest_is_the_newest_finished_run_that_has_numbers(found, run):
    for stamp in ("20261101T000000Z", "20261102T000000Z", "20261103T000000Z"):
        run("reports", "acme", stamp)
    run("reports", "acme", "20261104T000000Z", status="started")
    (run("reports", "acme", "20261103T000000Z") / "artifacts/per_user.jsonl.gz").unlink()
    assert found("latest") == ("reports/acme/20261102T000000Z", "")


def test_no_earlier_run_is_a_notice(found, run):
    run("reports", "other", "20261101T000000Z")
    path, note = found("latest")
    assert path == ""
    assert note.startswith("compared with nothing: no finished run of acme in ")


@pytest.mark.parametrize("typed", ["kept/acme/20261101T000000Z", "kept/acme", "kept"])
def test_a_folder_is_a_run_or_holds_one(found, run, typed):
    run("kept", "acme", "20261101T000000Z")
    assert found(typed) == ("kept/acme/20261101T000000Z", "")


def test_an_accepted_run_is_found_by_its_name(found, run):
    run("baselines", "acme", "accepted")
    run("baselines", "acme", "spring")
    assert found("accepted") == ("baselines/acme/accepted", "")
    assert found("spring") == ("baselines/acme/spring", "")


def test_a_name_that_only_others_have_is_a_notice_with_the_command_that_sets_it(found, run):
    run("baselines", "other", "spring")
    assert found("spring") == (
        "",
        "compared with nothing: no run of acme is `spring` yet; `recsim baseline set acme DIR --name spring` names one",
    )
    assert found("accepted")[1].endswith("`recsim baseline set acme DIR` names one")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("acepted", "did you mean `accepted`"),
        ("latset", "did you mean `latest`"),
        ("reports/nowhere", "there is no such folder"),
        ("empty", "holds no finished run of acme"),
    ],
)
def test_a_slip_is_one_sentence(found, tmp_path, asked, words):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=words):
        found(asked)

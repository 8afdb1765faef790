"""The tuned profile: the starting one, changed where the winner differs, each change with its origin; never overwritten."""

from __future__ import annotations

import pytest
from made_study import replace, study, trial

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.comments import commented
from pytest_recsim.data.profiles.places import profile_file
from pytest_recsim.data.profiles.profiles import load_profile
from pytest_recsim.plan.keywords import plan_for
from pytest_recsim.testing import shop
from pytest_recsim.tune.tuned import changed_values, write_tuned

NAME = "tune_20261128T221500Z"


@pytest.fixture
def root(tmp_path):
    shop(users=2, items=5).settle(tmp_path)
    return tmp_path


def planned(root, **options):
    return plan_for("acme", root=root, **options)


def of(root, **values):
    start = load_profile(profile_file("prod", root)).values
    space = tuple(replace(one, start=start[one.knob].text) for one in study().space)
    return study(space=space, trials=(trial(17, values=values),))


def test_it_is_the_starting_profile_with_the_winners_values(root):
    found = write_tuned(of(root, PROFILE_BOOST="0.9", MMR_LAMBDA="0.31"), planned(root), root, NAME)
    assert found == root / "profiles" / "acme_tuned.env"
    start, now = load_profile(profile_file("prod", root)), load_profile(found)
    texts = {name: one.text for name, one in now.values.items()}
    assert texts == {name: one.text for name, one in start.values.items()} | {
        "PROFILE_BOOST": "0.9", "MMR_LAMBDA": "0.31",
    }  # fmt: skip
    lines = found.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("PROFILE_BOOST="))
    assert lines[place - 1] == f"# was {start.values['PROFILE_BOOST'].text}; {NAME}, trial 17"
    assert lines[0].startswith(f"# Profile prod with the knobs of trial 17 of {NAME}")
    kept = profile_file("prod", root).read_text(encoding="utf-8").splitlines()
    assert [line for line in kept if line not in lines] == [
        line for line in kept if line.startswith(("PROFILE_BOOST=", "MMR_LAMBDA="))
    ]


def test_nothing_is_overwritten(root):
    names = [
        write_tuned(of(root, MMR_LAMBDA="0.31"), planned(root), root, f"tune_{day}").name for day in (1, 2, 3)
    ]
    assert names == ["acme_tuned.env", "acme_tuned-2.env", "acme_tuned-3.env"]


def test_a_study_that_was_ended_while_it_wrote_has_one_profile(root):
    names = {write_tuned(of(root, MMR_LAMBDA="0.31"), planned(root), root, NAME).name for _ in range(2)}
    assert names == {"acme_tuned.env"}


def test_what_was_laid_over_the_profile_goes_along(root):
    plan = planned(root, env_overrides={"BRAND_CAP": 3})
    found = write_tuned(of(root, MMR_LAMBDA="0.31"), plan, root, NAME)
    assert load_profile(found).values["BRAND_CAP"].text == "3"
    assert f"# laid over profile prod when {NAME} began" in found.read_text(encoding="utf-8")


def test_a_knob_that_has_the_starts_value_is_no_change(root):
    plan = planned(root)
    assert changed_values(trial(values={"MMR_LAMBDA": plan.knobs["MMR_LAMBDA"].text}), plan) == {}


def test_a_profile_that_only_its_owner_reads_has_a_copy_of_that_kind(root):
    own = root / "profiles" / "mine.env"
    own.parent.mkdir(exist_ok=True)
    own.write_bytes(profile_file("prod", root).read_bytes())
    own.chmod(0o600)
    found = write_tuned(of(root, MMR_LAMBDA="0.31"), planned(root, env_profile="mine"), root, NAME)
    assert found.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_to_is_a_sentence(root):
    (root / "profiles").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written to"):
        write_tuned(of(root, MMR_LAMBDA="0.31"), planned(root), root, NAME)


def test_comments_stand_above_the_line_that_counts_and_are_one_line():
    text = "A=1\n\n# of B\nB=2 # old\nA=3\n"
    found = commented(text, "on\ntop", {"A": "why", "B": "since"})
    assert found == "# on top\nA=1\n\n# of B\n# since\nB=2 # old\n# why\nA=3\n"
    assert commented("A=1\r\n", "h", {"A": "w"}) == "# h\r\n# w\r\nA=1\r\n"
    with pytest.raises(ValueError, match="C: not in this text"):
        commented(text, "", {"C": ""})

"""Apply mode `env-file`: our variables are set, every other line and the file itself stay what they were."""

from __future__ import annotations

import io
import stat
import sys

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.apply import envfile
from pytest_recsim.apply.journal import Journal
from pytest_recsim.data.problems import InputError

OLD = "# ours\nDATABASE_URL=postgres://u:secret@db/x\nMMR_LAMBDA=0.2\nexport API_PORT=80\nMMR_LAMBDA=0.3\n"
DONE = f'{sys.executable} -c ""'
names = st.sampled_from(["MMR_LAMBDA", "BRAND_CAP", "API_PORT", "LLM_KEY", "X"])
texts = st.text(
    st.characters(codec="ascii", exclude_characters="'\"\\$\n\r", exclude_categories=["C"]), max_size=12
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "api.env"
    path.write_text(OLD)
    path.chmod(0o640)
    return path


@pytest.fixture
def journal(tmp_path):
    return Journal.of(tmp_path / "reports", "http://somewhere")


def start(service, file, journal, command=DONE):
    return envfile.start_with(service, file, {"MMR_LAMBDA": "0.9"}, command, run_id="r1", journal=journal)


@given(st.lists(st.tuples(names, texts)), st.dictionaries(names, texts, min_size=1))
def test_our_variables_are_set_and_every_other_line_stays(lines, ours):
    text = "".join(f"{name}='{value}'\n" for name, value in lines)
    after = dotenv_values(stream=io.StringIO(envfile.rewritten(text, ours, "r1")), interpolate=False)
    assert after == dict(lines) | ours


def test_comments_exports_and_order_stay():
    after = envfile.rewritten(OLD, {"MMR_LAMBDA": "0.9"}, "r1")
    assert after.splitlines() == [line for line in OLD.splitlines() if "MMR" not in line] + [
        "# set by pytest-recsim for run r1, put back at its end",
        "MMR_LAMBDA=0.9",
    ]


def test_a_last_line_without_a_break_is_not_glued_to_ours():
    assert "X=1\n#" in envfile.rewritten("X=1", {"Y": "2"}, "r1")


def test_the_file_is_changed_in_place_and_put_back_to_the_byte(stand_in, talk, file, journal):
    before, inode = file.stat(), file.stat().st_ino
    entry = start(talk(stand_in.url), file, journal)
    assert "MMR_LAMBDA=0.9" in file.read_text()
    assert "secret" not in journal.path.read_text()
    assert stat.S_IMODE(file.with_name("api.env.recsim-backup").stat().st_mode) == 0o600
    assert envfile.put_back(talk(stand_in.url), entry, DONE) == []
    assert file.read_text() == OLD
    assert (file.stat().st_mode, file.stat().st_ino) == (before.st_mode, inode)
    assert [path.name for path in file.parent.glob("api.env*")] == ["api.env"]


def test_a_restart_that_fails_puts_the_file_back(stand_in, talk, file, journal):
    command = f"{sys.executable} -c \"import sys; sys.exit('no such unit')\""
    with pytest.raises(InputError, match=r"ended with code 1 \(no such unit\)"):
        start(talk(stand_in.url), file, journal, command)
    assert file.read_text() == OLD


def test_a_command_that_does_not_exist_is_named(stand_in, talk, file, journal):
    with pytest.raises(InputError, match="--recsim-restart-command: `/no/such` cannot be run"):
        start(talk(stand_in.url), file, journal, "/no/such")
    assert file.read_text() == OLD


def test_a_service_that_does_not_come_back_is_told(talk, file, journal, monkeypatch):
    monkeypatch.setattr(envfile, "HEALTHY_S", 0.1)
    with pytest.raises(InputError, match=r"is not healthy 0\.1 s after it was restarted"):
        start(talk("http://127.0.0.1:9"), file, journal)
    assert file.read_text() == OLD


def test_a_file_that_somebody_edited_stays_and_so_does_the_copy(stand_in, talk, file, journal):
    service = talk(stand_in.url)
    entry = start(service, file, journal)
    file.write_text("THEIRS=1\n")
    (told,) = envfile.put_back(service, entry, DONE)
    assert "was edited after run r1 had" in told
    assert file.read_text() == "THEIRS=1\n"
    assert file.with_name("api.env.recsim-backup").read_text() == OLD


def test_a_copy_of_an_earlier_run_stops_the_next(stand_in, talk, file, journal):
    file.with_name("api.env.recsim-backup").write_text("OLDER=1\n")
    with pytest.raises(InputError, match="copy of an earlier run is still there"):
        start(talk(stand_in.url), file, journal)
    assert file.read_text() == OLD


def test_without_a_command_the_file_is_put_back_and_the_rest_is_told(stand_in, talk, file, journal):
    entry = start(talk(stand_in.url), file, journal)
    (told,) = envfile.put_back(talk(stand_in.url), entry, "")
    assert "restart the service to make it effective" in told
    assert file.read_text() == OLD


def test_a_value_that_no_env_file_can_hold_is_refused_before_anything_changes(stand_in, talk, file, journal):
    with pytest.raises(InputError, match="single quote"):
        envfile.start_with(talk(stand_in.url), file, {"X": "it's\n"}, DONE, run_id="r", journal=journal)
    assert file.read_text() == OLD
    assert journal.read() is None

"""Apply mode `env-file`: our variables are set, every other line and the file itself stay what they were."""

from __future__ import annotations

import io
import shlex
import stat
import sys

import msgspec
import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.apply import envfile, restart
from pytest_recsim.apply.envtext import cut_short, rewritten
from pytest_recsim.apply.journal import Journal
from pytest_recsim.apply.undone import Undone
from pytest_recsim.data.input.problems import InputError

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
    after = dotenv_values(
        stream=io.StringIO(rewritten(text.encode(), ours, "r1").decode()), interpolate=False
    )
    assert after == dict(lines) | ours


def test_comments_exports_and_order_stay():
    after = rewritten(OLD.encode(), {"MMR_LAMBDA": "0.9"}, "r1").decode()
    assert after.splitlines() == [line for line in OLD.splitlines() if "MMR" not in line] + [
        "# set by pytest-recsim for run r1, put back at its end",
        "MMR_LAMBDA=0.9",
    ]


def test_a_last_line_without_a_break_is_not_glued_to_ours():
    assert b"X=1\n#" in rewritten(b"X=1", {"Y": "2"}, "r1")


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0, 40))
def test_a_file_that_was_written_in_part_is_recognised_in_both_directions(before, after, written):
    for old, new in ((before, after), (after, before)):
        assert cut_short(new[:written] + old[min(written, len(new)) :], before, after)


def test_a_file_that_somebody_edited_is_not_taken_for_one_that_was_written_in_part():
    after = rewritten(OLD.encode(), {"MMR_LAMBDA": "0.9"}, "r1")
    assert not cut_short(after + b"X=1\n", OLD.encode(), after)
    assert not cut_short(after.replace(b"80", b"81"), OLD.encode(), after)
    assert not cut_short(OLD.encode() + b"X=1\n", OLD.encode(), after)


def test_the_file_is_changed_in_place_and_put_back_to_the_byte(stand_in, talk, file, journal):
    before, inode = file.stat(), file.stat().st_ino
    entry = start(talk(stand_in.url), file, journal)
    assert "MMR_LAMBDA=0.9" in file.read_text()
    assert "secret" not in journal.path.read_text()
    assert stat.S_IMODE(file.with_name("api.env.recsim-backup").stat().st_mode) == 0o600
    assert envfile.put_back(talk(stand_in.url), entry, DONE) == Undone()
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
    monkeypatch.setattr(restart, "HEALTHY_S", 0.1)
    with pytest.raises(InputError, match=r"is not healthy 0\.1 s after it was restarted"):
        start(talk("http://127.0.0.1:9"), file, journal)
    assert file.read_text() == OLD


def test_a_file_that_somebody_edited_stays_and_so_does_the_copy(stand_in, talk, file, journal):
    service = talk(stand_in.url)
    entry = start(service, file, journal)
    file.write_text("THEIRS=1\n")
    (told,) = envfile.put_back(service, entry, DONE).left
    assert "was edited after run r1 had" in told
    assert file.read_text() == "THEIRS=1\n"
    assert file.with_name("api.env.recsim-backup").read_text() == OLD
    assert envfile.put_back(service, entry, DONE, overwrite=True) == Undone()
    assert file.read_text() == OLD


def test_a_copy_of_an_earlier_run_stops_the_next(stand_in, talk, file, journal):
    file.with_name("api.env.recsim-backup").write_text("OLDER=1\n")
    with pytest.raises(InputError, match="copy of an earlier run is still there"):
        start(talk(stand_in.url), file, journal)
    assert file.read_text() == OLD


def test_without_a_command_the_file_is_put_back_and_the_rest_is_told_until_it_is_true(
    stand_in, talk, file, journal
):
    service = talk(stand_in.url)
    entry = start(service, file, journal)
    for _ in range(2):
        (told,) = envfile.put_back(service, entry, "").left
        assert "but the service may still run with the other; restart the service" in told
        assert file.read_text() == OLD
    assert envfile.put_back(service, entry, DONE) == Undone()
    assert envfile.put_back(service, entry, "") == Undone(), "the copy is gone: it had all been done"


def test_a_service_seen_to_run_with_the_old_file_again_needs_no_command(stand_in, talk, file, journal):
    service = talk(stand_in.url)
    entry = start(service, file, journal)
    ours = service.admin_config() | {"mmr_lambda": 0.9}
    assert envfile.put_back(service, msgspec.structs.replace(entry, posted=ours), "") == Undone()


def test_a_restart_that_fails_at_the_end_keeps_what_is_needed_to_try_again(stand_in, talk, file, journal):
    service = talk(stand_in.url)
    entry = start(service, file, journal)
    (told,) = envfile.put_back(service, entry, "/no/such").left
    assert "cannot be run" in told
    assert file.with_name("api.env.recsim-backup").exists()
    assert envfile.put_back(service, entry, DONE) == Undone()


def test_a_configuration_that_was_posted_before_the_run_is_posted_again(stand_in, talk, file, journal):
    service = talk(stand_in.url)
    before = service.admin_config()
    try:
        service.replace_admin_config(before | {"brand_cap": 9}, author="ops", notes="")
        entry = start(service, file, journal)
        forget = (
            "import sys, httpx; httpx.post(sys.argv[1], json={'config': CONFIG}, headers={'X-Org-ID': ORG})"
        )
        script = file.with_name("forget.py")
        script.write_text(f"CONFIG = {before!r}\nORG = {service.endpoint.org_id!r}\n{forget}\n")
        command = shlex.join([sys.executable, str(script), f"{stand_in.url}/v1/admin/recommendation/config"])
        assert envfile.put_back(service, entry, command) == Undone()
        assert service.admin_config() == before | {"brand_cap": 9}
    finally:
        service.replace_admin_config(before, author="test", notes="")


@pytest.mark.parametrize("held", [b"", b"# ou", None], ids=["empty copy", "part of a copy", "no copy"])
def test_a_kill_before_the_copy_was_complete_leaves_nothing_to_do(stand_in, talk, file, journal, held):
    service = talk(stand_in.url)
    entry = msgspec.structs.replace(start(service, file, journal), posted={})
    file.write_text(OLD)
    backup = file.with_name("api.env.recsim-backup")
    backup.unlink()
    if held is not None:
        backup.write_bytes(held)
    assert envfile.put_back(service, entry, "/no/such") == Undone()
    assert file.read_text() == OLD
    assert not backup.exists()


def test_a_kill_while_the_file_was_written_is_mended(stand_in, talk, file, journal):
    service = talk(stand_in.url)
    entry = start(service, file, journal)
    after = file.read_bytes()
    file.write_bytes(after[:9] + OLD.encode()[9:])
    assert envfile.put_back(service, entry, DONE) == Undone()
    assert file.read_text() == OLD


def test_a_byte_order_mark_is_put_back_too(stand_in, talk, file, journal):
    file.write_bytes(b"\xef\xbb\xbfX=1\n")
    entry = start(talk(stand_in.url), file, journal)
    assert envfile.put_back(talk(stand_in.url), entry, DONE) == Undone()
    assert file.read_bytes() == b"\xef\xbb\xbfX=1\n"


def test_a_value_that_no_env_file_can_hold_is_refused_before_anything_changes(stand_in, talk, file, journal):
    with pytest.raises(InputError, match="single quote"):
        envfile.start_with(talk(stand_in.url), file, {"X": "it's\n"}, DONE, run_id="r", journal=journal)
    assert file.read_text() == OLD
    assert journal.read() is None

"""Apply mode `admin`: the whole document goes back and forth, and whatever is not ours stays."""

from __future__ import annotations

from itertools import count

import pytest
from service.service_fakes import Reply, Server

from pytest_recsim.apply import admin
from pytest_recsim.apply.journal import Entry, Journal
from pytest_recsim.apply.undone import Undone
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.documents import differing


@pytest.fixture
def journal(tmp_path):
    return Journal.of(tmp_path, "http://somewhere")


@pytest.fixture
def service(stand_in, talk):
    """The stand-in's config as it started, whatever a test does to it."""
    service = talk(stand_in.url)
    before = service.admin_config()
    yield service
    service.replace_admin_config(before, author="test", notes="")


def test_knobs_are_laid_over_the_document_and_everything_else_stays(service, journal):
    before = service.admin_config()
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9, "brand_cap": 7}, "r1", journal)
    now = service.admin_config()
    assert (now["mmr_lambda"], now["brand_cap"]) == (0.9, 7)
    assert differing(before, now) == ["brand_cap", "mmr_lambda"]
    assert journal.read() == entry
    assert entry.previous == before


def test_a_service_that_runs_with_the_knobs_already_is_left_alone(service, journal):
    before = service.stored_config()
    entry = admin.set_knobs(service, {"mmr_lambda": before.config["mmr_lambda"]}, "r1", journal)
    after = service.stored_config()
    assert (after.config, after.metadata) == (before.config, before.metadata), "nothing was posted"
    assert journal.read() is None
    assert admin.restore(service, entry) == Undone()
    assert admin.left_by_others(service) == ""


def test_restoring_brings_the_previous_document_back(service, journal):
    before = service.admin_config()
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", journal)
    assert admin.restore(service, entry) == Undone()
    assert service.admin_config() == before
    assert admin.restore(service, entry) == Undone(), "again does no harm"


def test_members_that_others_changed_stay_and_ours_go_back(service, journal):
    before = service.admin_config()
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", journal)
    service.replace_admin_config(service.admin_config() | {"brand_cap": 9}, author="ops", notes="")
    undone = admin.restore(service, entry)
    assert undone == Undone(
        notes=("the service's configuration was changed during run r1 (brand_cap); left as it is.",)
    )
    assert service.admin_config() == before | {"brand_cap": 9}


def test_a_member_that_both_changed_is_left_with_its_values_unless_it_may_be_overwritten(service, journal):
    before = service.admin_config()
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9, "brand_cap": 7}, "r1", journal)
    service.replace_admin_config(service.admin_config() | {"mmr_lambda": 0.5}, author="ops", notes="")
    (left,) = admin.restore(service, entry).contested
    assert left.endswith("left as it is: mmr_lambda is 0.5, should be 0.35.")
    assert service.admin_config() == before | {"mmr_lambda": 0.5}
    assert admin.restore(service, entry, overwrite=True) == Undone()
    assert service.admin_config() == before


def test_a_secret_is_not_shown_where_members_are_named(replicas, talk):
    handler, url = replicas(1)
    entry = NOTE | {"previous": {"llm_api_key": "s3cret"}, "posted": {"llm_api_key": "ours"}}
    handler.documents = [{"llm_api_key": "th3irs", "rules_enabled": True}]
    (left,) = admin.restore(talk(url), Entry(**entry)).left
    assert 'llm_api_key is "********", should be "********"' in left


def test_a_service_that_came_back_without_a_posted_configuration_is_told(replicas, talk):
    handler, url = replicas(1)
    mine = {"mmr_lambda": 0.3, "rules_enabled": True, "brand_cap": 5}
    entry = NOTE | {"previous": mine, "posted": mine | {"mmr_lambda": 0.9}, "source": "api"}
    handler.metadata = {"source": "env"}
    service = talk(url)
    (left,) = admin.restore(service, Entry(**entry)).left
    assert "was restarted and has lost a configuration that was set before run r1: brand_cap is null" in left
    assert admin.restore(service, Entry(**entry), overwrite=True) == Undone()
    assert handler.documents == [mine]


def test_a_post_that_arrives_after_the_first_look_is_found(replicas, talk, monkeypatch):
    handler, url = replicas(1)
    ours = handler.documents[0] | {"mmr_lambda": 0.9}
    entry = NOTE | {"previous": handler.documents[0], "posted": ours, "confirmed": False}
    before = handler.documents[0]
    monkeypatch.setattr(admin, "sleep", lambda _: handler.documents.__setitem__(0, ours))
    assert admin.restore(talk(url), Entry(**entry)) == Undone()
    assert handler.documents == [before]


def test_a_service_that_does_not_take_a_value_is_told_with_the_value_and_left_as_it_was(
    replicas, talk, journal
):
    handler, url = replicas(1)
    handler.most = 0.5
    with pytest.raises(InputError, match=r"does not take .*\(mmr_lambda is 0\.5, should be 0\.9\)"):
        admin.set_knobs(talk(url), {"mmr_lambda": 0.9}, "r1", journal)
    assert handler.documents[0]["mmr_lambda"] == 0.3


def test_the_note_is_written_before_anything_is_posted(service, tmp_path):
    (tmp_path / "file").write_text("")
    before = service.admin_config()
    with pytest.raises(InputError, match="nothing was changed"):
        admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", Journal.of(tmp_path / "file", "http://x"))
    assert service.admin_config() == before


def test_a_configuration_nobody_restored_is_told_to_the_next_run(service, journal):
    assert admin.left_by_others(service) == ""
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", journal)
    assert "run r1" in admin.left_by_others(service)
    admin.restore(service, entry)
    assert admin.left_by_others(service) == ""


class Replicas:
    """Several processes that each keep a document; reads and posts reach them in turn."""

    def __init__(self, size):
        self.documents = [{"mmr_lambda": 0.3, "rules_enabled": True} for _ in range(size)]
        self.turn = count()
        self.metadata, self.most = {}, 1.0

    def __call__(self, request):
        mine = next(self.turn) % len(self.documents)
        if request.method == "POST":
            asked = request.body["config"]
            self.documents[mine] = asked | {"mmr_lambda": min(self.most, asked.get("mmr_lambda", 0))}
        body = {"namespace": "default", "config": self.documents[mine], "metadata": self.metadata}
        return Reply(200, body)


NOTE = {"mode": "admin", "url": "http://x", "org_id": "o", "run_id": "r1", "written_at": "then"}


@pytest.fixture
def replicas():
    opened = []

    def start(size):
        handler = Replicas(size)
        opened.append(Server(handler))
        return handler, opened[-1].url

    yield start
    for server in opened:
        server.close()


def test_a_service_of_several_processes_is_refused_and_left_as_it_was(replicas, talk, journal):
    handler, url = replicas(2)
    with pytest.raises(InputError, match="several processes that do not share it"):
        admin.set_knobs(talk(url), {"mmr_lambda": 0.9}, "r1", journal)
    assert [document["mmr_lambda"] for document in handler.documents] == [0.3, 0.3]


def test_a_process_that_keeps_ours_is_told_as_not_restored(replicas, talk, journal):
    handler, url = replicas(1)
    service = talk(url)
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", journal)
    handler.documents = [dict(entry.posted) for _ in range(60)]  # a post reaches one in sixty
    (left,) = admin.restore(service, entry).failed
    assert "did not reach every process" in left
    assert left.endswith("mmr_lambda is 0.9, should be 0.3.")

"""Apply mode `admin`: the whole document goes back and forth, and whatever is not ours stays."""

from __future__ import annotations

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service.service_fakes import Reply, Server

from pytest_recsim.apply import admin
from pytest_recsim.apply.journal import Journal
from pytest_recsim.data.problems import InputError


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
    assert admin.differing(before, now) in (["mmr_lambda", "brand_cap"], ["brand_cap", "mmr_lambda"])
    assert journal.read() == entry
    assert entry.previous == before


def test_restoring_brings_the_previous_document_back(service, journal):
    before = service.admin_config()
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", journal)
    assert admin.restore(service, entry) == []
    assert service.admin_config() == before
    assert admin.restore(service, entry) == [], "again does no harm"


def test_what_somebody_else_decided_since_then_stays_and_is_told(service, journal):
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", journal)
    theirs = service.admin_config() | {"brand_cap": 9}
    service.replace_admin_config(theirs, author="ops", notes="")
    (told,) = admin.restore(service, entry)
    assert "somebody changed the service's configuration after run r1 had (brand_cap)" in told
    assert service.admin_config()["brand_cap"] == 9


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

    def __call__(self, request):
        mine = next(self.turn) % len(self.documents)
        if request.method == "POST":
            self.documents[mine] = request.body["config"]
        return Reply(200, {"namespace": "default", "config": self.documents[mine], "metadata": {}})


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
    with pytest.raises(InputError, match="did not reach every process"):
        admin.restore(service, entry)


values = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(-5, 5), st.lists(st.integers(0, 3), max_size=2)
)


@given(st.dictionaries(st.sampled_from("abcd"), values))
def test_a_document_is_the_same_as_itself_without_its_empty_members(document):
    shorter = {key: value for key, value in document.items() if value}
    assert admin.same(document, shorter)
    assert admin.same(json.loads(json.dumps(document)), document)


@given(
    st.dictionaries(st.sampled_from("abcd"), values),
    st.sampled_from("abcd"),
    st.floats(6, 9),
    st.floats(1, 5),
)
def test_a_member_that_differs_is_named(document, key, one, more):
    assert admin.differing(document | {key: one}, document | {key: one + more}) == [key]

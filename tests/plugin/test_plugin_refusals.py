"""Everything that can be wrong on paper: exit code 4, one plain sentence, nothing sent, nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from plugin_refused import EVENT, GOOD, is_refusal
from plugin_shop import Project, Ran, Served, environment


@dataclass(frozen=True)
class Wrong:
    """One mistake: how it is made, what is typed, which words the sentence must hold."""

    make: Callable[[Project], object]
    words: tuple[str, ...]
    says: tuple[str, ...]


def nothing(project: Project) -> None:
    """The project is sound; the words are wrong."""


def fixture(**changes: object) -> Callable[[Project], object]:
    return lambda project: project.customer("acme", GOOD | changes)


def file(name: str, text: str) -> Callable[[Project], object]:
    return lambda project: project.write(name, text)


FIXTURE = "fixtures/customers/acme.json"
ON_PAPER = {
    "missing fixture": Wrong(nothing, ("--fixture-path", "no.json"), ("no.json", "fixture not found")),
    "broken JSON": Wrong(file(FIXTURE, '{"items": [],\n"users" []}'), (), (f"{FIXTURE}:2",)),
    "duplicate item": Wrong(
        fixture(items=[*GOOD["items"], {"item_id": "i1"}]), (), (f"{FIXTURE}#/items/2/item_id", "i1")
    ),
    "unknown user": Wrong(
        fixture(events=[EVENT | {"user_id": "nobody"}]), (), (f"{FIXTURE}#/events/0/user_id", "nobody")
    ),
    "time without offset": Wrong(
        fixture(events=[EVENT | {"ts": "2026-10-01T00:00:00"}]), (), ("#/events/0/ts", "offset")
    ),
    "no segment": Wrong(fixture(users=[{"user_id": "u1"}]), (), ("#/users/0", "segment")),
    "no users": Wrong(fixture(users=[], events=[]), (), (FIXTURE, "`users` is empty")),
    "unknown guardrail": Wrong(
        file("guardrails.yml", "defaults:\n  quality:\n    min_segment_lift_ncdg: 1\n"),
        (),
        ("guardrails.yml:3", "min_segment_lift_ncdg", "did you mean `min_segment_lift_ndcg`?"),
    ),
    "threshold of the wrong type": Wrong(
        file("guardrails.yml", "defaults:\n  quality:\n    min_catalog_coverage: lots\n"),
        (),
        ("guardrails.yml:3", "lots", "number"),
    ),
    "knob out of range": Wrong(nothing, ("--env-override", "MMR_LAMBDA=1.7"), ("MMR_LAMBDA", "1.7")),
    "unknown knob": Wrong(
        nothing, ("--env-override", "MMR_LAMDA=0.7"), ("MMR_LAMDA", "did you mean `MMR_LAMBDA`?")
    ),
    "unknown profile": Wrong(nothing, ("--env-profile", "prot"), ("prot", "did you mean `prod`?")),
    "unknown customer": Wrong(
        nothing, ("--customer", "acne"), ("--customer", "acne", "did you mean `acme`?")
    ),
    "empty customer": Wrong(nothing, ("--customer", ""), ("--customer", "lower-case")),
    "bad namespace": Wrong(nothing, ("--namespace", "a/b"), ("--namespace", "a/b")),
    "zero org": Wrong(nothing, ("--org-id", "0" * 32), ("--org-id", "UUID")),
    "unknown step": Wrong(nothing, ("--recsim-skip", "sead"), ("--recsim-skip", "did you mean `seed`?")),
    "unknown apply mode": Wrong(nothing, ("--recsim-apply", "emv"), ("--recsim-apply", "env")),
    "no number": Wrong(nothing, ("--recsim-sample-users", "few"), ("--recsim-sample-users", "few")),
    "one namespace for two": Wrong(
        lambda project: project.customer("other", GOOD),
        ("--customer", "other", "--namespace", "x"),
        ("--namespace", "exactly one --customer"),
    ),
    "clashing file name": Wrong(
        file("scenarios/test_s07_cold_start.py", "def test_mine():\n    pass\n"),
        (),
        ("scenarios/test_s07_cold_start.py", "rename yours"),
    ),
    "env with a running service": Wrong(
        nothing,
        ("--base-url", "http://127.0.0.1:1", "--recsim-apply", "env"),
        ("--recsim-apply", "request, admin, env-file, none"),
    ),
    "a file where the reports should go": Wrong(
        file("out", "a file"), ("--recsim-reports-dir=out",), ("out", "no report can be written there")
    ),
    "not a URL": Wrong(nothing, ("--base-url", "recsys.example"), ("--base-url", "http://")),
}


@pytest.mark.parametrize("name", ON_PAPER)
def test_wrong_on_paper(acme: Project, name: str, pytester, monkeypatch) -> None:
    """In this process, for speed; nothing of ours outlives a refusal."""
    wrong = ON_PAPER[name]
    wrong.make(acme)
    monkeypatch.chdir(acme.folder)
    monkeypatch.setattr(pytester, "chdir", lambda: None)
    monkeypatch.setattr(pytester, "_path", acme.folder)
    for variable, value in environment().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("RECSYS_ORG_ID", raising=False)
    done = pytester.runpytest_inprocess("--customer", "acme", *wrong.words)
    is_refusal(Ran(int(done.ret), done.stdout.str(), done.stderr.str()), acme, wrong.says)


FAR = ("a file where the reports should go", "clashing file name", "broken JSON", "unknown customer")


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "words"), [*((name, ()) for name in ON_PAPER), *((name, ("-n", "2")) for name in FAR)]
)
def test_wrong_on_paper_in_a_process_of_its_own(acme: Project, name: str, words: tuple[str, ...]) -> None:
    wrong = ON_PAPER[name]
    wrong.make(acme)
    is_refusal(acme.simulate(*wrong.words, *words), acme, wrong.says)


def test_several_problems_are_listed_together(acme: Project, served: Served) -> None:
    acme.write("fixtures/customers/acme.json", json.dumps(GOOD | {"items": [{"item_id": "i1", "price": -1}]}))
    ran = acme.simulate("--base-url", served.url, "--env-profile", "prot", "--org-id", "x")
    assert ran.code == 4
    assert "prot" in ran.err
    assert "--org-id: `x`" in ran.err
    assert "#/items/0/price" in ran.err
    assert "Traceback" not in ran.text
    assert served.requests == []
    assert not acme.left_behind

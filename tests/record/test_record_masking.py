"""Secrets are found where they lie, in whatever form they come back, and ordinary words are left alone."""

from __future__ import annotations

import json
import time

import pytest

from pytest_recsim.record import masking, secrets
from pytest_recsim.record.masking import MASK, masked, masked_value, safe


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    """What a test learns is forgotten after it."""
    monkeypatch.setattr(masking, "_known", masking._Known())


def learned(*words):
    masking.learn(words)


def test_a_secret_is_masked_in_every_spelling():
    learned(word := 'p@ss/w"ör\\d')
    for text in (
        word,
        "p%40ss%2Fw%22%C3%B6r%5Cd",
        json.dumps(word),
        repr(word),
        json.dumps(word, ensure_ascii=False),
    ):
        assert masked(f"before {text} behind").replace('"', "").replace("'", "") == f"before {MASK} behind"


def test_a_password_that_was_percent_encoded_is_known_without_it_too():
    learned(*secrets.of_url("http://joe:p%40ss-word@proxy:3128"))
    assert (
        masked("BasicAuth(login='joe', password='p@ss-word')") == f"BasicAuth(login='joe', password='{MASK}')"
    )
    assert masked("Basic am9lOnBAc3Mtd29yZA==") == f"Basic {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://joe:s3cret@host/x?y=1", f"see https://{MASK}@host/x?y=1"),
        ("postgres://u:p@ss@db/x", f"postgres://{MASK}@db/x"),
        ("mail joe@example.org or http://host/@joe", "mail joe@example.org or http://host/@joe"),
        ("Proxy-Authorization: Basic c2VjcmV0", f"Proxy-Authorization: Basic {MASK}"),
        ("{'X-API-Key': 'abcdef'}", f"{{'X-API-Key': '{MASK}'}}"),
        ("DB_PASSWORD=hunter2 make", f"DB_PASSWORD={MASK} make"),
        ('{"llm_api_key": "s3cret"}', f'{{"llm_api_key": "{MASK}"}}'),
        ("RECSYS_API_KEY: the key holds", "RECSYS_API_KEY: the key holds"),
        ("assert token == 'abcd'", "assert token == 'abcd'"),
    ],
)
def test_what_looks_like_a_secret_is_masked_without_being_known(text, shown):
    assert masked(text) == shown
    assert masked(shown) == shown


def test_the_beginning_and_the_end_of_a_secret_are_masked_where_it_was_cut():
    learned("correct-horse-battery")
    assert masked("{'a': 'correct-hor...-battery'}") == f"{{'a': '{MASK}...{MASK}'}}"
    assert masked("a correction... to battery") == "a correction... to battery"


def test_words_that_are_too_short_to_be_told_apart_are_left_alone():
    learned("a", "abc", " ")
    assert masked("abacabc") == "abacabc"


def test_documents_are_masked_member_by_member():
    learned("s3cret", "true")
    document = {"s3cret": ["x s3cret", 1, None, True, {"a": "b"}]}
    assert masked_value(document) == {MASK: [f"x {MASK}", 1, None, True, {"a": "b"}]}


def test_what_is_shown_cannot_steer_a_terminal_either():
    learned("s3cret")
    assert safe("s3cret\x1b[31m\u202e\nok") == f"{MASK}\\x1b[31m\\u202e\nok"


def test_variables_that_sound_like_secrets_are_and_others_are_not():
    variables = {
        "RECSYS_API_KEY": "12345",
        "https_proxy": "joe:pr0xy-word@proxy:1",
        "DATABASE_URL": "postgres://u:dbword@db/x",
        "LLM_ENABLED": "true",
        "CI_JOB_TOKEN": "glcbt-64",
        "GOOGLE_APPLICATION_CREDENTIALS": "/",
        "WEB": "https://u:webword@host",
        "EMAIL": "jonathan@example.org",
        "NO_PROXY": "joe:other-word@host",
        "REPOSITORY": "ssh://deploy@host/x",
    }
    found = set(secrets.of_variables(variables))
    assert {"12345", "pr0xy-word", "postgres://u:dbword@db/x", "dbword", "glcbt-64", "webword"} <= found
    assert not {"true", "/", "jonathan", "other-word", "deploy", "joe", "u"} & found


def test_a_command_gives_its_secrets_away_and_keeps_its_words():
    command = (
        "ssh ops@host --password one-1 --api-key=two-2 TOKEN=three https://u:four4@x -H 'Authorization: Bearer five5' "
        "sh -c 'PGPASSWORD=six66 pg_ctl restart' seven7 /etc/eight8"
    )
    found = set(secrets.of_command(command))
    assert {"one-1", "two-2", "three", "four4", "five5", "six66"} <= found
    assert not {"host", "ops@host", "restart", "pg_ctl", "seven7"} & found
    odd = set(secrets.odd_words(command))
    assert "seven7" in odd
    assert not {"restart", "/etc/eight8", "ssh", "--password", "-c"} & odd


def test_a_long_text_takes_no_longer_than_reading_it():
    learned("correct-horse-battery", "s3cret")
    began = time.process_time()
    for text in (
        "a" * 500_000,
        "password" * 60_000,
        "://" * 150_000 + "@",
        "x@" * 250_000 + "://",
        "..." * 150_000,
    ):
        masked(text)
    assert (
        time.process_time() - began < 60
    )  # it is under a second; a pattern that goes back and forth takes hours

from __future__ import annotations

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.contract.urls import normalise


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://recsys.example/", "https://recsys.example"),
        (" https://recsys.example/api// ", "https://recsys.example/api"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_a_good_url_gets_one_spelling(typed, kept):
    assert normalise(typed) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "http://"),
        ("recsys.example:8080", "http://"),
        ("ftp://recsys.example", "http://"),
        ("http://", "no host"),
        ("http://h:99999", "not a URL"),
        ("http://h:0", "port 0"),
        ("http://h?x=1", "query"),
        ("http://h#top", "fragment"),
        ("http://[::1", "not a URL"),
        ("http://h/a b", "a space"),
    ],
)
def test_a_bad_url_is_told_in_one_sentence_with_its_origin(typed, said):
    with pytest.raises(InputError, match=said) as caught:
        normalise(typed, "recsim.ini:3")
    assert str(caught.value).startswith("recsim.ini:3: ")
    assert "\n" not in str(caught.value)


def test_a_password_in_the_url_is_refused_and_not_repeated():
    with pytest.raises(InputError) as caught:
        normalise("https://joe:s3cret@recsys.example")
    assert "s3cret" not in str(caught.value)

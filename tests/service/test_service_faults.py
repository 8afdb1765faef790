from __future__ import annotations

import pytest

from pytest_recsim.service.http.call import Reply
from pytest_recsim.service.http.faults import retry_after, unreadable

DATE = "Sun, 22 Nov 2026 22:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "Sun, 22 Nov 2026 22:00:05 GMT", "date": DATE}, 5.0),
        ({"retry-after": "Sun, 22 Nov 2026 21:59:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Sunday, 22-Nov-26 22:00:05 GMT", "date": DATE}, 5.0),
        ({"retry-after": "Sun, 22 Nov 2026 22:00:05 GMT"}, 3605.0),
        ({"retry-after": "Sun, 22 Nov 2026 22:00:05 GMT", "date": "yesterday"}, 3605.0),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1.5"}, 0.0),
        ({"retry-after": "Sun, 99 Nov 2026 22:00:05 GMT"}, 0.0),
        ({}, 0.0),
    ],
)
def test_seconds_and_dates_of_retry_after_are_understood_and_nonsense_is_no_wait(headers, seconds):
    an_hour_before = 1795381200.0
    assert retry_after(Reply(429, headers, b"", 0.0), lambda: an_hour_before) == seconds


def told(body, error):
    return unreadable(Reply(200, {"content-type": "application/json"}, body, 0.0), error)[1]


def test_broken_json_is_shown_where_it_breaks_and_not_where_it_begins():
    import msgspec

    body = b'{"items": [' + b'{"score": 1.0}, ' * 100 + b'{"score": Infinity}, ' + b'{"score": 1.0}, ' * 100
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(body)
    sentence = told(body, caught.value)
    assert "Infinity" in sentence
    assert len(sentence) < 300

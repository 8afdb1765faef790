"""What hooks may announce as metrics, and how anything else is told."""

from __future__ import annotations

import pytest

from pytest_recsim import Metric, RunMetric, UserMetric
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.own import checked

FIT = UserMetric("basket_fit", "how well it fits", lambda sim: {})


def told(*returned):
    with pytest.raises(InputError) as caught:
        checked((f"conf{number}.py", value) for number, value in enumerate(returned))
    return str(caught.value)


def test_metrics_are_known_by_name_with_their_file():
    share = RunMetric("share", "a share", lambda sim: (0.5, 3))
    assert checked([("a.py", [FIT]), ("b.py", (share,)), ("c.py", [])]) == {
        "basket_fit": ("a.py", FIT),
        "share": ("b.py", share),
    }


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (
            None,
            "conf0.py: pytest_recsim_metrics returned nothing; must be a list of Metric, UserMetric and RunMetric",
        ),
        (FIT, "returned a UserMetric; must be a list"),
        (["basket_fit"], "a str in the list; must be Metric, UserMetric or RunMetric"),
        ([UserMetric("Basket Fit", "x", len)], "the name `Basket Fit`; must be lower-case letters"),
        ([UserMetric(3, "x", len)], "the name `3`; must be"),
        ([UserMetric("x", " ", len)], "`x` without a definition; must have a sentence"),
        ([RunMetric("x", "a number", 0.5)], "`x`: `measure` is a float; must be a function"),
        ([FIT, FIT], "`basket_fit` is announced twice, also in conf0.py; must be announced once"),
    ],
)
def test_anything_else_is_told_in_a_sentence(returned, sentence):
    assert sentence in told(returned)


def test_everything_wrong_is_told_together():
    assert len(told(None, [3], [FIT], [FIT]).splitlines()) == 3


def test_one_type_makes_both_kinds():
    fit, share = Metric("fit", "d", dict), Metric("share", "d", tuple, per_user=False)
    assert set(checked([("a.py", [fit, share])])) == {"fit", "share"}
    assert [FIT.per_user, RunMetric("x", "d", tuple).per_user] == [True, False]
    assert "`per_user` is a str; must be True or False" in told([Metric("x", "d", dict, per_user="no")])

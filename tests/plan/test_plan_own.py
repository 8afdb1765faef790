"""What hooks may announce as metrics, and how anything else is told."""

from __future__ import annotations

import pytest

import pytest_recsim
from pytest_recsim import RunMetric, UserMetric
from pytest_recsim.data.problems import InputError
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
            "conf0.py: pytest_recsim_metrics returned nothing; allowed a list of UserMetric and RunMetric",
        ),
        (FIT, "returned a UserMetric; allowed a list"),
        (["basket_fit"], "a str in the list; allowed UserMetric and RunMetric"),
        ([UserMetric("Basket Fit", "x", len)], "the name `Basket Fit`; allowed lower-case letters"),
        ([UserMetric(3, "x", len)], "the name `3`; allowed"),
        ([UserMetric("x", " ", len)], "`x` without a definition; allowed a sentence"),
        ([RunMetric("x", "a number", 0.5)], "`x`: `measure` is a float; allowed a function"),
        ([FIT, FIT], "`basket_fit` is announced twice, also in conf0.py; allowed once"),
    ],
)
def test_anything_else_is_told_in_a_sentence(returned, sentence):
    assert sentence in told(returned)


def test_everything_wrong_is_told_together():
    assert len(told(None, [3], [FIT], [FIT]).splitlines()) == 3


def test_the_package_exports_the_two_classes_and_nothing_by_accident():
    assert set(pytest_recsim.__all__) == {"RunMetric", "UserMetric", "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'UsrMetric'"):
        _ = pytest_recsim.UsrMetric

"""Faults of what the answer says about itself: reasons, contributions, weights, versions, counts; and of knobs."""

from __future__ import annotations

import os
from pathlib import Path

from matrix_answers import Said, around, on_answers
from matrix_fault import SHARE, Fault, fault, hit
from msgspec.structs import replace

from pytest_recsim.standin.ranking import context as requests
from pytest_recsim.standin.ranking import pipeline
from pytest_recsim.standin.ranking import profile as profiles

FAULTS: list[Fault] = []
PROD = Path(__file__).resolve().parents[2] / "profiles/prod.env"


def each_row(share: float, change) -> None:
    def all_rows(said: Said) -> None:
        for row in said.rows:
            if hit(share, change.__name__, said.user, row["item_id"]):
                change(row)

    on_answers(all_rows)


@fault(
    FAULTS,
    "contributions are rounded or taken from an earlier stage: they do not add up to the score",
    by="S10",
    because="does not add up to",
    of="the largest contribution that is missing",
    ladder=(1e-7, 1e-6, 1e-5, 1e-4, 0.01, 1.0),
)
def contributions_do_not_add_up(part: float) -> None:
    def change(row) -> None:
        if contrib := row.get("explain", {}).get("blend", {}).get("contrib"):
            largest = max(contrib, key=contrib.get)
            contrib[largest] *= 1 - part

    each_row(1.0, change)


@fault(
    FAULTS,
    "the explanation is missing on some items",
    by="S10",
    because="contributions that are not weight x signal",
    of="items",
    ladder=SHARE,
)
def explanation_missing(share: float) -> None:
    def change(row) -> None:
        row.pop("explain", None)

    each_row(share, change)


@fault(
    FAULTS,
    "the factor of personalisation is left out of the explanation",
    by="S10",
    because="does not add up to",
    of="items",
    ladder=SHARE,
)
def personal_factor_untold(share: float) -> None:
    def change(row) -> None:
        row.get("explain", {}).pop("personalization", None)

    each_row(share, change)


@fault(
    FAULTS,
    "the explanation shows the configured weights, while other ones rank",
    by="S10",
    because="that the explanation does not add up to",
    of="the weight of co-visitation that is lost",
    ladder=(1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1),
)
def weights_lying(part: float) -> None:
    @around(pipeline, "signals_of")
    def signals_of(original, context, *rest):
        alpha, beta, gamma = context.run.weights
        return original(
            replace(context, run=replace(context.run, weights=(alpha, beta * (1 - part), gamma))), *rest
        )


@fault(
    FAULTS,
    "one segment runs with other blend weights than the profile's",
    by="S10",
    because="other weights than the profile's",
    of="the weight of popularity that is lost",
    ladder=(1e-7, 1e-6, 1e-5, 1e-3, 0.1, 1.0),
)
def other_weights_for_one_segment(part: float) -> None:
    @around(requests, "effective")
    def effective(original, *what):
        run = original(*what)
        alpha, beta, gamma = run.weights
        return replace(run, weights=(alpha * (1 - part), beta, gamma)) if run.hint == "regulars" else run


@fault(
    FAULTS,
    "items come without any reason",
    by="S10",
    because="without a reason",
    of="items",
    ladder=SHARE,
)
def reasons_missing(share: float) -> None:
    def change(row) -> None:
        row["reasons"] = [one for one in row.get("reasons", ()) if one == "diversity"]

    each_row(share, change)


@fault(
    FAULTS,
    "the model version is missing, so nobody can say which model it was",
    by="S10",
    because="without a model version",
    of="users",
    ladder=SHARE,
)
def model_version_missing(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "version", said.user):
            said.body["model_version"] = ""

    on_answers(change)


@fault(
    FAULTS,
    "the trace tells another user's number of recent events",
    by="contract",
    because="recent_event_count does not fit",
    of="users",
    ladder=SHARE,
)
def recent_event_count_wrong(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "count", said.user):
            said.extras["recent_event_count"] += 1

    on_answers(change)


@fault(
    FAULTS,
    "the trace counts another number of items than the list has",
    by="contract",
    because="length differs from final_count",
    of="users",
    ladder=SHARE,
)
def final_count_wrong(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "final", said.user):
            said.extras["policy"]["final_count"] += 1

    on_answers(change)


# --- knobs that are not in effect ---


@fault(
    FAULTS,
    "the deployment forgot the profile: the service runs with its defaults and says nothing",
    by="profile",
    because="knobs in effect",
)
def profile_not_applied(_: float) -> None:
    for line in PROD.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            os.environ[name] = value


@fault(
    FAULTS,
    "one knob was misspelt in the deployment: new users have the weights of everybody",
    by="profile",
    because="NEW_USER_BLEND_BETA",
)
def new_user_weights_not_applied(_: float) -> None:
    for name in list(os.environ):
        if name.startswith("NEW_USER_BLEND_"):
            del os.environ[name]


@fault(
    FAULTS,
    "the personal boost has no effect",
    by="profile",
    because="PROFILE_BOOST",
    of="the boost that is lost",
    ladder=(0.001, 0.01, 0.1, 1.0),
)
def profile_boost_ignored(part: float) -> None:
    @around(requests, "effective")
    def effective(original, *what):
        run = original(*what)
        knobs = replace(run.knobs, profile_boost=run.knobs.profile_boost * (1 - part))
        return replace(run, knobs=knobs)


@fault(
    FAULTS,
    "newcomers get no starter profile",
    by="profile",
    because="PROFILE_STARTER_PRESETS",
)
def starter_profile_missing(_: float) -> None:
    @around(profiles, "starter_of")
    def starter_of(original, context):
        return None


@fault(
    FAULTS,
    "the largest cap on candidates is lower than configured: what is not popular is never looked at",
    by="profile",
    because="POPULARITY_FANOUT",
    of="candidates that are looked at",
    ladder=(299, 150, 100, 50, 20),
)
def fanout_cut(most: float) -> None:
    @around(requests, "effective")
    def effective(original, *what):
        run = original(*what)
        return replace(run, fanout=min(run.fanout, max(int(most), run.k)))


@fault(
    FAULTS,
    "somebody changes the configuration while the run is measuring",
    by="profile",
    because="changed by somebody else",
)
def configuration_changes_meanwhile(_: float) -> None:
    asked = [0]

    def change(said: Said) -> None:
        asked[0] += 1
        if asked[0] == 500:
            service = said.service
            service.use_document({**service.document, "profile_top_n_tags": 63})

    on_answers(change)

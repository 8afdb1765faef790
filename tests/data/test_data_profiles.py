"""Env profiles: reading, overriding, completeness, and what never leaves the file."""

from __future__ import annotations

import dataclasses
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.knobs import KNOBS, is_secret
from pytest_recsim.data.profiles.profiles import (
    find_profile,
    load_profile,
    override,
    packaged_profiles,
    profile_hash,
    require_complete,
)

SHIPPED = ("ci", "customer_a", "dev", "prod", "test")


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="acme.env"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


def problems(call, *args):
    with pytest.raises(InputError) as caught:
        call(*args)
    return [str(problem) for problem in caught.value.problems]


def attempt(path):
    try:
        return load_profile(path), ()
    except InputError as error:
        return None, error.problems


def shipped(name):
    return load_profile(find_profile(name, [packaged_profiles()]))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_sets_every_knob_with_a_comment_and_no_secret(name):
    profile = shipped(name)
    assert profile.values.keys() == KNOBS.keys()
    assert (profile.name, profile.notes, profile.kept) == (name, (), {})
    require_complete(profile)
    lines = profile.path.read_text().splitlines()
    for position, line in enumerate(lines):
        if line and not line.startswith("#"):
            assert lines[position - 1].startswith("# "), line
            assert not is_secret(line.partition("=")[0])
            assert " #" not in line  # an env file reader other than dotenv would take it as part of the value


def test_shipped_values_are_those_of_the_contract():
    dev, prod, ci = shipped("dev"), shipped("prod"), shipped("ci")
    assert [prod.values[f"BLEND_{name}"].value for name in ("ALPHA", "BETA", "GAMMA")] == [0.3, 0.5, 0.2]
    assert [ci.values[f"BLEND_{name}"].value for name in ("ALPHA", "BETA", "GAMMA")] == [0.1, 0.35, 0.55]
    assert (dev.values["RULES_ENABLE"].value, prod.values["RULES_ENABLE"].value) == (False, True)
    assert (ci.values["PURCHASED_WINDOW_DAYS"].value, ci.values["BRAND_CAP"].value) == (180.0, 1)
    assert prod.values["RULES_CACHE_REFRESH"].value == 5.0
    assert profile_hash(dev) == profile_hash(shipped("test")) != profile_hash(prod)


def test_a_setting_remembers_text_value_file_and_line(write):
    path = write("# one\n\n\nBLEND_ALPHA=0.30\nexport BRAND_CAP='2' # two\n\n  RULES_ENABLE = \"yes\"\r\n")
    values = load_profile(path).values
    assert {name: (setting.text, setting.value) for name, setting in values.items()} == {
        "BLEND_ALPHA": ("0.30", 0.3),
        "BRAND_CAP": ("2", 2),
        "RULES_ENABLE": ("yes", True),
    }
    assert [setting.origin.rpartition(":")[2] for setting in values.values()] == ["4", "5", "7"]
    assert values["BRAND_CAP"].origin == f"{path}:5"


def test_an_origin_in_the_working_folder_is_relative(write, monkeypatch, tmp_path):
    path = write("BLEND_ALPHA=1\n")
    monkeypatch.chdir(tmp_path)
    assert load_profile(path).values["BLEND_ALPHA"].origin == "acme.env:1"


def test_several_problems_are_told_together_each_with_its_line(write):
    path = write("MMR_LAMDA=0.3\nMMR_LAMBDA=1.7\nBRAND_CAP\nBLEND_ALPHA='1\nBLEND_BETA=x\n")
    assert problems(load_profile, path) == [
        f"{path}:1: `MMR_LAMDA`: unknown knob; did you mean `MMR_LAMBDA`?",
        f"{path}:2: MMR_LAMBDA=1.7: must be a number 0 to 1",
        f"{path}:3: `BRAND_CAP` has no value; must be BRAND_CAP=VALUE",
        f"{path}:4: not understood (not shown); must be KEY=VALUE lines with closed quotes",
        f"{path}:5: BLEND_BETA=x: must be a number >= 0",
    ]


def test_a_duplicate_key_is_noted_and_the_last_one_counts(write):
    path = write("BRAND_CAP=1\nAPI_PORT=1\nBRAND_CAP=2\nAPI_PORT=2\n")
    profile = load_profile(path)
    assert profile.values["BRAND_CAP"].value == 2
    assert profile.notes == (
        f"{path}:3: `BRAND_CAP` is defined here again; the last one counts, {path}:1 does not",
        f"{path}:4: `API_PORT` is defined here again; the last one counts, {path}:2 does not",
    )


SECRETS = """API_AUTH_KEYS=hunter2:*
DATABASE_URL=postgres://u:hunter2@db/x
LLM_API_KEY=hunter2
LLM_MODEL=hunter2
AUDIT_DECISIONS_SALT=hunter2
"""


def test_operational_keys_are_kept_by_name_and_secrets_never_leave_the_file(write):
    profile = load_profile(write(SECRETS + "API_PORT=8000\nBLEND_ALPHA=1\n"))
    assert list(profile.kept) == [
        "API_AUTH_KEYS", "DATABASE_URL", "LLM_API_KEY", "LLM_MODEL", "AUDIT_DECISIONS_SALT", "API_PORT",
    ]  # fmt: skip
    assert profile.kept["DATABASE_URL"].endswith(":2")
    assert "hunter2" not in repr(dataclasses.asdict(profile))
    assert profile.environment == {"BLEND_ALPHA": "1"}


@settings(deadline=None)
@given(
    st.sampled_from(["API_AUTH_KEYS", "DATABASE_URL", "LLM_X", "AUDIT_DECISIONS_SALT", "MY_TOKEN"]),
    st.text("abcxyz0189+/=", min_size=12, max_size=30),
    st.sampled_from(
        ["{k}={s}", "{k}='{s}", '{k}="{s}\n{s}', "{k}={s}\n{s}", "export {k} = {s} # {s}", "{k}", "{s}"]
    ),
)
def test_wherever_a_secret_ends_up_in_the_file_it_is_not_in_what_we_keep_or_say(
    tmp_path_factory, key, secret, line
):
    path = tmp_path_factory.getbasetemp() / "secret.env"
    path.write_text(line.format(k=key, s=secret) + "\nBRAND_CAP=1\n")
    profile, problems = attempt(path)
    assert secret not in repr(profile)
    assert secret not in "\n".join(map(str, problems))


def test_no_sentence_shows_a_secret(write):
    path = write(
        SECRETS + "STRIPE_SECRET_KEY=hunter2\nsk-hunter2 and more\nAPI_TOKEN='hunter2\nBRAND_CAP=x\n"
    )
    told = problems(load_profile, path)
    assert len(told) == 4
    assert "hunter2" not in "\n".join(told)
    assert "hunter2" not in "\n".join(problems(override, shipped("dev"), ["LLM_API_KEY=hunter2", "hunter2"]))


def test_an_override_goes_on_top_and_says_where_it_came_from():
    profile = shipped("prod")
    changed = override(profile, ["MMR_LAMBDA=0.5", "BLEND_WEIGHTS_OVERRIDES=a=1|2|3", "MMR_LAMBDA = 0.6"])
    assert (changed.values["MMR_LAMBDA"].value, changed.values["MMR_LAMBDA"].origin) == (
        0.6,
        "--env-override",
    )
    assert changed.values["BLEND_WEIGHTS_OVERRIDES"].value == {"a": (1.0, 2.0, 3.0)}
    assert profile.values["MMR_LAMBDA"].value == 0.35


def test_wrong_overrides_are_told_together():
    assert problems(
        override, shipped("prod"), ["MMR_LAMBDA=1.7", "MMR_LAMBDA", "API_PORT=1", "MMR_LAMDA=1"]
    ) == [
        "--env-override: MMR_LAMBDA=1.7: must be a number 0 to 1",
        "--env-override: an override without `=`; must be KEY=VALUE, such as MMR_LAMBDA=0.5",
        "--env-override: `API_PORT` is operational, not part of the algorithm; must be an algorithm knob",
        "--env-override: `MMR_LAMDA`: unknown knob; did you mean `MMR_LAMBDA`?",
    ]


def test_missing_required_knobs_are_told_only_when_asked_for(write):
    profile = load_profile(
        write("AUDIT_DECISIONS_ENABLED=true\nBANDIT_EXPERIMENT_ENABLED=true\nBLEND_ALPHA=1\n")
    )
    told = problems(require_complete, profile)
    assert any(
        "`BLEND_BETA` is missing" in sentence and "must be a number >= 0" in sentence for sentence in told
    )
    assert any("`AUDIT_DECISIONS_QUEUE` is missing" in sentence for sentence in told)
    assert any("`BANDIT_EXPERIMENT_HOLDOUT_PERCENT` is 0" in sentence for sentence in told)
    assert not any("BLEND_ALPHA" in sentence for sentence in told)
    off = problems(require_complete, load_profile(write("AUDIT_DECISIONS_ENABLED=false\n", "off.env")))
    assert not any("AUDIT_DECISIONS_QUEUE" in sentence for sentence in off)


def test_an_unknown_profile_is_told_with_those_there_are(tmp_path):
    (told,) = problems(find_profile, "custmer_a", [tmp_path, packaged_profiles()])
    assert "env profile `custmer_a`: unknown profile; must be one of ci, customer_a, dev, prod, test" in told
    assert told.endswith("did you mean `customer_a`?")


def test_a_folder_that_is_searched_twice_is_named_once():
    (told,) = problems(find_profile, "custmer_a", [packaged_profiles(), packaged_profiles()])
    assert told.count("profiles,") + told.count("profiles)") == 1


@pytest.mark.parametrize("name", ["", "..", "a\0b", "x" * 5000, "gone.env", "../prod"])
def test_a_name_that_is_no_file_is_an_unknown_profile(name):
    (told,) = problems(find_profile, name, [packaged_profiles()])
    assert "unknown profile" in told


def test_a_path_and_the_first_folder_win(write, tmp_path):
    path = write("BRAND_CAP=1\n", "prod.env")
    assert find_profile(str(path), []) == path
    assert find_profile("prod", [tmp_path, packaged_profiles()]) == path
    assert find_profile("prod.env", [tmp_path]) == path
    assert find_profile("dev", [tmp_path, packaged_profiles()]).parent == packaged_profiles()


def test_the_hash_is_of_what_is_asked_for_not_of_how_it_is_written(write):
    one = load_profile(write("# c\nBLEND_ALPHA=0.30\nRULES_ENABLE=yes\nAPI_PORT=1\n", "a.env"))
    two = load_profile(write("RULES_ENABLE=true\nBLEND_ALPHA='.3'\n", "b.env"))
    assert profile_hash(one) == profile_hash(two)
    assert profile_hash(one) != profile_hash(override(one, ["BLEND_ALPHA=0.31"]))


def test_a_profile_survives_pickling():
    profile = shipped("ci")
    assert pickle.loads(pickle.dumps(profile)) == profile


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"BRAND_CAP=1\n\xff", ":2: byte 0xff is not UTF-8"),
        (b"\0", "a line without `=` (not shown)"),
        (b"\xef\xbb\xbfBRAND_CAP=x", ":1: BRAND_CAP=x"),
    ],
)
def test_bytes_that_are_no_profile_are_told(write, data, sentence):
    assert sentence in "\n".join(problems(load_profile, write(data)))


def test_a_file_that_is_not_there_or_is_a_folder_is_told(tmp_path):
    assert problems(load_profile, tmp_path / "gone.env") == [
        f"{tmp_path / 'gone.env'}: env profile not found"
    ]
    assert problems(load_profile, tmp_path) == [
        f"{tmp_path}: env profile expected here, but this is a folder"
    ]


LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.builds("{}={}".format, st.sampled_from(sorted(KNOBS)), st.text(max_size=12)),
        st.sampled_from(
            ["BRAND_CAP=1", "export RULES_ENABLE='true'", "LLM_KEY=hunter2", "# c", "BRAND_CAP='", ""]
        ),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(LINES)
def test_any_text_is_a_profile_or_an_input_error_and_round_trips(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "any.env"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    profile, problems = attempt(path)
    assert all(problem.where for problem in problems)
    assert all("must be" in problem.what or "did you mean" in problem.what for problem in problems)
    if profile is None:
        assert problems
        return
    again = override(
        dataclasses.replace(profile, values={}), [f"{k}={v}" for k, v in profile.environment.items()]
    )
    assert profile_hash(again) == profile_hash(profile)

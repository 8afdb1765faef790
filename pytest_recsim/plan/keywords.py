"""A plan from plain keyword options, resolved as the command line would."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, TypedDict, Unpack, get_args, get_origin, get_type_hints

from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.own import METRICS, Metric, checked, facts, kind
from pytest_recsim.plan.resolve import resolve

HERE = "plan_for"


class Keywords(TypedDict, total=False):
    """The options of the command line, without their dashes; paths start from ``root``."""

    base_url: str
    org_id: str
    namespace: str
    env_profile: str
    env_overrides: Mapping[str, object] | Iterable[str]
    fixture_path: str | Path
    guardrails_file: str | Path
    sample_users: int
    surface: str
    timeout: float
    window_days: float
    apply: str
    concurrency: int
    env_file: str | Path
    restart_command: str
    ca_file: str | Path
    allow_reset: str
    skip: Sequence[str]
    latency_ms: float
    warm_up: float
    compare_to: str | Path
    slice: str
    stop_early: bool


def plan_for(
    customer: str,
    *,
    root: str | Path = ".",
    metrics: Sequence[Metric] = (),
    **options: Unpack[Keywords],
) -> Plan:
    """Resolve ``pytest --customer NAME`` with these options: one customer x one profile x one service.

    Nothing is sent. ``RECSYS_ORG_ID`` counts as on the command line; pytest's ini file does not.

    Args:
        customer: its name.
        root: the folder with ``guardrails.yml``, ``profiles/`` and ``fixtures/``.
        metrics: custom metrics; give the same to ``evaluate``.
        options: see :class:`Keywords`; ``env_overrides={"BLEND_ALPHA": 0.3}`` lays knobs over the profile.

    Raises:
        InputError: with everything that is wrong on paper.
    """
    unknown = [name for name in options if name not in Keywords.__annotations__]
    if unknown:
        raise InputError([_unknown(name) for name in unknown])
    wrong = [*_wrong_types(customer, root, options)]
    if not isinstance(metrics, Iterable):
        wrong.append(Problem(HERE, f"`metrics` is {kind(metrics)}; must be {METRICS}"))
    if wrong:
        raise InputError(wrong)
    here = Path(root).absolute()
    given: dict[str, Any] = {name: _text(value) for name, value in options.items() if value is not None}
    given["env_overrides"] = tuple(_overrides(options.get("env_overrides", ())))
    given["skip"] = tuple(options.get("skip", ()))
    given["stop_early"] = bool(options.get("stop_early"))
    own = tuple(facts(checked([(HERE, list(metrics))])))
    source = "base_url" if options.get("base_url") else ""
    (plan,) = resolve(
        Options(
            customers=(customer,),
            root=here,
            here=here,
            base_url_source=source,
            environ_org=os.environ.get("RECSYS_ORG_ID", ""),
            own=own,
            **given,
        )
    ).plans
    return plan


def _wrong_types(customer: object, root: object, options: Mapping[str, object]) -> Iterator[Problem]:
    """Yield a problem for every argument of another kind than it is said to be."""
    said = {"customer": str, "root": str | Path} | get_type_hints(Keywords)
    for name, value in {"customer": customer, "root": root, **options}.items():
        if value is None and name in options:
            continue
        allowed = _kinds(said[name])
        if (
            isinstance(value, bytes)
            or (isinstance(value, bool) and bool not in allowed)
            or not isinstance(value, allowed)
            or (isinstance(value, str) and str not in allowed)
        ):
            must = _WORDS.get(name) or _word(allowed)
            yield Problem(HERE, f"`{name}` is {kind(value)}; must be {must}")


def _word(allowed: tuple[Any, ...]) -> str:
    if bool in allowed:
        return "True or False"
    return "a number" if int in allowed else "text or a path" if Path in allowed else "text"


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The classes behind an annotation; a number may be written as text."""
    several = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    plain = tuple(get_origin(one) or one for one in several)
    return (*plain, int, str) if {int, float} & set(plain) else plain


_WORDS = {"env_overrides": "a mapping KNOB: value or a list of KNOB=VALUE texts", "skip": "a list of steps"}


def _unknown(name: str) -> Problem:
    allowed = list(Keywords.__annotations__)
    return Problem(
        HERE, f"unknown option `{name}`; must be one of {', '.join(allowed)}{nearest(name, allowed)}"
    )


def _overrides(given: Mapping[str, object] | Iterable[str]) -> Iterable[str]:
    if isinstance(given, Mapping):
        return [f"{knob}={_text(value)}" for knob, value in given.items()]
    return given


def _text(value: object) -> str:
    """Write a value as one would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return str(value)


def keyword_words(customer: str, keywords: Mapping[str, object]) -> tuple[str, ...]:
    """Return the words of pytest's command line that mean the same as options of ``plan_for``."""
    words = ["--recsim-customer", customer]
    for name, value in keywords.items():
        if name == "env_overrides":
            pairs = value.items() if isinstance(value, Mapping) else ()
            listed = [f"{knob}={text}" for knob, text in pairs] or list(value)  # type: ignore[call-overload]
            words += [word for one in listed for word in ("--recsim-env-override", str(one))]
        elif name == "skip":
            words += [word for one in value for word in ("--recsim-skip", str(one))]  # type: ignore[attr-defined]
        elif name == "stop_early":
            words += ["--recsim-stop-early"] if value else []
        elif value not in (None, ""):
            option = "ca" if name == "ca_file" else name.replace("_", "-")
            words += [f"--recsim-{option}", str(value)]
    return tuple(words)

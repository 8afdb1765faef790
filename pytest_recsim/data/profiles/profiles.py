"""Env profiles: from a dotenv file, and overrides on top, to typed knob settings that remember their origin."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from pytest_recsim.data.input.files import is_file, packaged, read_text, shown
from pytest_recsim.data.input.findings import Findings
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.data.profiles.knobs import (
    KNOBS,
    Knob,
    Value,
    allowed,
    is_operational,
    parse_value,
    unknown_knob,
)
from pytest_recsim.record import secrets
from pytest_recsim.record.masking import learn

OVERRIDE = "--env-override"


class Assignment(str):  # noqa: SLOT000 - its origin has to be kept somewhere
    """``KEY=VALUE`` laid over a profile, which knows where it was written.

    Attributes:
        origin: the option, or file and line.
    """

    origin: str = OVERRIDE

    @classmethod
    def written(cls, text: str, origin: str) -> Assignment:
        """Return an assignment that stands in a file."""
        made = cls(text)
        made.origin = origin
        return made

    @property
    def knob(self) -> str:
        return self.partition("=")[0].strip()


MOST_BYTES = 1_000_000
"""Of a profile; ours have 7,000."""


@dataclass(frozen=True)
class Setting:
    """One knob as somebody set it.

    Attributes:
        knob: which.
        text: as written.
        value: as understood; durations in seconds.
        origin: file and line, or the option.
    """

    knob: Knob
    text: str
    value: Value
    origin: str


@dataclass(frozen=True)
class Profile:
    """A named set of knob settings.

    Attributes:
        name: what people call it, the file's name without ``.env``.
        path: the file, None when it was not read from one.
        values: knob name -> setting.
        kept: operational key -> origin. Their values stay in the file: some are secrets.
        notes: sentences worth telling, such as a key that stands there twice.
        named: knobs that the file has a line for, whatever stands in it.
    """

    name: str
    path: Path | None
    values: Mapping[str, Setting]
    kept: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()

    @property
    def environment(self) -> dict[str, str]:
        """Knob name -> text, as a process that is started with this profile gets them."""
        return {name: setting.text for name, setting in self.values.items()}


def packaged_profiles() -> Path:
    """Return the folder of the profiles that ship with us."""
    return packaged("profiles")


def find_profile(name: str, search: Sequence[Path]) -> Path:
    """Return the profile's file: the first ``<folder>/<name>.env``; a name that ends in .env is a path first.

    Raises:
        InputError: there is none; names the profiles of the folders and the nearest match.
    """
    if name.endswith(".env"):
        candidates = [Path(name), *(folder / name for folder in search)]
    else:
        candidates = [folder / f"{name}.env" for folder in search if name]
    for candidate in candidates:
        if is_file(candidate):
            return candidate
    known = sorted(
        {path.stem for folder in search if folder.is_dir() for path in folder.glob("*.env") if path.stem}
    )
    places = ", ".join(dict.fromkeys(map(shown, search))) or "no folder"
    asked = Path(name).stem if name.endswith(".env") else name
    sentence = f"unknown profile; must be one of {', '.join(known) or 'none'} (from {places}), or the path of a .env file"
    raise InputError(Problem(f"env profile `{name}`", sentence + nearest(asked, known)))


def load_profile(path: Path) -> Profile:
    """Read and check a dotenv file; InputError lists every problem with its line."""
    profile, findings = _read(path)
    findings.check()
    return profile


def examine(path: Path, *, partial: bool = False) -> tuple[Profile, tuple[Problem, ...]]:
    """Return what can be read of a profile, and everything that is wrong with it.

    Args:
        path: the file.
        partial: required knobs may be missing, as in a profile that no service is started with.

    Raises:
        InputError: the file cannot be read at all, or has more problems than anybody reads.
    """
    profile, findings = _read(path)
    problems = [*findings.problems, *([] if partial else _incomplete(profile))]
    return profile, tuple(problems)


def _read(path: Path) -> tuple[Profile, Findings]:
    text = read_text(path, "env profile", MOST_BYTES)
    findings, notes = Findings(), list[str]()
    values: dict[str, Setting] = {}
    kept: dict[str, str] = {}
    name = shown(path)
    named: set[str | None] = set()
    for binding in parse_stream(io.StringIO(text)):
        origin = f"{name}:{_line(binding)}"
        named |= {binding.key} & KNOBS.keys()  # another key may be the tail of a secret
        earlier = _take(binding, origin, values, kept, findings)
        if earlier:
            notes.append(
                f"{origin}: `{binding.key}` is defined here again; the last one counts, {earlier} does not"
            )
    return Profile(path.stem, path, values, kept, tuple(notes), frozenset(map(str, named))), findings


def override(profile: Profile, assignments: Iterable[str]) -> Profile:
    """Return the profile with ``KEY=VALUE`` settings on top; InputError lists every one that cannot be used."""
    findings, values = Findings(), dict(profile.values)
    for assignment in map(assigned, assignments):
        origin = assignment.origin
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals:
            findings.add(origin, "an override without `=`; must be KEY=VALUE, such as MMR_LAMBDA=0.5")
        elif is_operational(name):
            findings.add(
                origin, f"`{name}` is operational, not part of the algorithm; must be an algorithm knob"
            )
        else:
            _set(name, text, origin, values, findings)
    findings.check()
    return replace(profile, values=values)


def assigned(assignment: str) -> Assignment:
    """Return the text as an assignment; one that does not say where it was written is the option's."""
    return assignment if isinstance(assignment, Assignment) else Assignment(assignment)


def require_complete(profile: Profile) -> None:
    """Raise InputError when the service would refuse to start with this profile (apply modes env and env-file)."""
    if missing := list(_incomplete(profile)):
        raise InputError(missing)


def _incomplete(profile: Profile) -> Iterator[Problem]:
    """Yield what would keep a service from starting although nothing that is there is wrong."""
    where = shown(profile.path) if profile.path else f"profile {profile.name}"
    for knob in KNOBS.values():
        there = knob.name in profile.values or knob.name in profile.named
        if not there and knob.required and _applies(profile, knob):
            what = f"`{knob.name}` is missing: the service does not start without it; must be {allowed(knob)}"
            yield Problem(where, what)
    if _on(profile, "BANDIT_EXPERIMENT_ENABLED") and not _on(profile, "BANDIT_EXPERIMENT_HOLDOUT_PERCENT"):
        what = "`BANDIT_EXPERIMENT_HOLDOUT_PERCENT` is 0 while the experiment is enabled; must be above 0 and up to 1"
        yield Problem(where, what)


def profile_hash(profile: Profile) -> str:
    """Return a SHA-256 over names and values: equal for profiles that ask for the same, however they are written."""
    import hashlib  # brings OpenSSL, which is not needed to start a stand-in

    values = {name: setting.value for name, setting in profile.values.items()}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _line(binding: Binding) -> int:
    """Return the line of the key: the parser counts from the blank lines in front of it."""
    text = binding.original.string
    blank = text[: len(text) - len(text.lstrip())]
    return int(binding.original.line) + blank.count("\n")


def _take(
    binding: Binding, origin: str, values: dict[str, Setting], kept: dict[str, str], findings: Findings
) -> str | None:
    """Put one line where it belongs; return the origin of an earlier line with the same key."""
    name = binding.key
    if binding.error:
        findings.add(origin, "not understood (not shown); must be KEY=VALUE lines with closed quotes")
    if name is None:
        return None
    if is_operational(name):
        learn(secrets.of_variables({name: binding.value or ""}))
        earlier, kept[name] = kept.get(name), origin
        return earlier
    if binding.value is None:
        missing = "a line without `=` (not shown); must be KEY=VALUE" + nearest(name, KNOBS)
        what = f"`{name}` has no value; must be {name}=VALUE" if name in KNOBS else missing
        findings.add(origin, what)
        return None
    previous = values.get(name)
    _set(name, binding.value, origin, values, findings)
    return previous.origin if previous else None


def _set(name: str, text: str, origin: str, values: dict[str, Setting], findings: Findings) -> None:
    if name not in KNOBS:
        findings.add(origin, unknown_knob(name))
        return
    try:
        values[name] = Setting(KNOBS[name], text, parse_value(KNOBS[name], text), origin)
    except ValueError as error:
        findings.add(origin, str(error))


def _on(profile: Profile, name: str) -> bool:
    return name in profile.values and bool(profile.values[name].value)


def _applies(profile: Profile, knob: Knob) -> bool:
    return knob.required_if is None or _on(profile, knob.required_if)

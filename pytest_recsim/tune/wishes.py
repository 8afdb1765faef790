"""Wishes for a study as people write them: typed, in a file of their own, or in one that ships with us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.data.input.files import is_file, shown
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.data.input.yamlmarks import Marked, load_marked

SHIPPED = Path(__file__).parent / "spaces"
OPTION = "--knob"
FORMS = "KNOB=LOW..HIGH, perhaps with :log or :step=STEP, or KNOB=A,B,C"


@dataclass(frozen=True)
class Wish:
    """What somebody wants tried for a knob.

    Attributes:
        knob: its name as written.
        where: the option, or file and line.
        said: a range or choices as text; a file's list is a tuple of texts.
    """

    knob: str
    where: str
    said: str | tuple[str, ...]


@dataclass(frozen=True)
class SpaceFile:
    """A file of wishes; ``about`` says what it is for, ``goals`` the metrics that it is meant for."""

    name: str
    about: str
    goals: tuple[str, ...]
    wishes: tuple[Wish, ...]


def shipped() -> tuple[str, ...]:
    """Return the names of the spaces that ship with us."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yml")))


def read_space(name: str) -> SpaceFile:
    """Read a shipped space by its name, or a file by its path.

    Raises:
        InputError: there is none, or it cannot be used; lists every problem with its line.
    """
    path = SHIPPED / f"{name}.yml" if name in shipped() else Path(name)
    if not is_file(path):
        must = f"must be a YAML file or one of {', '.join(shipped())}"
        raise InputError(Problem("--space", f"`{quoted(name)}`: {must}{nearest(name, shipped())}"))
    label = f"space {name}" if path.parent == SHIPPED else shown(path)
    return _file(load_marked(path, "space"), label, path.stem)


def _file(root: Marked, label: str, name: str) -> SpaceFile:
    """Every key is a knob, but for ``about`` and ``goals``."""
    findings = Findings()
    fields = dict(root.value) if isinstance(root.value, dict) else {}
    about = fields.pop("about", Marked("", root.line))
    goals = fields.pop("goals", Marked([], root.line))
    several = goals.value if isinstance(goals.value, list) else [goals]
    if not isinstance(about.value, str):
        findings.add(f"{label}:{about.line}", "`about` must be a sentence")
    if not all(isinstance(one.value, str) for one in several):
        findings.add(f"{label}:{goals.line}", "`goals` must be names of metrics")
    if not fields:
        findings.add(
            f"{label}:{root.line}", "must have a line for at least one knob, such as MMR_LAMBDA: 0.2..1"
        )
    wishes = [_from_yaml(knob, marked, label, findings) for knob, marked in fields.items()]
    findings.check()
    return SpaceFile(name, about.value, tuple(one.value for one in several), tuple(filter(None, wishes)))


def _from_yaml(knob: str, marked: Marked, label: str, findings: Findings) -> Wish | None:
    where = f"{label}:{marked.line}"
    several = marked.value if isinstance(marked.value, list) else [marked]
    texts = tuple(_plain(one.value) for one in several)
    if not texts or any(text is None for text in texts):
        findings.add(
            where, f"`{quoted(knob)}` must have a range such as 0.1..2, or a list of values; see {FORMS}"
        )
        return None
    found = tuple(text for text in texts if text is not None)
    return Wish(knob, where, found if isinstance(marked.value, list) else found[0])


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def typed(texts: Iterable[str]) -> tuple[Wish, ...]:
    """Return what was typed as wishes.

    Raises:
        InputError: a text without ``=``, or a knob that was named twice.
    """
    wishes, findings = dict[str, Wish](), Findings()
    for text in texts:
        knob, equals, said = (part.strip() for part in text.partition("="))
        if not (equals and knob and said):
            findings.add(OPTION, f"`{quoted(text)}`: must be {FORMS}")
        elif knob in wishes:
            findings.add(OPTION, f"`{quoted(knob)}` was named twice; must be there once")
        else:
            wishes[knob] = Wish(knob, OPTION, said)
    findings.check()
    return tuple(wishes.values())

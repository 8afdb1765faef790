"""Which of several report folders thresholds can be taken from, and what has to be said about the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.few import first_few
from pytest_recsim.record.metadata import Metadata
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.per_user import NAME, UserLine, read_lines
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.record.reading import read_record

_METADATA = "simulation_metadata.json"
_DEPTHS = (_METADATA, f"*/{_METADATA}", f"*/*/{_METADATA}")
_JUDGED_BY = ("relevance", "split", "weights")


@dataclass(frozen=True)
class Read:
    """A run as thresholds need it; ``lines`` are empty where there are no numbers per user."""

    where: str
    metadata: Metadata
    quality: QualityMetrics
    checks: tuple[CheckResult, ...]
    lines: tuple[UserLine, ...]


@dataclass(frozen=True)
class Sound:
    """A customer's runs that go together, oldest first; sentences on those left out, and on what to bear in mind."""

    customer: str
    runs: tuple[Read, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def sound_runs(folders: Iterable[Path], customer: str = "") -> list[Sound]:
    """Read report folders, or folders of them, and sort out which of a customer's runs go together: the newest decides.

    Raises:
        InputError: no such folder, nobody of that name has run there, or no run is fit.
    """
    roots = list(dict.fromkeys(root for folder in folders for root in _bundles(folder)))
    found: dict[str, list[Read]] = {}
    broken: dict[str, list[str]] = {}
    unreadable: list[str] = []
    for root in roots:
        try:
            facts: Metadata = read_record(root / _METADATA, Metadata)
        except (OSError, msgspec.MsgspecError) as error:
            unreadable.append(f"{shown(root)} cannot be read ({error})")
            continue
        run = _run(root, facts)
        if isinstance(run, Read):
            found.setdefault(facts.customer, []).append(run)
        else:
            broken.setdefault(facts.customer, []).append(run)
    known = sorted({*found, *broken})
    if customer and customer not in known:
        listed = f"; runs are of {', '.join(known)}" if known else ""
        raise InputError(
            Problem("--customer", f"no run of `{customer}` there{listed}{nearest(customer, known)}")
        )
    wanted = [customer] if customer else known
    sound = [
        _together(one, found[one], [*broken.get(one, []), *unreadable]) for one in wanted if one in found
    ]
    if not sound:
        why = "; ".join([*(text for one in wanted for text in broken.get(one, [])), *unreadable])
        raise InputError(Problem("--from", f"no run there is fit: {why}"))
    return sound


def _bundles(folder: Path) -> list[Path]:
    for pattern in _DEPTHS:
        if roots := sorted(path.parent for path in folder.glob(pattern) if path.is_file()):
            return roots
    what = "holds no report folder; must be one, or a folder of them, as reports/CUSTOMER"
    near = "" if folder.exists() or not folder.parent.is_dir() else _near(folder)
    raise InputError(Problem(shown(folder), what if folder.exists() else f"there is no such folder{near}"))


def _near(folder: Path) -> str:
    return nearest(folder.name, [one.name for one in folder.parent.iterdir()])


def _run(root: Path, facts: Metadata) -> Read | str:
    """The run, or a sentence on why nothing can be taken from it."""
    where, bundle = shown(root), Bundle(root)
    if facts.status != "finished":
        return f"{where} did not end ({facts.status})"
    if facts.preparation_failure:
        return f"{where} measured nothing: {facts.preparation_failure}"
    try:
        quality = bundle.read_quality()
        lines = read_lines(bundle.artifacts / NAME) if (bundle.artifacts / NAME).is_file() else []
        checks = bundle.results()
    except (OSError, msgspec.MsgspecError) as error:
        return f"{where} cannot be read ({error})"
    if quality is None:
        return f"{where} has no figures"
    return Read(where, facts, quality, tuple(checks), tuple(line for line in lines if line.in_effect))


def _together(customer: str, runs: Sequence[Read], left_out: Sequence[str]) -> Sound:
    ordered = sorted(runs, key=lambda run: run.metadata.started_at)
    newest = ordered[-1]
    kept = [run for run in ordered if not _unlike(run, newest)]
    others = [
        f"{run.where} is of other {', '.join(_unlike(run, newest))} than the newest run"
        for run in ordered
        if _unlike(run, newest)
    ]
    return Sound(customer, tuple(kept), (*others, *left_out), tuple(_notes(kept)))


def _unlike(run: Read, newest: Read) -> list[str]:
    """What has to be the same for two runs to be numbers of one thing."""
    mine, theirs = run.metadata, newest.metadata
    apart = {
        "data": mine.fixture.sha256 != theirs.fixture.sha256,
        "window": mine.options.window_days != theirs.options.window_days,
        "relevance": run.quality.judged_relevance != newest.quality.judged_relevance,
    }
    apart |= {name: _setting(mine, name) != _setting(theirs, name) for name in _JUDGED_BY[1:]}
    return [name for name, differs in apart.items() if differs]


def _setting(facts: Metadata, name: str) -> object:
    found = facts.guardrails.thresholds.get(name, {}).get("(all)")
    return found.value if found else None


def _notes(runs: Sequence[Read]) -> list[str]:
    partial = [run.where for run in runs if run.metadata.verdict is None or not run.metadata.verdict.whole]
    sampled = [run.where for run in runs if run.quality.sampled]
    stand_in = [run.where for run in runs if run.metadata.service.kind == "stand-in"]
    profiles = sorted({run.metadata.profile.name.value for run in runs})
    told = {
        "not every check ran in": partial,
        "only a sample of the users was asked in": sampled,
        "the embedded stand-in, not your service, answered in": stand_in,
    }
    notes = [f"{words} {first_few(places, 3)}" for words, places in told.items() if places]
    if len({run.metadata.profile.sha256 for run in runs}) > 1:
        notes.append(f"the runs had different knobs (profiles {', '.join(profiles)})")
    return notes

"""What a study may know from studies of other customers: which knobs came furthest there, and how slices differed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.trial import Dimension
from pytest_recsim.record.tune import NAME, PREFIX, Learned, Moved, Study
from pytest_recsim.report.tune_words import counted
from pytest_recsim.tune.expecting import FEWEST, expected_of
from pytest_recsim.tune.folders import opened
from pytest_recsim.tune.guided import Cube
from pytest_recsim.tune.values import canonical, is_numeric, listed, same

OPTION = "--learn-from"
SHARE = 6
"""One trial in so many may be a set of values from elsewhere: the others are for this customer."""
Found = tuple[Path, Study]


def teachers(named: Sequence[Path], plan: Plan) -> tuple[Found, ...]:
    """Return the studies of other customers that something can be learned from, each once, best first; nothing where none is named.

    Args:
        named: folders of studies, or folders with studies below them, as a reports folder is.
        plan: whose study is to learn. Its own studies are left out: they may have looked at events that are judged now.

    Raises:
        InputError: a folder has no study to learn from, with the reason.
    """
    studies = [one for place in named for one in _usable(place, plan)]
    unique = {folder.resolve(): (folder, study) for folder, study in studies}
    return tuple(sorted(unique.values(), key=_best_first, reverse=True))


def _best_first(one: Found) -> tuple[bool, str]:
    """Those that ended in a change first, the newest of them first."""
    _, study = one
    return study.verdict is not None and study.verdict.decision == "change", study.started_at


def _usable(place: Path, plan: Plan) -> Iterator[Found]:
    if not place.is_dir():
        beside = [one.name for one in place.parent.glob("*") if one.is_dir()]
        what = f"is no folder; must be one with studies of other customers{nearest(place.name, beside)}"
        raise InputError(Problem(f"{OPTION} {shown(place)}", what))
    folders = [place] if (place / NAME).is_file() else _below(place)
    whys = list[str]()
    for folder in folders:
        study = opened(folder)
        if why := _useless(study, plan):
            whys.append(f"{shown(folder)} {why}")
        else:
            yield folder, study
    if len(whys) == len(folders):
        known = f" ({'; '.join(whys[:3])})" if whys else ""
        what = f"no study to learn from; must be the folder of a complete study of another customer, or one with such below it{known}"
        raise InputError(Problem(f"{OPTION} {shown(place)}", what))


def _below(place: Path) -> list[Path]:
    """Studies of a customer's folder, or of a reports folder."""
    patterns = (f"{PREFIX}*/{NAME}", f"*/{PREFIX}*/{NAME}")
    return sorted({path.parent for pattern in patterns for path in place.glob(pattern)})


def _useless(study: Study, plan: Plan) -> str:
    """Why nothing can be learned from a study; empty where something can."""
    if study.customer == plan.customer or study.data_sha256 == plan.fixture.sha256:
        return "is of the same customer or data, and may have looked at events that are judged now"
    if study.verdict is None or study.winner is None:
        return "sent nothing to its verdict slice"
    if not study.verdict.moved:
        return "is of an earlier version, which did not note what it would tell"
    return ""


def learn(found: Sequence[Found], space: Sequence[Dimension], trials: int) -> Learned:
    """Return what studies of other customers tell, with sets of values of this space: the nearest ones, each once, and no more than some of the trials.

    Args:
        found: as ``teachers`` returns them.
        space: what is drawn. The start's own set is not among them.
        trials: how many there are to be.
    """
    cube, seen = Cube(space), list[tuple[Moved, ...]]()
    sets = dict[tuple[str, ...], tuple[dict[str, str], tuple[Moved, ...]]]()
    for _, study in found:
        assert study.winner is not None  # the useless ones are left out
        assert study.verdict is not None
        seen.append(study.verdict.moved)
        values, whole = _laid_into(cube, space, study.trial(study.winner).values)
        sets.setdefault(canonical(space, values), (values, study.verdict.moved if whole else ()))
    sets.pop(canonical(space, {}), None)
    tried = list(sets.values())[: max(trials // SHARE, 1)]
    return Learned(
        studies=tuple(shown(folder) for folder, _ in found),
        sets=tuple(values for values, _ in tried),
        there=tuple(moved for _, moved in tried),
        expected=expected_of(seen),
    )


def _laid_into(
    cube: Cube, space: Sequence[Dimension], theirs: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """The set of values of a space that is nearest to one from elsewhere, and whether it is the same."""
    fitting = {one.knob: theirs[one.knob] for one in space if _fits(one, theirs.get(one.knob))}
    values = cube.values(cube.place(fitting))
    return values, values.keys() == theirs.keys() and all(
        same(knob, values[knob], theirs[knob]) for knob in theirs
    )


def _fits(one: Dimension, text: str | None) -> bool:
    """Whether a value from elsewhere has a place here; one beyond a range has it at the range's end."""
    values = listed(one)
    return text is not None and (text in values if values is not None else is_numeric([text]))


def note_of(learned: Learned) -> str:
    """Say what was learned, in a sentence."""
    count = len(learned.studies)
    told = f"learned from {count} {'study' if count == 1 else 'studies'} of other customers: {counted(len(learned.sets), 'set')} of values tried first"
    if any(one.by for one in learned.expected):
        return f"{told}, and what has to hold is expected to move on the way to a run as it did there"
    return (
        told if learned.expected else f"{told}; fewer than {FEWEST} studies say nothing of how slices differ"
    )

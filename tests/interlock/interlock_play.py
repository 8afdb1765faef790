"""One case of the series: what somebody else does, and what becomes of their rows."""

from __future__ import annotations

import random
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from interlock.interlock_door import Door, Passed
from interlock.interlock_place import KINDS, NEW, Place, ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin.plugin_shop import Ran

ARRIVES, FORGED, RACE, TYPED = "a row arrives", "forged marker", "two runs", "a row arrives, reset typed"
WHAT = (ARRIVES, FORGED, RACE, TYPED)
TURNS, REFUSED, KEPT, UNSEEN, LOST, SILENT = (
    "one after the other",
    "refused, nothing written",
    "told, kept",
    "came too late to be seen, kept",
    "told, lost",
    "lost in silence",
)
BECAME = (TURNS, REFUSED, KEPT, UNSEEN, LOST, SILENT)
SAID = (
    "carries no marker of ours",
    "has grown beyond",
    "has rows that no run of ours wrote",
    "carries a marker that does not say",
    "and has not finished",
    "another run marked it at the same moment",
    "somebody else writes to it",
    "others have written to it",
    "is somebody else at work in it",
)
MARKERS: tuple[dict[str, Any], ...] = (
    {},
    {"counts": {"items": 10**6, "users": 10**6, "events": 10**6}},
    {"finished": False, "written_at": "2020-01-01T00:00:00+00:00"},
    {"stamped": False},
    {"fixture_sha256": ""},
    {"fixture_sha256": "0" * 64},
    {"counts": "many"},
    {"written_at": "2999-01-01T00:00:00+00:00"},
)


@dataclass(frozen=True)
class Case:
    """One of the series.

    Attributes:
        what: one of ``WHAT``.
        kind: of the foreign row; of two runs, whether they have one fixture.
        seeded: whether an earlier run of ours has left its rows there.
        opening: whether the moment is one of the opening (up to the last row that is seeded), or of the whole run.
        moment: as a share of the requests of the opening or the run, of two runs of a run's time.
        marker: which of ``MARKERS``.
    """

    what: str
    kind: str
    seeded: bool
    opening: bool
    moment: float
    marker: int


@dataclass(frozen=True)
class Played:
    """What became of it.

    Attributes:
        before: the request of the run that the row came before; empty where it came after the end, or was none.
        became: one of ``BECAME``.
        codes: of the runs.
        wrong: what is wrong about it, a loss in silence apart.
    """

    case: Case
    before: str
    became: str
    codes: tuple[int, ...]
    wrong: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        return asdict(self.case) | {
            "before": self.before,
            "became": self.became,
            "codes": self.codes,
            "wrong": self.wrong,
        }


@dataclass(frozen=True)
class Usual:
    """Requests of a run that nobody disturbs, up to the last that seeds and in all, and its seconds."""

    opening: int
    requests: int
    seconds: float


def draw(runs: int, seed: int) -> list[Case]:
    """Six in ten are rows that arrive, two in ten forged markers, two in ten races; a few resets are typed."""
    dice = random.Random(seed)
    what = [(ARRIVES, ARRIVES, FORGED, ARRIVES, RACE)[number % 5] for number in range(runs)]
    return [_case(TYPED if number % 20 == 5 else one, dice) for number, one in enumerate(what)]


def _case(what: str, dice: random.Random) -> Case:
    kind = dice.choice(("one fixture", "two fixtures")) if what == RACE else dice.choice(KINDS)
    if what in (FORGED, TYPED):
        kind = dice.choice(NEW)
    return Case(
        what,
        kind,
        seeded=dice.random() < 0.5,
        opening=dice.random() < 0.7,
        moment=dice.random(),
        marker=dice.randrange(len(MARKERS)),
    )


def usual(place: Place, *, seeded: bool) -> Usual:
    """Let a run go undisturbed."""
    namespace = f"usual-{seeded}"
    if seeded:
        place.copy_home(namespace)
    began = time.monotonic()
    with Door(place.served.url) as door:
        ran = place.run(door.url, namespace)
    assert ran.code == 0, ran.text
    seeds = [at for at, one in enumerate(door.passed, 1) if one.path.endswith((":batch", ":upsert"))]
    last = max(at for at in seeds if door.passed[at - 1].path.endswith("events:batch"))
    return Usual(last, len(door.passed), time.monotonic() - began)


def play(place: Place, case: Case, known: Usual, namespace: str) -> Played:
    return {FORGED: _forged, RACE: _race}.get(case.what, _arrives)(place, case, known, namespace)


def _arrives(place: Place, case: Case, known: Usual, namespace: str) -> Played:
    if case.seeded:
        place.copy_home(namespace)
    most = known.opening + 3 if case.opening else known.requests + 3
    typed = ("--recsim-allow-reset", namespace) if case.what == TYPED else ()
    with Door(
        place.served.url, 1 + int(case.moment * most), lambda: place.foreign(namespace, case.kind)
    ) as door:
        ran = place.run(door.url, namespace, *typed)
    if not door.before:
        place.foreign(namespace, case.kind)
    there, told = place.is_there(namespace, case.kind), _told(ran)
    became = _became(there=there, told=told, wrote=bool(door.writes), typed=bool(typed))
    wrong = _odd([ran])
    if became == UNSEEN:
        again = place.run(place.served.url, namespace)
        if again.code != 4 or not place.is_there(namespace, case.kind):
            wrong.append(f"the next run ended with {again.code}: {again.text[-800:]}")
    return Played(case, door.before, became, (ran.code,), tuple(wrong))


def _forged(place: Place, case: Case, known: Usual, namespace: str) -> Played:
    del known
    if case.seeded:
        place.copy_home(namespace)
    place.foreign(namespace, case.kind)
    place.forge(namespace, MARKERS[case.marker])
    with Door(place.served.url) as door:
        ran = place.run(door.url, namespace)
    there, told = place.is_there(namespace, case.kind), _told(ran)
    became = _became(there=there, told=told, wrote=bool(door.writes))
    return Played(case, "", became, (ran.code,), tuple(_odd([ran])))


def _became(*, there: bool, told: bool, wrote: bool, typed: bool = False) -> str:
    if not there:
        return LOST if told or typed else SILENT
    if not told:
        return UNSEEN
    return KEPT if wrote else REFUSED


def _race(place: Place, case: Case, known: Usual, namespace: str) -> Played:
    if case.seeded:
        place.copy_home(namespace)
    with Door(place.served.url) as first, Door(place.served.url) as second:
        if case.kind == "one fixture":
            world = place.projects[0].folder / "fixtures/customers/acme.json"
            more: tuple[str, ...] = ("--fixture-path", str(world))
        else:
            more = ()
        one = place.begin(0, first.url, namespace)
        time.sleep(case.moment * known.seconds * (0.3 if case.opening else 1.0))
        two = place.begin(1, second.url, namespace, *more)
        ran = [ended(one), ended(two)]
    codes = (ran[0].code, ran[1].code)
    hit = [_wiped(first.writes, second.writes), _wiped(second.writes, first.writes)]
    if any(lost and not code for lost, code in zip(hit, codes, strict=True)):
        became = SILENT
    elif any(hit):
        became = LOST
    elif any(code and not door.writes for code, door in zip(codes, (first, second), strict=True)):
        became = REFUSED
    else:
        became = KEPT if any(codes) else TURNS
    wrong = _odd(ran)
    if not any(codes) and _overlap(first.writes, second.writes):
        wrong.append("both were at work at once, and neither says so")
    return Played(case, "", became, codes, tuple(wrong))


def _wiped(mine: Sequence[Passed], theirs: Sequence[Passed]) -> bool:
    """Whether the others wiped while I was at work: from my first row on to the end."""
    sent = [one.at for one in mine if not one.wipes]
    return bool(sent) and any(sent[0] < one.at < mine[-1].at for one in theirs if one.wipes)


def _overlap(mine: Sequence[Passed], theirs: Sequence[Passed]) -> bool:
    return bool(mine) and bool(theirs) and mine[0].at < theirs[-1].at and theirs[0].at < mine[-1].at


def _told(ran: Ran) -> bool:
    text = " ".join(ran.text.split())
    return ran.code != 0 and any(sentence in text for sentence in SAID)


def _odd(runs: Sequence[Ran]) -> list[str]:
    """Ends that say nothing about others: a stack, or a failure without a reason that we know."""
    return [
        f"ended with {ran.code}: {ran.text[-1500:]}"
        for ran in runs
        if "Traceback" in ran.text or (ran.code != 0 and not _told(ran))
    ]


def read_row(row: dict[str, Any]) -> Played:
    """The inverse of ``Played.row``."""
    case = Case(**{name: row[name] for name in Case.__dataclass_fields__})
    return Played(case, row["before"], row["became"], tuple(row["codes"]), tuple(row["wrong"]))

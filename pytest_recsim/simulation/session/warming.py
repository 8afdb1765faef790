"""The first answers after seeding: waited for, before anything is measured, and told.

A tenant that the database has no statistics of gets slow plans, until those are made (a minute or so). Workers
cannot print, so whoever waits says so in a file, and the controller's lookout prints it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from pytest_recsim.clock import monotonic, wall
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.metadata import WarmUp
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.watch.expectations import NEW_USERS
from pytest_recsim.simulation.session.session import Session
from pytest_recsim.simulation.truth.dataset import Dataset

NORMAL_S = 2.0
"""An answer within this is one as the service will go on giving them."""
TOLD_S, POLL_S = 3.0, 0.25
NOTE = "warm-up.json"


def sentence_of(done: WarmUp) -> str:
    """Tell how the first answers came where it took long, else an empty string."""
    if done.seconds < TOLD_S:
        return ""
    causes = ", ".join(f"{cause}: {times}" for cause, times in sorted(done.failed.items()))
    failed = sum(done.failed.values())
    tried = f" ({done.questions} questions, {failed} of them failed; {causes})" if causes else ""
    if done.last_s <= NORMAL_S:
        return f"the service needed {done.seconds:.0f} s for its first answer{tried}"
    return f"the service's answers still took {done.last_s:.1f} s after {done.seconds:.0f} s{tried}"


class _Wait(msgspec.Struct):
    """What the controller reads: when somebody began to wait, for how long at most, and how it ended."""

    began: float
    limit_s: float
    ended: str | None = None


def first_users(world: Dataset, users: Sequence[str]) -> list[str]:
    """Return whom to ask first: the user with most seeded events, and a new user or the one with fewest.

    Each of them is answered by queries of their own (contract 12.2), any of which may be slow.
    """
    counts = np.bincount(
        world.material.columns.user[world.material.split.seeded], minlength=len(world.fixture.users)
    )

    def rank(user: str) -> tuple[bool, int]:
        position = world.fixture.user_index[user]
        return world.fixture.users[position].segment.lower() != NEW_USERS, int(counts[position])

    return list(dict.fromkeys([max(users, key=rank), min(users, key=rank)])) if users else []


def warmed(
    sim: Session, users: Sequence[str], asks: Sequence[Ask]
) -> tuple[dict[Ask, Exchange], WarmUp | None]:
    """Ask these users' questions until the answers come within a normal time; nothing is asked twice without need.

    Raises:
        ServiceError: no answer within ``--recsim-warm-up``.
    """
    first, limit_s = [ask for ask in asks if ask.user_id in users], sim.plan.warm_up
    if not first or not limit_s:
        return {}, None
    tally, note = sim.service.tally, sim.context.folder / NOTE
    asked, failed, began = tally.recommendation_requests, Counter(tally.failed), monotonic()
    wait = _Wait(began=wall(), limit_s=limit_s, ended=None)
    write_atomic(note, msgspec.json.encode(wait))
    try:
        answers = sim.service.first_answers(first, limit_s, NORMAL_S)
        done = WarmUp(
            seconds=round(monotonic() - began, 3),
            questions=tally.recommendation_requests - asked,
            failed=dict(tally.failed - failed),
            last_s=round(max(exchange.seconds for exchange in answers), 3),
        )
        wait.ended = sentence_of(done)
    except ServiceError as error:
        wait.ended = f"no first answer within {monotonic() - began:.0f} s"
        what = (
            f"{error.sentence.rstrip('.')}; these were the first questions after seeding (--recsim-warm-up)."
        )
        raise ServiceError(what, error.status, error.code) from None
    finally:
        wait.ended = wait.ended or ""
        write_atomic(note, msgspec.json.encode(wait))
    return dict(zip(first, answers, strict=True)), done


class Lookout:
    """The controller's side: a thread that says who is waiting for a first answer, and when it has come.

    Args:
        folders: simulation id -> its scratch folder.
        say: prints a line.
    """

    def __init__(self, folders: Mapping[str, Path], say: Callable[[str], None]) -> None:
        self._folders, self._say = dict(folders), say
        self._told: set[str] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="recsim-lookout", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while self._folders and not self._stopped.wait(POLL_S):
            for name, folder in list(self._folders.items()):
                if (note := folder / NOTE).exists():
                    self._tell(name, msgspec.json.decode(note.read_bytes(), type=_Wait))

    def _tell(self, name: str, wait: _Wait) -> None:
        if wait.ended is not None:
            del self._folders[name]
            if name in self._told and wait.ended:
                self._say(f"recsim: {name}: {wait.ended}")
        elif name not in self._told and wall() - wait.began >= TOLD_S:
            self._told.add(name)
            limit = f"{wait.limit_s:g} s at most"
            self._say(f"recsim: {name}: waiting for the service's first answer after seeding ({limit}) ...")

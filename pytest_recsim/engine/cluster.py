"""The cluster: somebody's own at an address, or one that is started on this machine for one run."""

from __future__ import annotations

import logging
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from distributed import Client, Future, LocalCluster, as_completed
from distributed.scheduler import KilledWorker

from pytest_recsim.clock import monotonic
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.engine import running
from pytest_recsim.engine.likeness import unlike
from pytest_recsim.engine.parcel import Back, Parcel
from pytest_recsim.engine.task import simulate, topic
from pytest_recsim.pace import BEAT_S

CONNECT_S, WORKERS_S, ENDING_S = 10.0, 20.0, 150.0
AHEAD = 2
"""Tasks in the cluster for each thread: enough that nobody waits, few enough that data are sent when they are due."""
AGAIN = 3
"""Times that a parcel is sent again after the cluster has given it up; before that, the cluster repeats it itself."""
Heard = Callable[[dict[str, Any]], None]


class Cluster:
    """Tasks go out, what came of them comes in, in the order in which they end.

    Args:
        batch: a word for the run.
        heard: gets what tasks say meanwhile, in another thread.
    """

    def __init__(self, batch: str, heard: Heard) -> None:
        self._batch, self._heard = batch, heard
        self._stack = ExitStack()
        self._out: dict[Future, Parcel] = {}
        self._lost: Counter[str] = Counter()

    def open(self, address: str, workers: int | None, folder: Path) -> None:
        """Connect, or start a cluster here, and look whether its workers can do the work.

        Raises:
            InputError: nobody answers, nobody works there, or a worker is not like us.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries that are nobody's business here
            where = address or self._start(workers, folder)
            try:
                self.client = Client(where, timeout=CONNECT_S, set_as_default=False, name="recsim")
            except (OSError, TypeError, ValueError) as error:
                raise InputError(
                    Problem("--recsim-engine-address", f"no scheduler answers at `{address}`: {error}")
                ) from None
            self._stack.callback(self.client.close)
            try:
                self.client.wait_for_workers(1, timeout=WORKERS_S)
            except (TimeoutError, OSError):
                what = f"the cluster at `{address}` has no worker; start one with `dask worker {address}`"
                raise InputError(Problem("--recsim-engine-address", what)) from None
            self._check(self.client.get_versions(packages=["pytest", "pytest_recsim"]))
        self.client.subscribe_topic(topic(self._batch), lambda event: self._heard(event[1]))

    def _start(self, workers: int | None, folder: Path) -> Any:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            local_directory=str(folder),
            security=True,
        )
        self._stack.callback(cluster.close)
        return cluster

    def _check(self, versions: dict[str, Any]) -> None:
        for sentence in unlike(versions["workers"]):
            raise InputError(Problem("--recsim-engine", sentence))

    def run(self, parcels: Iterator[Parcel]) -> Iterator[tuple[Parcel, Back]]:
        """Send parcels as there is room for them and yield what comes back, until there is nothing left."""
        ended = as_completed(raise_errors=False, loop=self.client.loop)
        self._send(parcels, ended)
        while self._out:
            future = next(ended)
            parcel = self._out.pop(future)
            if self._once_more(future, parcel):
                self._submit(parcel, ended)
                continue
            yield parcel, _result(future)
            self._send(parcels, ended)

    def _once_more(self, future: Future, parcel: Parcel) -> bool:
        """Whether to send a parcel again that the cluster has given up: lost workers count for tasks that only waited there, too."""
        lost = future.status == "error" and isinstance(future.exception(), KilledWorker)
        self._lost[parcel.simulation] += lost
        return lost and self._lost[parcel.simulation] <= AGAIN

    def _send(self, parcels: Iterator[Parcel], ended: Any) -> None:
        room = AHEAD * max(1, sum(self.client.nthreads().values()))
        while len(self._out) < room and (parcel := next(parcels, None)) is not None:
            self._submit(parcel, ended)

    def _submit(self, parcel: Parcel, ended: Any) -> None:
        key = f"recsim-{self._batch}-{parcel.simulation}-{self._lost[parcel.simulation]}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "large graph": it is a customer's data, and sent once
            future = self.client.submit(simulate, parcel, key=key, pure=False)
        self._out[future] = parcel
        ended.add(future)

    def stop(self) -> Iterator[tuple[Parcel, Back]]:
        """End the tasks that run, as by Ctrl-C, keep others from beginning, and yield what comes back of them."""
        until = monotonic() + ENDING_S
        while self._out and monotonic() < until:
            with suppress(OSError, TimeoutError):
                self.client.run(running.end, self._batch, on_error="ignore")
            for future in [one for one in self._out if one.done()]:
                yield self._out.pop(future), _result(future)
            time.sleep(BEAT_S)

    def close(self) -> None:
        """Leave the cluster; one that was started here ends, if need be with this process."""
        with warnings.catch_warnings(), suppress(Exception):  # everything has come home by now
            warnings.simplefilter("ignore")
            self._stack.close()


def _result(future: Future) -> Back:
    """What came of a task, in words where it was lost."""
    if future.status == "finished":
        back: Back = future.result()
    else:
        error = None if future.cancelled() else future.exception()
        back = Back(None, said=_lost(error))
    future.release()
    return back


def _lost(error: BaseException | None) -> str:
    if error is None:
        return "the cluster gave it up: its scheduler is gone, or somebody has cancelled it"
    if isinstance(error, KilledWorker):
        return "the cluster gave it up after several workers were lost with it"
    return f"{type(error).__name__}: {error}"

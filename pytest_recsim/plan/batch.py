"""From a manifest to one set of options per simulation, and the slice of them that this machine takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pytest_recsim.data.batches.manifest import Run, load_manifest, selected
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import Variant
from pytest_recsim.plan.options import Options

T = TypeVar("T")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SHARD = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True)
class Asked:
    """One simulation that is asked for: its id, and the options it is resolved from."""

    id: str
    customer: str
    options: Options
    variant: Variant | None = None


@dataclass(frozen=True)
class Batch:
    """A batch as the manifest describes it, or the variants of a sweep.

    Attributes:
        name: of its summary.
        path, sha256: of the manifest; empty where there is none.
        left_out: ids that the manifest itself leaves out.
    """

    name: str
    path: str
    sha256: str
    left_out: tuple[str, ...]


def asked_for(options: Options) -> tuple[list[Asked], Batch | None]:
    """Return the simulations of this run, and the batch that they belong to.

    Raises:
        InputError: a manifest that cannot be used, a batch name without one, or nothing to run.
    """
    if not options.batch_file:
        asked = [Asked(name, name, options) for name in dict.fromkeys(options.customers)]
        return asked, _unwritten(options, asked)
    manifest = load_manifest(options.here / options.batch_file)
    name = _named(options.batch_name or manifest.path.stem)
    runs = selected(manifest, options.customers)
    batch = Batch(name, shown(manifest.path), manifest.sha256, tuple(run.id for run in runs if run.left_out))
    asked = [Asked(run.id, run.customer, _with(options, run)) for run in runs if not run.left_out]
    if not asked:
        raise InputError(Problem(batch.path, "leaves every run out, so nothing would be proven"))
    return asked, batch


def _unwritten(options: Options, asked: Sequence[Asked]) -> Batch | None:
    """The batch of a run without a manifest: there is one where knobs are swept."""
    if options.sweep:
        usual = f"{asked[0].id}-sweep" if len(asked) == 1 else "sweep"
        return Batch(_named(options.batch_name or usual), "", "", ())
    if options.batch_name:
        raise InputError(Problem("--batch-name", "names the summary of a --batch-file; there is none here"))
    return None


def _named(name: str) -> str:
    if NAME.fullmatch(name):
        return name
    raise InputError(Problem("--batch-name", f"`{name}`: must be letters, digits, `-`, `_` and `.`"))


def _with(options: Options, run: Run) -> Options:
    """Lay what the manifest says over the command line."""
    texts = {key: said.value for key, said in run.texts.items()}
    origins = {key: said.origin for key, said in run.texts.items()}
    if "base_url" in texts:
        origins["base_url_source"] = origins["base_url"]
        texts["base_url_source"] = origins["base_url"]
    return replace(
        options,
        customers=(run.customer,),
        env_overrides=(*options.env_overrides, *run.env_overrides),
        skip=run.skip or options.skip,
        origins=origins,
        **texts,  # type: ignore[arg-type]  # manifest keys are named like the fields of Options
    )


def shard_of(text: str) -> tuple[int, int] | None:
    """Read ``I/N``; None for no text.

    Raises:
        InputError: not two whole numbers with 1 <= I <= N.
    """
    if not text:
        return None
    match = _SHARD.fullmatch(text)
    if match and 1 <= int(match[1]) <= int(match[2]):
        return int(match[1]), int(match[2])
    raise InputError(Problem("--recsim-shard", f"`{text}`: must be I/N with 1 <= I <= N, such as 2/3"))


def sliced(ids: Sequence[str], shard: tuple[int, int], seconds: Mapping[str, float]) -> tuple[str, ...]:
    """Return the ids of one slice: every slice is the same in every process, and together they are all.

    With earlier durations the longest simulations are dealt first, each to the slice that is lightest so far;
    one without counts as the mean of the others.
    """
    index, count = shard
    known = [seconds[name] for name in ids if name in seconds]
    usual = sum(known) / len(known) if known else 1.0
    weights = {name: seconds.get(name, usual) for name in ids}
    loads = [0.0] * count
    slices: list[set[str]] = [set() for _ in range(count)]
    for name in sorted(ids, key=lambda one: (-weights[one], one)):
        lightest = loads.index(min(loads))
        loads[lightest] += weights[name]
        slices[lightest].add(name)
    return tuple(name for name in ids if name in slices[index - 1])

"""Does tuning find what a person found, and does it ever praise what is no better? Studies on many worlds, counted.

    python tests/tune/worlds_run.py better [--worlds 10] [--first 301] [--trials 60] [--teachers 8] [--learn-from DIR] [--keep DIR]
    python tests/tune/worlds_run.py equal [--worlds 40] [--trials 20] [--keep DIR]

`better`: from `prod`, on worlds of customer-a's recipe with other seeds, by the default sampler and at random. `equal`: knobs that
do nothing on the data, half of the worlds on a service that answers equal questions unequally. Both write `docs/tune-worlds.json`;
a world that is in DIR already is not made again. `better` takes about an hour of processor time. With `--teachers 8` eight more shops of the recipe
are tuned first, and the studies that are counted learn from them; with `--learn-from` from all that earlier runs kept in a folder.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.tune import NAME, Study, read_study, write_study
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import write_fixture
from pytest_recsim.testing import environment

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs/tune-worlds.json"
LIMIT_S = 3600
SAMPLERS = ("gp", "random")
FIRST_SEED = {"better": 301, "equal": 401}
FIRST_TEACHER = 321
SPACE = ROOT / "tests/tune/worlds_space.yml"
SILENT = {"PROFILE_TOP_N": (2000, 4000), "PURCHASED_WINDOW_DAYS": (200, 400)}
"""More tags than anybody has, more days than the history has: no list changes."""
SHAKY = "test"
"""The profile under which the service's pool overflows."""


LOOSE = """\
schema_version: 1
defaults:
  quality:
    {min_segment_lift_ndcg: -1, min_segment_lift_mrr: -1, min_catalog_coverage: 0, min_long_tail_share: 0}
  scenarios:
    {s4_max_ndcg_loss: 1, s7_min_avg_mrr: 0, s7_min_avg_categories: 0, s8_min_exposure: 0, s9_min_margin_span: 0}
"""
"""Nothing but the comparison with the start stands in the way of a change, so chance has every opportunity."""


def world(folder: Path, seed: int, items: int, users: int, events: int, name: str = "world") -> None:
    """A shop of customer-a's recipe as a folder of its own."""
    if (folder / "fixtures").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    fixture = generate("marketplace", seed, items=items, users=users, events=events)
    write_fixture(fixture, folder / f"fixtures/customers/{name}.json")


def recsim(folder: Path, *words: str) -> int:
    """Run ``recsim``; 0 and 1 are results, everything else ends this."""
    command = [sys.executable, "-m", "pytest_recsim.cli", *words]
    extra = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment(extra), capture_output=True, text=True, timeout=LIMIT_S
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.returncode


def study(folder: Path, name: str, *words: str, customer: str = "world") -> Study:
    """Run one study, go on with what an earlier attempt left, or read it where it is complete."""
    reports = folder / name
    if not list(reports.rglob(NAME)):
        recsim(folder, "tune", customer, f"--reports-dir={reports}", *words)
    (file,) = reports.rglob(NAME)
    if read_study(file.parent).status != "complete":
        recsim(folder, "tune", customer, f"--reports-dir={reports}", "--resume")
    return read_study(file.parent)


def hand_tuned_holds(folder: Path) -> bool:
    """Whether the profile that a person tuned on other worlds passes everything on this one."""
    note = folder / "hand.json"
    if not note.exists():
        words = ["-m", "pytest", "--customer", "world", "--env-profile", "customer_a", "-q", "--tb=no"]
        words.append(f"--recsim-reports-dir={folder / 'hand'}")
        extra = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, env=environment(extra), capture_output=True
        )
        note.write_text(json.dumps(done.returncode == 0))
    return bool(json.loads(note.read_text()))


def shown(found: Study) -> dict[str, object]:
    """What a study came to, as figures."""
    verdict = found.verdict
    winner = next((one for one in verdict.suites if one.who != "start"), None) if verdict else None
    goal = found.goals[0].label
    asked = sorted(one.measured.asked for one in found.trials if one.measured)
    return {
        "decision": verdict.decision if verdict else "keep",
        "because": verdict.sentence if verdict else "nothing was recommendable",
        "ready": bool(winner and winner.ready),
        "failing": list(winner.failing) if winner else [],
        goal: winner.figures.get(goal) if winner else None,
        "worst_segment": min(
            (one.difference / one.before for one in verdict.gains if one.segment and one.before), default=None
        )
        if verdict
        else None,
        "trials": len(found.trials),
        "recommendable": sum(one.recommendable for one in found.trials),
        "requests": found.requests.get("total"),
        "requests_per_trial_median": asked[len(asked) // 2] if asked else None,
        "requests_full": found.start.users if found.start else None,
        "seconds": round(found.seconds),
    }


def words_of(seed: int, trials: int) -> list[str]:
    return ["--env-profile", "prod", "--space", str(SPACE), "--trials", str(trials), "--seed", str(seed)]


def taught(folder: Path, teachers: int, trials: int) -> list[str]:
    """Tune other shops of the recipe, from `prod` as well; return the words by which a study learns from them."""
    found = list[str]()
    for seed in range(FIRST_TEACHER, FIRST_TEACHER + teachers):
        place = folder / str(seed)
        world(place, seed, 400, 2400, 80_000, "teacher")
        study(place, "gp", *words_of(seed, trials), customer="teacher")
        found.append(f"--learn-from={place / 'gp'}")
    return found


def lent(kept: Path, folder: Path) -> list[str]:
    """Complete studies of earlier worlds under customers of their own, for all worlds have one name; return the words by which a study learns from them."""
    found = list[str]()
    for place in sorted(file.parent for file in kept.rglob(NAME) if "gp" in file.parts):
        study = read_study(place)
        if study.status == "complete" and study.data_sha256:
            other = folder / study.data_sha256[:12]
            other.mkdir(parents=True, exist_ok=True)
            write_study(other, replace(study, customer=f"shop-{study.data_sha256[:12]}"))
            found.append(f"--learn-from={other}")
    return found


def better(
    folder: Path, seed: int, trials: int, samplers: Sequence[str] = SAMPLERS, learned: Sequence[str] = ()
) -> dict[str, object]:
    world(folder, seed, 400, 2400, 80_000)
    words = words_of(seed, trials)
    if not hand_tuned_holds(folder):
        return {"seed": seed, "left_out": "the profile that a person tuned does not pass here either"}
    found = dict[str, object]()
    for name in samplers:
        more = () if name == "random" else learned  # chance knows of nothing
        found[name] = shown(study(folder, name, *words, "--sampler", name, *more))
    return {"seed": seed, **found}


def equal(folder: Path, seed: int, trials: int) -> dict[str, object]:
    world(folder, seed, 400, 800, 20_000)
    (folder / "guardrails.yml").write_text(LOOSE, encoding="utf-8")
    unequal = seed % 2 == 0
    words = [
        "--env-profile",
        SHAKY if unequal else "customer_a",
        "--trials",
        str(trials),
        "--seed",
        str(seed),
    ]
    for knob, (low, high) in SILENT.items():
        words += ["--knob", f"{knob}={low}..{high}", "--env-override", f"{knob}={low}"]
    if not unequal:
        return {"seed": seed, "unequal_answers": False, **shown(study(folder, "study", *words))}
    with served(folder, seed) as url:
        return {
            "seed": seed,
            "unequal_answers": True,
            **shown(study(folder, "study", *words, "--base-url", url)),
        }


@contextmanager
def served(folder: Path, seed: int) -> Iterator[str]:
    """A service whose pool overflows and is filled by chance: equal questions get different lists."""
    words = ["serve", "--env-profile", SHAKY, "--quirks", "spread,ties", "--quirks-seed", str(seed)]
    command = [sys.executable, "-m", "pytest_recsim.cli", *words]
    with subprocess.Popen(
        command, cwd=folder, env=environment({"PYTHONPATH": str(ROOT)}), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("which", choices=["better", "equal"])
    parser.add_argument("--worlds", type=int)
    parser.add_argument("--trials", type=int)
    parser.add_argument("--teachers", type=int, default=0, help="of `better`: shops to learn from")
    parser.add_argument(
        "--learn-from", type=Path, help="of `better`: a folder with studies of worlds that are not counted"
    )
    parser.add_argument("--first", type=int, help="seed of the first world")
    parser.add_argument("--keep", type=Path)
    parser.add_argument(
        "--sampler", choices=SAMPLERS, help="of `better`: this one only, and nothing is written"
    )
    given = parser.parse_args()
    make, worlds, trials = {"better": (better, 10, 60), "equal": (equal, 40, 20)}[given.which]
    worlds, trials = given.worlds or worlds, given.trials or trials
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = (given.keep or Path(scratch)).absolute()
        learned = taught(folder / "teachers", given.teachers, trials)
        if given.learn_from:
            learned += lent(given.learn_from, Path(scratch) / "lent")
        for seed in itertools.count(given.first or FIRST_SEED[given.which]):
            began = time.monotonic()
            place = folder / given.which / str(seed)
            samplers = [given.sampler] if given.sampler else SAMPLERS
            rows.append(make(place, seed, trials, *[samplers, learned] if make is better else []))
            print(f"{time.monotonic() - began:.0f} s", json.dumps(rows[-1]), flush=True)
            if sum("left_out" not in row for row in rows) == worlds:
                break
    if given.sampler:
        return 0
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    write_json(FIGURES, known | {given.which: rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env bash
# A trial whose constraint was never measured counts as feasible, and can be the best one.
# Optuna 5.0.0 (Python 3.11, Linux, November 2026): a study maximises one value under one constraint.
#   trial 0: value 1, constraint kept (-1)
#   trial 1: value 2, constraint broken (+1)
#   trial 2: value 3, constraint never set, as when a guardrail could not be measured
# `best_trial` skips trial 1 and is trial 2. There is no warning, and the trial's state is COMPLETE like the others'.
# With the older way, `constraints_func`, a NaN ends the same: `tell` raises ValueError, but the trial is COMPLETE all
# the same, has no constraint, and is the best one. Who tunes under guardrails has to turn "not measured" into a number
# above zero (or fail the trial), or the configuration that could not be checked is the one that is recommended.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q optuna==5.0.0
cd "$work"
"$work/env/bin/python" -W ignore - <<'CHECK'
import math

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
sampler = optuna.samplers.RandomSampler(seed=1)
study = optuna.create_study(direction="maximize", sampler=sampler)
for value, constraint in ((1.0, -1.0), (2.0, 1.0), (3.0, None)):
    trial = study.ask()
    trial.suggest_float("boost", 0, 1)
    if constraint is not None:
        trial.set_constraint("coverage", constraint)
    study.tell(trial, value)
seen = [(one.number, one.state.name, one.value, one.constraints) for one in study.trials]
print("set_constraint:", seen, "best:", study.best_trial.number)
assert [state for _, state, _, _ in seen] == ["COMPLETE"] * 3
assert study.best_trial.number == 2, study.best_trial

limits = {0: -1.0, 1: 1.0, 2: math.nan}
sampler = optuna.samplers.TPESampler(seed=1, constraints_func=lambda trial: (limits[trial.number],))
study = optuna.create_study(direction="maximize", sampler=sampler)
refused = []
for value in (1.0, 2.0, 3.0):
    trial = study.ask()
    trial.suggest_float("boost", 0, 1)
    try:
        study.tell(trial, value)
    except ValueError as error:
        refused.append((trial.number, str(error)))
states = [one.state.name for one in study.trials]
print("constraints_func:", refused, states, "best:", study.best_trial.number)
assert [number for number, _ in refused] == [2], refused
assert states == ["COMPLETE"] * 3, states
assert study.best_trial.number == 2, study.best_trial
CHECK

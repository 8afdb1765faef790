"""Options and ini values: their names, and how they become :class:`Options`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_recsim.plan.options import APPLY_MODES, STEPS, Options

if TYPE_CHECKING:
    import pytest

INI = {
    "recsim_reports_dir": "reports folder (--recsim-reports-dir)",
    "recsim_apply": "how a profile reaches the service (--recsim-apply)",
    "recsim_concurrency": "requests in flight (--recsim-concurrency)",
    "recsim_guardrails_file": "thresholds (--guardrails-file)",
    "recsim_env_file": "env file of the service (--recsim-env-file)",
    "recsim_restart_command": "restarts the service (--recsim-restart-command)",
    "recsim_ca": "certificate authority of the service (--recsim-ca)",
}


def add_options(parser: pytest.Parser) -> None:
    """Register everything; every dest is ``recsim_*``."""
    group = parser.getgroup("recsim", "recommender simulations")

    def add(name: str, help_text: str, metavar: str, *, many: bool = False) -> None:
        dest = "recsim_" + name.removeprefix("--").removeprefix("recsim-").replace("-", "_")
        action, default = ("append", []) if many else ("store", "")
        group.addoption(name, dest=dest, action=action, default=default, metavar=metavar, help=help_text)

    add("--customer", "run the suite for this customer (repeatable)", "NAME", many=True)
    add("--batch-file", "run the suite for every simulation of this manifest (YAML or JSON)", "PATH")
    add("--batch-name", "name of the batch's summary (default: the manifest's)", "NAME")
    add("--recsim-shard", "run the I-th of N slices of the batch", "I/N")
    add("--org-id", "tenant of the service", "UUID")
    add("--namespace", "where the customer's data lives", "NS")
    add("--env-profile", "profile of algorithm knobs", "NAME")
    add("--env-override", "a knob on top of the profile (repeatable)", "KEY=VALUE", many=True)
    add("--fixture-path", "the customer's data set", "PATH")
    add("--guardrails-file", "thresholds to use instead of guardrails.yml", "PATH")
    add("--recsim-reports-dir", "where bundles go (default: reports)", "DIR")
    add("--recsim-sample-users", "judge a stratified sample of N users", "N")
    add("--recsim-surface", "surface of the quality lists (default: default)", "S")
    add("--recsim-timeout", "seconds per request (default: 10)", "S")
    add("--recsim-window-days", "use only the newest D days of the fixture", "D")
    add("--recsim-apply", f"how the profile reaches the service: {', '.join(APPLY_MODES)}", "MODE")
    add("--recsim-env-file", "env file that the service starts with, for apply mode env-file", "PATH")
    add("--recsim-restart-command", "restarts the service, for apply mode env-file", "COMMAND")
    add("--recsim-ca", "PEM file of a private authority that signed the service's certificate", "FILE")
    add("--recsim-concurrency", "requests in flight (default: 8)", "N")
    add("--recsim-latency-ms", "milliseconds that the stand-in adds to every answer", "M")
    add("--recsim-allow-reset", "wipe this namespace although it carries no marker of ours", "NS")
    add("--recsim-skip", f"leave a step out: {', '.join(STEPS)} (repeatable)", "STEP", many=True)
    for name, text in (
        ("--recsim-dry-run", "print the resolved plan and stop; nothing is sent"),
        ("--recsim-seed-only", "validate, reset, seed, write the manifests and stop"),
    ):
        dest = "recsim_" + name.removeprefix("--recsim-").replace("-", "_")
        group.addoption(name, dest=dest, action="store_true", default=False, help=text)
    for name, text in INI.items():
        parser.addini(name, text, default=None)
    parser.addini(
        "recsim_use_base_url",
        "let a base URL from ini or PYTEST_BASE_URL count as the service to reset and seed",
        type="bool",
        default=False,
    )


def read_options(config: pytest.Config) -> Options:
    """Collect the options of this run; nothing is checked here."""
    option = config.option
    url, source = base_url(config)
    return Options(
        customers=tuple(dict.fromkeys(option.recsim_customer)),
        root=config.rootpath,
        here=Path(config.invocation_params.dir),
        base_url=url,
        base_url_source=source,
        org_id=option.recsim_org_id,
        environ_org=os.environ.get("RECSYS_ORG_ID", ""),
        namespace=option.recsim_namespace,
        env_profile=option.recsim_env_profile,
        env_overrides=tuple(option.recsim_env_override),
        fixture_path=option.recsim_fixture_path,
        guardrails_file=_path(config, "recsim_guardrails_file"),
        reports_dir=_path(config, "recsim_reports_dir") or "reports",
        sample_users=option.recsim_sample_users,
        surface=option.recsim_surface.strip(),
        timeout=option.recsim_timeout,
        window_days=option.recsim_window_days,
        apply=_twin(config, "recsim_apply"),
        concurrency=_twin(config, "recsim_concurrency"),
        env_file=_path(config, "recsim_env_file"),
        restart_command=_twin(config, "recsim_restart_command"),
        ca_file=_path(config, "recsim_ca"),
        allow_reset=option.recsim_allow_reset,
        skip=tuple(option.recsim_skip),
        dry_run=option.recsim_dry_run,
        seed_only=option.recsim_seed_only,
        latency_ms=option.recsim_latency_ms,
        batch_file=option.recsim_batch_file,
        batch_name=option.recsim_batch_name,
        shard=option.recsim_shard,
    )


def _twin(config: pytest.Config, name: str) -> str:
    """An option, else the ini value of the same name."""
    return str(config.getoption(name) or config.getini(name) or "")


def _path(config: pytest.Config, name: str) -> str:
    """A path as typed, which starts from where pytest was called, else the ini value, which starts at the root."""
    if typed := config.getoption(name):
        return str(Path(config.invocation_params.dir) / str(typed))
    written = config.getini(name)
    return str(config.rootpath / str(written)) if written else ""


def base_url(config: pytest.Config) -> tuple[str, str]:
    """Return the service's URL and where it was given; both empty means the stand-in.

    A URL that was not typed may belong to somebody's web tests and would become a reset target, so one from
    ini or environment counts only with ``recsim_use_base_url = true``.
    """
    try:
        typed = config.getoption("base_url", None) or ""
    except ValueError:
        typed = ""
    arguments = config.invocation_params.args
    on_line = any(str(word).split("=")[0] == "--base-url" for word in arguments)
    if typed and on_line:
        return str(typed), "--base-url"
    if not config.getini("recsim_use_base_url"):
        return "", ""
    if typed:
        return str(typed), "PYTEST_BASE_URL"
    try:
        from_ini = config.getini("base_url") or ""
    except ValueError:
        from_ini = ""
    return str(from_ini), "ini base_url" if from_ini else ""

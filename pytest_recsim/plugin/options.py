"""Options and ini values: their names, and how they become :class:`Options`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_recsim.plan.modes import MODES
from pytest_recsim.plan.options import STEPS, Options

if TYPE_CHECKING:
    import pytest


class Option(NamedTuple):
    """An option as ``--recsim-NAME``; a short one also as ``--NAME``, where nobody else has an option of that name."""

    name: str
    help: str
    metavar: str = ""
    """Empty for a switch."""
    many: bool = False
    short: bool = False
    default: str = ""
    """What counts where neither the option nor its ini value is given, as the user would type it."""
    ini: bool = False
    """Whether ``recsim_NAME`` in pytest's ini file says the same."""

    @property
    def ini_name(self) -> str:
        return f"recsim_{self.name.replace('-', '_')}"

    @property
    def help_line(self) -> str:
        return f"{self.help} (default: {self.default})" if self.default else self.help

    @property
    def long(self) -> str:
        return f"--recsim-{self.name}"

    def attributes(self) -> dict[str, Any]:
        """What argparse is to know about both names."""
        dest = self.ini_name
        if not self.metavar:
            return {"dest": dest, "action": "store_true", "default": False}
        action, default = ("append", []) if self.many else ("store", "")
        return {"dest": dest, "action": action, "default": default, "metavar": self.metavar}


OPTIONS = (
    Option("customer", "run the suite for this customer (repeatable)", "NAME", many=True, short=True),
    Option(
        "batch-file", "run the suite for every simulation of this manifest (YAML or JSON)", "PATH", short=True
    ),
    Option("batch-name", "name of the batch's summary", "NAME", short=True, default="the manifest's"),
    Option("shard", "run the I-th of N slices of the batch", "I/N"),
    Option("base-url", "the service, where --base-url means something else", "URL"),
    Option("org-id", "tenant of the service", "UUID", short=True),
    Option("namespace", "where the customer's data lives", "NS", short=True, default="the customer's name"),
    Option("env-profile", "profile of algorithm knobs", "NAME", short=True, default="prod"),
    Option("env-override", "a knob on top of the profile (repeatable)", "KEY=VALUE", many=True, short=True),
    Option(
        "sweep",
        "run the suite for each of these values of a knob, on one seeding, and compare (repeatable)",
        "KNOB=VALUE,VALUE",
        many=True,
    ),
    Option(
        "fixture-path",
        "the customer's data set: .json, .json.gz, or a folder of JSONL or Parquet",
        "PATH",
        short=True,
    ),
    Option("guardrails-file", "thresholds", "PATH", short=True, default="guardrails.yml", ini=True),
    Option("reports-dir", "where bundles go", "DIR", default="reports", ini=True),
    Option(
        "upload", "where report folders are copied to at the end: s3://, gs:// or file://", "URL", ini=True
    ),
    Option(
        "compare-to",
        "the run to compare with: a report folder, `latest`, or the name of an accepted one",
        "RUN",
        ini=True,
    ),
    Option("sample-users", "judge a stratified sample of N users", "N"),
    Option(
        "stop-early",
        "ask no more users than it takes to decide every blocking lift, coverage and long tail",
        ini=True,
    ),
    Option("surface", "surface of the quality lists", "S", default="default"),
    Option("timeout", "seconds per request", "S", default="10"),
    Option("warm-up", "seconds that answers may take after seeding", "S", default="90", ini=True),
    Option("window-days", "use only the newest D days of the fixture", "D"),
    Option(
        "apply",
        f"how the profile reaches the service: {', '.join(MODES)}",
        "MODE",
        default="request with --base-url, else env",
        ini=True,
    ),
    Option("env-file", "env file that the service starts with, for apply mode env-file", "PATH", ini=True),
    Option("restart-command", "restarts the service, for apply mode env-file", "COMMAND", ini=True),
    Option("ca", "PEM file of a private authority that signed the service's certificate", "FILE", ini=True),
    Option("concurrency", "requests in flight", "N", default="8", ini=True),
    Option("latency-ms", "milliseconds that the stand-in adds to every answer", "M", default="0"),
    Option("allow-reset", "wipe this namespace although it carries no marker of ours", "NS"),
    Option("skip", f"leave a step out: {', '.join(STEPS)} (repeatable)", "STEP", many=True),
    Option(
        "show-users",
        "show five typical users in the report: history, list, what they then chose (personal data)",
    ),
    Option(
        "slice",
        "what is held out: the ordinary holdout (verdict), or the last part of what lies before it (tuning)",
        "SLICE",
        default="verdict",
    ),
    Option("engine", "what runs the batch on other processes and machines: dask", "NAME"),
    Option(
        "engine-address",
        "the cluster's scheduler, tcp:// or tls://; without one a cluster is started on this machine",
        "URL",
    ),
    Option(
        "engine-workers",
        "worker processes of a cluster that is started on this machine",
        "N",
        default="one per core",
    ),
    Option("dry-run", "print the resolved plan and stop; nothing is sent"),
    Option("seed-only", "validate, reset, seed, write the manifests and stop"),
)
SWITCHES = {
    "recsim_no_html": "leave report.html out of report folders; `recsim report DIR` makes it when somebody wants it",
    "recsim_junit_properties": "facts as properties of junit's testcases, too (Jenkins' xUnit plugin refuses those)",
    "recsim_use_base_url": "let a base URL from ini or PYTEST_BASE_URL count as the service to reset and seed",
}
"""Ini values that have no option: true or false, false where they are not given."""
ENVIRONMENT = {
    "RECSYS_API_KEY": "key of the service, sent as X-API-Key; there is no option, so that it is in no command line",
    "RECSYS_ORG_ID": "tenant of the service, where --org-id does not say; goes before guardrails.yml",
    "RECSIM_STATE_DIR": "folder of the key that seals notes about changed services "
    "(else $XDG_STATE_HOME/pytest-recsim, else ~/.local/state/pytest-recsim)",
    "RECSIM_GORSE_API_KEY": "key of a running Gorse, sent as X-API-Key by `recsim import gorse`; to nobody else",
    "GITHUB_STEP_SUMMARY": "set by GitHub Actions: the page is appended to this file",
}
"""Variables that are read by a run."""
GROUP = ("recsim", "recommender simulations")


def add_options(parser: pytest.Parser) -> None:
    """Register everything under names that nobody else has; the short ones come later (``names.add_free``)."""
    group = parser.getgroup(*GROUP)
    for option in OPTIONS:
        group.addoption(option.long, help=option.help_line, **option.attributes())
        if option.ini:
            words = f"{option.help} ({option.long})"
            if option.metavar:
                parser.addini(option.ini_name, words, default=None)
            else:
                parser.addini(option.ini_name, words, type="bool", default=False)
    for name, text in SWITCHES.items():
        parser.addini(name, text, type="bool", default=False)


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
        sweep=tuple(option.recsim_sweep),
        fixture_path=option.recsim_fixture_path,
        guardrails_file=_path(config, "recsim_guardrails_file"),
        reports_dir=_path(config, "recsim_reports_dir") or "reports",
        upload=_twin(config, "recsim_upload"),
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
        show_users=option.recsim_show_users,
        stop_early=bool(option.recsim_stop_early or config.getini("recsim_stop_early")),
        latency_ms=option.recsim_latency_ms,
        warm_up=_twin(config, "recsim_warm_up"),
        compare_to=_twin(config, "recsim_compare_to"),
        slice=option.recsim_slice.strip(),
        batch_file=option.recsim_batch_file,
        batch_name=option.recsim_batch_name,
        shard=option.recsim_shard,
        engine=option.recsim_engine.strip(),
        engine_address=option.recsim_engine_address.strip(),
        engine_workers=option.recsim_engine_workers.strip(),
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
    if config.option.recsim_base_url:
        return str(config.option.recsim_base_url), "--recsim-base-url"
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

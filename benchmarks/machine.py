"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "pytest-recsim",
    "pytest",
    "pytest-xdist",
    "numpy",
    "msgspec",
    "httpx",
    "aiohttp",
    "uvicorn",
    "polars",
    "pytrec-eval-terrier",
    "ranx",
    "requests",
)


@dataclass(frozen=True)
class Machine:
    """Hardware and versions.

    Attributes:
        cores: that this process may use.
        memory_gb: of the machine.
        versions: package -> version, of those that take part and are installed.
    """

    cores: int
    cpu: str
    memory_gb: float
    system: str
    python: str
    versions: dict[str, str]


def machine() -> Machine:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cpu=_cpu(),
        memory_gb=round(memory, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: found for name in PACKAGES if (found := _version(name))},
    )


def load() -> float:
    """Processes that wanted a core during the last minute."""
    return round(os.getloadavg()[0], 2)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

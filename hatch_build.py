"""What lies beside the package in the repository belongs inside it in the wheel.

An editable install gets no copies: it reads everything where it lies, so that an edit takes effect.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# By name: an untracked data set or profile beside them may be a customer's and must not be published.
FIXTURES = ("customers/customer_a", "templates/marketplace", "templates/media", "templates/retail")
PROFILES = ("ci", "customer_a", "dev", "prod", "test")
DATA = (*(f"fixtures/{name}.json" for name in FIXTURES), *(f"profiles/{name}.env" for name in PROFILES))
SHIPPED = ("guardrails.yml", "scenarios", *DATA)


class ShippedHook(BuildHookInterface):
    """Adds what is shipped: to a wheel below the package, to a source distribution where it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "sdist":
            build_data["force_include"] |= {name: name for name in DATA}  # the rest is in there by itself
        elif version == "standard":
            build_data["force_include"] |= {name: f"pytest_recsim/{name}" for name in SHIPPED}

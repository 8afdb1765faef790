"""All parts, in the order of the page."""

from __future__ import annotations

from benchmarks import (
    part_batch,
    part_bootstrap,
    part_client,
    part_customers,
    part_fixtures,
    part_generator,
    part_growth,
    part_metrics,
    part_million,
    part_run,
    part_seeding,
    part_service,
    part_shell,
    part_standin,
    part_start,
)

PARTS = (
    part_run.PART,
    part_million.PART,
    part_shell.PART,
    part_start.PART,
    part_standin.PART,
    part_client.PART,
    part_service.PART,
    part_metrics.PART,
    part_bootstrap.PART,
    part_seeding.PART,
    part_fixtures.PART,
    part_generator.PART,
    part_batch.PART,
    part_customers.PART,
    part_growth.PART,
)

"""What leaves the machine: a record packed for sending, with or without ids, and uploads."""

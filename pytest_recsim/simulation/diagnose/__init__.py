"""Why a number failed: likely causes and the knobs to check."""

"""Settings with which a stand-in records every decision."""

ON = {
    "AUDIT_DECISIONS_ENABLED": "true",
    "AUDIT_DECISIONS_QUEUE": "1024",
    "AUDIT_DECISIONS_BATCH": "200",
    "AUDIT_DECISIONS_FLUSH_INTERVAL": "250ms",
    "AUDIT_DECISIONS_SAMPLE_DEFAULT": "1.0",
    "AUDIT_DECISIONS_SAMPLE_OVERRIDES": "-",
    "AUDIT_DECISIONS_SALT": "pepper",
}

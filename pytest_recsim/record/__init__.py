"""The run record: what happened, typed and versioned, written while it happens. Renderers read only this."""

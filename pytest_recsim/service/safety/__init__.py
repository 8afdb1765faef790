"""Keeps a namespace from harm: pre-flight, interlock, ownership, taking back."""

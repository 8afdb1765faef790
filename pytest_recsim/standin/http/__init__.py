"""One request: who may send it, its body and query, the answer and the refusal; no state of the service."""

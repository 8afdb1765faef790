"""Looking up recorded decisions (contract 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import ApiError, bad_request, internal
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.http.query import whole
from pytest_recsim.standin.settings.clock import parse_rfc3339
from pytest_recsim.standin.settings.orgs import canonical_org

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.standin.state.audit import AuditLog, Decision
    from pytest_recsim.standin.state.service import Service

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
_TEXTS = ("namespace", "from", "to", "user_hash", "request_id")
_SEARCH = wire.Fields("types.AuditSearchRequest", dict.fromkeys(_TEXTS, wire.text) | {"limit": wire.integer})


class Wanted(NamedTuple):
    """Which decisions are asked for; instants in microseconds, both inclusive, None for no bound."""

    namespace: str
    since: int | None
    until: int | None
    user_hash: str
    request_id: str
    limit: int

    def takes(self, log: AuditLog, decision: Decision) -> bool:
        asked = decision.evidence.asked
        return (
            asked.namespace == self.namespace
            and (self.since is None or decision.ts >= self.since)
            and (self.until is None or decision.ts <= self.until)
            and self.request_id in ("", decision.request_id)
            and (not self.user_hash or log.user_hash(asked.user_id) == self.user_hash)
        )


def _wanted(values: Mapping[str, Any], limit: int) -> Wanted:
    if not values.get("namespace"):
        raise bad_request("missing_namespace")
    return Wanted(
        namespace=values["namespace"],
        since=_moment(values, "from"),
        until=_moment(values, "to"),
        user_hash=values.get("user_hash") or "",
        request_id=values.get("request_id") or "",
        limit=limit if 1 <= limit <= MAX_LIMIT else DEFAULT_LIMIT,
    )


def _moment(values: Mapping[str, Any], field: str) -> int | None:
    text = values.get(field)
    if not text:
        return None
    moment = parse_rfc3339(text)
    if moment is None:
        raise _bad_filter(f'invalid {field}: cannot parse "{text}" as an RFC 3339 time')
    return moment


def _bad_filter(problem: str) -> ApiError:
    """Return a refusal as the service writes it here: the sentence stands where a code belongs."""
    return bad_request(problem, problem)


def _listed(service: Service, org: str, wanted: Wanted) -> Answer:
    log = service.audit
    rows: list[dict[str, Any]] = []
    if log is not None:
        found = (decision for decision in log.newest_first(org) if wanted.takes(log, decision))
        rows = [log.summary(decision) for decision, _ in zip(found, range(wanted.limit), strict=False)]
    return answer({"decisions": rows})


def list_decisions(service: Service, request: Request) -> Answer:
    query = request.query
    text = query.get("limit") or "0"
    limit = whole(text)
    if limit is None:
        raise _bad_filter(f'invalid limit: cannot parse "{text}" as a whole number')
    return _listed(service, request.org, _wanted({name: query.get(name) for name in _TEXTS}, limit))


def search_decisions(service: Service, request: Request) -> Answer:
    try:
        body = request.read(_SEARCH)
    except ApiError as error:
        if error.status != 400:
            raise
        raise bad_request("invalid_payload", error.message) from None
    return _listed(service, request.org, _wanted(body, body.get("limit", 0)))


def get_decision(service: Service, request: Request) -> Answer:
    """Answer the full record; the real service has a 500 for an unknown id, and so has this one."""
    decision_id = canonical_org(request.path_id)
    if decision_id is None:
        raise bad_request("invalid_decision_id", "the decision id is not a UUID")
    log = service.audit
    if log is not None:
        for decision in log.newest_first(request.org):
            if decision.decision_id == decision_id:
                return answer(log.summary(decision) | {"org_id": request.org} | decision.evidence.detail())
    raise internal("no rows in result set")

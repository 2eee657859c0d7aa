"""What the control database should hold, told anew from the audit trail alone; pure.

In: events of verified chains, in order. Out: for each table the rows that these events tell of, column by column. What
an event of an earlier version did not tell is `NOT_TOLD`; `resources/store/verification.py` compares the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from resources.store.columns import facts_text


class _NotTold:
    """The value of a column that the event of an earlier version did not tell: nothing is compared with it."""

    def __repr__(self) -> str:
        return "not told"


NOT_TOLD = _NotTold()

Rows = dict[tuple, dict[str, Any]]


@dataclass(frozen=True)
class Event:
    """One event as verification reads it: the moment is the text that was stored."""

    connection: str
    sequence: int
    at: str
    kind: str
    document_key: str
    partition: str
    run: str
    person: str
    facts: dict


@dataclass
class Retelling:
    """Rows by table and primary key; `promises` is what each document's content must add up to.

    `reports_since` is when each connection began to tell of reports; `stray` names the first event that tells of
    something no earlier event began.
    """

    tables: dict[str, Rows] = field(default_factory=lambda: {name: {} for name in PROVED})
    reports_since: dict[str, str] = field(default_factory=dict)
    promises: dict[str, dict[str, Any]] = field(default_factory=dict)
    stray: str = ""

    def take(self, event: Event) -> None:
        """Add what one event tells."""
        tell = _TELLERS.get(event.kind)
        if tell is None and event.kind.startswith("document_"):
            tell = _stepped
        if tell is None or self.stray:
            return
        try:
            tell(self, event)
        except KeyError as missing:
            self.stray = f"{event.connection} {event.sequence}: {event.kind} of {missing}"


def _planned(told: Retelling, event: Event) -> None:
    facts, key = event.facts, event.document_key
    source = key.rpartition("#")[0]
    _seller, ledger, _kind, source_id = json.loads(source)
    shared = {"source": source, "revision": facts["revision"], "connection": event.connection}
    shared |= {"partition": event.partition, "source_id": source_id, "mapping_hash": facts["mapping_hash"]}
    told.tables["outbox_documents"][(key,)] = {
        **shared,
        "key": key,
        "part": facts["part"],
        "parts": facts["parts"],
        "ledger": ledger,
        "state": facts["to"],
        "state_version": 1,
        "fingerprint": facts["fingerprint"],
        "set_fingerprint": facts["set_fingerprint"],
        "erp_id": None,
        "reason": facts["to"],
        "attempts": 0,
        "changed_at": event.at,
        "sending_since": None,
        "not_before": None,
    }
    told.tables["outbox_sets"][(source, facts["revision"])] = {
        **shared,
        "parts": facts["parts"],
        "fingerprint": facts["set_fingerprint"],
        "planned_at": event.at,
        "planned_by": event.person,
    }
    told.promises[key] = facts


def _emptied(told: Retelling, event: Event) -> None:
    facts = event.facts
    told.tables["outbox_sets"][(facts["source"], facts["revision"])] = {
        **{name: facts[name] for name in ("source", "revision", "parts", "fingerprint", "mapping_hash")},
        "connection": event.connection,
        "partition": event.partition,
        "source_id": json.loads(facts["source"])[3],
        "planned_at": event.at,
        "planned_by": event.person,
    }


def _stepped(told: Retelling, event: Event) -> None:
    row, facts = told.tables["outbox_documents"][(event.document_key,)], event.facts
    row |= {"state": facts["to"], "state_version": facts["state_version"], "reason": facts["reason"]}
    row |= {"erp_id": facts["erp_id"], "attempts": facts["attempts"], "changed_at": event.at}
    row["not_before"] = facts.get("not_before")
    if facts["to"] == "sending":
        row["sending_since"] = event.at


def _redated(told: Retelling, event: Event) -> None:
    """A person took over what the ERP holds under this key: the same lines on another date."""
    facts, row = event.facts, told.tables["outbox_documents"][(event.document_key,)]
    row["fingerprint"] = facts["fingerprint"]
    of_set = (row["source"], row["revision"])
    for one in told.tables["outbox_documents"].values():
        if (one["source"], one["revision"]) == of_set:
            one["set_fingerprint"] = facts["set_fingerprint"]
    told.tables["outbox_sets"][of_set]["fingerprint"] = facts["set_fingerprint"]
    told.promises[event.document_key] = facts


def _content_changed(told: Retelling, event: Event) -> None:
    key = (event.facts["source"], event.facts["fingerprint"])
    told.tables["outbox_differences"][key] = {"source": key[0], "fingerprint": key[1], "seen_at": event.at}


def _review_opened(told: Retelling, event: Event) -> None:
    facts = event.facts
    told.tables["review_items"][(facts["item"],)] = {
        "id": facts["item"],
        "connection": event.connection,
        "partition": event.partition,
        "code": facts["code"],
        "document_key": event.document_key,
        "origin": facts["origin"],
        **_wording(facts),
        "state": "open",
        "opened_at": facts.get("opened_at", NOT_TOLD),
        "opened_run": event.run,
        "ended_at": None,
        "ended_run": "",
        "person": "",
        "resolution": "",
        "resolution_reason": "",
        **dict.fromkeys(_PROPOSED, "" if "cure" in facts else NOT_TOLD),
    }


_PROPOSED = ("proposed_action", "proposed_by", "proposed_reason")


def _wording(facts: dict) -> dict[str, Any]:
    """Return what an item says; events of 0.1.0 tell only part of it, and not what it was changed to later."""
    names = ("sentence", "cure", "amount", "is_blocking", "details", "actions")
    return {name: facts[name] if "cure" in facts else NOT_TOLD for name in names}


def _review_updated(told: Retelling, event: Event) -> None:
    row = told.tables["review_items"][(event.facts["item"],)]
    row |= {**_wording(event.facts), **dict.fromkeys(_PROPOSED, "")}


def _review_proposed(told: Retelling, event: Event) -> None:
    row, facts = told.tables["review_items"][(event.facts["item"],)], event.facts
    if row["proposed_by"] is not NOT_TOLD:
        row |= dict(zip(_PROPOSED, (facts["action"], event.person, facts["reason"]), strict=True))


def _review_ended(told: Retelling, event: Event) -> None:
    row, facts = told.tables["review_items"][(event.facts["item"],)], event.facts
    row |= {"state": event.kind.removeprefix("review_"), "ended_run": event.run, "person": event.person}
    row |= {"resolution": facts["action"], "resolution_reason": facts["reason"]}
    row["ended_at"] = facts.get("ended_at", NOT_TOLD)


def _key_added(told: Retelling, event: Event) -> None:
    name, public_key = event.facts["name"], event.facts["public_key"]
    row = {"name": name, "public_key": public_key, "added_by": event.person, "ended_by": "", "ended_at": None}
    told.tables["people"][(name,)] = {**row, "added_at": event.facts.get("added_at", NOT_TOLD)}


def _key_ended(told: Retelling, event: Event) -> None:
    row = told.tables["people"][(event.facts["name"],)]
    row |= {"ended_by": event.person, "ended_at": event.facts.get("ended_at", NOT_TOLD)}


def _configuration_changed(told: Retelling, event: Event) -> None:
    facts = {name: event.facts[name] for name in ("kind", "name", "sha256", "previous_sha256", "owner")}
    number = event.facts["change"]
    row = {"id": number, "connection": event.connection, "person": event.person, "run": event.run, "confirmed_by": ""}
    row["seen_at"] = event.facts.get("seen_at", NOT_TOLD)
    told.tables["configuration_changes"][(number,)] = {**row, **facts}


def _configuration_confirmed(told: Retelling, event: Event) -> None:
    for number in event.facts["changes"]:
        told.tables["configuration_changes"][(number,)]["confirmed_by"] = event.person


_STANDING_OF_KIND = {"settlement_new": "current", "settlement_seen_again": "same", "settlement_changed": "other"}


def _settlement_recorded(told: Retelling, event: Event) -> None:
    facts, is_full = event.facts, "head" in event.facts
    at = event.at if is_full else NOT_TOLD
    key = (event.connection, event.partition)
    row = {"connection": event.connection, "settlement_id": event.partition, "document_sha": facts["document"]}
    row["recorded_at"] = at
    if event.kind == "settlement_new":
        told.tables["settlements"][key] = {**row, "seller": facts.get("seller", NOT_TOLD)}
    told.tables["settlement_documents"][(*key, facts["document"])] = {
        **row,
        "content_hash": facts["content"],
        "source": facts["source"],
        "standing": _STANDING_OF_KIND[event.kind],
        "facts": facts_text(facts["head"]) if is_full else NOT_TOLD,
    }


def _settlement_accepted(told: Retelling, event: Event) -> None:
    key, chosen = (event.connection, event.partition), event.facts["document"]
    documents = [row for own, row in told.tables["settlement_documents"].items() if own[:2] == key]
    content = told.tables["settlement_documents"][(*key, chosen)]["content_hash"]
    for row in documents:
        if row["document_sha"] == chosen:
            row["standing"] = "current"
        elif row["standing"] == "current":
            row["standing"] = "superseded"
        elif row["standing"] == "other" and row["content_hash"] == content:
            row["standing"] = "same"
    told.tables["settlements"][key]["document_sha"] = chosen


def _report_noted(told: Retelling, event: Event) -> None:
    facts = event.facts
    told.reports_since.setdefault(event.connection, event.at)
    key = (event.connection, facts["report"], facts["document"])
    row = dict(zip(("connection", "report_id", "report_document_id"), key, strict=True))
    if facts["is_new"]:
        row["recorded_at"] = event.at
    else:
        row["recorded_at"] = told.tables["settlement_reports"].get(key, {}).get("recorded_at", NOT_TOLD)
    told.tables["settlement_reports"][key] = {**row, "settlement_id": event.partition}


_TELLERS: dict[str, Callable[[Retelling, Event], None]] = {
    "document_planned": _planned,
    "document_redated": _redated,
    "set_emptied": _emptied,
    "content_changed": _content_changed,
    **dict.fromkeys(_STANDING_OF_KIND, _settlement_recorded),
    "settlement_accepted": _settlement_accepted,
    "report_noted": _report_noted,
    "review_opened": _review_opened,
    "review_updated": _review_updated,
    "review_proposed": _review_proposed,
    "review_resolved": _review_ended,
    "review_cleared": _review_ended,
    "key_added": _key_added,
    "key_ended": _key_ended,
    "configuration_changed": _configuration_changed,
    "configuration_confirmed": _configuration_confirmed,
}

PROVED = ("outbox_sets", "outbox_documents", "outbox_differences", "review_items", "people", "configuration_changes")
PROVED += ("settlements", "settlement_documents", "settlement_reports")

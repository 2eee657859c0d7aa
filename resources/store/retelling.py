"""What the control database should hold, told anew from the audit trail alone; pure.

In: events of verified chains, in order. Out: for each table the rows that these events tell of, column by column. Every
column of a proved table is here or in `UNPROVED` with its reason; `resources/store/verification.py` compares.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# Columns that no event tells of, and why that is no loss.
UNPROVED: dict[str, dict[str, str]] = {
    "review_items": {
        **dict.fromkeys(
            ("sentence", "cure", "amount", "is_blocking", "details", "actions"),
            "brought up to date while the item is open, without an event; its first wording is in `review_opened`",
        ),
        **dict.fromkeys(("opened_at", "ended_at"), "read from the clock a moment before the event's own"),
        **dict.fromkeys(
            ("proposed_action", "proposed_by", "proposed_reason"),
            "cleared without an event when the item says something else; `review_proposed` keeps them",
        ),
    },
    "people": dict.fromkeys(("added_at", "ended_at"), "read from the clock a moment before the event's own"),
    "configuration_changes": {"seen_at": "read from the clock a moment before the event's own"},
}

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

    `stray` names the first event that tells of something no earlier event began.
    """

    tables: dict[str, Rows] = field(default_factory=lambda: {name: {} for name in PROVED})
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
        "state": "open",
        "opened_run": event.run,
        "ended_run": "",
        "person": "",
        "resolution": "",
        "resolution_reason": "",
    }


def _review_ended(told: Retelling, event: Event) -> None:
    row, facts = told.tables["review_items"][(event.facts["item"],)], event.facts
    row |= {"state": event.kind.removeprefix("review_"), "ended_run": event.run, "person": event.person}
    row |= {"resolution": facts["action"], "resolution_reason": facts["reason"]}


def _key_added(told: Retelling, event: Event) -> None:
    name, public_key = event.facts["name"], event.facts["public_key"]
    row = {"name": name, "public_key": public_key, "added_by": event.person, "ended_by": ""}
    told.tables["people"][(name,)] = row


def _key_ended(told: Retelling, event: Event) -> None:
    told.tables["people"][(event.facts["name"],)]["ended_by"] = event.person


def _configuration_changed(told: Retelling, event: Event) -> None:
    facts = {name: event.facts[name] for name in ("kind", "name", "sha256", "previous_sha256", "owner")}
    number = event.facts["change"]
    row = {"id": number, "connection": event.connection, "person": event.person, "run": event.run, "confirmed_by": ""}
    told.tables["configuration_changes"][(number,)] = {**row, **facts}


def _configuration_confirmed(told: Retelling, event: Event) -> None:
    for number in event.facts["changes"]:
        told.tables["configuration_changes"][(number,)]["confirmed_by"] = event.person


_TELLERS: dict[str, Callable[[Retelling, Event], None]] = {
    "document_planned": _planned,
    "set_emptied": _emptied,
    "content_changed": _content_changed,
    "review_opened": _review_opened,
    "review_resolved": _review_ended,
    "review_cleared": _review_ended,
    "key_added": _key_added,
    "key_ended": _key_ended,
    "configuration_changed": _configuration_changed,
    "configuration_confirmed": _configuration_confirmed,
}

PROVED = ("outbox_sets", "outbox_documents", "outbox_differences", "review_items", "people", "configuration_changes")

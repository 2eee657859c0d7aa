"""What the demonstration asks of Dagster: its GraphQL, as the UI uses it.

In: the address of the webserver. Out: runs launched and followed. Source: https://docs.dagster.io/api/graphql
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ledger.errors import ConnectorError

_ENDED = frozenset({"SUCCESS", "FAILURE", "CANCELED"})
_BACKFILL_ENDED = frozenset({"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"})

_LOCATIONS = """
query { repositoriesOrError { __typename ... on RepositoryConnection { nodes { name location { name } } }
  ... on PythonError { message } } }"""
_LAUNCH = """
mutation($selector: JobOrPipelineSelector!, $metadata: ExecutionMetadata!) {
  launchRun(executionParams: {selector: $selector, runConfigData: {}, executionMetadata: $metadata}) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
_STATUS = """query($id: ID!) { runOrError(runId: $id) { __typename ... on Run { status } } }"""
_BACKFILL = """
mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_BACKFILL_STATUS = """
query($id: String!, $tag: String!) {
  partitionBackfillOrError(backfillId: $id) { __typename ... on PartitionBackfill { status } }
  runsOrError(filter: {tags: [{key: "dagster/backfill", value: $tag}]}) {
    __typename ... on Runs { results { status } } } }"""


class DagsterFault(ConnectorError):
    """Dagster did not do what the demonstration asked."""


@dataclass(frozen=True)
class BackfillState:
    """How far a backfill is."""

    is_ended: bool
    runs_ended: int
    runs_failed: int


class DagsterApi:
    """One webserver on loopback."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, trust_env=False, timeout=30)
        self._selector: dict[str, str] = {}

    def close(self) -> None:
        """Close the connections to the webserver."""
        self._client.close()

    def wait_until_loaded(self, seconds: float, meanwhile: Callable[[], None]) -> None:
        """Wait until the code location is loaded; `meanwhile` may raise when a process has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            meanwhile()
            try:
                nodes = self.asked(_LOCATIONS, {})["repositoriesOrError"].get("nodes")
            except (httpx.HTTPError, DagsterFault):
                nodes = None
            if nodes:
                first = nodes[0]
                self._selector = {"repositoryLocationName": first["location"]["name"], "repositoryName": first["name"]}
                return
            time.sleep(0.5)
        raise DagsterFault(f"Dagster did not load the project within {seconds:.0f} seconds; see the logs of the demo.")

    def launch_job(self, name: str, tags: Mapping[str, str] | None = None) -> str:
        """Launch a job; return its run id."""
        given = {"tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]}
        asked = {"selector": {**self._selector, "pipelineName": name}, "metadata": given}
        answer = self.asked(_LAUNCH, asked)["launchRun"]
        return _required(answer, "run", f"launch {name}")["runId"]

    def is_run_ended(self, run_id: str) -> bool:
        """Tell whether a run has ended well; raises DagsterFault when it failed."""
        status = self.asked(_STATUS, {"id": run_id})["runOrError"].get("status", "")
        if status in _ENDED and status != "SUCCESS":
            raise DagsterFault(f"Run {run_id} ended with {status}; open it in the UI.")
        return status in _ENDED

    def launch_backfill(self, assets: list[list[str]], partitions: list[str]) -> str:
        """Launch a backfill of assets over partitions; return its id."""
        selection = [{"path": path} for path in assets]
        params = {"assetSelection": selection, "partitionNames": partitions}
        answer = self.asked(_BACKFILL, {"params": params})["launchPartitionBackfill"]
        return _required(answer, "backfillId", "launch the backfill")

    def backfill(self, backfill_id: str) -> BackfillState:
        """Return how far a backfill is."""
        answer = self.asked(_BACKFILL_STATUS, {"id": backfill_id, "tag": backfill_id})
        statuses = [run["status"] for run in answer["runsOrError"].get("results", ())]
        return BackfillState(
            is_ended=answer["partitionBackfillOrError"].get("status") in _BACKFILL_ENDED,
            runs_ended=sum(status in _ENDED for status in statuses),
            runs_failed=sum(status == "FAILURE" for status in statuses),
        )

    def asked(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the data of one question; raises DagsterFault when Dagster refuses it."""
        response = self._client.post("/graphql", json={"query": query, "variables": variables})
        response.raise_for_status()
        body = response.json()
        if body.get("errors"):
            raise DagsterFault(f"Dagster refuses a question: {body['errors'][0]['message']}")
        return body["data"]


def _required(answer: dict[str, Any], key: str, what: str) -> Any:
    if key not in answer:
        raise DagsterFault(f"Dagster could not {what}: {answer.get('message') or answer['__typename']}")
    return answer[key]

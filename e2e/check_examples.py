"""What the examples show a newcomer, checked on the built binary under the chart's own rights:

- all of them become Ready;
- applied a second time, they cause no AWS write;
- a restarted operator finds nothing to do: no AWS write, no status write;
- deleted and applied again, as in a cluster that takes a lost one's place, they take up what they had: no AWS write,
  the same resources.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path

from local_stack.process import Process, StackError

from cluster import Cluster, Failure
from fixtures import post
from progress import Progress
from run import EXAMPLES, build, recover, say, start
from session import Session
from tables import key_of, of_reasons

READY_SECONDS = 180
# Nothing is called for this long: the operator has come to rest.
QUIET_SECONDS = 3


def main() -> int:
    try:
        binary = Path(sys.argv[1]) if len(sys.argv) > 1 else build()
        with Session() as session:
            check(session, binary)
    except (Failure, StackError) as error:
        print(f"check of the examples: {error}", file=sys.stderr)
        return 1
    return 0


def check(session: Session, binary: Path) -> None:
    running = start(session, binary, debug=False)
    cluster, endpoint = running.cluster, running.stack.aws_endpoint

    say("applying the examples")
    examples = running.installation.apply_examples(EXAMPLES)
    progress = Progress(cluster, examples)
    await_ready(progress, examples, running.operator)
    recover(running, binary, progress)
    rest(endpoint)

    say("applying the examples again")
    post(endpoint, "calls/reset", {})
    running.installation.apply_examples(EXAMPLES)
    rest(endpoint)
    expect_no_write(endpoint, "a second apply")
    objects = progress.objects()

    say("restarting the operator")
    session.stop_operator()
    post(endpoint, "calls/reset", {})
    operator = session.start_operator(binary, running.installation, running.accounts, debug=False)
    rest(endpoint, accounts_of(objects))
    expect_no_write(endpoint, "a restart")
    for before, after in zip(objects, progress.objects(), strict=True):
        if before["metadata"]["resourceVersion"] != after["metadata"]["resourceVersion"]:
            raise Failure(f"a restart changed {named(before)}: {differences(before, after)}")

    say("deleting the objects, which retain their AWS resources, and applying them again")
    delete(cluster, progress)
    running.installation.apply_examples(EXAMPLES)
    await_ready(progress, examples, operator)
    rest(endpoint)
    expect_no_write(endpoint, "taking up what is there")
    for before, after in zip(objects, progress.objects(), strict=True):
        if ids(before) != ids(after):
            raise Failure(f"{named(before)} had {ids(before)} and now has {ids(after)}")
    say(f"the examples hold: {len(objects)} objects, {sum(len(ids(o)) for o in objects)} resources")


def await_ready(progress: Progress, examples: set, operator: Process) -> None:
    if not progress.follow(operator, READY_SECONDS):
        reasons = of_reasons(progress.objects(), examples)
        raise Failure(f"not Ready within {READY_SECONDS} s:\n{reasons}\n{operator.last_lines()}")


def delete(cluster: Cluster, progress: Progress) -> None:
    for thing in progress.objects():
        kind, namespace, name = key_of(thing)
        cluster.kubectl(
            *("delete", kind, name, f"--namespace={namespace}", "--timeout=60s"),
            attempt=f"delete {named(thing)}",
        )


def rest(endpoint: str, accounts: set[str] = frozenset()) -> None:
    """Waits until the operator has read in each of the accounts, and has been quiet for a while."""
    deadline = time.monotonic() + READY_SECONDS
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS or accounts - accounts_called(endpoint):
        if time.monotonic() > deadline:
            raise Failure(f"the operator did not come to rest within {READY_SECONDS} s")
        time.sleep(0.5)
        called = sum(call["count"] for call in calls(endpoint))
        if called != seen:
            seen, since = called, time.monotonic()


def expect_no_write(endpoint: str, occasion: str) -> None:
    writes = [call for call in calls(endpoint) if call["kind"] == "write"]
    if writes:
        lines = [f"  {w['account']} {w['region']} {w['operation']} × {w['count']}" for w in writes]
        raise Failure("\n".join([f"{occasion} must not write to AWS, but did:", *lines]))


def accounts_of(objects: list[dict]) -> set[str]:
    return {entry["account"] for thing in objects for entry in thing["status"].get("inventory", [])}


def accounts_called(endpoint: str) -> set[str]:
    return {call["account"] for call in calls(endpoint)}


def calls(endpoint: str) -> list[dict]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{endpoint}/local-aws/calls", timeout=30) as answer:
        return json.load(answer)


def ids(thing: dict) -> dict[str, str]:
    inventory = thing["status"].get("inventory", [])
    # Copies are found by their tags; what the ledger has of them is only until AWS lists them.
    kept = [entry for entry in inventory if not entry["role"].startswith("copy.")]
    return {f"{entry['role']} in {entry['region']}": entry["id"] for entry in kept}


def differences(before: dict, after: dict) -> str:
    changed = [
        f"{part}.{key}: {before[part].get(key)} → {after[part].get(key)}"
        for part in ("metadata", "spec", "status")
        for key in sorted(before[part].keys() | after[part].keys())
        if before[part].get(key) != after[part].get(key) and key != "resourceVersion"
    ]
    return "; ".join(changed)[:2000]


def named(thing: dict) -> str:
    kind, namespace, name = key_of(thing)
    return f"{kind} {namespace}/{name}"


if __name__ == "__main__":
    sys.exit(main())

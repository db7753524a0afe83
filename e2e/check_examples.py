"""What the examples show a newcomer, checked on the image's own binary as the chart's Deployment runs it, in a root with
nothing but certificates, under the chart's own rights, with TLS before AWS:

- all of them become Ready;
- applied a second time, they cause no AWS write;
- a restarted operator finds nothing to do: no AWS write, no status write;
- deleted and applied again, as in a cluster that takes a lost one's place, they take up what they had: no AWS write,
  the same resources;
- logs can be turned up without a restart, and name the object; traces reach a collector;
- the report on them says all that it promises, on pages that a browser, a screen reader and a printer take;
- kubectl wait and kstatus see what is Ready, stuck, and not looked at yet;
- the chart's rights are those that all of this has needed: none was missing, none was left over.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from pathlib import Path

import yaml
from local_stack.control_plane import AUDIT_LOG
from local_stack.process import Process, StackError

import aws
import rights
from cluster import Cluster, Failure, call
from command_line import CommandLine
from installation import load_documents, only, replace_config
from progress import Progress
from report import Report
from run import EXAMPLES, REPOSITORY, Running, build, recover, say, start
from session import Session
from tables import key_of, of_reasons

READY_SECONDS = 180
ARTEFACTS = REPOSITORY / ".local/artefacts"


def main() -> int:
    try:
        binary = Path(sys.argv[1]) if len(sys.argv) > 1 else build("make", "binary", "PROFILE=dev")
        with Session() as session:
            check(session, binary)
    except (Failure, StackError) as error:
        print(f"check of the examples: {error}", file=sys.stderr)
        return 1
    return 0


def check(session: Session, binary: Path) -> None:
    running = start(session, lambda installed: installed.as_container(binary), around=True)
    cluster, endpoint = running.cluster, running.stack.aws_endpoint

    say("applying the examples")
    examples = running.installation.apply_examples(EXAMPLES)
    progress = Progress(cluster, examples)
    await_ready(progress, examples, running.operator)
    recover(running, binary, progress)
    aws.rest(endpoint, READY_SECONDS)

    say("applying the examples again")
    aws.post(endpoint, "calls/reset", {})
    running.installation.apply_examples(EXAMPLES)
    aws.rest(endpoint, READY_SECONDS)
    expect_no_write(endpoint, "a second apply")
    objects = progress.objects()

    say("restarting the operator")
    session.stop_operator()
    aws.post(endpoint, "calls/reset", {})
    launch = running.installation.as_container(binary)
    operator = session.start_operator(launch, running.accounts, running.endpoint)
    aws.rest(endpoint, READY_SECONDS, accounts_of(objects))
    expect_no_write(endpoint, "a restart")
    for before, after in zip(objects, progress.objects(), strict=True):
        if before["metadata"]["resourceVersion"] != after["metadata"]["resourceVersion"]:
            raise Failure(f"a restart changed {named(before)}: {differences(before, after)}")

    say("deleting the objects, which retain their AWS resources, and applying them again")
    delete(cluster, progress)
    running.installation.apply_examples(EXAMPLES)
    await_ready(progress, examples, operator)
    aws.rest(endpoint, READY_SECONDS)
    expect_no_write(endpoint, "taking up what is there")
    for before, after in zip(objects, progress.objects(), strict=True):
        if ids(before) != ids(after):
            raise Failure(f"{named(before)} had {ids(before)} and now has {ids(after)}")
    say(f"the examples hold: {len(objects)} objects, {sum(len(ids(o)) for o in objects)} resources")

    report_on(running, binary, progress.objects())

    say("giving a server a host key from a Secret, and stopping the operator")
    hosted = running.installation.apply_examples(REPOSITORY / "e2e/host-key")
    await_ready(Progress(cluster, hosted), hosted, operator)
    probe(running)
    read_pages(running)
    turn_up(running, operator)
    withdraw(running, "osaka")
    look_as_others_do(running, session)
    expect_traces(running.stack.folder / "traces")
    log = running.stack.folder / AUDIT_LOG
    count = rights.check(running.installation.chart, log, running.installation.service_account)
    say(f"the operator needed all {count} rights that the chart gives it, and no other")


def report_on(running: Running, binary: Path, objects: list[dict]) -> None:
    """Makes the report that whoever answers for the examples would read, and opens it in a browser."""
    say("making a report on the examples, and opening it in a browser")
    stack = running.stack
    jichitai = CommandLine(binary, stack.kubeconfig, stack.aws_endpoint, running.accounts)
    config = stack.folder / "root/etc/jichitai/config.yaml"
    report = Report(jichitai, config, ARTEFACTS / "report", objects)
    report.make()
    report.make_month("131016")
    report.expect_content()
    say(f"{report.look(os.environ['NODE'], ARTEFACTS)} pages are as they should be; pictures are in {ARTEFACTS}")


def read_pages(running: Running) -> None:
    """Reads the report as it is now, as whom the chart's own role for readers is given to."""
    say("reading the operator's own pages")
    kubectl = running.cluster.kubectl
    kubectl("create", "serviceaccount", "auditor", "--namespace=chiyoda", attempt="make a reader")
    bound = ("--clusterrole=jichitai-viewer", "--serviceaccount=chiyoda:auditor")
    kubectl("create", "clusterrolebinding", "auditor", *bound, attempt="give a reader the rights")
    token = kubectl("create", "token", "auditor", "--namespace=chiyoda", attempt="have a token made").strip()
    request = urllib.request.Request(f"http://127.0.0.1:{running.installation.pages_port}/?lang=ja")
    request.add_header("Authorization", f"Bearer {token}")
    with aws.ask(request) as answer:
        page = answer.read().decode()
    missing = [name for name in ("千代田区", "札幌市", "大阪市") if name not in page]
    if missing:
        raise Failure(f"the operator's page does not show {missing}")


def turn_up(running: Running, operator: Process) -> None:
    """Changes the level of logs as a changed ConfigMap would: more is told, without a restart."""
    say("turning up the log")
    if "AWS read" in operator.log.read_text():
        raise Failure("reads are logged at level info")
    config = running.stack.folder / "root/etc/jichitai/config.yaml"
    wanted = yaml.safe_load(config.read_text()) | {"logLevel": "debug"}
    replace_config(config, wanted)
    poke = ("annotate", "municipality", "chiyoda", "--namespace=chiyoda", "example.jp/poke=1")
    running.cluster.kubectl(*poke, attempt="wake an object")
    await_line(operator, ('"message":"AWS read"', '"object":"Municipality/chiyoda/chiyoda"'))


def withdraw(running: Running, namespace: str) -> None:
    """Takes a namespace's account out of the configuration and gives it back, twice: an Event that repeats is counted."""
    say("taking an account out of the configuration, and giving it back")
    config = running.stack.folder / "root/etc/jichitai/config.yaml"
    whole = yaml.safe_load(config.read_text())
    less = whole | {"accounts": [one for one in whole["accounts"] if namespace not in one["namespaces"]]}
    for _ in range(2):
        for wanted, condition in ((less, "Stalled"), (whole, "Ready")):
            replace_config(config, wanted)
            running.cluster.kubectl(
                *("wait", f"--for=condition={condition}", "--timeout=60s", "--all"),
                *("municipalities", f"--namespace={namespace}"),
                attempt=f"wait until what is in namespace {namespace} is {condition}",
            )


def await_line(operator: Process, words: tuple[str, ...]) -> None:
    deadline = time.monotonic() + 60
    while not any(all(w in line for w in words) for line in operator.log.read_text().splitlines()):
        if operator.exited() is not None or time.monotonic() > deadline:
            raise Failure(f"no line of the log has all of {words}:\n{operator.last_lines()}")
        time.sleep(0.2)


def expect_traces(file: Path) -> None:
    """What the operator told a collector, protobuf as it is: texts stand in it as they are."""
    told = file.read_bytes() if file.exists() else b""
    for word in ("jichitai-operator", "reconcile", "observe", "step", "Municipality/chiyoda/chiyoda"):
        if word.encode() not in told:
            raise Failure(f"no trace has {word}, of {len(told)} bytes that a collector got")
    if b"PRIVATE KEY" in told:
        raise Failure("a trace holds a private key")


def look_as_others_do(running: Running, session: Session) -> None:
    """What `kubectl wait`, and Flux and others by kstatus, make of the objects. Stops the operator on the way."""
    cluster = running.cluster
    say("waiting as others do: kubectl wait, kstatus")
    kinds = "municipalities,filelinkbuckets,osakabackuppolicies,resolverendpoints"
    cluster.kubectl(
        *("wait", "--for=condition=Ready", "--timeout=60s", "--all", "--all-namespaces", kinds),
        attempt="kubectl wait for all that is Ready",
    )
    expect_statuses(cluster, {"Current"}, "all objects are Ready")
    stray = load_documents((EXAMPLES / "osaka.yaml").read_text(), EXAMPLES)[0]
    stray["metadata"] |= {"name": "stray"}
    cluster.apply([stray], "apply a second object of one municipality")
    ask = ("get", "municipality", "stray", f"--namespace={stray['metadata']['namespace']}")
    cluster.kubectl(
        *("wait", "--for=condition=Stalled", "--timeout=60s", *ask[1:]),
        attempt="kubectl wait for an object that cannot be as it is asked",
    )
    expect_statuses(cluster, {"Current", "Failed"}, "one object is stuck")
    cluster.kubectl("delete", *ask[1:], "--timeout=60s", attempt="delete it")
    session.stop_operator()
    cluster.apply([stray], "apply it while no operator runs")
    expect_statuses(cluster, {"Current", "InProgress"}, "nobody has looked at one object")


def expect_statuses(cluster: Cluster, expected: set[str], occasion: str) -> None:
    kinds = "municipalities,filelinkbuckets,osakabackuppolicies,resolverendpoints"
    objects = cluster.kubectl(
        *("get", kinds, "--all-namespaces", "--output=json"), attempt="list the objects"
    )
    lines = call([os.environ["KSTATUS"]], "ask kstatus", objects).splitlines()
    if {line.split()[-1] for line in lines} != expected:
        raise Failure("\n".join([f"{occasion}, but kstatus says:", *lines]))


def probe(running: Running) -> None:
    """Asks what the kubelet would ask."""
    deployment = only(running.installation.chart, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for name in ("livenessProbe", "readinessProbe"):
        asked = container[name]["httpGet"]
        url = f"http://127.0.0.1:{ports[asked['port']]}{asked['path']}"
        with aws.ask(url, container[name]["timeoutSeconds"]) as answer:
            if answer.status != 200:
                raise Failure(f"{name}: {answer.read().decode()}")


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


def expect_no_write(endpoint: str, occasion: str) -> None:
    writes = [call for call in aws.calls(endpoint) if call["kind"] == "write"]
    if writes:
        lines = [f"  {w['account']} {w['region']} {w['operation']} × {w['count']}" for w in writes]
        raise Failure("\n".join([f"{occasion} must not write to AWS, but did:", *lines]))


def accounts_of(objects: list[dict]) -> set[str]:
    return {entry["account"] for thing in objects for entry in thing["status"].get("inventory", [])}


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

"""`make run`: the built operator against a real API server and the local AWS, with the examples.

Builds the binary, starts the local stack, installs the chart but for its workloads, starts the operator as the
chart's ServiceAccount, applies `examples/`, shows progress, and prints what came of it. Stays until Ctrl-C; with
--once it ends by itself, with exit code 0 only if every object became Ready. Nothing is left running.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_stack.process import Process, StackError

import tables
from cluster import Cluster, Failure
from command_line import CommandLine
from container import Launch
from fixtures import Accounts, prepare_accounts
from installation import Installation
from progress import Progress
from recovery import Recovery
from session import Session, Stack

REPOSITORY = Path(__file__).resolve().parents[1]
EXAMPLES = REPOSITORY / "examples"


def main() -> int:
    arguments = parse()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    try:
        binary = arguments.operator or build()
        with Session() as session:
            return run(session, binary, arguments)
    except (Failure, StackError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="end when all is Ready, or overdue")
    parser.add_argument("--debug", action="store_true", help="the operator logs in detail")
    parser.add_argument("--timeout", type=float, default=180, help="seconds until all is Ready")
    parser.add_argument("--operator", type=Path, help="a binary instead of the one cargo builds")
    return parser.parse_args()


def build(*command: str) -> Path:
    """Builds the operator, and says where it is."""
    started = time.monotonic()
    command = command or ("cargo", "build", "--quiet", "--bin", "jichitai")
    say("building the operator (about 15 minutes the first time, on two cores)")
    built = subprocess.run(command, cwd=REPOSITORY, check=False)
    if built.returncode != 0:
        raise Failure(f"{' '.join(command)} failed (see above)")
    say(f"the operator is built, after {time.monotonic() - started:.0f} s")
    return Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "debug/jichitai"


@dataclass(frozen=True)
class Running:
    """The stack with the chart installed and the operator at work."""

    stack: Stack
    accounts: Accounts
    cluster: Cluster
    installation: Installation
    operator: Process
    # Where the operator finds AWS.
    endpoint: str


def start(session: Session, launch: Callable[[Installation], Launch], around: bool = False) -> Running:
    """Starts everything; `launch` says how the operator is started once the chart is installed. `around` has TLS before
    AWS, and a collector of traces."""
    say("starting etcd, kube-apiserver and the local AWS")
    stack = session.start_stack()
    cluster = Cluster(os.environ["KUBECTL"], stack.kubeconfig, stack.folder)

    say("preparing the accounts that the examples presuppose")
    accounts = prepare_accounts(REPOSITORY / "e2e/fixtures.yaml", stack.aws_endpoint)

    say("installing the chart: CRDs, RBAC, configuration")
    installation = Installation(cluster, os.environ["HELM"], accounts)
    installation.collector = session.start_collector() if around else ""
    installation.install()

    say("starting the operator as the chart's ServiceAccount")
    endpoint = session.start_tls() if around else stack.aws_endpoint
    operator = session.start_operator(launch(installation), accounts, endpoint)
    return Running(stack, accounts, cluster, installation, operator, endpoint)


def run(session: Session, binary: Path, arguments: argparse.Namespace) -> int:
    running = start(session, lambda installed: installed.as_process(binary, arguments.debug))
    stack, operator = running.stack, running.operator

    say("applying the examples")
    examples = running.installation.apply_examples(EXAMPLES)
    progress = Progress(running.cluster, examples)
    all_ready = progress.follow(operator, arguments.timeout)

    if all_ready:
        recover(running, binary, progress)
    objects = progress.objects()
    print(tables.of_objects(objects))
    print(tables.of_access(objects))
    print(tables.of_resolution(objects))
    print(tables.of_resources(objects))
    if not all_ready:
        print(f"not Ready within {arguments.timeout:.0f} s:", file=sys.stderr)
        print(tables.of_reasons(objects, examples), file=sys.stderr)
        print(f"the operator's last lines:\n{operator.last_lines()}", file=sys.stderr)
    if not arguments.once:
        how_to_look_further(stack, operator.log)
        stay(progress, operator)
    return 0 if all_ready else 1


def recover(running: Running, binary: Path, progress: Progress) -> None:
    """Backs 札幌市 up to Osaka and brings the recovery point back, as a person would."""
    stack = running.stack
    jichitai = CommandLine(binary, stack.kubeconfig, stack.aws_endpoint, running.accounts)
    recovery = Recovery(jichitai, stack.aws_endpoint, running.accounts, stack.folder)
    say("backing up to Osaka: jichitai backup run --wait")
    print(recovery.back_up())
    say("restoring the recovery point to Tokyo: jichitai restore apply")
    wanted = ("Municipality", "sapporo", "sapporo")
    municipality = next(one for one in progress.objects() if tables.key_of(one) == wanted)
    print(recovery.restore(municipality))


def stay(progress: Progress, operator: Process) -> None:
    say("everything stays up: change an object or a resource and watch; Ctrl-C ends it")
    while operator.exited() is None:
        progress.report_changes()
        time.sleep(1)
    raise Failure(f"the operator ended with code {operator.exited()}:\n{operator.last_lines()}")


def how_to_look_further(stack: Stack, log: Path) -> None:
    print(
        f"""To look further, in another shell:
  . {shlex.quote(str(stack.folder / "env"))}
  kubectl get jichitai -A
  tail -f {shlex.quote(str(log))}

That file sets, among others (and puts {os.environ["KUBECTL"]} on the PATH as kubectl):
  export KUBECONFIG={shlex.quote(str(stack.kubeconfig))}
  export AWS_ENDPOINT_URL={stack.aws_endpoint}
For the resources of one tenant, AWS_ACCESS_KEY_ID is its account's id.
""",
        flush=True,
    )


def say(line: str) -> None:
    print(f"==> {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Command line of the local stack.

Without options: starts a stack in a temporary folder, prints one line of JSON when it is ready
(`kubeconfig`, `awsEndpoint`, `dir`, `pids`), and ends it when standard input closes or on SIGTERM.
With --detach and --stop: the same, kept in the background under a lock file.

Environment: ETCD, KUBE_APISERVER and optionally KUBECTL, as `tools/install --print stack` says.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from . import background
from .process import StackError
from .supervisor import Options, Supervisor

REPOSITORY = Path(__file__).resolve().parents[3]


def main() -> int:
    arguments = parse()
    try:
        if arguments.stop:
            return background.stop(arguments.lock)
        if arguments.detach:
            return background.start(arguments.lock, arguments.dir or REPOSITORY / ".local/stack")
        return supervise(arguments)
    except StackError as error:
        print(f"local stack: {error}", file=sys.stderr)
        return 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local_stack", description=__doc__.partition("\n")[0])
    parser.add_argument("--dir", type=Path, help="state folder (default: temporary, removed)")
    parser.add_argument("--no-aws", action="store_true", help="start the control plane only")
    parser.add_argument(
        "--aws-args", nargs=argparse.REMAINDER, default=[], help="the rest goes to the local AWS"
    )
    parser.add_argument("--detach", action="store_true", help="stay in the background")
    parser.add_argument("--stop", action="store_true", help="end the one in the background")
    parser.add_argument(
        "--lock",
        type=Path,
        default=REPOSITORY / ".local/stack.pid",
        help="lock file of the one in the background",
    )
    parser.add_argument("--hold", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def supervise(arguments: argparse.Namespace) -> int:
    with contextlib.ExitStack() as resources:
        if arguments.hold:
            resources.enter_context(background.held(arguments.lock))
        folder = arguments.dir
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="jichitai-stack-"))
            resources.callback(shutil.rmtree, folder, ignore_errors=True)
        else:
            folder = folder.resolve()
            folder.mkdir(parents=True, exist_ok=True)
            forget_previous(folder)
        options = Options(
            folder=folder,
            etcd=binary("ETCD"),
            apiserver=binary("KUBE_APISERVER"),
            kubectl=os.environ.get("KUBECTL"),
            aws=not arguments.no_aws,
            aws_folder=REPOSITORY / "tests/aws",
            aws_arguments=arguments.aws_args,
            watch_stdin=not arguments.hold,
        )
        Supervisor(options).run()
    return 0


def forget_previous(folder: Path) -> None:
    """Removes what an earlier stack left in its folder, and nothing else that is there."""
    for pattern in ("etcd-*", "certificates", "bin", "kubeconfig", "env", "*.log", "*.out"):
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def binary(variable: str) -> str:
    path = os.environ.get(variable)
    if not path:
        raise StackError(f"{variable} is not set: eval what `tools/install --print stack` prints")
    return path


if __name__ == "__main__":
    sys.exit(main())

"""The stack in the background (`make up`, `make down`): one at a time, decided by a lock.

The supervisor holds a lock on a file for as long as it lives, so a file left by a crash, or a process
id that was given out again, is never taken for a running stack.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .process import StackError

STOP_SECONDS = 30


@contextlib.contextmanager
def held(lock: Path) -> Iterator[None]:
    """Holds the lock, with this process's id in it, for the length of the block."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError("another local stack is already up") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def running(lock: Path) -> int | None:
    """The process id of the supervisor that holds the lock, if one does."""
    if not lock.exists():
        return None
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            # Empty between the supervisor's lock and its first line, or at its very end.
            return int(file.read().strip() or 0)
    return None


def start(lock: Path, folder: Path) -> int:
    """Starts a supervisor that outlives this process, and returns when it is ready."""
    folder = folder.resolve()
    if running(lock) is not None:
        print("the local stack is already up", file=sys.stderr)
        _how_to_use(folder)
        return 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    errors = folder.parent / "stack.log"
    passed_on = [argument for argument in sys.argv[1:] if argument != "--detach"]
    command = [sys.executable, "-m", "local_stack", "--hold", "--dir", str(folder), *passed_on]
    with errors.open("w") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert child.stdout is not None
    ready = child.stdout.readline()
    if not ready:
        child.wait()
        raise StackError(f"it did not start:\n{errors.read_text()}")
    json.loads(ready)
    # In one place, whatever folder the stack lives in; it goes with the stack.
    environment = folder.parent / "env"
    environment.unlink(missing_ok=True)
    environment.symlink_to(folder / "env")
    _how_to_use(folder)
    return 0


def stop(lock: Path) -> int:
    """Ends the stack in the background and returns when it is gone."""
    deadline = time.monotonic() + STOP_SECONDS
    signalled = None
    while (process := running(lock)) is not None:
        if process and process != signalled:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
            signalled = process
        if time.monotonic() > deadline:
            raise StackError(f"process {process} did not end within {STOP_SECONDS} s")
        time.sleep(0.1)
    print("the local stack is down", file=sys.stderr)
    return 0


def _how_to_use(folder: Path) -> None:
    print(f"to use it from a shell: source {folder.parent / 'env'}", file=sys.stderr)

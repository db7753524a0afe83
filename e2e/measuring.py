"""Where the figures of a benchmark come from: the API server's audit log, /proc, the operator's metrics."""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aws

WRITES = ("create", "update", "patch", "delete")


@dataclass
class Cost:
    """What one phase cost, over all tenants."""

    seconds: float = 0
    aws_reads: int = 0
    aws_writes: int = 0
    kubernetes_writes: int = 0
    cpu_seconds: float = 0
    peak_mebibytes: float = 0
    own_mebibytes: float = 0
    reads_by_operation: dict[str, int] = field(default_factory=dict)
    writes_by_operation: dict[str, int] = field(default_factory=dict)
    kubernetes_writes_by_resource: dict[str, int] = field(default_factory=dict)


def calls_by_kind(calls: list[dict]) -> dict[str, Counter[str]]:
    """How often each operation was called, reads and writes apart."""
    by_kind: dict[str, Counter[str]] = {"read": Counter(), "write": Counter()}
    for call in calls:
        by_kind[call["kind"]][f"{call['service']}:{call['operation']}"] += call["count"]
    return by_kind


class AuditLog:
    """The operator's writes to Kubernetes, but for its Leases."""

    def __init__(self, log: Path) -> None:
        self._log = log
        # Of the log and what was rotated away before it, as one text.
        self._read = 0

    def writes(self) -> Counter[str]:
        """Those since the last time, by what was written and how: "municipalities/status patch"."""
        found: Counter[str] = Counter()
        for event in self._events():
            reference = event.get("objectRef", {})
            if event["verb"] in WRITES and reference.get("resource") != "leases":
                resource = "/".join(filter(None, (reference.get("resource"), reference.get("subresource"))))
                found[f"{resource} {event['verb']}"] += 1
        return found

    def _events(self) -> Iterator[dict]:
        begins = 0
        for file in (*sorted(self._log.parent.glob(f"{self._log.stem}-*{self._log.suffix}")), self._log):
            with file.open("rb") as log:
                log.seek(max(0, self._read - begins))
                while (line := log.readline()).endswith(b"\n"):
                    self._read = begins + log.tell()
                    yield json.loads(line)
            begins += file.stat().st_size


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(pid: int) -> float:
    """The most memory that it has had, pages of the program included."""
    return mebibytes(pid, "VmHWM")


def own_mebibytes(pid: int) -> float:
    """What it holds now, without pages of the program, which the system takes back when it needs them."""
    return mebibytes(pid, "RssAnon")


def mebibytes(pid: int, field: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    return round(int(found.group(1)) / 1024, 1)


def metrics(port: int) -> Counter[str]:
    """The operator's metrics, summed up by name; none while nobody answers."""
    try:
        with aws.ask(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
    except OSError:
        return Counter()
    sums: Counter[str] = Counter()
    for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)$", text, re.MULTILINE):
        sums[name] += float(value)
    return sums


def answers(port: int, path: str) -> bool:
    """Whether a probe of this process would be content."""
    try:
        aws.ask(f"http://127.0.0.1:{port}{path}").close()
    except OSError:
        return False
    return True


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many of a hundred do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]

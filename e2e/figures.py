"""What a benchmark prints, and what it holds against a budget."""

from __future__ import annotations

from cluster import Failure
from tables import table

# By the number of tenants, by phase.
Result = dict[str, dict[str, dict]]


def of_costs(result: Result) -> str:
    """Per tenant, but for time, CPU and memory."""
    head = ["TENANTS", "PHASE", "READS", "WRITES", "K8S WRITES", "SECONDS", "CPU S", "PEAK MIB", "OWN MIB"]
    rows = []
    for count, phases in result.items():
        for phase, cost in phases.items():
            if "aws_reads" not in cost:
                continue
            names = ("aws_reads", "aws_writes", "kubernetes_writes")
            per_tenant = [f"{cost[name] / int(count):.1f}" for name in names]
            whole = [str(cost[name]) for name in ("seconds", "cpu_seconds", "peak_mebibytes", "own_mebibytes")]
            rows.append([count, phase, *per_tenant, *whole])
    return "\n".join(["calls and writes per tenant:", table(head, rows)])


def of_times(result: Result) -> str:
    """How long somebody waits, in seconds."""
    rows = []
    for count, phases in result.items():
        listed, edit, drift = phases["restart"], phases["edit under load"], phases["drift"]
        rows += [
            [count, "restart until all is listed", "1", "", "", str(listed["listed_seconds"])],
            [count, "restart until all was looked at", "1", "", "", str(listed["seconds"])],
            [count, "edit under load until a write", "1", "", "", str(edit["seconds"])],
            [count, "drift under load until repaired", *(str(drift[n]) for n in ("count", "p50", "p95", "max"))],
        ]
    return "\n".join(["seconds:", table(["TENANTS", "WHAT", "TIMES", "P50", "P95", "MAX"], rows)])


def hold(budget: dict, result: Result) -> None:
    """Fails with every figure that is above its bound."""
    over = []
    for count, phases in budget.items():
        for phase, bounds in phases.items():
            for name, bound in bounds.items():
                found = result[count][phase][name]
                if found > bound:
                    over.append(f"{count} tenants, {phase}: {name} {found}, and not more than {bound}")
    if over:
        raise Failure("\n".join(["the budget does not hold:", *over]))

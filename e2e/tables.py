"""Objects, conditions and AWS resources as tables for a terminal."""

from __future__ import annotations

import unicodedata

CELL = 60


def key_of(thing: dict) -> tuple[str, str, str]:
    return thing["kind"], thing["metadata"]["namespace"], thing["metadata"]["name"]


def conditions_of(thing: dict) -> list[dict]:
    return thing.get("status", {}).get("conditions", [])


def ready_of(thing: dict) -> dict:
    return next((c for c in conditions_of(thing) if c["type"] == "Ready"), {})


def of_objects(objects: list[dict]) -> str:
    """One row per object: is it so, and if not, why."""
    codes = {
        key_of(thing)[1:]: thing["spec"]["code"]
        for thing in objects
        if thing["kind"] == "Municipality"
    }
    rows = []
    for thing in objects:
        kind, namespace, name = key_of(thing)
        ready = ready_of(thing)
        rows.append(
            [
                kind,
                f"{namespace}/{name}",
                codes.get(municipality_of(thing), "-"),
                ready.get("status", "-"),
                ready.get("reason", "-"),
                ready.get("message", ""),
                " ".join(aspect(c) for c in conditions_of(thing) if is_worth_showing(c)),
            ]
        )
    return table(
        ["KIND", "OBJECT", "CODE", "READY", "REASON", "MESSAGE", "CONDITIONS"], rows, wide=True
    )


def of_access(objects: list[dict]) -> str:
    """One table per bucket: who gets in, and whether both policies let them."""
    blocks = []
    for thing in objects:
        status = thing.get("status", {})
        if "bucket" not in status:
            continue
        rows = [
            [
                grant["principal"],
                grant["access"],
                "yes" if grant["bucketPolicy"] else "no",
                "yes" if grant["keyPolicy"] else "no",
                grant.get("reason", "-"),
            ]
            for grant in status.get("access", [])
        ]
        kind, namespace, name = key_of(thing)
        sftp = status.get("sftp")
        lines = [f"{kind} {namespace}/{name}: bucket {status['bucket']['name']}"]
        if sftp:
            where = ", ".join(sftp.get("ips", []))
            lines.append(f"SFTP {sftp.get('host')} ({where}), {sftp.get('hostKeyFingerprint')}")
        header = ["PRINCIPAL", "ACCESS", "BUCKET POLICY", "KEY POLICY", "REASON"]
        blocks.append("\n".join(lines) + "\n" + table(header, rows, cell=110))
    return "\n".join(blocks)


def of_resolution(objects: list[dict]) -> str:
    """Per Resolver endpoint: its addresses, what it forwards, and where that holds."""
    blocks = []
    for thing in objects:
        status = thing.get("status", {})
        if "endpointId" not in status:
            continue
        kind, namespace, name = key_of(thing)
        direction = thing["spec"]["direction"]
        vpc = status.get("hostVpcId", "-")
        block = f"{kind} {namespace}/{name}: {direction} {status['endpointId']} in {vpc}\n"
        rows = [
            [
                address["ip"],
                address.get("az", "-"),
                address["subnetId"],
                address["status"],
                "yes" if address.get("retiring") else "no",
            ]
            for address in status.get("ipAddresses", [])
        ]
        block += table(["ADDRESS", "AZ", "SUBNET", "STATUS", "RETIRING"], rows)
        rows = [
            [rule["name"], rule["domain"], rule["id"], rule["status"], str(rule["associations"])]
            for rule in status.get("rules", [])
        ]
        if rows:
            block += table(["RULE", "DOMAIN", "ID", "STATUS", "VPCS"], rows)
        rows = [
            [
                one.get("municipality", "-"),
                one["accountId"],
                one.get("vpcId", "-"),
                "yes" if one["accepted"] else "no",
                str(one["rules"]),
            ]
            for one in status.get("associations", [])
        ]
        if rows:
            block += table(["MUNICIPALITY", "ACCOUNT", "VPC", "ACCEPTED", "RULES"], rows)
        blocks.append(block)
    return "\n".join(blocks)


def of_resources(objects: list[dict]) -> str:
    """One table per account and region: what the operator keeps there."""
    places: dict[tuple[str, str], list[list[str]]] = {}
    for thing in objects:
        kind, _, name = key_of(thing)
        for entry in thing.get("status", {}).get("inventory", []):
            place = entry.get("account", "-"), entry.get("region", "-")
            row = [entry.get(field) or "-" for field in ("role", "service", "id", "state")]
            places.setdefault(place, []).append([f"{kind}/{name}", *row])
    return "\n".join(
        f"AWS account {account}, {region}\n"
        + table(["OWNER", "ROLE", "SERVICE", "ID", "STATE"], sorted(rows))
        for (account, region), rows in sorted(places.items())
    )


def of_reasons(objects: list[dict], wanted: set[tuple[str, str, str]]) -> str:
    """The wanted objects that are not Ready, each with all that is not well."""
    lines = []
    for thing in objects:
        if key_of(thing) not in wanted or ready_of(thing).get("status") == "True":
            continue
        kind, namespace, name = key_of(thing)
        lines.append(f"  {kind} {namespace}/{name}")
        causes: dict[tuple[str, str], list[str]] = {}
        for condition in conditions_of(thing):
            if not is_well(condition):
                cause = condition.get("reason", ""), condition.get("message", "")
                causes.setdefault(cause, []).append(f"{condition['type']}={condition['status']}")
        for (reason, message), types in causes.items():
            lines += [f"    {reason} ({', '.join(types)})", f"      {message}"]
        if not conditions_of(thing):
            lines.append("    the operator has not reported on it")
    missing = wanted - {key_of(thing) for thing in objects}
    lines += [f"  {kind} {namespace}/{name}: gone" for kind, namespace, name in sorted(missing)]
    return "\n".join(lines)


def is_well(condition: dict) -> bool:
    """Reconciling and Stalled are well when they are False, every other aspect when True."""
    wanted = "False" if condition["type"] in ("Reconciling", "Stalled") else "True"
    return condition["status"] == wanted


def municipality_of(thing: dict) -> tuple[str, str]:
    spec, metadata = thing["spec"], thing["metadata"]
    if thing["kind"] == "Municipality":
        return metadata["namespace"], metadata["name"]
    reference = spec.get("municipalityRef") or spec.get("placement", {}).get("municipalityRef", {})
    return reference.get("namespace", metadata["namespace"]), reference.get("name", "")


def is_worth_showing(condition: dict) -> bool:
    """Ready has columns of its own, and nobody is helped by reading that something is not stalled."""
    passing = condition["type"] in ("Reconciling", "Stalled") and is_well(condition)
    return condition["type"] != "Ready" and not passing


def aspect(condition: dict) -> str:
    known = "✓" if is_well(condition) else "✗"
    return ("?" if condition["status"] == "Unknown" else known) + condition["type"]


def table(
    header: list[str], rows: list[list[str]], wide: bool = False, cell: int = CELL
) -> str:
    """Columns as wide as their content, up to `cell`; with `wide` the last is not cut."""
    cut = [
        [shorten(text, cell) if index < len(row) - wide else text for index, text in enumerate(row)]
        for row in rows
    ]
    lines = [header, *cut]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    return "".join(
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(line, widths)).rstrip()
        + "\n"
        for line in lines
    )


def shorten(text: str, limit: int) -> str:
    text = " ".join(text.split())
    if width(text) <= limit:
        return text
    while width(text) > limit - 1:
        text = text[:-1]
    return text + "…"


def width(text: str) -> int:
    """Columns on a terminal: Japanese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

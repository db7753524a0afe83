"""JSON schemas of the built-in kinds, for kubeconform: taken from the API server itself, so no download.

`python -m local_stack.schemas FOLDER` fills FOLDER/<version>, if it is not there, and prints the template that
kubeconform takes as its -schema-location. Needs ETCD, KUBE_APISERVER and KUBECTL.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .process import StackError, clean_environment

REFERENCE = "#/definitions/"


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    version = run([os.environ["KUBE_APISERVER"], "--version"]).split()[-1]
    target = folder / version
    if not target.exists():
        building = folder / f".{version}-{os.getpid()}"
        write_schemas(read_openapi(), building)
        try:
            building.rename(target)
        except OSError:
            # Another run was faster; the two are the same.
            shutil.rmtree(building)
    print(f"{target}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json")
    return 0


def run(command: list[str]) -> str:
    done = subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StackError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def read_openapi() -> dict:
    """Asks an API server that lives just long enough to answer."""
    with subprocess.Popen(
        [sys.executable, "-m", "local_stack", "--no-aws"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as supervisor:
        assert supervisor.stdout is not None
        ready = supervisor.stdout.readline()
        if not ready:
            raise StackError("the stack that the schemas are read from did not start")
        kubeconfig = json.loads(ready)["kubeconfig"]
        kubectl = os.environ["KUBECTL"]
        return json.loads(run([kubectl, "--kubeconfig", kubeconfig, "get", "--raw", "/openapi/v2"]))


def write_schemas(openapi: dict, folder: Path) -> None:
    """One file per kind and version, complete in itself."""
    folder.mkdir(parents=True)
    definitions = {name: strict(schema) for name, schema in openapi["definitions"].items()}
    for name, schema in definitions.items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            # kubeconform names them by the first label of the group.
            group = kind["group"].partition(".")[0]
            parts = [kind["kind"].lower(), *([group] if group else []), kind["version"]]
            used = {each: definitions[each] for each in reachable(name, definitions)}
            content = {"$ref": REFERENCE + name, "definitions": used}
            (folder / f"{'-'.join(parts)}.json").write_text(json.dumps(content))


def strict(schema: dict) -> dict:
    """The schema with fields that it does not name refused, as the API server's strict validation does."""
    if schema.get("format") == "int-or-string":
        return {"type": ["string", "integer"]}
    changed = {
        key: {name: strict(each) for name, each in value.items()} if key == "properties" else value
        for key, value in schema.items()
    }
    for key in ("items", "additionalProperties"):
        if isinstance(changed.get(key), dict):
            changed[key] = strict(changed[key])
    if "properties" in changed and "additionalProperties" not in changed:
        changed["additionalProperties"] = False
    return changed


def reachable(name: str, definitions: dict[str, dict]) -> set[str]:
    """The definitions that `name` needs, itself included."""
    found: set[str] = set()
    open_ends = [name]
    while open_ends:
        current = open_ends.pop()
        if current not in found:
            found.add(current)
            open_ends += references(definitions[current])
    return found


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"].removeprefix(REFERENCE)] if isinstance(value.get("$ref"), str) else []
        return own + [each for item in value.values() for each in references(item)]
    if isinstance(value, list):
        return [each for item in value for each in references(item)]
    return []


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        sys.exit(f"schemas: {error}")

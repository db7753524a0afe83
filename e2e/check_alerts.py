"""The chart's alerts and dashboards, read by promtool: rules and expressions make sense, and `alerts.test.yaml` tells for
series of an operator which alerts fire when, and what they say."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path

import yaml

from cluster import Failure, call

HERE = Path(__file__).resolve().parent
CHART = HERE.parent / "charts/jichitai-operator"


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder))
    except Failure as error:
        print(f"check of the alerts: {error}", file=sys.stderr)
        return 1
    return 0


def check(folder: Path) -> None:
    (folder / "alerts.yaml").write_text(yaml.safe_dump(alerts(), allow_unicode=True))
    (folder / "dashboards.yaml").write_text(yaml.safe_dump(dashboards()))
    (folder / "test.yaml").write_text((HERE / "alerts.test.yaml").read_text())
    promtool = os.environ["PROMTOOL"]
    for file in ("alerts.yaml", "dashboards.yaml"):
        call([promtool, "check", "rules", "--lint=all", "--lint-fatal", str(folder / file)], f"check {file}")
    call([promtool, "test", "rules", str(folder / "test.yaml")], "test the alerts")


def alerts() -> dict:
    """The rules as the chart renders them."""
    rendered = call(
        [os.environ["HELM"], "template", "jichitai", str(CHART), "--namespace", "jichitai-system"]
        + ["--values", str(HERE / "values.yaml"), "--show-only", "templates/monitoring.yaml"]
        + ["--set", "metrics.alerts.enabled=true", "--kube-version", "1.36.0"],
        "render the alerts",
    )
    rules = [d for d in yaml.safe_load_all(rendered) if d and d["kind"] == "PrometheusRule"]
    if len(rules) != 1:
        raise Failure(f"the chart renders {len(rules)} PrometheusRules, not one")
    return rules[0]["spec"]


def dashboards() -> dict:
    """The dashboards' expressions as recording rules, with something in the place of Grafana's variables."""
    rules = []
    for path in sorted((CHART / "files/dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                expression = re.sub(r"\$\{?\w+\}?", "chiyoda", target["expr"])
                name = f"dashboard:{path.stem}:panel{panel['id']}{target['refId']}"
                rules.append({"record": name, "expr": expression})
    return {"groups": [{"name": "dashboards", "rules": rules}]}


if __name__ == "__main__":
    sys.exit(main())

"""The chart with each of several values: helm lint, and what it renders against the API server's own schemas."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import yaml

from cluster import Failure, call

REPOSITORY = Path(__file__).resolve().parents[1]
CHART = REPOSITORY / "charts/jichitai-operator"
# Kinds of the Prometheus Operator, whose schemas are not here.
UNKNOWN = "ServiceMonitor,PrometheusRule"


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as folder:
            for values in files(Path(folder)):
                check(values, schemas=sys.argv[1])
    except Failure as error:
        print(f"check of the chart: {error}", file=sys.stderr)
        return 1
    return 0


def files(folder: Path) -> list[Path]:
    """The chart's own values for tests, those of `make run`, and those of the sample repository's Application."""
    application = yaml.safe_load((REPOSITORY / "docs/gitops/argocd/operator.yaml").read_text())
    sample = folder / "gitops-values.yaml"
    sample.write_text(yaml.safe_dump(application["spec"]["source"]["helm"]["valuesObject"]))
    own = sorted((CHART / "ci").glob("*-values.yaml"))
    return [*own, REPOSITORY / "e2e/values.yaml", sample]


def check(values: Path, schemas: str) -> None:
    helm, version = os.environ["HELM"], "1.36.0"
    given = ["--kube-version", version, "--values", str(values), str(CHART)]
    call([helm, "lint", "--quiet", "--strict", *given], f"helm lint with {values.name}")
    rendered = call(
        [helm, "template", "jichitai", "--namespace", "jichitai-system", *given],
        f"helm template with {values.name}",
    )
    call(
        [os.environ["KUBECONFORM"], "-strict", "-skip", UNKNOWN, "-schema-location", schemas],
        f"kubeconform over what is rendered with {values.name}",
        rendered,
    )


if __name__ == "__main__":
    sys.exit(main())

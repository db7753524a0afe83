"""What an administrator installs: all of the chart that is not a workload."""

from __future__ import annotations

from pathlib import Path

import yaml
from local_stack.process import free_port
from local_stack.service_account import write_service_account_kubeconfig

import container
from cluster import Cluster, Failure, call
from container import Launch
from fixtures import Accounts

REPOSITORY = Path(__file__).resolve().parents[1]
RELEASE = "jichitai"
NAMESPACE = "jichitai-system"
GROUP = "jichitai.dev"
# Nothing here runs containers: the operator is a process of this machine.
WORKLOADS = {"Deployment", "PodDisruptionBudget", "NetworkPolicy", "Service", "ServiceMonitor"}


class Installation:
    def __init__(self, cluster: Cluster, helm: str, accounts: Accounts) -> None:
        self._cluster = cluster
        self._helm = helm
        self._accounts = accounts
        self.operator_kubeconfig = cluster.folder / "kubeconfig-operator"
        self.operator_config = cluster.folder / "config.yaml"
        self.health_port = free_port()
        self.pages_port = free_port()
        # Where traces go.
        self.collector = ""
        self.chart: list[dict] = []

    def install(self) -> None:
        """Applies the chart, and writes the operator's kubeconfig and configuration."""
        self.chart = self._render()
        chart = [document for document in self.chart if document["kind"] not in WORKLOADS]
        self._cluster.apply(chart, "apply the chart")
        definitions = [d for d in chart if d["kind"] == "CustomResourceDefinition"]
        self._cluster.kubectl(
            *("wait", "--for=condition=Established", "--timeout=60s"),
            *(f"customresourcedefinition/{name_of(definition)}" for definition in definitions),
            attempt="wait until the CRDs are established",
        )
        self._write_config(chart)
        write_service_account_kubeconfig(
            self._cluster.kubectl_binary,
            self._cluster.kubeconfig,
            *self.service_account,
            self.operator_kubeconfig,
        )

    def as_process(self, binary: Path, debug: bool) -> Launch:
        """The operator as a process of this machine, with the chart's rights and configuration."""
        if not binary.exists():
            raise Failure(f"{binary} does not exist")
        environment = {
            "KUBECONFIG": str(self.operator_kubeconfig),
            "JICHITAI_NAMESPACE": NAMESPACE,
            "JICHITAI_IDENTITY": "jichitai-local",
        }
        if debug:
            environment["RUST_LOG"] = "info,jichitai=debug"
        return Launch([str(binary.resolve()), "run", "--config", str(self.operator_config)], environment)

    def as_container(self, binary: Path) -> Launch:
        """The operator as the chart's Deployment runs it."""
        folder = self._cluster.folder
        return container.launch(
            folder / "root",
            binary,
            folder / "certificates/ca.crt",
            self.chart,
            self.operator_kubeconfig,
            NAMESPACE,
        )

    @property
    def service_account(self) -> tuple[str, str]:
        """Namespace and name of the operator's ServiceAccount."""
        metadata = only(self.chart, "ServiceAccount")["metadata"]
        return metadata["namespace"], metadata["name"]

    def apply_examples(self, folder: Path) -> set[tuple[str, str, str]]:
        """Applies a folder of examples; gives kind, namespace and name of the objects of our group."""
        documents = []
        for path in sorted(folder.rglob("*.yaml")):
            documents += load_documents(self._accounts.fill_in(path.read_text()), path)
        if not documents:
            raise Failure(f"{folder} has no YAML files")
        self._cluster.apply(documents, f"apply {folder.name}/")
        return {
            (document["kind"], document["metadata"].get("namespace", "default"), name_of(document))
            for document in documents
            if document["apiVersion"].startswith(f"{GROUP}/")
        }

    def _render(self) -> list[dict]:
        rendered = call(
            [self._helm, "template", RELEASE, str(REPOSITORY / "charts/jichitai-operator")]
            + ["--namespace", NAMESPACE, "--values", str(REPOSITORY / "e2e/values.yaml")]
            + ["--kube-version", self._cluster.version()]
            + ["--set", f"health.port={self.health_port}", "--set", "metrics.enabled=false"]
            + ["--set", f"pages.port={self.pages_port}", "--set", f"traces.endpoint={self.collector}"],
            "render the chart",
        )
        documents = load_documents(self._accounts.fill_in(rendered), Path("the chart"))
        for document in documents:
            if document["kind"] in ("ServiceAccount", "ConfigMap", "Role", "RoleBinding"):
                document["metadata"].setdefault("namespace", NAMESPACE)
        return documents

    def _write_config(self, chart: list[dict]) -> None:
        holders = [
            document
            for document in chart
            if document["kind"] == "ConfigMap" and "config.yaml" in document.get("data", {})
        ]
        if len(holders) != 1:
            raise Failure(f"the chart has {len(holders)} ConfigMaps with a config.yaml, not one")
        self.operator_config.write_text(holders[0]["data"]["config.yaml"])


def only(documents: list[dict], kind: str) -> dict:
    found = [document for document in documents if document["kind"] == kind]
    if len(found) != 1:
        raise Failure(f"the chart has {len(found)} objects of kind {kind}, not one")
    return found[0]


def replace_config(path: Path, config: dict) -> None:
    """Puts a configuration in place of the one that the operator follows, whole or not at all."""
    changed = path.with_suffix(".new")
    changed.write_text(yaml.safe_dump(config))
    changed.rename(path)


def name_of(document: dict) -> str:
    return document["metadata"]["name"]


def load_documents(text: str, origin: Path) -> list[dict]:
    try:
        return [document for document in yaml.safe_load_all(text) if document]
    except yaml.YAMLError as error:
        raise Failure(f"read {origin}: {error}") from error

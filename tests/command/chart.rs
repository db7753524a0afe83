//! The chart's README is made from its values and metadata: `UPDATE_DOCS=1` writes it anew.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn page(chart: &Path) -> String {
    let text = |file: &str| fs::read_to_string(chart.join(file)).expect("a file of the chart");
    let about: Value = serde_saphyr::from_str(&text("Chart.yaml")).expect("YAML");
    let field = |name: &str| about[name].as_str().expect("a text");
    format!(
        "# {name}

{description}. Version {version}, Kubernetes {kubernetes}.

```
helm install jichitai charts/{name} --namespace jichitai-system --create-namespace --values my-values.yaml
helm upgrade jichitai charts/{name} --namespace jichitai-system --values my-values.yaml
helm uninstall jichitai --namespace jichitai-system
```

- **Required**: `config.installation` and `image.repository`. `values.schema.json` names what is wrong with the others.
- **CustomResourceDefinitions** are templates of the chart, so that an upgrade upgrades them: Helm never touches again what lies in a
  chart's own `crds/` folder. They carry `helm.sh/resource-policy: keep`, because deleting a definition deletes every object of its
  kind: they stay when the release is uninstalled, and so does everything in AWS. `crds.install: false` where another team applies them.
- **An upgrade** needs no order: a new replica takes over a shard when the old one has finished the steps that it began there.
- **Rights**: the operator's own ClusterRole, ClusterRoles for people (`jichitai-viewer`, `jichitai-editor`, `jichitai-platform`), and
  [rules of admission](../../docs/en/operations.md#rules-of-admission).
- **More**: [operations](../../docs/en/operations.md), [運用](../../docs/ja/operations.md).

## Values

```yaml
{values}```
",
        name = field("name"),
        description = field("description"),
        version = field("version"),
        kubernetes = field("kubeVersion"),
        values = text("values.yaml"),
    )
}

#[test]
fn its_readme_is_true() {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/jichitai-operator");
    super::is_up_to_date(&chart.join("README.md"), &page(&chart));
}

/// Each alert leads to a heading of its name, in both languages.
#[test]
fn each_alert_has_a_runbook() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let alerts = fs::read_to_string(root.join("charts/jichitai-operator/files/alerts.yaml")).expect("the alerts");
    let alerts: Vec<Value> = serde_saphyr::from_str(&alerts).expect("YAML");
    let names: Vec<String> = alerts
        .iter()
        .map(|alert| format!("## {}", alert["alert"].as_str().expect("a name")))
        .collect();
    for language in ["en", "ja"] {
        let page = fs::read_to_string(root.join(format!("docs/{language}/alerts.md"))).expect("the page");
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, names, "{language}");
    }
}

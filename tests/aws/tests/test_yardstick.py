"""The yardstick: what AWS documents, asked of this server row by row in both Regions.

`yardstick/probe.py` asks, `yardstick/differences.json` lists the rows that are not as AWS documents, each
with the reason. A row that is right again has to leave the list.
"""

import json
import subprocess
import sys
from pathlib import Path

from conftest import FOLDER, LocalAws

YARDSTICK = FOLDER / "yardstick"


def test_every_row_is_as_aws_documents_or_listed_with_a_reason(aws: LocalAws, tmp_path: Path):
    out = tmp_path / "rows.json"
    command = [sys.executable, str(YARDSTICK / "probe.py"), "--quiet"]
    command += ["--endpoint", aws.endpoint, "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=600)
    rows = json.loads(out.read_text())
    assert len(rows) > 800
    off = {f"{row['service']} {row['op']}" for row in rows if row["status"] not in ("OK", "INFO")}
    listed = json.loads((YARDSTICK / "differences.json").read_text())
    reasons = {row: group["reason"] for group in listed for row in group["rows"]}
    unlisted = [row for row in rows if f"{row['service']} {row['op']}" in off - reasons.keys()]
    assert not unlisted, json.dumps([r for r in unlisted if r["status"] != "OK"], indent=1)
    assert not reasons.keys() - off, "as AWS documents by now: take them off the list"
    assert all(reasons.values())

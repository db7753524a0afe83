"""The report on the examples: made by the command line from the cluster and the accounts, and looked at in a browser."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cluster import Failure, call
from command_line import CommandLine
from tables import key_of

LOOK = Path(__file__).parent.parent / "tests/browser/look.mjs"
# Words of a page in each language, besides what the objects say.
HEADINGS = {"ja": ["適合", "不適合", "鍵", "ネットワーク"], "en": ["passed", "failed", "Keys", "Network"]}


def this_month() -> str:
    """The month in Japan, as the command takes it."""
    return datetime.now(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m")


class Report:
    """Reports in both languages, in folders below `folder`."""

    def __init__(self, jichitai: CommandLine, config: Path, folder: Path, objects: list[dict]) -> None:
        self._jichitai = jichitai
        self._config = config
        self._folder = folder
        self._municipalities = [one for one in objects if key_of(one)[0] == "Municipality"]

    def make(self) -> None:
        """Writes them anew, with the accounts and the evidence of this month read for them."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for language in HEADINGS:
            to = ("--folder", str(self._folder / language), "--lang", language)
            read = ("--survey", "--since", this_month())
            self._jichitai("report", "--config", str(self._config), *read, *to)

    def make_month(self, code: str) -> None:
        """Writes the report of this month in Japan of one municipality, beside the others."""
        month = this_month()
        for language in HEADINGS:
            to = ("--folder", str(self._folder / f"month-{language}"), "--lang", language)
            of = ("--month", month, "--for", code)
            self._jichitai("report", "--config", str(self._config), "--survey", *of, *to)
            self._expect_month(self._folder / f"month-{language}")

    def _expect_month(self, folder: Path) -> None:
        """What was done this month is told with AWS's request ids, and the sheets are what their checksums say."""
        (one,) = json.loads((folder / "report.json").read_text())["municipalities"]
        if not one["changes"] or not all(change["requestId"] for change in one["changes"]):
            raise Failure(f"changes of the month: {one['changes'][:3]}")
        for line in (folder / "sheets/SHA256SUMS").read_text().splitlines():
            checksum, name = line.split("  ")
            if hashlib.sha256((folder / "sheets" / name).read_bytes()).hexdigest() != checksum:
                raise Failure(f"{name} is not what its checksum says")

    def expect_content(self) -> None:
        """Every check was made in every account, and the files are those that are promised."""
        for language in HEADINGS:
            folder = self._folder / language
            told = json.loads((folder / "report.json").read_text())
            for one in told["municipalities"]:
                unread = [row["check"] for row in one["guardrails"] if row["outcome"] == "Unreadable"]
                if one["guardrailsAsOf"] != "report" or unread or len(one["guardrails"]) < 30:
                    raise Failure(f"{one['namespace']}: checks as of {one['guardrailsAsOf']}, unreadable {unread}")
                if not any(row["kind"] == "Write" and row["requestId"] for row in one["evidence"]):
                    raise Failure(f"{one['namespace']}: nothing tells what was made: {one['evidence'][:3]}")
            names = [self._file_of(one) for one in self._municipalities]
            wanted = ["index.html", "report.md", "sheets/guardrails.csv", "sheets/recovery-points.csv"]
            wanted += [f"municipalities/{name}.html" for name in names] + [f"drawings/{name}.svg" for name in names]
            missing = [name for name in wanted if not (folder / name).is_file()]
            if missing:
                raise Failure(f"the report in {language} has no {missing}")

    def look(self, node: str, artefacts: Path) -> int:
        """Opens each page in a browser; returns how many there are."""
        pages = 0
        for language, headings in HEADINGS.items():
            everybody = [one["spec"]["displayName"] for one in self._municipalities]
            self._look_at(node, artefacts, language, "index", headings + everybody, [])
            for one in self._municipalities:
                others = [other for other in self._municipalities if other is not one]
                absent = [value for other in others for value in self._own(other) if value not in self._own(one)]
                own = [*headings, one["spec"]["displayName"], one["spec"]["code"], one["spec"]["network"]["vpcCidr"]]
                self._look_at(node, artefacts, language, f"municipalities/{self._file_of(one)}", own, absent)
            self._look_at(node, artefacts, f"month-{language}", "index", [], [], language)
            pages += 2 + len(self._municipalities)
        return pages

    def _look_at(
        self,
        node: str,
        artefacts: Path,
        folder: str,
        name: str,
        texts: list[str],
        absent: list[str],
        language: str = "",
    ) -> None:
        language = language or folder
        page = self._folder / folder / f"{name}.html"
        copy = self._folder / f"report-{name.replace('/', '-')}-{folder}.html"
        shutil.copy(page, copy)
        expected = {"lang": language, "texts": texts, "absent": absent, "selectors": {"svg": 1, "table": 5}}
        expect = copy.with_suffix(".json")
        expect.write_text(json.dumps(expected, ensure_ascii=False))
        arguments = ["--page", str(copy), "--expect", str(expect), "--artefacts", str(artefacts)]
        call([node, str(LOOK), *arguments], f"look at {copy.name}", environment=dict(os.environ))

    def _file_of(self, municipality: dict) -> str:
        _, namespace, name = key_of(municipality)
        return f"{namespace}/{name}"

    def _own(self, municipality: dict) -> set[str]:
        """What is nobody else's: its name, code and account, its network, and the ids of what it has."""
        spec, inventory = municipality["spec"], municipality["status"]["inventory"]
        ids = {one["id"] for one in inventory if len(one["id"]) > 8}
        return {spec["displayName"], spec["code"], spec["accountId"], spec["network"]["vpcCidr"]} | ids

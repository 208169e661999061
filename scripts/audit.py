"""Look up the pinned packages of requirements/ among known vulnerabilities.

pip-audit gets an environment of its own, build/audit. The index must serve PyPI's JSON with
vulnerabilities: where none is reached, or it knows none of the packages as mirrors do, that is
said and the exit code is 0. It is 1 where a package is vulnerable.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = "pip-audit==2.10.1"
LONGEST_S = 300.0


@dataclass
class Findings:
    """What is known of the packages.

    Attributes:
        audited: names of packages that were looked up.
        unknown: names of those that the index knows nothing of.
        vulnerable: a line for each vulnerability.

    """

    audited: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    vulnerable: list[str] = field(default_factory=list)

    def add(self, report: str) -> None:
        """Take pip-audit's JSON report.

        Raises:
            ValueError: it is none.

        """
        for package in json.loads(report)["dependencies"]:
            name = package["name"]
            if "skip_reason" in package:
                self.unknown.append(name)
                continue
            self.audited.append(name)
            for found in package["vulns"]:
                fixed = ", ".join(found["fix_versions"]) or "no version yet"
                self.vulnerable.append(
                    f"{name} {package['version']}: {found['id']}, fixed in {fixed}"
                )

    def lines(self) -> list[str]:
        """Return what to say."""
        if not self.audited:
            return ["audit: not done, no index with vulnerability data was reached"]
        said = [f"audit: {len(self.audited)} packages, {len(self.vulnerable)} vulnerabilities"]
        if self.unknown:
            said.append("audit: the index knows nothing of " + ", ".join(self.unknown))
        return said + [f"audit: {line}" for line in self.vulnerable]


def main() -> None:
    """Audit each file of requirements; exit with 1 where a package is vulnerable."""
    findings = Findings()
    try:
        tool = installed(ROOT / "build" / "audit")
        for file in sorted((ROOT / "requirements").glob("*.txt")):
            findings.add(report_of(tool, file))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        print(f"audit: stopped: {str(error).splitlines()[-1]}")
    print(*findings.lines(), sep="\n")
    sys.exit(1 if findings.vulnerable else 0)


def installed(folder: Path) -> Path:
    """Return pip-audit's executable in an environment that has it.

    Raises:
        subprocess.SubprocessError: pip cannot install it.

    """
    tool = folder / "bin" / "pip-audit"
    if not tool.exists():
        venv.create(folder, with_pip=True)
        command = [str(folder / "bin" / "pip"), "install", "--quiet", TOOL]
        subprocess.run(command, check=True, timeout=LONGEST_S, stderr=subprocess.DEVNULL)
    return tool


def report_of(tool: Path, file: Path) -> str:
    """Return pip-audit's JSON report on the pinned packages of a file.

    Raises:
        ValueError: it made none, with the last line that it said.
        subprocess.SubprocessError: it took too long.

    """
    command = [str(tool), "--no-deps", "--disable-pip", "--format", "json"]
    command += ["--progress-spinner", "off", "--requirement", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S)
    if not done.stdout.strip():
        raise ValueError((done.stderr.strip() or "pip-audit said nothing").splitlines()[-1])
    return done.stdout


if __name__ == "__main__":
    main()

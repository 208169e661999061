"""Files beside the code fit the code of today: layout, container, workflow, unit, manifest."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest needs it there

ROOT = Path(__file__).parents[2]


def test_the_foxglove_layout_shows_topics_that_the_node_has():
    layout = json.loads((ROOT / "config/foxglove/seem.json").read_text())
    shown = set(re.findall(r'"(/seem_node/[\w/]+)', json.dumps(layout)))
    documented = (ROOT / "docs/reference/topics.md").read_text()  # and that is a node's, by a test
    offered = set(re.findall(r"`(/seem_node/[\w/]+)`", documented))
    assert len(shown) == 8
    assert shown <= offered
    panels = set(re.findall(r'"(\w+!\w+)"', json.dumps(layout["layout"])))
    assert panels == set(layout["configById"])


def test_what_pip_brings_for_a_node_is_not_less_than_what_is_imported():
    named = ElementTree.parse(ROOT / "package.xml").getroot()
    keys = {item.text for item in named if item.tag.endswith("depend")}
    assert {"python3-torch", "python3-pil", "rviz2", "tf2_ros_py", "vision_msgs"} <= keys
    assert "tf2_ros" not in keys  # C++; Python's is tf2_ros_py
    base = (ROOT / "requirements/base.txt").read_text()
    for name in ("safetensors", "tokenizers"):
        assert re.search(rf"^{name}==", base, re.MULTILINE)


def test_all_extras_are_in_all():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = set(project["optional-dependencies"])
    assert {"voice", "console", "export", "bags", "all"} <= extras
    (everything,) = project["optional-dependencies"]["all"]
    inside = re.fullmatch(r"seem-ros\[(.+)\]", everything)
    assert inside is not None
    assert set(inside[1].split(",")) == extras - {"all", "rerun"}  # 670 MB once installed


def test_containers_run_without_rights():
    services = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())["services"]
    assert set(services) == {"camera", "node", "console"}
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        program = service["command"][3]
        assert (ROOT / "bin" / program).is_file()
    stages = (ROOT / "docker/Dockerfile").read_text().split("\nFROM ")[1:]
    assert len(stages) == 3
    assert all(stage.rstrip().endswith("USER 10001") for stage in stages[1:])


def test_workflows_run_scripts_that_are_there():
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        jobs = yaml.safe_load(path.read_text())["jobs"]
        said = json.dumps(jobs)
        for name in re.findall(r"(?:test|docker|requirements)/[\w/]+\.\w+|\.ci/run", said):
            assert (ROOT / name).exists(), name
        distros = jobs["ros"]["strategy"]["matrix"]["distro"]
        assert distros == ["jazzy", "kilted", "lyrical"]


def test_the_unit_starts_a_program_that_is_installed():
    unit = (ROOT / "config/systemd/seem_node.service").read_text()
    (program,) = re.findall(r"install/seem_ros/lib/seem_ros/(\w+)", unit)
    assert (ROOT / "bin" / program).is_file()

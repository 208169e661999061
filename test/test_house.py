"""No module imports itself through others; names for types alone do not count.

Who may know whom stands in pyproject.toml.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest

grimp = pytest.importorskip("grimp", reason="needs import-linter: requirements/dev.txt")


def circle_in(graph) -> list[str]:
    """Return the modules of one circle, the first one twice; empty if there is none."""
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_imports_go_in_circles():
    graph = grimp.build_graph(
        "seem_ros", "training", "benchmarks", cache_dir=None, exclude_type_checking_imports=True
    )
    assert circle_in(graph) == []


def test_a_circle_is_found():
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("a", "c")):
        graph.add_import(importer=importer, imported=imported)
    assert circle_in(graph) == []
    graph.add_import(importer="c", imported="a")
    assert set(circle_in(graph)) >= {"a", "c"}

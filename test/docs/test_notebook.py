"""examples/first_steps.ipynb runs from top to bottom, and says what is true."""

from __future__ import annotations

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs requirements/docs.txt")
nbclient = pytest.importorskip("nbclient", reason="needs requirements/docs.txt")
pytest.importorskip("ipykernel", reason="needs requirements/docs.txt")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "first_steps.ipynb"


@pytest.mark.slow
def test_it_runs(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    said = ["".join(item.get("text", "") for item in cell.outputs) for cell in cells]
    assert "True False" in said[2]
    few, many = (int(word) for word in said[3].split() if word.isdigit())
    assert 0 < few < many
    assert said[4].count("my mug") == 3
    assert float(said[5].split()[-1]) > 0.8


def test_it_is_kept_without_results():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert cell.cell_type == "markdown" or (not cell.outputs and cell.execution_count is None)

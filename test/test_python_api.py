"""The examples in docs/use/python_api.md run with the model that ships with the package."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

DOCUMENT = Path(__file__).parents[1] / "docs" / "use" / "python_api.md"
WEIGHTS = Path(__file__).parents[1] / "seem_ros" / "weights" / "nano.safetensors"


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="the bundled nano weights are not there")
def test_examples_run_in_order():
    pytest.importorskip("skimage", reason="the examples use scikit-image's pictures")
    examples = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 6
    names: dict = {}
    for example in examples:
        exec(compile(example, str(DOCUMENT), "exec"), names)
    assert names["cup"].mask.shape == (400, 600)
    assert names["cup"].mask.any()
    assert np.array_equal(names["again"].mask, names["cup"].mask)  # the same questions
    assert names["tracker"].instances[0].id == 2  # the first one was undone, its id is not reused
    assert set(np.unique(names["labels"])) == {0, 2}
    assert names["picture"].shape == (400, 600, 3)

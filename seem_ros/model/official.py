"""The three published ways to run one set of official weights.

``demo`` lets all prompts act on the 101 object queries, so that clicks, text and references
compose. ``v0`` and ``v1`` give each kind of prompt queries of its own and add the memory
prompt; they differ in how an empty point set looks and in how several objects share a call.
The weights are the same (Zou et al. 2023 and its releases).
"""

from __future__ import annotations

import dataclasses

from seem_ros.model.config import Layout, SeemConfig

_EMPTY_MEAN = {"demo": 0.0, "v0": 0.0, "v1": -1.0}


def with_layout(
    config: SeemConfig,
    layout: Layout,
    spatial_sees_text: bool = False,
    grounding_sees_points: bool = False,
) -> SeemConfig:
    """Return the configuration with another attention layout.

    Args:
        config: of an official model.
        layout: "demo", "v0" or "v1".
        spatial_sees_text: v0 and v1: spatial queries also read the words (text + click).
        grounding_sees_points: v0 and v1: grounding queries also read the points.

    Raises:
        ValueError: unknown layout.
    """
    if layout not in _EMPTY_MEAN:
        raise ValueError(f"layout {layout!r}: known are {', '.join(_EMPTY_MEAN)}")
    decoder = dataclasses.replace(
        config.decoder,
        layout=layout,
        empty_mean=_EMPTY_MEAN[layout],
        spatial_sees_text=spatial_sees_text,
        grounding_sees_points=grounding_sees_points,
    )
    return dataclasses.replace(config, decoder=decoder)

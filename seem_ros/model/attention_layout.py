"""Who sees whom in the decoder's self-attention (SEEM section 3.2 and its three releases).

Every row of the sequence has a kind; a table of kinds says which rows attend which, and rows
of spatial kinds see only rows of the same object.
"""

from __future__ import annotations

import enum

import torch
from torch import Tensor

from seem_ros.model.config import DecoderConfig


class Row(enum.IntEnum):
    """Kinds of rows; queries and memory slots also attend to the image."""

    OBJECT = 0
    GROUNDING = 1
    SPATIAL = 2
    MEMORY = 3
    TEXT = 4
    POINT = 5
    VISUAL = 6
    READING = 7


SPATIAL_KINDS = (Row.SPATIAL, Row.MEMORY, Row.POINT, Row.VISUAL, Row.READING)

# In the demo layout prompts compose in the object queries; in v0 and v1 each kind of prompt has
# queries of its own, so that object queries never depend on a prompt.
_DEMO = {
    Row.OBJECT: (Row.OBJECT, Row.TEXT, Row.POINT, Row.VISUAL),
    Row.TEXT: (Row.OBJECT, Row.TEXT),
    Row.POINT: (Row.POINT,),
    Row.VISUAL: (Row.VISUAL,),
}
_SEPARATE = {
    Row.OBJECT: (Row.OBJECT,),
    Row.GROUNDING: (Row.GROUNDING, Row.TEXT),
    Row.TEXT: (Row.TEXT, Row.GROUNDING),
    Row.SPATIAL: (Row.SPATIAL, Row.POINT, Row.VISUAL, Row.MEMORY),
    Row.POINT: (Row.POINT,),
    Row.VISUAL: (Row.VISUAL,),
    Row.MEMORY: (Row.MEMORY,),
    # Nobody sees the readings, so that the first answer is the same with and without them.
    Row.READING: (Row.READING, Row.SPATIAL, Row.POINT, Row.VISUAL, Row.MEMORY),
}


def visibility_table(config: DecoderConfig, device: torch.device) -> Tensor:
    """Return the (kinds, kinds) bool table of the configured layout, row attends column."""
    rules = dict(_DEMO if config.layout == "demo" else _SEPARATE)
    if config.layout != "demo":
        if config.spatial_sees_text:
            rules[Row.SPATIAL] += (Row.TEXT,)
            rules[Row.READING] += (Row.TEXT,)
        if config.grounding_sees_points:
            rules[Row.GROUNDING] += (Row.POINT,)
    table = torch.zeros(len(Row), len(Row), dtype=torch.bool, device=device)
    for row, columns in rules.items():
        table[row, list(columns)] = True
    return table


def visibility(table: Tensor, kinds: Tensor, objects: Tensor, valid: Tensor) -> Tensor:
    """Build the self-attention mask.

    Args:
        table: what :func:`visibility_table` returned.
        kinds: (L,) int64, a :class:`Row` each.
        objects: (B, L) int64, which object of the sequence a spatial row belongs to.
        valid: (B, L) bool, False for padding.

    Returns:
        (B, 1, L, L) bool, True where the row may attend the column.
    """
    allowed = table[kinds][:, kinds]
    spatial = torch.isin(kinds, torch.tensor(SPATIAL_KINDS, device=kinds.device))
    same = objects[:, :, None] == objects[:, None, :]
    same = same | ~(spatial[:, None] & spatial[None, :])
    mask = allowed[None] & same & valid[:, None, :] & valid[:, :, None]
    return mask[:, None]

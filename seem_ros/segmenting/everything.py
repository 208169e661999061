"""Segment everything: panoptic segmentation by the object queries, without a prompt."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import SegmentedObject, box_of
from seem_ros.model.features import PromptBatch, QueryOutput
from seem_ros.model.postprocess import panoptic, to_original
from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.segmenting.naming import Namer
from seem_ros.segmenting.requests import EncodedImage

CLASS_THRESHOLD = 0.4  # the official demo's


def segment_everything(
    model: Seem, image: EncodedImage, namer: Namer
) -> tuple[np.ndarray, list[SegmentedObject]]:
    """Return (H, W) int32 labels, 0 = nothing, and the object of label i at place i - 1."""
    output = model.decode(image.features, PromptBatch(1, ("object",)))["object"]
    classes = _class_logits(model, image, namer, output)
    masks = to_original(output.mask_logits[0], image.geometry)
    threshold = model.config.thresholds.get("panoptic", CLASS_THRESHOLD)
    overlap = model.config.thresholds.get("overlap", 0.8)
    labels, segments = panoptic(classes, masks, namer.things, threshold, overlap)
    found = labels.cpu().numpy()
    scores = classes.softmax(-1)
    objects = []
    for segment in segments:
        mask = found == segment.id
        score = float(scores[:, segment.class_index].max())
        name = namer.names[segment.class_index]
        objects.append(SegmentedObject(mask, score, name, score, box_of(mask)))
    return found, objects


def _class_logits(model: Seem, image: EncodedImage, namer: Namer, output: QueryOutput) -> Tensor:
    """Class logits (Q, K + 1), the last one for "nothing".

    Where there is a semantic map, the queries decide whether something is there and the map
    what it is called.
    """
    classes = model.language.class_logits(output.class_embedding[0], namer.rows)
    if image.features.semantic is None:
        return classes
    nothing = classes.log_softmax(-1)[:, -1:]
    something = torch.log1p(-nothing.exp().clamp(max=1 - 1e-6))
    embeddings = pooled(image.features.semantic[0], output.mask_logits[0])
    names = namer.match_logits(embeddings).log_softmax(-1)
    return torch.cat((something + names, nothing), -1)

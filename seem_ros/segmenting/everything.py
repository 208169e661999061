"""Segment everything: panoptic segmentation by the object queries, without a prompt."""

from __future__ import annotations

import numpy as np

from seem_ros.instances import SegmentedObject, box_of
from seem_ros.model.features import PromptBatch
from seem_ros.model.postprocess import panoptic, to_original
from seem_ros.model.seem import Seem
from seem_ros.segmenting.naming import Namer
from seem_ros.segmenting.requests import EncodedImage

CLASS_THRESHOLD = 0.4  # the official demo's


def segment_everything(
    model: Seem, image: EncodedImage, namer: Namer
) -> tuple[np.ndarray, list[SegmentedObject]]:
    """Return (H, W) int32 labels, 0 = nothing, and the object of label i at place i - 1."""
    output = model.decode(image.features, PromptBatch(1, ("object",)))["object"]
    classes = model.language.class_logits(output.class_embedding[0], namer.rows)
    masks = to_original(output.mask_logits[0], image.geometry)
    threshold = model.config.thresholds.get("panoptic", CLASS_THRESHOLD)
    overlap = model.config.thresholds.get("overlap", 0.8)
    labels, segments = panoptic(classes, masks, len(namer.names), threshold, overlap)
    found = labels.cpu().numpy()
    scores = classes.softmax(-1)
    objects = []
    for segment in segments:
        mask = found == segment.id
        score = float(scores[:, segment.class_index].max())
        name = namer.names[segment.class_index]
        objects.append(SegmentedObject(mask, score, name, score, box_of(mask)))
    return found, objects

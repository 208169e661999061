"""Everything in labelled pictures: panoptic quality and how many objects are found at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.evaluation.clicking import masked_iou
from seem_ros.evaluation.pictures import LabelledPicture
from seem_ros.model.text.synonyms import plain_name
from seem_ros.segmenter import Segmenter

MATCH_IOU = 0.5  # from which a segment is an object (Kirillov et al., Panoptic Segmentation, 2019)


@dataclass(frozen=True)
class EverythingRecord:
    """A labelled object or a segment, and what it was paired with.

    Attributes:
        picture: SET/IMAGE.
        name: class of the labelled object; None for a segment that is none of them.
        called: class name of the segment; "" where it has none, or where there is no segment.
        iou: of both; 0 where nothing was paired.

    """

    picture: str
    name: str | None
    called: str
    iou: float

    @property
    def found(self) -> bool:
        """Whether the object has a segment, whatever that is called."""
        return self.iou > MATCH_IOU


def measure_picture(model: Segmenter, picture: LabelledPicture) -> list[EverythingRecord]:
    """Segment everything in a picture and pair it with what is labelled.

    Unlabelled places say nothing of segments without a name. A segment with a name claims an
    object of a class that the set labels, so it is wrong there. What covers pixels that count
    neither way, or objects too small to be measured, is left out.

    Args:
        model: whose vocabulary has the set's names.
        picture: what to measure on; its objects have names.

    """
    _, segments = model.look(picture.rgb).everything()
    objects = picture.objects()
    left = list(segments)
    records = []
    for number, truth in objects.items():
        overlaps = [masked_iou(each.mask, truth, picture.ignored) for each in left]
        overlap, called = max(overlaps, default=0.0), ""
        if overlap > MATCH_IOU:
            called = plain_name(left.pop(overlaps.index(overlap)).class_name)
        else:
            overlap = 0.0
        name = plain_name(picture.names.get(number) or "")
        records.append(EverythingRecord(picture.name, name, called, overlap))
    small = (picture.labels != 0) & ~np.isin(picture.labels, list(objects))  # ignored ones too
    return records + [
        EverythingRecord(picture.name, None, plain_name(each.class_name), 0.0)
        for each in left
        if 2 * np.count_nonzero(each.mask & small) <= np.count_nonzero(each.mask)
    ]


def summarise(records: Sequence[EverythingRecord]) -> dict[str, float]:
    """Return recall of objects, and panoptic quality of the named ones, a mean over classes.

    A class that only wrong segments have counts with a quality of 0.

    Raises:
        ValueError: there is no labelled object.

    """
    objects = [record for record in records if record.name is not None]
    if not objects:
        raise ValueError("no object of at least 0.5 % of its picture to measure")
    pictures = len({record.picture for record in records})
    segments = sum(record.found or record.name is None for record in records)
    shown = [record for record in objects if record.found and record.called]
    classes = sorted({name for r in records for name in (r.name, r.called) if name})
    figures = {
        "objects": float(len(objects)),
        "recall": float(np.mean([record.found for record in objects])),
        "segments_each": segments / pictures,
        "pq": float(np.mean([quality(records, name) for name in classes])),
    }
    if shown:
        figures["named"] = len(shown) / max(1, sum(record.found for record in objects))
        figures["names_right"] = float(np.mean([r.called == r.name for r in shown]))
    return figures


def quality(records: Sequence[EverythingRecord], name: str) -> float:
    """Panoptic quality of a class: IoU of right pairs over pairs and half of what is unpaired."""
    right = [r.iou for r in records if r.name == r.called == name]
    missed = sum(r.name == name != r.called for r in records)
    wrong = sum(r.called == name != r.name for r in records)
    total = len(right) + (missed + wrong) / 2
    return sum(right) / total if total else 0.0

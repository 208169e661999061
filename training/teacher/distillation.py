"""Distillation of mask logits: a teacher's soft masks beside the true ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.data.batches import Batch, InstanceTask
from training.teacher.mobile_sam import MobileSam

TAUGHT_KINDS = ("click", "box", "click+box")  # first prompts that SAM understands


def with_teacher(sam: MobileSam, batch: Batch) -> Batch:
    """Return the batch with targets halfway between the truth and the teacher's probabilities.

    The teacher is asked the same first prompt on the same view; a view costs it one encoding. What
    begins with another kind of prompt keeps the truth alone.
    """
    per_image = len(batch.tasks) // len(batch.images)
    tasks: list[InstanceTask] = []
    for index, image in enumerate(batch.images):
        own = batch.tasks[index * per_image : (index + 1) * per_image]
        if any(task.kind in TAUGHT_KINDS for task in own):
            sam.set_image(image)
        tasks += [_taught(sam, task) if task.kind in TAUGHT_KINDS else task for task in own]
    return replace(batch, tasks=tasks)


def _taught(sam: MobileSam, task: InstanceTask) -> InstanceTask:
    """The task with a target, after asking the teacher about the image that it has set."""
    points = [(x, y) for x, y, _ in task.prompt.points]
    labels = [label for *_, label in task.prompt.points]
    box = task.prompt.boxes[0] if task.prompt.boxes else None
    logits = sam.predict(points, labels, box).logits
    probability = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))  # exp of float32 overflows at 89
    return replace(task, target=((task.truth + probability) / 2).astype(np.float32))

"""Names for unnamed objects from an ImageNet classifier's probabilities."""

import numpy as np
import torch
import yaml

from seem_ros.evaluation.datasets import Sample
from seem_ros.resources import config_path
from training.teacher.photo_names import best_group, cut_outs
from training.weights.imagenet_groups import GROUPS, WORDS


def test_fine_classes_are_summed_into_an_everyday_name():
    probabilities = torch.zeros(1000)
    probabilities[151:161] = 0.05  # ten breeds
    probabilities[281] = 0.3
    name, sure = best_group(probabilities)
    assert name == "dog"
    assert abs(sure - 0.5) < 1e-6


def test_no_class_belongs_to_two_groups():
    rows = [row for group in GROUPS.values() for row in group]
    assert len(rows) == len(set(rows))
    assert min(rows) >= 0 and max(rows) < 1000


def test_only_large_unnamed_objects_are_cut_out_with_a_margin():
    labels = np.zeros((100, 200), np.uint16)
    labels[40:60, 50:90], labels[0:3, 0:3], labels[70:90, 100:140] = 1, 2, 3
    image = np.zeros((100, 200, 3), np.uint8)
    sample = Sample(image, labels, {1: None, 2: None, 3: "cup"}, "x")
    ((instance, cut),) = cut_outs(sample)
    assert instance == 1
    assert abs(cut.shape[0] - 24) <= 1 and abs(cut.shape[1] - 48) <= 1


def test_nano_has_room_for_every_everyday_word():
    config = yaml.safe_load(config_path("models", "nano.yaml").read_text())
    assert config["recogniser"]["groups"] == len({**GROUPS, **WORDS})
    assert all(0 <= row < 1000 for group in WORDS.values() for row in group)
    assert all(WORDS.values())

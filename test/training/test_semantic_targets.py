"""Classes of the cells of a labelled view."""

import numpy as np

from training.steps.semantic_targets import UNKNOWN, cell_targets

INDEX = {"cup": 0, "lamp": 1}


def test_cells_take_the_class_of_their_centre():
    labels = np.zeros((32, 32), np.uint16)
    labels[:16, :16], labels[16:, 16:], labels[:16, 16:] = 1, 2, 65535
    targets, weights = cell_targets(labels, {1: "lamp", 2: None}, INDEX)
    assert targets.shape == weights.shape == (4, 4)
    assert (targets[:2, :2] == 1).all()
    assert (targets[2:, 2:] == UNKNOWN).all()
    assert (targets[:2, 2:] == UNKNOWN).all()
    assert (targets[2:, :2] == len(INDEX)).all()


def test_small_objects_weigh_more_per_cell_and_less_in_all():
    labels = np.zeros((64, 64), np.uint16)
    labels[:32, :32], labels[56:, 56:] = 1, 2
    _, weights = cell_targets(labels, {1: "cup", 2: "lamp"}, INDEX)
    large, small = weights[:4, :4], weights[7:, 7:]
    assert small.mean() > large.mean()
    assert small.sum() < large.sum()


def test_a_name_outside_the_vocabulary_says_nothing():
    labels = np.full((8, 8), 3, np.uint16)
    targets, _ = cell_targets(labels, {3: "yeti"}, INDEX)
    assert targets.tolist() == [[UNKNOWN]]

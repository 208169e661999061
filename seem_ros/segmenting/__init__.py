"""From validated prompts to matches: how each family of models is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seem_ros.model.seem import Seem
    from seem_ros.segmenting.requests import Predictor


def build_predictor(model: Seem) -> Predictor:
    """Return the predictor that suits the model: with dense prompts, or the official way."""
    if model.config.decoder.dense_prompts is not None:
        from seem_ros.segmenting.dense_predictor import DensePredictor

        return DensePredictor(model)
    from seem_ros.segmenting.point_predictor import PointPredictor

    return PointPredictor(model)

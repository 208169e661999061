"""Whether a segmenter gets the prompts of a publisher: consoles listen to prompts too."""

from __future__ import annotations

from collections.abc import Iterable

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.topic_endpoint_info import TopicEndpointInfo


def are_taken(node: Node, segmenter: str, prompts: Publisher) -> bool:
    """Tell whether who answers prompts also listens to them.

    Its publishers may be found a second before its subscription; until then nothing reaches it.

    Args:
        node: of the publisher.
        segmenter: name of the seem_node, as the node says it.
        prompts: of the segmenter's prompts.

    """
    answers = node.resolve_topic_name(f"{segmenter}/prompt_status")
    answering = _nodes_of(node.get_publishers_info_by_topic(answers))
    return bool(answering & _nodes_of(node.get_subscriptions_info_by_topic(prompts.topic_name)))


def _nodes_of(ends: Iterable[TopicEndpointInfo]) -> set[tuple[str, str]]:
    return {(end.node_namespace, end.node_name) for end in ends}

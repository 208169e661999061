"""console_node: the operator's page over the topics and services of a running seem_node."""

"""`make demo`: seem_node as a process of its own, shown a clip and photographs, and prompted."""

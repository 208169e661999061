"""The parts of the tracker: time, motion, memory, identity, and what operators ask for."""

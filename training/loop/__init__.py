"""The loop that all trainings share: schedule, averaged weights, checkpoints, processes."""

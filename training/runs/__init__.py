"""A training or a recalibration from beginning to end, and the graph that it leaves."""

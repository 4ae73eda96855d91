"""Complete training and recalibration runs, and the graph that they produce."""

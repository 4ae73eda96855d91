"""The prediction log: each answer is written to a segment before it is sent, shipped to the monitor, and erasable."""

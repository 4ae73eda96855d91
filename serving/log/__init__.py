"""The prediction log: answers written to segments before they leave, shipped to the monitor, erased on request."""

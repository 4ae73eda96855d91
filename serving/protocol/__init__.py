"""The Open Inference Protocol (V2) between tensors and a model's arrays.

`tensors` and `codec` know no wire: they turn named tensors into the arrays of a bundle's graph. `rest` is the adapter
for JSON; another wire is another adapter that makes the same tensors. Nothing here opens a socket or a file.
"""

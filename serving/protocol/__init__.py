"""The Open Inference Protocol (V2) between tensors and a model's arrays.

`tensors` and `codec` do not depend on the transport: they turn named tensors into the arrays of a bundle's graph.
`rest` is the adapter for JSON; an adapter for another transport would make the same tensors. Nothing here opens a
socket or a file.
"""

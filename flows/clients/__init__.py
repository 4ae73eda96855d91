"""HTTP clients of other servers, one module per server.

Time-outs, headers and paths belong here, and also the errors for a server that does not answer or refuses. The client
of MLflow is `training.registry`, that of Kubernetes `flows.deploy.kube`.
"""

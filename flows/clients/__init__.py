"""What is asked of other servers over HTTP; a module a server.

Time-outs, headers and paths belong here, and which error it is if a server is away or refuses. MLflow's client is
`training.registry`, that of Kubernetes `flows.deploy.kube`.
"""

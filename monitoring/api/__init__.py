"""The HTTP interface: FastAPI routes, and what requests may carry. Nothing is judged or stored here by itself."""

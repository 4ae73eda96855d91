"""The HTTP interface: FastAPI routes, and checks of requests. Other packages judge and store."""

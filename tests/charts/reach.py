"""Who may ask whom by the chart's NetworkPolicies: the table of its README."""

PORTS = {"mlflow": 5000, "prefect": 4200, "monitor": 8090, "predictor": 8080, "explainer": 8080}
FLOWS = {"worker", "run", "register", "history"}
MAY = {
    "mlflow": {"predictor", "explainer", "monitor", *FLOWS},
    "prefect": {"monitor", *FLOWS},
    "monitor": {"predictor", *FLOWS},
    "predictor": FLOWS,
    "explainer": FLOWS,
}
"""Of the release's own pods; any other of its namespace may ask those in SERVE."""
SERVE = {"predictor", "explainer"}

"""The settings of an explainer, from options or environment variables (`CREDENCE_…`); an option takes precedence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from serving.process.settings import Port, ServerSettings, gather, parser


class ExplainerSettings(ServerSettings, frozen=True, kw_only=True):
    """Each setting has a variable and an option: `explainer_port` is CREDENCE_EXPLAINER_PORT and `--explainer-port`.

    `history_days` must be the same as the predictor's, so that both use the same values.
    """

    explainer_port: Port = 8082
    """Port of both protocols' REST API and of /metrics; KServe's --http_port sets it too."""


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> ExplainerSettings:
    """Settings from options and environment.

    Raises SettingsError; wrong usage of an option exits with code 2 through argparse.
    """
    options = parser(ExplainerSettings, "python -m serving.explainer", "Explain decisions on loan applications.")
    options.add_argument("--http_port", "--http-port", dest="explainer_port", metavar="X", help="the same, for KServe")
    for option in ("--predictor_host", "--workers"):
        options.add_argument(option, metavar="X", help="accepted, because KServe adds it; not used")
    values = vars(options.parse_args(arguments))
    return gather(ExplainerSettings, {name: values[name] for name in ExplainerSettings.__struct_fields__}, environment)

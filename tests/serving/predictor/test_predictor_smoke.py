"""A smoke test is answered and not recorded; nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from serving.predictor.settings import PredictorSettings, read
from serving.process.settings import SettingsError, parser

INFER = "/v2/models/credit-default/infer"


@pytest.fixture
def ask(open_site: Callable[..., Any], tensors: Callable[..., Any], application: dict[str, Any]) -> Callable[..., Any]:
    """Asks a predictor, for so many applications, with such a header; the answer, and how many records there are."""

    def send(token: str, header: bytes | None, rows: int = 1) -> tuple[Any, int]:
        site = open_site(smoke_token=token)
        headers = [(b"credence-smoke", header)] if header is not None else []
        response = site.call("POST", INFER, {"inputs": tensors(*[application] * rows)}, headers=headers)
        return response, len(site.records())

    return send


@pytest.mark.parametrize("rows", [1, 1000])
def test_smoke_is_answered_without_record(ask: Callable[..., Any], rows: int) -> None:
    response, records = ask("geheim", b"geheim", rows)
    assert response.status_code == 200
    assert response.json()["parameters"]["record_ids"] == ""
    assert records == 0


@pytest.mark.parametrize("header", [b"", b"gehei", b"geheim2", "é".encode("latin-1")])
def test_wrong_token_is_told(ask: Callable[..., Any], header: bytes) -> None:
    response, records = ask("geheim", header)
    assert response.status_code == 401
    assert "expected the token of CREDENCE_SMOKE_TOKEN" in response.json()["error"]
    assert "geheim" not in response.text
    assert records == 0


@pytest.mark.parametrize(("token", "header"), [("geheim", None), ("", b""), ("", b"geheim")])
def test_everybody_else_is_recorded(ask: Callable[..., Any], token: str, header: bytes | None) -> None:
    response, records = ask(token, header)
    assert (response.status_code, records) == (200, 1)
    assert response.json()["parameters"]["record_ids"]


@pytest.mark.parametrize(("header", "status"), [(b"a-smoke-token-for-tests", 200), (None, 400)])
def test_smoke_is_refused_nothing_unknown(
    open_site: Callable[..., Any],
    tensors: Callable[..., Any],
    application: dict[str, Any],
    header: bytes | None,
    status: int,
) -> None:
    site = open_site(smoke_token="a-smoke-token-for-tests", unknown="reject")
    headers = [(b"credence-smoke", header)] if header is not None else []
    sent = {"inputs": tensors({**application, "AMT_CREDIT": 9e9})}
    assert site.call("POST", INFER, sent, headers=headers).status_code == status


def test_tokens_are_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    parser(PredictorSettings, "predictor", "").print_help()
    assert "token" not in capsys.readouterr().out
    settings = read(["--models", "m"], {"CREDENCE_SMOKE_TOKEN": "geheim", "CREDENCE_MONITOR_TOKEN": "geheim"})
    assert (settings.smoke_token, settings.monitor_token) == ("geheim", "geheim")
    assert "geheim" not in repr(settings)


def test_token_that_no_header_can_hold_is_not_told() -> None:
    with pytest.raises(SettingsError, match=r"smoke_token") as caught:
        read(["--models", "m"], {"CREDENCE_SMOKE_TOKEN": "geheim\n"})
    assert "geheim" not in str(caught.value)

import pytest

from monitoring.settings import Settings, SettingsError, from_environment
from monitoring.store import Store


def test_promised_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = from_environment({})
    assert settings == Settings()
    assert (settings.monitor_host, settings.monitor_port, settings.retention_days) == ("127.0.0.1", 8090, 365.0)
    assert settings.database == f"sqlite:///{tmp_path}/.credence/records.sqlite"


def test_environment_is_read():
    settings = from_environment({"CREDENCE_MONITOR_PORT": "18090", "CREDENCE_RETENTION_DAYS": "1.5", "PORT": "1"})
    assert (settings.monitor_port, settings.retention_days) == (18090, 1.5)


@pytest.mark.parametrize(("name", "kind"), [("MONITOR_PORT", "int"), ("RETENTION_DAYS", "float")])
def test_wrong_values_are_named(name, kind):
    with pytest.raises(SettingsError, match=f"CREDENCE_{name}: expected {kind}, got 'soon'"):
        from_environment({f"CREDENCE_{name}": "soon"})


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("somewhere", "expected a SQLAlchemy URL such as"),
        ("mysql://root@localhost/x", "expected sqlite or postgresql, got mysql"),
        ("postgresql+pg8000://localhost/x", "its driver pg8000 is not installed"),
    ],
)
def test_wrong_databases_are_named(url, message):
    with pytest.raises(SettingsError, match=f"CREDENCE_MONITOR_DATABASE: {message}"):
        Store(url, 30)

import pytest

from monitoring.settings import MonitorSettings, MonitorSettingsError, from_environment
from monitoring.store.database import Database


def test_promised_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = from_environment({})
    assert settings == MonitorSettings()
    assert (settings.monitor_host, settings.monitor_port, settings.monitor_retention_days) == ("127.0.0.1", 8090, 365.0)
    assert str(settings.database) == f"sqlite:///{tmp_path}/.credence/records.sqlite"


def test_records_are_in_the_state_folder_whatever_it_is_called(tmp_path):
    home = tmp_path / "50 %20 #1? & x"
    database = Database(MonitorSettings(home=str(home)).database)
    database.prepare()
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == [home.name]
    assert (home / "records.sqlite").is_file()


def test_environment_is_read():
    settings = from_environment(
        {"CREDENCE_MONITOR_PORT": "18090", "CREDENCE_MONITOR_RETENTION_DAYS": "1.5", "PORT": "1"}
    )
    assert (settings.monitor_port, settings.monitor_retention_days) == (18090, 1.5)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MONITOR_PORT", "soon", "`int`"),
        ("MONITOR_RETENTION_DAYS", "soon", "`float`"),
        ("MONITOR_RETENTION_DAYS", "inf", "`float` <= 36500.0"),
        ("MONITOR_RETENTION_DAYS", "-1", "`float` >= 0.0"),
    ],
)
def test_wrong_values_are_named(name, value, expected):
    with pytest.raises(MonitorSettingsError, match=f"CREDENCE_{name}: expected {expected}, got '{value}'"):
        from_environment({f"CREDENCE_{name}": value})


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("somewhere", "expected a SQLAlchemy URL such as"),
        ("mysql://root@localhost/x", "expected sqlite or postgresql, got mysql"),
        ("postgresql+pg8000://localhost/x", "its driver pg8000 is not installed"),
    ],
)
def test_wrong_databases_are_named(url, message):
    with pytest.raises(MonitorSettingsError, match=f"CREDENCE_MONITOR_DATABASE: {message}"):
        Database(url)


@pytest.mark.parametrize(
    ("name", "login"), [("MLFLOW_URL", "MLFLOW_TRACKING_USERNAME"), ("PREFECT_URL", "PREFECT_API_AUTH_STRING")]
)
def test_password_in_an_address_is_refused(name, login):
    with pytest.raises(MonitorSettingsError, match=f"CREDENCE_{name}: .*{login}") as caught:
        from_environment({f"CREDENCE_{name}": "https://me:secret@example.com"})
    assert "secret" not in str(caught.value)

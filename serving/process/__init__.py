"""Common parts of server processes: settings, port, log lines, and HTTP exchanges with limits."""

"""The edges of a process: settings, its port, its log lines, one HTTP exchange within its limits."""

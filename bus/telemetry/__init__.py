"""How a process is seen from outside: its metrics and probes, its log lines, its traces. For web and workers alike."""

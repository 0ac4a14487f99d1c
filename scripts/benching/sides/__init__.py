"""Child processes of the benchmark: servers on one core, load on another."""

"""`scripts/simulate`."""

import sys

from scripts.simulation.command import main

if __name__ == "__main__":  # child processes of the simulation import this file, too
    sys.exit(main())

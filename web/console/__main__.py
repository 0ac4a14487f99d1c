"""`python -m web.console`."""

import sys

from web.console.command import main

if __name__ == "__main__":
    sys.exit(main())

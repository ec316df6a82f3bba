"""`python -m fer_core`: the command line without the installed script."""

import sys

from fer_core.cli.parser import main

if __name__ == "__main__":
    sys.exit(main(prog="python -m fer_core"))

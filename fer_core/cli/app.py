"""The command `app`: starts the Streamlit app with whatever options of `streamlit run` follow."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from fer_core.cli.common import refuse
from fer_core.utils.files import CHECKOUT, PACKAGE

_FOLDERS: Final = (CHECKOUT, PACKAGE / "app")  # the second is where an installed package has it


def run(args: argparse.Namespace) -> int:
    """Run the app until it is stopped; args.rest goes to Streamlit as it is."""
    script = find_script()
    if script is None:
        return refuse(f"streamlit_app.py is neither in {_FOLDERS[0]} nor in {_FOLDERS[1]}. Install the package anew.")
    rest = args.rest[1:] if args.rest[:1] == ["--"] else args.rest
    command = [sys.executable, "-m", "streamlit", "run", str(script), *rest]
    environment = dict(os.environ)
    if args.models_dir is not None:
        environment["FER_MODELS_DIR"] = str(args.models_dir.resolve())
    if os.name == "nt":  # exec there leaves the shell at once
        return subprocess.call(command, env=environment)
    os.execve(sys.executable, command, environment)  # in this process' place, so that its signals reach the server


def find_script() -> Path | None:
    """streamlit_app.py of the checkout, else of the installed package; None where there is neither."""
    return next((path for folder in _FOLDERS if (path := folder / "streamlit_app.py").is_file()), None)

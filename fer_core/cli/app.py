"""The command `app`: starts the Streamlit app with whatever options of `streamlit run` follow."""

import argparse
import os
import subprocess
import sys

from fer_core.cli.common import refuse
from fer_core.utils.files import APP_FOLDERS, app_script


def run(args: argparse.Namespace) -> int:
    """Run the app until it is stopped; args.rest goes to Streamlit as it is."""
    script = app_script()
    if script is None:
        places = " nor in ".join(map(str, APP_FOLDERS))
        return refuse(f"streamlit_app.py is neither in {places}. Install the package again.")
    rest = args.rest[1:] if args.rest[:1] == ["--"] else args.rest
    command = [sys.executable, "-m", "streamlit", "run", str(script), *rest]
    environment = dict(os.environ)
    if args.models_dir is not None:
        environment["FER_MODELS_DIR"] = str(args.models_dir.resolve())
    if os.name == "nt":  # exec there leaves the shell at once
        return subprocess.call(command, env=environment)
    os.execve(sys.executable, command, environment)  # in this process' place, so that its signals reach the server

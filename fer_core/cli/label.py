"""The command `label`."""

import argparse

from fer_core.cli.common import load_models


def run(args: argparse.Namespace) -> int:
    """Run the labelling job, or what is left of it."""
    from fer_core.labelling.job import run_job  # brings pyarrow, which nothing else here needs

    return run_job(args, load_models(args.model, args.models_dir))

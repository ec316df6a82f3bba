"""The command `label`."""

import argparse


def run(args: argparse.Namespace) -> int:
    """Run the labelling job, or what is left of it."""
    from fer_core.labelling.job import run_job  # brings pyarrow, which nothing else here needs

    return run_job(args)

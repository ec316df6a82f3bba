"""The command `benchmark`."""

import argparse

from fer_core.bundle import list_models, model_folders, no_models_text
from fer_core.cli.common import refuse


def run(args: argparse.Namespace) -> int:
    """Print the figures beside their goals."""
    from fer_core.benchmark.run import run as run_benchmark  # needs much that no other command does

    folder = args.models_dir or model_folders()[-1]
    if not list_models(folder):
        return refuse(no_models_text(args.models_dir))
    return run_benchmark(folder, args.json, args.live, args.peer_network, args.pictures, args.detector)

"""The command `serve`: the HTTP service."""

import argparse
import os
from typing import Final

from fer_core.bundle import read_bundles
from fer_core.cli.common import load_models, refuse

TOKEN_VARIABLE: Final = "FER_API_TOKEN"
_MISSING: Final = "Install the extra `serve`: pip install '.[serve]', or pip install -r requirements-serve.txt."


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    try:
        from fer_core.serve.access import SHORTEST_TOKEN, is_local
        from fer_core.serve.run import allow_many_connections, bound, run, scratch
        from fer_core.serve.settings import Settings
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("fer_core"):
            raise
        return refuse(f"{error.name} is missing. {_MISSING}")
    try:
        token = _token(args.token_file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        return refuse(f"{args.token_file} cannot be read: {reason}")
    if token and len(token) < SHORTEST_TOKEN:
        return refuse(f"the token is too short: at least {SHORTEST_TOKEN} characters are needed (openssl rand -hex 32)")
    if not token and not is_local(args.host):
        return refuse(
            f"{args.host} can be reached from other machines, so a token is needed: --token-file FILE, or "
            f"{TOKEN_VARIABLE} in the environment"
        )
    unavailable = read_bundles(args.models_dir)[1]
    models = tuple(
        load_models(args.model, args.models_dir, unavailable)
    )  # here they are tried; each process loads its own
    try:
        listening = bound(args.host, args.port)
    except (OSError, OverflowError) as error:
        return refuse(f"cannot listen at {args.host}, port {args.port}: {getattr(error, 'strerror', None) or error}")
    allow_many_connections()
    with listening, scratch(shared=args.workers > 1) as folder:
        threads = max(1, (os.cpu_count() or 1) // args.workers)
        address = f"http://{args.host}:{listening.getsockname()[1]}"
        names = ", ".join(folder.name for folder in models)
        print(f"Serving {names} at {address} (how to use it: {address}/docs)", flush=True)
        run(listening, Settings(models, token, threads, folder, unavailable), args.workers)
    return 0


def _token(path: str | None) -> str:
    """The first line of the file, else FER_API_TOKEN; "" where there is neither. Raises OSError, ValueError."""
    if path is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    with open(path, encoding="utf-8") as file:
        token = file.readline().strip()
    if not token:
        raise OSError(0, "its first line is empty")
    return token

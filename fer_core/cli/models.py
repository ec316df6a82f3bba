"""The command `models`: lists the bundles, or writes the README's tables and the models' pages from their cards."""

import argparse
import sys
from pathlib import Path
from typing import Final

from fer_core.bundle import ModelCard, bundle_folder, list_models, main_part, network_entry, no_models_text, read_card
from fer_core.cli.common import refuse
from fer_core.cli.table import table_lines
from fer_core.errors import ModelError

_HEADER: Final = (
    "Model", "Title", "Network", "Recommended", "Parameters", "File", "Real faces", "Accuracy", "95 % interval",
    "Measured on", "FER+",
)  # fmt: skip
_NUMBERS: Final = (4, 5, 6, 7, 10)  # columns aligned to the right


def run(args: argparse.Namespace) -> int:
    """A line per model on stdout, those that cannot be used on stderr."""
    if args.markdown or args.cards:
        return _from_cards(args.models_dir, table=args.markdown)
    names = list_models(args.models_dir)
    if not names:
        return refuse(no_models_text(args.models_dir))
    rows = []
    for name in names:
        try:
            rows.append(_row(name, read_card(bundle_folder(name, args.models_dir))))
        except ModelError as error:
            print(f"model {name} is unavailable: {error}", file=sys.stderr)
    if not rows:
        return 2
    print(*table_lines(_HEADER, rows, right=_NUMBERS), sep="\n")
    return 0 if len(rows) == len(names) else 1


def _row(name: str, card: ModelCard) -> list[str]:
    part = main_part(card.evaluation)
    found = card.evaluation[part] if part else {}
    interval = found.get("accuracy_interval")
    real, ferplus = (of.get("accuracy") for of in (card.real_faces, card.evaluation.get("ferplus_test", {})))
    size = network_entry(card).get("bytes")
    return [
        name,
        card.title,
        card.architecture,
        "yes" if card.recommended else "",
        f"{card.parameters / 1e6:.2f} M",
        f"{size / 1e6:.1f} MB" if size is not None else "",
        f"{real:.1%}" if real is not None else "",
        f"{found['accuracy']:.1%}" if found else "",
        "{:.1%} to {:.1%}".format(*interval) if interval else "",
        part or "",
        f"{ferplus:.1%}" if ferplus is not None else "",
    ]


def _from_cards(models_dir: Path | None, table: str | None) -> int:
    """Print a table of the README, or, for None, write the pages of the models."""
    from fer_core.bundle import read_bundles
    from fer_core.reporting import leaderboard_table, published_table, write_readmes

    bundles, broken = read_bundles(models_dir)
    for name, reason in broken.items():
        print(f"model {name} is unavailable: {reason}", file=sys.stderr)
    if not bundles:
        return refuse(no_models_text(models_dir))
    tables = {"results": leaderboard_table, "published": published_table}
    print(*([tables[table](bundles)] if table else write_readmes(bundles)), sep="\n")
    return 1 if broken else 0

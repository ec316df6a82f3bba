"""What a process of the service is told when it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """models: folders of the bundles to serve, the first ones first. token: what clients must show; "" for none.

    threads: pictures a process works on at the same time. scratch: a folder of all processes for videos, which goes
    with the service. unavailable: name -> why a model that is there cannot be used.
    """

    models: tuple[Path, ...]
    token: str
    threads: int
    scratch: Path
    unavailable: Mapping[str, str] = field(default_factory=dict)

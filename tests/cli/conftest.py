"""Pictures for the commands that read some."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core.image import sample_image


@pytest.fixture
def astronaut(tmp_path: Path) -> Path:
    path = tmp_path / "pictures" / "astronaut.png"
    path.parent.mkdir()
    path.write_bytes(sample_image())
    return path


@pytest.fixture
def folder(astronaut: Path) -> Path:
    """Two pictures with faces (one is a face crop, below), one without, one that is none, and a text."""
    below = astronaut.parent / "below"
    below.mkdir()
    crop = np.asarray(Image.open(astronaut).convert("L").crop((152, 50, 296, 194)).resize((48, 48)))
    Image.fromarray(crop).save(below / "crop.PNG")
    Image.new("RGB", (200, 200), "white").save(astronaut.parent / "white.jpg")
    (astronaut.parent / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (astronaut.parent / "notes.txt").write_text("not looked at")
    return astronaut.parent

"""What `classify` counts over all pictures."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from fer_core.analysis import Analysis
from fer_core.cli.table import table_lines
from fer_core.emotions import EMOTIONS


@dataclass
class Totals:
    """read, refused: files; faceless: images among those read; disagreed: faces on which models disagree.

    labels: model -> label -> faces; unsure: model -> faces.
    """

    read: int = 0
    refused: int = 0
    faceless: int = 0
    faces: int = 0
    disagreed: int = 0
    labels: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unsure: Counter[str] = field(default_factory=Counter)

    def add(self, analysis: Analysis) -> None:
        """Count an image that was read."""
        self.read += 1
        self.faceless += not analysis.faces
        self.faces += len(analysis.faces)
        for face in analysis.faces:
            self.disagreed += face.models_disagree
            for model, prediction in face.predictions.items():
                self.labels[model][prediction.label] += 1
                self.unsure[model] += prediction.is_uncertain

    def lines(self) -> Iterator[str]:
        """A line of counts; for several faces, also a table of labels by model."""
        counts = (("read", self.read), ("refused", self.refused), ("without a face", self.faceless))
        said = ", ".join(f"{count} {what}" for what, count in counts if count)
        yield f"{_counted(self.read + self.refused, 'file')}: {said}; {_counted(self.faces, 'face')}"
        if self.faces < 2 or not self.labels:
            return
        rows = [[emotion, *(str(found[emotion]) for found in self.labels.values())] for emotion in EMOTIONS]
        rows.append(["unsure", *(str(self.unsure[model]) for model in self.labels)])
        yield ""
        yield from table_lines(["", *self.labels], rows, right=range(1, len(self.labels) + 1))
        if len(self.labels) > 1:
            yield f"The models disagree on {self.disagreed} of {_counted(self.faces, 'face')}."


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"

"""A face's verdict and the probabilities behind it, as HTML: a chart library would hold up the first page."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

import numpy as np

from fer_core import Face, Prediction
from fer_core.emotions import COLOURS, EMOTIONS, icon
from fer_core.image import encode_png
from fer_core.utils.text import listed

COLUMNS_AT_MOST = 2  # models side by side; more are rows of a table
STYLE = """<style>
.fer-face {display: flex; gap: 0.9rem; align-items: center; margin: 0 0 0.6rem}
.fer-face > img {width: 4rem; height: 4rem; border-radius: 0.5rem; flex: none}
.fer-face p {margin: 0; line-height: 1.35}
.fer-verdict {font-size: 1.75rem; font-weight: 700}
.fer-verdict small {font-size: 1.25rem; font-weight: 400}
.fer-verdict em {font-style: normal; font-size: 0.95rem; font-weight: 600; padding: 0.1rem 0.6rem; margin-left: 0.3rem;
  border: 1px solid currentColor; border-radius: 1rem; vertical-align: middle; white-space: nowrap}
img.fer-icon {width: 1.05em; height: 1.05em; vertical-align: -0.15em; display: inline-block}
.fer-said {font-size: 0.875rem; opacity: 0.8}
table.fer-bars {width: 100%; border-collapse: collapse; font-size: 0.875rem; margin-bottom: 0.5rem}
.fer-bars th, .fer-bars td {padding: 0.1rem 0.5rem 0.1rem 0; text-align: left; font-weight: 400; border: 0}
.fer-bars td {font-variant-numeric: tabular-nums}
.fer-bars thead th {font-weight: 600}
.fer-bars .best {font-weight: 700}
.fer-bars tbody th {width: 6.5rem; white-space: nowrap}
.fer-bars .bar {min-width: 2rem; padding-right: 0.4rem}
.fer-bars .value {text-align: right; width: 2.6rem}
.fer-bars i {display: block; height: 0.7rem; border-radius: 2px; background-color: rgb(128 128 128 / 0.25)}
.fer-rows i {height: 0.25rem}
.fer-rows tbody th {width: auto; white-space: normal}
.fer-rows td, .fer-rows thead th {width: 10%; padding-right: 0.35rem}
.fer-rows tr.mean th, .fer-rows tr.mean td {border-bottom: 1px solid rgb(128 128 128 / 0.5); padding-bottom: 0.3rem}
.fer-hidden {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap}
@media (max-width: 640px) {
  .fer-wide {display: none}
  .fer-face > img {width: 3.2rem; height: 3.2rem}
  .fer-verdict {font-size: 1.4rem}
  .fer-verdict small {font-size: 1.1rem}
  .fer-rows {font-size: 0.75rem !important}
  .fer-rows thead .name {writing-mode: vertical-rl}
}
</style>"""


def verdict_html(face: Face, titles: Mapping[str, str], *, crop: bool = True) -> str:
    """The face's number, label, confidence, and what the models say. titles: model name -> title."""
    lines = [f"<p class='fer-verdict'>{_verdict(face.verdict)}</p>"]
    lines.append(f"<p class='fer-said'><span>Face {face.number}</span>{_said(face, titles)}</p>")
    if face.whole_picture:
        lines.append("<p class='fer-said'>The whole picture was taken as the face.</p>")
    if face.hints:
        lines.append(f"<p class='fer-said'>Doubtful, because the face is {escape('; '.join(face.hints))}.</p>")
    image = f"<img src='{_data(face.crop)}' alt='Face {face.number} as the models see it, grey'>" if crop else ""
    return f"{STYLE}<div class='fer-face'>{image}<div>{''.join(lines)}</div></div>"


def bars_html(face: Face, titles: Mapping[str, str]) -> str:
    """All probabilities of a face in one table: models side by side, or a row for each where they are more than two."""
    values = {titles.get(name, name): p.probabilities.tolist() for name, p in face.predictions.items()}
    table = _columns if len(values) <= COLUMNS_AT_MOST else _rows
    return f"{STYLE}{table(values, f'Face {face.number}: probabilities')}" if values else ""


def _verdict(verdict: Prediction | None) -> str:
    if verdict is None:
        return "no model"
    unsure = " <em>unsure</em>" if verdict.is_uncertain else ""
    return f"{_icon(verdict.label)} {verdict.label} <small>{verdict.confidence:.0%}</small>{unsure}"


def _said(face: Face, titles: Mapping[str, str]) -> str:
    """Who says so."""
    names = [escape(titles.get(name, name)) for name in face.predictions]
    if len(names) <= 1:
        return "".join(f", by {name}" for name in names)
    votes = Counter(prediction.label for prediction in face.predictions.values())
    if len(names) <= COLUMNS_AT_MOST:
        whose = "the mean of " + listed(names)
        return f", {whose}{'; the models disagree' if len(votes) > 1 else ''}"
    shares = ", ".join(f"{count} say {label}" for label, count in votes.most_common())
    return f", the mean of {len(names)} models: {shares if len(votes) > 1 else f'all say {votes.most_common()[0][0]}'}"


def _columns(values: Mapping[str, Sequence[float]], caption: str) -> str:
    heads = "".join(f"<th scope='col' colspan='2'>{escape(title)}</th>" for title in values)
    rows = []
    for index, emotion in enumerate(EMOTIONS):
        cells = []
        for probabilities in values.values():
            best = " best" if probabilities[index] == max(probabilities) else ""
            bar = f"<td class='bar'>{_bar(probabilities[index], emotion)}</td>"
            cells.append(f"{bar}<td class='value{best}'>{probabilities[index]:.0%}</td>")
        rows.append(f"<tr><th scope='row'>{_icon(emotion)}&nbsp;{emotion}</th>{''.join(cells)}</tr>")
    head = f"<thead><tr><td></td>{heads}</tr></thead>"
    return f"<table class='fer-bars'>{_caption(caption)}{head}<tbody>{''.join(rows)}</tbody></table>"


def _rows(values: Mapping[str, Sequence[float]], caption: str) -> str:
    heads = "".join(
        f"<th scope='col'>{_icon(emotion)} <span class='name'>{emotion}</span></th>" for emotion in EMOTIONS
    )
    mean = [float(value) for value in np.mean(list(values.values()), axis=0)]
    rows = []
    for title, probabilities in {"Mean": mean, **values}.items():
        cells = []
        for emotion, value in zip(EMOTIONS, probabilities, strict=True):
            best = " class='best'" if value == max(probabilities) else ""
            cells.append(f"<td{best}>{value:.0%}{_bar(value, emotion)}</td>")
        mark = " class='mean'" if not rows else ""
        rows.append(f"<tr{mark}><th scope='row'>{escape(title)}</th>{''.join(cells)}</tr>")
    head = f"<thead><tr><td></td>{heads}</tr></thead>"
    return f"<table class='fer-bars fer-rows'>{_caption(caption)}{head}<tbody>{''.join(rows)}</tbody></table>"


def _caption(text: str) -> str:
    return f"<caption class='fer-hidden'>{text}</caption>"


def _bar(value: float, emotion: str) -> str:
    fill = f"linear-gradient({COLOURS[emotion]} 0 0) left/{value:.1%} 100% no-repeat, rgb(128 128 128 / 0.25)"
    return f"<i aria-hidden='true' style='background: {fill}'></i>"


def _icon(emotion: str) -> str:
    return f"<img class='fer-icon' src='data:image/svg+xml,{quote(icon(emotion))}' alt=''>"


def _data(crop: np.ndarray) -> str:
    """A (48, 48) uint8 crop as an address that holds the picture."""
    return f"data:image/png;base64,{base64.b64encode(encode_png(np.dstack([crop] * 3))).decode()}"

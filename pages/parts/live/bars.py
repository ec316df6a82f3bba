"""Bars of the seven emotions that may be drawn anew twice a second."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fer_core.emotions import COLOURS, EMOTIONS

SIDE_BY_SIDE = 2  # models; more become rows, for their columns would be too narrow to read
_STYLE = """<style>
.bars {display: grid; gap: 0.2rem 0.6rem; align-items: center; font-size: 0.875rem; margin-bottom: 0.5rem}
.bars p {grid-column: span 2; margin: 0 0 0.2rem; line-height: 1.3}
.bars i {height: 0.8rem; border-radius: 2px; background-color: rgb(128 128 128 / 0.12) !important}
.bars b {font-weight: 400; font-variant-numeric: tabular-nums; text-align: right}
.rows {grid-template-columns: repeat(7, minmax(0, 1fr)); gap: 0.15rem 0.3rem}
.rows p {grid-column: 1 / -1; margin: 0.4rem 0 0}
.rows p br {display: none}
.rows p strong {margin-left: 0.4rem}
.rows span {font-size: 0.75rem}
.rows div {display: grid}
.rows b {text-align: left; font-size: 0.75rem}
.rows i {height: 0.4rem}
</style>"""


def show_bars(values: Mapping[str, Sequence[float]], headings: Mapping[str, str]) -> None:
    """Seven labelled bars for each model: two models side by side, more below one another.

    values: model name -> (7,) fractions in the order of EMOTIONS. headings: model name -> HTML. The bars are HTML: a
    chart that is drawn twice a second flickers, and costs 50 ms each time.
    """
    side_by_side = len(values) <= SIDE_BY_SIDE
    st.html(_STYLE + (_columns if side_by_side else _rows)(values, headings))


def _columns(values: Mapping[str, Sequence[float]], headings: Mapping[str, str]) -> str:
    cells = ["<span></span>", *(f"<p>{headings[name]}</p>" for name in values)]
    for index, emotion in enumerate(EMOTIONS):
        cells.append(f"<span>{emotion}</span>")
        cells += [_bar(own[index], COLOURS[emotion]) + _number(own[index]) for own in values.values()]
    columns = f"max-content repeat({len(values)}, minmax(1.5rem, 1fr) 2.4rem)"
    return f"<div class='bars' style='grid-template-columns: {columns}'>{''.join(cells)}</div>"


def _rows(values: Mapping[str, Sequence[float]], headings: Mapping[str, str]) -> str:
    cells = [f"<span>{emotion}</span>" for emotion in EMOTIONS]
    for name, own in values.items():
        cells.append(f"<p>{headings[name]}</p>")
        pairs = zip(EMOTIONS, own, strict=True)
        cells += [f"<div>{_number(value)}{_bar(value, COLOURS[emotion])}</div>" for emotion, value in pairs]
    return f"<div class='bars rows'>{''.join(cells)}</div>"


def _bar(value: float, colour: str) -> str:
    fill = f"linear-gradient({colour} 0 0) left/{value:.1%} 100% no-repeat"
    return f'<i style="background:{fill}"></i>'


def _number(value: float) -> str:
    return f"<b>{value:.0%}</b>"

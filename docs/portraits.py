"""Draws people for the app's samples: a portrait as SVG from a look and an expression of docs/people.py."""

from typing import Final

from docs.people import Expression, Look

SIZE: Final = 512
"""Width and height of a portrait; all lengths here are in its units, y downwards from between nose and eyes."""


def picture(people: list[tuple[Look, Expression, float, float, float]], width: int, height: int, ground: str) -> str:
    """A picture as an SVG document. people: of each the look, the expression, x, y and scale, from back to front."""
    drawn = "".join(
        f'<g transform="translate({x} {y}) scale({scale})">{_person(look, expression, f"p{number}")}</g>'
        for number, (look, expression, x, y, scale) in enumerate(people)
    )
    start = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    return f'{start}<rect width="{width}" height="{height}" fill="{ground}"/>{drawn}</svg>'


def portrait(look: Look, expression: Expression) -> str:
    """One person from the shoulders up, as an SVG document of SIZE x SIZE."""
    return picture([(look, expression, SIZE / 2, 262, 1.0)], SIZE, SIZE, look.ground)


def _person(look: Look, move: Expression, ident: str) -> str:
    head = _head(look.width, move.jaw)
    parts = [_definitions(look, ident, head), *_hair_behind(look, ident), *_shoulders(look, ident), *_ears(look)]
    parts += [f'<path d="{head}" fill="url(#{ident}-skin)"/>', f'<g clip-path="url(#{ident}-head)">']
    parts += [*_shadows(look, move, ident), "</g>"]
    for side in (-1, 1):
        parts += [*_eye(look, move, side, ident), _brow(look, move, side)]
    parts += [*_lines(look, move, ident), *_nose(look, move, ident), *_mouth(look, move, ident), _hair(look, ident)]
    return "".join(parts)


def _definitions(look: Look, ident: str, head: str) -> str:
    def blur(name: str, deviation: float) -> str:
        box = 'x="-60%" y="-60%" width="220%" height="220%"'
        return f'<filter id="{ident}-{name}" {box}><feGaussianBlur stdDeviation="{deviation}"/></filter>'

    return (
        f'<defs><clipPath id="{ident}-head"><path d="{head}"/></clipPath>'
        f'<radialGradient id="{ident}-skin" cx=".42" cy=".38" r=".75"><stop offset="0" stop-color="{look.light}"/>'
        f'<stop offset=".45" stop-color="{look.skin}"/><stop offset="1" stop-color="{look.shade}"/></radialGradient>'
        f'<linearGradient id="{ident}-neck" x2="0" y2="1"><stop offset="0" stop-color="{look.shade}"/>'
        f'<stop offset="1" stop-color="{look.skin}"/></linearGradient>'
        f'<linearGradient id="{ident}-hair" x1=".2" x2=".9" y2="1"><stop offset="0" stop-color="{look.shine}"/>'
        f'<stop offset=".6" stop-color="{look.hair}"/></linearGradient>'
        f"{blur('soft', 14)}{blur('edge', 4)}{blur('fine', 2)}</defs>"
    )


def _ellipse(x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1, blur: str = "") -> str:
    soft = f' filter="url(#{blur})"' if blur else ""
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{fill}" opacity="{opacity}"{soft}/>'


def _line(path: str, colour: str, width: float, opacity: float = 1, blur: str = "") -> str:
    soft = f' filter="url(#{blur})"' if blur else ""
    stroke = f'fill="none" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" opacity="{opacity}"'
    return f'<path d="{path}" {stroke}{soft}/>'


def _head(w: float, jaw: float) -> str:
    chin = 158 + jaw
    return (
        f"M{-w},-30 C{-w - 4},-150 {w + 4},-150 {w},-30 C{w + 2},40 {w - 10},78 {w - 42},{116 + jaw * 0.6} "
        f"C{w - 70},{chin - 12} 30,{chin} 0,{chin} C-30,{chin} {-w + 70},{chin - 12} {-w + 42},{116 + jaw * 0.6} "
        f"C{-w + 10},78 {-w - 2},40 {-w},-30Z"
    )


def _hair_behind(look: Look, ident: str) -> list[str]:
    w = look.width
    if look.style == "bun":
        return [f'<circle cy="-172" r="46" fill="url(#{ident}-hair)"/>']
    if look.style == "bob":
        return [
            f'<path d="M{-w - 22},-40 C{-w - 40},-190 {w + 40},-190 {w + 22},-40 C{w + 34},60 {w + 26},120 {w - 2},150 '
            f'L{-w + 2},150 C{-w - 26},120 {-w - 34},60 {-w - 22},-40Z" fill="url(#{ident}-hair)"/>'
        ]
    return [f'<path d="M{-w - 4},-24 C{-w - 26},-185 {w + 26},-190 {w + 4},-24Z" fill="url(#{ident}-hair)"/>']


def _shoulders(look: Look, ident: str) -> list[str]:
    return [
        f'<path d="M-190,700 L-190,300 C-185,205 -110,190 -58,172 L58,172 C110,190 185,205 190,300 L190,700Z" '
        f'fill="{look.shirt}"/>',
        f'<path d="M-54,95 L-54,178 C-30,212 30,212 54,178 L54,95Z" fill="url(#{ident}-neck)"/>',
    ]


def _ears(look: Look) -> list[str]:
    ears = []
    for side in (-1, 1):
        ears.append(_ellipse(side * (look.width - 1), 6, 16, 28, look.shade))
        ears.append(_ellipse(side * (look.width - 3), 6, 11, 21, look.skin))
    return ears


def _shadows(look: Look, move: Expression, ident: str) -> list[str]:
    soft, edge, up = f"{ident}-soft", f"{ident}-edge", move.cheeks
    parts = [
        _ellipse(6 - look.width, 40, 26, 90, look.shade, 0.45, soft),
        _ellipse(look.width - 6, 40, 30, 90, look.shade, 0.6, soft),
    ]
    for side in (-1, 1):
        parts.append(_ellipse(side * 62, 44 - 10 * up, 30 + 6 * up, 22 + 6 * up, look.light, 0.55, soft))
        parts.append(_ellipse(side * 66, 52 - 10 * up, 26, 16, "#d0614f", 0.16 + 0.1 * up, soft))
        parts.append(_ellipse(side * 50, -26, 36, 20, look.shade, 0.38, soft))
    parts.append(_ellipse(0, 116 + move.mouth_open * 0.8 + move.jaw * 0.4, 26, 6, look.shade, 0.5, edge))
    parts.append(_ellipse(0, 138 + move.jaw, 24, 10, look.light, 0.4, edge))
    return parts


def _eye(look: Look, move: Expression, side: int, ident: str) -> list[str]:
    x, y, clip = side * 50, -20, f"{ident}-eye{side + 1}"
    upper, lower = 19 * move.eyes, 14 * max(0.35, min(move.eyes, 1.25)) * (1 - 0.75 * move.lower_lids)
    inner, outer = x - side * 27, x + side * 29
    top = f"C{x - side * 14},{y - upper} {x + side * 14},{y - upper}"
    lid = f"M{inner},{y + 3} {top} {outer},{y - 1}"
    almond = f"{lid} C{x + side * 14},{y + lower} {x - side * 12},{y + lower} {inner},{y + 3}Z"
    bottom = f"M{inner},{y + 4} C{x - side * 12},{y + lower} {x + side * 14},{y + lower} {outer},{y}"
    fold = upper + 9
    crease = (
        f"M{inner + side * 2},{y - upper * 0.72 - 5} C{x - side * 12},{y - fold} {x + side * 14},{y - fold} "
        f"{outer + side * 2},{y - 12}"
    )
    return [
        f'<clipPath id="{clip}"><path d="{almond}"/></clipPath><path d="{almond}" fill="#f7f3ee"/>',
        f'<g clip-path="url(#{clip})"><circle cx="{x}" cy="{y - 1}" r="14.5" fill="{look.eyes}"/>',
        f'<circle cx="{x}" cy="{y - 1}" r="7" fill="#120c08"/><circle cx="{x - 5}" cy="{y - 6}" r="3.4" fill="#fff"/>',
        f'<path d="M{inner},{y - upper} h{side * 60} v{upper * 0.55} h{-side * 60}Z" opacity=".25" '
        f'filter="url(#{ident}-edge)"/></g>',
        _line(f"M{inner - side},{y + 4} {top} {outer + side * 3},{y - 2}", "#2a1a12", 5),
        _line(bottom, look.shade, 3),
        _line(crease, look.shade, 3, 0.7),
    ]


def _brow(look: Look, move: Expression, side: int) -> str:
    x = side * 50
    inner, outer = x - side * (30 + move.frown), x + side * 36
    start, end = -49 - move.brows_inner, -52 - move.brows_outer
    arch = -66 - (move.brows_inner * 0.45 + move.brows_outer * 0.65)
    path = (
        f"M{inner},{start} C{inner + side * 20},{arch} {x + side * 16},{arch - 2} {outer},{end} "
        f"C{x + side * 16},{arch + 10} {inner + side * 18},{arch + 16} {inner},{start}Z"
    )
    return f'<path d="{path}" fill="{look.hair}" stroke="{look.hair}" stroke-width="5" stroke-linejoin="round"/>'


def _lines(look: Look, move: Expression, ident: str) -> list[str]:
    """Of the forehead, between the brows, under the eyes, and from the nose to the mouth."""
    parts = []
    if move.brows_inner > 10:
        for step in (0, 1, 2):
            y = -92 - 12 * step
            parts.append(_line(f"M{-58 + 8 * step},{y} Q0,{y - 8} {58 - 8 * step},{y}", look.shade, 3, 0.5))
    tense, wide = max(move.cheeks, move.lower_lids), move.mouth_width
    depth = min(0.85, max(abs(move.corners) / 14, move.upper_lip / 12, 0.12))
    for side in (-1, 1):
        if move.frown > 4:
            parts.append(_line(f"M{side * 7},-66 Q{side * 4},-50 {side * 8},-36", look.shade, 4, 0.8))
        if tense > 0.3:
            under = f"M{side * 27},5 Q{side * 50},13 {side * 77},2"
            parts.append(_line(under, look.shade, 3.5, 0.4 + 0.4 * tense))
        fold = (
            f"M{side * 29},{36 - move.upper_lip * 0.4} C{side * 48},{48 - move.corners * 0.3} "
            f"{side * (50 + 10 * wide)},{70 - move.corners * 0.4} {side * (44 + 14 * wide)},{88 - move.corners * 0.5}"
        )
        parts.append(_line(fold, look.shade, 5, depth, f"{ident}-fine"))
    return parts


def _nose(look: Look, move: Expression, ident: str) -> list[str]:
    outline = "M-10,-30 C-14,0 -24,22 -26,34 C-22,46 -12,42 0,47 C12,42 22,46 26,34"
    parts = [
        _line(outline, look.shade, 4, 0.85),
        _ellipse(10, 8, 9, 34, look.shade, 0.35, f"{ident}-edge"),
        _ellipse(-3, 22, 7, 14, look.light, 0.8, f"{ident}-edge"),
    ]
    for side in (-1, 1):
        parts.append(_ellipse(side * 12, 41, 6, 3.4, "#5b2f22", 0.7))
        for y in (-24, -12) if move.wrinkles else ():
            parts.append(_line(f"M{side * 6},{y} L{side * 20},{y + 8}", look.shade, 4, 0.9 * move.wrinkles))
    return parts


def _mouth(look: Look, move: Expression, ident: str) -> list[str]:
    half, y = 50 * move.mouth_width, 92
    corner = y - move.corners
    ends = [_ellipse(side * (half + 4), corner, 7, 7, look.shade, 0.6, f"{ident}-edge") for side in (-1, 1)]
    return [*(_open_mouth if move.mouth_open else _closed_mouth)(look, move, ident, half, y, corner), *ends]


def _closed_mouth(look: Look, move: Expression, _: str, half: float, y: float, corner: float) -> list[str]:
    lift, bend = move.upper_lip, move.corners
    upper = (
        f"M{-half},{corner} C{-half * 0.5},{y - 12 - lift} -10,{y - 13 - lift} 0,{y - 9 - lift} "
        f"C10,{y - 13 - lift} {half * 0.5},{y - 12 - lift} {half},{corner} "
        f"C{half * 0.5},{y + bend * 0.2 - 1} {-half * 0.5},{y + bend * 0.2 - 1} {-half},{corner}Z"
    )
    lower = (
        f"M{-half},{corner} C{-half * 0.5},{y + 2 + bend * 0.25} {half * 0.5},{y + 2 + bend * 0.25} {half},{corner} "
        f"C{half * 0.5},{y + 20} {-half * 0.5},{y + 20} {-half},{corner}Z"
    )
    between = y + 1 + bend * 0.35
    lips = f"M{-half - 2},{corner} C{-half * 0.5},{between} {half * 0.5},{between} {half + 2},{corner}"
    return [
        f'<path d="{upper}" fill="{look.lips}"/><path d="{lower}" fill="{look.lips}" opacity=".85"/>',
        _line(lips, "#5e231e", 4.5),
    ]


def _open_mouth(look: Look, move: Expression, ident: str, half: float, y: float, corner: float) -> list[str]:
    top, bottom, roundness = y - 6 - move.upper_lip - move.mouth_open * 0.25, y + move.mouth_open, move.roundness
    edge, rim = top - 2 - roundness * 6, top - roundness * 8
    clip = f"{ident}-mouth"
    hole = (
        f"M{-half},{corner} C{-half * (0.5 + 0.45 * roundness)},{edge} {half * (0.5 + 0.45 * roundness)},{edge} "
        f"{half},{corner} C{half * (0.55 + 0.4 * roundness)},{bottom + 8} {-half * (0.55 + 0.4 * roundness)},"
        f"{bottom + 8} {-half},{corner}Z"
    )
    lips = (
        f"M{-half - 5},{corner} C{-half * 0.5},{rim - 14} -10,{rim - 15} 0,{rim - 11} C10,{rim - 15} {half * 0.5},"
        f"{rim - 14} {half + 5},{corner} C{half * (0.6 + 0.4 * roundness)},{bottom + 26} "
        f"{-half * (0.6 + 0.4 * roundness)},{bottom + 26} {-half - 5},{corner}Z"
    )
    parts = [f'<clipPath id="{clip}"><path d="{hole}"/></clipPath><path d="{lips}" fill="{look.lips}"/>']
    parts += [f'<path d="{hole}" fill="#4a1515"/><g clip-path="url(#{clip})">']
    if move.teeth:
        row = top + 12 + move.mouth_open * 0.35
        parts.append(
            f'<path d="M{-half},{corner - 20} L{half},{corner - 20} L{half},{row} '
            f'Q0,{row + 8 + move.mouth_open * 0.15} {-half},{row}Z" fill="#fbf7f0"/>'
        )
        if move.corners < 0:  # bared: the lower row shows too
            parts.append(f'<rect x="{-half}" y="{bottom - 8}" width="{2 * half}" height="24" fill="#f3ede4"/>')
        parts += [_line(f"M{11 * step},{y - 40} v90", "#d8cfc4", 1.2) for step in range(-4, 5)]
    else:
        parts.append(_ellipse(0, bottom + 6, half * 0.6, move.mouth_open * 0.35, "#b9564f"))
    return [*parts, "</g>"]


def _hair(look: Look, ident: str) -> str:
    w = look.width
    paths = {
        "short": f"M{-w - 4},-24 C{-w - 26},-185 {w + 26},-190 {w + 4},-24 C{w + 2},-70 {w - 12},-92 {w - 36},-104 "
        f"C30,-84 -50,-88 {-w + 30},-108 C{-w + 10},-88 {-w - 2},-64 {-w - 4},-24Z",
        "bob": f"M{-w - 16},20 C{-w - 34},-180 {w + 34},-186 {w + 16},20 C{w + 2},-30 {w - 8},-76 10,-118 "
        f"C-30,-86 {-w + 8},-70 {-w - 16},20Z",
        "bun": f"M{-w - 3},-24 C{-w - 20},-180 {w + 20},-180 {w + 3},-24 C{w - 6},-80 {w - 50},-112 0,-114 "
        f"C{-w + 50},-112 {-w + 6},-80 {-w - 3},-24Z",
    }
    return f'<path d="{paths[look.style]}" fill="url(#{ident}-hair)"/>'

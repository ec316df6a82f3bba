// A level as Python packs it: first bin, then labels, least and largest probabilities one after another.
function unpack([first, packed]) {
  const bytes = bytes_of(packed), count = bytes.length / 3
  return { first, count, labels: bytes.subarray(0, count), low: bytes.subarray(count, 2 * count), high: bytes.subarray(2 * count) }
}

const bytes_of = packed => Uint8Array.from(atob(packed), character => character.charCodeAt(0))

// The bin of the first of several faces of one person that is seen in it.
function sample(levels, index) {
  for (const level of levels) {
    const i = index - level.first
    if (i >= 0 && i < level.count && level.labels[i] !== ABSENT) return { label: level.labels[i], low: level.low[i], high: level.high[i] }
  }
  return NOBODY
}
const NOBODY = { label: ABSENT, low: 0, high: 0 }

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high)
const round = time => Math.round(time * 1000) / 1000

function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6), minutes = Math.floor(tenths / 600)
  const text = `${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`
  return minutes < 60 ? `${minutes}:${text}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${text}`
}

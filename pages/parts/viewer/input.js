// Mouse, touch and keys: a part of Viewer.
const input = {
  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && event.target.tagName !== "INPUT") {
      event.preventDefault()
      return this.undo()
    }
    if (event.target.getAttribute("role") !== "slider" || event.ctrlKey || event.metaKey || event.altKey) return
    const step = event.shiftKey ? this.data.step : 1
    const actions = {
      ArrowLeft: () => this.seek(this.time - step), ArrowRight: () => this.seek(this.time + step),
      ArrowDown: () => this.seek(this.time - step), ArrowUp: () => this.seek(this.time + step),
      PageUp: () => this.seek(this.time - 10), PageDown: () => this.seek(this.time + 10),
      Home: () => this.seek(this.data.start), End: () => this.seek(this.data.end),
      "[": () => this.next_change(-1), "]": () => this.next_change(1),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.look_at(this.data.start, this.all),
      " ": () => this.play(), e: () => this.mark(), x: () => this.begin_or_end(),
      Escape: () => { this.opened = undefined; this.say(""); this.render() },
    }
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!action) return
    event.preventDefault()
    action()
  },

  moment(element, event) {
    const box = element.getBoundingClientRect()
    const share = clamp((event.clientX - box.left) / box.width, 0, 1)
    if (element.dataset.lane === "overview") return this.data.start + share * this.all
    return this.view[0] + share * (this.view[1] - this.view[0])
  },

  down(event) {
    const lane = event.target.closest(".lane")
    if (!lane || event.button > 0) return
    lane.setPointerCapture(event.pointerId)
    this.pointers.set(event.pointerId, event.clientX)
    if (this.pointers.size === 2) {
      this.drag = { kind: "pinch", lane, apart: this.apart(), view: this.view }
      return
    }
    const kind = { overview: "overview", axis: "scrub" }[lane.dataset.lane] ?? (event.shiftKey ? "select" : "pan")
    this.drag = { kind, lane, x: event.clientX, view: this.view, time: this.moment(lane, event), moved: false }
    if (kind === "scrub") this.seek(this.drag.time)
    if (kind === "overview") this.centre(this.drag.time)
  },

  move(event) {
    if (!this.pointers.has(event.pointerId) || !this.drag) return
    this.pointers.set(event.pointerId, event.clientX)
    const { kind, lane, x, view, time } = this.drag, length = view[1] - view[0]
    if (kind === "pinch") {
      const middle = (view[0] + view[1]) / 2, shown = (length * this.drag.apart) / Math.max(20, this.apart())
      return this.look_at(middle - shown / 2, shown)
    }
    if (Math.abs(event.clientX - x) > 4) this.drag.moved = true
    if (!this.drag.moved) return
    if (kind === "pan") this.look_at(view[0] - ((event.clientX - x) / lane.clientWidth) * length, length)
    if (kind === "scrub") this.seek(this.moment(lane, event))
    if (kind === "overview") this.centre(this.moment(lane, event))
    if (kind === "select") this.select(lane, time, this.moment(lane, event))
  },

  up(event) {
    if (!this.pointers.delete(event.pointerId) || !this.drag) return
    const { kind, lane, time, moved } = this.drag
    if (this.pointers.size) return
    this.drag = null
    lane.querySelector(".picked")?.remove()
    if (event.type === "pointercancel" || kind === "pinch") return
    this.section.querySelector("[role=slider]").focus({ preventScroll: true }) // keys go on from here
    if (kind === "select" && moved) this.exclude(time, this.moment(lane, event))
    else if (!moved && kind !== "overview") this.seek(time)
  },

  apart() {
    const [a, b] = [...this.pointers.values()]
    return Math.abs(a - b)
  },

  centre(time) {
    const length = this.view[1] - this.view[0]
    this.look_at(time - length / 2, length)
  },

  select(lane, one, other) {
    const picked = lane.querySelector(".picked") ?? lane.appendChild(make("div", { class: "picked" }))
    const share = time => ((time - this.view[0]) / (this.view[1] - this.view[0])) * 100
    picked.style.left = `${share(Math.min(one, other))}%`
    picked.style.width = `${share(Math.max(one, other)) - share(Math.min(one, other))}%`
  },

  wheel(event) {
    const lane = event.target.closest(".lane")
    if (!lane) return
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    if (!event.ctrlKey && !event.metaKey && !sideways && lane.dataset.lane === "track") return // the page scrolls
    event.preventDefault()
    const pixels = event.deltaMode ? 16 : 1, [from, to] = this.view
    if (sideways) return this.look_at(from + (((event.deltaX || event.deltaY) * pixels) / lane.clientWidth) * (to - from), to - from)
    this.zoom(1.0016 ** (event.deltaY * pixels), this.moment(lane, event))
  },
}

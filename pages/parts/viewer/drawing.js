// What of the film is seen, and how it is drawn: a part of Viewer.
const drawing = {
  look_at(from, length) {
    const { start, end, step } = this.data
    const shown = clamp(length, Math.min(this.all, 20 * step), this.all)
    const begin = clamp(from, start, Math.max(start, end - shown))
    this.view = [begin, begin + shown]
    this.draw()
  },

  zoom(factor, around = this.time) {
    const [from, to] = this.view
    if (around < from || around > to) around = (from + to) / 2
    const length = clamp((to - from) * factor, Math.min(this.all, 20 * this.data.step), this.all)
    this.look_at(around - ((around - from) / (to - from)) * length, length)
  },

  draw() {
    if (this.due || !this.data) return
    this.due = true
    requestAnimationFrame(() => {
      this.due = false
      if (this.listen.signal.aborted) return
      const style = getComputedStyle(this.section)
      this.ink = style.getPropertyValue("--st-text-color") || style.color
      this.ground = style.getPropertyValue("--st-background-color")
      this.accent = style.getPropertyValue("--st-primary-color")
      this.font = style.fontFamily
      for (const lane of this.lanes) this.paint(lane)
      this.show_time(false)
    })
  },

  paint(lane) {
    const { element, canvas, kind } = lane
    const width = (lane.width = element.clientWidth), height = element.clientHeight, ratio = devicePixelRatio || 1
    if (!width) return
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
    }
    const context = canvas.getContext("2d")
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    const view = kind === "overview" ? [this.data.start, this.data.start + this.all] : this.view
    const x = time => ((time - view[0]) / (view[1] - view[0])) * width
    if (kind === "axis") this.paint_axis(context, width, height, x)
    else if (kind === "overview") {
      const first = this.people().find(person => !this.is_out(person))
      if (first !== undefined) this.paint_track(context, this.of(first, this.data.models[0].name), view, width, height, height)
    } else this.paint_track(context, lane.tracks, view, width, height, BAND)
    this.paint_excluded(context, lane.person, x, height)
    for (const event of this.edits.events) {
      context.fillStyle = this.ink
      context.fillRect(x(event.time) - 0.5, 0, 1, height)
    }
    if (kind === "overview") {
      context.strokeStyle = this.ink
      context.lineWidth = 2
      context.strokeRect(x(this.view[0]) + 1, 1, Math.max(4, x(this.view[1]) - x(this.view[0]) - 2), height - 2)
    }
  },

  paint_track(context, tracks, [from, to], width, height, band) {
    const { start, step } = this.data
    let level = 0
    while ((step * 2 ** (level + 1) * width) / (to - from) <= 1.5) level++ // bins of about a pixel
    level = Math.min(level, this.tracks[0].levels.length - 1)
    const levels = tracks.map(track => track.levels[level])
    const bin = step * 2 ** level, scale = (bin * width) / (to - from), room = height - band - 2
    const first = Math.max(0, Math.floor((from - start) / bin)), last = Math.ceil((to - start) / bin)
    const left = i => ((start + i * bin - from) / (to - from)) * width
    let run = null
    const close = () => {
      if (!run) return
      const { label, begin, lows, highs } = run, x0 = left(begin), x1 = left(begin + highs.length)
      context.fillStyle = this.colours[label]
      context.fillRect(x0, height - band, Math.max(x1 - x0, 0.5), band)
      if (room > 8) {
        const y = value => 2 + room * (1 - value / 255)
        for (const [values, alpha] of [[highs, 0.3], [lows, 0.35]]) {
          context.globalAlpha = alpha
          context.beginPath()
          context.moveTo(x0, 2 + room)
          values.forEach((value, i) => {
            context.lineTo(x0 + i * scale, y(value))
            context.lineTo(x0 + (i + 1) * scale, y(value))
          })
          context.lineTo(x1, 2 + room)
          context.fill()
        }
        context.globalAlpha = 1
        context.strokeStyle = this.colours[label]
        context.lineWidth = 1.5
        context.beginPath()
        highs.forEach((value, i) => {
          context.lineTo(x0 + i * scale, y(value))
          context.lineTo(x0 + (i + 1) * scale, y(value))
        })
        context.stroke()
        const a = Math.max(x0, 0), b = Math.min(x1, width)
        if (b - a > 58) {
          context.font = `11px ${this.font}`
          context.textBaseline = "bottom"
          context.lineWidth = 3
          context.strokeStyle = this.ground
          context.strokeText(this.data.emotions[label].name, a + 4, 1 + room)
          context.fillStyle = this.ink
          context.fillText(this.data.emotions[label].name, a + 4, 1 + room)
        }
      }
      run = null
    }
    for (let i = first; i < last; i++) {
      const { label, low, high } = sample(levels, i)
      if (run && run.label !== label) close()
      if (label === ABSENT) continue
      if (!run) run = { label, begin: i, lows: [], highs: [] }
      run.lows.push(low)
      run.highs.push(high)
    }
    close()
  },

  paint_axis(context, width, height, x) {
    const [from, to] = this.view
    const every = NICE.find(step => (step / (to - from)) * width >= 64) ?? NICE.at(-1)
    context.fillStyle = context.strokeStyle = this.ink
    context.font = `11px ${this.font}`
    context.textBaseline = "top"
    context.lineWidth = 1
    for (let time = Math.ceil(from / every) * every; time <= to; time += every) {
      context.fillRect(Math.round(x(time)), height - 6, 1, 6)
      const text = every < 1 ? clock(time) : clock(time).slice(0, -2), room = context.measureText(text).width
      if (x(time) + room / 2 > width) continue
      context.fillText(text, Math.max(0, x(time) - room / 2), 5)
    }
  },

  paint_excluded(context, person, x, height) {
    const parts = this.edits.excluded.filter(part => part.face === null || person === undefined || this.person(part.face) === person)
    const open = this.opened === undefined ? [] : [{ start: Math.min(this.opened, this.time), end: Math.max(this.opened, this.time) }]
    for (const { start, end } of [...parts, ...open]) {
      const a = Math.max(x(start), -10), b = Math.min(x(end), context.canvas.width)
      if (b <= a) continue
      context.save()
      context.beginPath()
      context.rect(a, 0, Math.max(b - a, 1), height)
      context.clip()
      context.globalAlpha = 0.7
      context.fillStyle = this.ground
      context.fillRect(a, 0, b - a, height)
      context.globalAlpha = 0.6
      context.strokeStyle = this.ink
      context.lineWidth = 1
      context.beginPath()
      for (let place = Math.floor((a - height) / 7) * 7; place < b; place += 7) {
        context.moveTo(place, height)
        context.lineTo(place + height, 0)
      }
      context.stroke()
      context.restore()
    }
  },

  draw_boxes() { // over a film of the visitor's own, so that it is seen who is who
    const canvas = this.section.querySelector(".stage canvas"), { boxes } = this.data
    if (!canvas || !this.video?.videoWidth || !boxes) return
    const { videoWidth: width, videoHeight: height } = this.video
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    const scale = Math.max(1, Math.max(width, height) / boxes.longer_side)
    const context = canvas.getContext("2d"), bin = Math.floor((this.time - this.data.start) / boxes.step + 1e-6)
    context.clearRect(0, 0, width, height)
    const thick = context.lineWidth = Math.max(2, width / 240)
    context.font = `bold ${Math.round(thick * 7)}px ${this.font}`
    for (const face of this.data.faces) {
      const person = this.person(face), { first, places } = this.places[face], at = (bin - first) * 4
      if (this.is_out(person) || at < 0 || !places[at + 2]) continue
      const [x, y, w, h] = [...places.subarray(at, at + 4)].map(side => side * scale)
      const { label } = this.at(this.of(person, this.data.models[0].name), this.time)
      context.strokeStyle = context.fillStyle = this.colours[label] ?? "#7A8288"
      context.strokeRect(x, y, w, h)
      const name = this.name(person), room = context.measureText(name).width + 3 * thick
      context.fillRect(x - thick / 2, y - 9 * thick, room, 9 * thick)
      context.fillStyle = "#000"
      context.fillText(name, x + thick, y - 2.2 * thick)
    }
  },
}

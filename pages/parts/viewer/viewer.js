// The timeline of an analysed film: it draws the levels that Python aggregated, moves with the player above it, and
// keeps the edits, in the form of fer_core.video.edited.edits_to_dict. Files follow them; they are made in Python.

const ABSENT = 255, BAND = 12, PEOPLE_AT_FIRST = 8, UNDO = 100 // px, people, steps
const NICE = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400]

export default function ({ data, parentElement, setStateValue }) {
  const section = parentElement.querySelector(".viewer")
  let viewer = section.viewer
  if (!viewer) viewer = section.viewer = new Viewer(section)
  viewer.report = edits => setStateValue("edits", edits)
  viewer.take(data)
  return () => viewer.end()
}

class Viewer {
  constructor(section) {
    this.section = section
    this.time = 0
    this.undone = []
    this.lanes = [] // {element, canvas, kind, person, tracks, cursor}
    this.pointers = new Map()
    this.listen = new AbortController()
    const on = (target, names, handler, options = {}) =>
      names.split(" ").forEach(name => target.addEventListener(name, handler, { signal: this.listen.signal, ...options }))
    on(section, "click", event => this.pressed(event))
    on(section, "change", event => this.changed(event))
    on(section, "keydown", event => this.key(event))
    on(section, "pointerdown", event => this.down(event))
    on(section, "pointermove", event => this.move(event))
    on(section, "pointerup pointercancel", event => this.up(event))
    on(section, "wheel", event => this.wheel(event), { passive: false })
    this.on = on
    this.resized = new ResizeObserver(() => this.draw())
    this.resized.observe(section)
  }

  end() {
    this.listen.abort()
    this.resized.disconnect()
    cancelAnimationFrame(this.frame)
    if (this.local) URL.revokeObjectURL(this.local)
    delete this.section.viewer
  }

  // ---- what comes from Python ----

  take(data) {
    if (this.film !== data.film) {
      this.film = data.film
      this.data = data
      this.tracks = data.tracks.map(track => ({ ...track, levels: track.levels.map(unpack) }))
      this.places = {}
      for (const [face, [first, packed]] of Object.entries(data.boxes?.faces ?? {})) {
        this.places[face] = { first, places: new Uint16Array(bytes_of(packed).buffer) }
      }
      this.all = Math.max(data.end - data.start, data.step)
      this.view = [data.start, data.start + this.all]
      this.colours = data.emotions.map(emotion => emotion.colour)
      const items = data.emotions.map(({ name, colour }) => make("li", {}, make("i", { style: `background:${colour}` }), name))
      this.section.querySelector(".legend").replaceChildren(...items)
      this.serial = undefined
    }
    this.find_player()
    if (this.serial !== data.serial) { // edits that were loaded, or that a new page finds
      this.serial = data.serial
      this.edits = structuredClone(data.edits)
      this.undone = []
      this.render()
    }
    this.draw()
  }

  find_player() {
    const { player, offset } = this.data
    this.offset = offset
    const film = this.section.querySelector(".film")
    if (!player && !film.firstChild) { // Python has none to show: the visitor may have the film at hand
      const file = make("input", { type: "file", accept: "video/*,.mkv,.avi" })
      film.append(make("label", {}, "The film, from this computer; it is not sent anywhere: ", file))
      this.on(file, "change", () => {
        if (!file.files.length) return
        if (this.local) URL.revokeObjectURL(this.local)
        this.local = URL.createObjectURL(file.files[0])
        film.querySelector(".stage")?.remove()
        const video = make("video", { src: this.local, controls: "", "aria-label": "The film" })
        const annotated = file.files[0].name.endsWith("-emotions.mp4") // it has boxes, and begins where that was asked for
        film.prepend(make("div", { class: "stage" }, video, ...(annotated ? [] : [make("canvas", { "aria-hidden": "true" })])))
        this.attach(video, annotated ? offset : 0)
      })
    }
    if (player) {
      const look = () => {
        const video = document.querySelector(player)
        if (video && video !== this.video) this.attach(video, offset)
        else if (!video && !this.listen.signal.aborted) setTimeout(look, 200)
      }
      look()
    }
    this.playing()
  }

  attach(video, offset) {
    this.video = video
    this.offset = offset
    this.on(video, "play pause ended", () => this.playing())
    this.on(video, "seeked timeupdate loadedmetadata", () => this.follow())
    this.on(video, "error", () => this.say("This browser cannot play the film; the timeline works without."))
    this.playing()
  }

  // ---- time ----

  seek(time) {
    if (this.video && !this.video.isConnected) this.find_player()
    this.time = clamp(time, this.data.start, this.data.end)
    if (this.video) this.video.currentTime = Math.max(0, this.time - this.offset)
    this.show_time(true)
  }

  follow() {
    if (!this.video || this.video.seeking) return
    this.time = clamp(this.video.currentTime + this.offset, this.data.start, this.data.end)
    this.show_time(!this.video.paused)
  }

  playing() {
    const plays = this.video && !this.video.paused && !this.video.ended
    const button = this.section.querySelector("[data-do=play]")
    button.textContent = plays ? "❚❚" : "▶"
    button.setAttribute("aria-label", plays ? "Pause" : "Play")
    button.disabled = !this.video
    cancelAnimationFrame(this.frame)
    const step = () => {
      this.follow()
      this.frame = requestAnimationFrame(step)
    }
    if (plays) step()
  }

  show_time(keep_in_view) {
    const [from, to] = this.view
    if (keep_in_view && (this.time < from || this.time > to)) this.look_at(this.time - (to - from) * 0.1, to - from)
    const axis = this.section.querySelector("[role=slider]")
    const now = clock(this.time)
    this.section.querySelector(".clock").textContent = `${now} / ${clock(this.data.end)}`
    for (const { element, cursor, width, tracks, said, title } of this.lanes) {
      if (!cursor) continue
      if (said) {
        const { label, high } = this.at(tracks, this.time)
        const text = label === ABSENT ? title : `${title} · ${this.data.emotions[label].name} ${Math.round(high / 2.55)} %`
        if (said.textContent !== text) said.textContent = text
      }
      const x = ((this.time - this.view[0]) / (this.view[1] - this.view[0])) * (width ?? element.clientWidth)
      cursor.style.transform = `translateX(${x.toFixed(1)}px)`
    }
    this.draw_boxes()
    axis.setAttribute("aria-valuemin", this.data.start.toFixed(1))
    axis.setAttribute("aria-valuemax", this.data.end.toFixed(1))
    axis.setAttribute("aria-valuenow", this.time.toFixed(1))
    if (axis.matches(":focus")) axis.setAttribute("aria-valuetext", [now, ...this.held()].join(", "))
  }

  held() { // what is seen at the cursor, in words
    return this.people().filter(person => !this.is_out(person)).flatMap(person => this.data.models.flatMap(({ name, title }) => {
      const { label, high } = this.at(this.of(person, name), this.time)
      if (label === ABSENT) return []
      return `${this.name(person)} ${this.data.emotions[label].name} ${Math.round(high / 2.55)} %${this.data.models.length > 1 ? ` (${title})` : ""}`
    }))
  }

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
  }

  at(tracks, time) {
    const bin = Math.floor((time - this.data.start) / this.data.step)
    return sample(tracks.map(track => track.levels[0]), bin)
  }

  next_change(direction) {
    const tracks = this.people().filter(person => !this.is_out(person)).flatMap(person => this.data.models.map(({ name }) => this.of(person, name)))
    const { start, step } = this.data, last = Math.ceil(this.all / step)
    let bin = Math.floor((this.time - start) / step + 0.5)
    const labels = at => tracks.map(each => sample(each.map(track => track.levels[0]), at).label).join()
    for (bin += direction; bin > 0 && bin < last; bin += direction) if (labels(bin) !== labels(bin - 1)) break
    this.seek(start + bin * step)
  }

  // ---- what is seen of it ----

  look_at(from, length) {
    const { start, end, step } = this.data
    const shown = clamp(length, Math.min(this.all, 20 * step), this.all)
    const begin = clamp(from, start, Math.max(start, end - shown))
    this.view = [begin, begin + shown]
    this.draw()
  }

  zoom(factor, around = this.time) {
    const [from, to] = this.view
    if (around < from || around > to) around = (from + to) / 2
    const length = clamp((to - from) * factor, Math.min(this.all, 20 * this.data.step), this.all)
    this.look_at(around - ((around - from) / (to - from)) * length, length)
  }

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
  }

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
  }

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
  }

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
  }

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
  }

  // ---- people ----

  person(face) {
    for (let i = 0; face in this.edits.merged && i < 1000; i++) face = this.edits.merged[face]
    return face
  }

  people() { return this.data.faces.filter(face => this.person(face) === face) }
  name(person) { return this.edits.names[person] ?? `Face ${person}` }
  is_out(person) { return this.edits.dropped.includes(person) }

  of(person, model) { // the tracks of a person, their own face first
    const theirs = this.tracks.filter(track => track.model === model && this.person(track.face) === person)
    return theirs.sort((a, b) => (b.face === person) - (a.face === person) || a.face - b.face)
  }

  // ---- the page ----

  render() {
    const focus = this.section.getRootNode().activeElement?.dataset.key
    const people = this.people(), shown = this.more ? people : people.slice(0, PEOPLE_AT_FIRST)
    this.section.querySelector(".people").replaceChildren(...shown.map(person => this.render_person(person, people)))
    const more = this.section.querySelector(".more")
    more.hidden = shown.length === people.length
    more.textContent = `Show all ${people.length} people`
    this.render_marks(people)
    this.lanes = [...this.section.querySelectorAll(".lane")].map(element => {
      const { lane, person, model } = element.dataset
      return {
        element, canvas: element.querySelector("canvas"), cursor: element.querySelector(".cursor"), kind: lane,
        person: person && Number(person), tracks: person && this.of(Number(person), model),
        said: element.querySelector("span"), title: this.data.models.find(({ name }) => name === model)?.title,
      }
    })
    this.section.querySelector("[data-do=undo]").disabled = !this.undone.length
    const exclude = this.section.querySelector("[data-do=exclude]")
    exclude.textContent = this.opened === undefined ? "Exclude from here" : "Exclude to here"
    exclude.setAttribute("aria-pressed", this.opened !== undefined)
    if (focus) this.section.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus()
    this.draw()
  }

  render_person(person, people) {
    const name = this.name(person), out = this.is_out(person)
    const others = people.filter(other => other !== person)
    const merge = make("select", { "data-set": "merge", "data-person": person, "data-key": `merge-${person}`, "aria-label": `${name} is the same person as` },
      make("option", { value: "" }, "Same as …"), ...others.map(other => make("option", { value: other }, this.name(other))))
    const also = this.data.faces.filter(face => face !== person && this.person(face) === person)
    const head = make("div", { class: "head" },
      make("input", { value: name, maxlength: this.data.name_length, "data-set": "name", "data-person": person, "data-key": `name-${person}`, "aria-label": `Name of face ${person}`, autocomplete: "off", spellcheck: "false" }),
      ...(others.length ? [merge] : []),
      make("button", { "data-do": "drop", "data-person": person, "data-key": `drop-${person}`, "aria-pressed": out, "aria-label": `Leave ${name} out` }, out ? "Left out" : "Leave out"),
      ...also.map(face => make("button", { class: "also", "data-do": "split", "data-person": face, "data-key": `split-${face}`, title: `Face ${face} is somebody else after all` }, `+ face ${face} ✕`)))
    const lanes = this.data.models.map(({ name: model, title }) =>
      make("div", { class: "lane", "data-lane": "track", "data-person": person, "data-model": model },
        make("canvas", { role: "img", "aria-label": `${name}, ${title}: labels over time` }), make("span", {}, title), make("div", { class: "cursor" })))
    return make("div", { class: `person${out ? " out" : ""}`, role: "group", "aria-label": name }, head, make("div", {}, ...lanes))
  }

  render_marks(people) {
    const { excluded, events } = this.edits
    const marks = [
      ...events.map((mark, index) => ({ mark, index, list: "events", time: mark.time })),
      ...excluded.map((mark, index) => ({ mark, index, list: "excluded", time: mark.start })),
    ].sort((a, b) => a.time - b.time)
    const items = marks.map(({ mark, index, list, time }) => {
      const key = `${list}-${index}`, whole = list === "events" ? clock(time) : `${clock(mark.start)} – ${clock(mark.end)}`
      const choice = ["", ...people].map(person => make("option", { value: person, ...(String(mark.face ?? "") === String(person) ? { selected: "" } : {}) }, person === "" ? "everyone" : this.name(person)))
      return make("li", {},
        make("button", { class: "when", "data-do": "go", "data-time": time, title: "Go there" }, whole),
        list === "events"
          ? make("input", { class: "what", value: mark.text, maxlength: this.data.name_length, "data-set": "text", "data-index": index, "data-key": key, "aria-label": `Event at ${whole}` })
          : make("select", { class: "what", "data-set": "who", "data-index": index, "data-key": key, "aria-label": `Whose part is excluded, ${whole}` }, ...choice),
        make("button", { "data-do": "remove", "data-list": list, "data-index": index, "aria-label": `Remove ${list === "events" ? mark.text : "the excluded part"} at ${whole}` }, "✕"))
    })
    const title = make("strong", {}, "Events and excluded parts")
    this.section.querySelector(".marks").replaceChildren(...(items.length ? [title, make("ol", {}, ...items)] : []))
  }

  say(text) { this.section.querySelector(".said").textContent = text }

  // ---- edits ----

  edit(change, said = "") {
    const before = structuredClone(this.edits)
    change(this.edits)
    if (JSON.stringify(before) === JSON.stringify(this.edits)) return this.render()
    this.undone = [...this.undone.slice(-UNDO), before]
    this.changed_edits(said)
  }

  undo() {
    if (!this.undone.length) return
    this.edits = this.undone.pop()
    this.changed_edits("Undone.")
  }

  changed_edits(said) {
    this.say(said)
    this.render()
    this.report({ ...structuredClone(this.edits), serial: this.serial }) // at once: the next click may be on a file
  }

  rename(person, text) {
    const name = text.replace(/\p{C}/gu, "").trim().replace(/\s+/g, " ")
    const taken = this.people().find(other => other !== person && this.name(other) === name)
    if (taken !== undefined) {
      this.say(`${name} is taken: if it is the same person, choose “Same as …”.`)
      return this.render()
    }
    this.edit(edits => {
      if (name && name !== `Face ${person}`) edits.names[person] = name
      else delete edits.names[person]
    })
  }

  exclude(start, end) {
    if (Math.abs(end - start) < 0.001) return
    const part = { start: round(Math.min(start, end)), end: round(Math.max(start, end)), face: null }
    this.edit(edits => edits.excluded.push(part), `${clock(part.start)} – ${clock(part.end)} is excluded.`)
  }

  changed({ target }) {
    const { set, person, index } = target.dataset
    if (set === "name") this.rename(Number(person), target.value)
    if (set === "merge" && target.value) {
      const into = Number(target.value), said = `${this.name(Number(person))} is now ${this.name(into)}.`
      this.edit(edits => { edits.merged[person] = into }, said)
    }
    if (set === "text") this.edit(edits => { edits.events[index].text = target.value.replace(/\p{C}/gu, "").trim() || "event" })
    if (set === "who") this.edit(edits => { edits.excluded[index].face = target.value ? Number(target.value) : null })
  }

  pressed(event) {
    const button = event.target.closest("[data-do]")
    if (!button) return
    const { do: what, person, list, index, time } = button.dataset
    if (what === "play") this.play()
    if (what === "in") this.zoom(0.5)
    if (what === "out") this.zoom(2)
    if (what === "whole") this.look_at(this.data.start, this.all)
    if (what === "event") this.mark()
    if (what === "exclude") this.begin_or_end()
    if (what === "undo") this.undo()
    if (what === "more") { this.more = true; this.render() }
    if (what === "go") this.seek(Number(time))
    if (what === "remove") this.edit(edits => edits[list].splice(index, 1))
    if (what === "split") this.edit(edits => { delete edits.merged[person] })
    if (what === "drop") this.edit(edits => {
      const face = Number(person), at = edits.dropped.indexOf(face)
      if (at < 0) edits.dropped.push(face)
      else edits.dropped.splice(at, 1)
    })
  }

  play() {
    if (this.video && !this.video.isConnected) this.find_player()
    if (!this.video) return
    if (this.video.paused) this.video.play().catch(() => this.say("This browser cannot play the film."))
    else this.video.pause()
  }

  mark() {
    const mark = { time: round(this.time), text: "event" }
    this.edit(edits => edits.events.push(mark), `An event at ${clock(mark.time)}; name it below.`)
  }

  begin_or_end() {
    if (this.opened === undefined) {
      this.opened = this.time
      this.say(`From ${clock(this.time)} on; go to where the part ends, and press again.`)
      return this.render()
    }
    const from = this.opened
    this.opened = undefined
    this.exclude(from, this.time)
    this.render()
  }

  // ---- mouse, touch and keys ----

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
  }

  moment(element, event) {
    const box = element.getBoundingClientRect()
    const share = clamp((event.clientX - box.left) / box.width, 0, 1)
    if (element.dataset.lane === "overview") return this.data.start + share * this.all
    return this.view[0] + share * (this.view[1] - this.view[0])
  }

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
  }

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
  }

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
  }

  apart() {
    const [a, b] = [...this.pointers.values()]
    return Math.abs(a - b)
  }

  centre(time) {
    const length = this.view[1] - this.view[0]
    this.look_at(time - length / 2, length)
  }

  select(lane, one, other) {
    const picked = lane.querySelector(".picked") ?? lane.appendChild(make("div", { class: "picked" }))
    const share = time => ((time - this.view[0]) / (this.view[1] - this.view[0])) * 100
    picked.style.left = `${share(Math.min(one, other))}%`
    picked.style.width = `${share(Math.max(one, other)) - share(Math.min(one, other))}%`
  }

  wheel(event) {
    const lane = event.target.closest(".lane")
    if (!lane) return
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    if (!event.ctrlKey && !event.metaKey && !sideways && lane.dataset.lane === "track") return // the page scrolls
    event.preventDefault()
    const pixels = event.deltaMode ? 16 : 1, [from, to] = this.view
    if (sideways) return this.look_at(from + (((event.deltaX || event.deltaY) * pixels) / lane.clientWidth) * (to - from), to - from)
    this.zoom(1.0016 ** (event.deltaY * pixels), this.moment(lane, event))
  }
}

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

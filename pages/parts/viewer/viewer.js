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
}

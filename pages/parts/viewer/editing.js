// What changes the edits: a part of Viewer.
const editing = {
  edit(change, said = "") {
    const before = structuredClone(this.edits)
    change(this.edits)
    if (JSON.stringify(before) === JSON.stringify(this.edits)) return this.render()
    this.undone = [...this.undone.slice(-UNDO), before]
    this.changed_edits(said)
  },

  undo() {
    if (!this.undone.length) return
    this.edits = this.undone.pop()
    this.changed_edits("Undone.")
  },

  changed_edits(said) {
    this.say(said)
    this.render()
    this.report({ ...structuredClone(this.edits), serial: this.serial }) // at once: the next click may be on a file
  },

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
  },

  exclude(start, end) {
    if (Math.abs(end - start) < 0.001) return
    const part = { start: round(Math.min(start, end)), end: round(Math.max(start, end)), face: null }
    this.edit(edits => edits.excluded.push(part), `${clock(part.start)} – ${clock(part.end)} is excluded.`)
  },

  changed({ target }) {
    const { set, person, index } = target.dataset
    if (set === "name") this.rename(Number(person), target.value)
    if (set === "merge" && target.value) {
      const into = Number(target.value), said = `${this.name(Number(person))} is now ${this.name(into)}.`
      this.edit(edits => { edits.merged[person] = into }, said)
    }
    if (set === "text") this.edit(edits => { edits.events[index].text = target.value.replace(/\p{C}/gu, "").trim() || "event" })
    if (set === "who") this.edit(edits => { edits.excluded[index].face = target.value ? Number(target.value) : null })
  },

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
  },

  play() {
    if (this.video && !this.video.isConnected) this.find_player()
    if (!this.video) return
    if (this.video.paused) this.video.play().catch(() => this.say("This browser cannot play the film."))
    else this.video.pause()
  },

  mark() {
    const mark = { time: round(this.time), text: "event" }
    this.edit(edits => edits.events.push(mark), `An event at ${clock(mark.time)}; name it below.`)
  },

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
  },
}

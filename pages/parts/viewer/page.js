// The elements for people and marks, made anew when edits change them: a part of Viewer.
const page = {
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
  },

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
  },

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
  },

  say(text) { this.section.querySelector(".said").textContent = text },
}

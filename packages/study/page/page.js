// The page of a study. What is before this line is `checksum` of checksum.ts.
const { study, title, questions, tasks } = JSON.parse(
  document.getElementById("data").textContent,
);
const KEY = `edit-transfer study ${study}`;
const SIDES = ["left", "right"];
const at = (id) => document.getElementById(id);
const byId = new Map(tasks.map((task) => [task.id, task]));
let shownAt = 0;

/** Random integer below `count`. */
function below(count) {
  return crypto.getRandomValues(new Uint32Array(1))[0] % count;
}

function shuffled(items) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** A person who has answered nothing, with an order of their own. */
function newState() {
  const blocks = shuffled(new Set(tasks.map(({ block }) => block)));
  const digits = crypto.getRandomValues(new Uint8Array(8));
  return {
    person: Array.from(digits, (n) => n.toString(16).padStart(2, "0")).join(""),
    started: new Date().toISOString(),
    order: blocks.flatMap((block) =>
      shuffled(tasks.filter((task) => task.block === block))
    ).map(({ id }) => id),
    choices: {}, // by task, by question
    seconds: {}, // by task
    index: -1, // -1 is the introduction
  };
}

function loadState() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    if (kept?.order?.every((id) => byId.has(id))) return kept;
  } catch {
    // nothing is kept, or nothing may be
  }
  return newState();
}

function saveState() {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    at("memory").hidden = false;
  }
}

let state = loadState();
const choicesOf = (id) => state.choices[id] ?? {};
const isDone = (id) => questions.every(({ name }) => choicesOf(id)[name]);
const done = () => state.order.filter(isDone).length;

/** Shows the introduction, a task or the end. */
function show(index) {
  count();
  state.index = index;
  saveState();
  const { length } = state.order;
  const name = index < 0 ? "intro" : index < length ? "task" : "end";
  for (const id of ["intro", "task", "end"]) at(id).hidden = id !== name;
  at("early").hidden = done() === 0 || name === "end";
  at("restart").hidden = done() === 0;
  if (name === "task") showTask(state.order[index], index);
  if (name === "intro") {
    const minutes = Math.ceil((length - done()) / 5);
    at("amount").textContent = `There are ${length} pairs${
      done() > 0 ? `, and you have answered ${done()}` : ""
    }: about ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
    at("start").textContent = done() > 0 ? "Go on" : "Start";
  }
  shownAt = performance.now();
  at(name).querySelector("h1").focus();
  scrollTo(0, 0);
}

function showTask(id, index) {
  const task = byId.get(id);
  const { length } = state.order;
  at("place").textContent = `Pair ${index + 1} of ${length}`;
  Object.assign(at("progress"), { max: length, value: done() });
  for (const name of ["before", "after", "query", "left", "right"]) {
    at(name).src = task[name];
  }
  at("form").reset();
  at("missing").hidden = true;
  for (const { name } of questions) {
    at(`question-${name}`).classList.remove("missing");
    const side = choicesOf(id)[name];
    if (side) at(`${name}-${side}`).checked = true;
  }
  at("next").textContent = index + 1 < length ? "Next" : "Finish";
  const following = byId.get(state.order[index + 1]);
  for (const name of ["before", "after", "query", "left", "right"]) {
    if (following) new Image().src = following[name];
  }
}

/** Adds the time that the task was shown to its seconds. */
function count() {
  const id = state.order[state.index];
  if (id === undefined) return;
  const seconds = (performance.now() - shownAt) / 1000;
  state.seconds[id] = Math.round(10 * ((state.seconds[id] ?? 0) + seconds)) /
    10;
}

function choose(name, side) {
  const id = state.order[state.index];
  state.choices[id] = { ...choicesOf(id), [name]: side };
  at(`question-${name}`).classList.remove("missing");
  at("early").hidden = false;
  saveState();
}

function next() {
  const id = state.order[state.index];
  const missing = questions.filter(({ name }) => !choicesOf(id)[name]);
  if (missing.length === 0) return goOn(state.index + 1);
  for (const { name } of questions) {
    const isMissing = missing.some((one) => one.name === name);
    at(`question-${name}`).classList.toggle("missing", isMissing);
  }
  at("missing").textContent = missing.length === 1
    ? "One question has no answer yet."
    : `${missing.length} questions have no answer yet.`;
  at("missing").hidden = false;
  at(`${missing[0].name}-left`).focus();
}

/** The next task; past the last, the first without answers, or the end. */
function goOn(index) {
  const { order } = state;
  const open = order.findIndex((id) => !isDone(id));
  show(index < order.length ? index : open < 0 ? order.length : open);
}

function download() {
  count();
  shownAt = performance.now();
  saveState();
  const answers = {
    format: "edit-transfer answers 1",
    study,
    person: state.person,
    started: state.started,
    saved: new Date().toISOString(),
    order: state.order,
    answers: state.order.filter(isDone).map((task) => ({
      task,
      ...Object.fromEntries(
        questions.map(({ name }) => [name, choicesOf(task)[name]]),
      ),
      seconds: state.seconds[task] ?? 0,
    })),
  };
  const text = JSON.stringify(
    { ...answers, checksum: checksum(JSON.stringify(answers)) },
    undefined,
    1,
  );
  const link = document.createElement("a");
  link.href = URL.createObjectURL(
    new Blob([text], { type: "application/json" }),
  );
  link.download = `answers_${state.person}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

document.title = at("title").textContent = title;
for (const { name, text } of questions) {
  const fieldset = document.createElement("fieldset");
  fieldset.id = `question-${name}`;
  const legend = document.createElement("legend");
  legend.textContent = text;
  fieldset.append(legend);
  for (const side of SIDES) {
    const label = document.createElement("label");
    label.className = "choice";
    const input = Object.assign(document.createElement("input"), {
      type: "radio",
      id: `${name}-${side}`,
      name,
      value: side,
    });
    input.addEventListener("change", () => choose(name, side));
    label.append(input, side === "left" ? "Left" : "Right");
    fieldset.append(label);
  }
  at("questions").append(fieldset);
}

for (const image of document.querySelectorAll("img")) {
  image.addEventListener("load", () => {
    image.classList.toggle("small", image.naturalWidth < 256);
    image.style.setProperty(
      "--ratio",
      `${image.naturalWidth} / ${image.naturalHeight}`,
    );
  });
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  next();
});
at("start").addEventListener("click", () => goOn(state.order.length));
at("back").addEventListener("click", () => show(state.index - 1));
at("review").addEventListener("click", () => show(state.index - 1));
at("download").addEventListener("click", download);
at("early").addEventListener("click", download);
at("restart").addEventListener("click", () => {
  if (!confirm("Forget all answers, and begin anew?")) return;
  state = newState();
  show(-1);
});
document.addEventListener("keydown", (event) => {
  if (at("task").hidden || !at("keys").checked) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const side = SIDES[["1", "2"].indexOf(event.key)];
  if (side !== undefined) {
    const id = state.order[state.index];
    const open = questions.find(({ name }) => !choicesOf(id)[name]);
    if (open === undefined) return;
    const input = at(`${open.name}-${side}`);
    input.checked = true;
    input.focus();
    choose(open.name, side);
  } else if (event.key === "Backspace") {
    show(state.index - 1);
  } else if (event.key === "Enter" && event.target.tagName !== "BUTTON") {
    next();
  } else {
    return;
  }
  event.preventDefault();
});

show(state.index);

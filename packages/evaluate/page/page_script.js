"use strict";
{
  const root = document.documentElement;
  document.getElementById("theme").onclick = () => {
    const dark = root.dataset.theme === undefined
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : root.dataset.theme === "dark";
    root.dataset.theme = dark ? "light" : "dark";
  };

  const { metrics, conditions, cards } = JSON.parse(
    document.getElementById("data").textContent,
  );
  const controls = document.getElementById("controls");
  const grid = document.getElementById("grid");
  const fill = (id, options) =>
    document.getElementById(id).append(
      ...options.map(([value, text]) => new Option(text, value)),
    );
  const chosen = (id) => document.getElementById(id).value;

  /** How far a score is from that of a perfect output; NaN where there is none. */
  const badness = (card) => {
    const { name, best } = metrics.find(({ name }) =>
      name === chosen("metric")
    );
    const values = card.outputs[chosen("condition")]?.values;
    if (values === undefined) return NaN;
    // null is infinity, of metrics whose best value that is, else nothing at all
    if (values[name] === null) return best === null ? -Infinity : NaN;
    return best === null ? -values[name] : Math.abs(best - values[name]);
  };

  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const picture = (src, label, scores = [], own = "") =>
    element(
      "figure",
      { className: own },
      element("img", { src, alt: label, loading: "lazy" }),
      element(
        "figcaption",
        {},
        label,
        ...scores.map((text) => element("span", { textContent: text })),
      ),
    );
  const scoresOf = (values) =>
    metrics.map(({ name, digits, unit, best }) => {
      const value = values[name];
      const text = value === null
        ? best === null ? "∞" : "–"
        : value.toFixed(digits);
      return `${name} ${text}${unit === undefined ? "" : ` ${unit}`}`;
    });
  const cardOf = (card) => {
    const [before, after, query, answer] = card.given;
    const outputs = conditions.filter(({ name }) => card.outputs[name]);
    return element(
      "section",
      { className: "card" },
      element("p", { textContent: `${card.id} · ${card.words}` }),
      element(
        "div",
        { className: "panels" },
        picture(before, "before"),
        picture(after, "after"),
        picture(query, "query"),
        ...answer === undefined ? [] : [picture(answer, "answer")],
        ...outputs.map(({ name, title }) =>
          picture(
            card.outputs[name].picture,
            title,
            scoresOf(card.outputs[name].values),
            name === chosen("condition") ? "chosen" : "",
          )
        ),
      ),
    );
  };

  const show = () => {
    const words = chosen("find").toLowerCase();
    const shown = cards.filter((card) =>
      card.outputs[chosen("condition")] !== undefined &&
      (chosen("family") === "" || card.family === chosen("family")) &&
      `${card.id} ${card.words} ${card.types}`.toLowerCase().includes(words)
    );
    const order = chosen("order");
    if (order !== "id") {
      const sign = order === "worst" ? -1 : 1;
      const scored = shown.map((card) => [badness(card), card]);
      scored.sort(([a], [b]) =>
        Number.isNaN(a) - Number.isNaN(b) || (a === b ? 0 : sign * (a - b))
      );
      shown.splice(0, Infinity, ...scored.map(([, card]) => card));
    }
    document.getElementById("count").value = `${shown.length} cases`;
    grid.replaceChildren(...shown.map(cardOf));
  };

  if (controls !== null) {
    fill("metric", metrics.map(({ name }) => [name, name]));
    fill("condition", conditions.map(({ name, title }) => [name, title]));
    const families = [...new Set(cards.map(({ family }) => family))].sort();
    fill("family", [["", "all"], ...families.map((name) => [name, name])]);
    controls.oninput = show;
    controls.onsubmit = () => false;
    show();
  }
}

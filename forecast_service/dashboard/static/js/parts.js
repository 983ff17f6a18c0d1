/** Parts: what lifts or lowers each day of the forecast, as small stacked bars and as a table. */

import { partName } from "./explanations.js";
import { difference, shortDay, t, units } from "./language.js";
import { el, scroller, svg } from "./pieces.js";

const HEIGHT = 132;
const BAR = 14;
const STEP = 20;
const COLOURS = 6;

/** Names of the parts beside the level; those that move most come first. */
function movers(parts) {
  const weight = (name) => parts[name].reduce((sum, value) => sum + Math.abs(value ?? 0), 0);
  return Object.keys(parts)
    .filter((name) => name !== "level" && weight(name) > 0)
    .sort((a, b) => weight(b) - weight(a));
}

/** The average over the days on which something is expected. */
function average(values, closed) {
  const known = values.filter((value, i) => value !== null && !closed[i]);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

/**
 * A drawing with its key, and the same as a table.
 * @param {{date: string[], closed: boolean[], parts: Record<string, (number | null)[]>}} forecast
 */
export function partsOfDays(forecast) {
  const names = movers(forecast.parts);
  const level = average(forecast.parts.level ?? [], forecast.closed);
  return el(
    "div.parts",
    {},
    level === null ? null : el("p.muted.small", {}, t("On top of a level of about %(level)s a day:", { level: units(level) })),
    scroller(t("Parts of the forecast by day"), drawing(forecast, names)),
    el("ul.key", {}, ...names.map((name, i) => el("li", {}, el(`span.swatch.part-${colourOf(i)}`), partName(name)))),
    el("details", {}, el("summary", {}, t("The same as a table")), scroller(t("Parts of the forecast by day, in units"), table(forecast, names))),
  );
}

function colourOf(i) {
  return Math.min(i, COLOURS - 1) + 1;
}

function drawing(forecast, names) {
  const sums = forecast.date.map((_, day) => stackOf(forecast.parts, names, day));
  const up = Math.max(1, ...sums.map(({ up }) => up));
  const down = Math.max(0, ...sums.map(({ down }) => down));
  const scale = HEIGHT / (up + down);
  const zero = up * scale;
  const width = forecast.date.length * STEP;
  const bars = sums.map(({ pieces }, day) =>
    svg(
      "g",
      {},
      svg("title", {}, shortDay(forecast.date[day])),
      ...pieces.map(({ from, to, i }) =>
        svg(`rect.part-${colourOf(i)}`, {
          x: day * STEP + (STEP - BAR) / 2,
          y: zero - Math.max(from, to) * scale,
          width: BAR,
          height: Math.max(0, Math.abs(to - from) * scale - 0.5),
        }),
      ),
    ),
  );
  const ticks = forecast.date.flatMap((text, day) =>
    day % 7 === 0 ? [svg("text", { x: day * STEP + 2, y: HEIGHT + 16 }, shortDay(text))] : [],
  );
  return svg(
    "svg.bars",
    { viewBox: `0 0 ${width} ${HEIGHT + 22}`, width, height: HEIGHT + 22, role: "img", "aria-label": t("Parts of the forecast by day; the table below has the numbers") },
    ...bars,
    svg("line", { x1: 0, x2: width, y1: zero, y2: zero }),
    ...ticks,
  );
}

/** Pieces of the bar of one day: those that lift go up from zero, those that lower go down. */
function stackOf(parts, names, day) {
  let up = 0;
  let down = 0;
  const pieces = names.map((name, i) => {
    const value = parts[name][day] ?? 0;
    const from = value >= 0 ? up : -down;
    if (value >= 0) up += value;
    else down -= value;
    return { from, to: from + value, i };
  });
  return { pieces, up, down };
}

function table(forecast, names) {
  const shown = ["level", ...names].filter((name) => name in forecast.parts);
  return el(
    "table",
    {},
    el("caption.unseen", {}, t("Parts of the forecast by day, in units")),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("Day")), ...shown.map((name) => el("th.num", { scope: "col" }, partName(name))))),
    el(
      "tbody",
      {},
      ...forecast.date.map((day, i) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, shortDay(day)),
          ...shown.map((name) => {
            const value = forecast.parts[name][i];
            return el("td.num", {}, name === "level" ? units(value) : difference(value));
          }),
        ),
      ),
    ),
  );
}

/** Parts: what lifts or lowers each day of the forecast, as small stacked bars and as a table. */

import { partName } from "./explanations.js";
import { difference, shortDay, t, units } from "./language.js";
import { el, scroller, svg } from "./pieces.js";

const HEIGHT = 148;
const TOP = 16; // room for a number above the bars
const WIDEST = 28; // of a day
const NARROWEST = 4;
const LABEL = 72; // width of a date
const GUTTER = 44; // room for the number left of the bars
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
    drawn(forecast, names),
    el("ul.key", {}, ...names.map((name, i) => el("li", {}, el(`span.swatch.part-${colourOf(i)}`), partName(name)))),
    el("details", {}, el("summary", {}, t("The same as a table")), scroller(t("Parts of the forecast by day, in units"), table(forecast, names))),
  );
}

function colourOf(i) {
  return Math.min(i, COLOURS - 1) + 1;
}

/** The drawing, as wide as its place; it is drawn again when the place changes. */
function drawn(forecast, names) {
  const place = scroller(t("Parts of the forecast by day"));
  let known = 0;
  new ResizeObserver(() => {
    if (!place.clientWidth || place.clientWidth === known) return;
    known = place.clientWidth;
    place.replaceChildren(drawing(forecast, names, known));
  }).observe(place);
  return place;
}

function drawing(forecast, names, available) {
  const { date } = forecast;
  const step = Math.min(WIDEST, Math.max(NARROWEST, (available - GUTTER) / date.length));
  const width = Math.round(GUTTER + date.length * step);
  const sums = date.map((_, day) => stackOf(forecast.parts, names, day));
  const up = Math.max(1, ...sums.map(({ up }) => up));
  const down = Math.max(0, ...sums.map(({ down }) => down));
  const scale = HEIGHT / (up + down);
  const zero = TOP + up * scale;
  const bars = sums.map(({ pieces }, day) =>
    svg(
      "g",
      {},
      svg("title", {}, said(forecast, names, day)),
      ...pieces.map(({ from, to, i }) =>
        svg(`rect.part-${colourOf(i)}`, {
          x: GUTTER + (day + 0.15) * step,
          y: zero - Math.max(from, to) * scale,
          width: step * 0.7,
          height: Math.max(0, Math.abs(to - from) * scale - 0.5),
        }),
      ),
    ),
  );
  const apart = 7 * Math.ceil(LABEL / (7 * step)); // whole weeks between two dates
  const ticks = date.flatMap((text, day) =>
    day % apart === 0 && GUTTER + day * step + LABEL <= width + 8 ? [svg("text", { x: GUTTER + day * step, y: TOP + HEIGHT + 16 }, shortDay(text))] : [],
  );
  const round = roundBelow(up);
  return svg(
    "svg.bars",
    { viewBox: `0 0 ${width} ${TOP + HEIGHT + 22}`, width, height: TOP + HEIGHT + 22, role: "img", "aria-label": t("Parts of the forecast by day; the table below has the numbers") },
    svg("line.scale", { x1: GUTTER, x2: width, y1: zero - round * scale, y2: zero - round * scale }),
    ...bars,
    svg("text", { x: 0, y: zero - round * scale + 4 }, difference(round)),
    svg("line", { x1: GUTTER, x2: width, y1: zero, y2: zero }),
    ...ticks,
  );
}

/** The largest 1, 2 or 5 times a power of ten that is not above the value. */
function roundBelow(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [5, 2, 1].find((times) => times * power <= value);
}

/** The parts of one day in words. */
function said(forecast, names, day) {
  const parts = names.filter((name) => forecast.parts[name][day]).map((name) => `${partName(name)} ${difference(forecast.parts[name][day])}`);
  return [shortDay(forecast.date[day]), ...parts].join(" · ");
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

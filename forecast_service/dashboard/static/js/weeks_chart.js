/** Weeks chart: how far the forecasts of each week were off, drawn by uPlot, with a table as its twin. */

import { date, dayOf, days, percent, t } from "./language.js";
import { colour, el, show } from "./pieces.js";

/* global uPlot */

const HEIGHT = 230;

/**
 * Shows the error of each week.
 * @param {HTMLElement} place
 * @param {{from: string, to?: string, wape: number | null, bias: number | null, days: number}[]} weeks
 */
export function weeksChart(place, weeks) {
  const known = weeks
    .filter(({ wape }) => wape !== null)
    .sort((one, other) => one.from.localeCompare(other.from));
  if (!known.length) {
    show(place, el("p.muted", {}, t("No week can be judged yet: that needs a forecast, and sales that came after it.")));
    return;
  }
  const canvas = el("div.weeks-chart", { "aria-hidden": "true" });
  show(
    place,
    el("p.legend", {}, el("span.line-key", {}, t("Error of the forecast (WAPE), lower is better"))),
    canvas,
    el("details.other", {}, el("summary", {}, t("As a table")), table(known)),
  );
  let plot = null;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(canvas), data(known), canvas);
  };
  draw();
  document.addEventListener("themechange", draw);
  new ResizeObserver(() => plot.setSize({ width: canvas.clientWidth, height: HEIGHT })).observe(canvas);
}

function data(weeks) {
  return [weeks.map(({ from }) => dayOf(from).getTime() / 1000), weeks.map(({ wape }) => wape)];
}

function options(canvas) {
  const ink = colour("--muted");
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: ink, font: "12px Inter, sans-serif", grid, ticks: { show: false } };
  const day = (seconds) => date(new Date(seconds * 1000).toISOString()).replace(/ ?\d{4}$/, "");
  return {
    width: canvas.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.15, 0.05)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, values: (_, ticks) => ticks.map(day) },
      { ...axis, size: 52, space: 40, values: (_, ticks) => ticks.map((share) => percent(share, share < 0.02 && share ? 1 : 0)) },
    ],
    series: [
      {},
      { stroke: colour("--data-forecast"), width: 2.5, points: { show: true, size: 7, fill: colour("--data-forecast") } },
    ],
  };
}

function table(weeks) {
  const rows = [...weeks].reverse().map((week) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, week.to ? days(week.from, week.to) : date(week.from)),
      el("td.num", {}, percent(week.wape, 1)),
      el("td.num", {}, percent(week.bias, 1)),
    ),
  );
  const heads = [el("th", { scope: "col" }, t("Week from")), el("th.num", { scope: "col" }, t("Error")), el("th.num", { scope: "col" }, t("Too high (+) or low (−)"))];
  return el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
}

/** Picture: history and forecast of one series, drawn by uPlot; keyboard and pointer read it. */

import { dayOf, dayText, longDay, shortDay, t, units } from "./language.js";
import { colour, el, show } from "./pieces.js";

/* global uPlot */

const DAY = 86_400; // seconds
const HEIGHT = { wide: 380, narrow: 280 };
const NARROW = 640;

/** One row per day of history and forecast, in order of time. */
export function rowsOf(outlook) {
  const past = outlook.history.date.map((day, i) => ({
    day,
    isPast: true,
    sales: outlook.history.sales[i],
    lastYear: outlook.history.last_year[i],
    then: pick(outlook.history.then, i),
    ...marks(outlook, outlook.history, i),
  }));
  const ahead = outlook.forecast.date.map((day, i) => ({
    day,
    isPast: false,
    lastYear: outlook.forecast.last_year[i],
    now: pick(outlook.forecast, i),
    ...marks(outlook, outlook.forecast, i),
  }));
  const first = ahead[0]?.day ?? "9999";
  return [...past.filter(({ day }) => day < first), ...ahead];
}

function pick(columns, i) {
  const low = columns.p10?.[i] ?? null;
  return { low, middle: columns.p50?.[i] ?? null, high: columns.p90?.[i] ?? null };
}

function marks(outlook, columns, i) {
  const promotions = Object.entries(columns.covariates ?? {}).filter(([name]) => /promo|aktion/i.test(name));
  return {
    closed: columns.closed[i],
    promotion: promotions.some(([, values]) => values[i] > 0),
    holiday: outlook.holidays[columns.date[i]] ?? null,
  };
}

/** The picture and what one does with it. */
export class Picture {
  /**
   * @param {HTMLElement} place
   * @param {HTMLElement} readout where the values of one day are written
   * @param {(row: object) => string} words says a day to people who listen
   */
  constructor(place, readout, words) {
    this.place = place;
    this.readout = readout;
    this.words = words;
    this.whatIf = null;
    this.shown = { lastYear: true, then: true };
    place.tabIndex = 0;
    place.setAttribute("role", "slider");
    place.setAttribute("aria-label", t("Sales and forecast by day"));
    place.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.fit()).observe(place);
    document.addEventListener("themechange", () => this.draw());
    addEventListener("beforeprint", () => this.draw());
    addEventListener("afterprint", () => this.draw());
  }

  /** Shows these days; `weeks` of history before the forecast. */
  show(rows, weeks) {
    this.rows = rows;
    this.weeks = weeks;
    this.index = Math.max(0, rows.findIndex((row) => !row.isPast && !row.closed));
    this.place.setAttribute("aria-valuemin", 0);
    this.place.setAttribute("aria-valuemax", rows.length - 1);
    this.draw();
    this.point(this.index);
  }

  /** Adds the line of a what-if: its median by day; null removes it. */
  suppose(byDay) {
    this.whatIf = byDay;
    this.draw();
  }

  /** Shows or hides one of the lines that compare. */
  toggle(line, isShown) {
    this.shown[line] = isShown;
    this.draw();
  }

  /** Shows so many weeks of history. */
  zoom(weeks) {
    this.weeks = weeks;
    this.plot.setScale("x", this.range());
  }

  range() {
    const xs = this.plot ? this.plot.data[0] : this.data()[0];
    const firstAhead = this.rows.findIndex((row) => !row.isPast);
    const start = xs[firstAhead === -1 ? xs.length - 1 : firstAhead] - this.weeks * 7 * DAY;
    return { min: Math.max(xs[0], start) - DAY / 2, max: xs.at(-1) + DAY / 2 };
  }

  data() {
    const open = (row, value) => (row.closed && !value ? null : (value ?? null));
    const column = (value) => this.rows.map((row) => open(row, value(row)));
    return [
      this.rows.map((row) => dayOf(row.day).getTime() / 1000),
      column((row) => (this.shown.lastYear ? row.lastYear || null : null)),
      column((row) => row.sales),
      column((row) => (this.shown.then ? row.then?.middle : null)),
      column((row) => row.now?.low),
      column((row) => row.now?.high),
      column((row) => row.now?.middle),
      column((row) => this.whatIf?.[row.day]),
    ];
  }

  draw() {
    if (!this.rows) return;
    this.plot?.destroy();
    this.place.replaceChildren();
    this.plot = new uPlot(this.options(), this.data(), this.place);
    this.plot.setScale("x", this.range());
    this.point(this.index);
  }

  fit() {
    if (this.plot && this.plot.width !== this.width()) this.plot.setSize({ width: this.width(), height: this.height() });
  }

  width() {
    return Math.max(240, this.place.clientWidth);
  }

  height() {
    return this.width() < NARROW ? HEIGHT.narrow : HEIGHT.wide;
  }

  options() {
    const axis = { stroke: colour("--muted"), font: "12px Inter, sans-serif", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const line = (token, width, dash) => ({ stroke: colour(token), width, dash, spanGaps: true, points: { show: false } });
    const isPrinted = matchMedia("print").matches;
    return {
      width: isPrinted ? 680 : this.width(),
      height: isPrinted ? 300 : this.height(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      legend: { show: false },
      padding: [16, 8, 0, 0],
      cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: true } },
      scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.06] } },
      axes: [
        { ...axis, grid: { show: false }, space: 84, values: (_, splits) => splits.map((s) => shortDay(dayText(new Date(s * 1000))).replace(/^[^,\d]*,? /, "")), incrs: [7, 14, 28, 56, 91].map((d) => d * DAY) },
        { ...axis, size: this.width() < NARROW ? 52 : 64, values: (_, splits) => splits.map((value) => units(value)) },
      ],
      series: [
        {},
        line("--data-last-year", 1.5, [4, 4]),
        line("--data-sales", 1.75),
        line("--data-then", 1.5, [2, 3]),
        line("--data-forecast", 0),
        line("--data-forecast", 0),
        line("--data-forecast", 2.5),
        line("--data-what-if", 2.25, [7, 3]),
      ],
      bands: [{ series: [5, 4], fill: colour("--data-band") }],
      hooks: {
        drawClear: [(plot) => this.drawDays(plot)],
        draw: [(plot) => this.drawBorder(plot)],
        setCursor: [(plot) => plot.cursor.idx !== null && plot.cursor.left >= 0 && this.read(plot.cursor.idx)],
      },
    };
  }

  /** Closed days as grey columns, promotions as a bar below, holidays as a diamond above. */
  drawDays(plot) {
    const { ctx, bbox } = plot;
    const [closed, promotion, holiday] = ["--data-closed", "--data-promotion", "--data-holiday"].map(colour);
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top - 14 * ratio, bbox.width, bbox.height + 14 * ratio);
    ctx.clip();
    this.rows.forEach((row, i) => {
      const at = plot.data[0][i];
      const left = plot.valToPos(at - DAY / 2, "x", true);
      const width = plot.valToPos(at + DAY / 2, "x", true) - left;
      if (row.closed) {
        ctx.fillStyle = closed;
        ctx.fillRect(left, bbox.top, width, bbox.height);
      }
      if (row.promotion) {
        ctx.fillStyle = promotion;
        ctx.fillRect(left, bbox.top + bbox.height - 5 * ratio, width + 0.5, 5 * ratio);
      }
      if (row.holiday) diamond(ctx, left + width / 2, bbox.top - 6 * ratio, 4.5 * ratio, holiday);
    });
    ctx.restore();
  }

  /** The border between what was and what is expected. */
  drawBorder(plot) {
    const firstAhead = this.rows.findIndex((row) => !row.isPast);
    if (firstAhead <= 0) return;
    const { ctx, bbox } = plot;
    const x = Math.round(plot.valToPos(plot.data[0][firstAhead] - DAY / 2, "x", true));
    if (x < bbox.left) return;
    ctx.save();
    ctx.setLineDash([]);
    ctx.strokeStyle = colour("--edge");
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  onKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageUp: 7, PageDown: -7 };
    const jumps = { Home: 0, End: this.rows.length - 1 };
    if (event.key in steps) this.point(this.index + steps[event.key]);
    else if (event.key in jumps) this.point(jumps[event.key]);
    else return;
    event.preventDefault();
  }

  /** Puts the cursor on a day. */
  point(index) {
    this.read(Math.min(Math.max(index, 0), this.rows.length - 1));
    const { min, max } = this.plot.scales.x;
    const at = this.plot.data[0][this.index];
    if (min !== null && (at < min || at > max)) this.plot.setScale("x", { min: Math.min(min, at - DAY), max: Math.max(max, at + DAY) });
    const left = this.plot.valToPos(at, "x");
    if (document.activeElement === this.place) this.plot.setCursor({ left, top: 10 }, false);
  }

  /** Writes the values of a day beside the picture. */
  read(index) {
    this.index = index;
    const row = this.rows[index];
    this.place.setAttribute("aria-valuenow", index);
    this.place.setAttribute("aria-valuetext", `${longDay(row.day)}: ${this.words(row)}`);
    show(this.readout, el("strong", {}, shortDay(row.day)), el("span", {}, this.words(row)));
  }
}

function diamond(ctx, x, y, size, fill) {
  ctx.fillStyle = fill;
  ctx.beginPath();
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, y);
  ctx.lineTo(x, y + size);
  ctx.lineTo(x - size, y);
  ctx.fill();
}

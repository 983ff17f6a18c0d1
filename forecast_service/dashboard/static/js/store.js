/** Store: the page of one store, or of one item in it. */

import { get } from "./api.js";
import { comingDays, pastDays, weekTotals } from "./days.js";
import { dayNotes, heldWords, origin, problemWords, reasonWords } from "./explanations.js";
import { caller, copyCall } from "./frame.js";
import { ago, change, date, n, percent, shortDay, t, time, units, week as weekOf } from "./language.js";
import { partsOfDays } from "./parts.js";
import { Picture, rowsOf } from "./picture.js";
import { announce, byId, chip, el, failure, finished, scroller, show, tile } from "./pieces.js";

const RANGES = [
  ["4", () => t("4 weeks")],
  ["13", () => t("3 months")],
  ["53", () => t("1 year")],
];
const DAYS_OF_RANGES = { 53: 371 };

/** What the address says: the store, and the item if there is one. */
const [, , ...path] = location.pathname.split("/").map(decodeURIComponent);
const series = { store: path[0], item: path[1] === "item" ? path[2] : null };

/** The page as it is: the outlook, its rows, the picture. */
const page = { series, outlook: null, rows: [], picture: null, weeks: innerWidth < 640 ? 4 : 13, caller: null };

function outlookAddress(more = {}) {
  const query = new URLSearchParams({ ...(series.item ? { item: series.item } : {}), ...more });
  return `/stores/${encodeURIComponent(series.store)}/outlook${query.size ? `?${query}` : ""}`;
}

async function load() {
  try {
    showOutlook(await get(outlookAddress()));
    page.caller = await caller;
  } catch (problem) {
    byId("tiles").hidden = true;
    show(byId("outlook"), el("div.card", {}, failure(problem, load)));
  }
  finished();
}

/** Shows an outlook; a newer one replaces it. */
function showOutlook(outlook) {
  page.outlook = outlook;
  page.rows = rowsOf(outlook);
  byId("tiles").hidden = false;
  showHead(outlook);
  showTiles(outlook);
  show(byId("problems"), problemList(outlook));
  show(
    byId("outlook"),
    pictureCard(),
    el("div.columns", {}, weeksCard(outlook), reasonsCard(outlook)),
    outlook.items ? itemsCard(outlook) : null,
    daysCard(),
    originCard(outlook),
  );
  page.picture.show(page.rows, page.weeks);
  byId("try").hidden = !outlook.plan.length;
}

function showHead(outlook) {
  const name = outlook.store_name ?? t("Store %(number)s", { number: outlook.store_number });
  const title = series.item ? t("%(item)s in %(store)s", { item: series.item, store: name }) : name;
  byId("title").textContent = title;
  document.title = document.title.replace(/^[^·]+/, `${title} `);
  const facts = [
    outlook.store_name || series.item ? t("Store %(number)s", { number: outlook.store_number }) : null,
    outlook.region === "all" ? null : t("Region %(region)s", { region: outlook.region }),
    t("sales until %(day)s", { day: date(outlook.provenance.data_until) }),
    t("forecast made %(ago)s", { ago: ago(outlook.provenance.created_at) }),
  ];
  byId("subtitle").textContent = facts.filter(Boolean).join(" · ");
  if (series.item) {
    byId("back").href = `/store/${encodeURIComponent(series.store)}`;
    byId("back").textContent = `← ${name}`;
  }
}

function problemList(outlook) {
  const problems = [...outlook.problems];
  if (outlook.provenance.stale && !problems.some(({ code }) => code === "stale_forecast")) {
    problems.push({ code: "stale_forecast", text: outlook.provenance.stale, last_day: outlook.forecast.date.at(-1) });
  }
  if (!problems.length) return null;
  const rows = problems.map((problem) => {
    const { words, kind, detail } = problemWords(problem);
    return el("li", {}, chip(words, kind), detail ? el("span.muted", {}, detail) : null);
  });
  return el("ul.notice.problems", { "aria-label": t("Needs a look") }, ...rows);
}

/** The name of the coming week; of longer periods and short forecasts, their days alone. */
function weekName({ from, to, days }) {
  return days === 7 ? `${t("Next 7 days")} · ${weekOf(from, to)}` : weekOf(from, to);
}

/** What was sold a year before, in words. */
function yearBefore({ last_year: sold, days }) {
  if (!sold) return t("no sales of that time are known");
  return days === 7
    ? t("%(units)s in the comparable week", { units: units(sold) })
    : t("%(units)s in the comparable period", { units: units(sold) });
}

function showTiles(outlook) {
  const week = outlook.next_7_days;
  const tomorrow = page.rows.find((row) => !row.isPast && !row.closed);
  const hasBand = week.p10 !== null && week.p10 !== undefined;
  const isKnown = week.last_year && week.p50 !== null;
  const tiles = [
    tile(
      weekName(week),
      units(week.p50),
      hasBand ? t("units; likely %(low)s to %(high)s", { low: units(week.p10), high: units(week.p90) }) : t("units expected"),
    ),
    tile(t("Against last year"), change(isKnown ? week.p50 / week.last_year - 1 : null), yearBefore(week)),
    tomorrow
      ? tile(
          t("Next open day"),
          units(tomorrow.now.middle),
          dayWords(tomorrow),
        )
      : null,
    coverageTile(outlook),
  ];
  show(byId("tiles"), ...tiles.filter(Boolean));
}

function dayWords(row) {
  return [shortDay(row.day), ...dayNotes(row)].join(" · ");
}

function coverageTile({ coverage }) {
  if (!coverage?.days) return tile(t("The range held"), "–", t("not measured yet"));
  return tile(t("The range held"), percent(coverage.inside / coverage.days), heldWords(coverage));
}

/** A day in words, for the picture. */
function words(row) {
  const parts = [];
  if (row.isPast) {
    parts.push(row.sales === null ? t("sales not known") : t("sold %(units)s", { units: units(row.sales) }));
    if (row.then.middle !== null) parts.push(t("forecast then %(units)s", { units: units(row.then.middle) }));
  } else if (!row.closed) {
    parts.push(t("expected %(units)s", { units: units(row.now.middle) }));
    parts.push(t("likely %(low)s to %(high)s", { low: units(row.now.low), high: units(row.now.high) }));
    const supposed = page.picture?.whatIf?.[row.day];
    if (supposed !== undefined) parts.push(t("what if %(units)s", { units: units(supposed) }));
  }
  if (row.lastYear) parts.push(t("last year %(units)s", { units: units(row.lastYear) }));
  return [...parts, ...dayNotes(row)].join(" · ");
}

function pictureCard() {
  const place = el("div.plot");
  const readout = el("p.readout");
  page.picture = new Picture(place, readout, words);
  const ranges = RANGES.map(([weeks, name]) =>
    el("button.quiet", { type: "button", "aria-pressed": String(Number(weeks) === page.weeks), "data-weeks": weeks, click: showRange }, name()),
  );
  const has = (column) => page.rows.some(column);
  const key = [
    entry("sales", t("Sold")),
    entry("forecast", t("Expected")),
    entry("band", t("Likely range (80 %)")),
    has((row) => row.lastYear) ? line("lastYear", "last-year", t("Last year")) : null,
    has((row) => row.then?.middle) ? line("then", "then", t("Forecast a week before")) : null,
    has((row) => row.promotion) ? entry("promotion", t("Promotion")) : null,
    has((row) => row.holiday) ? entry("holiday", t("Holiday")) : null,
    has((row) => row.closed) ? entry("closed", t("Closed")) : null,
  ];
  return el(
    "section.card.picture",
    { "aria-labelledby": "picture-title" },
    el("div.card-head", {}, el("h2", { id: "picture-title" }, t("Sales and forecast")), el("div.segments.no-print", { role: "group", "aria-label": t("Shown history") }, ...ranges)),
    readout,
    place,
    el("ul.key", {}, ...key.filter(Boolean)),
    el("p.small.muted.no-print", {}, t("Arrow keys go from day to day. Drag to zoom in, double-click to zoom out.")),
  );
}

function entry(name, text) {
  return el("li", {}, el(`span.swatch.${name}`), text);
}

function line(name, swatch, text) {
  const box = el("input", { type: "checkbox", checked: true, change: () => page.picture.toggle(name, box.checked) });
  return el("li", {}, el("label.switch", {}, box, el(`span.swatch.${swatch}`), text));
}

async function showRange(event) {
  const button = event.currentTarget;
  page.weeks = Number(button.dataset.weeks);
  for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
  const wanted = DAYS_OF_RANGES[page.weeks];
  if (wanted && page.outlook.history.date.length < wanted) {
    const longer = await get(outlookAddress({ days: wanted }));
    page.outlook = { ...page.outlook, history: longer.history };
    page.rows = rowsOf(longer);
    page.picture.show(page.rows, page.weeks);
  } else page.picture.zoom(page.weeks);
}

function weeksCard(outlook) {
  return el(
    "section.card.flush",
    {},
    el("div.card-head", {}, el("h2", {}, t("Coming weeks"))),
    scroller(t("Coming weeks"), weekTotals(outlook.weeks)),
    outlook.weeks.some((week) => week.p10 !== null)
      ? el("p.foot.small.muted", {}, t("The range of a week is narrower than the sum of its days: high and low days balance."))
      : null,
  );
}

function reasonsCard(outlook) {
  const { parts } = outlook.forecast;
  if (!parts && !outlook.reasons.length) return null;
  return el(
    "section.card",
    {},
    el("h2", {}, t("Why it looks like this")),
    el("ul.reasons", {}, ...outlook.reasons.slice(0, 5).map((reason) => el("li", {}, reasonWords(reason)))),
    parts ? partsOfDays(outlook.forecast) : null,
  );
}

function itemsCard(outlook) {
  const place = el("div");
  const open = async () => (await import("./items.js")).showItems(place, series.store);
  const title = n("%(count)s item", "%(count)s items", { count: outlook.items.count });
  return el("details.card.fold", { toggle: open, id: "items", open: location.hash === "#items" }, el("summary", {}, el("h2", {}, title)), place);
}

function daysCard() {
  const ahead = page.rows.filter((row) => !row.isPast);
  const past = page.rows.filter((row) => row.isPast);
  const older = el("details.fold.past", {}, el("summary", {}, n("The past %(count)s day", "The past %(count)s days", { count: past.length })));
  older.addEventListener("toggle", () => older.children.length === 1 && older.append(scroller(t("Past days"), pastDays(past))), { once: true });
  return el(
    "section.card.flush",
    { id: "day-by-day" },
    el("div.card-head", {}, el("h2", {}, t("Day by day")), el("span.small.muted", {}, t("in units sold"))),
    scroller(t("Day by day"), comingDays(ahead)),
    past.length ? older : null,
  );
}

function originCard(outlook) {
  const rows = origin(outlook.provenance, outlook).flatMap(([name, value, kind]) => [
    el("dt", {}, name),
    el("dd", {}, kind === "time" ? el("time", { datetime: value, title: time(value) }, `${time(value)} (${ago(value)})`) : String(value)),
  ]);
  return el("section.card", {}, el("h2", {}, t("Where this comes from")), el("dl.facts", {}, ...rows));
}

/** The stores before and after this one, in the order of the list that the person came from. */
async function showNeighbours() {
  const known = JSON.parse(sessionStorage.getItem("stores") ?? "null");
  byId("back").href = series.item ? byId("back").href : (known?.address ?? "/");
  if (series.item || !known) return;
  const at = known.numbers.indexOf(series.store);
  if (at === -1) return;
  const link = (i, text, key) =>
    known.numbers[i] === undefined
      ? null
      : el("a.button.quiet", { href: `/store/${encodeURIComponent(known.numbers[i])}`, rel: key, title: t("Store %(number)s", { number: known.numbers[i] }) }, text);
  show(byId("neighbours"), el("span.muted.small", {}, t("%(place)s of %(count)s", { place: at + 1, count: known.count })), link(at - 1, `‹ ${t("Previous")}`, "prev"), link(at + 1, `${t("Next")} ›`, "next"));
}

function linkFiles() {
  const query = new URLSearchParams({ store_number: series.store, ...(series.item ? { item: series.item } : {}) });
  byId("xlsx").href = `/forecast?${query}&format=xlsx`;
  byId("csv").href = `/forecast?${query}&format=csv`;
  byId("whole").href = outlookAddress({ format: "xlsx" });
}

byId("copy").addEventListener("click", () => copyCall(outlookAddress()));
byId("print").addEventListener("click", () => window.print());
byId("update").addEventListener("click", async () => {
  const { update } = await import("./update.js");
  const newer = await update(series, page.outlook, byId("news"), byId("update"));
  if (!newer) return;
  showOutlook(await get(outlookAddress()));
  announce(t("The picture shows the new forecast."));
});
byId("try").addEventListener("click", async () => {
  const { startWhatIf } = await import("./what_if.js");
  startWhatIf(page, byId("try"));
});
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, [role=slider]") || event.metaKey || event.ctrlKey || event.altKey) return;
  const wanted = { j: "next", k: "prev" }[event.key];
  if (wanted) document.querySelector(`#neighbours [rel=${wanted}]`)?.click();
  else if (event.key === "Escape") byId("back").click();
});
linkFiles();
showNeighbours();
load();

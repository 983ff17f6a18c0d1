/** Scenario: a saved what-if, compared with the forecast of today. */

import { get, remove } from "./api.js";
import { moved } from "./explanations.js";
import { caller } from "./frame.js";
import { date, inWords, shortDay, spoken, t, units, week } from "./language.js";
import { Picture } from "./picture.js";
import { byId, el, failure, finished, scroller, show, toast } from "./pieces.js";
import { labelOf, movedDay } from "./what_if.js";

const id = decodeURIComponent(location.pathname.split("/")[2]);

function byDay(forecast, type) {
  const points = forecast.Forecast.Predictions[type] ?? [];
  return Object.fromEntries(points.map((point) => [point.Timestamp.slice(0, 10), point.Value]));
}

/** One row per day: the forecast without the changes, and the median with them. */
function rowsOf({ baseline, result }) {
  const [low, middle, high, after] = [byDay(baseline, "p10"), byDay(baseline, "p50"), byDay(baseline, "p90"), byDay(result, "p50")];
  return Object.keys(middle).map((day) => ({
    day,
    isPast: false,
    closed: middle[day] === 0 && after[day] === 0,
    now: { low: low[day] ?? null, middle: middle[day], high: high[day] ?? null },
    after: after[day],
  }));
}

function changeWords({ covariate, value, from, to }) {
  const what = { 0: t("off"), 1: t("on") }[value] ?? String(value);
  return `${labelOf({ covariate })}: ${what} (${!to || from === to ? shortDay(from) : week(from, to)})`;
}

function showHead(scenario) {
  const store = t("Store %(number)s", { number: scenario.store_number });
  const title = scenario.item ? t("%(item)s in %(store)s", { item: scenario.item, store }) : store;
  byId("title").textContent = scenario.name;
  document.title = document.title.replace(/^[^·]+/, `${scenario.name} `);
  byId("subtitle").textContent = [
    title,
    t("saved by %(name)s on %(day)s", { name: scenario.made_by, day: date(scenario.created_at) }),
    t("kept until %(day)s", { day: date(scenario.expires_at) }),
  ].join(" · ");
  const item = scenario.item ? `/item/${encodeURIComponent(scenario.item)}` : "";
  byId("back").href = `/store/${encodeURIComponent(scenario.store_number)}${item}`;
  byId("back").textContent = `← ${title}`;
}

function showScenario(scenario) {
  showHead(scenario);
  const news = [
    scenario.moved_on ? el("p.notice.info", {}, t("There is a newer forecast since this was saved; the numbers compare with the newer one.")) : null,
    scenario.problem ? el("p.notice", {}, el("strong", {}, t("It cannot be computed any more.")), " ", el("span", spoken(scenario.problem), inWords(scenario.problem))) : null,
  ];
  show(byId("news"), ...news);
  const total = scenario.result?.total ?? scenario.total;
  show(
    byId("scenario"),
    el(
      "section.card",
      {},
      el("p.total", {}, el("strong.figure", {}, moved(total.baseline, total.what_if)), " ", t("units over all days")),
      el("ul.reasons", {}, ...scenario.changes.map((change) => el("li", {}, changeWords(change)))),
      scenario.note ? el("p", {}, scenario.note) : null,
    ),
    ...(scenario.result ? [pictureCard(scenario.result), daysCard(scenario.result)] : []),
  );
}

function pictureCard(result) {
  const rows = rowsOf(result);
  const place = el("div.plot");
  const readout = el("p.readout");
  const words = (row) => [t("expected %(units)s", { units: units(row.now.middle) }), t("what if %(units)s", { units: units(row.after) })].join(" · ");
  const picture = new Picture(place, readout, words);
  const key = [["forecast", t("Expected")], ["band", t("Likely range (80 %)")], ["what-if", t("What if")]];
  const card = el(
    "section.card.picture",
    {},
    el("h2", {}, t("With and without the changes")),
    readout,
    place,
    el("ul.key", {}, ...key.map(([name, text]) => el("li", {}, el(`span.swatch.${name}`), text))),
  );
  requestAnimationFrame(() => {
    picture.show(rows, 0);
    picture.suppose(byDay(result.result, "p50"));
  });
  return card;
}

function daysCard(result) {
  const body = rowsOf(result).map((row) =>
    el(
      "tr",
      { "data-day": row.day },
      el("th", { scope: "row" }, el("time", { datetime: row.day }, shortDay(row.day))),
      el("td.num.wide-only", {}, units(row.now.middle)),
      el("td.num", {}, el("span.figure", {}, units(row.after)), el("small.muted.narrow-only", {}, t("instead of %(units)s", { units: units(row.now.middle) }))),
      el("td.num", {}, movedDay(row.now.middle, row.after)),
    ),
  );
  const heads = [["th", t("Day")], ["th.num.wide-only", t("Expected")], ["th.num", t("What if")], ["th.num", t("Difference")]];
  const table = el(
    "table",
    { id: "days" },
    el("caption.unseen", {}, t("Expected demand by day, in units sold")),
    el("thead", {}, el("tr", {}, ...heads.map(([tag, name]) => el(tag, { scope: "col" }, name)))),
    el("tbody", {}, ...body),
  );
  return el("section.card.flush", {}, el("div.card-head", {}, el("h2", {}, t("Day by day"))), scroller(t("Day by day"), table));
}

async function deleteScenario(scenario) {
  try {
    await remove(`/scenarios/${encodeURIComponent(id)}`);
    location.assign(byId("back").href);
  } catch (problem) {
    toast(problem.message);
  }
}

async function load() {
  try {
    const scenario = await get(`/scenarios/${encodeURIComponent(id)}`);
    showScenario(scenario);
    const who = await caller;
    const isOwn = who?.name === scenario.made_by || who?.scopes.includes("admin");
    byId("delete").hidden = !isOwn || !who.scopes.includes("train");
    byId("delete").addEventListener("click", () => deleteScenario(scenario));
  } catch (problem) {
    show(byId("scenario"), el("div.card", {}, failure(problem, load)));
  }
  finished();
}

byId("print").addEventListener("click", () => window.print());
load();

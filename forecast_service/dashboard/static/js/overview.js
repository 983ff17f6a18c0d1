/** Overview: all stores of the morning, worst first. */

import { get } from "./api.js";
import { problemWords, staleWords } from "./explanations.js";
import { caller, copyCall, permit } from "./frame.js";
import { ago, change, date, n, number, percent, t, time, units, week } from "./language.js";
import { announce, byId, chip, el, failure, finished, show, state, tile, toast } from "./pieces.js";

const PAGE = 60; // stores in one request
const PATIENCE = 180; // milliseconds after a key before the search begins
const FILTERS = ["search", "region", "sort", "order"];

/** @type {[string, string, () => string][]} sort, order, name */
const ORDERS = [
  ["", "", () => t("Most urgent first")],
  ["next_7_days", "desc", () => t("Largest demand first")],
  ["change", "desc", () => t("Strongest rise first")],
  ["change", "asc", () => t("Strongest fall first")],
  ["change_to_last_year", "desc", () => t("Most above last year first")],
  ["change_to_last_year", "asc", () => t("Most below last year first")],
  ["wape", "desc", () => t("Least accurate first")],
  ["store_number", "asc", () => t("By number")],
  ["store_name", "asc", () => t("By name")],
];

const page = { filters: {}, overview: null, stores: [], next: null, cancel: null, table: null };

/** The filters of the address; without any, those of the last visit. */
function readFilters() {
  const query = new URLSearchParams(location.search);
  const last = query.size ? query : new URLSearchParams(localStorage.getItem("filters") ?? "");
  page.filters = Object.fromEntries(FILTERS.map((name) => [name, last.get(name) ?? ""]));
}

function queryOf(filters, more = {}) {
  const given = Object.entries({ ...filters, ...more }).filter(([, value]) => value !== "" && value !== null);
  return new URLSearchParams(given).toString();
}

function keepFilters() {
  const query = queryOf(page.filters);
  history.replaceState(null, "", query ? `/?${query}` : "/");
  localStorage.setItem("filters", query);
}

async function load() {
  page.cancel?.abort();
  page.cancel = new AbortController();
  keepFilters();
  linkFiles();
  try {
    const overview = await get(`/overview?${queryOf(page.filters, { limit: PAGE })}`, page.cancel);
    showOverview(overview);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (problem.status === 404 && page.filters.region) {
      page.filters.region = ""; // a region that is gone, or that the caller may not see any more
      load();
      return;
    }
    byId("tiles").hidden = !page.overview;
    show(byId("stores"), failure(problem, load));
  }
  finished();
}

function showOverview(overview) {
  const isFirst = page.overview === null;
  page.overview = overview;
  page.stores = overview.stores;
  page.next = overview.next;
  byId("tiles").hidden = false;
  showHead(overview);
  showTiles(overview.tiles);
  if (isFirst || !page.filters.region) showRegions(overview.regions);
  showForm();
  showStores();
  remember();
  if (!isFirst) announce(n("%(count)s store", "%(count)s stores", { count: overview.count }));
}

function showHead({ week: days, forecast, as_of: today }) {
  const parts = [
    days ? t("Expected demand from %(days)s, in units", { days: week(days.from, days.to) }) : null,
    forecast ? t("sales until %(day)s", { day: date(forecast.data_until) }) : null,
  ];
  byId("subtitle").textContent = parts.filter(Boolean).join(" · ");
  const stale = forecast?.stale;
  show(byId("news"), stale ? el("p.notice", {}, el("strong", {}, t("The forecast is out of date.")), " ", staleWords(stale, days?.to, today)) : null);
}

function showTiles(tiles) {
  const look = tiles.need_a_look;
  show(
    byId("tiles"),
    tile(t("Next 7 days"), units(tiles.next_7_days), t("units expected; last 7 days %(units)s", { units: units(tiles.last_7_days) })),
    tile(
      t("Against the last 7 days"),
      change(tiles.change),
      tiles.change_to_last_year === null ? t("no sales of last year to compare") : t("%(change)s against last year", { change: change(tiles.change_to_last_year) }),
    ),
    tile(t("Stores that need a look"), number(look), t("of %(count)s stores", { count: number(tiles.stores) })),
    tile(
      t("Last update"),
      tiles.updated_at ? ago(tiles.updated_at) : "–",
      tiles.updated_at ? el("time", { datetime: tiles.updated_at }, time(tiles.updated_at)) : t("no forecast yet"),
    ),
  );
}

function showRegions(regions) {
  if (regions.length < 2) return show(byId("regions"));
  const cards = regions.map((region) =>
    el(
      "button.region",
      { type: "button", "data-region": region.region, "aria-pressed": String(page.filters.region === region.region), click: chooseRegion },
      el("span.muted.small", {}, region.region),
      el("span.figure", {}, units(region.next_7_days)),
      el("span.small", {}, change(region.change)),
      region.need_a_look ? chip(n("%(count)s to look at", "%(count)s to look at", { count: region.need_a_look }), "warn") : chip(t("all well"), "good"),
    ),
  );
  show(byId("regions"), el("div.regions", { role: "group", "aria-label": t("Regions") }, ...cards));
  const select = byId("region");
  select.replaceChildren(select.options[0], ...regions.map(({ region }) => el("option", { value: region }, region)));
}

function chooseRegion(event) {
  const { region } = event.currentTarget.dataset;
  page.filters.region = page.filters.region === region ? "" : region;
  load();
}

function showForm() {
  const { search, region, sort, order } = page.filters;
  if (document.activeElement !== byId("search")) byId("search").value = search;
  byId("region").value = region;
  byId("region").hidden = page.overview.regions.length < 2;
  byId("sort").value = `${sort} ${order}`;
  for (const button of document.querySelectorAll(".region")) {
    button.setAttribute("aria-pressed", String(button.dataset.region === region));
  }
}

function showStores() {
  if (!page.stores.length) {
    show(byId("stores"), nothing());
    caller.then((found) => found && permit(found, byId("stores")));
    return;
  }
  page.table = el(
    "table.stores",
    { role: "table" }, // rows are no table rows on a narrow window
    el("caption.unseen", {}, t("Stores with their expected demand of the next 7 days")),
    head(),
    el("tbody", { role: "rowgroup" }, ...page.stores.map(row)),
  );
  show(byId("stores"), page.table, more());
}

/** Why there is no store in the table, and what to do. */
function nothing() {
  if (page.filters.search || page.filters.region) {
    const clear = el("button", { type: "button", click: () => { page.filters = { ...page.filters, search: "", region: "" }; byId("search").value = ""; load(); } }, t("Show all stores"));
    return state({ title: t("No store fits"), text: t("Nothing has this number, name or region."), actions: [clear] });
  }
  const upload = el("a.button.primary", { href: "/upload", "data-scope": "import", hidden: true }, t("Load sales"));
  return state({ title: t("There are no stores yet"), text: t("Load a file of sales; the first forecast follows by itself."), actions: [upload] });
}

const COLUMNS = [
  ["store_number", "asc", "", () => t("Store")],
  ["next_7_days", "desc", "num", () => t("Next 7 days")],
  ["change", "desc", "num", () => t("Against last week")],
  ["change_to_last_year", "desc", "num", () => t("Against last year")],
  ["wape", "desc", "num wide-only", () => t("Lately off by")],
  ["", "", "", () => t("Needs a look")],
];

function head() {
  return el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...COLUMNS.map(column)));
}

function column([sort, order, kind, name]) {
  const isSorted = page.filters.sort === sort && sort !== "";
  const direction = page.filters.order === "asc" ? "ascending" : "descending";
  const sortBy = () => {
    page.filters.order = isSorted ? (page.filters.order === "asc" ? "desc" : "asc") : order;
    page.filters.sort = sort;
    load();
  };
  return el(
    ["th", ...kind.split(" ").filter(Boolean)].join("."),
    { scope: "col", role: "columnheader", "aria-sort": isSorted ? direction : null },
    el("button.sort", { type: "button", click: sortBy }, name()),
  );
}

function addressOf(store) {
  return `/store/${encodeURIComponent(store.store_number)}`;
}

function row(store) {
  const name = store.store_name ?? t("Store %(number)s", { number: store.store_number });
  const below = [store.store_name ? store.store_number : null, store.region === "all" ? null : store.region].filter((text) => text !== null);
  return el(
    "tr",
    { role: "row", "data-store": store.store_number },
    el("th", { scope: "row", role: "rowheader" }, el("a", { href: addressOf(store) }, name), below.length ? el("small.muted.block", {}, below.join(" · ")) : null),
    el(
      "td.num",
      { role: "cell" },
      el("span.figure.block", {}, units(store.next_7_days)),
      store.low === null || store.low === undefined ? null : el("small.muted", {}, `${units(store.low)} – ${units(store.high)}`),
    ),
    compared(t("Against last week"), t("last 7 days: %(units)s", { units: units(store.last_7_days) }), store.change),
    compared(t("Against last year"), t("a year before: %(units)s", { units: units(store.last_year) }), store.change_to_last_year),
    el("td.num.wide-only", { role: "cell" }, ...accuracy(store)),
    el("td.look", { role: "cell" }, el("span.chips", {}, ...store.problems.map(problem))),
  );
}

/** A change against earlier sales; the label is for narrow windows, which have no heads. */
function compared(label, title, share) {
  return el("td.num", { role: "cell", title, "data-label": label }, change(share));
}

/** How far off the forecasts of a week ahead were, and to which side. */
function accuracy(store) {
  const lags = store.accuracy;
  const lag = ["7", "1", "14", "backtest"].find((name) => lags?.[name] && lags[name].wape !== null);
  if (!lag) return ["–"];
  const { wape, bias, days: count } = lags[lag];
  const side = Math.abs(bias) < 0.02 ? t("no bias") : bias > 0 ? t("%(share)s too high", { share: percent(bias) }) : t("%(share)s too low", { share: percent(-bias) });
  const source = store.accuracy_source === "served" ? n("forecast %(count)s day before", "forecast %(count)s days before", { count: Number(lag) }) : t("in tests");
  return [
    el("span.block", { title: `${source}; ${n("%(count)s day", "%(count)s days", { count })}` }, percent(wape, wape < 0.0995 ? 1 : 0)),
    el("small.muted", {}, side),
  ];
}

function problem(found) {
  const { words, kind, detail } = problemWords(found);
  return chip(words, kind, detail);
}

/** Below the table: how many are shown; the rest comes when one scrolls there. */
function more() {
  const shown = t("%(shown)s of %(count)s stores", { shown: number(page.stores.length), count: number(page.overview.count) });
  if (!page.next) return el("p.foot.small.muted", {}, shown);
  const button = el("button", { type: "button", click: loadMore }, t("Show more"));
  const end = el("p.foot.more", {}, el("span.small.muted", {}, shown), button);
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && loadMore(), { rootMargin: "600px" }).observe(end);
  return end;
}

let isLoading = false;

async function loadMore() {
  if (isLoading || !page.next) return;
  isLoading = true;
  try {
    const following = await get(page.next, page.cancel);
    page.next = following.next;
    page.stores.push(...following.stores);
    page.table.tBodies[0].append(...following.stores.map(row));
    page.table.nextElementSibling.replaceWith(more());
    remember();
  } catch (problem) {
    if (problem.name !== "AbortError") toast(problem.message);
  } finally {
    isLoading = false;
  }
}

/** Keeps the order of the list, for "next store" on the page of a store. */
function remember() {
  const numbers = page.stores.map((store) => String(store.store_number));
  const address = location.pathname + location.search;
  sessionStorage.setItem("stores", JSON.stringify({ numbers, count: page.overview.count, address }));
}

function linkFiles() {
  byId("xlsx").href = `/overview?${queryOf(page.filters, { format: "xlsx" })}`;
  byId("csv").href = `/overview?${queryOf(page.filters, { format: "csv" })}`;
}

function onKey(event) {
  const isTyping = event.target.closest("input, select, textarea");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    byId("search").focus();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && !event.target.closest("select, details")) {
    const links = [...document.querySelectorAll(".stores tbody th a")];
    const at = links.indexOf(document.activeElement);
    const to = links[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!to && at <= 0 && event.key === "ArrowUp") byId("search").focus();
    to?.focus();
    if (to || at !== -1) event.preventDefault();
  } else if (event.key === "Enter" && event.target === byId("search")) {
    event.preventDefault();
    document.querySelector(".stores tbody th a")?.click();
  }
}

function listen() {
  let timer = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { page.filters.search = byId("search").value.trim(); load(); }, PATIENCE);
  });
  byId("region").addEventListener("change", () => { page.filters.region = byId("region").value; load(); });
  byId("sort").addEventListener("change", () => {
    [page.filters.sort, page.filters.order] = byId("sort").value.split(" ");
    load();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("copy").addEventListener("click", () => copyCall(`/overview?${queryOf(page.filters)}`));
  byId("print").addEventListener("click", () => window.print());
  document.addEventListener("keydown", onKey);
}

readFilters();
byId("sort").append(...ORDERS.map(([sort, order, name]) => el("option", { value: `${sort} ${order}` }, name())));
byId("search").value = page.filters.search;
listen();
load();

/** Page "Accuracy": by lag, by week, the worst stores, against a naive forecast. */

import { get } from "./api.js";
import { caller } from "./frame.js";
import { byName, change, n, number, percent, t } from "./language.js";
import { byId, el, failure, finished, show, skeleton, state } from "./pieces.js";
import { stacked } from "./stacked.js";
import { weeksChart } from "./weeks_chart.js";

const WEEKS = 26;

const region = byId("region");
const wanted = new URLSearchParams(location.search).get("region") ?? "";

region.addEventListener("change", () => {
  const address = new URL(location);
  if (region.value) address.searchParams.set("region", region.value);
  else address.searchParams.delete("region");
  history.replaceState(null, "", address);
  look();
});
caller.then(() => Promise.all([listRegions(), look(wanted)])).then(finished);

async function listRegions() {
  const found = await get("/regions").catch(() => ({ regions: [] }));
  const names = found.regions.map((each) => each.region).sort(byName);
  if (names.length < 2) region.closest("label").hidden = true;
  region.append(...names.map((name) => el("option", { value: name }, name)));
  region.value = names.includes(wanted) ? wanted : "";
}

async function look(name = region.value) {
  show(byId("lags"), skeleton(2));
  try {
    const query = new URLSearchParams({ weeks: WEEKS, ...(name ? { region: name } : {}) });
    const answer = await get(`/accuracy?${query}`);
    show(byId("source"), source(answer));
    show(byId("lags"), lags(answer));
    weeksChart(byId("weeks"), answer.weeks);
    show(byId("stores"), stores(answer.stores));
  } catch (problem) {
    show(byId("lags"), failure(problem, () => look(name)));
    for (const id of ["source", "weeks", "stores"]) show(byId(id));
  }
}

function source({ source: from }) {
  if (from !== "backtest") return null;
  return el("p.notice.info", {}, t("These figures come from backtests: the model forecast past days that it did not know. Figures of forecasts that were really served follow as sales come in."));
}

function lags({ lags: found, naive, backtest }) {
  const known = Object.entries(found).filter(([, lag]) => lag && lag.wape !== null);
  if (known.length) {
    return el("dl.tiles", {}, ...known.map(([days, lag]) => lagTile(Number(days), lag, naive?.[days] ?? null)));
  }
  if (backtest?.wape !== null && backtest?.wape !== undefined) {
    const stores_ = n("%(count)s store", "%(count)s stores", { count: backtest.stores });
    return el("dl.tiles", {}, tile(t("Backtest of %(stores)s", { stores: stores_ }), backtest));
  }
  return state({
    title: t("Nothing can be judged yet"),
    text: t("A forecast is judged when the sales of its days have come. Look again in a few days."),
  });
}

function lagTile(days, lag, naive) {
  return tile(n("%(count)s day before", "%(count)s days before", { count: days }), lag, naive);
}

function tile(name, lag, naive = null) {
  const better = naive?.wape ? 1 - lag.wape / naive.wape : null;
  const comparison = better === null
    ? null
    : el(
        `dd.${better >= 0 ? "better" : "worse"}`,
        {},
        better >= 0
          ? t("%(share)s less than naive (%(naive)s)", { share: percent(better), naive: percent(naive.wape, 1) })
          : t("%(share)s more than naive (%(naive)s)", { share: percent(-better), naive: percent(naive.wape, 1) }),
      );
  return el(
    "div.tile",
    {},
    el("dt", {}, name),
    el("dd", {}, percent(lag.wape, 1)),
    el("dd", {}, tendency(lag.bias)),
    comparison,
    lag.coverage === null || lag.coverage === undefined
      ? null
      : el("dd", {}, t("%(share)s of the days were within the band", { share: percent(lag.coverage) })),
  );
}

function tendency(bias) {
  if (bias === null || bias === undefined) return "–";
  if (Math.abs(bias) < 0.005) return t("neither too high nor too low");
  return bias > 0
    ? t("%(share)s too high on the whole", { share: percent(bias, 1) })
    : t("%(share)s too low on the whole", { share: percent(-bias, 1) });
}

function stores(worst) {
  if (!worst.length) return el("p.muted.state", {}, t("No store can be judged yet."));
  const largest = Math.max(...worst.map(({ wape }) => wape), 0.01);
  return stacked(t("The 20 stores with the largest error"), [
    { name: t("Store"), isHead: true, cell: storeLink },
    { name: t("Region"), kind: "wide-only", cell: (store) => store.region },
    { name: t("Error"), kind: "num", cell: (store) => barred(store.wape, largest) },
    ...(worst.some((store) => store.naive_wape !== null)
      ? [{ name: t("Naive"), kind: "num.wide-only", cell: (store) => percent(store.naive_wape, 1) }]
      : []),
    { name: t("Tendency"), kind: "num", cell: (store) => change(store.bias) },
    { name: t("Days judged"), kind: "num.wide-only", cell: (store) => number(store.days) },
  ], worst, "");
}

function storeLink({ store_number: number_, store_name: name }) {
  const text = name ? `${number_} · ${name}` : String(number_);
  return el("a", { href: `/store/${encodeURIComponent(number_)}` }, text);
}

function barred(share, largest) {
  return el("span.barred", {}, el("meter", { value: share / largest, "aria-hidden": "true" }), el("span", {}, percent(share, 1)));
}

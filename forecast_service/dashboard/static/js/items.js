/** Items: what a store sells, with the sums of each item's forecast. */

import { get } from "./api.js";
import { t, units } from "./language.js";
import { el, failure, scroller, show, skeleton } from "./pieces.js";

const WEEK = 7;

function sum(points, count) {
  return points.slice(0, count).reduce((total, point) => total + point.Value, 0);
}

function row(store, { item, result }) {
  const points = result.Forecast.Predictions.p50 ?? [];
  const address = `/store/${encodeURIComponent(store)}/item/${encodeURIComponent(item)}`;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("a", { href: address }, item)),
    el("td.num.figure", {}, units(sum(points, WEEK))),
    el("td.num", {}, units(sum(points, points.length))),
  );
}

/** Shows the items of a store, a page at a time. */
export async function showItems(place, store) {
  if (place.childElementCount) return;
  const query = new URLSearchParams({ store_number: store, limit: 100 });
  show(place, skeleton(4));
  try {
    const answer = await get(`/forecast?${query}`);
    const body = el("tbody", {}, ...answer.items.map((item) => row(store, item)));
    const heads = [["th", t("Item")], ["th.num", t("Next 7 days")], ["th.num", t("All days of the forecast")]];
    const table = el("table", {}, el("caption.unseen", {}, t("Items with their expected demand, in units sold")), el("thead", {}, el("tr", {}, ...heads.map(([tag, name]) => el(tag, { scope: "col" }, name)))), body);
    show(place, scroller(t("Items with their expected demand, in units sold"), table), more(store, answer.next, body));
  } catch (problem) {
    show(place, failure(problem, () => { place.replaceChildren(); showItems(place, store); }));
  }
}

function more(store, next, body) {
  if (!next) return null;
  const button = el("button", { type: "button", click: async () => {
    const answer = await get(next);
    body.append(...answer.items.map((item) => row(store, item)));
    if (answer.next) next = answer.next;
    else button.remove();
  } }, t("Show more"));
  return button;
}

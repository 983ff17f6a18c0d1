/** Items: what a store sells, with the expected demand of each item. */

import { get } from "./api.js";
import { change, t, units } from "./language.js";
import { chip, el, failure, scroller, show, skeleton } from "./pieces.js";

function row(store, item) {
  const address = `/store/${encodeURIComponent(store)}/item/${encodeURIComponent(item.item)}`;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("a", { href: address }, item.item), " ", item.state === "dormant" ? chip(t("No sales for eight weeks")) : null),
    el("td.num.figure", {}, units(item.next_7_days)),
    el("td.num.muted.wide-only", {}, item.low === null ? "–" : `${units(item.low)} – ${units(item.high)}`),
    el("td.num", {}, units(item.last_7_days)),
    el("td.num", {}, change(item.change)),
  );
}

/** Shows the items of a store, a page at a time. */
export async function showItems(place, store) {
  if (place.childElementCount) return;
  show(place, skeleton(4));
  try {
    const answer = await get(`/stores/${encodeURIComponent(store)}/items`);
    const body = el("tbody", {}, ...answer.items.map((item) => row(store, item)));
    show(place, scroller(t("Items"), table(body)), more(store, answer.next, body));
  } catch (problem) {
    const again = () => {
      place.replaceChildren();
      showItems(place, store);
    };
    show(place, failure(problem, again));
  }
}

function table(body) {
  const heads = [
    ["th", t("Item")],
    ["th.num", t("Next 7 days")],
    ["th.num.wide-only", t("Likely range")],
    ["th.num", t("Last 7 days")],
    ["th.num", t("Against last week")],
  ];
  return el(
    "table",
    {},
    el("caption.unseen", {}, t("Items with their expected demand, in units sold")),
    el("thead", {}, el("tr", {}, ...heads.map(([tag, name]) => el(tag, { scope: "col" }, name)))),
    body,
  );
}

function more(store, next, body) {
  if (!next) return null;
  const button = el("button", { type: "button" }, t("Show more"));
  button.addEventListener("click", async () => {
    const answer = await get(next);
    body.append(...answer.items.map((item) => row(store, item)));
    next = answer.next;
    if (!next) button.remove();
  });
  return button;
}

/** What-if: other promotions, prices and openings on coming days, in the table of the days. */

import { post } from "./api.js";
import { moved } from "./explanations.js";
import { difference, inWords, shortDay, spoken, t, units } from "./language.js";
import { el, scroller, show, toast } from "./pieces.js";

const PATIENCE = 250; // milliseconds after the last change
const SMALL = 0.005; // share of a day below which it counts as the same

/** A what-if over the days of one outlook. */
class WhatIf {
  constructor(page, button) {
    this.page = page;
    this.button = button;
    this.values = new Map(); // "covariate|day" -> value
    this.bar = el("div.what-if-bar");
  }

  start() {
    this.button.disabled = true;
    this.place = el("section.card.flush.what-if", { "aria-label": t("What if") }, this.bar, scroller(t("What if"), this.table()));
    const picture = document.querySelector(".picture");
    picture.after(this.place);
    this.showTotal(null);
    picture.scrollIntoView({ block: "start" });
    this.place.querySelector("input, select")?.focus({ preventScroll: true });
  }

  stop() {
    this.cancel?.abort();
    this.place.remove();
    this.page.picture.suppose(null);
    this.button.disabled = false;
    this.button.focus();
  }

  table() {
    const { plan, forecast } = this.page.outlook;
    const head = [t("Day"), ...plan.map((covariate) => labelOf(covariate)), t("Expected"), t("What if"), t("Difference")];
    const body = forecast.date.map((day, i) =>
      el(
        "tr",
        { "data-day": day },
        el("th", { scope: "row" }, shortDay(day)),
        ...plan.map((covariate) => el("td", {}, this.field(covariate, day, i))),
        el("td.num", {}, units(forecast.p50[i])),
        el("td.num.figure", { "data-result": "what-if" }, "–"),
        el("td.num", { "data-result": "difference" }, "–"),
      ),
    );
    return el(
      "table",
      { id: "what-if" },
      el("caption.unseen", {}, t("Other plans for coming days and what they would change, in units sold")),
      el("thead", {}, el("tr", {}, ...head.map((name, i) => el(i > plan.length ? "th.num" : "th", { scope: "col" }, name)))),
      el("tbody", {}, ...body),
    );
  }

  /** The field for one covariate on one day. */
  field(covariate, day, i) {
    const original = covariate.values[i];
    const label = `${labelOf(covariate)}, ${shortDay(day)}`;
    const changed = (value) => this.change(covariate, day, original, value);
    if (covariate.kind === "flag") {
      const box = el("input", { type: "checkbox", checked: Number(original) === 1, "aria-label": label, change: () => changed(box.checked ? 1 : 0) });
      return box;
    }
    if (covariate.kind === "text") {
      const options = (covariate.allowed ?? [original]).map((value) => el("option", { value, selected: value === original }, String(value)));
      const select = el("select", { "aria-label": label, change: () => changed(select.value) }, ...options);
      return select;
    }
    const input = el("input.small-number", { type: "number", step: "any", value: original, "aria-label": label, change: () => changed(input.value === "" ? original : Number(input.value)) });
    return input;
  }

  change(covariate, day, original, value) {
    const key = `${covariate.covariate}|${day}`;
    if (value === original) this.values.delete(key);
    else this.values.set(key, value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PATIENCE);
  }

  /** The changes as the API takes them: neighbouring days with the same value are one change. */
  changes() {
    const changes = [];
    for (const { covariate } of this.page.outlook.plan) {
      let open = null;
      for (const day of this.page.outlook.forecast.date) {
        const value = this.values.get(`${covariate}|${day}`);
        if (value === undefined) open = null;
        else if (open?.value === value) open.to = day;
        else changes.push((open = { covariate, value, from: day, to: day }));
      }
    }
    return changes;
  }

  body() {
    const { store, item } = this.page.series;
    return { store_number: store, ...(item ? { item } : {}), changes: this.changes() };
  }

  async ask() {
    this.cancel?.abort();
    if (!this.values.size) return this.showResult(null);
    this.cancel = new AbortController();
    this.bar.setAttribute("aria-busy", "true");
    try {
      this.showResult(await post("/what-if", this.body(), { signal: this.cancel.signal }));
    } catch (problem) {
      if (problem.name !== "AbortError") show(this.bar, el("p.bad-text", { role: "alert" }, problem.message), this.actions());
    }
  }

  showResult(answer) {
    const [result, baseline] = ["result", "baseline"].map((name) =>
      Object.fromEntries((answer?.[name].Forecast.Predictions.p50 ?? []).map((point) => [point.Timestamp.slice(0, 10), point.Value])),
    );
    for (const row of this.place.querySelectorAll("tr[data-day]")) {
      const [before, after] = [baseline[row.dataset.day], result[row.dataset.day]];
      const [value, moves] = row.querySelectorAll("[data-result]");
      value.textContent = answer ? units(after) : "–";
      moves.textContent = answer ? movedDay(before, after) : "–";
      row.classList.toggle("moved", Math.abs(after - before) >= before * SMALL && after !== before);
    }
    this.page.picture.suppose(answer ? result : null);
    this.showTotal(answer);
  }

  showTotal(answer) {
    this.bar.removeAttribute("aria-busy");
    const words = answer
      ? [el("strong.figure", {}, moved(answer.total.baseline, answer.total.what_if)), " ", t("units over all days"), ...answer.notes.map((note) => el("small.muted.block", spoken(note), inWords(note)))]
      : [el("strong", {}, t("What if …")), " ", t("Change the plan of some days. Nothing is stored unless you save it.")];
    show(this.bar, el("p", { "aria-live": "polite" }, ...words), this.actions(answer));
  }

  actions(answer) {
    const maySave = this.page.caller?.scopes.includes("train");
    const save = el("button.primary", { type: "button", click: () => this.save(answer) }, t("Save as a scenario …"));
    return el("div.actions", {}, answer && maySave ? save : null, el("button", { type: "button", click: () => this.stop() }, t("Close")));
  }

  /** Asks for a name, and keeps the what-if for colleagues. */
  save(answer) {
    const name = el("input", { name: "name", required: true, maxlength: 100 });
    const note = el("input", { name: "note", maxlength: 500 });
    const refusal = el("p.bad-text", { role: "alert" });
    const form = el(
      "form.stack",
      { method: "dialog" },
      el("h2", {}, t("Save as a scenario")),
      el("p.muted", {}, t("Colleagues who may see this store can open it for 30 days. The forecast itself stays as it is.")),
      el("p.figure", {}, moved(answer.total.baseline, answer.total.what_if)),
      el("label", {}, t("Name"), name),
      el("label", {}, t("Note (optional)"), note),
      refusal,
      el("div.actions", {}, el("button.primary", {}, t("Save")), el("button", { type: "button", click: () => dialog.close() }, t("Cancel"))),
    );
    const dialog = el("dialog", { "aria-label": t("Save as a scenario"), close: () => dialog.remove() }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const body = { ...this.body(), name: name.value, ...(note.value ? { note: note.value } : {}) };
        const scenario = await post("/scenarios", body);
        dialog.close();
        this.saved(scenario);
      } catch (problem) {
        refusal.textContent = problem.message;
      }
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  saved(scenario) {
    const address = `/scenario/${encodeURIComponent(scenario.id)}`;
    show(this.bar, el("p", {}, t("Saved."), " ", el("a", { href: address, id: "saved" }, scenario.name)), this.actions());
    toast(t("Saved. The link can be sent to colleagues."));
  }
}

/** How a day moved; less than half a per cent is not worth a look. */
export function movedDay(before, after) {
  if (units(before) === units(after)) return "–";
  const isSmall = Math.abs(after - before) < before * SMALL;
  return isSmall ? difference(Math.round(after) - Math.round(before)) : moved(before, after);
}

const LABELS = [
  [/^promo/i, () => t("Promotion")],
  [/^open$/i, () => t("Open")],
  [/^price$/i, () => t("Price")],
  [/school/i, () => t("School holiday")],
  [/^state_?holiday/i, () => t("Holiday")],
];

/** The name of a covariate in the table. */
export function labelOf({ covariate, label }) {
  const known = LABELS.find(([pattern]) => pattern.test(covariate));
  return known ? known[1]() : (label ?? covariate);
}

/** Opens a table with fields below the picture. */
export function startWhatIf(page, button) {
  new WhatIf(page, button).start();
}

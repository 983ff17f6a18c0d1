/** Update: asks for a newer forecast, follows the run, and says what changed. */

import { get, post, remove } from "./api.js";
import { moved, partName } from "./explanations.js";
import { follow } from "./following.js";
import { ago, change, difference, duration, inWords, list, n, percent, shortDay, t, units, week } from "./language.js";
import { announce, el, show, toast } from "./pieces.js";
import { isOpenRun } from "./runs.js";

const BIG = 0.02; // a day that moved by less is not named

/**
 * Asks for an update of the forecast of a series.
 * @param {{store: string, item: string | null}} series
 * @param {object | null} outlook what the page shows now
 * @param {HTMLElement} place where the news are shown
 * @param {HTMLButtonElement} button is off meanwhile
 * @returns {Promise<boolean>} whether there is a newer forecast
 */
export async function update(series, outlook, place, button) {
  button.disabled = true;
  try {
    const decision = await post("/training", { store_number: series.store });
    if (!decision.run) {
      tell(place, "good", t("The forecast is up to date."), upToDate(decision));
      return false;
    }
    const run = await watch(decision, place);
    return await ended(run, series, outlook, place);
  } catch (problem) {
    tell(place, "bad", t("The update did not work."), problem.message);
    return false;
  } finally {
    button.disabled = false;
  }
}

function tell(place, kind, title, text, ...more) {
  show(place, el(`div.notice.${kind}`, {}, el("strong", {}, title), " ", text ?? "", ...more));
}

function inDays(count) {
  return duration(count * 86_400);
}

/** Why nothing had to be done. */
function upToDate(decision) {
  return t("The model was trained %(ago)s; up to %(tolerance)s is recent enough, and no newer sales have come.", {
    ago: ago(decision.trained_at),
    tolerance: n("%(count)s day", "%(count)s days", { count: decision.tolerance_days }),
  });
}

const REASONS = {
  forced: () => t("Somebody asked for a training whatever the age of the model."),
  no_predictor: () => t("There was no usable model yet."),
  unknown_store: () => t("The model did not know this store yet."),
  age: (d) => t("The model is %(age)s old, more than the %(tolerance)s that are recent enough.", { age: inDays(d.age_days), tolerance: inDays(d.tolerance_days) }),
  new_sales: (d) => n("%(count)s new day of sales has come.", "%(count)s new days of sales have come.", { count: d.newer_days_of_sales ?? 0 }),
  forecast_outdated: () => t("New sales have come; the model is recent enough, so only the forecast is made anew."),
};

const STATES = {
  waiting: () => t("Waiting for its turn"),
  training: () => t("Training the model"),
  forecasting: () => t("Making the forecast"),
};

/** Shows the progress of a run until it has ended. */
function watch(decision, place) {
  const { id } = decision.run;
  const bar = el("progress", { max: 1, "aria-label": t("Progress of the update") });
  const words = el("span", {});
  const cancel = el("button", { type: "button", click: () => stop(id) }, t("Cancel"));
  const title = decision.joined ? t("An update is already under way; you see its progress.") : t("The forecast is being updated.");
  tell(place, "info", title, REASONS[decision.rule]?.(decision), el("div.running", {}, bar, el("p.card-head", {}, words, cancel)));
  announce(title);
  return follow(`/training/${id}`, isOpenRun, (run) => {
    if (run.progress !== null) bar.value = run.progress;
    words.textContent = progressWords(run);
  });
}

function progressWords(run) {
  const left = run.expected_at ? (new Date(run.expected_at) - Date.now()) / 1000 : 0;
  return [
    STATES[run.state]?.(),
    run.progress ? percent(run.progress) : null,
    left > 1 ? t("about %(time)s left", { time: duration(left) }) : null,
  ].filter(Boolean).join(" · ");
}

async function stop(id) {
  try {
    await remove(`/training/${id}`);
  } catch (problem) {
    toast(problem.message);
  }
}

async function ended(run, series, before, place) {
  if (run.state === "cancelled") {
    tell(place, "info", t("The update was cancelled."), t("The page still shows the forecast from before."));
    return false;
  }
  if (run.state === "failed") {
    tell(place, "bad", t("The update failed."), inWords(run.error));
    return false;
  }
  if (!before) {
    tell(place, "good", t("The forecast is new."));
    return true;
  }
  const query = series.item ? `?item=${encodeURIComponent(series.item)}` : "";
  const after = await get(`/stores/${encodeURIComponent(series.store)}/outlook${query}`);
  tell(place, "good", t("The forecast is new."), whatChanged(before, after), await why(series, before, after));
  return true;
}

/** The sum over the days that both forecasts have, and the days that moved most. */
function whatChanged(before, after) {
  const old = new Map(before.forecast.date.map((day, i) => [day, before.forecast.p50[i]]));
  const rows = after.forecast.date
    .map((day, i) => ({ day, before: old.get(day), after: after.forecast.p50[i] }))
    .filter((row) => row.before !== undefined);
  if (!rows.length) return t("It is about other days than the one before.");
  const [sumBefore, sumAfter] = ["before", "after"].map((name) => rows.reduce((sum, row) => sum + row[name], 0));
  const big = rows
    .filter((row) => row.before && Math.abs(row.after / row.before - 1) >= BIG)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
    .slice(0, 3);
  const total = t("%(days)s: %(moved)s in total.", { days: week(rows[0].day, rows.at(-1).day), moved: moved(sumBefore, sumAfter) });
  if (!big.length) return `${total} ${t("No day moved by more than 2 %.")}`;
  const named = big.map((row) => `${shortDay(row.day)} ${change(row.after / row.before - 1)}`);
  return `${total} ${t("Most: %(days)s.", { days: list(named) })}`;
}

function between({ from, to }) {
  return from === to ? shortDay(from) : week(from, to);
}

/** @type {Record<string, (reason: Record<string, any>) => string>} */
const CHANGES = {
  same: () => t("It says the same for every day."),
  closed: (r) => t("Now closed: %(days)s (%(units)s in all).", { days: between(r), units: units(r.units) }),
  opened: (r) => t("Now open: %(days)s (%(units)s in all).", { days: between(r), units: units(r.units) }),
  promotion_added: (r) => t("The promotion was added, %(days)s: %(units)s a day.", { days: between(r), units: difference(r.units) }),
  promotion_removed: (r) => t("The promotion was removed, %(days)s: %(units)s a day.", { days: between(r), units: difference(r.units) }),
  level_changed: (r) => t("The level moved: %(units)s a day (%(share)s).", { units: difference(r.units), share: change(r.share) }),
  part_changed: (r) => t("%(part)s moved: %(units)s a day (%(share)s).", { part: partName(r.part), units: difference(r.units), share: change(r.share) }),
  newer_sales: (r) =>
    r.share === null
      ? t("It knows the sales of %(days)s.", { days: between(r) })
      : t("It knows the sales of %(days)s: %(share)s against what was forecast then.", { days: between(r), share: change(r.share) }),
  other_predictor: () => t("A newly trained model made it."),
};

/** The reasons for the difference, if the service can name some. */
async function why(series, before, after) {
  const [old, current] = [before, after].map((outlook) => outlook.provenance.forecast.split("forecast/").at(-1));
  try {
    const query = new URLSearchParams({ store_number: series.store, against: old, ...(series.item ? { item: series.item } : {}) });
    const { reasons } = await get(`/forecasts/${encodeURIComponent(current)}?${query}`);
    return el("ul.reasons", {}, ...(reasons ?? []).slice(0, 3).map((reason) => el("li", {}, CHANGES[reason.code]?.(reason) ?? reason.text)));
  } catch {
    return null; // the difference itself has been said
  }
}

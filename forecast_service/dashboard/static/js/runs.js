/** Training runs: their states in words, and what they did. */

import { change, date, days, difference, list, percent, t } from "./language.js";
import { chip } from "./pieces.js";

const MOST_STORES = 3;
const OPEN = ["waiting", "training", "forecasting"];
const KINDS = { serving: "good", failed: "bad", cancelled: "warn" };

/** Whether a run has not ended. */
export function isOpenRun(run) {
  return OPEN.includes(run.state);
}

/** The state of a run as a small coloured word. */
export function runChip(run) {
  const words = {
    waiting: t("Waiting"),
    training: t("Training"),
    forecasting: t("Forecasting"),
    serving: t("Done"),
    failed: t("Failed"),
    cancelled: t("Cancelled"),
  };
  const share = isOpenRun(run) && run.progress ? ` ${percent(run.progress)}` : "";
  return chip((words[run.state] ?? run.state) + share, KINDS[run.state] ?? "info");
}

/** What a run is for. */
export function runName(run) {
  return run.trains ? t("Training and forecast") : t("New forecast");
}

/** What a run's forecast changed, in one line; `changes` are those of one run of the API. */
export function changesText(changes) {
  if (!changes) return t("There was no forecast before to compare with.");
  const total = t("%(days)s: %(units)s units (%(share)s)", {
    days: days(changes.from, changes.to),
    units: difference(changes.total.units),
    share: change(changes.total.share),
  });
  const moved = changes.stores
    .filter(({ units }) => units)
    .slice(0, MOST_STORES)
    .map(({ store_number: store, share, units }) =>
      t("store %(store)s %(change)s", { store, change: share === null ? difference(units) : change(share) }),
    );
  return moved.length ? `${total}. ${t("Moved most: %(stores)s", { stores: list(moved) })}` : total;
}

/** Why a run was asked for, and what it knew, in one line. */
export function runSummary(run) {
  const reasons = {
    no_predictor: t("There was no fitting model yet."),
    age: t("The model was older than the tolerance."),
    new_sales: t("There were new sales."),
    forecast_outdated: t("There were new sales."),
    forced: t("Asked for regardless of the age of the model."),
  };
  const until = run.data_until ? t("Sales until %(day)s.", { day: date(run.data_until) }) : null;
  return [reasons[run.reason], until].filter(Boolean).join(" ") || run.detail;
}

/** Training runs: their states in words, and what they did. */

import { date, change, list, percent, t } from "./language.js";
import { chip } from "./pieces.js";

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

/** What a run changed, or why it was asked for, in one line. */
export function runSummary(run) {
  const moved = (run.changes?.stores ?? run.changes ?? []).slice?.(0, 3) ?? [];
  if (moved.length) {
    const each = ({ store_number: store, change: share }) =>
      t("store %(store)s %(change)s", { store, change: change(share) });
    return t("Moved most: %(stores)s", { stores: list(moved.map(each)) });
  }
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

/** Page "Status": ready or not and why, queue, workers, disk, database, forecast, accuracy. */

import { get } from "./api.js";
import { caller } from "./frame.js";
import { ago, date, inWords, n, number, percent, spoken, t, time } from "./language.js";
import { byId, el, failure, finished, show, skeleton, tile } from "./pieces.js";
import { weeksChart } from "./weeks_chart.js";

const GIGABYTE = 1024 ** 3;
const MEGABYTE = 1024 ** 2;
const LATE_SECONDS = 120; // due work that waits longer finds no worker
const LITTLE_SPACE = 0.1; // share of the disk

byId("again").addEventListener("click", look);
caller.then(look);

function look() {
  show(byId("tiles"), skeleton(2));
  Promise.all([lookAtSystem(), lookAtAccuracy()]).then(finished);
}

async function lookAtSystem() {
  try {
    const system = await get("/system");
    show(byId("verdict"), verdict(system));
    show(byId("tiles"), tiles(system));
    show(byId("facts"), facts(system));
  } catch (problem) {
    show(byId("verdict"));
    show(byId("tiles"), failure(problem, look));
    show(byId("facts"), "–");
  }
}

async function lookAtAccuracy() {
  const place = byId("weeks");
  show(place, skeleton(3));
  try {
    const { weeks } = await get("/accuracy?weeks=12");
    weeksChart(place, weeks);
  } catch (problem) {
    show(place, failure(problem));
  }
}

/** What is wrong, worst first, in sentences. */
function findings(system) {
  const { queue, workers, forecast, disk } = system;
  const texts = system.problems.map((text) => el("span", spoken(text), inWords(text)));
  if (!workers.alive) {
    const since = workers.seen_at ? t("The last one was seen %(when)s.", { when: ago(workers.seen_at) }) : "";
    texts.push(`${t("No worker runs: imports and trainings wait.")} ${since}`);
  } else if (isLate(queue)) {
    texts.push(t("Work has been waiting for %(when)s: the workers cannot keep up.", { when: time(queue.oldest_due_at) }));
  }
  if (!forecast) texts.push(t("No forecast is served yet."));
  else if (forecast.stale) texts.push(el("span", spoken(forecast.stale), `${inWords(forecast.stale)}.`));
  if (disk.free_bytes / disk.total_bytes < LITTLE_SPACE) texts.push(t("The disk is nearly full."));
  if (queue.last_error) texts.push(el("span", spoken(queue.last_error), inWords(queue.last_error)));
  return texts;
}

function isLate({ oldest_due_at: since }) {
  return since !== null && (Date.now() - new Date(since)) / 1000 > LATE_SECONDS;
}

function verdict(system) {
  const found = findings(system);
  if (!found.length) {
    return el("p.notice.good", { role: "status" }, el("strong", {}, t("Everything works.")));
  }
  const isBad = system.status !== "ready" || !system.workers.alive;
  return el(
    `div.notice${isBad ? ".bad" : ""}`,
    { role: "status" },
    el("strong", {}, n("%(count)s thing to look at", "%(count)s things to look at", { count: found.length })),
    el("ul.issues", {}, ...found.map((text) => el("li", {}, text))),
  );
}

function tiles({ queue, workers, forecast, disk }) {
  const work = queue.under_way || queue.waiting
    ? t("%(going)s going on, %(waiting)s waiting", { going: number(queue.under_way), waiting: number(queue.waiting) })
    : t("nothing to do");
  return el(
    "dl.tiles",
    {},
    tile(t("Forecast"), forecast ? ago(forecast.created_at) : "–", forecast ? t("sales until %(day)s", { day: date(forecast.data_until) }) : t("none yet")),
    tile(t("Workers"), number(workers.alive), workers.seen_at ? t("seen %(when)s", { when: ago(workers.seen_at) }) : t("never seen")),
    tile(t("Queue"), number(queue.under_way + queue.waiting), work),
    tile(t("Disk"), t("%(share)s used", { share: percent(1 - disk.free_bytes / disk.total_bytes) }), t("free: %(size)s", { size: gigabytes(disk.free_bytes) })),
  );
}

function facts({ database, forecast, ...system }) {
  const kinds = { sqlite: "SQLite", postgresql: "PostgreSQL" };
  const backends = { local: t("own models"), amazon: "Amazon Forecast" };
  const rows = [
    [t("Version"), system.version],
    ["Python", system.python],
    [t("Computed by"), backends[system.backend] ?? system.backend],
    [t("Database"), kinds[database.kind] ?? database.kind],
    [t("Version of the tables"), database.revision],
    [t("Size of the database"), database.bytes === null ? "–" : megabytes(database.bytes)],
    [t("Size of the disk"), gigabytes(system.disk.total_bytes)],
    [t("Algorithm"), forecast?.algorithm ?? "–"],
    [t("Model trained"), time(forecast?.trained_at)],
    [t("Forecast made"), time(forecast?.created_at)],
  ];
  return el("dl.sheet", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value ?? "–")]));
}

function gigabytes(bytes) {
  return `${number(bytes / GIGABYTE, bytes < 100 * GIGABYTE ? 1 : 0)} GB`;
}

function megabytes(bytes) {
  return `${number(bytes / MEGABYTE, 1)} MB`;
}

/** Page "Runs and imports": what was done, by whom, how long it took, and what goes on now. */

import { get, pause, Problem, remove } from "./api.js";
import { confirmed } from "./dialog.js";
import { untilVisible } from "./following.js";
import { caller } from "./frame.js";
import { fileNames, importChip, importSummary, isOpenImport, undo, undoable } from "./imports.js";
import { ago, duration, inWords, n, t, time } from "./language.js";
import { announce, byId, el, failure, finished, show, skeleton, state, toast } from "./pieces.js";
import { changesText, isOpenRun, runChip, runName, runSummary } from "./runs.js";
import { stacked } from "./stacked.js";

const PAGE = 25;
const MOST = 1000;
const LIVE_SECONDS = 2;

const shown = new URLSearchParams(location.search).get("show") ?? "";
let limit = PAGE;
let rights = { scopes: [], name: "" };
let states = new Map(); // id -> state, to say what has ended
const changes = new Map(); // id of a run -> what its forecast changed
let fresh = 0; // the newest reading; an older one is dropped

for (const link of document.querySelectorAll("[data-show]")) {
  if (link.dataset.show === shown) link.setAttribute("aria-current", "page");
}
show(byId("activities"), skeleton(6));
caller.then((found) => {
  rights = found ?? rights;
  live();
});

/** Reads and shows, again and again while something goes on. */
async function live() {
  const mine = ++fresh;
  for (;;) {
    let activities;
    try {
      activities = await read();
    } catch (problem) {
      if (mine === fresh) show(byId("activities"), failure(problem, live));
      finished();
      return;
    }
    if (mine !== fresh) return;
    draw(activities);
    finished();
    if (!activities.some((each) => each.isOpen)) return;
    await pause(LIVE_SECONDS * 1000);
    await untilVisible();
  }
}

async function read() {
  const [runs, imports] = await Promise.all([
    shown === "imports" ? [] : get(`/training?limit=${limit}`).then((answer) => answer.runs),
    shown === "runs" ? [] : get(`/imports?limit=${limit}`).then((answer) => answer.imports),
  ]);
  const newest = undoable(imports);
  return [
    ...runs.map((run) => ({ kind: "run", thing: run, isOpen: isOpenRun(run) })),
    ...imports.map((each) => ({
      kind: "import",
      thing: each,
      isOpen: isOpenImport(each),
      isUndoable: each === newest,
    })),
  ].sort((one, other) => other.thing.requested_at.localeCompare(one.thing.requested_at));
}

function draw(activities) {
  sayWhatEnded(activities);
  const page = activities.slice(0, limit);
  if (!page.length) {
    show(byId("activities"), nothing());
    return;
  }
  const focused = document.activeElement?.dataset?.of;
  const opened = new Set([...document.querySelectorAll("details[open]")].map((each) => each.dataset.of));
  show(byId("activities"), stacked(t("Runs and imports"), columns(), page));
  for (const each of document.querySelectorAll("details[data-of]")) each.open = opened.has(each.dataset.of);
  if (focused) document.querySelector(`[data-of="${focused}"]`)?.focus();
  const hasMore = activities.length > limit || activities.length === limit;
  const more = el("button", { type: "button", click: () => { limit = Math.min(limit * 4, MOST); live(); } }, t("Show more"));
  show(byId("more"), hasMore && limit < MOST ? more : "");
}

function nothing() {
  return state({
    title: t("Nothing has happened yet"),
    text: t("Imports of sales and runs that make forecasts will be listed here."),
    actions: rights.scopes.includes("import")
      ? [el("a.button.primary", { href: "/upload" }, t("Import sales"))]
      : [],
  });
}

function columns() {
  return [
    { name: t("When"), cell: ({ thing }) => el("span", { title: time(thing.requested_at) }, ago(thing.requested_at)) },
    { name: t("What"), kind: "name", isHead: true, cell: what },
    { name: t("State"), cell: stateOf },
    { name: t("Who"), cell: ({ thing }) => who(thing.requested_by) },
    { name: t("How long"), kind: "num", cell: howLong },
    { name: t("What changed"), kind: "clamped", cell: whatChanged },
    { name: "", kind: "num", cell: actions },
  ];
}

/** Who asked for it; names that the service gives by itself are translated. */
function who(name) {
  return { "command line": t("command line"), local: t("without a log-in") }[name] ?? name ?? "–";
}

function what({ kind, thing }) {
  if (kind === "run") return runName(thing);
  return el("span", {}, t("Import"), el("small.muted.below", {}, fileNames(thing)));
}

function stateOf({ kind, thing, isOpen }) {
  const chip = kind === "run" ? runChip(thing) : importChip(thing.state);
  if (!isOpen) return chip;
  const label = kind === "run" ? runName(thing) : t("Import");
  const ends = thing.expected_at && new Date(thing.expected_at) > new Date()
    ? el("small.muted", {}, t("done %(when)s", { when: ago(thing.expected_at) }))
    : null;
  return el("span.going", {}, chip, el("progress", { max: 1, value: thing.progress ?? null, "aria-label": label }), ends);
}

function howLong({ thing, isOpen }) {
  const from = thing.started_at ?? thing.requested_at;
  const to = thing.finished_at ?? (isOpen ? new Date().toISOString() : null);
  return to ? duration((new Date(to) - new Date(from)) / 1000) : "–";
}

function whatChanged({ kind, thing }) {
  const { error } = thing;
  if (error) return details(thing, t("Why"), kind === "run" ? inWords(error) : new Problem(422, error).message);
  if (kind === "run") {
    const joined = thing.joined
      ? ` ${n("%(count)s more request joined.", "%(count)s more requests joined.", { count: thing.joined })}`
      : "";
    const summary = runSummary(thing) + joined;
    return thing.state === "serving" ? el("span", {}, summary, moved(thing)) : summary;
  }
  return importSummary(thing.report) ?? "–";
}

/** What the forecast of a run changed; it is read when somebody wants to know. */
function moved(run) {
  const place = el("p", {}, "…");
  const look = async (event) => {
    if (!event.target.open) return;
    try {
      if (!changes.has(run.id)) changes.set(run.id, (await get(`/training/${run.id}`)).changes);
      show(place, changesText(changes.get(run.id)));
    } catch (problem) {
      show(place, problem.message);
    }
  };
  return el("details", { "data-of": run.id, toggle: look }, el("summary", {}, t("What moved")), place);
}

function details(thing, title, text) {
  return el("details", { "data-of": thing.id }, el("summary", {}, title), el("p", {}, text));
}

function actions(activity) {
  const { kind, thing, isOpen, isUndoable } = activity;
  if (kind === "run" && isOpen && mayCancel(thing)) {
    return el("button", { type: "button", "data-of": `cancel-${thing.id}`, click: () => cancel(thing) }, t("Cancel"));
  }
  if (isUndoable && rights.scopes.includes("import")) {
    return el("button", { type: "button", "data-of": `undo-${thing.id}`, click: () => takeBack(thing) }, t("Take it back"));
  }
  return null;
}

/** Who asked for a run may cancel it, and so may an administrator. */
function mayCancel(run) {
  const isOwn = !run.requested_by || run.requested_by === rights.name;
  return rights.scopes.includes("admin") || (isOwn && rights.scopes.includes("train"));
}

async function cancel(run) {
  const isMeant = await confirmed({
    title: t("Cancel this run?"),
    content: [el("p", {}, t("The forecast stays as it is. Those who wait for this run get no new one."))],
    action: t("Cancel the run"),
    danger: true,
  });
  if (!isMeant) return;
  try {
    await remove(`/training/${run.id}`);
  } catch (problem) {
    toast(problem.message);
  }
  live();
}

async function takeBack(delivery) {
  try {
    await undo(delivery);
  } catch (problem) {
    toast(problem.message);
  }
  live();
}

/** Says aloud what has ended since the last reading. */
function sayWhatEnded(activities) {
  for (const { kind, thing, isOpen } of activities) {
    if (states.get(thing.id) && !isOpen) {
      announce(kind === "run" ? t("A run has ended.") : t("An import has ended."));
    }
  }
  states = new Map(activities.map(({ thing, isOpen }) => [thing.id, isOpen]));
}

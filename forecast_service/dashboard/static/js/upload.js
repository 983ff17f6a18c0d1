/** Page "New sales": files are chosen, checked, confirmed, imported, and taken back. */

import { call, get, pause, post, Problem } from "./api.js";
import { reportParts } from "./delivery_report.js";
import { follow } from "./following.js";
import { caller } from "./frame.js";
import { fileNames, importChip, importSummary, isOpenImport, undo, undoable } from "./imports.js";
import { ago, inWords, number, t, time } from "./language.js";
import { announce, byId, el, failure, finished, show, state } from "./pieces.js";
import { refusalParts } from "./refusal.js";
import { isOpenRun } from "./runs.js";
import { stacked } from "./stacked.js";

const ROLES = ["sales", "future", "features", "stores"];
const GUESSES = [
  ["stores", /store|shop|filial|laden|magasin|tienda|sklep/i],
  ["future", /future|plan|coming|zukunft|kommend|test/i],
  ["features", /feature|covariate|merkmal|kalender|calendar/i],
];
const MEGABYTE = 1024 * 1024;
const BUSY_SECONDS = 2;

let files = []; // {file, role}
let upload = null; // id of the files at the service
let options = {};
let isFirst = false;
let working = new AbortController();

caller.then((found) => {
  if (found && !found.scopes.includes("import")) {
    show(byId("main"), denied());
    finished();
    return;
  }
  byId("work").hidden = false;
  begin().then(finished);
});

function denied() {
  return state({
    title: t("You may look, but not import"),
    text: t("Your account has no right to import sales. An administrator can change this."),
    actions: [el("a.button", { href: "/" }, t("To the overview"))],
    kind: "denied",
  });
}

async function begin() {
  const input = byId("files");
  const drop = byId("drop");
  input.addEventListener("change", () => {
    choose([...input.files]);
    input.value = ""; // the same file may be chosen again after a correction
  });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    choose([...event.dataTransfer.files]);
  });
  byId("choice").addEventListener("submit", (event) => event.preventDefault());
  await showDeliveries();
}

/* The files */

function choose(added) {
  if (!added.length) return;
  const taken = new Set();
  files = added.map((file) => {
    const guess = GUESSES.find(([role, words]) => words.test(file.name) && !taken.has(role));
    const role = guess?.[0] ?? (taken.has("sales") ? "future" : "sales");
    taken.add(role);
    return { file, role };
  });
  if (files.length === 1 && files[0].role === "stores") files[0].role = "sales";
  upload = null;
  options = isFirst ? { mode: "FULL" } : { mode: "INCREMENTAL" };
  showChosen();
  check();
}

function showChosen() {
  const rows = files.map((each, place) =>
    el(
      "li",
      {},
      el("span.name", {}, each.file.name, " ", el("small.muted", {}, size(each.file.size))),
      el(
        "select",
        {
          "aria-label": t("What %(name)s holds", { name: each.file.name }),
          change: (event) => {
            files[place].role = event.target.value;
            upload = null;
            check();
          },
        },
        ...ROLES.map((role) => el("option", { value: role, selected: role === each.role }, roleName(role))),
      ),
    ),
  );
  byId("work").classList.add("chosen");
  show(byId("chosen"), el("ul.files", {}, ...rows), isFirst ? null : modes());
}

function roleName(role) {
  return {
    sales: t("Sales"),
    future: t("Coming days"),
    features: t("Further columns by day"),
    stores: t("Table of the stores"),
  }[role];
}

function size(bytes) {
  return bytes < MEGABYTE ? `${number(Math.ceil(bytes / 1024))} KB` : `${number(bytes / MEGABYTE, 1)} MB`;
}

function modes() {
  const mode = (value, label) =>
    el(
      "label.choice",
      {},
      el("input", {
        type: "radio",
        name: "mode",
        value,
        checked: options.mode === value,
        change: () => {
          options = { mode: value };
          check();
        },
      }),
      el("span", {}, label),
    );
  return el(
    "fieldset.modes",
    {},
    el("legend.unseen", {}, t("What shall happen with the sales that are there?")),
    mode("INCREMENTAL", t("Add new days, and correct those that are there")),
    mode("FULL", t("Replace all sales by these files")),
  );
}

/* The check */

async function check() {
  working.abort();
  working = new AbortController();
  const { signal } = working;
  const twice = ROLES.find((role) => files.filter((each) => each.role === role).length > 1);
  if (twice) {
    const text = t("Two files are marked as “%(role)s”. Choose what each of them holds, or import them one after the other.", { role: roleName(twice) });
    show(byId("outcome"), el("p.notice", { role: "alert" }, text));
    return;
  }
  try {
    if (!upload) {
      busy(t("Sending the files …"));
      upload = (await call("POST", "/uploads", { body: form(), signal })).id;
    }
    busy(t("Reading the files …"));
    const report = await checked(signal);
    showReport(report);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    showProblem(problem);
  }
}

function form() {
  const data = new FormData();
  for (const { file, role } of files) data.append(role, file, file.name);
  return data;
}

/** The report; while another check is under way at the service, it waits. */
async function checked(signal) {
  for (;;) {
    try {
      return await call("POST", address({ dry_run: "true" }), { signal });
    } catch (problem) {
      if (problem.status !== 503) throw problem;
      await pause(BUSY_SECONDS * 1000, signal);
    }
  }
}

function address(more = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ upload, ...options, ...more })) {
    for (const each of [value].flat()) query.append(name, each);
  }
  return `/imports?${query}`;
}

function busy(text) {
  show(
    byId("outcome"),
    el("div.card.busy", {}, el("p", {}, text), el("progress", { "aria-label": text })),
  );
  announce(text);
}

function showReport(report) {
  const go = el("button.primary", { type: "button", click: () => importNow(go) }, t("Import these sales"));
  const leave = el("button", { type: "button", click: leaveIt }, t("Do not import"));
  show(
    byId("outcome"),
    el(
      "div.verdict.good",
      { role: "status" },
      el("h2", {}, t("The files can be imported")),
      el("p", {}, t("Nothing was changed yet. Look through what was understood, then confirm.")),
      el("p.actions", {}, go, leave),
    ),
    ...reportParts(report, isFirst),
  );
  announce(t("The files can be imported"));
}

function forgetFiles() {
  files = [];
  show(byId("chosen"));
  byId("work").classList.remove("chosen");
}

async function leaveIt() {
  const id = upload;
  upload = null;
  forgetFiles();
  show(byId("outcome"));
  byId("files").focus();
  if (id) await call("DELETE", `/uploads/${id}`).catch(() => null);
}

/* A refusal */

function showProblem(problem) {
  if (problem.status === 404 || !(problem instanceof Problem) || [0, 401, 403].includes(problem.status)) {
    upload = null;
    show(byId("outcome"), failure(problem, check));
    return;
  }
  const answered = (answer) => {
    options = { ...options, ...answer };
    check();
  };
  show(byId("outcome"), ...refusalParts(problem, answered));
}

/* The import */

async function importNow(button) {
  button.disabled = true;
  try {
    const accepted = await call("POST", address());
    upload = null;
    const ended = await follow(`/imports/${accepted.id}`, isOpenImport, showProgress);
    if (ended.state === "failed") {
      const { detail, errors, remedy } = ended.error;
      showProblem(new Problem(422, { detail, errors, remedy }));
    } else {
      await showDone(ended);
    }
  } catch (problem) {
    show(byId("outcome"), failure(problem, check));
  }
  showDeliveries();
}

const STEPS = ["waiting", "reading", "loading"];

function showProgress(delivery) {
  const at = STEPS.indexOf(delivery.state);
  const names = [t("Waiting for its turn"), t("Reading the files"), t("Storing the sales")];
  const steps = names.map((name, place) =>
    el(`li${place < at ? ".past" : ""}`, { "aria-current": place === at ? "step" : null }, name),
  );
  if (at < 0) return;
  show(
    byId("outcome"),
    el(
      "div.card.busy",
      {},
      el("h2", {}, t("The sales are being imported")),
      el("ol.steps", {}, ...steps),
      el("progress", { max: STEPS.length, value: at + 0.5, "aria-label": names[at] }),
      el("p.muted.small", {}, t("You may leave this page: the import goes on.")),
    ),
  );
  announce(names[at]);
}

async function showDone(delivery) {
  isFirst = false;
  forgetFiles();
  const next = el("div");
  const back = el("button", { type: "button", click: () => takeBack(delivery) }, t("Take it back"));
  show(
    byId("outcome"),
    el(
      "div.verdict.good",
      { role: "status" },
      el("h2", {}, t("The sales are imported")),
      el("p", {}, importSummary(delivery.report)),
      next,
      el("p.actions", {}, el("a.button.primary", { href: "/" }, t("To the overview")), back),
    ),
  );
  announce(t("The sales are imported"));
  await showForecast(next);
}

/** How the new forecast goes on that follows an import by itself; or the way to a first one. */
async function showForecast(place) {
  const { runs } = await get("/training?limit=1");
  const run = runs[0];
  if (!run) {
    const train = el("button", { type: "button", click: () => trainFirst(place, train) }, t("Make the first forecast"));
    show(place, el("p", {}, t("There is no forecast yet."), " ", train));
    return;
  }
  await follow(
    `/training/${run.id}`,
    isOpenRun,
    (each) => showRun(place, each),
  );
}

function showRun(place, run) {
  const words = {
    serving: t("The forecast is up to date."),
    failed: t("The new forecast failed: %(reason)s", { reason: inWords(run.error) }),
    cancelled: t("The new forecast was cancelled."),
  };
  const text = words[run.state] ?? t("A new forecast is being made …");
  const bar = words[run.state]
    ? null
    : el("progress", { max: 1, value: run.progress ?? null, "aria-label": text });
  show(place, el("p", {}, text), bar);
  if (words[run.state]) announce(text);
}

async function trainFirst(place, button) {
  button.disabled = true;
  try {
    const { stores } = await get("/stores?limit=1");
    await post("/training", { store_number: stores[0].store_number });
    await showForecast(place);
  } catch (problem) {
    show(place, el("p", { role: "alert" }, problem.message));
  }
}

async function takeBack(delivery) {
  try {
    if (await undo(delivery)) {
      show(byId("outcome"), el("p.notice.good", {}, t("The delivery was taken back.")));
    }
  } catch (problem) {
    show(byId("outcome"), el("p.notice.bad", { role: "alert" }, problem.message));
  }
  showDeliveries();
}

/* The last deliveries */

async function showDeliveries() {
  let deliveries;
  try {
    ({ imports: deliveries } = await get("/imports?limit=5"));
  } catch (problem) {
    byId("last").hidden = false;
    show(byId("deliveries"), failure(problem, showDeliveries));
    return;
  }
  isFirst = !deliveries.some(({ state }) => state === "done");
  byId("last").hidden = !deliveries.length;
  show(
    byId("deliveries"),
    stacked(t("Last deliveries"), deliveryColumns(undoable(deliveries)), deliveries),
  );
}

function deliveryColumns(newest) {
  return [
    { name: t("When"), cell: (each) => el("span", { title: time(each.requested_at) }, ago(each.requested_at)) },
    { name: t("Files"), kind: "name", cell: fileNames },
    { name: t("State"), cell: (each) => importChip(each.state) },
    { name: t("What it brought"), kind: "clamped", cell: brought },
    { name: "", kind: "num", cell: (each) => (each === newest ? backButton(each) : null) },
  ];
}

function brought(delivery) {
  if (delivery.error) return el("span", {}, new Problem(422, delivery.error).message);
  return importSummary(delivery.report) ?? "–";
}

function backButton(delivery) {
  return el("button", { type: "button", click: () => takeBack(delivery) }, t("Take it back"));
}

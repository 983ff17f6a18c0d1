/** Frame: what every page has at its top: language, theme, account, and what the caller may see. */

import { askForLogin, me, remove } from "./api.js";
import { t } from "./language.js";
import { byId, el, show, toast } from "./pieces.js";

const YEAR = 31_536_000; // seconds

function keep(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}

/** Whether the page is dark now. */
export function isDark() {
  const root = document.documentElement;
  return getComputedStyle(root).colorScheme === "dark"
    || (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function switchTheme() {
  const root = document.documentElement;
  root.dataset.theme = isDark() ? "light" : "dark";
  keep("theme", root.dataset.theme);
  document.dispatchEvent(new CustomEvent("themechange"));
}

async function logOut() {
  await remove("/session");
  location.assign("/login");
}

function showAccount(caller) {
  if (caller.kind === "open") return;
  const role = caller.role ? el("small", {}, caller.role) : null;
  const account = el("a", { href: "/account" }, t("My account"));
  const button = el("button", { type: "button", click: logOut }, t("Log out"));
  show(
    byId("account"),
    el("details.menu", {}, el("summary", {}, caller.name), el("div", {}, role, account, button)),
  );
}

/** Shows what needs a scope that the caller has: elements with `data-scope`. */
export function permit(caller, root = document) {
  for (const element of root.querySelectorAll("[data-scope]")) {
    element.hidden = !caller.scopes.includes(element.dataset.scope);
  }
}

/** On a narrow window, the bar begins with the page that is open. */
function showCurrent() {
  const current = document.querySelector(".bar nav [aria-current]");
  const nav = current?.closest("nav");
  if (nav) nav.scrollLeft += current.getBoundingClientRect().right - nav.getBoundingClientRect().right + 24;
}

showCurrent();
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    keep("language", button.dataset.language);
    location.reload();
  });
}
byId("theme")?.addEventListener("click", switchTheme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  document.dispatchEvent(new CustomEvent("themechange")),
);

/** The caller; null if nobody is logged in and the page does not need it. */
export const caller = byId("account")
  ? me().then(
      (found) => {
        permit(found);
        showCurrent(); // there may be more pages now
        showAccount(found);
        return found;
      },
      (problem) => {
        if (problem.status === 401) askForLogin();
        return null;
      },
    )
  : Promise.resolve(null);

/** Copies a command that asks the API for this address. */
export async function copyCall(address) {
  const call = `curl '${location.origin}${address.replaceAll("'", "%27")}'`;
  const who = await caller;
  await navigator.clipboard.writeText(who?.kind === "open" ? call : `${call} -H "Authorization: Bearer $FORECAST_API_KEY"`);
  toast(t("Copied. Paste it into a terminal."));
}

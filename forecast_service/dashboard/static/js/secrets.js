/** Secrets: passwords and keys that are shown once. */

import { t } from "./language.js";
import { el, toast } from "./pieces.js";

const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"; // none looks like another
const GROUPS = 4;
const LENGTH = 5; // of a group

/** A password that nobody can guess. */
export function newPassword() {
  const random = crypto.getRandomValues(new Uint32Array(GROUPS * LENGTH));
  const letters = [...random].map((number) => LETTERS[number % LETTERS.length]);
  return Array.from({ length: GROUPS }, (_, group) =>
    letters.slice(group * LENGTH, (group + 1) * LENGTH).join(""),
  ).join("-");
}

/** A secret with a button to copy it. It is gone when the page is left. */
export function shownOnce(title, secret) {
  const copy = async () => {
    await navigator.clipboard.writeText(secret);
    toast(t("Copied."));
  };
  const canCopy = Boolean(navigator.clipboard); // only over HTTPS, or on this machine
  return el(
    "div.notice.good",
    {},
    el("p", {}, el("strong", {}, title), " ", t("It is shown only now. Copy it before you leave this page.")),
    el(
      "div.secret",
      {},
      el("code", { id: "shown-once" }, secret),
      canCopy ? el("button", { type: "button", click: copy }, t("Copy")) : null,
    ),
  );
}

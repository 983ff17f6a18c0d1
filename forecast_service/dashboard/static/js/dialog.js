/** Dialog: a question that is answered before something changes. */

import { t } from "./language.js";
import { el } from "./pieces.js";

/**
 * Asks, and returns whether the answer was yes. Escape and the first button mean no.
 * @param {{title: string, content: (Node | string | null)[], action: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, content, action, danger = false }) {
  const no = el("button", { type: "button" }, t("Leave it"));
  const yes = el(`button.${danger ? "danger" : "primary"}`, { type: "button" }, action);
  const dialog = el(
    "dialog.question",
    { "aria-labelledby": "question" },
    el("h2", { id: "question" }, title),
    el("div.stack", {}, ...content),
    el("p.actions", {}, no, yes),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    no.focus();
  });
}

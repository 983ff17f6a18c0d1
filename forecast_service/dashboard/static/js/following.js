/** Following: asks again and again how something goes, until it has ended. */

import { get, pause } from "./api.js";

const SECONDS = 1.5;

/**
 * Reads an address until what it shows has ended. A page in the background asks nothing.
 * @param {string} address
 * @param {(document: any) => boolean} isOpen
 * @param {(document: any) => void} onChange called with every answer
 * @param {AbortSignal} [signal]
 */
export async function follow(address, isOpen, onChange, signal) {
  for (;;) {
    await untilVisible(signal);
    const document_ = await get(address, { signal });
    onChange(document_);
    if (!isOpen(document_)) return document_;
    await pause(SECONDS * 1000, signal);
  }
}

/** Waits until the page is in front. */
export function untilVisible(signal) {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve, reject) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true, signal });
    signal?.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
  });
}

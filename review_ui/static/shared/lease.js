// While a page is open, its record is held for the person who opened it.

import { NoConnection } from "./sending.js";

const RENEW_MS = 60_000; // half of the server's lease

/**
 * Renew the lease of this page's record every minute, and end it when the page is left.
 * @param {import("./sending.js").Send} send
 * @param {{ hold: string, release: string, csrf: string }} data
 * @param {() => boolean} keeps does the page that follows need the lease too?
 */
export function keepLease(send, data, keeps = () => false) {
  setInterval(async () => {
    try {
      await send(data.hold, []);
    } catch (error) {
      if (!(error instanceof NoConnection)) throw error; // the next minute tries again
    }
  }, RENEW_MS);
  window.addEventListener("pagehide", () => {
    if (!keeps()) navigator.sendBeacon(data.release, new URLSearchParams({ csrf_token: data.csrf }));
  });
}

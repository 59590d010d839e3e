// A fault of our own scripts is called a fault. Nothing else catches one: a handler catches NoConnection alone.

/**
 * Show that the script has a fault whenever an error was caught by nobody. The error stays in the browser's console.
 * @param {() => void} show
 */
export function reportFaults(show) {
  window.addEventListener("error", show);
  window.addEventListener("unhandledrejection", show);
}

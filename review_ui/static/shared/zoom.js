// Zoom in fixed steps.

/**
 * @param {number[]} factors from the smallest
 * @param {HTMLElement} output shows the factor in per cent
 * @param {(factor: number) => void} apply
 * @returns {(step: number) => void} goes so many steps on or back
 */
export function createZoom(factors, output, apply) {
  let at = 0;
  return (step) => {
    at = Math.min(Math.max(at + step, 0), factors.length - 1);
    output.textContent = `${Math.round(factors[at] * 100)} %`;
    apply(factors[at]);
  };
}

/**
 * One step on or back by the keyboard, on any keyboard layout; 0 for another key.
 * @param {KeyboardEvent} event
 */
export function zoomStep(event) {
  if (["Equal", "NumpadAdd"].includes(event.code)) return 1;
  return ["Minus", "NumpadSubtract"].includes(event.code) ? -1 : 0;
}

// Which field comes next. No screen here.

/**
 * The field to go to after one is done: the next in order where all are shown, else the next that asks for a person,
 * beginning anew at the end; -1 where there is none.
 * @param {boolean[]} asking
 * @param {number} at
 * @param {boolean} all are all fields shown?
 */
export function nextField(asking, at, all) {
  if (all && at + 1 < asking.length) return at + 1;
  const behind = asking.indexOf(true, at + 1);
  const first = asking.indexOf(true);
  return behind >= 0 ? behind : first < at ? first : -1;
}

/**
 * The field to go back to: the nearest one before that is shown; -1 where there is none.
 * @param {boolean[]} shown
 * @param {number} at
 */
export function previousField(shown, at) {
  return at < 1 ? -1 : shown.lastIndexOf(true, at - 1);
}

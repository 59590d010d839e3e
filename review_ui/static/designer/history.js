// Undo and redo over snapshots of a state. No screen here.

const STEPS = 200;
const JOIN_MS = 1500; // what is typed in one go is one step

export class History {
  /** @type {string[]} */
  #done = [];
  /** @type {string[]} */
  #undone = [];
  #last = { key: "", at: 0 };

  /**
   * Keep a state to come back to. Changes of one key that follow each other closely are one step.
   * @param {string} state
   * @param {string} key
   * @param {number} now ms
   */
  remember(state, key = "", now = Date.now()) {
    const joined = key && key === this.#last.key && now - this.#last.at < JOIN_MS;
    this.#last = { key, at: now };
    if (joined) return;
    this.#undone.length = 0;
    this.#done.push(state);
    if (this.#done.length > STEPS) this.#done.shift();
  }

  /** The state before the last change, or null. @param {(other: string) => string} present */
  undo(present) {
    return this.#step(this.#done, this.#undone, present);
  }

  /** The state after the change that was undone last, or null. @param {(other: string) => string} present */
  redo(present) {
    return this.#step(this.#undone, this.#done, present);
  }

  /** @param {string[]} from @param {string[]} to @param {(other: string) => string} present */
  #step(from, to, present) {
    const state = from.pop();
    if (state === undefined) return null;
    to.push(present(state));
    this.#last.key = "";
    return state;
  }
}

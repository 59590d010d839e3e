// What the parts of the designer know of each other.

/** @typedef {import("./form.js").Form} Form */
/** @typedef {import("./form.js").Field} Field */
/** @typedef {import("./geometry.js").Box} Box */

/** What is wrong with a form, with the field, option, rule or page that it is beside.
 * @typedef {{ text: string, field?: string, other?: string, rule?: string, page?: string }} Fault
 */

/** Roles and constants of a check: those that it needs, and those that may be left out.
 * @typedef {{ roles: string[], params: string[], spare: string[], spareParams: string[] }} Check
 */

/**
 * @typedef {object} DesignerData
 * @property {Form} form
 * @property {{ sheet: [number, number], blank: string }[]} pages
 * @property {string[]} kept ids in the version in force
 * @property {string} seen which saved state the screen shows
 * @property {Fault[]} faults
 * @property {Record<string, string[]>} layouts those that fit each kind
 * @property {Record<string, Check>} checks
 * @property {string[]} many roles that take several fields
 * @property {Record<string, string>} constants the sort of each: number, numbers, option or options
 * @property {{ kind: Record<string, string>, layout: Record<string, string>, list: Record<string, string>,
 *   part: Record<string, string>, check: Record<string, string> }} names
 * @property {Record<string, string> & { login: string, failed: string }} texts
 * @property {Record<string, string>} urls
 * @property {boolean} ready can fields be found and sheets be read here?
 * @property {string} csrf
 * @property {string} token
 */

/**
 * What the server did: its body, or why not.
 * @typedef {{ ok: true, body: any } | { ok: false, message: string }} Outcome
 */

/**
 * The designer's state, and what its parts may ask of it.
 * @typedef {object} App
 * @property {DesignerData} data
 * @property {Form} form
 * @property {Fault[]} faults
 * @property {Set<string>} kept
 * @property {{ field: number, part: number | null }} selected index of a field (-1: none) and of its box (null: all)
 * @property {number} page
 * @property {"design" | "try"} mode
 * @property {string} tab
 * @property {number} openRule
 * @property {(text: string, kind?: "" | "wrong" | "amber") => void} say
 * @property {(url: string, body: unknown) => Promise<Outcome>} send
 * @property {(field: number, part: number | null, options?: { panel?: boolean }) => void} select
 * @property {(mutate: () => void, options?: { key?: string, panel?: boolean }) => void} change
 * @property {(panel?: boolean) => void} changed
 * @property {(key?: string) => void} remember
 * @property {() => Field | undefined} chosen
 * @property {() => Box | null} area
 * @property {(box: Box) => void} setArea
 * @property {(what: "field" | "part" | null, box: Box) => void} drawn
 * @property {(what: "field" | "part" | null) => void} draw
 * @property {() => void} duplicate
 * @property {() => void} remove
 * @property {(name: string) => void} openTab
 * @property {(fault: Fault, field: Field) => boolean} concerns
 * @property {(faults: Fault[]) => void} showFaults
 * @property {(page: number) => void} turn
 * @property {(address: string) => void} leave
 * @property {() => [number, number]} sheetSize
 * @property {(field: Field) => Fault[]} faultsOf
 * @property {(field: Field) => boolean} asks
 * @property {ReturnType<typeof import("./pages.js").createPages>} pages
 * @property {ReturnType<typeof import("./sheet.js").createSheet>} sheet
 * @property {ReturnType<typeof import("./panel.js").createPanel>} panel
 * @property {ReturnType<typeof import("./rules.js").createRules>} rules
 * @property {ReturnType<typeof import("./trial.js").createTrial>} trial
 */

export {};

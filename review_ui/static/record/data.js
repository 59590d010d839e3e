// What the server gave to the record page, and the line that says what just happened.

import { byId, createStatus, pageData } from "../shared/page.js";
import { createSender } from "../shared/sending.js";

/**
 * @typedef {object} RecordData
 * @property {string} next address of the next record
 * @property {string} hold
 * @property {string} release
 * @property {string} pages address of the sheet's pages; "" where it has one page
 * @property {string} token
 * @property {string} csrf
 * @property {boolean} verified
 * @property {Record<string, string> & import("./values.js").ValueTexts & { login: string, failed: string }} texts
 */

/** @type {RecordData} */
export const data = pageData();
export const texts = data.texts;
export const send = createSender(data);
export const say = createStatus(byId("status", HTMLOutputElement));

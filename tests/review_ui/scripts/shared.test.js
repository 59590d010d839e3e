import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fill, refusalText } from "../../../review_ui/static/shared/messages.js";
import { createSender, NoConnection } from "../../../review_ui/static/shared/sending.js";

const texts = { login: "log in", failed: "failed" };

test("parts of a text are filled in", () => {
  assert.equal(fill("{n} of {all}", { n: 3, all: 12 }), "3 of 12");
});

test("a refusal is told in the server's own words", () => {
  assert.equal(refusalText({ status: 507, body: { message: "Disk full." } }, texts), "Disk full.");
  assert.equal(refusalText({ status: 403, body: { message: "Not yours." } }, texts), "Not yours.");
});

test("an error of the server, and an answer without words, are told in the page's", () => {
  assert.equal(refusalText({ status: 500, body: { message: "Internal error." } }, texts), "failed");
  assert.equal(refusalText({ status: 502, body: {} }, texts), "failed");
});

test("a session that ended asks for a log-in", () => {
  assert.equal(refusalText({ status: 401, body: { message: "?" } }, texts), "log in");
  assert.equal(refusalText({ status: 400, body: { error: "csrf", message: "?" } }, texts), "log in");
});

/** What the server was asked: method, path, token and body. */
const asked = [];
let valid = "new";
const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const token = request.headers["x-csrftoken"];
  asked.push({ path: request.url, type: request.headers["content-type"], token, body });
  if (request.url === "/token") response.end(JSON.stringify({ csrf: valid }));
  else if (request.url === "/cut") request.socket.destroy();
  else if (request.url === "/page") response.end("<html>");
  else {
    response.statusCode = token === valid ? 200 : 400;
    response.end(JSON.stringify(token === valid ? { done: true } : { error: "csrf" }));
  }
});
let root = "";

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  root = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test("pairs are sent as a form, other values as JSON", async () => {
  const send = createSender({ csrf: "new", token: `${root}/token` });
  assert.deepEqual(
    await send(`${root}/a`, [
      ["value", "Hoa"],
      ["value", "1"],
    ]),
    { status: 200, body: { done: true } },
  );
  assert.equal(asked.at(-1).body, "value=Hoa&value=1");
  await send(`${root}/a`, { form: 1 });
  assert.deepEqual([asked.at(-1).type, asked.at(-1).body], ["application/json", '{"form":1}']);
});

test("a token that expired is renewed once, and the same is sent again", async () => {
  const session = { csrf: "old", token: `${root}/token` };
  const answer = await createSender(session)(`${root}/a`, [["value", "1"]]);
  assert.deepEqual([answer.status, session.csrf], [200, "new"]);
  assert.deepEqual(
    asked.slice(-3).map((one) => one.path),
    ["/a", "/token", "/a"],
  );
});

test("a token that stays wrong is refused, not sent for ever", async () => {
  const before = asked.length;
  valid = "other";
  const session = { csrf: "old", token: `${root}/page` };
  const answer = await createSender(session)(`${root}/a`, []);
  valid = "new";
  assert.deepEqual([answer.status, answer.body.error, asked.length - before], [400, "csrf", 3]);
});

test("an answer that is no JSON has an empty body", async () => {
  const send = createSender({ csrf: "new", token: "" });
  assert.deepEqual(await send(`${root}/page`, []), { status: 200, body: {} });
});

test("a connection that breaks is NoConnection, and nothing else is", async () => {
  const send = createSender({ csrf: "new", token: "" });
  await assert.rejects(send(`${root}/cut`, []), NoConnection);
  const circle = {};
  circle.self = circle;
  await assert.rejects(send(`${root}/a`, circle), TypeError);
});

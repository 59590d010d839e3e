import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../../../review_ui/static/designer/form.js";
import { around, atLeast, between, split, stretched, within } from "../../../review_ui/static/designer/geometry.js";
import { History } from "../../../review_ui/static/designer/history.js";

const A4 = [210, 297];

function form() {
  return {
    title: "T",
    fields: [
      { id: "ho_ten", label: "Họ tên", kind: "text", layout: "line", boxes: [[20, 30, 100, 7]] },
      {
        id: "so",
        label: "Số",
        kind: "digits",
        layout: "comb",
        boxes: split([20, 40, 60, 6], 6),
        page: 2,
        same_as: "ho_ten",
      },
      {
        id: "chon",
        label: "Chọn",
        kind: "choice",
        layout: "ticks",
        options: [{ id: "a", label: "A", box: [1, 2, 3, 3] }],
      },
    ],
    rules: [
      {
        rule: "r",
        check: "c",
        fields: { number: "so", choices: ["ho_ten", "so"], when: "chon" },
        params: { option: "a" },
      },
    ],
  };
}

test("a box stays on the sheet and is never too small", () => {
  assert.deepEqual(within([-5, 290, 0.2, 20], A4), [0, 277, 1, 20]);
});

test("a handle moves only the sides that it holds, and no side passes the other", () => {
  assert.deepEqual(stretched([10, 10, 20, 20], "e", [5, 9], A4), [10, 10, 25, 20]);
  assert.deepEqual(stretched([10, 10, 20, 20], "nw", [40, 40], A4), [29, 29, 1, 1]);
});

test("a box is drawn from any corner to any other, on the sheet", () => {
  assert.deepEqual(between([50, 60], [20, 300], A4), [20, 60, 30, 237]);
});

test("the frame of a tiny box is grown around its middle", () => {
  assert.deepEqual(atLeast([10, 10, 2, 8], 4), [9, 10, 4, 8]);
});

test("boxes within a field keep their places when it is moved and stretched", () => {
  const field = form().fields[1];
  model.place(field, null, [30, 50, 120, 6]);
  assert.deepEqual(around(field.boxes), [30, 50, 120, 6]);
  assert.deepEqual(field.boxes[1], [50, 50, 20, 6]);
});

test("one box of a field is moved alone", () => {
  const field = form().fields[1];
  model.place(field, 2, [99, 50, 10, 6]);
  assert.deepEqual(field.boxes[2], [99, 50, 10, 6]);
  assert.deepEqual(field.boxes[1], [30, 40, 10, 6]);
});

test("a new id is followed by rules and by the fields that repeat it", () => {
  const made = form();
  model.rename(made, made.fields[0], "ten");
  assert.equal(made.fields[1].same_as, "ten");
  assert.deepEqual(made.rules[0].fields, { number: "so", choices: ["ten", "so"], when: "chon" });
});

test("a new option id is followed by the constants of rules about its field", () => {
  const made = form();
  model.renameOption(made, made.fields[2], made.fields[2].options[0], "b");
  assert.deepEqual(made.rules[0].params, { option: "b" });
});

test("a field that is removed is repeated by none", () => {
  const made = form();
  model.removeField(made, made.fields[0]);
  assert.deepEqual(
    made.fields.map((field) => field.id),
    ["so", "chon"],
  );
  assert.equal(made.fields[0].same_as, undefined);
});

test("an id follows its label until a version is kept with it", () => {
  const field = { id: "f07", label: "Trường f07" };
  assert.equal(model.following(field, "3. Nơi ở hiện nay", ["f07"], false), "noi_o_hien_nay");
  assert.equal(model.following(field, "3. Nơi ở hiện nay", ["f07"], true), "f07");
  assert.equal(model.following({ id: "own", label: "X" }, "Y", ["own"], false), "own");
  assert.equal(model.following(field, "Nơi ở", ["f07", "noi_o"], false), "noi_o_1");
});

test("a label as an id has no tones, and begins with a letter", () => {
  assert.equal(model.idOf("12.4. Đường, số nhà"), "duong_so_nha");
  assert.equal(model.idOf("2 bản"), "o_2_ban");
});

test("the number of a question is told from its label", () => {
  assert.deepEqual(model.numbered("12.4. Nhãn"), { no: "12.4", label: "Nhãn" });
  assert.equal(model.numbered("12.4"), null);
});

test("another layout keeps the area, and a date's has as many boxes as it needs", () => {
  const field = { id: "d", label: "D", kind: "text", layout: "line", boxes: [[20, 30, 80, 7]] };
  const made = { title: "", fields: [field], rules: [] };
  model.setKind(made, field, "date", { date: ["comb", "parts"] });
  assert.equal(field.boxes.length, 8);
  assert.deepEqual(around(field.boxes), [20, 30, 80, 7]);
  model.setLayout(field, "ticks");
  assert.equal(field.options.length, 8);
  assert.equal(field.boxes, undefined);
});

test("a copy has an id of its own, lies lower and repeats nothing", () => {
  const made = form();
  const copy = model.copyOf(made, made.fields[1], A4);
  assert.equal(copy.id, "so_1");
  assert.equal(copy.same_as, undefined);
  assert.equal(copy.boxes[0][1], 47);
});

test("undo and redo give back the states in between", () => {
  const history = new History();
  history.remember("1");
  history.remember("2");
  assert.equal(
    history.undo(() => "3"),
    "2",
  );
  assert.equal(
    history.undo(() => "2"),
    "1",
  );
  assert.equal(
    history.undo(() => "1"),
    null,
  );
  assert.equal(
    history.redo(() => "1"),
    "2",
  );
  history.remember("2b");
  assert.equal(
    history.redo(() => "x"),
    null,
  );
});

test("what is typed in one go is one step back", () => {
  const history = new History();
  history.remember("", "label", 0);
  history.remember("a", "label", 400);
  history.remember("ab", "label", 3000);
  assert.equal(
    history.undo(() => "abc"),
    "ab",
  );
  assert.equal(
    history.undo(() => "ab"),
    "",
  );
});

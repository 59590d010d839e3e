// A browser labels file inputs in its own language: a button and the file's name in the screen's language replace it.

import { findAll } from "./page.js";

for (const input of findAll("input[type=file]", HTMLInputElement)) {
  const frame = document.createElement("span");
  const button = document.createElement("span");
  const name = document.createElement("span");
  const none = input.dataset.none ?? "";
  frame.className = "file";
  button.className = "button small quiet";
  button.textContent = input.dataset.choose ?? "";
  name.className = "mut";
  name.textContent = none;
  frame.append(button, name);
  frame.addEventListener("click", (event) => {
    event.preventDefault();
    input.click();
  });
  input.classList.add("unseen");
  input.after(frame);
  input.addEventListener("change", () => {
    name.textContent = input.files?.[0]?.name ?? none;
  });
}

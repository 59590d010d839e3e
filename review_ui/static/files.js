// Inputs for files speak the browser's language, not ours: a button and the file's name stand in their place.

for (const input of document.querySelectorAll("input[type=file]")) {
  const shown = document.createElement("span");
  const button = document.createElement("span");
  const name = document.createElement("span");
  shown.className = "file";
  button.className = "button small quiet";
  button.textContent = input.dataset.choose;
  name.className = "mut";
  name.textContent = input.dataset.none;
  shown.append(button, name);
  shown.addEventListener("click", (event) => {
    event.preventDefault();
    input.click();
  });
  input.classList.add("unseen");
  input.after(shown);
  input.addEventListener("change", () => (name.textContent = input.files[0]?.name ?? input.dataset.none));
}

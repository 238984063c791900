// Adds a button to each command that copies its text. Everything else works without scripts.
(() => {
  "use strict";

  const said = document.createElement("p");
  said.className = "hidden";
  said.setAttribute("role", "status");
  document.body.append(said);

  // Browsers offer the clipboard to pages of https and localhost only. Others copy the selection.
  const copy = async source => {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(source.textContent.trim());
      return true;
    }
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  };

  for (const command of document.querySelectorAll(".command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy: ${command.dataset.label}`);
    button.addEventListener("click", async () => {
      const done = await copy(command.querySelector("code")).catch(() => false);
      button.textContent = said.textContent = done ? "Copied" : "Copying failed";
      setTimeout(() => { button.textContent = "Copy"; said.textContent = ""; }, 2000);
    });
    command.append(button);
  }
})();

// Buttons and switches around the picture.
import { switchLanguage, text } from "./texts.js";

const $ = (id) => document.getElementById(id);

/** @param {string} id @param {() => void} act */
const onClick = (id, act) => $(id).addEventListener("click", act);

/** @param {object} page see main.js @param {() => void} writeTexts after the language was switched */
export function wireControls(page, writeTexts) {
  setContrast(localStorage.getItem("contrast") ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => {
      page.tool = page.canvas.dataset.tool = button.dataset.tool;
      for (const other of document.querySelectorAll("[data-tool]")) other.setAttribute("aria-pressed", String(other === button));
    });
  }
  onClick("extend", () => {
    page.intents.extends = !page.intents.extends;
    $("extend").setAttribute("aria-pressed", String(page.intents.extends));
  });
  onClick("undo", () => page.intents.undo());
  onClick("next", () => page.nextReading());
  onClick("pause", () => page.togglePause());
  const zoom = (factor) => page.view.zoomAt(page.canvas.clientWidth / 2, page.canvas.clientHeight / 2, factor);
  onClick("zoom-in", () => (zoom(1.5), page.repaint()));
  onClick("zoom-out", () => (zoom(1 / 1.5), page.repaint()));
  onClick("fit", () => (page.view.fit(), page.repaint()));
  onClick("reset", () => confirm(text("forget_sure")) && page.link.command("reset"));
  $("enable").addEventListener("change", () => page.link.command("enable", { on: $("enable").checked }));
  onClick("record", () => {
    const isOn = $("record").getAttribute("aria-pressed") !== "true";
    $("record").setAttribute("aria-pressed", String(isOn));
    $("record").textContent = text(isOn ? "record_stop" : "record");
    page.link.command("record", { on: isOn });
  });
  onClick("help-open", () => page.help.showModal());
  onClick("contrast", () => setContrast(document.documentElement.dataset.contrast === "light" ? "dark" : "light"));
  onClick("language", () => switchLanguage().then(writeTexts));
  $("operator").value = localStorage.getItem("operator") ?? "";
  $("operator").addEventListener("change", () => {
    localStorage.setItem("operator", $("operator").value.trim());
    page.link.send("name", { name: $("operator").value.trim() });
  });
}

function setContrast(name) {
  localStorage.setItem("contrast", name);
  document.documentElement.dataset.contrast = name;
}

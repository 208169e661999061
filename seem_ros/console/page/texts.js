// Words of the page in the operator's language: one file each in texts/.

const LANGUAGES = ["en", "de"];
/** @type {Record<string, any>} */
let texts = {};
let language = "en";

/** @returns {string} the language that was chosen, else the browser's, else English */
function preferred() {
  const wanted = [localStorage.getItem("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** Load the texts and put them where the page asks for them. */
export async function loadTexts(wanted = preferred()) {
  const answer = await fetch(`texts/${wanted}.json`);
  texts = await answer.json();
  language = wanted;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-title]")) {
    element.title = text(element.dataset.title);
    element.setAttribute("aria-label", element.title);
  }
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", text(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = text(element.dataset.placeholder);
}

/** Switch to the other language and remember it. */
export async function switchLanguage() {
  const other = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
  localStorage.setItem("language", other);
  await loadTexts(other);
}

/** @param {string} key @returns {string} the words for it, or the key where there are none */
export const text = (key) => texts[key] ?? key;

/** @returns {[string, string][]} keys and what they do */
export const keyTable = () => texts.keys ?? [];

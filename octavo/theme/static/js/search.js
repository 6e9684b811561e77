/* Search while typing: results that follow the box, and completions below it. Without this file
   the form and its links do the same in more steps. */

const WAIT = 150; // milliseconds without a key before asking
const MOST = 4; // completions: more would lie over the first of the results
// Where there is none, the focus would cover the page with one, and every word is typed as a composition.
const KEYBOARD = matchMedia("(hover: hover) and (pointer: fine)").matches;
const box = document.querySelector(".search-box input");
// The address of the search, whatever path the site stands below.
const PATH = box ? new URL(box.form.action).pathname : "";

/* One answer at a time: a newer question cancels the one before. */
function latest() {
  let controller = new AbortController();
  return {
    cancel: () => controller.abort(),
    async ask(url, accept) {
      controller.abort();
      controller = new AbortController();
      const response = await fetch(url, { signal: controller.signal, headers: { Accept: accept } });
      if (!response.ok) throw new Error(response.statusText);
      return response;
    },
  };
}

if (box) {
  const form = box.form;
  const region = document.querySelector("[data-search]");
  const list = Object.assign(document.createElement("ul"), { id: "search-completions", className: "completions", hidden: true });
  const status = Object.assign(document.createElement("p"), { className: "unseen" });
  const failure = Object.assign(document.createElement("p"), { className: "search-note" });
  const completions = latest();
  const results = latest();
  let active = -1;
  let timer = 0;
  let shown = box.value.trim();
  // What the completions, which stay when they are closed, complete.
  let completed = "";

  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.parentElement.dataset.completions);
  status.setAttribute("role", "status");
  box.parentElement.append(list);
  form.append(status);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) box.setAttribute(name, value);
  if (region && !box.value && KEYBOARD) box.focus();

  const options = () => [...list.children];

  function close() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function choose(index) {
    active = index;
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    if (index < 0) return box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-activedescendant", options()[index].id);
    options()[index].scrollIntoView({ block: "nearest" });
  }

  function complete(query, [, labels, kinds, urls]) {
    completed = query;
    const chosen = options()[active]?.dataset.path;
    list.replaceChildren(...labels.slice(0, MOST).map((label, place) => {
      const option = Object.assign(document.createElement("li"), { id: `search-completion-${place}` });
      const kind = Object.assign(document.createElement("small"), { textContent: kinds[place] });
      option.setAttribute("role", "option");
      // Without the host: the site may be looked at under another name than its own.
      const url = new URL(urls[place], location);
      const searched = url.pathname === PATH && url.searchParams.get("q");
      option.dataset.path = searched ? address(searched) : url.pathname + url.search;
      option.append(label, " ", kind);
      return option;
    }));
    // Whoever went to an option while these were asked for stays there.
    choose(options().findIndex((option) => option.dataset.path === chosen));
    const open = labels.length > 0 && document.activeElement === box;
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
  }

  /* Where the form would lead, the chosen facets and order with it. One letter is too little to look for. */
  function address(query) {
    const fields = new URLSearchParams(new FormData(form));
    if (/^[\x20-\x7e]?$/.test(query)) fields.delete("q");
    else fields.set("q", query);
    return `${PATH}?${fields}`.replace(/\?$/, "");
  }

  async function showResults(query) {
    const url = address(query);
    failure.remove();
    if (url === location.pathname + location.search) return results.cancel();
    const live = url.includes("?") ? `${url}&live` : url;
    try {
      const text = await (await results.ask(live, "text/html")).text();
      const page = new DOMParser().parseFromString(text, "text/html");
      // Two letters are a word, as Io is, or the beginning of one that nothing is to be said of yet.
      if (/^[\x20-\x7e]{2}$/.test(query) && page.querySelector(".search-nothing")) return showResults("");
      const open = region.querySelector(".facets > details")?.open;
      region.replaceChildren(...page.querySelector("[data-search]").children);
      region.querySelector(".facets > details")?.toggleAttribute("open", Boolean(open));
      document.title = page.title;
      history.replaceState(null, "", url);
      status.textContent = region.querySelector(".search-summary").textContent.trim() || document.title;
    } catch (error) {
      if (error.name === "AbortError") return;
      // The next key asks again, be it for the same words.
      shown = null;
      failure.textContent = region.dataset.searchFailed;
      region.querySelector(".search-summary").append(failure);
      status.textContent = failure.textContent;
    }
  }

  async function showCompletions(query) {
    completions.cancel();
    if (!query) return close();
    try {
      const url = `${PATH}suggest.json?${new URLSearchParams({ q: query })}`;
      complete(query, await (await completions.ask(url, "*/*")).json());
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function follow(query) {
    clearTimeout(timer);
    if (region && query !== shown) showResults(query);
    shown = query;
  }

  function ask() {
    const query = box.value.trim();
    follow(query);
    showCompletions(query);
  }

  function typed(event) {
    choose(-1);
    if (!box.value.trim()) close();
    clearTimeout(timer);
    if (event.isComposing && KEYBOARD) return;
    timer = setTimeout(() => box.value.trim() !== shown && ask(), WAIT);
  }

  box.addEventListener("input", typed);
  box.addEventListener("compositionend", typed);

  box.addEventListener("keydown", (event) => {
    // A key of the input method. In Safari the one that ends a composition comes after its end, as 229.
    if (event.isComposing || event.keyCode === 229) return;
    const count = options().length;
    const arrow = (event.key === "ArrowDown" || event.key === "ArrowUp") && !event.altKey;
    if (arrow && list.hidden && completed !== box.value.trim()) {
      event.preventDefault();
      ask();
    } else if (arrow && count) {
      event.preventDefault();
      if (list.hidden) {
        list.hidden = false;
        box.setAttribute("aria-expanded", "true");
      }
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are options: the box itself.
      choose(((active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      location.assign(options()[active].dataset.path);
    } else if (event.key === "Escape") {
      event.preventDefault();
      completions.cancel();
      follow(box.value.trim());
      if (list.hidden) box.blur();
      else close();
    }
  });

  // Before the box loses the focus, so that the click still finds its option.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.path);
  });
  box.addEventListener("blur", close);
  form.addEventListener("submit", () => clearTimeout(timer));
}

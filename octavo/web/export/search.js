/* Search without a server: words are looked up in small parts of an index, which are scripts beside this one. A page
   that is read from disk can load them too. */

(() => {
  const base = new URL(".", document.currentScript.src);
  const root = new URL("../../", base);
  const WAIT = 150; // milliseconds without a key before asking
  const SHOWN = 10; // results at first, and more at a time
  const MAX_BEGUN = 30; // words that begin as the last one does
  const DIGITS = 9; // of an article's number; a digit to base 36 behind it is the weight
  const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]/;
  const TOKEN = /[A-Za-z](?:\+\+|#)|[\p{L}\p{N}]+(?:\p{M}+[\p{L}\p{N}]*)*/gu;
  const SPECIAL = { "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i" };
  const parts = new Map();
  const asked = new Map();

  window.octavoSearch = (name, data) => parts.set(name, data);

  function part(name) {
    if (!asked.has(name)) asked.set(name, new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = new URL(`${name}.js`, base);
      script.onload = () => resolve(parts.get(name));
      script.onerror = () => resolve(undefined);
      document.head.append(script);
    }));
    return asked.get(name);
  }

  /* As octavo/search/folding.py folds: lower case, without accents of Latin and Greek. */
  function fold(word) {
    let folded = "";
    let letter = "";
    for (const sign of word.toLowerCase().normalize("NFKD")) {
      if (sign >= "\u0300" && sign <= "\u036f") {
        if (letter < "\u0400" || (letter >= "\u1e00" && letter < "\u2000")) continue;
      } else letter = sign;
      folded += SPECIAL[sign] ?? sign;
    }
    return folded.normalize("NFC").slice(0, 64);
  }

  /* A word as it is indexed: in a script without spaces, its pairs of characters. */
  function formsOf(word) {
    if (!UNSPACED.test(word)) return [word];
    const signs = [...word];
    return signs.length < 2 ? signs : signs.slice(1).map((sign, place) => signs[place] + sign);
  }

  const partOf = (word) => [...word].slice(0, 2).map((sign) => sign.codePointAt(0).toString(16)).join("-");

  async function wordsOf(facts, word) {
    const name = partOf(word);
    return facts.words.includes(name) ? await part(`words/${name}`) : undefined;
  }

  /* The articles of a word, each with its score, and the forms that were looked for. */
  async function lookUp(facts, word, isLast) {
    const found = new Map();
    const here = (await wordsOf(facts, word)) ?? { forms: {}, stems: {} };
    const forms = here.forms[word] ? [word] : [];
    if (isLast || !forms.length) {
      const begun = Object.keys(here.forms).filter((form) => form !== word && form.startsWith(word));
      begun.sort((one, other) => here.forms[other][1] - here.forms[one][1]);
      forms.push(...begun.slice(0, word.length > 1 || UNSPACED.test(word) ? MAX_BEGUN : 0));
    }
    const stems = new Map();
    for (const form of forms) {
      const [stem] = here.forms[form];
      stems.set(stem, Math.max(stems.get(stem) ?? 0, form === word ? 1 : 0.6));
    }
    for (const [stem, share] of stems) {
      const there = partOf(stem) === partOf(word) ? here : await wordsOf(facts, stem);
      const postings = there?.stems[stem] ?? "";
      const count = postings.length / (DIGITS + 1);
      const rarity = Math.log(1 + (facts.count - count + 0.5) / (count + 0.5));
      for (let place = 0; place < postings.length; place += DIGITS + 1) {
        const number = postings.slice(place, place + DIGITS);
        const score = share * rarity * parseInt(postings[place + DIGITS], 36);
        found.set(number, Math.max(found.get(number) ?? 0, score));
      }
    }
    return { found, forms: new Set(forms), stems };
  }

  async function search(typed) {
    const facts = (await part("facts")) ?? { count: 0, stop: [], words: [] };
    if (facts.pagefind) return askPagefind(typed);
    const wanted = [];
    const unwanted = [];
    for (const piece of typed.replace(/\b\w+:(?=\S)/g, "").split(/\s+/)) {
      const words = (piece.match(TOKEN) ?? []).map(fold).flatMap(formsOf);
      (piece.startsWith("-") ? unwanted : wanted).push(...words.filter((word) => !facts.stop.includes(word)));
    }
    const isOpen = /[^\s"]$/.test(typed);
    const looked = await Promise.all(wanted.map((word, place) => lookUp(facts, word, isOpen && place === wanted.length - 1)));
    const banned = await Promise.all(unwanted.map((word) => lookUp(facts, word, false)));
    const scores = new Map();
    const counts = new Map();
    for (const { found } of looked) for (const [number, score] of found) {
      scores.set(number, (scores.get(number) ?? 0) + score);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    for (const { found } of banned) for (const number of found.keys()) scores.delete(number);
    const all = [...scores.keys()].filter((number) => counts.get(number) === looked.length);
    const chosen = all.length ? all : [...scores.keys()];
    chosen.sort((one, other) => scores.get(other) - scores.get(one) || (one < other ? -1 : 1));
    return { chosen, isLoose: !all.length && chosen.length > 0, forms: new Set(looked.flatMap(({ forms }) => [...forms])) };
  }

  /* Pagefind's own index, a module that only a host can give: https://pagefind.app/docs/api/ */
  async function askPagefind(typed) {
    const pagefind = await import(new URL("pagefind/pagefind.js", base));
    const { results } = await pagefind.search(typed);
    return { chosen: results, isLoose: false, forms: new Set() };
  }

  async function ofPagefind(found) {
    const { raw_url: address, excerpt, meta } = await found.data();
    const snippet = new DOMParser().parseFromString(excerpt, "text/html").body.childNodes;
    return [meta.title, address.replace(/^\/+/, ""), [...snippet], meta.day, meta.authors, meta.category, meta.hue];
  }

  async function ofIndex(number, forms) {
    const [title, address, summary, ...rest] = ((await part(`articles/${number.slice(0, 2)}`)) ?? {})[number] ?? [];
    return [title, address, marked(summary ?? "", forms), ...rest];
  }

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  /* A text with the words that were found marked. */
  function marked(text, forms) {
    const made = [];
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      if (!forms.has(fold(match[0]))) continue;
      made.push(text.slice(end, match.index), element("mark", "", match[0]));
      end = match.index + match[0].length;
    }
    return [...made, text.slice(end)];
  }

  async function result(found, forms) {
    const facts = found.data ? await ofPagefind(found) : await ofIndex(found, forms);
    const [title, address, snippet, day, authors, category, hue] = facts;
    if (!title) return "";
    const link = Object.assign(element("a", "", ...marked(title, forms)), { href: new URL(address, root) });
    const label = element("p", "card-label");
    if (category) label.append(element("span", "category", category), " ");
    if (day) {
      const shown = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
      label.append(Object.assign(element("time", "", shown.format(new Date(day))), { dateTime: day }));
    }
    const article = element("article", "", label, element("h2", "result-title", link), element("p", "result-snippet", ...snippet));
    if (authors) article.append(element("p", "byline", `By ${authors}`));
    return element("li", category ? `result hue-${hue}` : "result", article);
  }

  function begin() {
    const box = document.querySelector(".search-box input[name=q], input[name=q]");
    if (!box) return;
    const region = document.querySelector("[data-search]") ?? box.form.parentElement.appendChild(element("div"));
    const status = box.form.appendChild(element("p", "unseen"));
    const before = [...region.childNodes];
    let shown = "";
    let timer = 0;
    status.setAttribute("role", "status");

    async function show() {
      const typed = box.value.trim();
      if (typed === shown) return;
      shown = typed;
      try {
        history.replaceState(null, "", typed ? `?${new URLSearchParams({ q: typed })}` : location.pathname);
      } catch { /* A page read from disk keeps its address. */ }
      if (!typed) return region.replaceChildren(...before);
      const { chosen, isLoose, forms } = await search(typed);
      if (typed !== shown) return;
      const told = `${chosen.length ? chosen.length.toLocaleString("en") : "No"} ${chosen.length === 1 ? "article" : "articles"}`;
      const summary = element("div", "search-summary", element("p", "search-count", `${told} for `, element("strong", "", typed)));
      if (isLoose) summary.append(element("p", "search-note", "No article has all of these words; these have some of them."));
      const list = element("ol", "results");
      const more = Object.assign(element("button", "", "More"), { type: "button" });
      const add = async () => {
        const next = chosen.slice(list.childElementCount, list.childElementCount + SHOWN);
        list.append(...await Promise.all(next.map((number) => result(number, forms))));
        more.hidden = list.childElementCount >= chosen.length || !next.length;
      };
      more.addEventListener("click", add);
      await add();
      if (typed !== shown) return;
      region.replaceChildren(summary, list, more);
      status.textContent = told;
    }

    box.form.addEventListener("submit", (event) => {
      event.preventDefault();
      show();
    });
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, WAIT);
    });
    box.value ||= new URLSearchParams(location.search).get("q") ?? "";
    show();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();

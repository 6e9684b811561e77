/* The live page: asks after each change what it would show now, and reloads where that differs. Style sheets are
   exchanged without a reload; the place in the text and open details stay. What is wrong with the page's text stands
   over it. */

const script = document.querySelector("script[data-live]");
const { shown, live: made } = script.dataset;
const place = `live:${location.pathname}${location.search}`;
const list = "details, dialog";

const remember = () => {
  const open = [...document.querySelectorAll(list)].map((one) => one.open);
  sessionStorage.setItem(place, JSON.stringify({ x: scrollX, y: scrollY, open }));
};

const restore = () => {
  const kept = sessionStorage.getItem(place);
  if (!kept) return;
  sessionStorage.removeItem(place);
  const { x, y, open } = JSON.parse(kept);
  document.querySelectorAll(list).forEach((one, index) => { if (one.matches("details")) one.open = open[index] ?? one.open; });
  scrollTo({ left: x, top: y, behavior: "instant" });
};

const exchangeSheets = (sheets) => {
  for (const sheet of sheets) {
    const name = sheet.replace(/\.[0-9a-f]{10}\.css$/, "");
    for (const link of document.querySelectorAll('link[rel="stylesheet"]')) {
      const path = new URL(link.href).pathname;
      if (path === sheet || path.replace(/\.[0-9a-f]{10}\.css$/, "") !== name) continue;
      const next = link.cloneNode();
      next.href = sheet;
      // The old one stays until the new one is there: a page without styles would flash.
      next.onload = () => link.remove();
      link.after(next);
    }
  }
};

const css = new CSSStyleSheet();
css.replaceSync(`
  section { position: fixed; inset: auto 1rem 1rem; max-height: 60vh; overflow: auto; z-index: 1000; padding: 1rem 1.25rem;
    background: #fff8f6; color: #2a1210; border: 2px solid #a8201a; font: 1rem/1.5 system-ui, sans-serif; }
  section.warnings { border-color: #8a6d00; background: #fffbea; inset-inline-start: auto; max-width: 30rem; }
  h2 { font-size: 1rem; margin: 0 0 .25rem; } p { margin: .25rem 0; } a { color: inherit; }
  pre { overflow-x: auto; margin: .5rem 0; font: .9rem/1.4 ui-monospace, monospace; }
  button { float: inline-end; font: inherit; color: inherit; background: none; border: 1px solid; cursor: pointer; }
`);

const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });
let host;
let told = "";

const tellProblems = (problems, all) => {
  const now = JSON.stringify(problems);
  if (now === told) return;
  told = now;
  host?.remove();
  if (!problems.length) return;
  host = document.createElement("live-problems");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [css];
  const section = document.createElement("section");
  section.setAttribute("role", "alert");
  if (problems.every(({ severity }) => severity === "warning")) section.className = "warnings";
  const close = element("button", "Close");
  close.onclick = () => host.remove();
  section.append(close);
  for (const { severity, place, cause, cure, lines } of problems) {
    section.append(element("h2", `${severity}: ${place}`), element("p", cause));
    if (lines.length) section.append(element("pre", lines.join("\n")));
    section.append(element("p", cure));
  }
  section.append(Object.assign(element("a", "All problems"), { href: all }));
  root.append(section);
  document.body.append(host);
};

let asking = false;
let again = false;

const look = async () => {
  if (asking) { again = true; return; }
  asking = true;
  do {
    again = false;
    const answer = await fetch(new URL(`page?of=${encodeURIComponent(location.pathname + location.search)}`, script.src));
    if (!answer.ok) continue;
    const now = await answer.json();
    // A page that is different each time it is made has not changed.
    if (now.shown !== shown && now.tick !== made) {
      remember();
      return location.reload();
    }
    exchangeSheets(now.sheets);
    tellProblems(now.problems, now.all);
  } while (again);
  asking = false;
};

const change = () => look().catch(() => { asking = false; });

if (globalThis.SharedWorker) {
  const worker = new SharedWorker(new URL("live-worker.js", script.src), "live");
  worker.port.onmessage = change;
  addEventListener("pagehide", () => worker.port.postMessage("gone"));
  addEventListener("pageshow", ({ persisted }) => { if (persisted) { worker.port.postMessage("back"); change(); } });
} else {
  new EventSource(new URL("events", script.src)).onmessage = change;
}
restore();

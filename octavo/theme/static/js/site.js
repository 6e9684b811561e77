/* What pages can do only with a script: copy and share an article's link, mark the reader's place in the contents,
   carry a card's picture into its article, put footnotes beside their places, switch between light and dark, count a
   view and show the count, and go to the search by `/`. */

for (const block of document.querySelectorAll("[data-share-url]")) {
  const { shareTitle: title, shareUrl: url, shareDone: done, shareFailed: failed } = block.dataset;
  const status = block.querySelector("[role=status]");
  const actions = {
    copy: navigator.clipboard && (() => navigator.clipboard.writeText(url).then(() => say(done))),
    sheet: navigator.share && (() => navigator.share({ title, url })),
  };

  const say = (text) => {
    status.textContent = text;
    setTimeout(() => { status.textContent = ""; }, 4000);
  };

  for (const button of block.querySelectorAll("[data-share]")) {
    const action = actions[button.dataset.share];
    if (!action) continue;
    button.parentElement.hidden = false;
    button.addEventListener("click", () => action().catch((error) => {
      // A reader who closes the share sheet has not met an error.
      if (error.name !== "AbortError") say(failed);
    }));
  }
}

const contents = [...document.querySelectorAll(".contents a")];
const headings = contents.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));

const markPlace = () => {
  const place = headings.findLastIndex((heading) => heading?.getBoundingClientRect().top < innerHeight / 3);
  contents.forEach((link, index) => link.ariaCurrent = index === place ? "location" : null);
};

// Everything above the upper third counts as in view, so that a heading is told of once each time it passes.
const passing = new IntersectionObserver(markPlace, { rootMargin: "1000000px 0px -66% 0px" });
for (const heading of headings) if (heading) passing.observe(heading);

addEventListener("pageswap", ({ viewTransition, activation }) => {
  const links = viewTransition && activation ? [...document.querySelectorAll(".card-title a")] : [];
  const picture = links.find((link) => link.href === activation.entry.url)?.closest(".card").querySelector(".picture");
  if (!picture) return;
  // Two elements of one name would cancel the transition.
  const hero = document.querySelector(".hero .picture");
  if (hero) hero.style.viewTransitionName = "none";
  picture.style.viewTransitionName = "hero";
  viewTransition.finished.finally(() => {
    picture.style.viewTransitionName = "";
    if (hero) hero.style.viewTransitionName = "";
  });
});

const footnotes = document.querySelector(".prose > .footnotes");

// What stands in the margin already, or reaches into it.
const inMargin = (prose) => {
  const edge = prose.getBoundingClientRect();
  const others = prose.querySelectorAll(":scope > :not(p, ol, ul, h2, h3, h4, h5, h6, .footnotes)");
  const boxes = [...others].map((other) => other.getBoundingClientRect());
  return boxes.filter((box) => box.right > edge.right + 1 || box.left < edge.left - 1);
};

// Returns whether all notes have room: a long one, or many in a short text, stay together at the foot.
const placeNotes = (prose) => {
  const taken = inMargin(prose);
  const { top: start, bottom: end } = prose.getBoundingClientRect();
  let free = start;
  for (const note of footnotes.querySelectorAll(":scope > ol > li")) {
    const mark = document.getElementById(note.id.replace("fn", "fnref"))?.getBoundingClientRect();
    // A style knows the window's width, and not how large its reader's letters are.
    if (!mark?.width || note.getBoundingClientRect().right > innerWidth) return false;
    let top = Math.max(free, mark.top);
    for (const box of taken) if (box.bottom > top && box.top < top + note.offsetHeight) top = box.bottom + 8;
    free = top + note.offsetHeight + 16;
    if (free > end) return false;
    note.style.setProperty("--beside", `${top - start}px`);
  }
  return true;
};

// A style decides where there is a margin for them: neither on narrow screens nor in print.
if (footnotes) {
  new ResizeObserver(([{ target: prose }]) => {
    footnotes.classList.add("footnotes-beside");
    const isWide = getComputedStyle(footnotes.querySelector("li")).position === "absolute";
    if (isWide && !placeNotes(prose)) footnotes.classList.remove("footnotes-beside");
  }).observe(footnotes.parentElement);
}

const scheme = document.querySelector(".scheme-switch");

if (scheme) {
  const choice = scheme.querySelector("select");
  choice.value = document.documentElement.dataset.scheme ?? "";
  choice.addEventListener("change", () => {
    document.documentElement.dataset.scheme = choice.value;
    // Browsers that keep nothing keep the choice for this page.
    try { localStorage.scheme = choice.value; } catch { /* Nothing to do. */ }
  });
  scheme.hidden = false;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const box = document.querySelector(".search-box input");
  const link = document.querySelector('a[rel="search"]');
  if (!box && !link) return;
  event.preventDefault();
  if (!box) return void location.assign(link.href);
  box.focus();
  box.select();
});

const views = document.querySelector("[data-views]");

// The host alone, never the page there.
const cameFrom = () => {
  const host = document.referrer && new URL(document.referrer).hostname;
  return host && host !== location.hostname ? `?from=${encodeURIComponent(host)}` : "";
};

const countView = async () => {
  const answer = await fetch(views.dataset.views + cameFrom(), { method: "POST", credentials: "omit", keepalive: true });
  if (!answer.ok) return;
  const { views: seen, text } = await answer.json();
  views.querySelector("[data-views-text]").textContent = text;
  views.hidden = seen === 0;
};

// A page that is made ready in advance, or opened in a tab behind, has not been looked at yet.
const whenSeen = () => {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", whenSeen);
  countView().catch(() => {});
};

if (views) {
  document.addEventListener("visibilitychange", whenSeen);
  if (document.prerendering) document.addEventListener("prerenderingchange", whenSeen, { once: true });
  else whenSeen();
}

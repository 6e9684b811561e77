/* Counts that an article is looked at, and shows how often it was: the number in the page may be a minute old. */

const block = document.querySelector("[data-views]");

const count = async () => {
  const answer = await fetch(block.dataset.views, { method: "POST", credentials: "omit", keepalive: true });
  if (!answer.ok) return;
  const { views } = await answer.json();
  block.querySelector("[data-views-count]").textContent = views.toLocaleString("en");
  block.querySelector("[data-views-unit]").textContent = views === 1 ? "view" : "views";
};

// A page that is made ready in advance, or opened in a tab behind, has not been looked at yet.
const whenSeen = () => {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", whenSeen);
  count().catch(() => {});
};

if (block) {
  document.addEventListener("visibilitychange", whenSeen);
  if (document.prerendering) document.addEventListener("prerenderingchange", whenSeen, { once: true });
  else whenSeen();
}

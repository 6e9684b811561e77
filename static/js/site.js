/* What pages can do only with a script: copy and share an article's link, carry a card's picture into its article. */

for (const block of document.querySelectorAll("[data-share-url]")) {
  const { shareTitle: title, shareUrl: url } = block.dataset;
  const status = block.querySelector("[role=status]");
  const actions = {
    copy: navigator.clipboard && (() => navigator.clipboard.writeText(url).then(() => say("Link copied"))),
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
      if (error.name !== "AbortError") say("That did not work here");
    }));
  }
}

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

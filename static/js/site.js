/* What an article can do only with a script: copy its link, and hand it to the system to share. */

for (const block of document.querySelectorAll("[data-share-url]")) {
  const { shareTitle: title, shareUrl: url } = block.dataset;
  const status = block.querySelector("[role=status]");
  const actions = {
    copy: navigator.clipboard && (async () => {
      await navigator.clipboard.writeText(url);
      status.textContent = "Link copied";
      setTimeout(() => { status.textContent = ""; }, 4000);
    }),
    sheet: navigator.share && (() => navigator.share({ title, url })),
  };

  for (const button of block.querySelectorAll("[data-share]")) {
    const action = actions[button.dataset.share];
    if (!action) continue;
    button.parentElement.hidden = false;
    button.addEventListener("click", () => action().catch(() => { status.textContent = ""; }));
  }
}

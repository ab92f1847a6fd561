// Links with data-card open that card in the page's dialog; without this script they lead to a page.
const dialog = document.querySelector("dialog");

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-card]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.dataset.card);
  if (!answer.ok) return location.assign(link.href);
  dialog.querySelector(".slot").setHTMLUnsafe(await answer.text());
  dialog.querySelector("a").href = link.href;
  dialog.showModal();
});

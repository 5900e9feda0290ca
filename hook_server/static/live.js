"use strict";
// Keeps the parts marked data-live as the server renders them now. Changes only what differs, so that focus, open details and
// animations stay. The server says how often in data-refresh; 0 means that nothing will change any more.

const morph = (old, fresh) => {
  if (old.isEqualNode(fresh)) return;
  const alike = old.nodeName === fresh.nodeName && old.childNodes.length === fresh.childNodes.length && old.id === fresh.id;
  if (!alike) return old.replaceWith(fresh);
  if (old.nodeName === "INPUT") return;
  if (old.nodeType === Node.TEXT_NODE) { old.data = fresh.data; return; }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  before.forEach((child, place) => morph(child, after[place]));
};

const refresh = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected) return location.reload();
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (fresh) morph(old, fresh);
  }
  document.title = page.title;
  document.body.dataset.refresh = page.body.dataset.refresh;
};

const keepFresh = async () => {
  for (;;) {
    const seconds = Number(document.body.dataset.refresh);
    if (!seconds) return;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    if (document.hidden) continue;
    const failed = await refresh().then(() => false, () => true);
    document.getElementById("offline").hidden = !failed;
  }
};

keepFresh();

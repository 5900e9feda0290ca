"use strict";
// Reads a run's log from a byte offset and lets it grow. Text becomes text nodes, never markup. A line `==> step` opens a section.

const panel = document.getElementById("log");
const sign = document.getElementById("log-state");
const follow = document.getElementById("follow");
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const reader = new TextDecoder();
let rest = "";
let section = panel;
let following = true;

const element = (kind, name, text) => Object.assign(document.createElement(kind), { className: name, textContent: text });

const addLine = (line) => {
  const [, time, text] = /^(\d\d:\d\d:\d\d) ?(.*)$/.exec(line) ?? [null, "", line];
  const [, begun] = /^==> (\w+)$/.exec(text) ?? [];
  const [, , ended] = /^<== (\w+) (\w+)/.exec(text) ?? [];
  if (begun) section = panel.appendChild(Object.assign(element("section", "", ""), { id: `log-${begun}` }));
  const row = section.appendChild(element("div", begun ? "line begun" : ended ? `line ended is-${ended}` : "line", ""));
  row.append(element("span", "at", time), element("span", "text", begun ?? text.replace(/^<== /, "")));
};

const add = (bytes) => {
  const lines = (rest + reader.decode(bytes, { stream: true })).split("\n");
  rest = lines.pop();
  lines.forEach(addLine);
  if (following) panel.scrollTop = panel.scrollHeight;
};

const showStep = (step) => {
  const wanted = document.getElementById(`log-${step}`);
  if (wanted) panel.scrollTop = wanted.offsetTop - panel.offsetTop;
};

const read = async (offset, wait) => {
  const answer = await fetch(`${panel.dataset.from}?offset=${offset}&wait=${wait}`);
  if (answer.redirected) return location.reload();
  if (!answer.ok) throw new Error(answer.status);
  const bytes = await answer.arrayBuffer();
  if (bytes.byteLength) add(bytes);
  const status = answer.headers.get("X-Run-Status");
  const over = !["queued", "running"].includes(status);
  const later = Number(answer.headers.get("Retry-After"));
  return { later, next: Number(answer.headers.get("X-Log-Offset")), status, over, complete: over && !bytes.byteLength, grew: bytes.byteLength > 0 };
};

const say = (state, words) => { sign.className = `pulse ${state}`; sign.textContent = words; };

const keepReading = async () => {
  let [offset, seenRunning] = [0, false];
  for (;;) {
    const asked = Date.now();
    const got = await read(offset, offset ? 20 : 0).catch(() => null);
    if (!got) { say("lost", "no answer, trying again"); await pause(3); continue; }
    seenRunning ||= !got.over;
    following &&= seenRunning;
    offset = got.next;
    if (got.complete) break;
    say(...({ queued: ["", "waiting"], running: ["live", "live"] }[got.status] ?? ["", "loading"]));
    if (got.later || (!got.grew && Date.now() - asked < 1000)) await pause(got.later || 2);
  }
  if (rest) addLine(rest);
  say("", offset ? "complete" : "empty");
  if (!seenRunning) showStep(panel.dataset.show);
};

panel.addEventListener("scroll", () => {
  following = panel.scrollHeight - panel.scrollTop - panel.clientHeight < 48;
  follow.hidden = following || !sign.classList.contains("live");
});
document.addEventListener("click", (event) => {
  const step = event.target.closest(".step summary")?.closest(".step");
  if (step) showStep(step.id.replace("step-", ""));
});
follow.addEventListener("click", () => { panel.scrollTop = panel.scrollHeight; });

keepReading();

"use strict";
// Reads what the page holds as data, and shows it as text: nothing that a target said is ever taken for markup.
const make = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
};
let read;
const data = () => {
  if (!read) {
    const element = document.getElementById("data");
    read = element ? JSON.parse(element.textContent) : { checks: {}, exchanges: {} };
  }
  return read;
};

// Copy buttons.
const addCopy = code => {
  const button = make("button", "copy", "copy");
  button.type = "button";
  button.setAttribute("aria-label", `copy ${code.textContent.slice(0, 60)}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  });
  code.after(" ", button);
};
document.querySelectorAll("code.command").forEach(addCopy);

// Exchanges and checks, read when they are opened.
const side = (title, text) => {
  const part = make("div");
  const shown = make("pre", text);
  shown.tabIndex = 0;
  part.append(make("h4", title), shown);
  return part;
};
const command = text => {
  const line = make("p");
  const code = make("code", text, "command");
  line.append(code);
  addCopy(code);
  return line;
};
const fillExchange = details => {
  const found = data().exchanges[details.dataset.exchange];
  if (!found || typeof found === "string") {
    details.append(make("p", "Headers and bodies are in the journal of the run; --keep-bodies keeps them here.", "when"));
    return;
  }
  const sides = make("div", undefined, "sides");
  sides.append(side("Request", found.request), side("Response", found.response));
  details.append(make("p", found.when, "when"), sides);
  if (found.curl) {
    const curl = make("details", undefined, "curl");
    curl.append(make("summary", "As a curl command (masked: sign it anew, or replay)"), command(found.curl));
    details.append(curl);
  }
};
const fillCheck = details => {
  const found = data().checks[details.dataset.check];
  if (!found) return;
  if (found.replay) details.append(command(found.replay));
  if (found.more) details.append(make("p", `${found.more} earlier steps are in conformance.json only.`));
  const list = make("ol", undefined, "steps");
  for (const step of found.steps) {
    const item = make("li");
    if (typeof step === "string") {
      item.append(make("code", step));
    } else {
      const exchange = make("details");
      exchange.dataset.exchange = step;
      exchange.append(make("summary", data().exchanges[step].line ?? data().exchanges[step]));
      item.append(exchange);
    }
    list.append(item);
  }
  details.append(found.steps.length ? list : make("p", "It sent nothing."));
};
document.addEventListener("toggle", event => {
  const details = event.target;
  if (!details.open || details.dataset.filled) return;
  details.dataset.filled = "yes";
  if (details.dataset.exchange) fillExchange(details);
  if (details.dataset.check) fillCheck(details);
}, true);

// Search and filters, kept in the fragment of the address; a fragment without "=" is the id of a clause.
const form = document.getElementById("filters");
const rows = [...document.querySelectorAll("[data-clause]")];
const listed = rows.filter(row => !row.classList.contains("violation"));
const names = ["verdict", "level", "importance", "topic"];
const apply = () => {
  const wanted = name => form.elements[name].value;
  const words = wanted("q").toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const fits = names.every(name => wanted(name) === "" || row.dataset[name] === wanted(name));
    if (words.length) row.text ??= row.textContent.toLowerCase();
    row.hidden = !(fits && words.every(word => row.text.includes(word)));
  }
  for (const topic of document.querySelectorAll("section.topic")) {
    topic.hidden = !topic.querySelector("[data-clause]:not([hidden])");
  }
  document.getElementById("shown").textContent =
    `${listed.filter(row => !row.hidden).length} of ${listed.length} clauses`;
};
const remember = () => {
  const kept = new URLSearchParams();
  for (const name of ["q", ...names]) {
    const value = form.elements[name].value;
    if (value) kept.set(name, value);
  }
  const text = kept.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
};
const open = id => {
  const row = document.getElementById(id);
  if (!row) return;
  for (let each = row; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  row.scrollIntoView();
};
const follow = () => {
  let fragment = location.hash.slice(1);
  try { fragment = decodeURIComponent(fragment); } catch { /* stays as it is */ }
  if (!fragment.includes("=")) {
    if (fragment) open(fragment);
    return;
  }
  const kept = new URLSearchParams(location.hash.slice(1));
  for (const name of ["q", ...names]) form.elements[name].value = kept.get(name) ?? "";
  apply();
  document.getElementById("clauses").scrollIntoView();
};
if (form) {
  form.hidden = false;
  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }));
  form.addEventListener("submit", event => event.preventDefault());
  addEventListener("hashchange", follow);
  apply();
  follow();
}

// Keyboard.
const step = by => {
  const there = rows.filter(row => !row.hidden).map(row => row.querySelector("summary"));
  const now = there.indexOf(document.activeElement?.closest?.("[data-clause]")?.querySelector("summary"));
  const next = there[now < 0 ? (by > 0 ? 0 : there.length - 1) : Math.min(there.length - 1, Math.max(0, now + by))];
  next?.focus();
};
document.addEventListener("keydown", event => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.ctrlKey || event.metaKey || event.altKey || !form) return;
  if (event.key === "Escape") {
    form.reset();
    document.activeElement?.blur();
  } else if (!typing && event.key === "/") {
    event.preventDefault();
    form.elements.q.focus();
  } else if (!typing && (event.key === "j" || event.key === "k")) {
    step(event.key === "j" ? 1 : -1);
  }
});

// On paper violations are open.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details.violation:not([open])")];
  closed.forEach(each => { each.open = true; });
});
addEventListener("afterprint", () => closed.forEach(each => { each.open = false; }));

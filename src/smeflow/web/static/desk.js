"use strict";
// The pages work without this file; with it, fields and places light up together and keys decide.
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const page = document.body.dataset.page;

  // What is being read: ask until it is done, then show it.
  if (document.body.dataset.busy === "yes") {
    const ask = async () => {
      const answer = await fetch("/status").catch(() => null);
      const busy = answer && answer.ok ? (await answer.json()).busy : true;
      if (busy) return setTimeout(ask, 1500);
      if (page === "home" || page === "waiting") location.reload();
      else all(".working p").forEach((line) => line.remove());
    };
    setTimeout(ask, 1500);
  }

  // Files dropped anywhere on the page of the day.
  const upload = byId("upload");
  if (upload) {
    const files = byId("files");
    const edge = upload.closest(".drop");
    const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      edge.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => event.relatedTarget || edge.classList.remove("over"));
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      edge.classList.remove("over");
      files.files = event.dataTransfer.files;
      if (byId("recipe").options.length === 1) upload.requestSubmit();
      else byId("recipe").focus();
    });
  }

  // Single keys can be switched off, for those who dictate or whose hand slips (WCAG 2.1.4).
  const KEYS = "smeflow-single-keys";
  const keysOn = () => localStorage.getItem(KEYS) !== "off";
  const box = byId("single-keys");
  if (box) {
    box.checked = keysOn();
    box.addEventListener("change", () => localStorage.setItem(KEYS, box.checked ? "on" : "off"));
  }

  const form = byId("decide");
  const inputOf = (field) => field.querySelector("input:not([type=hidden]), select, textarea");
  let last = null;

  const light = (name) => {
    let first = null;
    all("[data-place]").forEach((place) => {
      const lit = place.dataset.place === name;
      place.classList.toggle("lit", lit);
      if (lit && !first) first = place;
    });
    const paper = document.querySelector(".paper");
    if (first && paper) {
      const [seen, there] = [paper.getBoundingClientRect(), first.getBoundingClientRect()];
      if (there.top < seen.top || there.bottom > seen.bottom) paper.scrollTop += there.top - seen.top - seen.height / 3;
    }
  };

  const showRival = (button) => {
    all(".rival-place").forEach((place) => place.setAttribute("hidden", ""));
    if (!button || !button.dataset.box) return;
    const place = document.querySelector(`.sheet.picture[data-sheet="${Number(button.dataset.sheet)}"] .rival-place`);
    if (!place) return;
    const [left, top, right, bottom] = button.dataset.box.split(" ").map((each) => Number(each) * 1000);
    const sizes = { x: left - 3, y: top - 2, width: right - left + 6, height: bottom - top + 4 };
    Object.entries(sizes).forEach(([name, value]) => place.setAttribute(name, value));
    place.removeAttribute("hidden");
  };

  const changed = (input) => {
    const field = input.closest(".field");
    const was = field.querySelector("input[type=hidden]");
    field.classList.toggle("changed", Boolean(was) && was.value !== input.value);
  };

  const put = (input, text) => {
    input.value = text;
    changed(input);
    input.focus();
    checkSoon();
  };

  // What the checks make of the values as they are typed; only the answer to the last question counts.
  const live = byId("live");
  let asked = 0;
  let pause = 0;
  const check = async () => {
    const question = (asked += 1);
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(`${form.getAttribute("action")}/check`, { method: "POST", body }).catch(() => null);
    if (!answer || !answer.ok || question !== asked) return;
    const told = await answer.json();
    live.textContent = told.problem || "";
    Object.entries(told.fields || {}).forEach(([name, { mark, said }]) => {
      const field = document.querySelector(`[data-field="${CSS.escape(name)}"]`);
      if (!field) return;
      const line = field.querySelector(".said");
      field.classList.remove("ok", "no");
      line.className = `said ${mark}`;
      if (mark) field.classList.add(mark);
      line.textContent = said ? `${{ ok: "\u2713", no: "\u2717" }[mark] || "\u00b7"} ${said}` : "";
    });
    Object.entries(told.checks || {}).forEach(([step, html]) => {
      const place = document.querySelector(`[data-checks="${CSS.escape(step)}"]`);
      if (place) place.innerHTML = html; // made by the desk, as the paper is
    });
  };
  const checkSoon = () => {
    clearTimeout(pause);
    pause = setTimeout(check, 250);
  };

  if (form) {
    all(".field").forEach((field) => {
      const input = inputOf(field);
      field.addEventListener("click", () => light(field.dataset.field));
      field.addEventListener("focusin", () => light(field.dataset.field));
      if (!input) return;
      input.addEventListener("focus", () => (last = input));
      input.addEventListener("input", () => {
        changed(input);
        checkSoon();
      });
      changed(input);
    });
    all(".rivals button").forEach((button) => {
      button.addEventListener("click", () => put(byId(button.dataset.into), button.dataset.value));
      ["mouseenter", "focus"].forEach((on) => button.addEventListener(on, () => showRival(button)));
      ["mouseleave", "blur"].forEach((off) => button.addEventListener(off, () => showRival(null)));
    });

    const paper = byId("paper");
    fetch(paper.dataset.from).then(async (answer) => {
      if (!answer.ok) return;
      paper.innerHTML = await answer.text(); // made by the desk, every text in it escaped; the policy runs no script
      paper.addEventListener("click", (event) => {
        const word = event.target.dataset.word;
        if (word !== undefined && last) put(last, event.shiftKey && last.value ? `${last.value} ${word}` : word);
      });
      if (document.activeElement && document.activeElement.closest(".field")) light(document.activeElement.closest(".field").dataset.field);
    });

    // What comes next is read before it is asked for.
    const next = document.querySelector("[data-key=next]");
    if (next) setTimeout(() => fetch(`${next.getAttribute("href")}/paper`).catch(() => null), 400);
  }

  all("[data-opens]").forEach((button) => button.addEventListener("click", () => byId(button.dataset.opens).showModal()));
  all("[data-closes]").forEach((button) => button.addEventListener("click", () => byId(button.dataset.closes).close()));

  const correct = () => {
    const doubtful = [".field.no", ".field:has(.rivals)", ".field:not(.ok)", ".field"].flatMap((each) => all(each));
    const input = doubtful.map(inputOf).find(Boolean);
    if (!input) return;
    input.focus();
    if (input.select) input.select(); // what is typed stands in its place
  };
  const correctButton = document.querySelector("[data-key=correct]");
  if (correctButton) correctButton.addEventListener("click", correct);

  const reason = byId("reason");
  if (reason)
    reason.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      byId("refuse").querySelector("[value=reject]").click();
    });

  const note = byId("note");
  if (note)
    note.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const accept = document.querySelector("[data-key=accept]") || document.querySelector("[data-key=save]");
      if (accept) accept.click();
    });

  // d goes to the mark between two pages that says where a new document begins; Enter there splits.
  const splitHere = () => {
    const mark = document.querySelector(".cut input");
    if (mark) mark.focus();
    return Boolean(mark);
  };

  const press = (key) => {
    if (key === "split") return splitHere();
    const target = document.querySelector(`[data-key=${key}]`);
    if (target) target.click();
    return Boolean(target);
  };
  const ACTIONS = { c: "correct", r: "reject", ArrowRight: "next", n: "next", ArrowLeft: "previous", "?": "help", z: "undo", d: "split" };

  document.addEventListener("keydown", (event) => {
    const at = event.target;
    const typing = at.matches("input:not([type=checkbox]):not([type=radio]), select, textarea");
    if (typing && event.key === "Escape") return at.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (typing || !keysOn()) return;
    if (event.key === "Enter") {
      if (at.matches("a, button, summary")) return;
      if (at.matches(".cut input")) return byId("split").requestSubmit();
      if (press("accept") || press("begin")) event.preventDefault();
    } else if (event.key === "/") {
      event.preventDefault();
      byId("q").focus();
    } else if (/^[1-4]$/.test(event.key)) {
      const field = last ? last.closest(".field") : document.querySelector(".field:has(.rivals)");
      const rival = field && all(".rivals button", field)[Number(event.key) - 1];
      if (rival) rival.click();
    } else if (ACTIONS[event.key] && press(ACTIONS[event.key])) event.preventDefault();
  });
})();

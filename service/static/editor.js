// While somebody types, the server is asked what it costs: the form's own "check", whose answer takes the place of what was there.
"use strict";

(function () {
  const form = document.getElementById("editor");
  if (!form || !window.fetch || !window.DOMParser) return;
  const AFTER = 250;
  let waiting = 0;
  let asked = 0;
  document.documentElement.classList.add("scripted");

  async function ask() {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "check");
    try {
      const answer = await fetch(form.action, { method: "POST", body: body, credentials: "same-origin" });
      if (!answer.ok || mine !== asked) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine === asked) take(fresh);
    } catch (failed) { /* the next letter asks again; "Check" works without us */ }
  }

  // Swap only what changed, and keep what was opened or ticked.
  function take(fresh) {
    form.querySelectorAll("[data-live]").forEach((part) => {
      const same = fresh.getElementById(part.id);
      if (!same) return;
      const open = part.querySelector("details[open]");
      if (open && same.querySelector("details")) same.querySelector("details").setAttribute("open", "");
      if (same.innerHTML !== part.innerHTML) part.innerHTML = same.innerHTML;
    });
    form.querySelectorAll("textarea").forEach((box) => {
      const same = fresh.getElementById(box.id);
      if (same && same.getAttribute("aria-invalid")) box.setAttribute("aria-invalid", "true");
      else box.removeAttribute("aria-invalid");
    });
  }

  form.addEventListener("input", (event) => {
    if (event.target.tagName !== "TEXTAREA") return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, AFTER);
  });
})();

// With a script the phones do not reload the page: the same forms are sent, and what came back takes the place of what was there.
"use strict";

(function () {
  const phones = document.getElementById("phones");
  if (!phones || !window.fetch || !window.DOMParser) return;
  const EVERY = 2500;
  let busy = false;

  async function fetched(address, options) {
    const answer = await fetch(address, Object.assign({ credentials: "same-origin" }, options));
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // Swap only what changed, so that the focus and a half-typed answer stay.
  function take(fresh, index) {
    const before = document.getElementById("phone-" + index);
    const after = fresh.getElementById("phone-" + index);
    if (!before || !after) return location.reload();
    const old = before.querySelector(".screen");
    const now = after.querySelector(".screen");
    if (old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
    before.querySelectorAll(".bar").forEach((bar, n) => { bar.innerHTML = after.querySelectorAll(".bar")[n].innerHTML; });
    const typed = before.querySelector("[name=typed]");
    typed.value = after.querySelector("[name=typed]").value;
    typed.placeholder = after.querySelector("[name=typed]").placeholder;
    before.querySelector(".call").textContent = after.querySelector(".call").textContent;
    before.querySelector(".pad label").textContent = after.querySelector(".pad label").textContent;
    texts(fresh);
  }

  function texts(fresh) {
    document.querySelectorAll("[data-live]").forEach((list) => {
      const same = fresh.querySelector('[data-live="' + list.dataset.live + '"]');
      if (same && same.innerHTML !== list.innerHTML) list.innerHTML = same.innerHTML;
    });
  }

  phones.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!("phone" in form.dataset)) return;
    const button = event.submitter;
    const section = form.closest("section");
    const typed = form.querySelector("[name=typed]");
    event.preventDefault();
    if (button && button.name === "key") { typed.value += button.value; return; }
    if (button && button.value === "clear") { typed.value = typed.value.slice(0, -1); return; }
    if (busy) return;
    busy = true;
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.set(button.name, button.value);
    try {
      take(await fetched(form.action, { method: "POST", body: body }), section.id.slice(6));
      if (form.classList.contains("write")) form.querySelector("[name=text]").value = "";
    } catch (failed) {
      location.reload();
    } finally {
      busy = false;
    }
  });

  setInterval(async () => {
    if (busy || document.hidden) return;
    try { texts(await fetched(location.pathname)); } catch (failed) { /* the next look will tell */ }
  }, EVERY);
})();

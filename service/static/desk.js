// A broadcast's page keeps itself up to date: it is fetched again, and what changed takes the place of what was there.
"use strict";

(function () {
  const bar = document.getElementById("progress");
  if (!bar || !window.fetch || !window.DOMParser) return;
  const EVERY = 1000, AFTER = 10000; // while it is sent, and when only reports still come
  document.getElementById("refresh").hidden = true;

  function take(fresh) {
    document.querySelectorAll("[data-live]").forEach((part) => {
      const now = fresh.querySelector('[data-live="' + part.dataset.live + '"]');
      if (!now) return;
      // A form keeps its focus unless it really is another one; its token differs every time.
      const plain = (html) => html.replace(/name="csrf_token" value="[^"]*"/g, "");
      if (plain(part.innerHTML) !== plain(now.innerHTML)) part.innerHTML = now.innerHTML;
      if (now.dataset.done) part.dataset.done = now.dataset.done;
    });
  }

  async function look() {
    try {
      if (!document.hidden) {
        const answer = await fetch(location.pathname, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) return location.reload();
        take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
    } catch (failed) { /* the next look will tell */ }
    setTimeout(look, bar.dataset.done === "yes" ? AFTER : EVERY);
  }
  setTimeout(look, EVERY);
})();

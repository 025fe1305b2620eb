// Keeps every element with data-live fresh: its content is asked for again while the page is looked at.
for (const part of document.querySelectorAll("[data-live]")) {
  const pause = 1000 * Number(part.dataset.seconds || 5);
  const refresh = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(part.dataset.live, { redirect: "error", headers: { accept: "text/html" } });
        if (answer.ok) part.innerHTML = await answer.text();
        if (answer.status === 401) return location.reload();
      } catch {
        // the server is being restarted, or the session ended: the page keeps what it shows
      }
    }
    setTimeout(refresh, pause);
  };
  setTimeout(refresh, pause);
}
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

/** Starts the reader on the page that the server renders. */

import { begin } from "./api";
import { el } from "./dom";
import { Reader } from "./reader";
import "./reader.css";

async function start(): Promise<void> {
  const root = document.getElementById("reader");
  if (!root) return;
  try {
    await begin();
    const renderer = new URLSearchParams(location.search).get("renderer");
    const reader = new Reader(root, root.dataset["audit"] ?? "", renderer);
    await reader.open(root.dataset["assignment"] ?? "");
  } catch (error) {
    const message = error instanceof Error ? error.message : "The reader could not start.";
    root.prepend(el("p", { role: "alert", class: "card failure" }, message));
  }
}

void start();

/** Every key and what it does, in one table: the handler and the help overlay read the same rows. */

export interface Binding {
  keys: string[];
  does: string;
  group: "Reading" | "Labels" | "Images" | "Boxes and identifiers";
  act: (event: KeyboardEvent) => void;
}

/** Name a key press: modifiers in one order, letters in lower case. */
export function named(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const special = event.key.length > 1;
  const parts = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.altKey ? "alt" : "", special && event.shiftKey ? "shift" : ""];
  return [...parts.filter(Boolean), special ? event.key : event.key.toLowerCase()].join("+");
}

/** Whether a key press belongs to what has the focus, such as a text field, rather than to the reader. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

export function handler(bindings: Binding[]): (event: KeyboardEvent) => void {
  const byKey = new Map(bindings.flatMap((b) => b.keys.map((key) => [key, b] as const)));
  return (event) => {
    if (isTyping(event.target) && event.key !== "Escape") return;
    const found = byKey.get(named(event));
    if (!found) return;
    event.preventDefault();
    found.act(event);
  };
}

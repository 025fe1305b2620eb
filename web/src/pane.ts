/** One image of the study with its overlay: pointer gestures for the view, and the box layer above it. */

import type { RenderingEngine } from "@cornerstonejs/core";
import type { ImageToRead } from "./api";
import { BoxLayer, type BoxHost } from "./boxes";
import type { Point } from "./coordinates";
import { el } from "./dom";
import { Magnifier } from "./magnifier";
import { ImageView } from "./viewer";

export class Pane {
  readonly view: ImageView;
  readonly layer: BoxLayer;
  readonly magnifier: Magnifier;
  private readonly caption = el("div", { class: "caption" });
  private last: Point | null = null;

  constructor(
    engine: RenderingEngine,
    readonly root: HTMLElement, // on the page and at its size: Cornerstone measures the element when it is enabled
    index: number,
    host: Omit<BoxHost, "map" | "image">,
    active: () => void,
  ) {
    const element = el("div", { class: "viewport", "data-testid": `viewport-${index}`, tabindex: "0", role: "img" });
    root.append(element, this.caption);
    this.view = new ImageView(engine, element, `viewport-${index}`, () => this.layer?.redraw());
    this.layer = new BoxLayer({ ...host, map: () => this.view.map(), image: () => (this.view.isShown ? this.view.image : null) });
    element.append(this.layer.svg);
    this.magnifier = new Magnifier(element);
    element.addEventListener("pointerdown", (event) => {
      active();
      this.last = [event.clientX, event.clientY];
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => this.drag(event));
    element.addEventListener("pointerup", () => (this.last = null));
    element.addEventListener("focus", active);
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("wheel", (event) => {
      event.preventDefault();
      const frame = element.getBoundingClientRect();
      this.view.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, [event.clientX - frame.left, event.clientY - frame.top]);
    }, { passive: false });
  }

  async show(image: ImageToRead): Promise<void> {
    const began = performance.now();
    delete this.view.element.dataset["shown"];
    this.caption.textContent = "Loading …";
    this.view.element.setAttribute("aria-label", `Radiograph, ${image.view ?? image.role}`);
    try {
      await this.view.show(image);
    } catch {
      this.caption.textContent = "This image could not be shown. Reload the page to try again.";
      return;
    }
    await new Promise(requestAnimationFrame);
    this.layer.redraw();
    this.view.element.dataset["milliseconds"] = (performance.now() - began).toFixed(0);
    this.view.element.dataset["shown"] = image.id;
    this.caption.textContent = `${image.view ?? image.role} · ${image.columns} × ${image.rows} · ${image.bits_stored} bit`;
  }

  private drag(event: PointerEvent): void {
    if (!this.last || !event.buttons) return;
    const [dx, dy] = [event.clientX - this.last[0], event.clientY - this.last[1]];
    this.last = [event.clientX, event.clientY];
    if (event.buttons & 6 || event.shiftKey) this.view.pan(dx, dy);
    else this.view.dragWindow(dx, dy);
  }
}

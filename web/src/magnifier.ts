/** A lens that follows the pointer: a copy of what lies under it, enlarged. */

const SIZE = 240;
const POWER = 3;

export class Magnifier {
  private readonly lens = document.createElement("canvas");
  on = false;

  constructor(private readonly element: HTMLElement) {
    this.lens.className = "lens";
    this.lens.width = SIZE;
    this.lens.height = SIZE;
    this.lens.hidden = true;
    element.append(this.lens);
    element.addEventListener("pointermove", (event) => this.follow(event));
    element.addEventListener("pointerleave", () => (this.lens.hidden = true));
  }

  toggle(): void {
    this.on = !this.on;
    if (!this.on) this.lens.hidden = true;
  }

  private follow(event: PointerEvent): void {
    const source = this.element.querySelector<HTMLCanvasElement>("canvas:not(.lens)");
    const pen = this.lens.getContext("2d");
    if (!this.on || !source || !pen) return;
    const frame = source.getBoundingClientRect();
    const ratio = source.width / frame.width;
    const span = SIZE / POWER;
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    pen.fillStyle = "black";
    pen.fillRect(0, 0, SIZE, SIZE);
    pen.drawImage(source, (x - span / 2) * ratio, (y - span / 2) * ratio, span * ratio, span * ratio, 0, 0, SIZE, SIZE);
    const home = this.element.getBoundingClientRect();
    this.lens.style.left = `${event.clientX - home.left - SIZE / 2}px`;
    this.lens.style.top = `${event.clientY - home.top - SIZE / 2}px`;
    this.lens.hidden = false;
  }
}

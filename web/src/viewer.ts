/** Radiographs at native depth through Cornerstone3D: loading, prefetching, window and level, zoom, pan, turning. */

import { Enums, RenderingEngine, cache, imageLoader, init, metaData, setUseCPURendering, utilities } from "@cornerstonejs/core";
import type { Types } from "@cornerstonejs/core";
import { pixels, type ImageToRead } from "./api";
import { StoredMap, type Point } from "./coordinates";

const SCHEME = "cxrforge";
const ENGINE = "reader";
const CACHE_BYTES = 1024 ** 3; // some thirty radiographs of 2500 × 3000
const SAMPLES = 20_000;
const [LEAST_SCALE, MOST_SCALE] = [0.02, 60]; // pixels of the page per stored pixel

export interface Window {
  centre: number;
  width: number;
}

const known = new Map<string, ImageToRead>();
const windows = new Map<string, Window>();
let cpu = false;

const imageId = (image: ImageToRead) => `${SCHEME}:${image.id}`;

/** Set the renderer up once; `renderer` "cpu" avoids WebGL, as a machine without it does by itself. */
export function beginRendering(renderer: string | null): RenderingEngine {
  init({ rendering: { webGlContextCount: 2 } } as Types.Cornerstone3DConfig);
  if (renderer === "cpu") setUseCPURendering(true);
  cpu = renderer === "cpu" || !document.createElement("canvas").getContext("webgl2");
  cache.setMaxCacheSize(CACHE_BYTES);
  imageLoader.registerImageLoader(SCHEME, (id: string) => ({ promise: load(id) }));
  metaData.addProvider(describe, 1000);
  return new RenderingEngine(ENGINE);
}

/** Fetch and keep images that will be wanted next. */
export function prefetch(images: ImageToRead[]): void {
  for (const image of images) {
    known.set(imageId(image), image);
    imageLoader.loadAndCacheImage(imageId(image)).catch(() => undefined); // shown again when it is really wanted
  }
}

async function load(id: string): Promise<Types.IImage> {
  const image = known.get(id);
  if (!image) throw new Error("an image was asked for that no assignment has");
  const values = await pixels(image);
  const [low, high] = extent(values, image);
  const [least, most] = range(values);
  if (!windows.has(id)) windows.set(id, storedWindow(image) ?? { centre: (low + high) / 2, width: Math.max(high - low, 1) });
  const window = windows.get(id) as Window;
  return {
    imageId: id,
    minPixelValue: least,
    maxPixelValue: most,
    slope: 1, // stored values are shown; the window is brought to them
    intercept: 0,
    windowCenter: window.centre,
    windowWidth: window.width,
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR_EXACT,
    getPixelData: () => values,
    getCanvas: () => document.createElement("canvas"),
    rows: image.rows,
    columns: image.columns,
    height: image.rows,
    width: image.columns,
    color: false,
    rgba: false,
    numberOfComponents: 1,
    columnPixelSpacing: 1,
    rowPixelSpacing: 1,
    invert: false,
    sizeInBytes: values.byteLength,
    dataType: image.signed ? "Int16Array" : "Uint16Array",
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width: image.columns,
      height: image.rows,
      numberOfComponents: 1,
      scalarData: values,
    }),
  } as unknown as Types.IImage;
}

/** Tell Cornerstone what it asks of a header. Distances are in stored pixels; polarity is ours to apply. */
function describe(type: string, id: string): unknown {
  const image = known.get(id);
  if (!image) return undefined;
  switch (type) {
    case "imagePixelModule":
      return {
        bitsAllocated: 16,
        bitsStored: image.bits_stored,
        highBit: image.bits_stored - 1,
        samplesPerPixel: 1,
        photometricInterpretation: "MONOCHROME2",
        pixelRepresentation: image.signed ? 1 : 0,
        rows: image.rows,
        columns: image.columns,
      };
    case "imagePlaneModule":
      return {
        frameOfReferenceUID: id,
        rows: image.rows,
        columns: image.columns,
        rowCosines: [1, 0, 0],
        columnCosines: [0, 1, 0],
        imageOrientationPatient: [1, 0, 0, 0, 1, 0],
        imagePositionPatient: [0, 0, 0],
        pixelSpacing: [1, 1],
        rowPixelSpacing: 1,
        columnPixelSpacing: 1,
        usingDefaultValues: false,
      };
    case "generalSeriesModule":
      return { modality: "DX", seriesInstanceUID: id };
    default:
      return undefined;
  }
}

function storedWindow(image: ImageToRead): Window | null {
  if (!image.window) return null;
  return { centre: (image.window[0] - image.intercept) / image.slope, width: image.window[1] / Math.abs(image.slope) };
}

/** The least and the greatest stored value; the CPU renderer builds its table over them. */
function range(values: Uint16Array | Int16Array): [number, number] {
  let [least, most] = [values[0] as number, values[0] as number];
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i] as number;
    if (value < least) least = value;
    else if (value > most) most = value;
  }
  return [least, most];
}

/** The 1st and 99.5th percentile of what is image, from a sample spread over it. */
function extent(values: Uint16Array | Int16Array, image: ImageToRead): [number, number] {
  const step = Math.max(1, Math.floor(values.length / SAMPLES));
  const sample: number[] = [];
  for (let i = 0; i < values.length; i += step) {
    const value = values[i] as number;
    if (!image.padding || value < image.padding[0] || value > image.padding[1]) sample.push(value);
  }
  if (!sample.length) return [0, 2 ** image.bits_stored - 1];
  sample.sort((a, b) => a - b);
  const at = (share: number) => sample[Math.min(sample.length - 1, Math.floor(share * sample.length))] as number;
  return [at(0.01), Math.max(at(0.995), at(0.01) + 1)];
}

/** One image on the page. Every change of the view goes through here, so that overlays can follow. */
export class ImageView {
  image: ImageToRead | null = null;
  window: Window = { centre: 0, width: 1 };
  inverted = false;
  turned = 0;
  isShown = false;
  private readonly viewport: Types.IStackViewport;

  constructor(
    engine: RenderingEngine,
    readonly element: HTMLDivElement,
    id: string,
    private readonly moved: () => void,
  ) {
    engine.enableElement({
      viewportId: id,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] as Types.Point3 },
    });
    this.viewport = engine.getViewport(id) as Types.IStackViewport;
    element.addEventListener(Enums.Events.IMAGE_RENDERED, () => this.isShown && this.moved());
  }

  async show(image: ImageToRead): Promise<void> {
    this.image = image;
    this.isShown = false;
    known.set(imageId(image), image);
    const id = imageId(image);
    await this.viewport.setStack([id]);
    if (this.image !== image) return; // another one was asked for meanwhile
    this.isShown = true;
    this.inverted = false;
    this.turned = 0;
    this.reset();
  }

  /** Back to the image as its header shows it, fitted. */
  reset(): void {
    if (!this.image) return;
    this.window = { ...(windows.get(imageId(this.image)) ?? { centre: 0, width: 1 }) };
    this.inverted = false;
    this.turned = 0;
    this.viewport.resetCamera();
    this.turn(0);
    this.apply();
  }

  setWindow(window: Window): void {
    this.window = { centre: window.centre, width: Math.max(1, window.width) };
    this.apply();
  }

  /** Drag right for contrast, down for brightness, in steps that fit the image's own range. */
  dragWindow(dx: number, dy: number): void {
    const range = this.image ? (windows.get(imageId(this.image))?.width ?? 1) : 1;
    const step = range / 400;
    const sign = this.isInverted ? -1 : 1;
    this.setWindow({ centre: this.window.centre - sign * -dy * step, width: this.window.width + dx * step });
  }

  /** Narrow or widen the header's window: lungs want a wide one, mediastinum a lower half. */
  preset(name: "default" | "lung" | "mediastinum" | "bone"): void {
    if (!this.image) return;
    const base = windows.get(imageId(this.image)) ?? this.window;
    const dense = this.isInverted ? -1 : 1; // towards what absorbs more
    const shift = { default: 0, lung: -0.15, mediastinum: 0.2, bone: 0.25 }[name] * dense;
    const width = { default: 1, lung: 0.7, mediastinum: 0.55, bone: 0.4 }[name];
    this.setWindow({ centre: base.centre + shift * base.width, width: width * base.width });
  }

  invert(): void {
    this.inverted = !this.inverted;
    this.apply();
  }

  turn(by = 90): void {
    this.turned = (this.turned + by + 360) % 360;
    this.viewport.setViewPresentation({ rotation: this.turned } as Types.ViewPresentation);
    this.render();
  }

  zoom(factor: number, at?: Point): void {
    if (!this.image) return;
    const anchor = at ?? [this.element.clientWidth / 2, this.element.clientHeight / 2];
    const place = this.map().toStored(anchor);
    const scale = this.map().scale;
    const wanted = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, scale * factor));
    this.viewport.setZoom((this.viewport.getZoom() * wanted) / scale); // zoom counts from the fit in WebGL, from 1 on the CPU
    const now = this.map().toCanvas(place);
    this.pan(anchor[0] - now[0], anchor[1] - now[1]);
  }

  pan(dx: number, dy: number): void {
    if (cpu) {
      const { clientWidth, clientHeight } = this.element;
      this.viewport.setCamera({ focalPoint: this.viewport.canvasToWorld([clientWidth / 2 - dx, clientHeight / 2 - dy]) });
    } else {
      const [x, y] = this.viewport.getPan();
      this.viewport.setPan([x + dx, y + dy]);
    }
    this.render();
  }

  /** One stored pixel to one pixel of the screen. */
  actualSize(): void {
    this.zoom(1 / (this.map().scale * window.devicePixelRatio));
  }

  /** The map between stored coordinates and points of the element. */
  map(): StoredMap {
    const at = (x: number, y: number) => this.viewport.worldToCanvas([x, y, 0]) as Point;
    return new StoredMap({ origin: at(0, 0), right: at(1, 0), down: at(0, 1) }, !cpu);
  }

  get isInverted(): boolean {
    return this.inverted !== (this.image?.photometric === "MONOCHROME1");
  }

  private apply(): void {
    const { centre, width } = this.window;
    this.viewport.setProperties({
      voiRange: { lower: centre - width / 2, upper: centre + width / 2 },
      invert: this.isInverted,
      interpolationType: Enums.InterpolationType.LINEAR,
    });
    this.render();
  }

  private render(): void {
    this.viewport.render();
    this.moved();
  }
}

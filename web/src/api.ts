/** The server's JSON interface: shapes as it sends them, and one function for each request. */

export type Label = 1 | 0 | -1 | null;
export type Bbox = [x: number, y: number, width: number, height: number];

/** One person's reading. A label that is absent was not answered; null means "not mentioned". */
export interface Reading {
  report_labels: Record<string, Label>;
  image_labels: Record<string, Label>;
  boxes: Box[];
  quality: Record<string, Record<string, string>>;
  identifiers: Identifier[];
  comment: string;
}

/** A box in stored pixels; the origin is the top left corner of the first pixel. */
export interface Box {
  id: string;
  image: string;
  category: string;
  bbox: Bbox;
  source: string;
}

export type Identifier = { image: string; bbox: Bbox } | { section: string; start: number; end: number };

export interface Proposal {
  category: string;
  bbox: Bbox;
  score: number | null;
}

export interface Verdict {
  value: number | null;
  verdict: string;
  explanation: string;
}

export interface ImageToRead {
  id: string;
  role: string;
  view: string | null;
  rows: number;
  columns: number;
  bits_stored: number;
  signed: boolean;
  photometric: "MONOCHROME1" | "MONOCHROME2";
  window: [number, number] | null;
  pixel_spacing: [number, number] | null;
  slope: number;
  intercept: number;
  padding: [number, number] | null;
  proposals: Proposal[];
  quality: Record<string, Verdict>;
}

export interface Mention {
  observation: string;
  assertion: string;
  section: string;
  start: number;
  end: number;
  rule: string;
}

export interface Assignment {
  id: string;
  audit: { id: string; kind: string; blinded: boolean };
  position: number;
  total: number;
  previous: string | null;
  next: string | null;
  state: string;
  slot: number;
  study: { id: string; site: string };
  images: ImageToRead[];
  report: { language: string; sections: { name: string; text: string }[]; mentions: Mention[] } | null;
  observations: string[];
  automatic: Record<string, Label> | null;
  reading: Reading | null;
  revision: number;
  others: { reading: Reading }[];
  issues: { code: string; detail?: string; meaning?: string }[];
}

export interface WorkEntry {
  assignment: string;
  state: string;
}

export type Flag = { image: string; bbox: Bbox; note: string } | { section: string; start: number; end: number; note: string };

/** What the server refused, in its own words. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: unknown,
  ) {
    super(message);
  }
}

let csrf = "";

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["x-csrf-token"] = csrf;
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = JSON.stringify(body);
  const answer = await fetch(path, init);
  const told = (await answer.json().catch(() => ({}))) as { message?: string };
  if (!answer.ok) throw new RefusedError(answer.status, told.message ?? `The server answered ${answer.status}.`, told);
  return told as T;
}

/** Learn who is logged in, and the token that changes carry. */
export async function begin(): Promise<{ name: string; role: string }> {
  const me = await ask<{ name: string; role: string; csrf: string }>("GET", "/api/me");
  csrf = me.csrf;
  return me;
}

export const worklist = (audit: string) => ask<WorkEntry[]>("GET", `/api/audits/${encodeURIComponent(audit)}/worklist`);
export const assignment = (id: string) => ask<Assignment>("GET", `/api/assignments/${encodeURIComponent(id)}`);

export const save = (id: string, revision: number, reading: Reading, seconds: number) =>
  ask<{ revision: number }>("PUT", `/api/assignments/${encodeURIComponent(id)}/reading`, { revision, reading, seconds });

export const setState = (id: string, state: string, revision: number) =>
  ask<{ state: string; next: string | null }>("POST", `/api/assignments/${encodeURIComponent(id)}/state`, { state, revision });

export const flag = (id: string, what: Flag) =>
  ask<{ flagged: boolean }>("POST", `/api/assignments/${encodeURIComponent(id)}/flag`, what);

/** Fetch the stored values of an image: rows × columns of 16 bits, little endian. */
export async function pixels(image: ImageToRead): Promise<Uint16Array | Int16Array> {
  const answer = await fetch(`/api/images/${encodeURIComponent(image.id)}/pixels`, { credentials: "same-origin" });
  if (!answer.ok) throw new RefusedError(answer.status, "An image could not be fetched.", null);
  const bytes = await answer.arrayBuffer();
  const values = image.signed ? new Int16Array(bytes) : new Uint16Array(bytes);
  if (values.length !== image.rows * image.columns) throw new RefusedError(500, "An image came incomplete.", null);
  return values;
}

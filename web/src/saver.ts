/** Saves a reading as it happens: one request at a time, drafts against a crash, newer answers taken in. */

import { RefusedError, type Reading } from "./api";
import { copy, rebase, same } from "./reading";

export type SaveState = "saved" | "saving" | "unsaved" | "offline" | "refused";

export interface Transport {
  save(revision: number, reading: Reading, seconds: number): Promise<{ revision: number }>;
}

export interface Drafts {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

interface Draft {
  before: Reading;
  mine: Reading;
}

const RETRY_MS = 2000;

/**
 * `kept` is what the server has acknowledged; whatever differs from it is unsaved and lies in a draft in the browser.
 * On a conflict the unsaved difference is put onto what the server holds now.
 */
export class Saver {
  state: SaveState = "saved";
  message = "";
  private kept: Reading;
  private wanted: Reading;
  private running: Promise<void> | null = null;
  private readonly begun = Date.now();

  constructor(
    private readonly key: string,
    public revision: number,
    reading: Reading,
    private readonly transport: Transport,
    private readonly drafts: Drafts,
    private readonly changed: (reading: Reading | null) => void,
    private readonly wait: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {
    this.kept = copy(reading);
    this.wanted = this.kept;
  }

  /** Return what a crash left unsaved, put onto the saved reading; null where nothing was left. */
  recovered(): Reading | null {
    const text = this.drafts.get(this.key);
    if (!text) return null;
    try {
      const draft = JSON.parse(text) as Draft;
      const found = rebase(draft.before, draft.mine, this.kept);
      return same(found, this.kept) ? null : found;
    } catch {
      this.drafts.remove(this.key);
      return null;
    }
  }

  /** Take a change over: it is drafted at once and sent. */
  keep(reading: Reading): void {
    this.wanted = copy(reading);
    this.drafts.set(this.key, JSON.stringify({ before: this.kept, mine: this.wanted } satisfies Draft));
    if (this.state !== "saving" && this.state !== "offline") this.tell("unsaved");
    this.running ??= this.work().finally(() => (this.running = null));
  }

  /** Wait until everything is saved, or could not be. */
  async settled(): Promise<boolean> {
    while (this.running) await this.running;
    return this.state === "saved";
  }

  private async work(): Promise<void> {
    while (!same(this.wanted, this.kept)) {
      const sent = this.wanted;
      this.tell(this.state === "offline" ? "offline" : "saving");
      try {
        const seconds = (Date.now() - this.begun) / 1000;
        this.revision = (await this.transport.save(this.revision, sent, seconds)).revision;
        this.kept = sent;
        this.tell("saving");
      } catch (error) {
        if (error instanceof RefusedError && error.status === 409) this.takeIn(error);
        else if (error instanceof RefusedError && error.status < 500) return this.tell("refused", error.message);
        else {
          this.tell("offline");
          await this.wait(RETRY_MS);
        }
      }
    }
    this.drafts.remove(this.key);
    this.tell("saved");
  }

  private takeIn(error: RefusedError): void {
    const now = error.body as { revision: number; reading: Reading };
    this.wanted = rebase(this.kept, this.wanted, now.reading);
    this.kept = copy(now.reading);
    this.revision = now.revision;
    this.changed(copy(this.wanted));
  }

  private tell(state: SaveState, message = ""): void {
    this.state = state;
    this.message = message;
    this.changed(null);
  }
}

import { describe, expect, it } from "vitest";
import { RefusedError, type Reading } from "../src/api";
import { EMPTY, withLabel } from "../src/reading";
import { Saver, type Drafts } from "../src/saver";

class Memory implements Drafts {
  kept = new Map<string, string>();
  get = (key: string) => this.kept.get(key) ?? null;
  set = (key: string, value: string) => void this.kept.set(key, value);
  remove = (key: string) => void this.kept.delete(key);
}

class Server {
  revision = 0;
  reading: Reading = EMPTY;
  failures = 0;
  save = async (revision: number, reading: Reading) => {
    if (this.failures-- > 0) throw new TypeError("network");
    if (revision !== this.revision) throw new RefusedError(409, "stale", { revision: this.revision, reading: this.reading });
    this.reading = reading;
    return { revision: ++this.revision };
  };
}

const saver = (server: Server, drafts: Drafts, told: (r: Reading | null) => void = () => {}) =>
  new Saver("k", server.revision, server.reading, server, drafts, told, async () => {});

describe("saving", () => {
  it("sends the last of many changes and forgets the draft", async () => {
    const server = new Server();
    const drafts = new Memory();
    const one = saver(server, drafts);
    for (const value of [1, 0, -1] as const) one.keep(withLabel(EMPTY, "report_labels", "Edema", value));
    expect(await one.settled()).toBe(true);
    expect(server.reading.report_labels).toEqual({ Edema: -1 });
    expect(drafts.kept.size).toBe(0);
  });

  it("tries again until the server is back", async () => {
    const server = new Server();
    server.failures = 3;
    const one = saver(server, new Memory());
    one.keep(withLabel(EMPTY, "report_labels", "Edema", 1));
    expect(await one.settled()).toBe(true);
    expect(server.reading.report_labels).toEqual({ Edema: 1 });
  });

  it("puts its change onto what another tab saved, and shows both", async () => {
    const server = new Server();
    const shown: (Reading | null)[] = [];
    const one = saver(server, new Memory(), (r) => shown.push(r));
    const two = saver(server, new Memory());
    two.keep(withLabel(EMPTY, "report_labels", "Fracture", 1));
    await two.settled();
    one.keep(withLabel(EMPTY, "report_labels", "Edema", 0));
    await one.settled();
    expect(server.reading.report_labels).toEqual({ Fracture: 1, Edema: 0 });
    expect(shown.some((r) => r?.report_labels["Fracture"] === 1)).toBe(true);
  });

  it("recovers what a crash left in the browser", () => {
    const server = new Server();
    server.failures = 1e9;
    const drafts = new Memory();
    const blocked = new Saver("k", 0, EMPTY, server, drafts, () => {}, () => new Promise(() => {}));
    blocked.keep(withLabel(EMPTY, "report_labels", "Edema", 1));
    expect(saver(new Server(), drafts).recovered()?.report_labels).toEqual({ Edema: 1 });
  });

  it("stops at a refusal and says why", async () => {
    const one = new Saver("k", 0, EMPTY, { save: async () => { throw new RefusedError(403, "not yours", null); } }, new Memory(), () => {});
    one.keep(withLabel(EMPTY, "report_labels", "Edema", 1));
    expect(await one.settled()).toBe(false);
    expect([one.state, one.message]).toEqual(["refused", "not yours"]);
  });
});

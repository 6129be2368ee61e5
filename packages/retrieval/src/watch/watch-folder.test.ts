import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { on, EventEmitter } from "node:events";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { describe, expect, test } from "vitest";

import { verifyIndex } from "../citation/verify-index.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndex } from "../query/open-index.ts";
import type { Places, StandInModel } from "../ingest/stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import type { WatchEvent, WatchOptions } from "./watch-folder.ts";
import { watchFolder } from "./watch-folder.ts";

interface Watched {
  readonly events: readonly WatchEvent[];
  /** The next event that fits, from now on or since the last one that was waited for. */
  readonly until: (fits: (event: WatchEvent) => boolean) => Promise<WatchEvent>;
  readonly stop: () => Promise<void>;
}

const patience = { timeout: 60_000 };

function startWatch(
  places: Places,
  model: StandInModel = standInModel(),
  options: Partial<WatchOptions> = {},
): Watched {
  const abort = new AbortController();
  const bus = new EventEmitter();
  const events: WatchEvent[] = [];
  let next = 0;
  const { workspace, folder, registry } = places;
  const done = watchFolder(workspace, folder, registry, model, {
    signal: abort.signal,
    onEvent: (event) => {
      events.push(event);
      bus.emit("event");
    },
    ...options,
  });
  done.catch((error: unknown) => bus.emit("error", error));
  return {
    events,
    until: async (fits) => {
      const waiting = on(bus, "event");
      try {
        for (;;) {
          const found = events.findIndex((event, place) => place >= next && fits(event));
          if (found >= 0) {
            next = found + 1;
            return events[found] as WatchEvent;
          }
          await waiting.next();
        }
      } finally {
        await waiting.return?.();
      }
    },
    stop: async () => {
      abort.abort(new Error("stopped"));
      await done;
    },
  };
}

const indexed =
  (documents: number) =>
  (event: WatchEvent): boolean =>
    event.event === "indexed" && event.report.documents === documents;

async function pathsOf(places: Places, query: string): Promise<readonly string[]> {
  using index = openIndex(places.folder, { registry: places.registry }, "space-one");
  const answer = await answerQuery(index, embedQuery, query, { topK: 20 });
  return answer.results
    .filter(({ text }) => text.includes(query))
    .map(({ citation }) => citation.path);
}

describe("watching a folder", () => {
  test("sees saves, atomic saves, renames, new folders, moves and removals", patience, async () => {
    using places = temporaryPlaces();
    const { workspace } = places;
    const at = (name: string): string => path.join(workspace, name);
    writeFileSync(at("a.md"), "# A\n\nThe albatross.\n");
    const model = standInModel();
    const watched = startWatch(places, model);
    await watched.until(indexed(1));
    // Watching begins before the first listing, so this is seen, however soon it comes.
    writeFileSync(at("b.md"), "# B\n\nThe bittern.\n");
    await watched.until(indexed(2));
    // As editors save: a new file beside it, renamed over it.
    writeFileSync(at("b.md.new"), "# B\n\nThe bullfinch.\n");
    renameSync(at("b.md.new"), at("b.md"));
    await watched.until((event) => event.event === "indexed" && event.report.changed === 1);
    expect(await pathsOf(places, "bullfinch")).toEqual(["b.md"]);
    expect(await pathsOf(places, "bittern")).toEqual([]);
    mkdirSync(at("deep/er"), { recursive: true });
    writeFileSync(at("deep/er/c.md"), "# C\n\nThe cormorant.\n");
    await watched.until(indexed(3));
    const embedded = model.embedded.length;
    renameSync(at("deep"), at("moved"));
    await watched.until((event) => event.event === "indexed" && event.report.removed === 1);
    expect(await pathsOf(places, "cormorant")).toEqual(["moved/er/c.md"]);
    expect(model.embedded).toHaveLength(embedded);
    // In the folder that was moved, whose watch must still work.
    appendFileSync(at("moved/er/c.md"), "\nAnd the crane.\n");
    await watched.until((event) => event.event === "indexed" && event.report.changed === 1);
    expect(await pathsOf(places, "crane")).toEqual(["moved/er/c.md"]);
    rmSync(at("moved"), { recursive: true });
    await watched.until(indexed(2));
    mkdirSync(at("moved"));
    writeFileSync(at("moved/d.md"), "# D\n\nThe dunlin.\n");
    await watched.until(indexed(3));
    await watched.stop();
    expect(watched.events.at(-1)).toEqual({ event: "stopped", unfinished: false });
    expect(watched.events.filter(({ event }) => event === "failed")).toEqual([]);
  });

  test("admits what a walk admits, and nothing else", patience, async () => {
    using places = temporaryPlaces();
    const { base, workspace } = places;
    const at = (name: string): string => path.join(workspace, name);
    writeFileSync(at("a.md"), "# A\n\nThe canary of a.\n");
    writeFileSync(at(".gitignore"), "private\n*.draft.md\n");
    const watched = startWatch(places);
    await watched.until(indexed(1));
    const outside = path.join(base, "outside.md");
    writeFileSync(outside, "# Outside\n\nThe canary of outside.\n");
    symlinkSync(outside, at("link.md"));
    symlinkSync(base, at("around"));
    linkSync(outside, at("hard.md"));
    mkdirSync(at("private"));
    writeFileSync(at("private/p.md"), "# P\n\nThe canary of private.\n");
    writeFileSync(at("x.draft.md"), "# X\n\nThe canary of a draft.\n");
    writeFileSync(at(".env"), "KEY=canary\n");
    writeFileSync(at("last.md"), "# Last\n\nThe canary of last.\n");
    await watched.until((event) => event.event === "indexed" && event.report.documents === 3);
    const own = ["a.md", "hard.md", "last.md"];
    expect([...(await pathsOf(places, "canary"))].sort()).toEqual(own);
    // A rule counts from the moment it is written.
    writeFileSync(at(".gitignore"), "private\n*.draft.md\nlast.md\n");
    await watched.until((event) => event.event === "indexed" && event.report.removed === 1);
    expect([...(await pathsOf(places, "canary"))].sort()).toEqual(["a.md", "hard.md"]);
    writeFileSync(at(".ragignore"), "hard.md\n!last.md\n!.env\n");
    await watched.until((event) => event.event === "indexed" && event.report.removed === 1);
    expect([...(await pathsOf(places, "canary"))].sort()).toEqual(["a.md", "last.md"]);
    await watched.stop();
  });

  test("lets queries see the old index or the new one, whole", patience, async () => {
    using places = temporaryPlaces();
    const { folder, registry, workspace } = places;
    const write = (round: number): void => {
      for (const name of ["a", "b", "c"]) {
        writeFileSync(
          path.join(workspace, `${name}.md`),
          `# ${name}\n\nRound${round} of gannet.\n`,
        );
      }
    };
    write(0);
    const watched = startWatch(places);
    await watched.until(indexed(3));
    let asked = 0;
    let publications = 0;
    for (let round = 1; round <= 3; round += 1) {
      write(round);
      const published = watched.until((event) => event.event === "indexed");
      let news = false;
      void published.then(() => (news = true));
      while (!news) {
        using index = openIndex(folder, { registry }, "space-one");
        const answer = await answerQuery(index, embedQuery, "gannet");
        expect(answer.results).toHaveLength(3);
        expect(answer.snapshotRoot).toBe(index.snapshot.snapshotRoot);
        expect(verifyIndex(index, undefined)).toMatchObject({ ok: true });
        asked += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await published;
      publications += 1;
    }
    await watched.stop();
    expect([asked > 3, publications]).toEqual([true, 3]);
  });

  test("makes one run of many changes", patience, async () => {
    using places = temporaryPlaces();
    places.write("a.md", "# A\n\nThe albatross.\n");
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    // Nothing settles before all changes are made.
    const watched = startWatch(places, standInModel(), { wait: () => held });
    await watched.until(indexed(1));
    for (let file = 0; file < 200; file += 1) {
      places.write(`${file}.md`, `# ${file}\n\nText ${file}.\n`);
    }
    release?.();
    await watched.until(indexed(201));
    await watched.stop();
    expect(watched.events.filter(({ event }) => event === "indexed")).toHaveLength(2);
  });

  test(
    "looks now and then where the kernel has no more watches, and says so",
    patience,
    async () => {
      using places = temporaryPlaces();
      places.write("a.md", "# A\n\nThe albatross.\n");
      const waits: number[] = [];
      const watched = startWatch(places, standInModel(), {
        watch: () => {
          throw Object.assign(new Error("no space left on device, watch"), { code: "ENOSPC" });
        },
        wait: (ms) => {
          waits.push(ms);
          return new Promise((resolve) => setImmediate(resolve));
        },
      });
      const mode = await watched.until(({ event }) => event === "watching");
      expect(mode).toEqual({
        event: "watching",
        by: "polling",
        folders: 0,
        pollSeconds: 30,
        why: "ENOSPC",
      });
      places.write("b.md", "# B\n\nThe bittern.\n");
      await watched.until(indexed(2));
      await watched.stop();
      expect(waits).toContain(30_000);
      expect(watched.events.filter(({ event }) => event === "watching")).toHaveLength(1);
    },
  );

  test("tries again after a run that failed", patience, async () => {
    using places = temporaryPlaces();
    places.write("a.md", "# A\n\nThe albatross.\n");
    let full = false;
    const watched = startWatch(places, standInModel(), {
      wait: () => new Promise((resolve) => setImmediate(resolve)),
      index: {
        faults: (step) => {
          if (full && step === "segment:write") {
            throw new CodedError({ code: "SEGMENT_WRITE", message: "no space", hint: "" });
          }
        },
      },
    });
    await watched.until(indexed(1));
    full = true;
    places.write("b.md", "# B\n\nThe bittern.\n");
    await watched.until(({ event }) => event === "failed");
    expect(await pathsOf(places, "albatross")).toEqual(["a.md"]);
    full = false;
    await watched.until(indexed(2));
    await watched.stop();
  });

  test("survives that its folder goes away and comes back", patience, async () => {
    using places = temporaryPlaces();
    const folder = path.join(places.base, "index");
    places.write("a.md", "# A\n\nThe albatross.\n");
    const watched = startWatch({ ...places, folder }, standInModel(), {
      wait: () => new Promise((resolve) => setImmediate(resolve)),
    });
    await watched.until(indexed(1));
    renameSync(places.workspace, `${places.workspace}-away`);
    await watched.until(({ event }) => event === "failed");
    renameSync(`${places.workspace}-away`, places.workspace);
    await watched.until(({ event }) => event === "unchanged");
    places.write("b.md", "# B\n\nThe bittern.\n");
    await watched.until(indexed(2));
    await watched.stop();
  });

  test("told to stop within a run, leaves nothing half-written", patience, async () => {
    using places = temporaryPlaces();
    for (let file = 0; file < 100; file += 1) {
      places.write(`${file}.md`, `# ${file}\n\nText ${file}.\n`);
    }
    const model = standInModel();
    const stop = new AbortController();
    const events: WatchEvent[] = [];
    const { workspace, folder, registry } = places;
    await watchFolder(workspace, folder, registry, model, {
      signal: stop.signal,
      onEvent: (event) => events.push(event),
      index: {
        onProgress: (progress) => {
          if (progress.stage === "embed" && progress.done > 0) {
            stop.abort(new Error("stopped"));
          }
        },
      },
    });
    expect(events).toEqual([{ event: "stopped", unfinished: true }]);
    expect(existsSync(path.join(folder, "snapshot.json"))).toBe(false);
    const left = readdirSync(folder, { recursive: true }).filter((name) =>
      /tmp$|journal$/u.test(String(name)),
    );
    expect(left).toEqual([]);
    const kept = model.embedded.length;
    const again = startWatch(places, model);
    await again.until(indexed(100));
    await again.stop();
    expect(kept).toBeGreaterThan(0);
    expect(new Set(model.embedded).size).toBe(model.embedded.length);
  });

  test(
    "with an index folder that is no hidden one does not see its own writes",
    patience,
    async () => {
      using places = temporaryPlaces();
      const folder = path.join(places.workspace, "plain", "index");
      places.write("plain/a.md", "# A\n\nThe albatross.\n");
      const handles = new Set<string>();
      const watched = startWatch({ ...places, folder }, standInModel(), {
        index: { shared: true },
        watch: (handle) => {
          handles.add(handle);
          const none = { close: () => {}, on: () => none } as unknown as ReturnType<
            NonNullable<WatchOptions["watch"]>
          >;
          return none;
        },
      });
      await watched.until(indexed(1));
      await watched.stop();
      // The workspace and `plain`.
      expect(handles.size).toBe(2);
    },
  );
});

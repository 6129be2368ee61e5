import { existsSync } from "node:fs";
import { connect } from "node:net";

import { CodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ServiceEvent } from "../service-log.ts";
import { ServiceMetrics } from "../service-metrics.ts";
import { echoLines, release, scratch, talk } from "../stand.cases.ts";
import { askService } from "./ask-service.ts";
import { parseLineRequest } from "./line-protocol.ts";
import { splitLines } from "./split-lines.ts";

const parsed = (text: string): readonly unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

/** Sends lines and reads as many replies. */
async function exchange(socket: string, lines: readonly string[]): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    let text = "";
    const connection = connect(socket, () => connection.write(`${lines.join("\n")}\n`));
    connection.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.endsWith("\n") && text.split("\n").length > lines.length) connection.destroy();
    });
    connection.on("close", () => resolve(parsed(text)));
  });
}

describe("a line service", () => {
  test("answers many requests of one connection by their ids", async () => {
    using home = scratch();
    await using stand = await echoLines(home.folder);
    const lines = [1, 2, 3].map((id) => `{"id":${id},"method":"echo","input":"ä${id}"}`);
    const replies = await exchange(stand.place.socket, lines);
    expect(replies).toEqual([1, 2, 3].map((id) => ({ id, ok: true, output: `ä${id}` })));
  });

  test("says who it is", async () => {
    using home = scratch();
    await using stand = await echoLines(home.folder);
    const reply = await askService(stand.place.socket, { method: "hello" });
    expect(reply.kind === "answer" ? JSON.parse(reply.output) : reply).toMatchObject({
      release,
      pid: process.pid,
    });
  });

  test("tells errors that have a code, and of others nothing", async () => {
    using home = scratch();
    const secret = "a path of the machine";
    await using stand = await echoLines(home.folder, {
      methods: {
        coded: () => Promise.reject(new CodedError({ code: "A", message: "m", hint: "h" })),
        other: () => Promise.reject(new Error(secret)),
      },
    });
    const ask = (method: string): Promise<unknown> => askService(stand.place.socket, { method });
    expect(await ask("coded")).toEqual({
      kind: "failure",
      error: { code: "A", message: "m", hint: "h" },
    });
    expect(JSON.stringify(await ask("other"))).not.toContain(secret);
    expect(await ask("absent")).toMatchObject({ error: { code: "SERVICE_METHOD" } });
  });

  test("refuses another release, and says which it is", async () => {
    using home = scratch();
    await using stand = await echoLines(home.folder);
    const reply = await askService(stand.place.socket, {
      method: "echo",
      release: { version: "1.2.4", built: 0 },
    });
    expect(reply).toMatchObject({ kind: "failure", error: { code: "SERVICE_RELEASE", release } });
  });

  test.each([
    "no json",
    "[]",
    '{"id":0,"method":"echo"}',
    '{"id":1}',
    '{"id":1,"method":"echo","x":1}',
  ])("ends a connection that says %s", async (line) => {
    using home = scratch();
    await using stand = await echoLines(home.folder);
    expect(parsed(await talk(stand.place.socket, `${line}\n`))).toMatchObject([
      { id: 0, ok: false, error: { code: "SERVICE_REQUEST" } },
    ]);
  });

  test("refuses by code what it has no room for, and answers the rest", async () => {
    using home = scratch();
    const finish = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    await using stand = await echoLines(home.folder, {
      methods: { wait: () => finish.promise, taken: async () => taken.resolve() },
      limits: { inFlight: 3 },
    });
    const line = (id: number): string => `{"id":${id},"method":"wait"}`;
    const replies = exchange(stand.place.socket, [1, 2, 3, 4].map(line));
    await askService(stand.place.socket, { method: "taken" });
    await taken.promise;
    finish.resolve();
    expect(await replies).toEqual([
      expect.objectContaining({ id: 4, error: expect.objectContaining({ code: "SERVICE_FULL" }) }),
      ...[1, 2, 3].map((id) => ({ id, ok: true, output: null })),
    ]);
  });

  test("refuses by code what is beyond its rate, but not to say who it is", async () => {
    using home = scratch();
    await using stand = await echoLines(home.folder, {
      limits: { rate: { perSecond: 0, burst: 1 } },
    });
    const lines = [1, 2].map((id) => `{"id":${id},"method":"echo"}`);
    expect(
      await exchange(stand.place.socket, [...lines, '{"id":3,"method":"hello"}']),
    ).toMatchObject([
      { id: 2, error: { code: "SERVICE_RATE" } },
      { id: 1, ok: true },
      { id: 3, ok: true },
    ]);
  });

  test("aborts what a client that went away has asked", async () => {
    using home = scratch();
    const begun = Promise.withResolvers<AbortSignal>();
    await using stand = await echoLines(home.folder, {
      methods: {
        wait: async (_, signal) => {
          begun.resolve(signal);
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        },
      },
    });
    const controller = new AbortController();
    const asked = askService(stand.place.socket, { method: "wait", signal: controller.signal });
    const signal = await begun.promise;
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    });
  });

  test("stops when it is asked, when it is idle, and when it is closed; then the place is free", async () => {
    using home = scratch();
    const asked = await echoLines(home.folder);
    await askService(asked.place.socket, { method: "stop" });
    expect(await asked.service.done).toBe("asked");
    const idle = await echoLines(home.folder, { idleMs: 1 });
    expect(await idle.service.done).toBe("idle");
    const closed = await echoLines(home.folder);
    await closed.service.close();
    expect(await closed.service.done).toBe("closed");
    expect(existsSync(closed.place.socket)).toBe(false);
    expect(await askService(closed.place.socket, { method: "hello" })).toEqual({ kind: "absent" });
  });

  test("is not idle while it is held, and is again when all holds are let go", async () => {
    using home = scratch();
    const { place, service } = await echoLines(home.folder, { idleMs: 20 });
    const [first, second] = [service.hold(), service.hold()];
    first();
    first();
    // Longer than the idle time, by a clock that the service has too.
    for (let asked = 0; asked < 8; asked += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await askService(place.socket, { method: "hello" })).toMatchObject({ kind: "answer" });
    }
    second();
    expect(await service.done).toBe("idle");
  });

  test("ends what it has begun before it stops", async () => {
    using home = scratch();
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<string>();
    await using stand = await echoLines(home.folder, {
      methods: {
        slow: () => {
          begun.resolve();
          return finish.promise;
        },
      },
    });
    const answer = askService(stand.place.socket, { method: "slow" });
    await begun.promise;
    const closing = stand.service.close();
    finish.resolve("whole");
    expect(await answer).toEqual({ kind: "answer", output: '"whole"' });
    await closing;
  });

  test("counts and logs without a word of what was asked", async () => {
    using home = scratch();
    const events: ServiceEvent[] = [];
    const metrics = new ServiceMetrics("t");
    const secret = "where is the canary";
    await using stand = await echoLines(home.folder, {
      log: (event) => events.push(event),
      metrics,
    });
    await askService(stand.place.socket, { method: "echo", input: secret });
    await askService(stand.place.socket, { method: secret });
    await stand.service.close();
    expect(events.map(({ event }) => event)).toEqual(["start", "request", "request", "stop"]);
    expect(JSON.stringify(events) + metrics.text()).not.toContain("canary");
    expect(metrics.text()).toContain('t_requests_total{route="echo",code="ok"} 1');
    expect(metrics.text()).toContain('t_requests_total{route="unknown",code="SERVICE_METHOD"} 1');
  });
});

describe("lines", () => {
  test("are the same however the bytes come", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 9 }).filter((text) => !text.includes("\n"))),
        fc.array(fc.nat(60)),
        (texts, cuts) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
          const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
          const splitter = splitLines(1000);
          const lines = places
            .slice(1)
            .flatMap((end, place) => splitter.push(bytes.subarray(places[place], end)) ?? []);
          expect(lines.map(String)).toEqual(texts);
          expect(splitter.pendingBytes).toBe(0);
        },
      ),
    );
  });

  test("are requests or nothing, whatever they hold", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const request = parseLineRequest(Buffer.from(text));
        expect(request === undefined || Number.isSafeInteger(request.id)).toBe(true);
      }),
    );
    expect(parseLineRequest(Buffer.of(0xff))).toBeUndefined();
  });
});

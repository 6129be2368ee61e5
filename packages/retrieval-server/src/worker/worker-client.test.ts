import { describe, expect, test } from "vitest";

import { playedProcess } from "../stand.cases.ts";
import type { PlayedProcess } from "../stand.cases.ts";
import { workerClient } from "./worker-client.ts";

const coded = (code: string): unknown => expect.objectContaining({ code });

/** Workers that a test plays one after another. */
function played(): {
  readonly processes: PlayedProcess[];
  readonly open: () => Promise<PlayedProcess["process"]>;
  readonly last: () => PlayedProcess;
} {
  const processes: PlayedProcess[] = [];
  return {
    processes,
    open: async () => {
      const made = playedProcess();
      processes.push(made);
      return made.process;
    },
    last: () => processes.at(-1) ?? playedProcess(),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the client of a worker", () => {
  test("starts one with the first request, and gives replies to who asked", async () => {
    const stage = played();
    const client = workerClient(stage.open);
    expect(stage.processes).toHaveLength(0);
    const first = client.ask("search", { query: "a" });
    const second = client.ask("status", {});
    await turn();
    expect(stage.last().sent).toEqual([
      '{"id":1,"method":"search","input":{"query":"a"}}',
      '{"id":2,"method":"status","input":{}}',
    ]);
    stage.last().say('{"id":2,"ok":true,"output":{"b":1}}');
    stage.last().say('{"id":1,"ok":false,"error":{"code":"A","message":"m","hint":"h"}}');
    expect(await second).toEqual({ json: '{"b":1}' });
    await expect(first).rejects.toThrow(coded("A"));
    expect(client.starts).toBe(1);
    await client.close();
    await expect(client.ask("status", {})).rejects.toThrow(coded("WORKER_DOWN"));
  });

  test("refuses by code what a worker that was killed had not answered, and starts another", async () => {
    const stage = played();
    const client = workerClient(stage.open);
    const lost = [client.ask("search", {}), client.ask("search", {})];
    await turn();
    stage.last().die();
    for (const asked of lost) await expect(asked).rejects.toThrow(coded("WORKER_ENDED"));
    const next = client.ask("status", {});
    await turn();
    stage.last().say('{"id":3,"ok":true,"output":1}');
    expect(await next).toEqual({ json: "1" });
    expect(client.starts).toBe(2);
  });

  test("waits longer and longer before it starts one that dies again and again", async () => {
    let time = 0;
    const stage = played();
    const client = workerClient(stage.open, () => time);
    for (const pause of [0, 100, 200, 400]) {
      const asked = client.ask("status", {});
      await turn();
      stage.last().die();
      await expect(asked).rejects.toThrow(coded("WORKER_ENDED"));
      if (pause > 0) await expect(client.ask("status", {})).rejects.toThrow(coded("WORKER_DOWN"));
      time += pause;
    }
    expect(client.starts).toBe(4);
  });

  test("tells the worker of a request that was cancelled, and lets its reply fall", async () => {
    const stage = played();
    const client = workerClient(stage.open);
    const controller = new AbortController();
    const asked = client.ask("search", {}, controller.signal);
    await turn();
    controller.abort();
    await expect(asked).rejects.toThrow(coded("REQUEST_CANCELLED"));
    expect(stage.last().sent.at(-1)).toBe('{"id":1,"method":"cancel","input":1}');
    stage.last().say('{"id":1,"ok":true,"output":1}');
    const next = client.ask("status", {});
    await turn();
    stage.last().say('{"id":2,"ok":true,"output":2}');
    expect(await next).toEqual({ json: "2" });
  });

  test.each(["no reply", '{"id":0,"ok":true,"output":1}', '{"id":1,"ok":false,"error":1}', "{}"])(
    "ends a worker that says %s",
    async (line) => {
      const stage = played();
      const client = workerClient(stage.open);
      const asked = client.ask("status", {});
      const other = client.ask("status", {});
      await turn();
      stage.last().say(line);
      const said = await Promise.allSettled([asked, other]);
      expect(said.every(({ status }) => status === "rejected")).toBe(true);
    },
  );

  test("says why a worker could not be started", async () => {
    const client = workerClient(() => Promise.reject(new Error("no sandbox")));
    await expect(client.ask("status", {})).rejects.toThrow("no sandbox");
  });
});

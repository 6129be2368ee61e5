import { mkdtempSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { detectLevels } from "@clawkeep/sandbox";
import { describe, expect, test } from "vitest";

import { openWorker } from "./open-worker.ts";

const levels = await detectLevels();
const confined = (["bubblewrap", "landlock"] as const).filter((level) => {
  const { available, why = "unknown" } = levels[level];
  if (!available) process.stderr.write(`open-worker: ${level} skipped: ${why}\n`);
  return available;
});

/** Does each thing and says how it went. */
const attempts = `
  const fs = require("node:fs"), net = require("node:net");
  const [index, outside, port, socket] = process.argv.slice(1);
  const how = (f) => { try { f(); return "worked"; } catch (e) { return e.code ?? String(e); } };
  const dial = (at) => new Promise((r) => { try { net.connect(at).on("connect", () => r("worked")).on("error", (e) => r(e.code)); } catch (e) { r(e.code); } });
  (async () => console.log(JSON.stringify({
    readIndex: how(() => fs.readFileSync(index + "/snapshot.json")),
    writeIndex: how(() => fs.writeFileSync(index + "/snapshot.json", "x")),
    addToIndex: how(() => fs.writeFileSync(index + "/new", "x")),
    unlinkIndex: how(() => fs.unlinkSync(index + "/snapshot.json")),
    readOutside: how(() => fs.readFileSync(outside + "/secret")),
    listOutside: how(() => fs.readdirSync(outside)),
    passwd: how(() => fs.readFileSync("/etc/shadow")),
    tcp: await dial({ port: Number(port), host: "127.0.0.1" }),
    unix: await dial(socket),
    environment: Object.keys(process.env).sort().join(),
  })))();`;

describe.each(confined)("a worker's process at level %s", (level) => {
  test("reads its index and reaches nothing else: no file, no network, no socket", async () => {
    const base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-worker-")));
    const [index, outside] = [path.join(base, "index"), path.join(base, "outside")];
    for (const folder of [index, outside]) mkdirSync(folder);
    writeFileSync(path.join(index, "snapshot.json"), "{}");
    writeFileSync(path.join(outside, "secret"), "canary");
    let reached = 0;
    const [tcp, unix] = [createServer(() => (reached += 1)), createServer(() => (reached += 1))];
    const socket = path.join(index, "canary.sock");
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => unix.listen(socket, resolve));
    try {
      const executable = realpathSync(process.execPath);
      const process_ = await openWorker(
        {
          executable,
          argv: [
            "-e",
            attempts,
            index,
            outside,
            String((tcp.address() as AddressInfo).port),
            socket,
          ],
          reads: [{ source: index }, { source: executable }],
          unconfined: false,
        },
        level,
      );
      const { value: line } = await process_.lines()[Symbol.asyncIterator]().next();
      const said: unknown = JSON.parse(
        Buffer.from((line as Uint8Array | undefined) ?? "").toString("utf8"),
      );
      expect(said).toMatchObject({
        readIndex: "worked",
        writeIndex: expect.not.stringMatching("worked"),
        addToIndex: expect.not.stringMatching("worked"),
        unlinkIndex: expect.not.stringMatching("worked"),
        readOutside: expect.not.stringMatching("worked"),
        listOutside: expect.not.stringMatching("worked"),
        passwd: expect.not.stringMatching("worked"),
        tcp: expect.not.stringMatching("worked"),
        unix: expect.not.stringMatching("worked"),
        environment: expect.not.stringMatching(/TOKEN|CLAWKEEP/u),
      });
      expect(reached).toBe(0);
      expect(readFileSync(path.join(index, "snapshot.json"), "utf8")).toBe("{}");
    } finally {
      tcp.close();
      unix.close();
      rmSync(base, { recursive: true, force: true });
    }
  });
});

import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { makeOwnFolder, runAs } from "../openclaw/principal.ts";
import type { Principal } from "../openclaw/principal.ts";
import { installJudges } from "../judges/install-judges.ts";
import { passedInPart } from "../stages.ts";
import { startDaemon } from "./daemon.ts";
import { makeLocalImages, registryPort } from "./images.ts";
import { startOutside } from "./outside.ts";
import { parts } from "./parts.ts";
import type { Stage } from "./parts.ts";
import { keepPackages, packOwn, startRegistry } from "./registry.ts";
import { baseArchive, installPrograms, ollamaBinary } from "./rootfs.ts";
import { Rows } from "./rows.ts";
import { enterWorld, must, remove } from "./world.ts";

/**
 * A real Docker daemon in namespaces of the stage's own: images from the rendered Dockerfile without a network, what is
 * rendered brought up by `claw apply`, and attempts from inside. Names choose parts: `CLAWKEEP_PARTS=cage`.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));

async function main(): Promise<number> {
  const outside = await enterWorld(import.meta.filename, process.argv.slice(2), async () => {
    // What needs a network, before there is none.
    installPrograms();
    installJudges();
    baseArchive();
    ollamaBinary();
    packOwn(root);
    await keepPackages();
  });
  if (outside !== undefined) return outside;
  const chosen = (process.env["CLAWKEEP_PARTS"] ?? "").split(",").filter((word) => word !== "");
  await using world = await startOutside();
  await using daemon = await startDaemon();
  await using _registry = await startRegistry(registryPort);
  const version = daemon.docker("version", "--format", "{{.Server.Version}}").trim();
  process.stdout.write(
    `Docker ${version}, Node ${process.versions.node}; no network but the stage's own; amd64 is built, arm64 is not\n`,
  );
  makeLocalImages(daemon, root);
  const work = "/run/clawkeep/work";
  mkdirSync(work, { recursive: true });
  const operator: Principal = { name: "root", uid: 0, gid: 0, groups: [], home: daemon.home };
  makeOwnFolder(operator, path.join(daemon.home, "tmp"));
  const environment = { CLAWKEEP_HOME: path.join(work, "store") };
  const stage: Stage = {
    daemon,
    outside: world,
    root,
    work,
    operator,
    environment,
    gatewayLimits: [String(2048 * 1024 * 1024), "512"],
    claw: (folder, args) =>
      runAs(
        operator,
        [process.execPath, "--conditions=source", `${root}/apps/claw/src/main.ts`, ...args],
        { cwd: folder, environment, timeoutMs: 480_000 },
      ),
    pack: (file) => {
      must("gzip", ["-6", file]);
      const { size } = statSync(`${file}.gz`);
      remove(`${file}.gz`);
      return size;
    },
    reach: async (from, places) => {
      const script = [
        'const net = require("node:net"); const places = JSON.parse(process.argv[1]);',
        "const one = ([host, port]) => new Promise((resolve) => { const s = net.connect({ host, port });",
        'const end = (word) => { s.destroy(); resolve([host + "," + port, word]); };',
        's.setTimeout(3000, () => end("no answer")); s.on("connect", () => end("REACHED")); s.on("error", (e) => end(e.code)); });',
        "Promise.all(places.map(one)).then((all) => { process.stdout.write(JSON.stringify(Object.fromEntries(all))); process.exit(0); });",
      ].join("\n");
      const enter = from === "host" ? [] : ["nsenter", "--net", "--target", String(world.pid)];
      const ended = await runAs(operator, [
        ...[...enter, process.execPath, "--eval", script, JSON.stringify(places)],
      ]);
      return JSON.parse(ended.stdout) as Readonly<Record<string, string>>;
    },
  };
  const failed: string[] = [];
  let count = 0;
  for (const { name, run } of parts) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const rows = new Rows(name);
    try {
      await run(stage, rows);
    } catch (error) {
      const words = error instanceof Error ? (error.stack ?? "") : String(error);
      process.stderr.write(`${words}\n`);
      rows.that("", "ran to its end", false, words);
    }
    rows.observe();
    failed.push(...rows.failed);
    count += rows.count;
  }
  process.stdout.write(`\n${count - failed.length} of ${count} ok\n`);
  for (const one of failed) process.stdout.write(`FAIL ${one}\n`);
  if (count === 0 || failed.length > 0) return 1;
  return chosen.length > 0 ? passedInPart : 0;
}

process.exitCode = await main();

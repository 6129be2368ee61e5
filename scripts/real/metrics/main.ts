import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { openMetricsFile } from "../../../packages/skill-runtime/src/index.ts";
import { cacheFolder } from "../cache.ts";

/**
 * A metrics file before its judges: `promtool check metrics` has nothing to say of it, and a
 * Prometheus that scrapes it answers queries with the numbers that were added.
 */
const tools = cacheFolder("prometheus");
const bin = path.join(tools, "root/usr/bin");
/** Until Prometheus has discovered and scraped its target; it waits five seconds by itself. */
const patienceMs = 60_000;

function must(command: string, args: readonly string[], cwd?: string, input?: string): string {
  const ended = spawnSync(command, args, { encoding: "utf8", cwd, input });
  if (ended.status === 0) return `${ended.stdout}${ended.stderr}`;
  throw new Error(`${command} ${args.join(" ")}: ${ended.status}\n${ended.stdout}${ended.stderr}`);
}

/** The distribution's package, unpacked and not installed. */
function install(): void {
  if (existsSync(path.join(bin, "prometheus"))) return;
  mkdirSync(tools, { recursive: true });
  must("apt-get", ["download", "prometheus"], tools);
  const [archive] = readdirSync(tools).filter((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new Error("apt-get downloaded no package");
  must("dpkg-deb", ["--extract", archive, path.join(tools, "root")], tools);
}

async function writeMetrics(file: string): Promise<void> {
  const metrics = await openMetricsFile(file);
  const run = {
    skill: "notes-search",
    action: "query",
    kind: "run",
    hasFailed: false,
    hasTimedOut: false,
    durationSeconds: 0.25,
    queueSeconds: 0.001,
    outputBytes: 100,
  } as const;
  await metrics.add([run, run]);
  await metrics.add([
    { ...run, hasFailed: true, hasTimedOut: true, durationSeconds: 31 },
    { ...run, kind: "refusal", skill: "unknown", action: "unknown", outputBytes: 0 },
  ]);
}

const labels = 'skill="notes-search",action="query"';
const expected: ReadonlyMap<string, string> = new Map([
  [`clawkeep_skill_runs_total{${labels}}`, "3"],
  [`clawkeep_skill_failures_total{${labels}}`, "1"],
  [`clawkeep_skill_timeouts_total{${labels}}`, "1"],
  [`clawkeep_skill_output_bytes_total{${labels}}`, "300"],
  [`clawkeep_skill_duration_seconds_sum{${labels}}`, "31.5"],
  [`clawkeep_skill_duration_seconds_bucket{${labels},le="0.25"}`, "2"],
  [`clawkeep_skill_queue_seconds_count{${labels}}`, "3"],
  ['clawkeep_skill_refusals_total{skill="unknown"}', "1"],
]);

async function ask(base: string, query: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(query)}`);
    const body = (await answer.json()) as {
      readonly data?: { readonly result?: readonly { readonly value: readonly unknown[] }[] };
    };
    const value = body.data?.result?.[0]?.value[1];
    return typeof value === "string" ? value : undefined;
  } catch {
    // Not listening yet.
    return undefined;
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function main(): Promise<number> {
  install();
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-prometheus-"));
  const file = path.join(folder, "skills.prom");
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(readFileSync(file));
  });
  await writeMetrics(file);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const said = must(
    path.join(bin, "promtool"),
    ["check", "metrics"],
    folder,
    readFileSync(file, "utf8"),
  );
  process.stdout.write(`promtool check metrics: ${said === "" ? "accepted, no remark" : said}\n`);
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const listen = `127.0.0.1:${await freePort()}`;
  writeFileSync(
    path.join(folder, "prometheus.yml"),
    `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: clawkeep, static_configs: [{targets: ["${target}"]}]}]\n`,
  );
  const prometheus = spawn(
    path.join(bin, "prometheus"),
    [
      "--config.file=prometheus.yml",
      "--storage.tsdb.path=data",
      "--log.level=error",
      `--web.listen-address=${listen}`,
    ],
    { cwd: folder, stdio: "inherit" },
  );
  const ended = new Promise<void>((resolve) => {
    prometheus.on("error", () => resolve());
    prometheus.on("exit", () => resolve());
  });
  try {
    const [first = ""] = expected.keys();
    const deadline = Date.now() + patienceMs;
    while ((await ask(`http://${listen}`, first)) === undefined && Date.now() < deadline) {
      await pause(250);
    }
    let wrong = said === "" ? 0 : 1;
    for (const [query, value] of expected) {
      const got = await ask(`http://${listen}`, query);
      if (got !== value) wrong += 1;
      process.stdout.write(`${got === value ? "ok  " : "FAIL"} ${query} is ${got ?? "absent"}\n`);
    }
    return wrong === 0 ? 0 : 1;
  } finally {
    prometheus.kill("SIGKILL");
    await ended;
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();

import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import type { HostFacts, HostReader } from "@clawkeep/provision-plan";

import { runContainer } from "./run-container.ts";
import type { ContainerPlace } from "./settings/container-place.ts";
import { imagePlace } from "./settings/container-place.ts";

/** A machine for tests: what it is said to have. */
export const someFacts: HostFacts = {
  platform: "linux",
  arch: "x64",
  physicalCores: 4,
  threads: 8,
  memoryBytes: 64e9,
  swapBytes: 0,
  diskFreeBytes: 200e9,
  simd: ["AVX", "AVX2"],
  gpus: [],
  hasDocker: false,
  hasPodman: false,
  hasSystemd: false,
};

/** The same as texts of a system that are read. */
export const someHost: HostReader = {
  platform: "linux",
  arch: "x64",
  threads: 8,
  memoryBytes: 64e9,
  diskFreeBytes: 200e9,
  text: (file) => (file === "/proc/cpuinfo" ? "flags\t\t: fpu avx avx2\n" : undefined),
  output: () => undefined,
  exists: () => false,
  hasProgram: () => false,
};

/** A container of real processes: the supervisor, and stand-ins for Ollama and the gateway. */
export interface MadeContainer {
  readonly place: ContainerPlace;
  readonly environment: Record<string, string>;
  readonly ports: { readonly gateway: number; readonly ollama: number };
  /** Starts it; a line of its log is waited for with `until`. */
  start(): StartedContainer;
  remove(): void;
}

/** One start. */
export interface StartedContainer {
  readonly lines: readonly string[];
  readonly code: Promise<number>;
  /** The line that has the text; fails when the container ends without it. */
  until(text: string): Promise<string>;
  stop(signal: NodeJS.Signals): void;
}

/** Makes folders, programs and ports for a container; nothing runs yet. */
export async function makeContainer(): Promise<MadeContainer> {
  const base = mkdtempSync(join(tmpdir(), "clawkeep-container-"));
  chmodSync(base, 0o700);
  const program = (name: string, script: string): string => {
    const file = join(base, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  };
  const test = new URL("../test/", import.meta.url).pathname;
  const node = (script: string): string =>
    `exec '${process.execPath}' '${join(test, script)}' "$@"`;
  const skills = join(base, "skills");
  mkdirSync(join(skills, "git-readonly"), { recursive: true });
  writeFileSync(join(skills, "git-readonly/SKILL.md"), "a skill\n");
  const place: ContainerPlace = {
    ...imagePlace,
    data: join(base, "data"),
    mounted: join(base, "mounted"),
    secrets: join(base, "secrets"),
    skills,
    ollama: program("ollama", node("stand-in-ollama.ts")),
    openclaw: program("openclaw", node("stand-in-gateway.ts")),
    skillProgram: program("clawkeep-skill", `echo "$@" >> '${join(base, "locked")}'`),
  };
  const [gateway = 0, ollama = 0] = await freePorts(2);
  const environment = {
    CLAWLAMA_MODEL: "llama3.2:3b",
    CLAWLAMA_OPENCLAW_PORT: String(gateway),
    OLLAMA_HOST: `127.0.0.1:${ollama}`,
    OLLAMA_MODELS: join(place.data, "ollama"),
  };
  return {
    place,
    environment,
    ports: { gateway, ollama },
    start: () => startContainer(place, environment),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

function startContainer(
  place: ContainerPlace,
  environment: Readonly<Record<string, string>>,
): StartedContainer {
  const lines: string[] = [];
  let wake: () => void = () => undefined;
  let hasEnded = false;
  const stop = new AbortController();
  const code = runContainer({
    environment,
    place,
    host: someHost,
    say: (line) => {
      lines.push(line);
      wake();
    },
    stop: stop.signal,
    gatewayStopMs: 60_000,
  }).finally(() => {
    hasEnded = true;
    wake();
  });
  return {
    lines,
    code,
    stop: (signal) => stop.abort(signal),
    until: async (text) => {
      for (;;) {
        const found = lines.find((line) => line.includes(text));
        if (found !== undefined) return found;
        if (hasEnded) throw new Error(`no line with ${text} in:\n${lines.join("\n")}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** Ports that nobody has now, each another one. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const found = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return found;
}

/** Whether a process is gone; one that only waits to be counted is. */
export function isGone(pid: number): boolean {
  try {
    return /^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}

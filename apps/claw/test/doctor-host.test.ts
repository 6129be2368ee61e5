import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { processMark } from "@clawkeep/durable-files";
import { afterAll, expect, test } from "vitest";

import { closeApplied, examined } from "./examined.ts";
import type { Examined } from "./examined.ts";

afterAll(closeApplied);

interface Planted {
  readonly id: string;
  readonly what: string;
  readonly profile: string;
  readonly plant: (place: Examined) => void;
}

const state = ({ home }: Examined): string => path.join(home, ".openclaw-claw");
const store = ({ home }: Examined): string =>
  path.join(home, ".local/state/clawkeep/deployments/claw");

function inStore(place: Examined, name: string, text: string): void {
  const file = path.join(store(place), name);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600 });
}

/** Faults of a host: in the home of a notebook, or in a folder that stands for `/`. */
const faults: readonly Planted[] = [
  {
    id: "state-permissions",
    what: "4.1: a state folder that everybody may enter",
    profile: "notebook",
    plant: (place) => chmodSync(state(place), 0o755),
  },
  {
    id: "state-not-writable",
    what: "4.2: EACCES, the state of another uid",
    profile: "bare-metal",
    plant: ({ root }) =>
      mkdirSync(path.join(root, "var/lib/claw-claw"), { recursive: true, mode: 0o700 }),
  },
  {
    id: "installed-config-differs",
    what: "the gateway reads another openclaw.json",
    profile: "notebook",
    plant: ({ home }) => writeFileSync(path.join(home, ".config/claw-claw/openclaw.json"), "{}"),
  },
  {
    id: "folder-missing",
    what: "the state folder is gone",
    profile: "notebook",
    plant: (place) => rmSync(state(place), { recursive: true }),
  },
  {
    id: "apply-interrupted",
    what: "a journal that a kill left",
    profile: "notebook",
    plant: (place) => inStore(place, "journal.json", "{}"),
  },
  {
    id: "stale-supervisor",
    what: "the mark of a supervisor that was killed",
    profile: "notebook",
    plant: (place) =>
      inStore(place, "run/gateway.supervisor", processMark().replace(/^([0-9]+)\.[0-9]+/u, "$1.1")),
  },
  {
    id: "pairing-pending",
    what: "4.2 C26: a device that waits",
    profile: "notebook",
    plant: (place) => {
      mkdirSync(path.join(state(place), "state"), { mode: 0o700 });
      const database = new DatabaseSync(path.join(state(place), "state/openclaw.sqlite"));
      database.exec(
        "CREATE TABLE device_pairing_pending (request_id TEXT PRIMARY KEY, display_name TEXT, platform TEXT, ts INTEGER)",
      );
      database.exec("INSERT INTO device_pairing_pending VALUES ('req-7f3a', 'a phone', 'ios', 1)");
      database.close();
    },
  },
  {
    id: "host-memory-low",
    what: "4.1 T4: one gigabyte and no swap",
    profile: "vps",
    plant: (place) =>
      place.onHost("proc/meminfo", "MemTotal:        1000000 kB\nSwapTotal:             0 kB\n"),
  },
  {
    id: "model-beyond-memory",
    what: "4.2 G20: a model of 16 GB on a host of 8",
    profile: "bare-metal",
    plant: (place) =>
      place.onHost("proc/meminfo", "MemTotal:        8000000 kB\nSwapTotal:       4000000 kB\n"),
  },
  {
    id: "gateway-oom-killed",
    what: "4.2: the kernel's count",
    profile: "bare-metal",
    plant: (place) =>
      place.onHost(
        "sys/fs/cgroup/system.slice/claw-claw-gateway.service/memory.events",
        "low 0\noom 3\noom_kill 3\n",
      ),
  },
  {
    id: "wsl-ollama-restart",
    what: "4.2: Restart=always with CUDA under WSL",
    profile: "bare-metal",
    plant: (place) => {
      place.onHost("proc/version", "Linux version 6.6.0-microsoft-standard-WSL2\n");
      place.onHost("usr/lib/wsl/lib/libcuda.so.1", "");
      place.onHost(
        "etc/systemd/system/ollama.service",
        "[Service]\nExecStart=/usr/local/bin/ollama serve\nRestart=always\n",
      );
    },
  },
  {
    id: "program-missing",
    what: "S14: a unit whose program is not installed",
    profile: "vps",
    plant: (place) => {
      for (const unit of ["gateway", "skills", "egress"]) {
        place.onHost(`etc/systemd/system/claw-claw-${unit}.service`, "");
      }
      place.onHost("usr/local/bin/openclaw", "");
      place.onHost("usr/sbin/squid", "");
    },
  },
];

test.concurrent.each(faults.map((one) => [one.id, one.what, one] as const))(
  "%s is named: %s",
  async (id, _what, { profile, plant }) => {
    const place = await examined(profile);
    try {
      plant(place);
      const said = await place.doctor(...(profile === "notebook" ? [] : ["--root", place.root]));
      expect([said.ids, said.code]).toEqual([[id], 1]);
      expect(said.found.every(({ fix }) => fix !== "")).toBe(true);
      if (id === "pairing-pending")
        expect(said.found[0]?.fix).toBe("claw approve-device req-7f3a --name claw");
    } finally {
      place.close();
    }
  },
);

/** What a gateway writes, and which fault it is; other lines of the same log say nothing. */
const lines: readonly (readonly [id: string, line: string])[] = [
  [
    "log-port-conflict",
    'GatewayLockError("another gateway instance is already listening on ws://127.0.0.1:18789")',
  ],
  ["log-port-conflict", "Error: listen EADDRINUSE: address already in use 127.0.0.1:18789"],
  ["log-key-missing", 'No API key found for provider "openrouter"'],
  [
    "log-dependency",
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'koffi' imported from /opt/openclaw",
  ],
  ["log-output-truncated", "exec finished, output truncated: 400000 of 812345 bytes"],
  [
    "log-origin-refused",
    "handshake failed: origin not allowed (open the Control UI from the gateway host)",
  ],
  ["log-pairing-required", "disconnected (1008): pairing required"],
  ["log-token-mismatch", "unauthorized: gateway token mismatch"],
  ["device-token-mismatch", "unauthorized: device token mismatch (rotate/reissue device token)"],
  ["upgrade-refused", "gateway exited with code 78"],
  [
    "heap-out-of-memory",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
  ],
  ["cli-name-resolution", "npm error getaddrinfo EAI_AGAIN registry.example"],
  ["log-context-too-small", "Model context window too small (4096 tokens)"],
  ["log-model-without-tools", "400 registry.example/library/phi does not support tools"],
];

test.concurrent.each(lines)("%s is named by a line of the log: %s", async (id, line) => {
  const place = await examined("cage");
  try {
    const log = path.join(place.home, "gateway.log");
    const canary = "sk-canary-0123456789abcdef";
    writeFileSync(log, `gateway ready on 18789\n${line} ${canary}\nagent turn done in 1.6 s\n`);
    const said = await place.doctor("--root", place.root, "--log", log);
    expect([said.ids, said.code]).toEqual([[id], 1]);
    expect(said.found[0]?.evidence).toMatchObject([{ file: log, line: 2 }]);
    expect(said.stdout).not.toContain(canary);
  } finally {
    place.close();
  }
});

test("a log of two gigabytes is read from its end", async () => {
  const place = await examined("cage");
  try {
    const log = path.join(place.home, "gateway.log");
    writeFileSync(log, "");
    const { truncateSync, appendFileSync } = await import("node:fs");
    truncateSync(log, 2_000_000_000);
    appendFileSync(log, "\nError: listen EADDRINUSE\n");
    const said = await place.doctor("--root", place.root, "--log", log);
    expect(said.ids).toEqual(["log-port-conflict"]);
  } finally {
    place.close();
  }
});

test.concurrent.each(["state-permissions", "stale-supervisor", "folder-missing"])(
  "--fix mends %s of a notebook",
  async (id) => {
    const place = await examined("notebook");
    try {
      faults.find((one) => one.id === id && one.profile === "notebook")?.plant(place);
      const said = await place.doctor("--fix");
      expect(said.fixed.map(({ done }) => done)).toEqual([true]);
      // A folder that was made again is empty: what lay in it is another fault.
      expect(said.ids).toEqual(id === "folder-missing" ? ["secret-missing"] : []);
      expect(statSync(state(place)).mode & 0o777).toBe(0o700);
    } finally {
      place.close();
    }
  },
);

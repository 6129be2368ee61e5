import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { bundle } from "./bundle.ts";
import { freePort } from "./free-port.ts";
import { takesFix } from "./takes-fix.ts";

/** What `claw doctor --json` said. */
export interface Said {
  readonly code: number | null;
  readonly ids: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly found: readonly {
    readonly id: string;
    readonly fix: string;
    readonly canFix: boolean;
    readonly evidence: readonly {
      readonly file?: string;
      readonly line?: number;
      readonly port?: number;
      readonly value?: string;
    }[];
  }[];
  readonly fixed: readonly {
    readonly path: string;
    readonly what: string;
    readonly done: boolean;
  }[];
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly reason?: string;
  }[];
}

/** A home with one deployment in it, applied by the command. */
export interface Examined {
  readonly home: string;
  readonly folder: string;
  /** A host whose `/` is a folder: 64 GB of memory, nothing installed. */
  readonly root: string;
  read(name: string): string;
  write(name: string, text: string, mode?: number): void;
  /** Replaces a text that must be there. */
  edit(name: string, from: string | RegExp, to: string): void;
  /** Changes openclaw.json as an object. */
  config(change: (config: Draft) => void): void;
  onHost(name: string, text: string): void;
  doctor(...args: readonly string[]): Promise<Said>;
  close(): void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a fault is planted anywhere
export type Draft = Record<string, any>;

const models: Readonly<Record<string, string>> = {
  vps: "{primary: openrouter/meta/llama-3.1-8b-instruct:free}",
  hybrid: "{primary: openrouter/deepseek/deepseek-chat-v3.2, fallbacks: [ollama/llama3.2:3b]}",
};

/** Runs the command as users get it. */
export function run(
  args: readonly string[],
  home: string,
  more: { readonly node?: readonly string[]; readonly path?: string } = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...(more.node ?? []), bundle, ...args], {
      cwd: home,
      env: { PATH: more.path ?? "/usr/bin:/bin", HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (stdout += part.toString("utf8")));
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const applied = new Map<string, Promise<string>>();

/** A folder of a profile that was applied once; its paths do not depend on the home. */
async function appliedFolder(profile: string): Promise<string> {
  const home = mkdtempSync(path.join(tmpdir(), "claw-applied-"));
  await apply(home, profile);
  return home;
}

/** Ports of a notebook that this machine uses for nothing else. */
interface Ports {
  readonly gateway: number;
  readonly ollama: number;
}

async function apply(home: string, profile: string, ports?: Ports): Promise<void> {
  const models_ =
    ports === undefined
      ? (models[profile] ?? "{primary: ollama/gpt-oss:20b}")
      : `{primary: ollama/llama3.2:3b, contextTokens: 16384, endpoint: "http://127.0.0.1:${ports.ollama}"}`;
  const more = ports === undefined ? "" : `gateway: {ui: true, port: ${ports.gateway}}\n`;
  writeFileSync(
    path.join(home, "deploy.yaml"),
    `deploy: 1\nprofile: ${profile}\nmodels: ${models_}\n${more}`,
  );
  if (profile === "vps" || profile === "hybrid") {
    const secrets = path.join(home, "rendered", "secrets");
    mkdirSync(secrets, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(secrets, "openrouter-key"), "a-key-of-a-test-that-opens-nothing\n", {
      mode: 0o600,
    });
  }
  const ended = await run(["apply", "deploy.yaml", "--folder", "rendered"], home);
  if (ended.code !== 0) throw new Error(`${profile}: ${ended.stdout}${ended.stderr}`);
}

/** A deployment of a profile that was applied and is clean. */
export async function examined(profile: string, ports?: Partial<Ports>): Promise<Examined> {
  const home = mkdtempSync(path.join(tmpdir(), "claw-doctor-"));
  if (profile === "notebook") {
    const [gateway, ollama] = [
      ports?.gateway ?? (await freePort()),
      ports?.ollama ?? (await freePort()),
    ];
    await apply(home, profile, { gateway, ollama });
  } else {
    const known = applied.get(profile) ?? appliedFolder(profile);
    applied.set(profile, known);
    // With the modes: cpSync gives folders the default one.
    execFileSync("cp", ["-a", path.join(await known, "rendered"), path.join(home, "rendered")]);
  }
  const [folder, root] = [path.join(home, "rendered"), path.join(home, "host")];
  const onHost = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  };
  onHost("proc/meminfo", "MemTotal:       65536000 kB\nSwapTotal:       4194304 kB\n");
  onHost("proc/version", "Linux version 6.1.0\n");
  const read = (name: string): string => readFileSync(path.join(folder, name), "utf8");
  const write = (name: string, text: string, mode = 0o600): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
    chmodSync(path.join(folder, name), mode);
  };
  const edit = (name: string, from: string | RegExp, to: string): void => {
    const before = read(name);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${name}: expected ${String(from)}`);
    writeFileSync(path.join(folder, name), after);
  };
  return {
    home,
    folder,
    root,
    read,
    write,
    edit,
    config: (change) => {
      const config = JSON.parse(read("config/openclaw.json")) as Draft;
      change(config);
      const text = `${JSON.stringify(config, undefined, 2)}\n`;
      writeFileSync(path.join(folder, "config/openclaw.json"), text);
      // A notebook's gateway reads another file, which apply keeps the same.
      const installed = path.join(home, ".config/claw-claw/openclaw.json");
      if (existsSync(installed)) writeFileSync(installed, text);
    },
    onHost,
    doctor: (...args) => doctor(home, args),
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Examines `rendered` of a home. */
export async function doctor(
  home: string,
  args: readonly string[],
  more: Parameters<typeof run>[2] = {},
): Promise<Said> {
  const { code, stdout, stderr } = await run(
    ["doctor", "--json", "--folder", "rendered", ...args],
    home,
    more,
  );
  const said = JSON.parse(stdout === "" ? '{"found":[],"fixed":[],"checks":[]}' : stdout) as Omit<
    Said,
    "code" | "ids" | "stdout" | "stderr"
  >;
  for (const { fix } of said.found) await takesFix(fix);
  const ids = [...new Set(said.found.map(({ id }) => id))];
  return { ...said, code, ids, stdout, stderr };
}

/** What is left of folders that were applied once. */
export async function closeApplied(): Promise<void> {
  for (const home of applied.values()) rmSync(await home, { recursive: true, force: true });
  applied.clear();
}

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { bundle } from "./bundle.ts";
import { freePort } from "./free-port.ts";

/** What a command did. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home with a notebook in it, whose OpenClaw is the stand-in. */
export interface Place {
  readonly home: string;
  readonly port: number;
  readonly state: string;
  readonly tokenFile: string;
  readonly config: string;
  claw(...args: readonly string[]): Promise<Ended>;
  /** The same with text on standard input and further variables. */
  run(
    args: readonly string[],
    more: { readonly input?: string; readonly env?: Readonly<Record<string, string>> },
  ): Promise<Ended>;
  token(): string;
  /** Calls of the stand-in other than as a gateway. */
  calls(): readonly Readonly<Record<string, unknown>>[];
  /** Stops what runs, and removes everything. */
  close(): Promise<void>;
}

const standIn = fileURLToPath(new URL("stand-in-openclaw.mjs", import.meta.url));

/** Makes a home with `deploy.yaml`; nothing is applied. */
export async function placeWith(
  more = "",
  version = "2026.9.6",
  model = "ollama/gpt-oss:20b",
  models = "",
): Promise<Place> {
  const home = mkdtempSync(path.join(tmpdir(), "claw-operate-"));
  const port = await freePort();
  writeFileSync(
    path.join(home, "deploy.yaml"),
    `# my notebook\ndeploy: 1\nname: home\nprofile: notebook\nmodels:\n  primary: ${model} # the model\n${models}gateway: {port: ${port}, ui: true}\n${more}`,
  );
  installStandIn(path.join(home, "oc"), version);
  const state = path.join(home, ".openclaw-home");
  const tokenFile = path.join(state, "secrets", "gateway-token");
  const run: Place["run"] = (args, { input, env }) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [bundle, ...args], {
        cwd: home,
        env: { PATH: "/usr/bin:/bin", HOME: home, ...env },
        stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      });
      let [stdout, stderr] = ["", ""];
      child.stdout?.on("data", (part: Buffer) => (stdout += part.toString("utf8")));
      child.stderr?.on("data", (part: Buffer) => (stderr += part.toString("utf8")));
      child.stdin?.end(input);
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  const claw: Place["claw"] = (...args) => run(args, {});
  return {
    home,
    port,
    state,
    tokenFile,
    config: path.join(home, ".config", "claw-home", "openclaw.json"),
    claw,
    run,
    token: () => readFileSync(tokenFile, "utf8").trim(),
    calls: () =>
      readFileSync(path.join(state, "calls.ndjson"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    close: async () => {
      await claw("stop", "home");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The same place, applied and started. */
export async function startedPlace(): Promise<Place> {
  const place = await placeWith();
  const words = ["apply", "--start", "--without-model", "--openclaw", "oc"];
  const { code, stderr } = await place.claw(...words);
  if (code === 0 && stderr === "") return place;
  await place.close();
  throw new Error(`claw ${words.join(" ")}: ${String(code)} ${stderr}`);
}

/** Puts the stand-in where OpenClaw would be installed. */
export function installStandIn(folder: string, version: string): void {
  const at = path.join(folder, "node_modules", "openclaw");
  mkdirSync(at, { recursive: true });
  cpSync(standIn, path.join(at, "openclaw.mjs"));
  writeFileSync(path.join(at, "package.json"), JSON.stringify({ name: "openclaw", version }));
}

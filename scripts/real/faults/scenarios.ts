import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Where one lane works: the same absolute paths for each of its runs. */
export interface Lane {
  readonly base: string;
  readonly workspace: string;
  readonly home: string;
  readonly index: string;
  readonly registry: string;
}

/** What a real process does while it is killed, and from where. */
export interface Scenario {
  readonly name: string;
  /** Lays out what is there before. `run` runs the real program to its end. */
  readonly prepare: (lane: Lane, run: (args: readonly string[]) => void) => void;
  readonly args: (lane: Lane) => readonly string[];
}

/** In the documents that one scenario forgets, and in no other. */
export const canary = "quetzalcanary";

export function laneAt(base: string): Lane {
  const workspace = path.join(base, "workspace");
  const home = path.join(base, "home");
  const index = path.join(workspace, ".clawkeep", "index");
  return { base, workspace, home, index, registry: path.join(home, "indexes") };
}

/** With modes and times. */
export function copyTree(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  const { status } = spawnSync("cp", ["-a", from, to], { stdio: "inherit" });
  if (status !== 0) {
    throw new Error(`cp ${from} ${to} failed`);
  }
}

const indexArgs = ({ workspace }: Lane): readonly string[] => [
  ...["index", workspace, "--cpu", "100%", "--workers", "1"],
];

function write({ workspace }: Lane, name: string, text: string): void {
  const file = path.join(workspace, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function firstFiles(lane: Lane): void {
  mkdirSync(lane.home, { recursive: true, mode: 0o700 });
  for (let note = 0; note < 40; note += 1) {
    const text = `The keeper wrote entry ${note} about lamp number ${note * 7}. `.repeat(
      1 + (note % 5),
    );
    write(lane, `log/${note}.md`, `# Note ${note}\n\n${text}\n`);
  }
  for (let note = 0; note < 6; note += 1) {
    write(lane, `private/${note}.md`, `# Secret ${note}\n\nThe ${canary} of day ${note}.\n`);
  }
  write(lane, "stay/lamp.md", "# Lamp\n\nThe lighthouse lamp never changes.\n");
}

/** All that is done to an index. */
export const scenarios: readonly Scenario[] = [
  { name: "first index", prepare: firstFiles, args: indexArgs },
  {
    name: "update",
    prepare: (lane, run) => {
      firstFiles(lane);
      run(indexArgs(lane));
      for (let note = 0; note < 16; note += 1) {
        write(lane, `log/${note}.md`, `# Note ${note}\n\nEntry ${note} was written anew.\n`);
        write(lane, `new/${note}.md`, `# New ${note}\n\nA new entry, number ${note}.\n`);
      }
      rmSync(path.join(lane.workspace, "log/30.md"));
      renameSync(path.join(lane.workspace, "private"), path.join(lane.workspace, "secret"));
    },
    args: indexArgs,
  },
  {
    name: "forget",
    prepare: (lane, run) => {
      firstFiles(lane);
      run(indexArgs(lane));
    },
    args: ({ index }) => ["forget", "private/", "log/1*.md", "--index", index],
  },
];

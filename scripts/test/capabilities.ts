import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { detectLevels } from "@clawkeep/sandbox";
import { describeEngine } from "@clawkeep/vector-index";

/** One part that a machine may lack. An absent part was not tested: it has not passed. */
export interface Capability {
  readonly name: string;
  readonly present: boolean;
  /** Its version and place, or why it is absent. */
  readonly why: string;
}

/** Looks for every part that tests depend on, by using it. */
export async function capabilities(): Promise<readonly Capability[]> {
  const { bubblewrap, landlock } = await detectLevels();
  return [
    {
      name: "bubblewrap",
      present: bubblewrap.available,
      why: bubblewrap.available
        ? `${bubblewrap.version ?? "version unknown"} at ${bubblewrap.path ?? "?"}`
        : (bubblewrap.why ?? "not found"),
    },
    {
      name: "launcher",
      present: landlock.available,
      why: landlock.available
        ? `Landlock ${landlock.version ?? ""} at ${landlock.path ?? "?"}`
        : (landlock.why ?? "not built"),
    },
    vectorEngine(),
    await cargo(),
  ];
}

function vectorEngine(): Capability {
  const { engine, kernel, why } = describeEngine("auto");
  const isNative = engine === "native";
  return {
    name: "native index",
    present: isNative,
    why: isNative
      ? `kernel ${kernel}`
      : `the portable TypeScript engine runs: ${why ?? "not built"}`,
  };
}

async function cargo(): Promise<Capability> {
  try {
    const { stdout } = await promisify(execFile)("cargo", ["--version"], { timeout: 20_000 });
    return { name: "cargo", present: true, why: stdout.trim() };
  } catch {
    return {
      name: "cargo",
      present: false,
      why: "not on PATH: the launcher and the observer are not built",
    };
  }
}

/** A table with one row a capability, for the end of a test run. */
export function formatCapabilities(rows: readonly Capability[]): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  const line = (row: Capability): string =>
    `  ${row.name.padEnd(width)}  ${row.present ? "present" : "absent "}  ${row.why}`;
  return ["capabilities (absent = not tested here)", ...rows.map(line)].join("\n");
}

/** Names in `required` (comma separated) that are absent or unknown. */
export function missingCapabilities(
  rows: readonly Capability[],
  required: string | undefined,
): readonly string[] {
  const names = (required ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return names.filter((name) => rows.find((row) => row.name === name)?.present !== true);
}

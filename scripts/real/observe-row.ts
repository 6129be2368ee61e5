import { appendFileSync, existsSync, readFileSync } from "node:fs";
import process from "node:process";

const variable = "CLAWKEEP_OBSERVED_ROWS";

/**
 * A stage says that it saw a row of docs/rows.md hold, when it did: `ran` for what ran, `judged` for a judge's answer. It
 * is kept with the stage's pass, and only if the stage passes.
 */
export function observeRow(id: string, how: "ran" | "judged"): void {
  const file = process.env[variable];
  if (file !== undefined) appendFileSync(file, `${id} ${how}\n`);
}

/** For the runner: the environment of a stage, and what it had observed when it ended. */
export function observations(file: string): {
  readonly environment: Readonly<Record<string, string>>;
  readonly read: () => Readonly<Record<string, "ran" | "judged">>;
} {
  return {
    environment: { [variable]: file },
    read: () => {
      const text = existsSync(file) ? readFileSync(file, "utf8") : "";
      const rows = new Map<string, "ran" | "judged">();
      for (const line of text
        .split("\n")
        .filter((one) => one !== "")
        .toSorted()) {
        const [id = "", how] = line.split(" ");
        if (how === "ran" || !rows.has(id)) rows.set(id, how === "ran" ? "ran" : "judged");
      }
      return Object.fromEntries(rows);
    },
  };
}

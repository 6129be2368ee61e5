import { readFileSync, rmSync } from "node:fs";

import { replaceFile } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";

import type { ServicePort } from "../ports/service-port.ts";
import type { RunTool } from "./run-tool.ts";
import { mustRun, runTool } from "./run-tool.ts";

/** A table of nftables that is the deployment's own. */
export interface FirewallTable {
  /** Such as `claw_home`. */
  readonly table: string;
  /** What loads it: the table is deleted and made anew in one transaction. */
  readonly file: string;
  /** Where the table is kept as it was found before the first start; empty when nothing was. */
  readonly preImage: string;
}

/**
 * The firewall as the first service of a deployment: it is loaded before anything starts and taken away after all has
 * stopped. It is checked before it is loaded, and what was in its table before comes back when it stops.
 */
export function nftablesService(
  { table, file, preImage }: FirewallTable,
  run: RunTool = runTool,
): ServicePort {
  const listed = async (): Promise<string | undefined> => {
    const { code, stdout } = await run(["nft", "list", "table", "inet", table]);
    return code === 0 ? stdout : undefined;
  };
  const listing = `${preImage}.loaded`;
  return {
    name: `firewall table ${table}`,
    isRunning: async () => {
      const now = await listed();
      if (now === undefined) return false;
      return textIn(listing) === formOf(file, now);
    },
    start: async () => {
      await mustRun(run, ["nft", "--check", "--file", file]);
      // What is there after a start of ours is no pre-image; that nothing was is one.
      if (textIn(preImage) === undefined) {
        await replaceFile(preImage, (await listed()) ?? "", { mode: 0o600 });
      }
      await mustRun(run, ["nft", "--file", file]);
      // The kernel lists rules in words of its own: only with its own list can it be compared later.
      await replaceFile(listing, formOf(file, (await listed()) ?? ""), { mode: 0o600 });
    },
    stop: async () => {
      const before = textIn(preImage);
      // One that no start of ours has touched is not ours to take away.
      if (before === undefined) return;
      if ((await listed()) !== undefined) {
        // In one transaction: there is no moment with neither.
        await mustRun(run, ["nft", "--file", "-"], {
          input: `delete table inet ${table}\n${before}`,
        });
      }
      for (const kept of [preImage, listing]) rmSync(kept, { force: true });
    },
  };
}

/** What was loaded: the digest of its file and the list of the kernel. */
function formOf(file: string, listed: string): string {
  return `# ${digestBytes(textIn(file) ?? "")}\n${listed}`;
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

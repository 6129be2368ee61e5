import { attack } from "../../test/attack.ts";

const script = `
import { readdirSync, openSync } from "node:fs";
let reached = "";
for (const path of ["/sys/class", "/sys/kernel", "/proc/sys/kernel"]) {
  try { if (readdirSync(path).length > 0 && path !== "/proc/sys/kernel") reached += path; } catch {}
}
for (const path of ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/power/state"]) {
  try { openSync(path, "r+"); reached += path; } catch {}
}
process.stdout.write("tried " + reached);`;

// To read what the kernel tells of the machine, and to open its switches for writing.
await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ run }) => (await run("node", script)).trim() !== "tried",
);

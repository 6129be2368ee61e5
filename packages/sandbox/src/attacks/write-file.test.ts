import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { attack } from "../../test/attack.ts";

const script = `
import { appendFileSync, renameSync, truncateSync, unlinkSync } from "node:fs";
for (const act of [
  (path) => appendFileSync(path, "changed"),
  (path) => truncateSync(path),
  (path) => renameSync(path, path + ".moved"),
  (path) => unlinkSync(path),
]) {
  for (const path of process.argv.slice(1)) {
    try { act(path); } catch {}
  }
}
process.stdout.write("tried");`;

// One file outside every root, one in a root for reading.
await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run, inside }) => {
    const read = attacker.makeFolder("read");
    const canaries = [
      path.join(attacker.makeFolder("outside"), "canary"),
      path.join(read, "canary"),
    ];
    for (const canary of canaries) {
      writeFileSync(canary, "as it was");
      // Anybody may write it: only the level stands between.
      chmodSync(canary, 0o666);
    }
    await run("node", script, [...canaries, path.join(inside(read), "canary")], { read: [read] });
    return canaries.some((canary) => {
      try {
        return readFileSync(canary, "utf8") !== "as it was";
      } catch {
        return true;
      }
    });
  },
);

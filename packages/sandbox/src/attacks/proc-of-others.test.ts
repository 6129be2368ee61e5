import { spawn } from "node:child_process";

import { attack } from "../../test/attack.ts";

const script = `
import { readFileSync } from "node:fs";
let seen = "";
for (const name of ["environ", "cmdline", "maps"]) {
  try { seen += readFileSync("/proc/" + process.argv[1] + "/" + name, "latin1"); } catch {}
}
process.stdout.write("tried " + seen.includes("canary"));`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run }) => {
    const other = spawn("/bin/sleep", ["20"], {
      env: { SECRET: "canary" },
      ...(process.getuid?.() === attacker.uid ? {} : { uid: attacker.uid, gid: attacker.uid }),
    });
    try {
      return (await run("node", script, [String(other.pid)])).includes("true");
    } finally {
      other.kill("SIGKILL");
    }
  },
);

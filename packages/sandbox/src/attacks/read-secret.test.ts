import { writeFileSync } from "node:fs";
import path from "node:path";

import { attack } from "../../test/attack.ts";

const script = `
import { readFileSync } from "node:fs";
let seen = "";
try { seen = readFileSync(process.argv[1], "utf8"); } catch {}
process.stdout.write("tried " + seen);`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run }) => {
    const secret = path.join(attacker.folder, "secret");
    writeFileSync(secret, "canary", { mode: 0o644 });
    return (await run("node", script, [secret])).includes("canary");
  },
);

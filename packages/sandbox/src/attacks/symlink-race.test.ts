import { writeFileSync } from "node:fs";
import path from "node:path";

import { attack } from "../../test/attack.ts";

const script = `
import { readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
const [folder, secret] = process.argv.slice(1);
writeFileSync(folder + "/own", "own");
symlinkSync("own", folder + "/link");
const worker = new Worker(\`
  import { renameSync, symlinkSync } from "node:fs";
  import { workerData } from "node:worker_threads";
  const { folder, secret } = workerData;
  for (let swap = 0; swap < 10000; swap += 1) {
    symlinkSync(swap % 2 === 0 ? secret : "own", folder + "/next");
    renameSync(folder + "/next", folder + "/link");
  }
\`, { eval: true, workerData: { folder, secret } });
let over = false;
let seen = "";
worker.once("exit", (code) => { over = true; if (code !== 0) seen += " not swapped"; });
while (!over) {
  for (let turn = 0; turn < 100; turn += 1) {
    try {
      const text = readFileSync(folder + "/link", "utf8");
      if (text !== "own") seen = text;
    } catch {}
  }
  await new Promise(setImmediate);
}
process.stdout.write("tried " + seen);`;

// 10,000 swaps of a link in a write root, between a file of the root and one outside, while it is read.
await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run, inside }) => {
    const secret = path.join(attacker.folder, "secret");
    writeFileSync(secret, "canary", { mode: 0o644 });
    const write = attacker.makeFolder("write");
    const seen = await run("node", script, [inside(write), secret], { write: [write] });
    if (seen.includes("not swapped")) {
      throw new Error("the links were not swapped");
    }
    return seen.includes("canary");
  },
);

import { attack } from "../../test/attack.ts";

const script = `
let reached = "";
try { process.kill(Number(process.argv[1]), 0); reached = "reached"; } catch {}
process.stdout.write("tried " + reached);`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run }) =>
    (await run("node", script, [String(attacker.pid)])).includes("reached"),
);

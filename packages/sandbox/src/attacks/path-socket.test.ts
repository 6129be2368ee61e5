import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import path from "node:path";

import { attack } from "../../test/attack.ts";

const script = `
import { connect } from "node:net";
for (const path of process.argv.slice(1)) {
  await new Promise((end) => {
    try {
      const socket = connect({ path }).on("error", end).on("connect", () => { socket.destroy(); end(); });
    } catch { end(); }
  });
}
process.stdout.write("tried", () => process.exit(0));`;

// Canaries in the working folder, the home, /run, /tmp and both kinds of root.
await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run, inside }) => {
    let accepted = 0;
    const servers: Server[] = [];
    const made: string[] = [];
    const [read, write] = [attacker.makeFolder("read"), attacker.makeFolder("write")];
    const places = [path.join(attacker.folder, "s"), path.join(read, "s"), path.join(write, "s")];
    for (const parent of ["/tmp", ...(process.getuid?.() === 0 ? ["/run"] : [])]) {
      const folder = mkdtempSync(path.join(parent, "clawkeep-socket-"));
      chmodSync(folder, 0o755);
      made.push(folder);
      places.push(path.join(folder, "s"));
    }
    try {
      for (const place of places) {
        const server = createServer((socket) => {
          accepted += 1;
          socket.on("error", () => {}).destroy();
        }).listen(place);
        servers.push(server);
        await once(server, "listening");
        chmodSync(place, 0o777);
      }
      const roots = [read, write].map((folder) => path.join(inside(folder), "s"));
      await run("node", script, [...places, ...roots], { read: [read], write: [write] });
      return accepted > 0;
    } finally {
      for (const server of servers) {
        server.close();
      }
      for (const folder of made) {
        rmSync(folder, { recursive: true });
      }
    }
  },
);

import { once } from "node:events";
import { createServer } from "node:net";

import { attack } from "../../test/attack.ts";

const script = `
import { connect } from "node:net";
const end = () => process.stdout.write("tried", () => process.exit(0));
try {
  connect({ path: String.fromCharCode(0) + process.argv[1] }).on("error", end).on("connect", end);
} catch { end(); }`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ run, level }) => {
    let accepted = 0;
    const name = `clawkeep-abstract-${process.pid}-${level}`;
    const server = createServer((socket) => {
      accepted += 1;
      socket.on("error", () => {}).destroy();
    }).listen(`\0${name}`);
    await once(server, "listening");
    await run("node", script, [name]);
    server.close();
    return accepted > 0;
  },
);

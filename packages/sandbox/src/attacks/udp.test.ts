import { createSocket } from "node:dgram";
import { once } from "node:events";

import { attack } from "../../test/attack.ts";

const script = `
import { createSocket } from "node:dgram";
const end = () => process.stdout.write("tried", () => process.exit(0));
try {
  const socket = createSocket("udp4").on("error", end);
  socket.send("hello", Number(process.argv[1]), "127.0.0.1", end);
} catch { end(); }`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ run }) => {
    let received = 0;
    const server = createSocket("udp4", () => {
      received += 1;
    }).bind(0, "127.0.0.1");
    await once(server, "listening");
    await run("node", script, [String(server.address().port)]);
    // What was sent before the program ended is in the queue already.
    await new Promise(setImmediate);
    server.close();
    return received > 0;
  },
);

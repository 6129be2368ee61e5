import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { attack } from "../../test/attack.ts";

const script = `
import { connect } from "node:net";
const socket = connect({ host: "127.0.0.1", port: Number(process.argv[1]) });
const end = () => process.stdout.write("tried", () => process.exit(0));
socket.on("error", end).on("connect", end);`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ run }) => {
    let accepted = 0;
    const server = createServer((socket) => {
      accepted += 1;
      socket.on("error", () => {}).destroy();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    await run("node", script, [String((server.address() as AddressInfo).port)]);
    server.close();
    return accepted > 0;
  },
);

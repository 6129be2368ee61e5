import { createSocket } from "node:dgram";
import { once } from "node:events";

import { attack } from "../../test/attack.ts";

const script = `
import { Resolver } from "node:dns";
const resolver = new Resolver({ timeout: 300, tries: 1 });
const end = () => process.stdout.write("tried", () => process.exit(0));
try {
  resolver.setServers(["127.0.0.1:" + process.argv[1]]);
  resolver.resolve4("secret-in-a-name.example", end);
} catch { end(); }`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ run }) => {
    let asked = 0;
    const server = createSocket("udp4", () => {
      asked += 1;
    }).bind(0, "127.0.0.1");
    await once(server, "listening");
    await run("node", script, [String(server.address().port)]);
    await new Promise(setImmediate);
    server.close();
    return asked > 0;
  },
);

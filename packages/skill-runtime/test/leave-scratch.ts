/** A child that has a folder with a secret and waits to be killed: `leave-scratch.ts HOME`. */
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";

import { makeOwnedFolder } from "@clawkeep/durable-files";

const [home = ""] = process.argv.slice(2);
mkdirSync(path.join(home, "scratch"), { recursive: true, mode: 0o700 });
const folder = makeOwnedFolder(path.join(home, "scratch"), "secrets");
writeFileSync(path.join(folder, "TOKEN"), "a-canary-of-a-secret", { mode: 0o400 });
writeSync(1, `${folder}\n`);
setInterval(() => {}, 1000);

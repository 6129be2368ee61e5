import { chownSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { attack } from "../../test/attack.ts";

const script = `
import os, sys
for path in sys.argv[1:]:
    try:
        os.chmod(path, 0o777)
    except OSError:
        pass
print("tried")`;

// Files of the attacker's own user: outside every root, and in a root for reading.
await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run, inside }) => {
    const read = attacker.makeFolder("read");
    const canaries = [path.join(attacker.folder, "canary"), path.join(read, "canary")];
    const look = (): string =>
      canaries
        .map((file) => statSync(file))
        .map(({ mode, mtimeMs }) => `${mode} ${mtimeMs}`)
        .join();
    for (const canary of canaries) {
      writeFileSync(canary, "", { mode: 0o600 });
      chownSync(canary, attacker.uid, attacker.uid);
    }
    const before = look();
    await run("python", script, [...canaries, path.join(inside(read), "canary")], { read: [read] });
    return look() !== before;
  },
  true,
);

import { execFileSync } from "node:child_process";
import { chownSync, writeFileSync } from "node:fs";
import path from "node:path";

import { attack } from "../../test/attack.ts";

const script = `
import os, sys
for path in sys.argv[1:]:
    try:
        os.setxattr(path, "user.canary", b"changed")
    except OSError:
        pass
print("tried")`;
const look = "import os,sys; print(any(os.listxattr(path) for path in sys.argv[1:]))";

// Files of the attacker's own user: outside every root, and in a root for reading.
await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ attacker, run, inside }) => {
    const read = attacker.makeFolder("read");
    const canaries = [path.join(attacker.folder, "canary"), path.join(read, "canary")];
    for (const canary of canaries) {
      writeFileSync(canary, "");
      chownSync(canary, attacker.uid, attacker.uid);
    }
    await run("python", script, [...canaries, path.join(inside(read), "canary")], { read: [read] });
    return execFileSync("/usr/bin/python3", ["-c", look, ...canaries]).includes("True");
  },
  true,
);

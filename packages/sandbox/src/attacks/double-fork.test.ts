import { vi } from "vitest";

import { attack } from "../../test/attack.ts";
import { processesWith } from "../../test/attacker.ts";

const script = `
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for descriptor in range(3):
            os.close(descriptor)
        os.execv("/bin/sleep", ["sleep", sys.argv[1]])
    os._exit(0)
os.wait()
print("tried")`;

await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ run, level }) => {
    // A duration that only this sleep has.
    const token = `20.${process.pid}${Math.round(performance.now() * 1000)}`;
    await run("python", script, [token]);
    if (level !== "none") {
      await vi.waitFor(
        () => processesWith(token).length === 0 || Promise.reject(new Error("left")),
      );
    }
    const left = processesWith(token);
    for (const pid of left) {
      process.kill(Number(pid), "SIGKILL");
    }
    return left.length > 0;
  },
  true,
);

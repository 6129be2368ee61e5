import { attack } from "../../test/attack.ts";

const script = `
import os, sys
print("tried", flush=True)
try:
    descriptor = os.memfd_create("code", 0)
    os.write(descriptor, open("/bin/echo", "rb").read())
    os.execv("/proc/self/fd/%d" % descriptor, ["echo", "ran from memory"])
except OSError:
    pass`;

await attack(
  {
    bubblewrap: "not covered: a program may run code that it wrote to its own /tmp as well",
    landlock: "stopped",
    none: "not stopped",
  },
  async ({ run }) => (await run("python", script)).includes("ran from memory"),
  true,
);

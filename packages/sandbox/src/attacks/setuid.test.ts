import { attack } from "../../test/attack.ts";

const script = `
import ctypes
print("tried", ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))`;

// PR_GET_NO_NEW_PRIVS: with it no set-user-ID program gains anything.
await attack(
  { bubblewrap: "stopped", landlock: "stopped", none: "not stopped" },
  async ({ run }) => (await run("python", script)).includes("tried 0"),
  true,
);

import { bubblewrapDriver } from "./bubblewrap/driver.ts";
import { landlockDriver } from "./landlock/driver.ts";
import type { Driver } from "./launch.ts";
import type { SandboxLevel } from "./level.ts";
import { noneDriver } from "./none/driver.ts";

/** The drivers of this process. Each remembers what it found, so that a level is probed once. */
export const drivers: Readonly<Record<SandboxLevel, Driver>> = {
  bubblewrap: bubblewrapDriver(),
  landlock: landlockDriver(),
  none: noneDriver,
};

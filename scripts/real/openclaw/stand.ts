import type { Checks } from "./checks.ts";
import type { Principal } from "./principal.ts";
import { makePrincipal } from "./principal.ts";
import type { World } from "./private-world.ts";
import type { StandInModel } from "./stand-in-model.ts";

/** Everything that routes have in common. */
export interface Stand {
  readonly world: World;
  /** `openclaw.mjs`. */
  readonly openclaw: string;
  readonly version: string;
  readonly model: StandInModel;
  /** Runs OpenClaw. */
  readonly gateway: Principal;
  /** Runs our services; it shares a group with the gateway and nothing else. */
  readonly service: Principal;
  readonly sharedGroup: number;
}

/** One way to connect OpenClaw: what every file `route-*.ts` exports as `route`. */
export interface Route {
  readonly number: number;
  readonly title: string;
  run(stand: Stand, checks: Checks): Promise<void>;
}

const sharedGroup = 23_000;

export function makeStand(
  world: World,
  openclaw: string,
  version: string,
  model: StandInModel,
): Stand {
  const groups = [sharedGroup];
  return {
    world,
    openclaw,
    version,
    model,
    gateway: makePrincipal(world.base, { name: "gw", uid: 21_000, gid: 21_000, groups }),
    service: makePrincipal(world.base, { name: "sv", uid: 22_000, gid: 22_000, groups }),
    sharedGroup,
  };
}

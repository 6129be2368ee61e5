import { z } from "zod";

import type { ServicePort } from "../ports/service-port.ts";
import type { ComposeProject } from "./compose-service.ts";
import { composeService } from "./compose-service.ts";
import type { LaunchdAgent } from "./launchd-service.ts";
import { launchdService } from "./launchd-service.ts";
import type { FirewallTable } from "./nftables-service.ts";
import { nftablesService } from "./nftables-service.ts";
import type { RunTool } from "./run-tool.ts";
import { runTool } from "./run-tool.ts";
import type { SystemdUnit } from "./systemd-service.ts";
import { systemdService } from "./systemd-service.ts";

/** A service and what keeps it, as a generation records it: whoever operates it later asks the same manager. */
export type KeptService =
  | { readonly by: "supervisor"; readonly name: string }
  | ({ readonly by: "systemd" } & SystemdUnit)
  | ({ readonly by: "launchd" } & LaunchdAgent)
  | ({ readonly by: "compose" } & ComposeProject)
  | ({ readonly by: "nftables" } & FirewallTable);

/** One whose manager is a program of the machine. */
export type ForeignService = Exclude<KeptService, { readonly by: "supervisor" }>;

const absolute = z.string().startsWith("/");
// None of these may be taken for an option by the program that it is given to.
const word = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/u);

/** What a generation may hold of it. */
export const keptServiceForm: z.ZodType<KeptService> = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("supervisor"), name: word }),
  z.strictObject({
    by: z.literal("systemd"),
    unit: word,
    scope: z.enum(["system", "user"]),
  }),
  z.strictObject({
    by: z.literal("launchd"),
    label: word,
    plist: absolute,
    uid: z.number().int().nonnegative(),
  }),
  z.strictObject({
    by: z.literal("compose"),
    name: word,
    files: z.array(absolute),
    waitSeconds: z.number().positive().exactOptional(),
    stopSeconds: z.number().nonnegative(),
  }),
  z.strictObject({
    by: z.literal("nftables"),
    table: word,
    file: absolute,
    preImage: absolute,
  }),
]);

/** The service by its manager. */
export function foreignService(kept: ForeignService, run: RunTool = runTool): ServicePort {
  if (kept.by === "systemd") return systemdService(kept, run);
  if (kept.by === "launchd") return launchdService(kept, run);
  return kept.by === "compose" ? composeService(kept, run) : nftablesService(kept, run);
}

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import { openOwnFile } from "@clawkeep/durable-files";
import path from "node:path";
import { z } from "zod";

/** Where a service of this machine listens. */
export type ServiceAddress = { readonly unix: string } | { readonly port: number };

const schema = z.strictObject({
  services: z.literal(1),
  at: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/u),
    z.union([
      z.strictObject({ unix: z.string().startsWith("/").max(107) }),
      z.strictObject({ port: z.int().min(1).max(65_535) }),
    ]),
  ),
});

/**
 * Reads `services.json` of the state folder: `{services: 1, at: {name: {unix: PATH} | {port: N}}}`. It
 * is the user's own file; nothing of a workspace or a skill can say where a service is. A port is one
 * of this machine's loopback.
 * @throws CodedError SERVICES_UNREADABLE
 */
export async function readServices(
  home: string,
): Promise<Readonly<Record<string, ServiceAddress>>> {
  const file = path.join(home, "services.json");
  try {
    await using handle = await openOwnFile(file);
    return schema.parse(JSON.parse(await handle.readFile("utf8"))).at;
  } catch (cause) {
    if (isMissing(cause)) return {};
    throw new CodedError({
      code: "SERVICES_UNREADABLE",
      message: `expected {"services": 1, "at": {…}} of yours alone in ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "docs/exec-contract.md says how a service is named",
      cause,
    });
  }
}

/** How records name an address. */
export function addressText(address: ServiceAddress): string {
  return "unix" in address ? `unix:${address.unix}` : `127.0.0.1:${address.port}`;
}

function isMissing(error: unknown): boolean {
  const reason = isCodedError(error) && error.cause !== undefined ? error.cause : error;
  return reason instanceof Error && "code" in reason && reason.code === "ENOENT";
}

import { CodedError } from "@clawkeep/diagnostics";
import { z } from "zod";

/** A device that asks to be let in, as OpenClaw lists it. Names were written by the device. */
export interface PendingDevice {
  readonly requestId: string;
  readonly deviceId: string;
  readonly name: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly address: string;
}

const text = z.string().max(1000).optional();
const list = z.looseObject({
  pending: z
    .array(
      z.looseObject({
        requestId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/u),
        deviceId: text,
        displayName: text,
        clientId: text,
        role: text,
        roles: z.array(z.string()).optional(),
        scopes: z.array(z.string()).optional(),
        remoteIp: text,
      }),
    )
    .optional(),
});

/**
 * The pending requests in what `openclaw devices list --json` printed.
 *
 * @throws CodedError `DEVICES_ANSWER`
 */
export function pendingDevices(stdout: string): readonly PendingDevice[] {
  try {
    const { pending = [] } = list.parse(JSON.parse(stdout));
    return pending.map((one) => ({
      requestId: one.requestId,
      deviceId: one.deviceId ?? "",
      name: one.displayName ?? one.clientId ?? one.deviceId ?? "",
      role: one.roles?.join(" ") ?? one.role ?? "",
      scopes: one.scopes ?? [],
      address: one.remoteIp ?? "",
    }));
  } catch (cause) {
    throw new CodedError({
      code: "DEVICES_ANSWER",
      message: "expected the list of devices of OpenClaw, got something else",
      hint: "`claw devices` shows what it says; does the gateway run (`claw health`)?",
      cause,
    });
  }
}

/** @throws CodedError `DEVICES_REQUEST` for what cannot be the id of a request, such as an option */
export function checkRequestId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/u.test(id)) return id;
  throw new CodedError({
    code: "DEVICES_REQUEST",
    message: `expected the id of a request, got ${JSON.stringify(id)}`,
    hint: "`claw devices` lists them.",
  });
}

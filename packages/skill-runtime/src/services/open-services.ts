import type { Channel } from "@clawkeep/sandbox";
import { CodedError } from "@clawkeep/diagnostics";
import type { Action } from "@clawkeep/skill-format";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { ServiceStand } from "../trial/trial.ts";
import { addressText, readServices } from "./read-services.ts";
import type { ServiceAddress } from "./read-services.ts";

/** The services of one run, connected. */
export interface OpenServices {
  readonly channels: readonly Channel[];
  /** Which service was talked to, where, and how much: for the record. */
  readonly notes: () => readonly string[];
  readonly close: () => void;
}

/** How long a service may take to accept. */
const CONNECT_MS = 5000;

/**
 * Connects to each service that an action names, before its program is started.
 *
 * @param stand In a test: what stands between the program and the service, or for it.
 * @throws CodedError SERVICES_UNREADABLE, SERVICE_UNKNOWN, SERVICE_UNREACHABLE
 */
export async function openServices(
  action: Action,
  home: string,
  stand?: ServiceStand,
): Promise<OpenServices> {
  const opened: OpenService[] = [];
  const close = (): void => {
    for (const { remote } of opened) remote.destroy();
  };
  try {
    for (const name of action.services) opened.push(await openService(name, home, stand));
  } catch (error) {
    close();
    throw error;
  }
  return {
    channels: opened.map((service) => ({
      variable: serviceVariable(service.name),
      attach: (program) => relay(program, service),
    })),
    notes: () =>
      opened.map(
        ({ name, at, sent, received }) =>
          `service ${name} at ${at}: ${sent} bytes sent, ${received} received`,
      ),
    close,
  };
}

/** The variable that tells a program which descriptor is the service's: `CLAWKEEP_SERVICE_NAME_FD`. */
export function serviceVariable(name: string): string {
  return `CLAWKEEP_SERVICE_${name.toUpperCase().replaceAll("-", "_")}_FD`;
}

interface OpenService {
  readonly name: string;
  readonly at: string;
  readonly remote: Duplex;
  sent: number;
  received: number;
}

async function openService(
  name: string,
  home: string,
  stand: ServiceStand | undefined,
): Promise<OpenService> {
  const counts = { sent: 0, received: 0 };
  const connectReal = async (): Promise<Duplex> => (await connectService(name, home)).remote;
  return stand === undefined
    ? { name, ...(await connectService(name, home)), ...counts }
    : { name, at: "a test's stand-in", remote: await stand(name, connectReal), ...counts };
}

/**
 * Connects to a service of this machine where the state folder says that it is.
 * @throws CodedError SERVICES_UNREADABLE, SERVICE_UNKNOWN, SERVICE_UNREACHABLE
 */
export async function connectService(
  name: string,
  home: string,
): Promise<{ readonly at: string; readonly remote: Duplex }> {
  const known = await readServices(home);
  const address = Object.hasOwn(known, name) ? known[name] : undefined;
  if (address === undefined) {
    throw new CodedError({
      code: "SERVICE_UNKNOWN",
      message: `the action needs the service ${name}, and services.json of the state folder does not say where it is`,
      hint: `add {"services": 1, "at": {"${name}": {"unix": "/path"}}} or {"port": 1234}`,
    });
  }
  return { at: addressText(address), remote: await connected(name, address) };
}

function connected(name: string, address: ServiceAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      "unix" in address
        ? connect({ path: address.unix })
        : connect({ host: "127.0.0.1", port: address.port });
    const fail = (cause: unknown): void => {
      socket.destroy();
      reject(
        new CodedError({
          code: "SERVICE_UNREACHABLE",
          message: `the service ${name} at ${addressText(address)} does not answer: ${cause instanceof Error ? cause.message : "it took too long"}`,
          hint: "start the service; nothing was run",
          cause,
        }),
      );
    };
    socket.setTimeout(CONNECT_MS, () => fail(undefined));
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.off("error", fail);
      // Whoever uses it next sees the end; an error in between must not end the runtime.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** Carries bytes both ways and counts them. Descriptors that are sent along are never taken. */
function relay(program: Duplex, service: OpenService): void {
  const { remote } = service;
  program.on("error", () => remote.destroy());
  remote.on("error", () => program.destroy());
  program.on("data", (chunk: Buffer) => (service.sent += chunk.length));
  remote.on("data", (chunk: Buffer) => (service.received += chunk.length));
  program.pipe(remote);
  remote.pipe(program);
  program.on("close", () => remote.destroy());
}

import { appendFileSync, constants, closeSync, fstatSync, openSync, renameSync } from "node:fs";

/**
 * One thing that happened. There is no field for what was asked or answered: a log outlives the
 * request, and others may read it.
 */
export interface ServiceEvent {
  readonly event: "start" | "stop" | "request" | "refuse" | "worker";
  /** Method or route, of those that the service knows. */
  readonly route?: string;
  readonly code?: string;
  readonly status?: number;
  readonly ms?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  /** Whom the service authenticated. */
  readonly caller?: string;
  readonly pid?: number;
}

/** Takes events; never fails, since a full disk is no reason not to answer. */
export type ServiceLog = (event: ServiceEvent) => void;

/** Writes nothing. */
export const noLog: ServiceLog = () => {};

/**
 * Appends events to a file, mode 0600, one JSON object a line. At `maxBytes` the file becomes `PATH.1`
 * and a new one is begun, so that a log takes twice as much at most.
 */
export function openServiceLog(file: string, maxBytes: number = 4 * 1024 * 1024): ServiceLog {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  // Kept open: a line is written before each answer is sent.
  let descriptor: number | undefined;
  const leave = (): void => {
    const left = descriptor;
    descriptor = undefined;
    if (left !== undefined) closeSync(left);
  };
  return (event) => {
    try {
      descriptor ??= openSync(file, flags, 0o600);
      const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
      appendFileSync(descriptor, line);
      const { size, nlink } = fstatSync(descriptor);
      if (size > maxBytes) renameSync(file, `${file}.1`);
      // Somebody has removed it: the next line makes another one.
      if (size > maxBytes || nlink === 0) leave();
    } catch {
      // As said.
      leave();
    }
  };
}

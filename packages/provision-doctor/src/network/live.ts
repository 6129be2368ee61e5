import { spawnSync } from "node:child_process";
import { connect } from "node:net";

import { askOrigin } from "./ask-origin.ts";
import type { OriginAnswer } from "./ask-origin.ts";
import { readListeners } from "./listeners.ts";
import type { Listener } from "./listeners.ts";

/** What a server said, or why it said nothing. */
export interface Answer {
  /** 0 where nothing came. */
  readonly status: number;
  /** Undefined where it was none. */
  readonly json: unknown;
  /** Such as `ECONNREFUSED`; empty where something came. */
  readonly error: string;
}

/** What runs on this machine, asked and never changed. */
export interface Live {
  /** Undefined where the kernel has no table of them. */
  listeners(): readonly Listener[] | undefined;
  /** JSON of an address; POST where there is a body. Redirects are not followed. */
  ask(url: string, body?: unknown, waitMs?: number): Promise<Answer>;
  origin(port: number, origin: string): Promise<OriginAnswer>;
  /** Whether somebody listens at a socket of this machine's file system. */
  connects(socket: string): Promise<boolean>;
  /** What a program prints, run without a shell; undefined when it is missing or fails. */
  output(program: string, args: readonly string[]): string | undefined;
}

/** Larger than any answer that is asked for. */
const mostBytes = 4 * 1024 * 1024;

/** This machine. Of the environment, programs get what they need to be found and to find their socket. */
export function thisMachine(environment: Readonly<Record<string, string | undefined>>): Live {
  const names = ["PATH", "HOME", "XDG_RUNTIME_DIR", "DOCKER_HOST"];
  const env = Object.fromEntries(names.map((name) => [name, environment[name]]));
  return {
    listeners: readListeners,
    ask,
    origin: askOrigin,
    connects,
    output: (program, args) => {
      const ended = spawnSync(program, args, {
        encoding: "utf8",
        timeout: 10_000,
        maxBuffer: mostBytes,
        stdio: ["ignore", "pipe", "ignore"],
        env: { ...env, LC_ALL: "C.UTF-8" },
      });
      return ended.status === 0 ? ended.stdout : undefined;
    },
  };
}

async function ask(url: string, body?: unknown, waitMs = 5000): Promise<Answer> {
  try {
    const answer = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(waitMs),
      ...(body === undefined
        ? {}
        : {
            method: "POST",
            body: JSON.stringify(body),
            headers: { "content-type": "application/json" },
          }),
    });
    const text = await bounded(answer);
    return { status: answer.status, json: jsonOf(text), error: "" };
  } catch (error) {
    return { status: 0, json: undefined, error: codeOf(error) };
  }
}

function connects(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    const end = (isThere: boolean): void => {
      client.destroy();
      resolve(isThere);
    };
    client.setTimeout(5000, () => end(true));
    client.on("connect", () => end(true));
    client.on("error", (error: NodeJS.ErrnoException) => end(error.code !== "ECONNREFUSED"));
  });
}

async function bounded(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.byteLength;
    if (bytes > mostBytes) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `ECONNREFUSED`, `ENOTFOUND`, `TimeoutError`: what a person can look up. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (error instanceof Error ? error.name : "failed");
}

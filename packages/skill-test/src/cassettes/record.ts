import { Duplex } from "node:stream";

/** What a cassette keeps of one connection at most, in bytes: a person has to review it. */
export const maxRecordedBytes: number = 4 * 1024 * 1024;

/** A connection that is passed through and listened to. */
export interface Recorder {
  readonly stream: Duplex;
  /** What was said so far. */
  readonly heard: () => Heard;
}

/** What was said on a connection, in turns. */
export interface Heard {
  readonly exchanges: readonly { readonly request: Buffer; readonly response: Buffer }[];
  readonly endedBy: "program" | "service";
  /** Of both directions; what is above {@link maxRecordedBytes} is not in the exchanges. */
  readonly bytes: number;
}

/** Listens to a connection to a real service. */
export function recordConnection(real: Duplex): Recorder {
  const exchanges: { request: Buffer[]; response: Buffer[] }[] = [];
  let endedBy: Heard["endedBy"] = "program";
  let hasProgramEnded = false;
  let bytes = 0;
  const keep = (direction: "request" | "response", chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > maxRecordedBytes) return;
    const now = exchanges.at(-1);
    // Whoever asks after an answer begins the next exchange.
    if (now === undefined || (direction === "request" && now.response.length > 0)) {
      exchanges.push({ request: [], response: [], [direction]: [chunk] });
    } else now[direction].push(chunk);
  };
  const stream = new Duplex({
    read: () => void real.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      keep("request", chunk);
      real.write(chunk, done);
    },
    final: (done) => {
      hasProgramEnded = true;
      real.end(done);
    },
    destroy: (error, done) => {
      real.destroy();
      done(error);
    },
  });
  real.on("data", (chunk: Buffer) => {
    keep("response", chunk);
    if (!stream.push(chunk)) real.pause();
  });
  real.on("end", () => {
    if (!hasProgramEnded) endedBy = "service";
    stream.push(null);
  });
  real.on("error", () => stream.destroy());
  return {
    stream,
    heard: () => ({
      exchanges: exchanges.map(({ request, response }) => ({
        request: Buffer.concat(request),
        response: Buffer.concat(response),
      })),
      endedBy,
      bytes,
    }),
  };
}

import { Duplex } from "node:stream";

import { fill } from "./cassette.ts";
import type { Connection } from "./cassette.ts";
import { requestDifference } from "./request-difference.ts";

/** A service that says what it said when it was recorded, as long as it is asked the same. */
export interface Player {
  readonly stream: Duplex;
  /** How the program asked otherwise, seen when the run is over; undefined when it did not. */
  readonly difference: () => string | undefined;
}

/** What is kept of a request that differs, in bytes: enough to show where. */
const maxShown: number = 64 * 1024;

/**
 * Plays one connection. A request that differs is not answered: the stream ends, as if the service
 * had hung up. What the program sends after that is read, so that it never waits or breaks for it.
 */
export function playConnection(
  connection: Connection,
  secrets: Readonly<Record<string, string>>,
): Player {
  const exchanges = connection.exchanges.map(({ request, response }) => ({
    request: fill(request, secrets),
    response: fill(response, secrets),
  }));
  let turn = 0;
  let heard: Buffer = Buffer.alloc(0);
  let isOver = false;
  const hangUp = (): void => {
    isOver = true;
    stream.push(null);
  };
  const listen = (): void => {
    for (;;) {
      const exchange = exchanges[turn];
      if (isOver || exchange === undefined) break;
      const { request, response } = exchange;
      const length = Math.min(heard.length, request.length);
      if (!heard.subarray(0, length).equals(request.subarray(0, length))) return hangUp();
      if (heard.length < request.length) return;
      heard = heard.subarray(request.length);
      turn += 1;
      if (response.length > 0) stream.push(response);
    }
    const isDone = turn === exchanges.length;
    if (!isOver && isDone && (heard.length > 0 || connection.endedBy === "service")) hangUp();
  };
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      if (!isOver || heard.length < maxShown) heard = Buffer.concat([heard, chunk]);
      listen();
      done();
    },
    final: (done) => {
      if (!isOver) hangUp();
      done();
    },
  });
  // A service may speak first.
  listen();
  return {
    stream,
    difference: () => {
      const expected = exchanges[turn]?.request;
      if (expected === undefined && heard.length === 0) return undefined;
      return `request ${turn + 1} of ${exchanges.length} ${requestDifference(expected, heard)}`;
    },
  };
}

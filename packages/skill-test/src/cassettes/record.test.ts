import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";

import { expect, test } from "vitest";

import { recordServices } from "./record-services.ts";
import { maxRecordedBytes, recordConnection } from "./record.ts";
import type { Heard } from "./record.ts";

function turns({ exchanges }: Heard): readonly (readonly string[])[] {
  return exchanges.map(({ request, response }) => [request.toString(), response.toString()]);
}

async function next(stream: Duplex): Promise<string> {
  return new Promise((resolve) =>
    stream.once("data", (chunk: Buffer) => resolve(chunk.toString())),
  );
}

test("a connection is passed through and kept in turns, with who ended it", async () => {
  const [real, service] = duplexPair();
  const { stream, heard } = recordConnection(real);
  service.write("hello\n");
  expect(await next(stream)).toBe("hello\n");
  stream.write("one\n");
  expect(await next(service)).toBe("one\n");
  service.end("1\n");
  await new Promise((resolve) => stream.resume().once("end", resolve));
  expect([turns(heard()), heard().endedBy]).toEqual([
    [
      ["", "hello\n"],
      ["one\n", "1\n"],
    ],
    "service",
  ]);
});

test("a program that hangs up first ended it", async () => {
  const [real, service] = duplexPair();
  const { stream, heard } = recordConnection(real);
  service.on("end", () => service.end("late"));
  stream.end("bye");
  service.resume();
  expect(await next(stream)).toBe("late");
  expect([turns(heard()), heard().endedBy]).toEqual([[["bye", "late"]], "program"]);
});

test("more than a person can review is passed through, and not kept", async () => {
  const [real, service] = duplexPair();
  const recording = recordServices({ services: ["big"] }, [], async () => real);
  const stream = await recording.trial.services?.("big", async () => real);
  let received = 0;
  stream?.on("data", (chunk: Buffer) => (received += chunk.length));
  service.end(Buffer.alloc(maxRecordedBytes + 1));
  await new Promise((resolve) => stream?.once("end", resolve));
  expect(received).toBe(maxRecordedBytes + 1);
  expect(recording.cassettes()).toEqual({
    problem: `the service big: expected at most ${maxRecordedBytes} bytes on a connection, got ${maxRecordedBytes + 1}`,
  });
});

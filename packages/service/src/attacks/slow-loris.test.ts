import { connect } from "node:net";

import { expect, test } from "vitest";

import { askService } from "../lines/ask-service.ts";
import { echoHttp, echoLines, scratch, talk } from "../stand.cases.ts";

test("a request line that does not end is ended, however its bytes trickle in", async () => {
  using place = scratch();
  await using stand = await echoLines(place.folder, { limits: { partialMs: 60 } });
  const said = await new Promise<string>((resolve) => {
    let text = "";
    const connection = connect(stand.place.socket);
    const trickle = setInterval(() => connection.write("x"), 5);
    connection.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    connection.on("error", () => {});
    connection.on("close", () => {
      clearInterval(trickle);
      resolve(text);
    });
  });
  expect(JSON.parse(said)).toMatchObject({ error: { code: "SERVICE_TOO_SLOW" } });
});

test("connections that say nothing are closed, and take no place for ever", async () => {
  using place = scratch();
  await using stand = await echoLines(place.folder, { limits: { quietMs: 20, connections: 2 } });
  const quiet = [talk(stand.place.socket, ""), talk(stand.place.socket, "")];
  await Promise.all(quiet);
  expect(await askService(stand.place.socket, { method: "hello" })).toMatchObject({
    kind: "answer",
  });
});

test("more connections than a service takes are told so at once", async () => {
  using place = scratch();
  await using stand = await echoLines(place.folder, { limits: { connections: 1 } });
  const held = connect(stand.place.socket);
  await new Promise<void>((resolve) => held.once("connect", () => resolve()));
  const reply = await askService(stand.place.socket, { method: "echo", input: 1 });
  expect(reply).toMatchObject({ kind: "failure", error: { code: "SERVICE_CONNECTIONS" } });
  held.destroy();
});

test("HTTP headers that do not end are ended", async () => {
  await using stand = await echoHttp({ limits: { headersMs: 50, requestMs: 100 } });
  const { port } = stand.service;
  await new Promise<void>((resolve) => {
    const connection = connect(port, "127.0.0.1", () => {
      connection.write(`POST /echo HTTP/1.1\r\nHost: localhost:${port}\r\nX: `);
    });
    const trickle = setInterval(() => connection.write("x"), 5);
    connection.on("error", () => {});
    connection.on("data", () => {});
    connection.on("close", () => {
      clearInterval(trickle);
      resolve();
    });
  });
  expect(stand.reached()).toBe(0);
});

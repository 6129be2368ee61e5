import { connect } from "node:net";

import { expect, test } from "vitest";

import { echoHttp, echoLines, scratch, talk, token } from "../stand.cases.ts";

test("a body longer than the route takes is refused, announced or not", async () => {
  await using stand = await echoHttp();
  const body = "x".repeat(1001);
  expect((await stand.ask({ body })).status).toBe(413);
  const chunked = await stand.ask({ body, headers: { "transfer-encoding": "chunked" } });
  expect(chunked.status).toBe(413);
  expect(stand.reached()).toBe(0);
  expect((await stand.ask({ body: "x".repeat(1000) })).status).toBe(200);
});

test("a body that is only announced costs nothing", async () => {
  await using stand = await echoHttp();
  const { port } = stand.service;
  const said = await new Promise<string>((resolve) => {
    let text = "";
    const connection = connect(port, "127.0.0.1", () => {
      connection.write(
        `POST /echo HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${token}\r\n` +
          "Content-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n",
      );
    });
    connection.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    connection.on("close", () => resolve(text));
  });
  expect(said).toMatch(/^HTTP\/1\.1 413/u);
});

test("headers beyond what Node takes are refused", async () => {
  await using stand = await echoHttp();
  expect((await stand.ask({ headers: { "x-long": "x".repeat(20_000) } })).status).toBe(431);
});

test("a line longer than a request is refused, with or without its end", async () => {
  using place = scratch();
  await using stand = await echoLines(place.folder, { limits: { lineBytes: 100 } });
  for (const end of ["", "\n"]) {
    const said = await talk(stand.place.socket, `${"x".repeat(101)}${end}`);
    expect(JSON.parse(said)).toMatchObject({ id: 0, error: { code: "SERVICE_LINE_TOO_LONG" } });
  }
});

test("replies that nobody reads do not pile up", async () => {
  using place = scratch();
  const long = "x".repeat(100_000);
  await using stand = await echoLines(place.folder, {
    methods: { long: async () => long },
    limits: { unreadBytes: 500_000, inFlight: 1000 },
  });
  const connection = connect(stand.place.socket);
  connection.pause();
  const closed = new Promise<void>((resolve) => connection.on("close", () => resolve()));
  connection.on("error", () => {});
  const asks = Array.from({ length: 200 }, (_, id) => `{"id":${id + 1},"method":"long"}\n`);
  connection.write(asks.join(""), () => connection.resume());
  await closed;
});

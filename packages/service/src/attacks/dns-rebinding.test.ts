import { connect } from "node:net";

import { expect, test } from "vitest";

import { echoHttp, token } from "../stand.cases.ts";

test.each([
  "evil.example",
  "evil.example:80",
  "127.0.0.1",
  "127.0.0.1:1",
  "localhost.evil.example",
  "127.0.0.1.nip.io",
  "0.0.0.0",
])(
  "a page that gave this port the name %j is not answered, with the token neither",
  async (host) => {
    await using stand = await echoHttp();
    const answer = await stand.ask({ headers: { host } });
    expect([answer.status, stand.reached()]).toEqual([421, 0]);
    const probe = await stand.ask({ path: "/healthz", method: "GET", headers: { host } });
    expect(probe.status).toBe(421);
  },
);

test("two Host headers, or none, are no way round", async () => {
  await using stand = await echoHttp();
  const { port } = stand.service;
  for (const hosts of [`Host: 127.0.0.1:${port}\r\nHost: evil.example\r\n`, ""]) {
    const said = await new Promise<string>((resolve) => {
      let text = "";
      const connection = connect(port, "127.0.0.1", () => {
        connection.write(
          `POST /echo HTTP/1.1\r\n${hosts}Authorization: Bearer ${token}\r\n` +
            "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        );
      });
      connection.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      connection.on("close", () => resolve(text));
    });
    expect(said).toMatch(/^HTTP\/1\.1 4(?:00|21)/u);
  }
  expect(stand.reached()).toBe(0);
});

test("the names of loopback are answered", async () => {
  await using stand = await echoHttp();
  for (const name of ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"]) {
    const answer = await stand.ask({ headers: { host: `${name}:${stand.service.port}` } });
    expect(answer.status).toBe(200);
  }
});

import { expect, test } from "vitest";

import { echoHttp } from "../stand.cases.ts";

test.each([
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "http://127.0.0.1" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-origin" },
])("a page of a browser is not answered: %j", async (headers) => {
  await using stand = await echoHttp();
  const answer = await stand.ask({ headers });
  expect([answer.status, stand.reached()]).toEqual([403, 0]);
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
});

test("a form of a page, which needs no permission to send, has no JSON", async () => {
  await using stand = await echoHttp();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const answer = await stand.ask({ headers: { "content-type": type } });
    expect([answer.status, stand.reached()]).toEqual([415, 0]);
  }
});

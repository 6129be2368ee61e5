import { expect, test } from "vitest";

import { echoHttp, token } from "../stand.cases.ts";

test.each([
  undefined,
  "",
  token,
  "Bearer",
  `Basic ${token}`,
  `Bearer ${token.slice(1)}`,
  `Bearer ${token}t`,
  `Bearer ${token} ${token}`,
  "Bearer ${KEEP_TOKEN}",
  `Bearer ${"x".repeat(40)}`,
])("nothing is answered with the header %j", async (authorization) => {
  await using stand = await echoHttp();
  for (const path of ["/echo", "/metrics", "/absent"]) {
    const answer = await stand.ask({
      path,
      ...(authorization === undefined ? { anonymous: true } : { headers: { authorization } }),
    });
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect(answer.text).not.toContain(token);
  }
  expect(stand.reached()).toBe(0);
});

test("a token in the address is none", async () => {
  await using stand = await echoHttp();
  const answer = await stand.ask({
    path: `/echo?token=${token}&access_token=${token}`,
    anonymous: true,
  });
  expect(answer.status).toBe(401);
});

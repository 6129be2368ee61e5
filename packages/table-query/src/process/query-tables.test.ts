import { PassThrough } from "node:stream";

import { expect, test } from "vitest";

import { defaultLimits, readTableInput } from "../request.ts";
import { answerOneRequest } from "./child.ts";
import { queryTables } from "./query-tables.ts";

const asking = (script: string, timeMs = 30_000): Promise<unknown> =>
  queryTables({ files: ["a.csv"], sql: "SELECT 1", limits: { timeMs }, child: ["-e", script] });

const print = (value: unknown): string =>
  `process.stdout.write(${JSON.stringify(JSON.stringify(value))})`;

test("what the query's process answers is the answer", async () => {
  const answer = { version: 1, tables: [] };
  expect(await asking(print({ answer }))).toEqual(answer);
});

test("an error of the query's process keeps its code and hint", async () => {
  const error = { code: "TABLE_SQL", message: "wrong", hint: "Correct it." };
  await expect(asking(print({ error }))).rejects.toMatchObject(error);
});

test.each([
  ["runs on", "for (;;);", "TABLE_TIME_LIMIT", 200],
  [
    "ignores a request to end",
    'process.on("SIGTERM", () => {}); for (;;);',
    "TABLE_TIME_LIMIT",
    200,
  ],
  ["dies", "process.kill(process.pid, 'SIGKILL')", "TABLE_PROCESS", 30_000],
  ["fails", "process.exit(3)", "TABLE_PROCESS", 30_000],
  ["floods", 'for (;;) require("fs").writeSync(1, "x".repeat(65536))', "TABLE_PROCESS", 30_000],
] as const)("a query's process that %s is %s", async (_what, script, code, timeMs) => {
  await expect(asking(script, timeMs)).rejects.toMatchObject({ code });
});

test("a cancelled query is ended", async () => {
  const cancelled = new AbortController();
  const asked = queryTables({
    files: ["a.csv"],
    child: ["-e", "for (;;);"],
    signal: cancelled.signal,
  });
  cancelled.abort();
  await expect(asked).rejects.toMatchObject({ code: "TABLE_CANCELLED" });
});

test("the query's process sees nothing of the caller's environment", async () => {
  const script =
    "process.stdout.write(JSON.stringify({answer:Object.keys(process.env).toSorted()}))";
  expect(await asking(script)).toEqual(["LC_ALL", "TZ"]);
});

test.each([
  [{ files: [] }, "TABLE_FILES"],
  [{ files: Array.from({ length: 9 }, () => "a.csv") }, "TABLE_FILES"],
  [{ files: ["a.csv"], limits: { rows: 0 } }, "TABLE_LIMIT"],
  [{ files: ["a.csv"], limits: { timeMs: Number.NaN } }, "TABLE_LIMIT"],
])("%j is %s before anything starts", async (question, code) => {
  await expect(queryTables({ ...question, child: ["-e", "0"] })).rejects.toMatchObject({ code });
});

test("one request has one reply", async () => {
  const reply = async (request: unknown): Promise<unknown> => {
    const input = new PassThrough();
    const output = new PassThrough();
    input.end(JSON.stringify(request));
    await answerOneRequest(input, output);
    return JSON.parse(String(output.read()));
  };
  const request = { files: ["/absent.csv"], recursive: false, limits: defaultLimits, scratch: "/" };
  expect(await reply(request)).toMatchObject({ error: { code: "TABLE_FILE" } });
  await expect(reply({ ...request, more: 1 })).rejects.toThrow();
});

test("a question on standard input names one or two files", () => {
  expect(readTableInput('{"file":"a","other":"b","sql":"s","maxRows":3}')).toEqual({
    files: ["a", "b"],
    sql: "s",
    limits: { rows: 3 },
  });
  expect(readTableInput('{"file":"a"}')).toEqual({ files: ["a"], limits: {} });
  for (const text of [
    "",
    "[]",
    "{}",
    '{"file":1}',
    '{"file":"a","rows":1}',
    '{"file":"a","maxRows":0.5}',
  ]) {
    expect(() => readTableInput(text)).toThrow("on standard input");
  }
});

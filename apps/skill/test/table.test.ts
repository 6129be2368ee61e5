import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";

import { afterAll, expect, test } from "vitest";

import { bundleFolder } from "./bundle.ts";
import { Place, run } from "./command.ts";

const place = new Place();
afterAll(() => place.remove());
writeFileSync(join(place.folder, "orders.csv"), "id,amount\n1,2.5\n2,\n");

const temporary = join(place.folder, "tmp");
mkdirSync(temporary);

test("table answers a question, and so does the program of the skill", async () => {
  const answer = { version: 1, columns: ["total"], rows: [[2.5]], truncated: false };
  const sql = "SELECT sum(amount) AS total FROM orders";
  expect(await place.json(["table", "orders.csv", "--sql", sql])).toEqual(answer);
  const program = await run(
    process.execPath,
    [join(bundleFolder, "table.js"), "--stdin", "--json"],
    { input: JSON.stringify({ file: "orders.csv", sql }), cwd: place.folder },
  );
  expect([program.code, program.stderr]).toEqual([0, ""]);
  expect(JSON.parse(program.stdout)).toEqual(answer);
});

test("a query that does not end is ended, and its copies are gone", async () => {
  const sql =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c";
  const ended = await place.run(
    ["table", "orders.csv", "--recursive", "--time-limit-ms", "300", "--sql", sql, "--json"],
    { env: { TMPDIR: temporary } },
  );
  expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([
    2,
    { version: 1, error: { code: "TABLE_TIME_LIMIT" } },
  ]);
  expect(readdirSync(temporary)).toEqual([]);
});

/** Whether a process runs; one that has ended and that nobody has waited for does not. */
function isRunning(pid: string): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) [ZX] /u.test(readFileSync(file, "utf8"));
}

test.runIf(process.platform === "linux").each(["SIGKILL", "SIGTERM"] as const)(
  "no query outlives a command that is ended by %s",
  async (signal) => {
    const sql =
      "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c";
    let query = "";
    await place.run(
      ["table", "orders.csv", "--recursive", "--time-limit-ms", "60000", "--sql", sql],
      {
        onStart: (command) => {
          const children = `/proc/${String(command.pid)}/task/${String(command.pid)}/children`;
          const look = setInterval(() => {
            query = existsSync(children)
              ? (readFileSync(children, "utf8").split(" ")[0] ?? "")
              : "";
            if (query === "") return;
            if (!readFileSync(`/proc/${query}/cmdline`, "utf8").includes("--child")) return;
            clearInterval(look);
            command.kill(signal);
          }, 50);
        },
      },
    );
    expect(query).not.toBe("");
    while (isRunning(query)) await later(50);
  },
);

test.each([
  [["orders.csv", "--sql", "DELETE FROM orders"], "TABLE_SQL_REFUSED"],
  [["orders.csv"], "TABLE_USAGE"],
  [["--schema"], "TABLE_FILES"],
  [["orders.csv", "--schema", "--max-rows", "-1"], "TABLE_LIMIT"],
])("table %j says %s and exits with 2", async (args, code) => {
  const ended = await place.run(["table", ...args]);
  expect([ended.code, ended.stdout]).toEqual([2, ""]);
  expect(ended.stderr).toContain(code);
});

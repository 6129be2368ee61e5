import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { expect, test } from "vitest";

import { fixtures, Place } from "./command.ts";

const plainly = ["--no-shaken", "--no-observe", "--no-arguments", "--cases-per-action", "0"];

test("test --record talks to the service that the state folder names, for a skill that is locked", async () => {
  const place = new Place(["ask-greeter"]);
  const cassettes = join(place.folder, "skills/ask-greeter/cases/cassettes");
  rmSync(cassettes, { recursive: true });
  const server = createServer((socket) => {
    socket.on("data", (line) => socket.write(line.toString().replace("greet ", "good day, ")));
  });
  const path = join(place.folder, "greeter.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const record = ["test", ...plainly, "--record"];

  const untrusted = await place.run(record);
  expect([untrusted.code, untrusted.stdout]).toEqual([
    1,
    expect.stringContaining("TEST_RECORD_UNTRUSTED"),
  ]);
  await place.run(["lock"]);
  const unnamed = await place.run(record);
  expect([unnamed.code, unnamed.stdout]).toEqual([1, expect.stringContaining("services.json")]);
  const services = { services: 1, at: { greeter: { unix: path } } };
  writeFileSync(join(place.home, "services.json"), JSON.stringify(services), { mode: 0o600 });
  const recorded = await place.run(record);
  server.close();
  expect([recorded.code, recorded.stdout]).toEqual([
    0,
    expect.stringMatching(/^ {5}recorded .*a-name-is-greeted\.greeter\.json$/mu),
  ]);
  for (const name of readdirSync(join(cassettes, "ask"))) {
    const known = join(fixtures, "valid/ask-greeter/cases/cassettes/ask", name);
    expect(readFileSync(join(cassettes, "ask", name), "utf8")).toBe(readFileSync(known, "utf8"));
  }
  expect((await place.run(["test", ...plainly])).code).toBe(0);
  place.remove();
});

test("test --watch tests what changed, and Ctrl-C leaves nothing behind", async () => {
  const place = new Place(["say-sh", "word-count"]);
  await place.run(["lock"]);
  let noted = "";
  let waits = 0;
  const ended = await place.run(["test", ...plainly, "--watch"], {
    onStart: (child) => {
      child.stderr?.on("data", (text: string) => {
        noted += text;
        while (noted.includes("Ctrl-C ends it\n")) {
          noted = noted.slice(noted.indexOf("Ctrl-C ends it\n") + 15);
          waits += 1;
          if (waits === 1) appendFileSync(join(place.folder, "skills/say-sh/cases/say.yaml"), "\n");
          else child.kill("SIGINT");
        }
      });
    },
  });
  expect([ended.code, ended.signal]).toEqual([null, "SIGINT"]);
  const verdicts = ended.stdout.match(/^\d skills?, .*: all hold$/gmu) ?? [];
  expect(verdicts.map((line) => line.slice(0, 8))).toEqual(["2 skills", "1 skill,"]);
  for (const folder of ["scratch", "workspaces"]) {
    expect(readdirSync(join(place.home, "test", folder))).toEqual([]);
  }
  place.remove();
});

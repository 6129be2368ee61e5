import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { fixtures, skillRunner } from "../../test/skill-runner.ts";
import type { SkillRunner } from "../../test/skill-runner.ts";
import { testSkills } from "../test-skills.ts";
import type { TestOptions } from "../test-skills.ts";
import type { TestReport } from "../report.ts";
import type { RecordingSource } from "./record-services.ts";

const token = "canary-token-of-the-service";

let runner: SkillRunner;
let skill: string;
let servers: Server[];

beforeEach(() => {
  runner = skillRunner();
  servers = [];
  skill = join(runner.scratch, "ask-greeter");
  cpSync(join(fixtures, "valid", "ask-greeter"), skill, { recursive: true });
});

afterEach(() => {
  for (const server of servers) server.close();
  runner.remove();
});

const cassette = (): string => join(skill, "cases/cassettes/ask/a-name-is-greeted.greeter.json");

async function serve(server: Server): Promise<string> {
  const path = join(runner.scratch, `${servers.length}.sock`);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

/** A server of lines on a Unix socket. */
async function greeter(greeting = "good day, "): Promise<string> {
  return serve(
    createServer((socket) => {
      socket.on("data", (line) => socket.write(line.toString().replace("greet ", greeting)));
      socket.on("error", () => {});
    }),
  );
}

/** Tests the cases, recording from the server when it is given. */
async function tested(
  socket?: string,
  more: Pick<TestOptions, "observe" | "times"> = { times: 1 },
): Promise<TestReport> {
  const source: RecordingSource = {
    connect: async () =>
      new Promise((resolve, reject) => {
        const real = connect(socket ?? "");
        real.once("error", reject).once("connect", () => resolve(real));
      }),
    secrets: async () => ({
      secrets: [{ name: "TOKEN", value: token, as: "environment" }],
      findings: [],
    }),
  };
  return testSkills([skill], {
    openRunner: runner.openRunner,
    scratch: runner.scratch,
    ...more,
    ...(socket === undefined ? {} : { record: async () => source }),
  });
}

function problems(report: TestReport): readonly string[] {
  return report.skills.flatMap(({ cases }) =>
    cases.flatMap((one) => one.problems.map(({ code, message }) => `${code}: ${message}`)),
  );
}

function rewrite(file: string, from: string, to: string): void {
  const path = join(skill, file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

describe("a skill that needs a service", () => {
  test("is recorded from the real one, and then tested without it", async () => {
    rmSync(join(skill, "cases/cassettes"), { recursive: true });
    const recorded = await tested(await greeter(), { observe: true });
    expect([problems(recorded), recorded.ok]).toEqual([[], true]);
    expect(recorded.skills[0]?.cases.map((one) => one.recorded?.length ?? 0)).toEqual([1, 1, 0]);
    expect(recorded.skills[0]?.cases[0]?.runs.map(({ mode }) => mode)).toEqual([
      "recorded",
      "runtime",
      "runtime",
      "observed",
    ]);
    expect(JSON.parse(readFileSync(cassette(), "utf8"))).toMatchObject({
      cassette: 1,
      service: "greeter",
      connections: [{ exchanges: [{ request: ["greet Ada\n"], response: ["good day, Ada\n"] }] }],
    });
    for (const server of servers) server.close();
    const played = await tested();
    expect([problems(played), played.ok]).toEqual([[], true]);
  });

  test("is heard to its last word, though it does not wait for an answer to it", async () => {
    const last = 'service.sendall(b"bye\\n")\nprint(json';
    rewrite("scripts/ask.py", "print(json", last);
    const recorded = await tested(
      await serve(
        createServer((socket) => {
          socket.on("data", (line) => {
            if (line.toString() !== "bye\n") socket.write("good day, Ada\n");
          });
          socket.on("error", () => {});
        }),
      ),
    );
    expect(problems(recorded)).toEqual([expect.stringContaining("日本")]);
    const { connections } = JSON.parse(readFileSync(cassette(), "utf8"));
    expect(connections[0].exchanges[1]).toEqual({ request: ["bye\n"], response: [] });
  });

  test("fails when it asks something else, and the report shows what", async () => {
    rewrite("scripts/ask.py", 'f"greet {name}\\n"', 'f"greet {name}!\\n"');
    const report = await tested(undefined, { observe: true });
    expect(report.ok).toBe(false);
    expect(problems(report)).toContain(
      'CASSETTE_DIFFERENCE: the service greeter: request 1 of 1 differs in line 1 (byte 10): expected "greet Ada\\n", got "greet Ada!\\n"',
    );
    // It was asked once, not twice, shaken and observed.
    expect(report.skills[0]?.cases[0]?.runs).toHaveLength(1);
  });

  test("fails when it asks less than it did, though it prints what is expected", async () => {
    rewrite("scripts/ask.py", "service.sendall", "0 and service.sendall");
    rewrite("scripts/ask.py", 'reply = b""', 'reply = f"good day, {name}\\n".encode()');
    expect(problems(await tested())).toEqual([
      'CASSETTE_DIFFERENCE: the service greeter: request 1 of 1 never came: expected "greet Ada\\n"',
      'CASSETTE_DIFFERENCE: the service greeter: request 1 of 1 never came: expected "greet 日本\\n"',
    ]);
  });

  test("is not run without a cassette or with a damaged one, and says how to get it", async () => {
    rmSync(join(skill, "cases/cassettes"), { recursive: true });
    mkdirSync(join(skill, "cases/cassettes/ask"), { recursive: true });
    writeFileSync(cassette(), "{");
    const report = await tested();
    const found = problems(report);
    expect(found[0]).toMatch(/^CASSETTE_MALFORMED: .*it is not JSON; record it again/u);
    expect(found[1]).toMatch(/^CASSETTE_MISSING: .*greeter\.json, .*skill test --record$/u);
    expect(report).toMatchObject({ ok: false, counts: { cases: 3, failed: 2 } });
    expect(report.skills[0]?.cases.map(({ runs }) => runs.length)).toEqual([0, 0, 1]);
  });

  test("writes nothing when the service is not there or the run goes wrong", async () => {
    const before = readFileSync(cassette(), "utf8");
    const silent = await serve(createServer((socket) => socket.end()));
    expect(problems(await tested(silent))[0]).toContain(
      "CASSETTE_NOT_RECORDED: nothing was recorded: the run did not end as the case expects",
    );
    expect(readFileSync(cassette(), "utf8")).toBe(before);
  });

  test("whose cases share a name and so a cassette is refused", async () => {
    rewrite("cases/ask.yaml", "a name in any script", "a name is greeted");
    const { skills } = await tested();
    expect(skills[0]?.findings.map(({ code }) => code)).toEqual(["CASE_VALUE", "CASSETTE_UNUSED"]);
  });

  test("is told of a cassette that no case plays any more", async () => {
    rewrite("cases/ask.yaml", "a name is greeted", "a name is welcomed");
    const [report] = (await tested()).skills;
    expect(report?.findings).toMatchObject([{ code: "CASSETTE_UNUSED", file: cassette() }]);
    expect(report?.cases.flatMap((one) => one.problems.map(({ code }) => code))).toEqual([
      "CASSETTE_MISSING",
    ]);
  });
});

describe("a service that wants a secret", () => {
  /** HTTP through the one socket, tried again when the service is busy. */
  const program = (header: string): string => `import http.client, json, os, socket, sys
class Given(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(fileno=int(os.environ["CLAWKEEP_SERVICE_GREETER_FD"]))
name = json.load(sys.stdin)["name"]
service = Given("greeter")
token = os.environ["TOKEN"]
service.request("POST", "/greet", body=name.encode(), headers={"Authorization": ${header}})
reply = service.getresponse()
if reply.status != 200:
    sys.exit(75)
print(json.dumps({"greeting": reply.read().decode("latin-1")}))
`;

  beforeEach(() => {
    rmSync(join(skill, "cases/cassettes"), { recursive: true });
    writeFileSync(
      join(skill, "cases/ask.yaml"),
      '- name: a name is greeted\n  arguments: {name: Ada}\n  expect: {exitCode: 0, output: {greeting: "\\u00ff\\u0000Ada"}}\n',
    );
    rewrite(
      "exec.yaml",
      "    services: [greeter]\n",
      '    services: [greeter]\n    secrets: {TOKEN: {reference: "file:token", as: environment}}\n    retries: {attempts: 2, on: [75]}\n',
    );
    rewrite("exec.yaml", '"1": failure', '"1": failure, "75": failure');
    const front = "---\nname: ask-greeter\ndescription: Ask for a greeting.\nlicense: MIT-0\n---\n";
    writeFileSync(join(skill, "SKILL.md"), front);
  });

  async function httpGreeter(): Promise<string> {
    let asked = 0;
    return serve(
      createHttpServer((request, response) => {
        asked += 1;
        response.sendDate = false;
        if (asked === 1) {
          response.writeHead(503).end();
          return;
        }
        const told = request.headers.authorization === `Bearer ${token}`;
        request.on("data", (body: Buffer) => {
          const said = Buffer.concat([Buffer.from([255, 0]), body]);
          response.writeHead(told ? 200 : 401, { "Content-Length": said.length }).end(said);
        });
      }),
    );
  }

  test("is recorded without it, one connection for each try", async () => {
    writeFileSync(join(skill, "scripts/ask.py"), program('f"Bearer {token}"'));
    const recorded = await tested(await httpGreeter());
    expect(problems(recorded)).toEqual([]);
    const text = readFileSync(cassette(), "utf8");
    expect(text).not.toContain(token);
    const { connections } = JSON.parse(text);
    expect(connections).toHaveLength(2);
    expect(connections[0].exchanges[0].request).toContainEqual({ secret: "TOKEN" });
    expect(connections[0].exchanges[0].response).toContain("HTTP/1.1 503 Service Unavailable\r\n");
    expect(connections[1].exchanges.at(-1).response.at(-1)).toEqual({ base64: "/wBBZGE=" });
    for (const server of servers) server.close();
    expect(problems(await tested())).toEqual([]);
  });

  test("is not recorded when the program writes it in another form", async () => {
    writeFileSync(
      join(skill, "scripts/ask.py"),
      `import base64\n${program('"Basic " + base64.b64encode(f"me:{token}".encode()).decode()').replace("!= 200", "== 503")}`,
    );
    expect(problems(await tested(await httpGreeter()))[0]).toContain(
      "CASSETTE_NOT_RECORDED: nothing was recorded: the service greeter: a secret was sent in another form",
    );
    expect(existsSync(cassette())).toBe(false);
  });
});

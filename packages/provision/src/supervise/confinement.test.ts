import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { confinedCommand } from "./confinement.ts";
import { runBeside } from "./run-beside.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { clearPlace, makePlace } from "./service-place.ts";

const isRoot: boolean = process.geteuid?.() === 0;
const hasCage: boolean = isRoot && spawnSync("/usr/bin/bwrap", ["--version"]).status === 0;
let base = "";

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "clawkeep-confine-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const service = (script: string, more: Partial<ServiceDefinition>): ServiceDefinition => ({
  name: "gateway",
  folder: join(base, "run"),
  program: "/bin/sh",
  args: ["-c", script],
  environment: { PATH: "/usr/bin:/bin" },
  cwd: "/",
  stopMs: 1000,
  restartMs: 10,
  ...more,
});
const account = { uid: 61_001, gid: 61_001, groups: [61_002] };

async function said(definition: ServiceDefinition): Promise<string> {
  const { args } = definition;
  const { code, stdout, stderr } = await runBeside(definition, { args, timeoutMs: 60_000 });
  return `${code} ${stdout}${stderr}`.trim();
}

test("what has neither account nor cage is started as it is written", () => {
  const { program, args } = confinedCommand(service("true", {}));
  expect([program, ...args]).toEqual(["/bin/sh", "-c", "true"]);
});

test("an argument is never read by a shell, and comes after --", () => {
  const { args } = confinedCommand({
    ...service("", { account }),
    args: ["--reuid=0", "$(id)", "a b"],
  });
  expect(args.slice(args.indexOf("--"))).toEqual(["--", "/bin/sh", "--reuid=0", "$(id)", "a b"]);
});

describe.skipIf(!isRoot)("two principals: an account (needs root)", () => {
  test("is its ids and groups, and holds no capability [G7, T15]", async () => {
    const script =
      "id -u; id -G; grep -E '^(Cap|NoNewPrivs)' /proc/self/status | tr -s '\\t\\n' ' '";
    const text = await said(service(script, { account }));
    expect(text).toMatch(/^0 61001\n61001 61002\n/u);
    for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      expect(text).toContain(`${name}: 0000000000000000`);
    }
    expect(text).toContain("NoNewPrivs: 1");
  });

  test("gets its folders and its secrets before it starts, and they are its own", async () => {
    const source = join(base, "token");
    writeFileSync(source, "s3cret\n", { mode: 0o600 });
    const target = join(base, "credentials", "gateway", "token");
    const state = join(base, "state");
    const place = {
      account,
      folders: [
        { path: base, mode: 0o711, uid: 0, gid: 0 },
        { path: join(base, "credentials"), mode: 0o711, uid: 0, gid: 0 },
        { path: state, mode: 0o700, uid: account.uid, gid: account.gid },
      ],
      credentials: [{ source, target }],
    };
    await makePlace(place);
    // Again, as after a crash.
    await makePlace(place);
    expect(statSync(target).mode & 0o777).toBe(0o400);
    const script = `cat ${target} && touch ${state}/mine && echo written; cat ${source}; touch ${base}/other`;
    const text = await said(service(script, { account }));
    expect(text).toContain("s3cret\nwritten");
    expect(text).toMatch(/token: Permission denied/u);
    expect(text).toMatch(/other.*Permission denied/u);
    clearPlace(place);
    expect(() => readFileSync(target)).toThrow("ENOENT");
    expect(readFileSync(source, "utf8")).toBe("s3cret\n");
  });

  test("a secret that others may read is refused", async () => {
    const source = join(base, "token");
    writeFileSync(source, "s3cret\n", { mode: 0o644 });
    const credentials = [{ source, target: join(base, "c", "token") }];
    await expect(makePlace({ account, credentials })).rejects.toMatchObject({
      code: "FILE_NOT_PRIVATE",
    });
  });

  test("a file where a folder belongs is refused", async () => {
    writeFileSync(join(base, "state"), "");
    const folders = [{ path: join(base, "state", "x"), mode: 0o700, uid: 0, gid: 0 }];
    await expect(makePlace({ folders })).rejects.toThrow();
  });
});

describe.skipIf(!hasCage)("G6 G7: a cage (needs root and bubblewrap)", () => {
  test("shows programs and what is bound, read-only, and a network of loopback alone [G6, G8, L18]", async () => {
    const [config, state] = [join(base, "config"), join(base, "state")];
    for (const folder of [config, state]) mkdirSync(folder);
    await makePlace({
      folders: [
        { path: state, mode: 0o700, uid: account.uid, gid: account.gid },
        { path: base, mode: 0o711, uid: 0, gid: 0 },
      ],
    });
    writeFileSync(join(config, "openclaw.json"), "{}");
    const cage = {
      binds: [
        { source: config, target: "/etc/claw", writable: false },
        { source: state, target: "/home/node/.openclaw", writable: true },
      ],
      scratch: [{ target: "/tmp", megabytes: 16 }],
      network: "none",
    } as const;
    const script = [
      "cat /etc/claw/openclaw.json && echo",
      "touch /home/node/.openclaw/mine && touch /tmp/mine && echo written",
      "touch /usr/x /etc/x /etc/claw/x /home/node/x /x",
      `ls ${base} /root`,
      "ls /sys/class/net /proc | grep -cE '^[0-9]+$'",
      "cat /proc/net/dev | grep -c ':'",
      "grep CapEff /proc/self/status",
    ].join("; ");
    const text = await said(service(script, { account, cage, cwd: "/home/node/.openclaw" }));
    expect(text).toContain("{}\nwritten");
    expect(text.match(/cannot touch .*(?:Read-only file system|Permission denied)/gu)).toHaveLength(
      5,
    );
    expect(text).toMatch(new RegExp(`cannot access '${base}'`, "u"));
    expect(text).toMatch(/cannot access '\/root'/u);
    expect(text).toContain("CapEff:\t0000000000000000");
    expect(text).toMatch(/\n1\nCapEff/u);
  });
});

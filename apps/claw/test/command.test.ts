import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, expect, test } from "vitest";

import { bundle } from "./bundle.ts";

const source = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "claw-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function claw(args: readonly string[], node: readonly string[] = []): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      node.length === 0 ? [bundle, ...args] : ["--conditions=source", ...node, source, ...args],
      {
        cwd: folder,
        env: { PATH: "/usr/bin:/bin", HOME: folder },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (bytes: Buffer) => out.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => err.push(bytes));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({
        code,
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
      });
    });
  });
}

function file(name: string, text: string): string {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
}

const good = "deploy: 1\nprofile: cage\nmodels:\n  primary: ollama/gpt-oss:20b\n";

test.each([
  [[]],
  [["advise"]],
  [["models"]],
  [["check"]],
  [["render"]],
  [["plan"]],
  [["import"]],
  [["judge"]],
  [["doctor"]],
  [["ollama-gate"]],
  [["apply"]],
  [["history"]],
  [["stop"]],
  [["rollback"]],
  [["schema"]],
  [["start"]],
  [["restart"]],
  [["status"]],
  [["health"]],
  [["logs"]],
  [["token"]],
  [["regenerate-token"]],
  [["agent"]],
  [["shell"]],
  [["ui"]],
  [["url"]],
  [["devices"]],
  [["approve"]],
  [["approve-device"]],
  [["config"]],
  [["config", "set"]],
  [["configure"]],
  [["models", "list"]],
  [["models", "status"]],
  [["models", "set"]],
  [["dashboard"]],
  [["openclaw-doctor"]],
  [["init"]],
  [["model"]],
  [["agent-switch"]],
  [["fix-origins"]],
  [["fix-ollama-auth"]],
  [["update"]],
  [["backup"]],
  [["restore"]],
  [["uninstall"]],
  [["completion"]],
])("%j --help has examples", async (command) => {
  const { code, stdout } = await claw([...command, "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("Examples:\n  claw ");
});

test("help loads nothing but the command line itself", async () => {
  const hook = `data:text/javascript,${encodeURIComponent(
    'import{registerHooks}from"node:module";registerHooks({load(u,c,n){process._rawDebug(u);return n(u,c)}})',
  )}`;
  const { stderr } = await claw(["--help"], ["--import", hook]);
  const loaded = stderr.split("\n").filter((url) => url.startsWith("file:"));
  expect(loaded.length).toBeGreaterThan(2);
  const heavy = /\/(?:zod|yaml|json5)\/|packages\/(?!diagnostics)|\/commands\//u;
  expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
});

test.each([
  [["--nope"], 2, "unknown option"],
  [["nope"], 2, "unknown command"],
  [["import"], 2, "missing required argument"],
  [["check", "nowhere.yaml"], 2, "FILE_UNREADABLE"],
  [["import", "/etc/hostname"], 2, "IMPORT_KIND"],
])("%j ends with %i", async (args, expected, words) => {
  const { code, stdout, stderr } = await claw(args);
  expect([code, stdout]).toEqual([expected, ""]);
  expect(stderr).toContain(words);
});

test("check says everything that is wrong, with line and code, and ends with 1", async () => {
  const at = file("bad.yaml", "deploy: 1\nprofile: castle\nmodels: {}\n");
  const text = await claw(["check", at]);
  expect(text.code).toBe(1);
  expect(text.stdout).toContain(`${at}:2:10: error DEPLOY_VALUE`);
  const json = await claw(["check", at, "--json"]);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, ok: false, findings: [{}, {}] });
});

test("check takes deploy.yaml where nothing is named", async () => {
  file("deploy.yaml", good);
  expect(await claw(["check"])).toMatchObject({ code: 0, stdout: "ok    deploy.yaml\n" });
});

test("S13: check of several specs says what they would share, and ends with 1", async () => {
  const alice = file("alice.yaml", `${good}name: alice\n`);
  const bob = file("bob.yaml", `${good}name: bob\ninstance: 1\n`);
  const carol = file("carol.yaml", `${good}name: carol\n`);
  expect(await claw(["check", alice, bob])).toMatchObject({
    code: 0,
    stdout: `ok    ${alice}\nok    ${bob}\n`,
  });
  const both = await claw(["check", alice, bob, carol]);
  expect([both.code, both.stdout]).toEqual([
    1,
    expect.stringContaining("port 18789 for one deployment, got it in alice and carol"),
  ]);
  const json = JSON.parse((await claw(["check", alice, carol, "--json"])).stdout) as object;
  expect(json).toMatchObject({
    version: 1,
    ok: false,
    files: [
      { ok: true, file: alice },
      { ok: true, file: carol },
    ],
    clashes: expect.arrayContaining([expect.objectContaining({ code: "DEPLOY_INSTANCE_CLASH" })]),
  });
});

test("S13: apply refuses what another deployment that was applied here has, and writes nothing", async () => {
  const first = file("first.yaml", `${good}name: first\n`);
  expect((await claw(["apply", first, "--folder", "of-first"])).code).toBe(0);
  const second = file("second.yaml", `${good}name: second\n`);
  const clash = await claw(["apply", second, "--folder", "of-second"]);
  expect([clash.code, clash.stdout]).toEqual([2, ""]);
  expect(clash.stderr).toMatch(/DEPLOY_INSTANCE_CLASH[^]*port 18789[^]*first\.yaml/u);
  expect(existsSync(path.join(folder, "of-second"))).toBe(false);
  const same = await claw([
    "apply",
    file("other.yaml", `${good}name: first\n`),
    "--folder",
    "of-other",
  ]);
  expect([same.code, same.stderr]).toEqual([2, expect.stringContaining("name first")]);
  file("second.yaml", `${good}name: second\ninstance: 1\n`);
  expect((await claw(["apply", second, "--folder", "of-second"])).code).toBe(0);
  expect((await claw(["apply", first, "--folder", "of-first"])).code).toBe(0);
});

test("T5: check --host refuses a model that no machine has room for, with the number", async () => {
  const at = file(
    "huge.yaml",
    "deploy: 1\nprofile: bare-metal\nmodels: {primary: ollama/llama3.3:70b, fallbacks: [ollama/qwen2.5-coder:32b], contextTokens: 131072}\nollama: {OLLAMA_KV_CACHE_TYPE: f16}\n",
  );
  const { stdout } = await claw(["check", at, "--host", "--json"]);
  const { host } = JSON.parse(stdout) as { host: readonly { code: string; message: string }[] };
  for (const { code, message } of host.filter((one) => one.code === "HOST_MODEL_TOO_BIG")) {
    expect([code, message]).toEqual([
      code,
      expect.stringMatching(/needs [0-9.]+ GB .* this host has/u),
    ]);
  }
});

test("T1: advise says a profile, a model and rows of this very machine", async () => {
  const { code, stdout } = await claw(["advise", "--json"]);
  expect(code).toBe(0);
  const { version, host, advice } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
  expect(version).toBe(1);
  expect(host?.["memoryBytes"]).toBeGreaterThan(1e6);
  expect(advice?.["model"]).toMatch(/^(?:ollama|openrouter)\//u);
  expect((await claw(["advise"])).stdout).toMatch(
    /^host .*\nprofile .*\nmodel .*\n {2}.* \([A-Z]/u,
  );
});

test("render writes private files once and never over others", async () => {
  const at = file("r.yaml", good);
  const out = path.join(folder, "rendered");
  expect((await claw(["render", at, "--out", out])).code).toBe(0);
  const config = path.join(out, "config", "openclaw.json");
  expect(statSync(config).mode & 0o777).toBe(0o600);
  expect(statSync(out).mode & 0o777).toBe(0o700);
  expect(JSON.parse(readFileSync(config, "utf8"))).toMatchObject({ gateway: { bind: "lan" } });
  expect(readFileSync(path.join(out, "config", "ollama.env"), "utf8")).toContain(
    "OLLAMA_NO_CLOUD=1\n",
  );
  expect(readFileSync(path.join(out, "Modelfile.gpt-oss-64k-20b"), "utf8")).toContain(
    "num_ctx 65536",
  );
  const again = await claw(["render", at, "--out", out]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("RENDER_NOT_WRITTEN")]);
});

test("import prints the migrated file, and what it changed apart from it", async () => {
  const at = file("openclaw.json", '{gateway: {bind: "127.0.0.1:18789", auth: "none"}}');
  const { code, stdout, stderr } = await claw(["import", at]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    gateway: { bind: "loopback", port: 18_789, auth: { mode: "none" } },
  });
  expect(stderr).toContain("replaced gateway.bind:");
  const spec = path.join(folder, "imported.yaml");
  expect((await claw(["import", at, "--spec", "--out", spec])).code).toBe(0);
  expect((await claw(["check", spec])).code).toBe(0);
});

test("C13: import of a .env names the token that is no token, and ends with 1", async () => {
  const at = file("x.env", "OPENCLAW_GATEWAY_TOKEN=$(openssl rand -hex 32)\n");
  const { code, stderr } = await claw(["import", at]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("IMPORT_ENV_COMMAND")]);
});

test("judge says not judged where OpenClaw is missing, and no under --strict", async () => {
  const at = file("j.yaml", good);
  const lenient = await claw(["judge", at, "--json"]);
  expect(lenient.code).toBe(0);
  expect(JSON.parse(lenient.stdout)).toMatchObject({
    version: 1,
    ok: true,
    verdicts: expect.arrayContaining([
      expect.objectContaining({ judge: "openclaw config validate", status: "not-judged" }),
      expect.objectContaining({ judge: "quadlet --dryrun", status: "not-applicable" }),
      expect.objectContaining({ judge: "clawkeep consistency", status: "passed" }),
      expect.objectContaining({ judge: "clawkeep containers", status: "passed" }),
    ]),
  });
  expect((await claw(["judge", at, "--strict"])).code).toBe(1);
});

test("the schema in docs/ is the one that is printed", async () => {
  const { stdout } = await claw(["schema"]);
  const kept = readFileSync(path.join(root, "docs/deploy.schema.json"), "utf8");
  expect(JSON.parse(kept)).toEqual(JSON.parse(stdout));
});

test("G26: plan says what would change and what is exposed, and nothing is written", async () => {
  const at = file("p.yaml", good);
  const empty = await claw(["plan", at, "--folder", "planned", "--json"]);
  expect(JSON.parse(empty.stdout)).toMatchObject({ version: 1, profile: "cage", unchanged: 0 });
  expect((await claw(["plan", at, "--folder", "planned", "--check"])).code).toBe(1);
  expect((await claw(["render", at, "--out", path.join(folder, "planned")])).code).toBe(0);
  const same = await claw(["plan", at, "--folder", "planned", "--check"]);
  expect([same.code, same.stdout]).toEqual([0, expect.stringContaining("cage): 0 to change")]);
  expect(same.stdout).toContain("What is still exposed");
});

test("G18: plan says what another port does to what runs", async () => {
  const at = file("o.yaml", good);
  expect((await claw(["render", at, "--out", path.join(folder, "ported")])).code).toBe(0);
  const other = file("q.yaml", `${good}gateway: {port: 20000}\n`);
  const changed = await claw(["plan", other, "--folder", "ported"]);
  expect(changed.stdout).toContain("recreate gateway\n");
  expect(changed.stdout).toContain("+ gateway/port: 20000\n");
  expect([changed.code, (await claw(["plan", file("bad.yaml", "deploy: 1\n")])).code]).toEqual([
    0, 1,
  ]);
});

test("G3, G18: judge reads what lies in a folder, and says what was edited by hand", async () => {
  const at = file("j.yaml", good);
  const out = path.join(folder, "judged");
  expect((await claw(["render", at, "--out", out])).code).toBe(0);
  expect((await claw(["judge", at, "--folder", out])).code).toBe(0);
  const compose = path.join(out, "compose.yaml");
  const text = readFileSync(compose, "utf8");
  writeFileSync(compose, text.replace('published: "18789"', 'published: "80"'));
  const { code, stdout } = await claw(["judge", at, "--folder", out, "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    verdicts: expect.arrayContaining([expect.objectContaining({ codes: ["CONSISTENCY_PORT"] })]),
  });
  expect((await claw(["judge", at, "--folder", path.join(folder, "nowhere")])).code).toBe(2);
});

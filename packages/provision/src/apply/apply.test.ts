import {
  chmod,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { lockFile } from "@clawkeep/durable-files";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { desiredOf, foreignFile, treeOf } from "../deployments.cases.ts";
import { ensureToken, rotateToken } from "../secrets/ensure-token.ts";
import { readHistory } from "../store/deployment-store.ts";
import { applyDeployment, compareDeployment } from "./apply.ts";
import type { Desired } from "./apply.ts";
import { rollbackDeployment } from "./rollback.ts";

let base = "";
let state = "";
let config = "";

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-apply-"));
  state = join(base, "state");
  config = join(base, "etc", "openclaw.json");
});
afterEach(async () => {
  await rm(base, { recursive: true });
});

const etc = (): Readonly<Record<string, string>> => treeOf(join(base, "etc"));
const failing = (desired: Desired): Desired => ({
  ...desired,
  gates: [{ name: "readyz", check: () => Promise.resolve("503 after 60 s") }],
});

describe("T22: applying", () => {
  test("writes every file, starts, and says what it did", async () => {
    const { outcome, number, changes } = await applyDeployment(state, desiredOf(base, 1));
    expect([outcome, number, changes.length]).toEqual(["applied", 1, 4]);
    expect(etc()["openclaw.json"]).toBe('600 {"version":1}\n');
    expect(etc()["same.env"]).toBe("644 A=1\n");
    expect(await readFile(join(base, "gateway.running"), "utf8")).toBe('{"version":1}\n');
    expect((await stat(state)).mode & 0o777).toBe(0o700);
  });

  test("a second time writes nothing", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    const times = async (): Promise<readonly (readonly [string, number])[]> => {
      const names = await readdir(base, { recursive: true });
      const own = names.filter((name) => !name.startsWith(join("state", "lock")));
      return Promise.all(
        own.toSorted().map(async (name) => [name, (await stat(join(base, name))).mtimeMs] as const),
      );
    };
    const before = await times();
    const again = await applyDeployment(state, desiredOf(base, 1));
    expect(again).toEqual({ outcome: "unchanged", changes: [], recovered: false });
    expect(await times()).toEqual(before);
  });

  test("of another version changes what differs, and the service reads the new file", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    const { changes } = await applyDeployment(state, desiredOf(base, 2));
    expect(changes.map(({ path }) => path.slice(base.length))).toEqual([
      "/etc/mode.env",
      "/etc/new/Modelfile",
      "/etc/old/Modelfile",
      "/etc/openclaw.json",
    ]);
    expect(Object.keys(etc())).toEqual(["mode.env", "new/Modelfile", "openclaw.json", "same.env"]);
    expect(await readFile(join(base, "gateway.running"), "utf8")).toBe('{"version":2}\n');
  });

  test("starts a service that had stopped, though no file changes", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    await unlink(join(base, "gateway.running"));
    expect((await applyDeployment(state, desiredOf(base, 1))).outcome).toBe("applied");
    expect((await applyDeployment(state, desiredOf(base, 1))).outcome).toBe("unchanged");
  });

  test("two at one time: the second is told who is first", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    using _held = await lockFile(join(state, "lock"));
    await expect(applyDeployment(state, desiredOf(base, 2))).rejects.toMatchObject({
      code: "FILE_LOCKED",
      message: expect.stringContaining(String(process.pid)) as string,
    });
    expect(etc()["openclaw.json"]).toBe('600 {"version":1}\n');
  });
});

describe("T22: what does not work is put back", () => {
  test("a gate that says no: every file to the byte, and the old service", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    const before = etc();
    const done = await applyDeployment(state, failing(desiredOf(base, 2)));
    expect(done).toMatchObject({ outcome: "rolled-back", reason: "readyz: 503 after 60 s" });
    expect(etc()).toEqual(before);
    expect(await readFile(join(base, "gateway.running"), "utf8")).toBe('{"version":1}\n');
    expect((await readHistory(state)).map(({ outcome }) => outcome)).toEqual([
      "applied",
      "rolled-back",
    ]);
    expect((await applyDeployment(state, desiredOf(base, 1))).outcome).toBe("unchanged");
  });

  test("the first of all: nothing is left and nothing runs", async () => {
    const done = await applyDeployment(state, failing(desiredOf(base, 1)));
    expect(done.outcome).toBe("rolled-back");
    expect(etc()).toEqual({});
    expect(await desiredOf(base, 1).services[0]?.isRunning()).toBe(false);
  });

  test("a service that does not start", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    const before = etc();
    const desired = desiredOf(base, 2);
    const services = desired.services.map((service) => {
      let isFirst = true;
      return {
        ...service,
        start: async (): Promise<void> => {
          if (isFirst) {
            isFirst = false;
            throw new Error("spawn ENOENT");
          }
          await service.start();
        },
      };
    });
    const done = await applyDeployment(state, { ...desired, services });
    expect(done).toMatchObject({ outcome: "rolled-back", reason: "spawn ENOENT" });
    expect(etc()).toEqual(before);
  });

  test.each(["replace:create", "replace:write", "replace:rename", "apply:file", "remove:unlink"])(
    "a disk that fails once at %s of a file of the deployment",
    async (step) => {
      await applyDeployment(state, desiredOf(base, 1));
      const before = etc();
      let isFirst = true;
      const faults = (name: string, { path }: { readonly path: string }): void => {
        if (name === step && path.startsWith(join(base, "etc")) && isFirst) {
          isFirst = false;
          throw new Error("ENOSPC: no space left on device");
        }
      };
      const done = await applyDeployment(state, desiredOf(base, 2), { faults });
      expect(done.outcome).toBe("rolled-back");
      expect(done.reason).toContain("ENOSPC");
      expect(etc()).toEqual(before);
    },
  );
});

describe("drift is shown and never overwritten unasked", () => {
  test.each([
    ["changed", () => writeFile(config, "by hand")],
    ["changed", () => chmod(config, 0o666)],
    ["removed", () => unlink(config)],
  ] as const)("T22: %s", async (drift, act) => {
    await applyDeployment(state, desiredOf(base, 1));
    await act();
    const before = etc();
    for (const version of [1, 2] as const) {
      const done = await applyDeployment(state, desiredOf(base, version));
      expect(done.outcome).toBe("drifted");
      expect(done.changes.filter((change) => change.drift !== undefined)).toMatchObject([
        { path: config, drift },
      ]);
    }
    expect(etc()).toEqual(before);
    const forced = await applyDeployment(state, desiredOf(base, 1), { overwriteDrift: true });
    expect(forced.outcome).toBe("applied");
    expect(etc()["openclaw.json"]).toBe('600 {"version":1}\n');
  });

  test("T22: a file that was there before us", async () => {
    foreignFile(config, "somebody's");
    expect(await applyDeployment(state, desiredOf(base, 1))).toMatchObject({ outcome: "drifted" });
    expect(etc()).toEqual({ "openclaw.json": "644 somebody's" });
    const done = await applyDeployment(state, failing(desiredOf(base, 1)), {
      overwriteDrift: true,
    });
    expect(done.outcome).toBe("rolled-back");
    expect(etc()).toEqual({ "openclaw.json": "644 somebody's" });
  });

  test("T22: what was changed by hand to what is wanted is no drift", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    await writeFile(config, '{"version":2}\n');
    expect((await applyDeployment(state, desiredOf(base, 2))).outcome).toBe("applied");
  });

  test("a link where a file belongs is refused, and what it leads to stays", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    await unlink(config);
    await writeFile(join(base, "precious"), "precious");
    await symlink(join(base, "precious"), config);
    await expect(
      applyDeployment(state, desiredOf(base, 2), { overwriteDrift: true }),
    ).rejects.toMatchObject({ code: "FILE_NOT_REGULAR" });
    expect(await readFile(join(base, "precious"), "utf8")).toBe("precious");
  });

  test("comparing writes nothing, and does not need a deployment", async () => {
    const changes = await compareDeployment(desiredOf(base, 1), []);
    expect(changes.map(({ before, drift }) => [before, drift])).toEqual(
      Array.from({ length: 4 }, () => [undefined, undefined]),
    );
    expect(await readdir(base)).toEqual([]);
  });
});

describe("T22: rolling back", () => {
  test("gives the files of the generation before, to the byte; twice goes back twice", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    const first = etc();
    await applyDeployment(state, desiredOf(base, 2));
    const running = desiredOf(base, 2);
    const done = await rollbackDeployment(state, running);
    expect([done.outcome, done.number]).toEqual(["applied", 3]);
    expect(etc()).toEqual(first);
    expect((await readHistory(state)).at(-1)).toMatchObject({ kind: "rollback", of: 1 });
    await expect(rollbackDeployment(state, running)).rejects.toMatchObject({
      code: "ROLLBACK_NOTHING",
    });
    await rollbackDeployment(state, running, { to: 2 });
    expect(etc()["openclaw.json"]).toBe('600 {"version":2}\n');
  });

  test("threat 17: never brings back a rotated secret, and no copy of one is kept", async () => {
    const token = join(base, "secrets", "gateway-token");
    await ensureToken(token);
    const old = (await readFile(token, "utf8")).trim();
    await applyDeployment(state, { ...desiredOf(base, 1), secrets: [old] });
    await rotateToken(token);
    const rotated = (await readFile(token, "utf8")).trim();
    await applyDeployment(state, { ...desiredOf(base, 2), secrets: [rotated] });
    await rollbackDeployment(state, desiredOf(base, 2));
    expect((await readFile(token, "utf8")).trim()).toBe(rotated);
    const everything = JSON.stringify([treeOf(state), etc()]);
    expect(everything).not.toContain(old);
    expect(everything).not.toContain(rotated);
  });

  test("threat 17: a file that holds a secret is refused before anything is written", async () => {
    const desired = desiredOf(base, 1);
    const leak = {
      path: join(base, "etc", "x"),
      mode: 0o600,
      bytes: Buffer.from("T=s3cret-value\n"),
    };
    await expect(
      applyDeployment(state, {
        ...desired,
        files: [...desired.files, leak],
        secrets: ["s3cret-value"],
      }),
    ).rejects.toMatchObject({
      code: "APPLY_SECRET_IN_FILE",
      message: expect.not.stringContaining("s3cret-value") as string,
    });
    expect(await readdir(base)).toEqual([]);
  });
});

describe("threat 17: the history is a chain", () => {
  test.each([
    ["changed", (text: string) => text.replace('"applied"', '"interrupted"')],
    ["of another form", (text: string) => text.replace('"version": 1', '"version": 2')],
  ])("a record that is %s is found", async (_name, change) => {
    await applyDeployment(state, desiredOf(base, 1));
    await applyDeployment(state, desiredOf(base, 2));
    const first = join(state, "history", "000001.json");
    await writeFile(first, change(await readFile(first, "utf8")));
    await expect(readHistory(state)).rejects.toMatchObject({ code: "HISTORY_DAMAGED" });
    await expect(applyDeployment(state, desiredOf(base, 1))).rejects.toMatchObject({
      code: "HISTORY_DAMAGED",
    });
  });

  test("a record that is gone is found, and so are kept bytes that are others", async () => {
    await applyDeployment(state, desiredOf(base, 1));
    await applyDeployment(state, desiredOf(base, 2));
    for (const name of await readdir(join(state, "objects"))) {
      await writeFile(join(state, "objects", name), "evil");
    }
    await expect(rollbackDeployment(state, desiredOf(base, 2))).rejects.toMatchObject({
      code: "HISTORY_DAMAGED",
    });
    expect(etc()["openclaw.json"]).toBe('600 {"version":2}\n');
    await unlink(join(state, "history", "000001.json"));
    await expect(readHistory(state)).rejects.toMatchObject({ code: "HISTORY_DAMAGED" });
  });
});

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createKeyPair, parseSignerKey, signNote } from "@clawkeep/integrity";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { checkProof } from "./check-proof.ts";
import { allKeys, parseVerifierFile, signTransition } from "./log-key-chain.ts";
import { readSigner } from "./log-keys.ts";
import { logPaths } from "./log-paths.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { proveRecord } from "./prove-record.ts";
import { readAuditLog } from "./read-audit-log.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";
import type { VerifyOptions } from "./verify-audit-log.ts";

const writer: string = new URL("../test/writer.ts", import.meta.url).pathname;
let base = "";
let whole = "";
let folder = "";
/** The private keys in their order, and what the public file and the checkpoint were before each. */
const keys: string[] = [];
const verifiers: string[] = [];
const checkpoints: string[] = [];

async function run(log: Awaited<ReturnType<typeof openAuditLog>>): Promise<string> {
  const { id } = await log.start(sampleStart);
  await log.end(sampleEnd(id));
  return id;
}

/** Two executions under each of three keys, in segments of four records. */
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-rotate-"));
  whole = join(base, "whole");
  const log = await openAuditLog({ folder: whole, segmentRecords: 4 });
  for (let turn = 0; turn < 3; turn += 1) {
    if (turn > 0) await log.rotateKey();
    await run(log);
    await run(log);
    keys.push(await readFile(logPaths(whole).key, "utf8"));
    verifiers.push(await readFile(logPaths(whole).verifier, "utf8"));
    checkpoints.push(await log.checkpoint());
  }
  await log.close();
});

afterAll(async () => rm(base, { recursive: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(base, "copy-"));
  await cp(whole, folder, { recursive: true });
});

async function codes(options: VerifyOptions = {}): Promise<readonly string[]> {
  const { findings } = await verifyAuditLog(folder, options);
  return findings.map(({ code }) => code).filter((code) => code !== "AUDIT_ROLLBACK_NOT_EXCLUDED");
}

describe("a log whose key was rotated", () => {
  test("verifies against every checkpoint and every public key from before, by whichever key", async () => {
    for (const checkpoint of checkpoints) {
      for (const verifierKey of verifiers) {
        expect(await codes({ checkpoint, verifierKey })).toEqual([]);
      }
    }
    expect(await codes({ witness: checkpoints.join("\n") })).toEqual([]);
    const history = await readAuditLog(folder);
    const ids = keys.map((key) => parseSignerKey(key.trim()).keyId);
    expect(new Set(ids).size).toBe(3);
    expect(history).toMatchObject({
      ok: true,
      earlierKeys: ids.slice(0, 2),
      identity: { key: ids[2] },
    });
    const rotated = history.records.filter(({ type }) => type === "key-rotated");
    expect(rotated.map(({ key }) => key)).toEqual(ids.slice(0, 2));
    expect(history.executions.map(({ start }) => start.key)).toEqual(ids.flatMap((id) => [id, id]));
  });

  test("has its keys, and no other, at 0600", async () => {
    for (const name of await readdir(folder)) {
      expect([name, (await stat(join(folder, name))).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect((await readdir(folder)).filter((name) => name.startsWith("key"))).toEqual(["key"]);
    expect(await readFile(logPaths(folder).key, "utf8")).toBe(keys[2]);
  });

  test("proves records of every key", async () => {
    const { executions } = await readAuditLog(folder);
    for (const { id } of executions) {
      const { proof = "" } = await proveRecord(folder, id, "execution-end");
      expect(checkProof(proof, verifiers[2] ?? "").findings).toEqual([]);
    }
  });

  test("is gone on with by a writer that had it open meanwhile", async () => {
    const [one, two] = await Promise.all([0, 1].map(() => openAuditLog({ folder })));
    await one?.rotateKey();
    await one?.rotateKey();
    for (let turn = 0; turn < 20; turn += 1) await run(one as never);
    const digest = two?.keyedDigest("a");
    await run(two as never);
    expect(two?.identity).toEqual(one?.identity);
    expect(two?.keyedDigest("a")).not.toBe(digest);
    expect(two?.keyedDigest("a")).toBe(one?.keyedDigest("a"));
    await one?.close();
    await two?.close();
    expect(await codes()).toEqual([]);
  });

  test("refuses what a key signs after its time, or before it", async () => {
    const late = checkpoints[2]?.split("\n\n")[0] ?? "";
    const old = parseSignerKey(keys[0]?.trim() ?? "");
    expect(await codes({ checkpoint: signNote(`${late}\n`, old) })).toEqual([
      "AUDIT_CHECKPOINT_SIGNATURE",
    ]);
    const early = checkpoints[0]?.split("\n\n")[0] ?? "";
    const present = parseSignerKey(keys[2]?.trim() ?? "");
    expect(await codes({ checkpoint: signNote(`${early}\n`, present) })).toEqual([
      "AUDIT_CHECKPOINT_SIGNATURE",
    ]);
  });

  test("is found out with a public key that is none of its own", async () => {
    const other = createKeyPair(`clawkeep/audit/${"0".repeat(32)}`).verifierKey;
    expect(await codes({ verifierKey: other })).toEqual(["AUDIT_VERIFIER_OTHER"]);
  });

  test("is found out when its transitions are changed, cut off, or put in another order", async () => {
    const text = verifiers[2] ?? "";
    const parts = text.split(/(?=^clawkeep\/audit\/[0-9a-f]{32}\/key$)/mu);
    expect(parts).toHaveLength(3);
    const [first = "", one = "", two = ""] = parts;
    for (const changed of [
      first,
      first + one,
      first + two,
      first + two + one,
      text + two,
      one,
      `${text}\n`,
    ]) {
      await writeFile(logPaths(folder).verifier, changed);
      expect([changed, (await verifyAuditLog(folder)).ok]).toEqual([changed, false]);
    }
    for (let at = 0; at < text.length; at += 7) {
      const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
      await writeFile(logPaths(folder).verifier, changed);
      expect([at, (await verifyAuditLog(folder)).ok]).toEqual([at, false]);
    }
  });

  test("takes no transition that one of the two keys did not sign, or that is not on the record", async () => {
    const present = await readSigner(logPaths(folder).key);
    const other = parseSignerKey(createKeyPair(present.name).signerKey);
    const at = { size: 18, root: Buffer.alloc(32) };
    // By another key alone; by the present one without the new one; by both, and not in the log.
    const stranger = parseSignerKey(createKeyPair(present.name).signerKey);
    const whole = signTransition(at, present, other);
    const alone = whole.split("\n").slice(0, -2).join("\n");
    for (const forged of [signTransition(at, stranger, other), `${alone}\n`]) {
      await writeFile(logPaths(folder).verifier, `${verifiers[2]}${forged}`);
      expect(await codes()).toEqual(["AUDIT_KEY_TRANSITION"]);
    }
    await writeFile(logPaths(folder).verifier, `${verifiers[2]}${whole}`);
    expect((await verifyAuditLog(folder)).ok).toBe(false);
    expect(allKeys(parseVerifierFile(Buffer.from(`${verifiers[2]}${whole}`)))).toHaveLength(4);
  });

  test("is not rotated while its public keys are not those of its private one", async () => {
    await writeFile(logPaths(folder).verifier, verifiers[1] ?? "");
    const log = await openAuditLog({ folder });
    await expect(log.rotateKey()).rejects.toMatchObject({ code: "AUDIT_VERIFIER_OTHER" });
    await log.close();
  });
});

test("kill -9 at any step of a rotation leaves one key or the other, and a log that verifies", async () => {
  const write = (at: string, step: string): Promise<string> =>
    new Promise((resolve) => {
      const args = ["--conditions=source", writer, at, "0", step, "1000000", "rotate"];
      const env = { ...process.env, NODE_COMPILE_CACHE: join(base, "compile-cache") };
      execFile(process.execPath, args, { env }, (_, text) => resolve(text));
    });
  const dry = join(base, "dry");
  await cp(whole, dry, { recursive: true });
  const names = /names (.+)/u.exec(await write(dry, "0"))?.[1]?.split(" ") ?? [];
  expect(names).toEqual(expect.arrayContaining(["replace:rename", "slot:write", "key:rename"]));
  const cuts = names.flatMap((name, index) => {
    const cut = `${index + 1}`;
    // Before these a kill leaves what it leaves before the step that follows, or the one before.
    if (/^replace:(?:create|sync|sync-folder|done)$/u.test(name)) return [];
    return name.endsWith(":write") ? [cut, `${cut}t`] : [cut];
  });
  const outcomes = new Set<number>();
  const attempt = async (cut: string): Promise<void> => {
    const at = join(base, `cut-${cut}`);
    await cp(whole, at, { recursive: true });
    const text = await write(at, cut);
    const before = await verifyAuditLog(at, { checkpoint: checkpoints[2] ?? "" });
    const errors = before.findings.filter(({ severity }) => severity === "error");
    expect([cut, text.includes("steps"), errors]).toEqual([cut, false, []]);
    outcomes.add(before.earlierKeys?.length ?? 0);
    const log = await openAuditLog({ folder: at });
    await run(log);
    await log.close();
    const after = await readAuditLog(at, { verifierKey: verifiers[0] ?? "" });
    expect([cut, after.ok, after.earlierKeys?.length]).toEqual([
      cut,
      true,
      before.earlierKeys?.length,
    ]);
    expect(after.executions).toHaveLength(7);
    const left = (await readdir(at)).filter((name) => /^key\.|\.tmp$/u.test(name));
    expect([cut, left, (await stat(logPaths(at).key)).mode & 0o777]).toEqual([cut, [], 0o600]);
  };
  const queue = [...cuts];
  const worker = async (): Promise<void> => {
    for (let cut = queue.shift(); cut !== undefined; cut = queue.shift()) await attempt(cut);
  };
  await Promise.all([worker(), worker()]);
  expect([...outcomes].sort()).toEqual([2, 3]);
}, 60_000);

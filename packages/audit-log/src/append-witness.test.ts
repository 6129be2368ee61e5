import { spawnSync } from "node:child_process";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { appendWitness } from "./append-witness.ts";
import { tellWitness } from "./tell-witness.ts";

const isRoot: boolean = process.geteuid?.() === 0;
let base = "";
let path = "";

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-witness-"));
  path = join(base, "witness");
  await mkdir(join(base, "log"));
});
afterEach(async () => rm(base, { recursive: true }));

function append(file: string = path, checkpoint: string = "a\nb\n"): Promise<void> {
  return appendWitness({ path: file, checkpoint, folder: join(base, "log") });
}

describe("a witness that is a file", () => {
  test("is made private and only ever gets longer", async () => {
    await append();
    await append(path, "c\n");
    expect(await readFile(path, "utf8")).toBe("a\nb\n\nc\n");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("begins a line after what was torn", async () => {
    await writeFile(path, "tor");
    await append();
    expect(await readFile(path, "utf8")).toBe("tor\na\nb\n");
  });

  test("keeps its mode and its owner", async () => {
    await writeFile(path, "");
    await chmod(path, 0o660);
    if (isRoot) await chown(path, 65_534, 65_534);
    await append();
    const { mode, uid } = await stat(path);
    expect([mode & 0o777, uid]).toEqual([0o660, isRoot ? 65_534 : process.geteuid?.()]);
  });

  test("is neither a link nor a folder nor a FIFO", async () => {
    await writeFile(join(base, "target"), "");
    await symlink("target", path);
    expect(spawnSync("mkfifo", [join(base, "fifo")]).status).toBe(0);
    for (const file of [path, base, join(base, "fifo"), "/dev/null"]) {
      await expect(append(file)).rejects.toMatchObject({ code: "WITNESS_NOT_REGULAR" });
    }
    expect(await readFile(join(base, "target"), "utf8")).toBe("");
  });

  test("is not in the log's folder, by whatever path", async () => {
    await symlink("log", join(base, "link"));
    for (const folder of ["log", "link"]) {
      await expect(append(join(base, folder, "log.ndjson"))).rejects.toMatchObject({
        code: "WITNESS_IN_LOG",
      });
    }
  });

  test("that cannot be written is an error", async () => {
    await expect(append(join(base, "none", "witness"))).rejects.toMatchObject({
      code: "WITNESS_FAILED",
      message: expect.stringContaining("ENOENT") as string,
    });
  });
});

describe("a witness that is a program", () => {
  const tell = (argv: readonly string[], ms?: number): Promise<void> =>
    tellWitness(argv, "a checkpoint\n", ms);

  test("gets the checkpoint on its standard input, and its words as they are", async () => {
    await tell([
      process.execPath,
      "-e",
      "process.stdin.pipe(fs.createWriteStream(process.argv[1]))",
      `${path} $(x);*`,
    ]);
    expect(await readFile(`${path} $(x);*`, "utf8")).toBe("a checkpoint\n");
  });

  test("that fails is an error which says how", async () => {
    for (const [argv, message] of [
      [["sh", "-c", "cat; echo no room >&2; exit 3"], "exit code 3: no room"],
      [["sh", "-c", "kill -TERM $$"], "SIGTERM"],
      [["/nonexistent/program"], "ENOENT"],
      [["a\0b"], "null bytes"],
    ] as const) {
      await expect(tell(argv)).rejects.toMatchObject({
        code: "WITNESS_COMMAND_FAILED",
        message: expect.stringContaining(message) as string,
      });
    }
  });

  test("that does not end is killed", async () => {
    await expect(tell(["sleep", "1000"], 50)).rejects.toMatchObject({
      message: expect.stringContaining("SIGKILL") as string,
    });
  });

  test("that leaves a child behind which holds its standard error is not waited for", async () => {
    await tell(["sh", "-c", "cat; sleep 5 &"]);
  });
});

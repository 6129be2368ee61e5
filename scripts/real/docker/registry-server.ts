import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import path from "node:path";
import process from "node:process";

/*
 * A registry of packages: ours as they were packed, and those of others as the real registry gave them once. With an
 * upstream it asks there and keeps what it gets; without, what it does not have does not exist.
 *
 * node registry-server.ts FOLDER PORT [UPSTREAM]
 */
const [folder = "", port = "0", upstream] = process.argv.slice(2);
const kept = path.join(folder, "kept");
mkdirSync(kept, { recursive: true });

const server = createServer((request, response) => {
  const url = decodeURIComponent(request.url ?? "/").replace(/\?.*$/u, "");
  const base = `http://${request.headers.host}`;
  answer(url, base, response).catch((error: unknown) => {
    process.stderr.write(`${url}: ${String(error)}\n`);
    response.writeHead(502).end();
  });
});
server.listen(Number(port), "127.0.0.1");
await once(server, "listening");
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);

async function answer(url: string, base: string, response: ServerResponse): Promise<void> {
  if (url.startsWith("/-own/")) {
    response.end(readFileSync(path.join(folder, "own", path.basename(url))));
    return;
  }
  const own = ownPackage(url, base);
  if (own !== undefined) {
    response.writeHead(200, { "content-type": "application/json" }).end(own);
    return;
  }
  const isTarball = url.endsWith(".tgz");
  const bytes = await fetched(url, isTarball);
  if (bytes === undefined) {
    response.writeHead(404).end("{}");
    return;
  }
  if (isTarball) {
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(moved(bytes.toString("utf8"), base));
}

/** Tarballs are fetched here, under the same path. */
function moved(text: string, base: string): string {
  const packument = JSON.parse(text) as {
    versions?: Record<string, { dist?: { tarball?: string } }>;
  };
  for (const { dist } of Object.values(packument.versions ?? {})) {
    if (dist?.tarball !== undefined) {
      dist.tarball = `${base}/-at/${encodeURIComponent(dist.tarball)}/package.tgz`;
    }
  }
  return JSON.stringify(packument);
}

async function fetched(url: string, isTarball: boolean): Promise<Buffer | undefined> {
  const file = path.join(kept, createHash("sha256").update(url).digest("hex"));
  if (existsSync(file)) return readFileSync(file);
  if (upstream === undefined) return undefined;
  const place = isTarball
    ? url.replace(/^\/-at\//u, "").replace(/\/package\.tgz$/u, "")
    : `${upstream.replace(/\/$/u, "")}/${url.slice(1).replace(/^(@[^/]+)\//u, "$1%2f")}`;
  // What npm asks for: without read-me files and times.
  const accept = isTarball ? "*/*" : "application/vnd.npm.install-v1+json";
  const got = await fetch(place, { headers: { accept } });
  if (!got.ok) return undefined;
  const bytes = Buffer.from(await got.arrayBuffer());
  writeFileSync(`${file}.part`, bytes);
  renameSync(`${file}.part`, file);
  return bytes;
}

/** The packument of a package of ours: one version, whose manifest is the one that was packed. */
function ownPackage(url: string, base: string): string | undefined {
  const name = url.slice(1);
  const list = path.join(folder, "own");
  const prefix = name.replace("@", "").replace("/", "-");
  const file = existsSync(list)
    ? readdirSync(list).find(
        (one) =>
          one.startsWith(prefix) && /^-\d/u.test(one.slice(prefix.length)) && one.endsWith(".tgz"),
      )
    : undefined;
  if (!name.startsWith("@clawkeep/") || file === undefined) return undefined;
  const bytes = readFileSync(path.join(list, file));
  const manifest = JSON.parse(
    readFileSync(path.join(list, file.replace(/\.tgz$/u, ".json")), "utf8"),
  ) as { version: string };
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const dist = { tarball: `${base}/-own/${file}`, integrity };
  return JSON.stringify({
    name,
    "dist-tags": { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  });
}

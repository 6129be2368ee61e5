import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../src/main.ts", import.meta.url));

test("threat 10: claw ollama-gate passes a chat, refuses and records a pull, and stops when it is told", async () => {
  const reached: string[] = [];
  const ollama = createServer((request, response) => {
    reached.push(request.url ?? "");
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(ollama, "listening");
  const upstream = `http://127.0.0.1:${(ollama.address() as AddressInfo).port}`;
  const args = ["ollama-gate", "--model", "a:1", "--upstream", upstream];
  const child = spawn(
    process.execPath,
    ["--conditions=source", source, ...args, "--listen", "127.0.0.1:0"],
    { env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "pipe", "pipe"] },
  );
  try {
    let errors = "";
    child.stderr.on("data", (part: Buffer) => (errors += part.toString("utf8")));
    const [first] = (await once(child.stdout, "data")) as [Buffer];
    const address = /http:\S+/u.exec(first.toString("utf8"))?.[0] ?? "";
    const post = async (path: string): Promise<number> => {
      const body = '{"model":"a:1"}';
      return (await fetch(`${address}${path}`, { method: "POST", body })).status;
    };
    expect([await post("/api/chat"), await post("/api/pull")]).toEqual([200, 403]);
    child.kill("SIGTERM");
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(0);
    expect(reached).toEqual(["/api/chat"]);
    expect(errors).toContain('"code":"GATE_PATH","method":"POST","target":"/api/pull"');
  } finally {
    child.kill("SIGKILL");
    ollama.close();
  }
});

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";

/*
 * Stands in for `openclaw gateway run`: answers the three questions at the port of its configuration, keeps a helper
 * that outlives it, and ends as it is told by `/exit/CODE`. It prints what it was started with.
 */
const file = process.env["OPENCLAW_CONFIG_PATH"] ?? "";
const { gateway } = JSON.parse(readFileSync(file, "utf8")) as { gateway: { port: number } };
const helper = spawn("/bin/sleep", ["3600"], { stdio: "ignore" });
process.stdout.write(
  `started as ${process.argv.slice(2).join(" ")} ${JSON.stringify(process.env)}\n`,
);
process.stdout.write(`helper ${helper.pid}\n`);
createServer((request, response) => {
  const target = request.url ?? "";
  if (target.startsWith("/exit/")) process.exit(Number(target.slice("/exit/".length)));
  response.end(JSON.stringify({ ok: true, ready: true }));
}).listen(gateway.port, "127.0.0.1");
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    process.stdout.write(`got ${signal}\n`);
    process.exit(0);
  });
}

/*
 * Stands in for OpenClaw, which takes 20 s to start: reads the configuration and the token that it is told to, answers
 * the probes and 401 to a wrong token, and notes how it was called. It is no judge of what OpenClaw does.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const args = process.argv.slice(2);
const state = process.env.OPENCLAW_STATE_DIR;
const read = () => JSON.parse(readFileSync(process.env.OPENCLAW_CONFIG_PATH, "utf8"));

if (args[0] === "gateway") serve();
else answer();

function serve() {
  const { gateway, secrets } = read();
  const token = readFileSync(secrets.providers[gateway.auth.token.provider].path, "utf8").trim();
  process.stdout.write(`ready at ${gateway.port}, token=${token}, pid ${process.pid}\n`);
  process.stderr.write("pairing required \u001b[31mred\n");
  writeFileSync(path.join(state, "state.sqlite"), `rows of ${process.pid}`, { mode: 0o600 });
  createServer((request, response) => {
    if (request.url === "/tools/invoke") {
      response.statusCode = request.headers.authorization === `Bearer ${token}` ? 404 : 401;
      response.end("{}");
    } else response.end('{"ok":true,"ready":true,"failing":[]}');
  }).listen(gateway.port, "127.0.0.1");
}

function answer() {
  const message = args.indexOf("--message-file");
  const file = message < 0 ? undefined : args[message + 1];
  const call = {
    args,
    environment: Object.keys(process.env).toSorted(),
    cmdline: readFileSync("/proc/self/cmdline", "utf8").split("\0"),
    ...(file === undefined ? {} : { message: readFileSync(file, "utf8") }),
  };
  appendFileSync(path.join(state, "calls.ndjson"), `${JSON.stringify(call)}\n`);
  const [command, sub] = args;
  if (command === "devices" && sub === "list") {
    const at = path.join(state, "devices.json");
    process.stdout.write(existsSync(at) ? readFileSync(at, "utf8") : '{"pending":[],"paired":[]}');
  } else if (command === "dashboard") {
    const { port } = read().gateway;
    const browserUrl = `http://127.0.0.1:${port}/#bootstrap=one-time-secret`;
    process.stdout.write(
      JSON.stringify({ ok: true, browserUrl, httpUrl: `http://127.0.0.1:${port}/` }),
    );
  } else if (command === "config" && sub === "set") {
    const config = read();
    config.update = { ...config.update, set: args[3] };
    writeFileSync(process.env.OPENCLAW_CONFIG_PATH, JSON.stringify(config));
  } else process.stdout.write(`${JSON.stringify({ ok: true, said: call.message ?? null })}\n`);
  process.exitCode = args.includes("fails") ? 1 : 0;
}

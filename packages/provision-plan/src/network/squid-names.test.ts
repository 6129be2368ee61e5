import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import { parseSpec } from "../spec/parse-spec.ts";

/*
 * The rendered squid.conf in the real squid, in namespaces of this test's own: a resolver on loopback writes down every
 * name that it is asked, the address of an allowed host is an interface that answers, and nothing of this machine's
 * network is there.
 */

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };
const folder = mkdtempSync(path.join(tmpdir(), "claw-squid-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const skip = whyNot();

/** Answers A for the names that it knows, and writes down every name that it is asked. */
const resolver = `
import socket, sys
known = {"openrouter.ai": "93.184.216.34", "inner.example.net": "10.9.9.9"}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
print("ready", flush=True)
out = open(sys.argv[1], "a", buffering=1)
while True:
    data, to = s.recvfrom(4096)
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode("latin1"))
        at += 1 + data[at]
    name, kind = ".".join(labels), int.from_bytes(data[at + 1 : at + 3], "big")
    out.write(name + "\\n")
    question = data[12 : at + 5]
    address = known.get(name.lower())
    count = 1 if address and kind == 1 else 0
    flags = b"\\x81\\x80" if address else b"\\x81\\x83"
    answer = b"\\xc0\\x0c\\x00\\x01\\x00\\x01\\x00\\x00\\x00\\x3c\\x00\\x04" + socket.inet_aton(address) if count else b""
    s.sendto(data[:2] + flags + b"\\x00\\x01" + bytes([0, count]) + b"\\x00" * 4 + question + answer, to)
`;

/** Asks the proxy for one thing after another, and prints the status of each. */
const client = `
import socket, sys
for line in sys.argv[1:]:
    s = socket.create_connection(("127.0.0.1", 3128), 30)
    host = line.split(" ")[1].split("//")[-1].split("/")[0]
    s.sendall((line + " HTTP/1.1\\r\\nHost: " + host + "\\r\\n\\r\\n").encode())
    print(s.recv(4096).decode("latin1").split(" ")[1], line, flush=True)
    s.close()
`;

const listener = `
import socket
s = socket.socket(); s.bind(("93.184.216.34", 443)); s.listen(9); print("ready", flush=True)
while True: s.accept()
`;

const script = `set -eu
ip link set lo up
ip addr add 93.184.216.34/32 dev lo
mount --bind "$DIR/resolv.conf" /etc/resolv.conf
: > "$DIR/asked"
wait_for() { until grep -q "$2" "$DIR/$1" 2>/dev/null; do sleep 0.05; done; }
python3 "$DIR/resolver.py" "$DIR/asked" > "$DIR/resolver-up" &
python3 "$DIR/listener.py" > "$DIR/listener-up" &
wait_for resolver-up ready; wait_for listener-up ready
setpriv --reuid 2004 --regid 2004 --clear-groups squid -N -f "$DIR/squid.conf" > "$DIR/log" 2>&1 &
until grep -q "Accepting HTTP" "$DIR/log"; do kill -0 $! || { cat "$DIR/log" >&2; exit 3; }; sleep 0.05; done
eval "set -- $TARGETS"
python3 "$DIR/client.py" "$@"
`;

/** What came of each question, and which names the resolver was asked. */
function asked(
  conf: string,
  targets: readonly string[],
): { readonly said: readonly string[]; readonly names: readonly string[] } {
  const here = mkdtempSync(path.join(folder, "run-"));
  const write = (name: string, text: string): void => writeFileSync(path.join(here, name), text);
  write("squid.conf", conf);
  write("resolver.py", resolver);
  write("client.py", client);
  write("listener.py", listener);
  write("resolv.conf", "nameserver 127.0.0.1\noptions ndots:1\n");
  write("log", "");
  // squid opens its standard error by name, as its own user.
  chmodSync(path.join(here, "log"), 0o666);
  spawnSync("chmod", ["-R", "a+rX", folder]);
  const { stdout, stderr, status } = spawnSync("unshare", [...unshareFlags(), "sh", "-c", script], {
    encoding: "utf8",
    timeout: 180_000,
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      DIR: here,
      TARGETS: targets.map((one) => `'${one}'`).join(" "),
    },
  });
  if (status !== 0) throw new Error(`${String(status)} ${stdout} ${stderr}`);
  const names = readFileSync(path.join(here, "asked"), "utf8").trim().split("\n");
  return {
    said: stdout.trim().split("\n"),
    names: [...new Set(names.filter((one) => one !== ""))].toSorted(),
  };
}

function rendered(): string {
  const { spec, findings } = parseSpec(
    Buffer.from(
      "deploy: 1\nprofile: hybrid\nmodels: {primary: openrouter/a/b, fallbacks: [ollama/llama3.2:3b]}\negress: {mode: allowlist, allow: [{host: inner.example.net, why: a name that leads inside}]}\n",
    ),
    "deploy.yaml",
  );
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return renderDeployment(spec, place).find(({ kind }) => kind === "squid")?.text ?? "";
}

function unshareFlags(): readonly string[] {
  const own = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
  return process.getuid?.() === 0
    ? own
    : ["--user", "--map-root-user", "--map-users=auto", "--map-groups=auto", ...own];
}

function whyNot(): string | undefined {
  const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  for (const program of ["squid", "ip", "unshare", "setpriv", "python3"]) {
    const found = spawnSync("sh", ["-c", `command -v ${program}`], { env: environment });
    if (found.status !== 0) return `no ${program} here`;
  }
  const tried = spawnSync(
    "unshare",
    [
      ...unshareFlags(),
      "sh",
      "-c",
      "ip link set lo up && mount --bind /dev/null /etc/resolv.conf && setpriv --reuid 2004 --regid 2004 --clear-groups true",
    ],
    { encoding: "utf8", env: environment },
  );
  return tried.status === 0
    ? undefined
    : `no namespaces here: ${tried.stderr.split("\n")[0] ?? ""}`;
}

const refused = [
  "CONNECT c2VjcmV0.leaks.example:443",
  "CONNECT sub.openrouter.ai:443",
  "CONNECT openrouter.ai.leaks.example:443",
  "GET http://c2VjcmV0.leaks.example/",
  "CONNECT 93.184.216.34:443",
  "CONNECT 169.254.169.254:443",
  "CONNECT [2606:2800:220:1::1]:443",
  "CONNECT localhost:443",
];

describe("who is asked for a name on the way out", () => {
  test("nobody, for what is not on the list: no name leaves in a question [ran G5, T7]", (context) => {
    if (skip !== undefined) context.skip(skip);
    const { said, names } = asked(rendered(), refused);
    expect(said).toEqual(refused.map((one) => `403 ${one}`));
    expect(names).toEqual([]);
  }, 200_000);

  test("the resolver, for a listed host: let through outside and refused inside [ran T7]", (context) => {
    if (skip !== undefined) context.skip(skip);
    const { said, names } = asked(rendered(), [
      "CONNECT openrouter.ai:443",
      "CONNECT openrouter.ai:22",
      "CONNECT inner.example.net:443",
    ]);
    expect(said).toEqual([
      "200 CONNECT openrouter.ai:443",
      "403 CONNECT openrouter.ai:22",
      "403 CONNECT inner.example.net:443",
    ]);
    expect(names).toEqual(["inner.example.net", "openrouter.ai"]);
  }, 200_000);

  test("without the line that refuses other names first, the resolver hears them", (context) => {
    if (skip !== undefined) context.skip(skip);
    const conf = rendered().replace("http_access deny !named\n", "");
    const { said, names } = asked(conf, refused.slice(0, 1));
    expect(said).toEqual([`403 ${refused[0]}`]);
    expect(names).toEqual(["c2vjcmv0.leaks.example"]);
  }, 200_000);
});

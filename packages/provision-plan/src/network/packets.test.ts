import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import { bridgeName } from "../layout/names.ts";
import { parseSpec } from "../spec/parse-spec.ts";

/*
 * The rendered rules with real packets: a network namespace with addresses of the internet, of a private network and of
 * cloud metadata on an interface that leads nowhere, listeners on all of them, and one process for each uid that
 * asks. Nothing of this machine's network is seen or changed.
 */

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };
const folder = mkdtempSync(path.join(tmpdir(), "claw-packets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const skip = whyNot();

/** What each of the two sides of a veth pair is called here: the far one is "outside". */
const far4 = ["93.184.216.34", "169.254.169.254", "10.9.9.9"] as const;
const far6 = ["2606:2800:220:1::1", "fd00:9::9"] as const;

/** In the namespace: asks by TCP and UDP, as the uid that it is started with, and prints what came of each. */
const asker = `
import socket, sys
for target in sys.argv[1:]:
    kind, host, port = target.split("|")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(5)
    try:
        s.connect((host, int(port)))
        if kind == "udp":
            s.send(b"x")
            s.recv(10)
        print(target, "open")
    except OSError:
        print(target, "closed")
    s.close()
`;

/** In the other namespace: answers by TCP and UDP on every address. */
const listener = `
import socket, threading, sys
def tcp(family, port):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port)); s.listen(50)
    def serve():
        while True:
            c, _ = s.accept(); c.close()
    threading.Thread(target=serve, daemon=True).start()
def udp(host):
    # An answer has the address that was asked only from a socket of that address.
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, 53))
    def serve():
        while True:
            data, to = s.recvfrom(10); s.sendto(data, to)
    threading.Thread(target=serve, daemon=True).start()
for family in (socket.AF_INET, socket.AF_INET6):
    for port in map(int, sys.argv[1].split(",")): tcp(family, port)
for host in sys.argv[2:]: udp(host)
print("ready", flush=True)
sys.stdin.read()
`;

/** As root of a user namespace of this test's own. The far side is a second network namespace, joined by a veth pair. */
const script = `
set -eu
ip link set lo up
exec 3<>"$FIFO"
unshare -n sh -c 'echo $$ > "$DIR/far"; ip link set lo up; : > "$DIR/up"; while [ ! -e "$DIR/moved" ]; do sleep 0.05; done
  ip addr add 192.0.2.1/24 dev far; ip -6 addr add 2001:db8::1/64 dev far nodad; ip link set far up
  for a in $FAR4; do ip addr add $a/32 dev far; done
  for a in $FAR6; do ip -6 addr add $a/128 dev far nodad; done
  python3 "$DIR/listener.py" 443,80,22,11434 $FAR4 $FAR6 <&3 > "$DIR/ready"' &
while [ ! -e "$DIR/up" ]; do sleep 0.05; done
ip link add name near type veth peer name far netns "$(cat "$DIR/far")"
ip addr add 192.0.2.2/24 dev near; ip -6 addr add 2001:db8::2/64 dev near nodad; ip link set near up
: > "$DIR/moved"
while ! grep -q ready "$DIR/ready" 2>/dev/null; do sleep 0.05; done
ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1
python3 "$DIR/listener.py" 11434,11435,3128,18789 <&3 > "$DIR/near-ready" &
while ! grep -q ready "$DIR/near-ready" 2>/dev/null; do sleep 0.05; done
nft -f "$DIR/rules.nft"
for uid in $UIDS; do
  echo "uid $uid"
  setpriv --reuid $uid --regid $uid --clear-groups python3 "$DIR/asker.py" $TARGETS
done
kill %1 %2 2>/dev/null || true
`;

const targets = [
  ...far4.flatMap((host) => [`tcp|${host}|443`, `udp|${host}|53`]),
  ...far6.flatMap((host) => [`tcp|${host}|443`, `udp|${host}|53`]),
  "tcp|93.184.216.34|22",
  "tcp|127.0.0.1|11434",
  "tcp|127.0.0.1|11435",
  "tcp|127.0.0.1|3128",
  "tcp|::1|11434",
];

/** What each uid reached under the rules of a spec. */
function reached(text: string, uids: readonly number[]): ReadonlyMap<number, readonly string[]> {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  const rules = renderDeployment(spec, place).find(({ kind }) => kind === "nftables");
  const here = mkdtempSync(path.join(folder, "run-"));
  writeFileSync(path.join(here, "rules.nft"), rules?.text ?? "");
  writeFileSync(path.join(here, "asker.py"), asker);
  writeFileSync(path.join(here, "listener.py"), listener);
  spawnSync("chmod", ["-R", "a+rX", folder]);
  spawnSync("mkfifo", [path.join(here, "fifo")]);
  const { stdout, stderr, status } = spawnSync("unshare", [...unshareFlags(), "sh", "-c", script], {
    encoding: "utf8",
    timeout: 120_000,
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      DIR: here,
      FIFO: path.join(here, "fifo"),
      FAR4: far4.join(" "),
      FAR6: far6.join(" "),
      UIDS: uids.join(" "),
      TARGETS: targets.join(" "),
    },
  });
  if (status !== 0) throw new Error(`${String(status)} ${stdout} ${stderr}`);
  const found = new Map<number, string[]>();
  let uid = 0;
  for (const line of stdout.trim().split("\n")) {
    const [first = "", second = ""] = line.split(" ");
    if (first === "uid") found.set((uid = Number(second)), []);
    else if (second === "open") found.get(uid)?.push(first);
  }
  return found;
}

function unshareFlags(): readonly string[] {
  return process.getuid?.() === 0
    ? ["--net", "--mount", "--pid", "--fork", "--kill-child"]
    : [
        "--user",
        "--map-root-user",
        "--map-users=auto",
        "--map-groups=auto",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
      ];
}

function whyNot(): string | undefined {
  for (const program of ["nft", "ip", "unshare", "setpriv", "python3"]) {
    if (spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status !== 0)
      return `no ${program} here`;
  }
  const tried = spawnSync(
    "unshare",
    [
      ...unshareFlags(),
      "sh",
      "-c",
      "ip link add name near type veth peer name far && nft list ruleset && setpriv --reuid 2001 --regid 2001 --clear-groups true",
    ],
    { encoding: "utf8", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } },
  );
  return tried.status === 0
    ? undefined
    : `no namespaces here: ${tried.stderr.split("\n")[0] ?? ""}`;
}

const [skills, gateway, gate, ollama, egress, stranger] = [2000, 2001, 2002, 2003, 2004, 4000];
const outside = targets.filter((one) => !/127\.0\.0\.1|::1\|11434/u.test(one));

describe("without a way out", () => {
  test("no uid of a deployment reaches anything by TCP, DNS, IPv6 or the metadata address; others do [ran G5, T13, T10]", (context) => {
    if (skip !== undefined) context.skip(skip);
    const uids = [skills, gateway, gate, ollama, stranger];
    const found = reached(
      "deploy: 1\nprofile: bare-metal\nmodels: {primary: ollama/gpt-oss:20b}\n",
      uids,
    );
    expect(found.get(stranger)).toEqual(targets);
    expect(found.get(skills)).toEqual([]);
    for (const uid of [gateway, gate, ollama]) {
      expect([uid, found.get(uid)?.filter((one) => outside.includes(one))]).toEqual([uid, []]);
    }
  });

  test("the gateway asks for models at the proxy and never Ollama itself [ran C10, L26]", (context) => {
    if (skip !== undefined) context.skip(skip);
    const found = reached(
      "deploy: 1\nprofile: bare-metal\nmodels: {primary: ollama/gpt-oss:20b}\n",
      [gateway, gate],
    );
    expect(found.get(gateway)).toEqual(["tcp|127.0.0.1|11435", "tcp|127.0.0.1|3128"]);
    expect(found.get(gate)).toContain("tcp|127.0.0.1|11434");
  });
});

describe("with an allowlist", () => {
  test("only the proxy's uid goes out, at its ports, and never inward [ran G5, T7]", (context) => {
    if (skip !== undefined) context.skip(skip);
    const found = reached(
      "deploy: 1\nprofile: bare-metal\nmodels: {primary: openrouter/a/b, fallbacks: [ollama/llama3.2:3b]}\negress: {mode: allowlist}\n",
      [gateway, egress],
    );
    expect(found.get(gateway)?.filter((one) => outside.includes(one))).toEqual([]);
    const out = found.get(egress)?.filter((one) => outside.includes(one)) ?? [];
    expect(out).toContain("tcp|93.184.216.34|443");
    expect(out).toContain("tcp|2606:2800:220:1::1|443");
    expect(out).not.toContain("tcp|93.184.216.34|22");
    expect(out.filter((one) => /^tcp\|(?:169\.254|10\.|fd00)/u.test(one))).toEqual([]);
  });
});

describe("with containers", () => {
  test("a neighbour with a route reaches no container, and this host does [ran G3]", (context) => {
    if (skip !== undefined) context.skip(skip);
    const { spec, findings } = parseSpec(
      Buffer.from("deploy: 1\nprofile: cage\nmodels: {primary: ollama/gpt-oss:20b}\n"),
      "deploy.yaml",
    );
    if (spec === undefined) throw new Error(JSON.stringify(findings));
    const rules = renderDeployment(spec, place).find(({ kind }) => kind === "nftables");
    const here = mkdtempSync(path.join(folder, "run-"));
    writeFileSync(path.join(here, "rules.nft"), rules?.text ?? "");
    const { stdout, stderr, status } = spawnSync(
      "unshare",
      [...unshareFlags(), "sh", "-c", neighbours],
      {
        encoding: "utf8",
        timeout: 120_000,
        env: {
          PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
          RULES: path.join(here, "rules.nft"),
          BRIDGE: bridgeName(spec, "front"),
          ASK: "import socket,sys\ns=socket.create_connection(('172.30.0.2',18789),2)",
          LISTEN:
            "import socket\ns=socket.socket();s.setsockopt(1,2,1);s.bind(('172.30.0.2',18789));s.listen(9);print('up',flush=True)\nwhile 1: s.accept()",
        },
      },
    );
    expect([status, stdout.trim().split("\n"), stderr.includes("nft")]).toEqual([
      0,
      ["before: neighbour yes, host yes", "after: neighbour no, host yes"],
      false,
    ]);
  });
});

/** This host with a bridge and a container on it, and a neighbour that has a route to the bridge by this host. */
const neighbours = `set -e
mount -t tmpfs none /run
mkdir -p /run/netns
ip link set lo up
ip netns add box
ip netns add near
ip link add "$BRIDGE" type bridge
ip addr add 172.30.0.1/24 dev "$BRIDGE"
ip link set "$BRIDGE" up
ip link add vbox type veth peer name eth0 netns box
ip link set vbox master "$BRIDGE" up
ip -n box addr add 172.30.0.2/24 dev eth0
ip -n box link set eth0 up
ip -n box route add default via 172.30.0.1
ip link add vnear type veth peer name eth0 netns near
ip addr add 192.168.77.1/24 dev vnear
ip link set vnear up
ip -n near addr add 192.168.77.2/24 dev eth0
ip -n near link set eth0 up
ip -n near route add default via 192.168.77.1
mount -t proc proc /proc
echo 1 > /proc/sys/net/ipv4/ip_forward
mkfifo /run/up
ip netns exec box python3 -c "$LISTEN" > /run/up &
read -r up < /run/up
ask() { if "$@" python3 -c "$ASK" 2>/dev/null; then printf yes; else printf no; fi; }
echo "before: neighbour $(ask ip netns exec near), host $(ask env)"
nft -f "$RULES"
echo "after: neighbour $(ask ip netns exec near), host $(ask env)"
`;

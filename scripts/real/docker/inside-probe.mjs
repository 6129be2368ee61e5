// Runs inside a container, by `node --input-type=module -e`: looks around, tries what must not work, prints one object.
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";

const wish = JSON.parse(process.env.PROBE ?? "{}");
const text = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return error.code;
  }
};
const status = text("/proc/self/status");
const field = (name) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
const mounts = text("/proc/self/mounts")
  .trim()
  .split("\n")
  .map((line) => line.split(" "));
const isKernel = (at) => /^\/(?:proc|sys|dev)(?:\/|$)/.test(at);

const tried = (attempt) => {
  try {
    attempt();
    return "DONE";
  } catch (error) {
    return error.code;
  }
};
const reach = (host, port) =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (word) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(word);
    };
    const timer = setTimeout(() => end("no answer"), 3000);
    socket.on("connect", () => end("REACHED"));
    socket.on("error", (error) => end(error.code));
  });
const datagram = (host, port) =>
  new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (word) => {
      clearTimeout(timer);
      socket.close();
      resolve(word);
    };
    const timer = setTimeout(() => end("no answer"), 3000);
    socket.on("message", () => end("REACHED"));
    socket.on("error", (error) => end(error.code));
    socket.send("question", port, host, (error) => error && end(error.code));
  });
const ask = async ([method, url, body]) => {
  try {
    const response = await fetch(url, { method, body, signal: AbortSignal.timeout(5000) });
    return response.status;
  } catch (error) {
    return error.cause?.code ?? error.name;
  }
};
const all = async (list, attempt) =>
  Object.fromEntries(
    await Promise.all((list ?? []).map(async (one) => [String(one), await attempt(one)])),
  );

process.stdout.write(
  JSON.stringify({
    uid: process.getuid(),
    gid: process.getgid(),
    groups: process.getgroups(),
    capabilities: {
      effective: field("CapEff"),
      bounding: field("CapBnd"),
      permitted: field("CapPrm"),
    },
    noNewPrivileges: field("NoNewPrivs"),
    seccomp: field("Seccomp"),
    rootOptions: mounts.find(([, at]) => at === "/")?.[3].split(",")[0],
    writableMounts: mounts
      .filter(([, at, , options]) => options.split(",").includes("rw") && !isKernel(at))
      .map(([, at, kind]) => `${at} ${kind}`),
    tmpfs: Object.fromEntries(
      mounts
        .filter(([, at, kind]) => kind === "tmpfs" && !isKernel(at))
        .map(([, at, , options]) => [at, /size=(\w+)/.exec(options)?.[1] ?? "none"]),
    ),
    memory: text("/sys/fs/cgroup/memory/memory.limit_in_bytes").trim(),
    processes: text("/sys/fs/cgroup/pids/pids.max").trim(),
    interfaces: Object.entries(networkInterfaces()).flatMap(([name, list]) =>
      list.map(({ address }) => `${name} ${address}`),
    ),
    writes: Object.fromEntries(
      (wish.writes ?? []).map((file) => [
        file,
        tried(() => writeFileSync(file, "x", { flag: "a" })),
      ]),
    ),
    reads: Object.fromEntries(
      (wish.reads ?? []).map((file) => [
        file,
        tried(() => (statSync(file).isDirectory() ? readdirSync(file) : readFileSync(file))),
      ]),
    ),
    links: Object.fromEntries(
      (wish.links ?? []).map(([at, to]) => [
        to,
        tried(() => {
          if (!existsSync(at)) {
            mkdirSync(at.replace(/\/[^/]+$/, ""), { recursive: true });
            symlinkSync(to, at);
          }
          writeFileSync(at, "x", { flag: "a" });
        }),
      ]),
    ),
    tcp: await all(wish.tcp, ([host, port]) => reach(host, port)),
    udp: await all(wish.udp, ([host, port]) => datagram(host, port)),
    names: await all(wish.names, (name) =>
      lookup(name).then(
        (found) => found.address,
        (error) => error.code,
      ),
    ),
    http: await all(wish.http, ask),
  }),
);

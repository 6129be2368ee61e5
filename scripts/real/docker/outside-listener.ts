import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";

/*
 * Runs in a network namespace of its own. It waits until it is told that its end of the cable is there, takes the
 * addresses of the world outside, answers every request, and prints a line for each.
 */
process.stdout.write("waiting\n");
await once(process.stdin, "data");
for (const args of [
  ["link", "set", "lo", "up"],
  ["link", "set", "out1", "up"],
  ["address", "add", "192.0.2.2/24", "dev", "out1"],
  ["address", "add", "93.184.215.14/32", "dev", "out1"],
  ["address", "add", "169.254.169.254/32", "dev", "out1"],
  ["-6", "address", "add", "2001:db8::2/64", "dev", "out1", "nodad"],
  ["route", "add", "default", "via", "192.0.2.1"],
]) {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}
const http = createServer((request, response) => {
  const { localAddress, localPort } = request.socket;
  process.stdout.write(`tcp ${localAddress} ${localPort} ${request.url}\n`);
  response.end("outside");
});
http.listen(80, "::");
await once(http, "listening");
const dns = createSocket("udp4");
dns.on("message", (bytes, { address, port }) => {
  process.stdout.write(`udp 53 ${bytes.length} bytes\n`);
  dns.send(bytes, port, address);
});
// It answers from where it was asked: another address would be no answer.
dns.bind(53, "93.184.215.14");
await once(dns, "listening");
process.stdout.write("ready\n");

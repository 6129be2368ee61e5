/* A service as a program of its own: serves at argv[2] with version argv[3] until it is stopped. */
import { serveLines } from "../lines/serve-lines.ts";
import { readyLine } from "../start/start-service.ts";
import { claimPlace } from "./claim-place.ts";
import { socketPlace } from "./socket-place.ts";

const [, , home = "", version = "1.0.0"] = process.argv;
const release = { version, built: 0 };
const place = socketPlace(home, "child");
const claim = await claimPlace(place, release);
if (claim.kind === "claimed") {
  await serveLines(place, claim.lock, {
    release,
    idleMs: 60_000,
    methods: { pid: async () => process.pid },
  });
}
process.stdout.write(`${readyLine}\n`);

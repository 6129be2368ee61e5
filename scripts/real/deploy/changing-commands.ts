import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Deployment } from "./deployments.ts";
import { seenServices } from "./observe.ts";
import type { Place } from "./operated.ts";
import { answerTo, jsonOf, said, tell } from "./operated.ts";
import type { Verdicts } from "./verdicts.ts";

/** Of the deployment, but for its gateway. */
export const spec: readonly string[] = [
  "deploy: 1",
  "name: ops",
  "profile: notebook",
  'models: {primary: "ollama/gpt-oss:20b"}',
];

/** Another token: asked of the gateway itself, by claw and by another program. */
export async function token(one: Deployment, place: Place, verdicts: Verdicts): Promise<void> {
  const old = place.token();
  const piped = await one.claw("token");
  verdicts.that(
    "claw token gives nothing to a pipe [C19]",
    piped.code === 2 && !`${piped.stdout}${piped.stderr}`.includes(old),
    said(piped),
  );
  const shown = await one.claw("token", "--show");
  verdicts.that("and --show does", shown.stdout === `${old}\n`, `exit ${shown.code}`);
  const done = await one.claw("regenerate-token", "--yes", "--json");
  const { outcome, oldStatus, newStatus, restarted } = jsonOf(done);
  verdicts.equal(
    "claw regenerate-token: the real gateway answers 401 to the old token, and knows the new one",
    [done.code, outcome, oldStatus, newStatus === 401 || newStatus === 403, restarted],
    [0, "rotated", 401, false, ["gateway"]],
  );
  if (done.code !== 0) await tell(one, done);
  const { port } = place.settings().gateway;
  verdicts.equal(
    "asked by another program, too: the old one, the new one",
    [await answerTo(port, old), (await answerTo(port, place.token())) !== 401],
    [401, true],
  );
  verdicts.that(
    "and says neither",
    place.token() !== old && !`${done.stdout}${done.stderr}`.includes(place.token()),
    said(done),
  );
  const list = await one.claw("devices", "--json");
  verdicts.that("what asks the gateway knows the new one", list.code === 0, `exit ${list.code}`);
}

/** OpenClaw's own state in an archive, and back. */
export async function data(one: Deployment, place: Place, verdicts: Verdicts): Promise<void> {
  const archive = path.join(one.folder, "ops.tar");
  const made = await one.claw("backup", archive, "--json");
  verdicts.that("claw backup", made.code === 0 && Number(jsonOf(made)["files"]) > 3, said(made));
  verdicts.that(
    "no token is in it",
    !readFileSync(archive).includes(place.token()),
    `${statSync(archive).size} bytes`,
  );
  const restored = await one.claw("restore", archive, "--yes");
  verdicts.that("claw restore", restored.code === 0, said(restored));
  const started = await one.claw("start");
  verdicts.that("and it starts with that", started.code === 0, said(started));
  if (started.code !== 0) await tell(one, started);
  const list = await one.claw("devices", "--json");
  verdicts.that(
    "devices that were let in are so again",
    JSON.stringify(jsonOf(list)["paired"] ?? "").includes("kitchen"),
    `exit ${list.code}`,
  );
}

/** What changes `deploy.yaml`: it is applied, the state of before is archived, and a rollback brings it back. */
export async function changedSpec(
  one: Deployment,
  place: Place,
  verdicts: Verdicts,
): Promise<void> {
  const shown = await one.claw("model");
  verdicts.equal("claw model [C21]", shown.stdout, "ollama/gpt-oss:20b\n");
  const agents = await one.claw("agent-switch", "--json");
  const { primary, agents: known } = jsonOf(agents);
  verdicts.that(
    "claw agent-switch lists those that are known [C21, C24]",
    primary === "ollama/gpt-oss:20b" && JSON.stringify(known).includes('"qwen-7b"'),
    JSON.stringify(known),
  );
  const key = await one.claw("fix-ollama-auth");
  verdicts.that(
    "claw fix-ollama-auth finds the key that OpenClaw wants",
    key.code === 0 && key.stdout.includes("models.providers.ollama is as"),
    said(key),
  );
  const archives = async (): Promise<number> => {
    const { stdout } = await one.claw("history", "ops");
    return (stdout.match(/state of before: \S+\/before-\d{6}\.tar/gu) ?? []).length;
  };
  const before = await archives();
  const origin = "http://claw.example.net:8443";
  const origins = await one.claw("fix-origins", "--origin", origin, "--yes", "--without-model");
  verdicts.that(
    "claw fix-origins lets another origin in [C23]",
    origins.code === 0 && place.settings().gateway.controlUi.allowedOrigins.includes(origin),
    said(origins),
  );
  verdicts.equal(
    "an origin is nothing that the state depends on: it is not archived",
    await archives(),
    before,
  );
  const answers = path.join(place.state, "written-by-the-stage");
  const notes = path.join(place.state, "workspace", "notes.md");
  writeFileSync(answers, "before");
  const switched = await one.claw("agent-switch", "qwen-7b", "--yes", "--without-model");
  verdicts.that(
    "claw agent-switch has another model answer, and the state of before is archived",
    switched.code === 0 &&
      JSON.stringify(place.settings().agents.defaults.model).includes("qwen2.5-coder:7b") &&
      /OpenClaw's state of before is in \S+\/before-\d{6}\.tar/u.test(switched.stderr),
    said(switched),
  );
  if (switched.code !== 0) await tell(one, switched);
  writeFileSync(answers, "after");
  writeFileSync(notes, "of now");
  const [token_, rotated] = [place.token(), await one.claw("regenerate-token", "--yes")];
  verdicts.that("its token is rotated meanwhile", rotated.code === 0, said(rotated));
  const back = await one.claw("rollback", "ops", "--json");
  verdicts.that(
    "claw rollback brings files and state back, and not the token or the workspace [T22]",
    back.code === 0 &&
      JSON.stringify(place.settings().agents.defaults.model).includes("gpt-oss:20b") &&
      readFileSync(answers, "utf8") === "before" &&
      readFileSync(notes, "utf8") === "of now" &&
      place.token() !== token_,
    said(back),
  );
  const ready = await one.claw("start");
  verdicts.that("and it is ready", ready.code === 0, said(ready));
  verdicts.equal(
    "the real gateway answers 401 to the token of before",
    await answerTo(place.settings().gateway.port, token_),
    401,
  );
  verdicts.equal("claw history names both archives", await archives(), before + 2);
  one.spec([...spec, `gateway: {ui: true, origins: ["${origin}"]}`]);
  const planned = await one.claw("model", "ollama/qwen2.5-coder:7b", "--dry-run");
  verdicts.that(
    "claw model --dry-run shows what another one changes, and changes nothing",
    planned.code === 0 &&
      planned.stdout.includes("qwen2.5-coder:7b") &&
      JSON.stringify(place.settings().agents.defaults.model).includes("gpt-oss:20b"),
    said(planned),
  );
  const again = await one.claw("apply", "--without-model");
  verdicts.equal("and what was rolled back to is what that spec says", again.stdout, "unchanged\n");
}

/** The doctor over what really runs. */
export async function examined(one: Deployment, verdicts: Verdicts): Promise<void> {
  const done = await one.claw("doctor", "--json");
  const { found } = jsonOf(done);
  verdicts.equal("claw doctor finds nothing [C23]", [done.code, found], [0, []]);
}

/** The same OpenClaw once more: every process is another one. */
export async function updated(one: Deployment, verdicts: Verdicts): Promise<void> {
  const before = seenServices().get("gateway")?.[0]?.pid;
  const done = await one.claw("update", "--openclaw", "/opt/claw/openclaw", "--without-model");
  const after = seenServices().get("gateway")?.[0]?.pid;
  verdicts.that(
    "claw update makes its processes anew, and archives the state first [C16]",
    done.code === 0 &&
      /runs OpenClaw 2026\.9\.6/u.test(done.stdout) &&
      /OpenClaw's state of before is in/u.test(done.stderr) &&
      after !== undefined &&
      after !== before,
    `${before} and then ${after}; ${said(done)}`,
  );
}

/** What apply wrote goes, what is the person's stays, and nothing runs. */
export async function uninstalled(
  one: Deployment,
  place: Place,
  verdicts: Verdicts,
): Promise<void> {
  const asked = await one.claw("uninstall");
  verdicts.that(
    "claw uninstall asks first [C28]",
    asked.code === 1 && existsSync(place.config),
    said(asked),
  );
  const done = await one.claw("uninstall", "--yes");
  verdicts.equal(
    "claw uninstall --yes: configuration, state, token, spec that are still there",
    [
      done.code,
      existsSync(place.config),
      existsSync(place.state),
      existsSync(path.join(place.state, "secrets", "gateway-token")),
      existsSync(path.join(one.folder, "deploy.yaml")),
    ],
    [0, false, true, true, true],
  );
  verdicts.equal("what runs afterwards", [...seenServices().keys()], []);
}

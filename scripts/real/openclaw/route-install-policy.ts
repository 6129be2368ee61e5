import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { makeAgent, writeConfig } from "./agent.ts";
import type { Agent } from "./agent.ts";
import type { Checks } from "./checks.ts";
import { hardenedConfig } from "./hardened-config.ts";
import type { Config } from "./hardened-config.ts";
import { skillCommand } from "./keep-service.ts";
import { makeOwnFolder } from "./principal.ts";
import type { Ended } from "./principal.ts";
import type { Route, Stand } from "./stand.ts";

/** `security.installPolicy` asks `clawkeep-skill openclaw-policy` before a skill is installed. */
export const route: Route = {
  number: 4,
  title: "install policy: skills install asks clawkeep-skill",
  run,
};

const port = 18_798;

async function run(stand: Stand, checks: Checks): Promise<void> {
  const agent = makeAgent(stand, { name: "policy", port, overrides: policyOf(stand) });
  const valid = await agent.run(["config", "validate", "--json"]);
  checks.equal("config validate", valid.code, 0);
  const fixtures = path.join(stand.world.clone, "fixtures/skills");

  await installed(agent, "a good skill", path.join(fixtures, "valid/echo-json"), checks);
  await installed(
    agent,
    "our own table-query",
    path.join(stand.world.clone, "skills/table-query"),
    checks,
  );

  const incoming = makeOwnFolder(agent.principal, path.join(agent.folder, "incoming"));
  for (const { name, files, says } of badSkills) {
    const folder = makeOwnFolder(agent.principal, path.join(incoming, name));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    await blocked(agent, folder, says, checks);
  }
  await failsClosed(stand, agent, checks);
  await probed(agent, checks);
}

/** As docs/openclaw.md shows it: Node and the file, since the policy gets an empty environment. */
function policyOf(stand: Stand, args: readonly string[] = []): Config {
  const [node, entry] = skillCommand(stand);
  return {
    security: {
      installPolicy: {
        enabled: true,
        targets: ["skill"],
        exec: {
          source: "exec",
          command: node,
          args: [entry, "openclaw-policy", ...args],
          // OpenClaw waits ten seconds otherwise, which a busy machine needs to start a process.
          timeoutMs: 60_000,
        },
      },
    },
  };
}

interface BadSkill {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** What OpenClaw has to print of it: rule, and file with line. */
  readonly says: readonly string[];
}

const contract = `contract: 1
program: {file: scripts/a.sh, interpreter: sh}
actions:
  a:
    description: Do it.
    argv: ["--text={{text}}"]
    arguments: {text: {type: string, maxBytes: 10}}
    output: {format: text}
    determinism: {promise: bytes}
`;

const described = (name: string): string =>
  `---\nname: ${name}\ndescription: Does something.\n---\n\n# ${name}\n`;

const badSkills: readonly BadSkill[] = [
  {
    name: "no-description",
    files: { "SKILL.md": "---\nname: no-description\n---\n\n# x\n" },
    says: ["SKILL_MISSING_DESCRIPTION", "SKILL.md:2"],
  },
  {
    name: "runs-javascript",
    files: { "SKILL.md": "---js\n({name: 'x', description: 'x'})\n---\n" },
    says: ["SKILL_FRONT_MATTER_LANGUAGE", "SKILL.md:1"],
  },
  {
    name: "broken-yaml",
    files: { "SKILL.md": "---\nname: broken-yaml\ndescription: [a\n---\n\n# x\n" },
    says: ["YAML_SYNTAX", "SKILL.md:"],
  },
  {
    name: "part-of-a-word",
    files: {
      "SKILL.md": described("part-of-a-word"),
      "exec.yaml": contract,
      "scripts/a.sh": "echo a\n",
    },
    says: ["CONTRACT_", "exec.yaml:6"],
  },
  {
    name: "network-wanted",
    files: {
      "SKILL.md": described("network-wanted"),
      "exec.yaml": contract
        .replace("--text={{text}}", "{{text}}")
        .replace("    output", "    network: internet\n    output"),
      "scripts/a.sh": "echo a\n",
    },
    says: ["CONTRACT_", "exec.yaml:8"],
  },
];

async function install(agent: Agent, folder: string): Promise<Ended> {
  return agent.run(["skills", "install", folder]);
}

async function installed(
  agent: Agent,
  what: string,
  folder: string,
  checks: Checks,
): Promise<void> {
  const ended = await install(agent, folder);
  const at = path.join(agent.workspace, "skills", path.basename(folder), "SKILL.md");
  checks.that(
    `${what} is installed`,
    ended.code === 0 && existsSync(at),
    `exit ${ended.code}, ${saidBy(ended)}`,
  );
}

async function blocked(
  agent: Agent,
  folder: string,
  says: readonly string[],
  checks: Checks,
): Promise<void> {
  const name = path.basename(folder);
  const ended = await install(agent, folder);
  const said = saidBy(ended);
  checks.that(
    `${name} is blocked with rule, file and line`,
    ended.code === 1 &&
      says.every((text) => said.includes(text)) &&
      !readdirSync(path.join(agent.workspace, "skills")).includes(name),
    `exit ${ended.code}, ${said}`,
  );
}

/** Without an answer nothing is installed. */
async function failsClosed(stand: Stand, agent: Agent, checks: Checks): Promise<void> {
  const good = path.join(stand.world.clone, "fixtures/skills/valid/say-sh");
  const places = { port, workspace: agent.workspace, modelUrl: stand.model.url };
  const configure = (args: readonly string[]): void =>
    writeConfig(agent.principal, agent.configFile, hardenedConfig(places, policyOf(stand, args)));
  configure(["--no-such-option"]);
  const unanswered = await install(agent, good);
  checks.that(
    "without an answer a good skill is not installed",
    unanswered.code === 1 && /failed closed/u.test(saidBy(unanswered)),
    `exit ${unanswered.code}, ${saidBy(unanswered)}`,
  );
  configure(["--require-contract"]);
  const plain = makeOwnFolder(agent.principal, path.join(agent.folder, "incoming/plain"));
  writeFileSync(path.join(plain, "SKILL.md"), described("plain"));
  chownSync(path.join(plain, "SKILL.md"), agent.principal.uid, agent.principal.gid);
  await blocked(agent, plain, ["SKILL_CONTRACT_MISSING", "exec.yaml"], checks);
  configure([]);
  await installed(agent, "the same without --require-contract", plain, checks);
}

async function probed(agent: Agent, checks: Checks): Promise<void> {
  const ended = await agent.run(["doctor", "--deep", "--non-interactive"]);
  const said = saidBy(ended);
  checks.that(
    "openclaw doctor --deep reaches the policy",
    said.includes("reached the policy command") || said.includes("INSTALL_PROBE"),
    /Install policy enabled.*?INSTALL_PROBE[^│]*/su.exec(said)?.[0] ?? said.slice(-300),
  );
}

function saidBy({ stdout, stderr }: Ended): string {
  return `${stdout}\n${stderr}`.replaceAll(/\s+/gu, " ").trim();
}

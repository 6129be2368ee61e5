import { parseSpec, renderDeployment } from "../../packages/provision-plan/src/index.ts";
import type { Artifact } from "../../packages/provision-plan/src/index.ts";
import type { Evidence } from "./results.ts";

/** A control, and how to find the line of an artifact that holds it. */
export interface Control {
  readonly about: string;
  readonly profile: string;
  readonly file: string;
  readonly line: RegExp;
  /** Rows whose tests show it. */
  readonly rows: readonly string[];
}

/** What keeps a deployment closed, each with one line to look at; judges ask for all of them in every file. */
export const controls: readonly Control[] = [
  control("no provider's key in a container's environment", "cage", "EXPOSED.md", /^## Secrets/mu, [
    "C1",
  ]),
  control(
    "secrets are references to files",
    "hybrid",
    "config/openclaw.json",
    /"source": "file"/u,
    ["S12", "T7"],
  ),
  control(
    "a container's secret is a file of its user",
    "hybrid",
    "compose.yaml",
    /secrets\/container\//u,
    ["S12", "C13"],
  ),
  control(
    "a unit's secret is a credential",
    "bare-metal",
    "units/claw-claw-gateway.service",
    /^LoadCredential=/mu,
    ["T3"],
  ),
  control("the port is on loopback", "cage", "compose.yaml", /host_ip: "?127\.0\.0\.1/u, [
    "G3",
    "T10",
  ]),
  control("whoever connects has a token", "cage", "config/openclaw.json", /"mode": "token"/u, [
    "T14",
    "C13",
  ]),
  control("no way out", "cage", "compose.yaml", /^ {4}internal: true/mu, ["G1", "G5"]),
  control("the way out is a list", "hybrid", "config/squid.conf", /^acl \S+ dstdomain /mu, [
    "C25",
    "T7",
  ]),
  control(
    "no name off the list is resolved",
    "hybrid",
    "config/squid.conf",
    /^http_access deny !named$/mu,
    ["G5", "T7"],
  ),
  control("packets of a uid are dropped", "bare-metal", "nftables/claw-claw.nft", /meta skuid/u, [
    "T13",
    "G5",
  ]),
  control("Docker's ports are closed", "cage", "iptables/claw-claw.v4", /DOCKER-USER/u, ["T13"]),
  control("a read-only root", "cage", "compose.yaml", /read_only: true/u, ["G6", "L18"]),
  control("no capabilities", "cage", "compose.yaml", /cap_drop:/u, ["G6", "T15"]),
  control("no new privileges", "cage", "compose.yaml", /no-new-privileges:true/u, ["G6", "T15"]),
  control("a user that is not root", "cage", "compose.yaml", /user: "?1000:1000/u, ["G7", "L20"]),
  control("limits", "cage", "compose.yaml", /mem_limit:/u, ["T2"]),
  control("configuration is read-only", "cage", "compose.yaml", /OPENCLAW_CONFIG_READONLY/u, [
    "G8",
  ]),
  control("commands are denied", "cage", "config/openclaw.json", /"mode": "deny"/u, ["L16", "S7"]),
  control("skills are another user's", "bare-metal", "units/claw-claw-skills.service", /^User=/mu, [
    "S10",
  ]),
  control("Ollama is asked by a proxy", "cage", "compose.yaml", /ollama-gate/u, ["T18", "L26"]),
  control("versions are exact", "cage", "Dockerfile", /openclaw@|OPENCLAW_VERSION=/u, ["L2"]),
];

function control(
  about: string,
  profile: string,
  file: string,
  line: RegExp,
  rows: readonly string[],
): Control {
  return { about, profile, file, line, rows };
}

const models: Readonly<Record<string, string>> = {
  hybrid:
    "models: {primary: openrouter/deepseek/deepseek-chat-v3.2, fallbacks: [ollama/llama3.2:3b]}\n",
};

function rendered(profile: string): readonly Artifact[] {
  const text = `deploy: 1\nprofile: ${profile}\n${models[profile] ?? "models: {primary: ollama/gpt-oss:20b}\n"}`;
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(`${profile}: ${JSON.stringify(findings)}`);
  return renderDeployment(spec, {
    home: "/home/me",
    skillsUid: 2000,
    skillProgram: "/usr/local/bin/clawkeep-skill",
  });
}

/** Where a control stands: the number of its line, from 1, and the line. */
export interface Held {
  readonly number: number;
  readonly text: string;
}

/** @throws Error for a control whose line is not there */
export function lineOf({ about, profile, file, line }: Control): Held {
  const text = rendered(profile).find(({ path }) => path === file)?.text ?? "";
  const found = line.exec(text);
  if (found === null)
    throw new Error(`${about}: no line like ${line.source} in ${file} of ${profile}`);
  const number = text.slice(0, found.index).split("\n").length;
  return { number, text: (text.split("\n")[number - 1] ?? "").trim() };
}

/** The table as Markdown: each control with its line and the tests that passed. */
export function controlsTable(evidence: readonly Evidence[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const lines = controls.map((one) => {
    const { number, text } = lineOf(one);
    const shown = evidence.filter(({ id, passed }) => passed && one.rows.includes(id));
    const [first] = shown.toSorted((a, b) =>
      `${a.how === "ran" ? 0 : 1}${a.where}${a.title}` <
      `${b.how === "ran" ? 0 : 1}${b.where}${b.title}`
        ? -1
        : 1,
    );
    const test = first === undefined ? "none passed" : `${first.where}: ${first.title}`;
    const cells = [
      one.about,
      one.rows.join(", "),
      `\`${one.file}\` of ${one.profile}, line ${number}`,
      `\`${text}\``,
      `${cell(test)}${shown.length > 1 ? ` and ${shown.length - 1} more` : ""}`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "# Controls of a deployment",
    "",
    "<!-- Written by scripts/rows/main.ts from the results of a run; do not edit. -->",
    "",
    "What keeps a deployment closed, the line that holds it in what is rendered, and a test that passed. It is no claim of compliance with SOC 2, PCI DSS",
    "or anything else: a mapping to such a list begins here, and ends with whoever answers for it.",
    "",
    "| control | rows | where | line | shown by |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

import type { Finding } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import { z } from "zod";

import { splitFrontMatter } from "./front-matter.ts";
import { readText } from "./read-text.ts";
import { shapeFindings } from "./shape-findings.ts";
import { readStrictYaml } from "./strict-yaml.ts";
import type { YamlValue } from "./strict-yaml.ts";

/** What `SKILL.md` says about the skill. */
export interface SkillDescription {
  readonly name: string;
  readonly description: string;
  readonly license?: string;
}

/** The description, or `undefined` beside at least one error. */
export interface SkillFileResult {
  readonly description: SkillDescription | undefined;
  readonly findings: readonly Finding[];
}

/** What `SKILL.md` has to agree with. */
export interface SkillFileSurroundings {
  readonly folderName: string;
  /** The contract file's name and digest, when there is one. */
  readonly contract: { readonly file: string; readonly digest: Digest } | undefined;
}

/** The generated part of a `SKILL.md` stands between these two lines. */
export const generatedMarkers: { readonly begin: string; readonly end: string } = {
  begin: "<!-- clawkeep:begin -->",
  end: "<!-- clawkeep:end -->",
};

const frontMatterSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  license: z.string().min(1).optional(),
  compatibility: z.string().min(1).max(500).optional(),
  "allowed-tools": z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const maxBodyLines = 500;

/** Reads a `SKILL.md` and reports everything that is wrong with it at once. */
export function readSkillFile(
  bytes: Uint8Array,
  file: string,
  surroundings: SkillFileSurroundings,
): SkillFileResult {
  const { text, findings: textFindings } = readText(bytes, file);
  if (text === undefined) return { description: undefined, findings: textFindings };
  const split = splitFrontMatter(text, file);
  const findings: Finding[] = [...textFindings, ...split.findings];
  if (split.frontMatter === undefined) return { description: undefined, findings };
  const { yaml: source, body, bodyLine } = split.frontMatter;
  findings.push(...markerFindings(body, file, bodyLine));
  const yaml = readStrictYaml(source, { file, firstLine: 2, flowStyle: false });
  findings.push(...yaml.findings);
  if (yaml.findings.length > 0) return { description: undefined, findings };
  const parsed = frontMatterSchema.safeParse(yaml.value);
  if (!parsed.success) {
    findings.push(...shapeFindings(parsed.error, { yaml, prefix: "SKILL" }));
    return { description: undefined, findings };
  }
  const { name, description, license, metadata } = parsed.data;
  findings.push(
    ...nameFindings(name, surroundings.folderName, yaml),
    ...descriptionFindings(description, yaml),
    ...pinFindings(metadata?.["clawkeep-contract"], surroundings.contract, yaml),
  );
  if (findings.some((finding) => finding.severity === "error")) {
    return { description: undefined, findings };
  }
  return {
    description: { name, description, ...(license === undefined ? {} : { license }) },
    findings,
  };
}

function nameFindings(name: string, folderName: string, yaml: YamlValue): readonly Finding[] {
  const report = (message: string, hint: string): Finding => ({
    code: "SKILL_NAME",
    severity: "error",
    message,
    hint,
    ...yaml.locate(["name"]),
  });
  if (name.length > 64 || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(name)) {
    return [
      report(
        `expected 1 to 64 of a-z, 0-9 and single hyphens between them, got ${JSON.stringify(name.slice(0, 80))}`,
        "Rename the skill and its folder.",
      ),
    ];
  }
  if (name === folderName) return [];
  return [
    report(
      `expected the folder's name ${JSON.stringify(folderName)}, got ${JSON.stringify(name)}`,
      "Rename one of the two.",
    ),
  ];
}

function descriptionFindings(description: string, yaml: YamlValue): readonly Finding[] {
  const problem =
    description.trim() === ""
      ? "expected words, got only white space"
      : description.length > 1024
        ? `expected at most 1024 characters, got ${description.length}`
        : /[<>]/u.test(description)
          ? "expected no < or >, which look like markup to agents"
          : // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
            /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u.test(description)
            ? "expected text without control characters"
            : undefined;
  if (problem === undefined) return [];
  return [
    {
      code: "SKILL_DESCRIPTION",
      severity: "error",
      message: problem,
      hint: "Say in a sentence or two what the skill does and when to use it.",
      ...yaml.locate(["description"]),
    },
  ];
}

function pinFindings(
  pin: unknown,
  contract: SkillFileSurroundings["contract"],
  yaml: YamlValue,
): readonly Finding[] {
  if (contract === undefined) return [];
  const right = `${contract.file} ${contract.digest}`;
  const hint = `Write under metadata: clawkeep-contract: "${right}"`;
  if (pin === undefined) {
    return [
      {
        code: "SKILL_CONTRACT_UNPINNED",
        severity: "warning",
        message:
          "expected metadata.clawkeep-contract to name the contract and its digest, got nothing",
        hint,
        ...yaml.locate(["metadata"]),
      },
    ];
  }
  if (pin === right) return [];
  return [
    {
      code: "SKILL_CONTRACT_DRIFT",
      severity: "error",
      message: `expected "${right}", got ${JSON.stringify(pin)}: the contract is not the one that SKILL.md describes`,
      hint,
      ...yaml.locate(["metadata", "clawkeep-contract"]),
    },
  ];
}

function markerFindings(body: string, file: string, firstLine: number): readonly Finding[] {
  const findings: Finding[] = [];
  const lines = body.split("\n");
  const begins = lines.flatMap((line, index) =>
    line.trim() === generatedMarkers.begin ? [index] : [],
  );
  const ends = lines.flatMap((line, index) =>
    line.trim() === generatedMarkers.end ? [index] : [],
  );
  const [begin, end] = [begins[0], ends[0]];
  const isPair =
    begins.length === 1 &&
    ends.length === 1 &&
    begin !== undefined &&
    end !== undefined &&
    begin < end;
  if (begins.length + ends.length > 0 && !isPair) {
    findings.push({
      code: "SKILL_MARKERS",
      severity: "error",
      message: `expected one pair of markers, got ${begins.length} and ${ends.length}`,
      hint: `Keep one line ${generatedMarkers.begin} and after it one line ${generatedMarkers.end}, or none.`,
      file,
      line: firstLine + Math.min(begin ?? Number.MAX_SAFE_INTEGER, end ?? Number.MAX_SAFE_INTEGER),
      column: 1,
    });
  }
  if (lines.length > maxBodyLines) {
    findings.push({
      code: "SKILL_BODY_LONG",
      severity: "warning",
      message: `expected at most ${maxBodyLines} lines, got ${lines.length}`,
      hint: "Move detail into files that SKILL.md names: an agent reads all of it each time.",
      file,
      line: firstLine,
      column: 1,
    });
  }
  return findings;
}

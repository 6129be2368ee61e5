import type { Finding } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { line, missing } from "./control.ts";
import type { LineControl } from "./control.ts";

/** Every stage that runs has a program, arguments and a folder; what is built on is defined, and exact. */
export function dockerfileFindings(
  file: JudgedFile,
  targets: readonly string[],
): readonly Finding[] {
  const stages = file.text.split(/^FROM /mu).slice(1);
  const names = stages.map((stage) => / AS (\S+)/u.exec(stage)?.[1] ?? "");
  const variables = [...file.text.matchAll(/^FROM \$\{(\w+)\}/gmu)].map(([, name = ""]) => name);
  const bases = stages.map((stage) => /^(\S+)/u.exec(stage)?.[1] ?? "");
  const isFinal = (stage: string): boolean => /^(?:USER|HEALTHCHECK|ENTRYPOINT|CMD)/mu.test(stage);
  const controls: readonly LineControl[] = [
    ...variables.map((name) => line(new RegExp(`^ARG ${name}=\\S+:\\S*[0-9]`, "u"))),
    {
      expected: "a use of every argument that names an image",
      holds: (lines) =>
        lines
          .filter((one) => one.startsWith("ARG "))
          .every((one) => variables.includes(/^ARG (\w+)=/u.exec(one)?.[1] ?? "")),
    },
    {
      expected: "stages that are built on what is defined",
      holds: () =>
        bases.every(
          (base, at) =>
            base.startsWith("${") || base.includes("/") || names.slice(0, at).includes(base),
        ) &&
        [...file.text.matchAll(/--from=(\S+)/gu)].every(([, name = ""]) => names.includes(name)),
    },
    {
      expected: `the stages that are started: ${[...new Set(targets)].join(", ")}`,
      holds: () => targets.every((target) => names.includes(target)),
    },
    {
      expected:
        "exactly one program, arguments, a user, a folder and a health in each stage that is started",
      holds: () =>
        stages
          .filter(isFinal)
          .every((stage) =>
            [
              /^ENTRYPOINT \["\//gmu,
              /^CMD \["/gmu,
              /^USER [1-9]/gmu,
              /^WORKDIR \//gmu,
              /^HEALTHCHECK .*CMD \["\//gmu,
            ].every((pattern) => [...stage.matchAll(pattern)].length === 1),
          ),
    },
    {
      expected: "a health that is looked at in time",
      holds: (lines) =>
        lines
          .filter((one) => one.startsWith("HEALTHCHECK"))
          .every((one) =>
            /--interval=\d+s --timeout=\d+s --start-period=1[2-9]\ds --retries=\d /u.test(one),
          ),
    },
    {
      expected: "exact versions, and no scripts of packages",
      holds: (lines) =>
        lines
          .filter((one) => one.includes('"npm", "install"'))
          .every(
            (one) =>
              one.includes('"--ignore-scripts"') &&
              [...one.matchAll(/"(@?[a-z][^"]*)"/gu)]
                .map(([, word = ""]) => word)
                .filter((word) => !["npm", "install"].includes(word))
                .every((word) => /@[0-9]+\.[0-9]+\.[0-9]+$/u.test(word)),
          ),
    },
    {
      expected: "folders that only their user writes",
      holds: (lines) =>
        lines
          .filter((one) => one.includes('"install", "-d"'))
          .every((one) => /"-m", "07[05]0"/u.test(one) && /"-o", "[1-9]/u.test(one)),
    },
  ];
  return missing("HARDENING_DOCKERFILE", file, controls);
}

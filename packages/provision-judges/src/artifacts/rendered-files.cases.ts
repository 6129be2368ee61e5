import { parseSpec, renderDeployment } from "@clawkeep/provision-plan";

import type { JudgedFile } from "./judged-file.ts";

/** Where tests render for. */
const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

/** What a spec that is sound renders, as a judge is given it. */
export function renderedFiles(text: string): readonly JudgedFile[] {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return renderDeployment(spec, place);
}

/** What the agent is asked in every deployment of the stage, and what is true. */
export const question = "Where is the restore key?";
export const fact =
  "The restore key of the archive lies in the blue cabinet of room 214, second shelf.";

/** A small corpus: names and texts. */
export const documents: Readonly<Record<string, string>> = {
  "recovery.md": `# Recovery\n\n## Restore\n\n${fact}\n\n## Backups\n\nBackups run every night at three and are kept for ninety days.\n`,
  "holidays.md": "# Holidays\n\nThe office is closed in the last week of December.\n",
};

interface Found {
  readonly results: readonly {
    readonly source: string;
    readonly citation: { readonly documentDigest: string };
  }[];
  readonly summary: { readonly text: string };
}

/** What the stand-in says of what the skill gave: the passage and its citation, and nothing of its own. */
export function answerFrom(output: string): string {
  const line = output.split("\n").findLast((text) => text.startsWith("{")) ?? "{}";
  const { results = [], summary } = JSON.parse(line) as Partial<Found>;
  const [first] = results;
  return `${summary?.text ?? output} Source: ${first?.source} ${first?.citation.documentDigest}`;
}

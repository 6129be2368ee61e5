import type { Report } from "./report.ts";
import type { ScanFile } from "./scan-file.ts";

/** How the skill is to be filed: what the registry's CLI takes as `--categories` and `--topics`. */
export interface CatalogEntry {
  readonly categories?: readonly string[];
  readonly topics?: readonly string[];
}

/** The registry's categories (openclaw/clawhub, schema, `SKILL_CATEGORY_SLUGS`). */
const categories: ReadonlySet<string> = new Set([
  ...["agents", "automation", "communication", "creative", "development", "finance"],
  ...["integrations", "knowledge", "lifestyle", "operations", "other", "productivity"],
  ...["research", "security"],
]);

/** Judges how a skill is to be filed. Which topics the registry takes is not published: these are short labels. */
export function judgeCatalog(entry: CatalogEntry, manifest: ScanFile, report: Report): void {
  for (const category of entry.categories ?? []) {
    if (!categories.has(category)) report("PREFLIGHT_CATEGORY", manifest, 1, category);
  }
  const seen = new Set<string>();
  for (const topic of entry.topics ?? []) {
    const isLabel = /^[\p{L}\p{N}](?:[\p{L}\p{N} -]{0,38}[\p{L}\p{N}])?$/u.test(topic);
    if (!isLabel || seen.has(topic.toLowerCase())) report("PREFLIGHT_TOPIC", manifest, 1, topic);
    seen.add(topic.toLowerCase());
  }
}

import { lstat, readFile, readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

/** Says that a rule is broken, at a file of the folder. */
export type ReportFile = (code: string, file: string, message: string, hint: string) => void;

const maxEntries = 2000;

/** Judges the files of a folder by name and size. Of their content only a licence is read. */
export async function judgeBundle(folder: string, report: ReportFile): Promise<void> {
  if (!/^[a-z0-9][a-z0-9-]*$/u.test(basename(resolve(folder)))) {
    report("CLAWHUB_SLUG", "", "expected a folder named in a-z, 0-9 and hyphens", "Rename it.");
  }
  let entriesSeen = 0;
  let [files, bytes] = [0, 0];
  const visit = async (path: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      if ((entriesSeen += 1) > maxEntries) return;
      const inner = path === "" ? entry.name : `${path}/${entry.name}`;
      if (
        path === "" &&
        (entry.name === "openclaw.plugin.json" || entry.name === ".codex-plugin")
      ) {
        report(
          "CLAWHUB_PLUGIN",
          inner,
          "expected a skill, got a plugin",
          "Publish it as a plugin.",
        );
      } else if (path === "" && /^\.(?:git|clawhub|clawdhub)ignore$/u.test(entry.name)) {
        // It says what is left out, and is not meant to be published.
        continue;
      } else if (
        entry.name.startsWith(".") ||
        entry.name === "node_modules" ||
        entry.isSymbolicLink()
      ) {
        report(
          "CLAWHUB_LEFT_OUT",
          inner,
          "expected files that are published",
          "Remove it, or do without.",
        );
      } else if (entry.isDirectory()) {
        if (depth < 8) await visit(inner, depth + 1);
      } else if (entry.isFile()) {
        const { size } = await lstat(join(folder, inner));
        files += 1;
        bytes += size;
        if (size > 10_485_760) {
          report(
            "CLAWHUB_FILE_LARGE",
            inner,
            `expected at most 10485760 bytes, got ${size}`,
            "Make it smaller.",
          );
        }
        if (size > 1_048_576) {
          report(
            "OPENCLAW_BUNDLE",
            inner,
            `expected at most 1048576 bytes, got ${size}`,
            "Make it smaller.",
          );
        }
        if (path === "" && size < 100_000) await judgeText(folder, inner, report);
      }
    }
  };
  await visit("", 0);
  if (bytes > 52_428_800) {
    report(
      "CLAWHUB_BUNDLE_LARGE",
      "",
      `expected at most 52428800 bytes, got ${bytes}`,
      "Carry less.",
    );
  }
  if (files > 256 || bytes > 8_388_608 || entriesSeen > maxEntries) {
    report(
      "OPENCLAW_BUNDLE",
      "",
      `expected at most 256 files and 8388608 bytes, got ${files} and ${bytes}`,
      "Carry less.",
    );
  }
}

async function judgeText(folder: string, name: string, report: ReportFile): Promise<void> {
  if (/^(?:LICEN[CS]E|COPYING)(?:\.(?:md|txt))?$/iu.test(name)) {
    const text = await readFile(join(folder, name), "utf8");
    const isMitZero = /MIT No Attribution|MIT-0/iu.test(text);
    if (!isMitZero) {
      report(
        "SKILL_LICENSE_TEXT",
        name,
        "expected the text of MIT-0, got another licence",
        "Replace it, or remove it.",
      );
    }
  }
  if (name === "package.json") {
    const text = await readFile(join(folder, name), "utf8");
    if (/^\s*"openclaw"\s*:/mu.test(text)) {
      report(
        "CLAWHUB_PLUGIN",
        name,
        "expected no key openclaw in package.json",
        "Publish it as a plugin.",
      );
    }
  }
}

import {
  appendFileSync,
  chmodSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

/**
 * Tries, as whoever starts it, what would take a service's record from it. Prints `{attempt: code}` as
 * JSON, with `done` for what was possible. Arguments: the paths and process ids in one JSON object, and
 * the first words of the attempts to make.
 */
const only = process.argv[3] ?? "";
const { files, folders, shared, pids } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly shared: readonly string[];
  readonly pids: readonly number[];
};

const attempts: readonly (readonly [string, () => void])[] = [
  ...files.flatMap((file): readonly (readonly [string, () => void])[] => [
    [`read ${file}`, () => void readFileSync(file)],
    [`open for writing ${file}`, () => void openSync(file, "r+")],
    [`append ${file}`, () => appendFileSync(file, "{}\n")],
    [`truncate ${file}`, () => truncateSync(file, 0)],
    [`unlink ${file}`, () => unlinkSync(file)],
    [`rename ${file}`, () => renameSync(file, `${file}.gone`)],
    [`chmod ${file}`, () => chmodSync(file, 0o777)],
    [`utimes ${file}`, () => utimesSync(file, 0, 0)],
    [`link ${file}`, () => linkSync(file, path.join(process.env["TMPDIR"] ?? "", "linked"))],
  ]),
  ...folders.flatMap((folder): readonly (readonly [string, () => void])[] => [
    [`list ${folder}`, () => void readdirSync(folder)],
    [`write into ${folder}`, () => writeFileSync(path.join(folder, "planted"), "")],
    [`rename ${folder}`, () => renameSync(folder, `${folder}.gone`)],
    [`chmod ${folder}`, () => chmodSync(folder, 0o777)],
  ]),
  // The folder of the socket and what lies in it.
  ...shared.flatMap((entry): readonly (readonly [string, () => void])[] => [
    [`unlink ${entry}`, () => unlinkSync(entry)],
    [`rename ${entry}`, () => renameSync(entry, `${entry}.gone`)],
    [`chmod ${entry}`, () => chmodSync(entry, 0o777)],
    [`write into ${entry}`, () => writeFileSync(path.join(path.dirname(entry), "planted"), "")],
  ]),
  ...pids.flatMap((pid): readonly (readonly [string, () => void])[] => [
    ...["SIGCONT", "SIGSTOP", "SIGTERM", "SIGKILL"].map(
      (signal) => [`${signal} ${pid}`, () => void process.kill(pid, signal)] as const,
    ),
    [`memory of ${pid}`, () => void openSync(`/proc/${pid}/mem`, "r")],
    [`environment of ${pid}`, () => void readFileSync(`/proc/${pid}/environ`)],
    [`descriptors of ${pid}`, () => void readdirSync(`/proc/${pid}/fd`)],
  ]),
];

const codes: Record<string, string> = {};
for (const [name, attempt] of attempts.filter(([name]) => name.startsWith(only))) {
  try {
    attempt();
    codes[name] = "done";
  } catch (error) {
    codes[name] = (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
process.stdout.write(JSON.stringify(codes));

/** What is taken at most of one skill. */
interface Limits {
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Bytes of all files. */
  readonly totalBytes: number;
  /** Files. The registry names no number; this one keeps a mistake from becoming an upload. */
  readonly files: number;
  /** Folders within folders: ours too. */
  readonly depth: number;
}

/** What the registry's CLI takes, npm `clawhub` 0.23.3 (`cli/commands/publish.js`), and two limits of our own. */
export const limits: Limits = {
  fileBytes: 10 * 1024 * 1024,
  totalBytes: 50 * 1024 * 1024,
  files: 5000,
  depth: 32,
};

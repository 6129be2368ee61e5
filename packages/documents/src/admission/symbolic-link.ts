import { readlinkSync, realpathSync } from "node:fs";

import { admissionFinding } from "./admission-findings.ts";
import type { AdmissionFinding } from "./admitted-file.ts";
import { errorCode } from "./open-folder.ts";
import type { OpenFolder, RootFolder } from "./open-folder.ts";

/**
 * Says where a link leads; undefined when there is no link. The answer is for a person only: no link
 * is followed either way.
 */
export function linkFinding(
  root: RootFolder,
  folder: OpenFolder,
  name: string,
  path: string,
): AdmissionFinding | undefined {
  const link = folder.child(name);
  let text: string;
  try {
    text = readlinkSync(link);
  } catch {
    return undefined;
  }
  try {
    const target = realpathSync.native(link, { encoding: "buffer" });
    return root.contains(target)
      ? admissionFinding("DOCUMENT_LINK_INSIDE", path, `it is a link to ${text}; not followed`)
      : admissionFinding(
          "DOCUMENT_LINK_OUTSIDE",
          path,
          `it is a link out of the folder, to ${text}; not followed`,
        );
  } catch (error) {
    return admissionFinding(
      "DOCUMENT_LINK_BROKEN",
      path,
      `it is a link to ${text}, which cannot be reached (${errorCode(error)})`,
    );
  }
}

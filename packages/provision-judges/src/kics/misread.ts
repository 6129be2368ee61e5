import { isObject } from "@clawkeep/openclaw-contract";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { at, texts } from "../artifacts/read-artifacts.ts";
import { readYaml } from "../artifacts/read-yaml.ts";

/** A finding of KICS that is about something that is not there, and how that is seen in the file itself. */
interface Misreading {
  readonly query: string;
  readonly reason: string;
  readonly isMisread: (actual: string, file: JudgedFile) => boolean;
}

/** Checked against release 2.2.0. What is not seen in the file stays a finding. */
const misreadings: readonly Misreading[] = [
  {
    query: "Apt Get Install Pin Version Not Defined",
    reason: "it takes the words of npm install, as a list, for those of apt-get install",
    isMisread: (_, { text }) => !/\bapt(?:-get)?\b/u.test(text),
  },
  {
    query: "Gem Install Without Version",
    reason: "it takes the words of npm install, as a list, for those of gem install",
    isMisread: (_, { text }) => !/\bgem\b/u.test(text),
  },
  {
    query: "Yum install Without Version",
    reason: "it takes the words of npm install, as a list, for those of yum install",
    isMisread: (_, { text }) => !/\byum\b/u.test(text),
  },
  {
    query: "Healthcheck Not Set",
    reason:
      "the service is one command of a profile, started by hand: nothing of it stays to be asked",
    isMisread: (actual, { text }) => {
      const services = at(readYaml(text), "services");
      const silent = Object.values(isObject(services) ? services : {}).filter(
        (one) => texts(at(one, "healthcheck", "test")).length === 0,
      );
      return (
        actual.includes("disabled") && silent.every((one) => texts(at(one, "profiles")).length > 0)
      );
    },
  },
  {
    query: "Container Traffic Not Bound To Host Interface",
    reason: "it reads the short form of a port, and not host_ip of the long one",
    isMisread: (_, { text }) => {
      const ports = [...text.matchAll(/^\s*published:/gmu)].length;
      const bound = [...text.matchAll(/^\s*host_ip: "?127\.0\.0\.1"?$/gmu)].length;
      return ports > 0 && ports === bound && !/ports:\s*(?:\[|- *["'0-9])/u.test(text);
    },
  },
];

/** Why a finding of KICS does not count, or undefined when it does. */
export function misread(
  query: string,
  actual: string,
  file: JudgedFile | undefined,
): string | undefined {
  if (file === undefined) return undefined;
  return misreadings.find((one) => one.query === query && one.isMisread(actual, file))?.reason;
}

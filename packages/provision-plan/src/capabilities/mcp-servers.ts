import type { McpServer } from "@clawkeep/openclaw-contract";

import type { Artifact } from "../artifacts/artifact.ts";
import { accountOf } from "../layout/accounts.ts";
import { folderOf } from "../openclaw/render-place.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import type { DeploymentSpec, SpecMcpServer } from "../spec/deployment-spec.ts";

/** What is read of GitHub; its read-only address has no other tools, whatever it is asked for. */
const githubReads = [
  "get_file_contents",
  "get_me",
  "issue_read",
  "list_commits",
  "list_issues",
  "list_pull_requests",
  "pull_request_read",
  "search_code",
  "search_issues",
  "search_repositories",
] as const;

/** What `write` adds: words, and nothing that changes code. */
const githubWrites = ["add_issue_comment", "issue_write"] as const;

/** Whether a deployment has any server of MCP. */
export function hasServers(spec: DeploymentSpec): boolean {
  const { skills, capabilities, mcp } = spec;
  return skills.length > 0 || capabilities.github !== undefined || Object.keys(mcp).length > 0;
}

/** The servers of MCP: our skills service, GitHub's where it is wanted, and those of the spec (T20). */
export function mcpServers(
  spec: DeploymentSpec,
  place: RenderPlace,
): Readonly<Record<string, McpServer>> {
  return {
    ...(spec.skills.length === 0 ? {} : { clawkeep: skillsServer(spec, place) }),
    ...(spec.capabilities.github === undefined
      ? {}
      : { github: githubServer(spec.capabilities.github) }),
    ...Object.fromEntries(Object.entries(spec.mcp).map(([name, one]) => [name, further(one)])),
  };
}

/**
 * The same servers for mcporter, which reads no file of OpenClaw; what editors of this user have is not taken along.
 * Nothing of OpenClaw reads this one.
 */
export function renderMcporter(spec: DeploymentSpec, place: RenderPlace): readonly Artifact[] {
  if (Object.keys(spec.mcp).length === 0 && spec.capabilities.github === undefined) return [];
  const servers = Object.entries(mcpServers(spec, place)).map(([name, one]) => [
    name,
    "command" in one
      ? {
          command: one.command,
          args: one.args,
          ...(one.env === undefined ? {} : { env: one.env }),
        }
      : { baseUrl: one.url, ...(one.auth === undefined ? {} : { auth: one.auth }) },
  ]);
  const value = { mcpServers: Object.fromEntries(servers), imports: [] };
  return [
    {
      path: "config/mcporter.json",
      kind: "mcporter-config",
      mode: 0o644,
      text: `${JSON.stringify(value, undefined, 2)}\n`,
    },
  ];
}

/** The skills service of another uid; in a notebook a child of the same one. */
function skillsServer(spec: DeploymentSpec, place: RenderPlace): McpServer {
  const { skills, workspace } = spec.profile;
  // Kernel's overflow uid: a user's unit has a user namespace of its own, in which other users are nobody. That the
  // service is at the other end is then the folder's word, which only root and the service can write.
  const owner =
    spec.profile.gateway === "user-unit" ? "65534" : String(accountOf("skills", spec, place));
  if (skills === "socket") {
    const args = ["connect", `/run/claw-${spec.name}/skills.sock`, "--owner", owner];
    return { command: place.skillProgram, args };
  }
  return {
    command: place.skillProgram,
    args: ["serve", "--workspace", folderOf(workspace, spec, place)],
    // OpenClaw gives it its own home, where no index is trusted that this person made.
    env: { CLAWKEEP_HOME: place.clawkeepHome ?? `${place.home}/.local/state/clawkeep` },
  };
}

/** A person logs in once; no token of theirs is in a file, a variable or a header that we write. */
function githubServer(may: "read" | "write"): McpServer {
  return {
    url: `https://api.githubcopilot.com/mcp/${may === "read" ? "readonly" : ""}`,
    transport: "streamable-http",
    auth: "oauth",
    toolFilter: { include: may === "read" ? githubReads : [...githubReads, ...githubWrites] },
  };
}

function further(server: SpecMcpServer): McpServer {
  const toolFilter = { include: server.tools };
  return "url" in server
    ? { url: server.url, transport: "streamable-http", toolFilter }
    : { command: server.command, args: server.args, toolFilter };
}

/** A file by platform; `~` is the home folder, `%NAME%` a variable of Windows. */
export interface ConfigPath {
  readonly linux: string;
  readonly darwin: string;
  readonly win32: string;
}

/** Where a client of MCP wants to be told of a server, and in which form. */
export interface McpClient {
  readonly id: string;
  readonly title: string;
  readonly path: ConfigPath;
  readonly format: "json" | "toml";
  /** The member that holds servers by name. */
  readonly member: string;
  /** Whether a server says by which transport it is reached. */
  readonly typed: boolean;
  /** The package whose published record of this client ours was compared with; undefined: nothing was found. */
  readonly verifiedBy: string | undefined;
}

const record = "@gleanwork/mcp-config-schema 5.2.0";
const everywhere = (below: string): ConfigPath => ({
  linux: `~/${below}`,
  darwin: `~/${below}`,
  win32: `%USERPROFILE%\\${below.replaceAll("/", "\\")}`,
});

/** Every client that `local-rag mcp-config` knows. */
export const mcpClients: readonly McpClient[] = [
  {
    id: "claude-code",
    title: "Claude Code",
    path: everywhere(".claude.json"),
    format: "json",
    member: "mcpServers",
    typed: true,
    verifiedBy: record,
  },
  {
    id: "claude-desktop",
    title: "Claude Desktop",
    path: {
      linux: "~/.config/Claude/claude_desktop_config.json",
      darwin: "~/Library/Application Support/Claude/claude_desktop_config.json",
      win32: "%APPDATA%\\Claude\\claude_desktop_config.json",
    },
    format: "json",
    member: "mcpServers",
    typed: true,
    verifiedBy: record,
  },
  {
    id: "codex",
    title: "Codex",
    path: everywhere(".codex/config.toml"),
    format: "toml",
    member: "mcp_servers",
    typed: false,
    verifiedBy: record,
  },
  {
    id: "cursor",
    title: "Cursor",
    path: everywhere(".cursor/mcp.json"),
    format: "json",
    member: "mcpServers",
    typed: true,
    verifiedBy: record,
  },
  {
    id: "vscode",
    title: "VS Code",
    path: {
      linux: "~/.config/Code/User/mcp.json",
      darwin: "~/Library/Application Support/Code/User/mcp.json",
      win32: "%APPDATA%\\Code\\User\\mcp.json",
    },
    format: "json",
    member: "servers",
    typed: true,
    verifiedBy: record,
  },
  {
    id: "zed",
    title: "Zed",
    path: {
      linux: "~/.config/zed/settings.json",
      darwin: "~/.config/zed/settings.json",
      win32: "%APPDATA%\\Zed\\settings.json",
    },
    format: "json",
    member: "context_servers",
    typed: false,
    verifiedBy: undefined,
  },
];

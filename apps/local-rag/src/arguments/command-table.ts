import { wishFlags } from "./wish-flags.ts";

/** One flag of a command. `value` names what follows it; without one it is a switch. */
export interface Flag {
  readonly name: string;
  readonly value?: string;
  /** It may be given several times. */
  readonly many?: true;
  readonly about: string;
}

/** One command: what help prints and what parsing accepts, from one place. */
export interface CommandSpec {
  readonly name: string;
  readonly about: string;
  /** Positional argument, in brackets when it may be missing. */
  readonly argument?: string;
  readonly argumentAbout?: string;
  readonly flags: readonly Flag[];
  /** Whole command lines. */
  readonly examples: readonly string[];
}

const index: Flag = {
  name: "index",
  value: "PATH",
  about: "index folder (default: .clawkeep/index of the indexed folder, or of the working folder)",
};
const registry: Flag = {
  name: "registry",
  value: "DIR",
  about: "registry of indexes made here (default: indexes below the state folder)",
};
const trust: Flag = {
  name: "trust-index",
  value: "ROOT",
  about: "trust an index that was not made here, if it has exactly this snapshot root",
};
const model: Flag = {
  name: "model",
  value: "DIR",
  about: "folder with the model's files (default: the installed package)",
};
/** For what can be asked of several indexes at once. */
const indexes: readonly Flag[] = [
  { ...index, many: true, about: `${index.about}; several are searched as one` },
  {
    name: "collection",
    value: "NAME",
    many: true,
    about: "an index that local-rag collection add gave a name; several are searched as one",
  },
];
const trusts: Flag = { ...trust, many: true };
const json: Flag = { name: "json", about: "print JSON, version 1" };

/** Every command of `local-rag`. */
export const commands: {
  readonly index: CommandSpec;
  readonly query: CommandSpec;
  readonly serve: CommandSpec;
  readonly status: CommandSpec;
  readonly verify: CommandSpec;
  readonly eval: CommandSpec;
  readonly "mcp-config": CommandSpec;
} = {
  index: {
    name: "index",
    about: "index a folder, or bring its index up to date",
    argument: "DIR",
    argumentAbout: "folder to index",
    flags: [
      index,
      {
        name: "list",
        value: "FILE",
        about: "index only the files that FILE names, one path inside DIR a line",
      },
      { name: "progress", value: "auto|text|ndjson|none", about: "how progress goes to stderr" },
      { name: "rehash", about: "read every file again, whatever its size and times say" },
      { name: "compact", about: "write everything anew, so that no deleted text stays in a file" },
      { name: "share", about: "let other users of this machine read the index" },
      {
        name: "cpu",
        value: "N|P%",
        about:
          "processors to take on average (default: 50%); with all of them, 100%, at normal priority",
      },
      {
        name: "memory",
        value: "SIZE",
        about: "memory to keep to, such as 500M; fewer threads embed",
      },
      { name: "workers", value: "N", about: "threads that embed (default: one a processor taken)" },
      registry,
      model,
      json,
    ],
    examples: ["local-rag index ~/notes", "local-rag index . --progress ndjson --json"],
  },
  query: {
    name: "query",
    about: "find passages that answer a question, with citations",
    argument: "[QUESTION]",
    argumentAbout: "the question; write -- before one that begins with a dash",
    flags: [
      { name: "topk", value: "N", about: "passages wanted, 1 to 200 (default: 5)" },
      { name: "explain", about: "show the figures behind each score" },
      ...wishFlags,
      { name: "keywords", about: "answer by keywords alone: loads no model" },
      {
        name: "rerank",
        value: "DIR",
        about: "order the best passages by the cross-encoder in DIR (model.onnx, vocab.txt)",
      },
      {
        name: "stdin",
        about:
          'read one JSON object {"query", "topk", …} from standard input (docs/query-language.md)',
      },
      {
        name: "resident",
        about: 'answer {"id", "input": {"query", "topk"}} line by line until input ends',
      },
      { name: "warm", about: "start a service for this index when none is there, and ask that" },
      ...indexes,
      registry,
      trusts,
      model,
      { name: "format", value: "json|jsonl|markdown|text", about: "how the answer is printed" },
      json,
    ],
    examples: [
      'local-rag query "How do I rotate the keys?" --topk 3',
      "local-rag query 'rotate \"signing key\" -draft title:runbook' --filter 'tag=ops' --scope docs/",
      "local-rag query --json --index ~/notes/.clawkeep/index -- --help",
      'echo \'{"query":"rotate keys"}\' | local-rag query --stdin --json',
    ],
  },
  serve: {
    name: "serve",
    about: "answer from one index until idle or stopped: by socket, HTTP or standard input",
    flags: [
      {
        name: "idle",
        value: "SECONDS",
        about: "end after so long without a request (default: 900; with --http: never)",
      },
      { name: "stop", about: "stop the service of this index" },
      { name: "stdio", about: "answer as query --resident does, until standard input ends" },
      { name: "mcp", about: "speak the Model Context Protocol by standard input and output" },
      {
        name: "http",
        value: "PORT",
        about: "listen on 127.0.0.1 too, for /mcp and /v1/search, with a token (0: any free port)",
      },
      {
        name: "openai",
        about: "with --http: /v1/embeddings and /v1/models, as OpenAI's clients ask",
      },
      {
        name: "ollama",
        about: "with --http: /api/embed, tags, show and version, as Ollama's clients ask",
      },
      {
        name: "token-file",
        value: "FILE",
        about: "where the token is or will be (default: beside the socket)",
      },
      {
        name: "workers",
        value: "N",
        about:
          "threads that embed (default: one a processor, at most 8, with --openai or --ollama; else 0)",
      },
      { name: "unconfined", about: "serve without a sandbox where this machine has none" },
      ...indexes,
      registry,
      trusts,
      model,
    ],
    examples: [
      "local-rag serve --index ~/notes/.clawkeep/index",
      "local-rag serve --mcp --index ~/notes/.clawkeep/index",
      "local-rag serve --http 0 --openai --ollama",
      "local-rag serve --stop",
    ],
  },
  status: {
    name: "status",
    about: "say what an index holds",
    flags: [index, registry, trust, json],
    examples: ["local-rag status --index ~/notes/.clawkeep/index"],
  },
  verify: {
    name: "verify",
    about:
      "check every byte of an index and every citation in it, or an answer that somebody shows",
    argument: "[CLAIM]",
    argumentAbout:
      "file with an answer, a hit or a citation as query prints it in JSON; - reads standard input",
    flags: [
      ...indexes,
      { name: "prove", about: "with a CLAIM and --json: add a proof for who has the root alone" },
      {
        name: "proof",
        value: "FILE",
        about: "check what --prove printed, or a CLAIM by it, against --root: needs no index",
      },
      { name: "root", value: "ROOT", about: "snapshot root that proofs must lead to" },
      {
        name: "workspace",
        value: "DIR",
        about: "folder that was indexed (default: the one that the registry names)",
      },
      registry,
      trusts,
      json,
    ],
    examples: [
      "local-rag verify --index ~/notes/.clawkeep/index --json",
      'local-rag query "rotate keys" --json | local-rag verify -',
      "local-rag verify answer.json --proof proofs.json --root sha256:…",
    ],
  },
  eval: {
    name: "eval",
    about: "measure how well questions with known answers are answered",
    argument: "FOLDER",
    argumentAbout:
      "collection in BEIR form: queries.jsonl, qrels.tsv or qrels/test.tsv, and corpus.jsonl (docs/eval.md)",
    flags: [
      {
        name: "index",
        value: "PATH",
        about:
          "ask this index, whose paths the judgements name (default: one made of corpus.jsonl)",
      },
      {
        name: "min",
        value: "LIST",
        about: "exit code 1 below these, such as ndcg@10=0.8,recall@100=0.95",
      },
      {
        name: "compare",
        value: "RUN",
        about: "set every question beside an earlier run, a file that --json wrote",
      },
      {
        name: "figure",
        value: "NAME",
        about: "what to compare: ndcg@10, mrr@10, recall@10 or recall@100 (default: ndcg@10)",
      },
      { name: "keywords", about: "answer by keywords alone: loads no model to ask" },
      registry,
      trust,
      model,
      json,
    ],
    examples: [
      "local-rag eval collections/handbook --min ndcg@10=0.8",
      "local-rag eval collections/handbook --json > before.json",
      "local-rag eval collections/handbook --compare before.json",
    ],
  },
  "mcp-config": {
    name: "mcp-config",
    about: "print what an editor or agent has to be told so that it starts serve --mcp",
    argument: "CLIENT",
    argumentAbout: "claude-code, claude-desktop, codex, cursor, vscode or zed (docs/mcp.md)",
    flags: [
      { name: "name", value: "NAME", about: "what the client calls it (default: local-rag)" },
      ...indexes,
      registry,
      trusts,
      model,
      json,
    ],
    examples: [
      "local-rag mcp-config cursor --index ~/notes/.clawkeep/index",
      "local-rag mcp-config codex --index ~/notes/.clawkeep/index >> ~/.codex/config.toml",
    ],
  },
};

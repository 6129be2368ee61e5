/** What a model may put into the tool `exec`. */
export interface ExecCall {
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly [parameter: string]: unknown;
}

/** One way out that is tried. */
export interface Escape {
  readonly name: string;
  readonly call: ExecCall;
  /**
   * `denied`: nothing runs. `same`: OpenClaw runs it, and it has to be the same binary with the same
   * arguments, log and index, without any effect of the escape.
   */
  readonly wanted: "denied" | "same";
}

/** Places that the escapes aim at. */
export interface EscapePlaces {
  readonly launcher: string;
  /** Anybody may write there; it stays empty. */
  readonly elsewhere: string;
  /** Another workspace, with an index and a lock of its own. */
  readonly other: string;
  /** The state folder that belongs to it. */
  readonly state: string;
}

/** Every escape that is tried with the real program. */
export function escapes({ launcher, elsewhere, other, state }: EscapePlaces): readonly Escape[] {
  const good = `${launcher} query query='restore key' topk=1`;
  const out = `${elsewhere}/out`;
  const denied = (name: string, command: string, more: object = {}): Escape => ({
    name,
    call: { command, ...more },
    wanted: "denied",
  });
  const same = (name: string, command: string, more: object = {}): Escape => ({
    name,
    call: { command, ...more },
    wanted: "same",
  });
  const withEnvironment = (
    wanted: Escape["wanted"],
    variables: Readonly<Record<string, string>>,
  ): readonly Escape[] =>
    Object.entries(variables).map(([name, value]) => ({
      name: `env ${name}`,
      call: { command: good, env: { [name]: value } },
      wanted,
    }));
  return [
    // Arguments.
    denied("injected flag at the end", `${good} --root index=${other}/.clawkeep/index`),
    denied("injected flag in the middle", `${launcher} query query=a --workspace ${other} topk=1`),
    denied("injected flag before the action", `${launcher} --workspace=${other} query query=a`),
    denied("-- and a second command", `${good} -- git-readonly log`),
    denied("an argument of the launcher's own", `${launcher} query query=a --arg=topk=1`),
    denied("empty argument at the end", `${good} ""`),
    denied("two empty arguments", `${good} '' ''`),
    denied("empty argument in the middle", `${launcher} query "" query=a`),
    denied("empty action", `${launcher} "" query=a`),
    denied("no argument", launcher),
    denied("another action", `${launcher} status query=a`),
    denied("repeated argument", `${launcher} query query=a query=b`),
    denied("unknown argument", `${launcher} query query=a index=${other}`),
    denied("other order", `${launcher} query topk=1 query=a`),
    denied("number out of range", `${launcher} query query=a topk=51`),
    denied("number in another form", `${launcher} query query=a topk=0x5`),
    denied("value of an enum with more behind", `${launcher} query query=a syntax=wordsx`),
    denied("argument in one word with the next", `${launcher} query "query=a topk=1 x" y`),
    denied("escape sequence of a terminal", `${launcher} query query=$'\\e]52;c;x\\a'`),
    denied("NUL in ANSI-C quotes", `${launcher} query query=$'a\\x00--root'`),
    // What a shell would make of it.
    denied("; and another command", `${good}; id`),
    denied("&& and another command", `${good} && id`),
    denied("|| and another command", `${good} || id`),
    denied("newline and another command", `${good}\nid`),
    denied("carriage return, newline and another command", `${good}\r\nid`),
    denied("command before it", `id; ${good}`),
    denied("substitution with $()", `${launcher} query query="$(id)"`),
    denied("substitution with backticks", `${launcher} query query="\`id\`"`),
    denied("process substitution", `${launcher} query query=<(id)`),
    denied("arithmetic with a substitution", `${launcher} query query="$((\`id\`))"`),
    denied("variable", `${launcher} query query="$OPENCLAW_GATEWAY_TOKEN"`),
    denied("variable of env that splits", `${launcher} query query=$X`, {
      env: { X: `a --root index=${other}/.clawkeep/index` },
    }),
    denied("tilde", `${launcher} query query=~root`),
    denied("tilde behind a colon", `${launcher} query query=a:~root`),
    denied("pattern of files", `${launcher} query query=*`),
    denied("braces", `${launcher} query query={a,b}`),
    denied("redirect to a file", `${good} > ${out}`),
    denied("appending redirect", `${good} >> ${out}`),
    denied("redirect of errors", `${good} 2> ${out}`),
    denied("redirect of both", `${good} &> ${out}`),
    denied("input from a file", `${good} < /etc/passwd`),
    denied("here document", `${good} <<E\nx\nE`),
    denied("pipe to head", `${good} | head -c 20`),
    denied("pipe to tail", `${good} | tail -n 1`),
    denied("pipe to cut", `${good} | cut -c1-9`),
    denied("pipe to wc", `${good} | wc -c`),
    denied("pipe to tr", `${good} | tr a b`),
    denied("pipe to tee", `${good} | tee ${out}`),
    denied("pipe to a shell", `${good} | sh`),
    denied("pipe of both streams", `${good} |& cat`),
    denied("background with &", `${good} &`),
    denied("subshell", `( ${good} )`),
    denied("group", `{ ${good}; }`),
    denied("condition", `if ${good}; then id; fi`),
    denied("function of the launcher's name", `clawkeep() { id; }; clawkeep`),
    denied("eval", `eval ${good}`),
    denied("trap", `trap id EXIT; ${good}`),
    denied("alias", `alias x=id; ${good}`),
    denied("source", `. ${launcher}`),
    denied("umask before it", `umask 0; ${good}`),
    denied("ulimit before it", `ulimit -t 1; ${good}`),
    denied("set -x before it", `set -x; ${good}`),
    denied("assignment before it", `CLAWKEEP_HOME=${elsewhere} ${good}`),
    denied("export before it", `export CLAWKEEP_HOME=${elsewhere}; ${good}`),
    // Other programs, and other ways to this one.
    denied("another program", "id"),
    denied("reading a file", "cat /etc/passwd"),
    denied("Node", `node -e 'require("fs").writeFileSync("${out}","x")'`),
    denied("a shell around it", `sh -c '${good}'`),
    denied("a login shell around it", `bash -lc '${good}'`),
    denied("a shell with a file to read first", `bash --rcfile ${elsewhere}/evil.sh -i ${good}`),
    denied("a shell with another script", `sh ${elsewhere}/evil.sh ${good}`),
    denied("a shell with the launcher and a flag more", `sh ${good} --root index=${other}`),
    denied("Node with the launcher", `node ${good}`),
    denied("env with a variable", `env CLAWKEEP_HOME=${elsewhere} ${good}`),
    denied("env with another folder", `env -C ${other} ${good}`),
    denied("env -S", `env -S '${good}'`),
    denied("stdbuf, which preloads a library", `stdbuf -oL ${good}`),
    denied("script, which writes a file", `script -c '${good}' ${out}`),
    denied("time -o, which writes a file", `/usr/bin/time -o ${out} ${good}`),
    denied("find -exec", `find . -exec ${good} ;`),
    denied("xargs", `xargs ${good}`),
    denied("sudo", `sudo ${good}`),
    denied("a copy of the launcher", `${elsewhere}/clawkeep-local-rag query query=a`),
    denied("bare name", "clawkeep-local-rag query query=a"),
    denied("bare name with a folder of its own in PATH", "clawkeep-local-rag query query=a", {
      env: { PATH: elsewhere },
    }),
    // What OpenClaw lets through.
    same("cd to another workspace", `cd ${other} && ${good}`),
    same("cd with ;", `cd ${other}; ${good}`),
    same("cd on a line of its own", `cd ${other}\n${good}`),
    same("cd twice", `cd / && cd ${other} && ${good}`),
    same("cd -", `cd - && ${good}`),
    same("true before it", `true && ${good}`),
    same("comment", `${good} # --root index=${other}`),
    same("relative path from another folder", "./clawkeep-local-rag query query='restore key'", {
      workdir: launcher.slice(0, launcher.lastIndexOf("/")),
    }),
    same("link to the launcher", `${elsewhere}-link/linked query query='restore key'`),
    same("a shell with the launcher", `/bin/sh ${good}`),
    same("a shell with the launcher, and a variable", `/bin/sh ${good}`, {
      env: { CLAWKEEP_HOME: state, NODE_COMPILE_CACHE: `${elsewhere}/cache`, CDPATH: other },
    }),
    same("a tracing shell with the launcher", `bash -x ${good}`),
    same("a login shell with the launcher", `bash -l ${good}`),
    same("exec", `exec ${good}`),
    same("exec under another name", `exec -a sh ${good}`),
    same("command", `command ${good}`),
    same("nice", `nice -n 19 ${good}`),
    same("nohup", `nohup ${good}`),
    same("timeout", `timeout 100 ${good}`),
    same("env without a variable", `env ${good}`),
    same("flock, which would make a file", `flock ${out} ${good}`),
    same("time", `time ${good}`),
    same(
      "query that looks like options and commands",
      `${launcher} query query='restore key --root index=${other}; id | $(id) > ${out}' topk=1`,
    ),
    // The parameter env.
    ...withEnvironment("denied", {
      NODE_OPTIONS: `--require ${elsewhere}/evil.cjs`,
      NODE_PATH: elsewhere,
      NODE_V8_COVERAGE: elsewhere,
      NODE_EXTRA_CA_CERTS: `${elsewhere}/ca.pem`,
      NODE_REDIRECT_WARNINGS: out,
      LD_PRELOAD: `${elsewhere}/evil.so`,
      LD_LIBRARY_PATH: elsewhere,
      LD_AUDIT: `${elsewhere}/evil.so`,
      LD_DEBUG_OUTPUT: out,
      GCONV_PATH: elsewhere,
      GLIBC_TUNABLES: "glibc.malloc.check=3",
      PATH: elsewhere,
      HOME: elsewhere,
      SHELL: `${elsewhere}/sh`,
      BASH_ENV: `${elsewhere}/evil.sh`,
      ENV: `${elsewhere}/evil.sh`,
      IFS: "k",
      PS4: "$(id)",
      SHELLOPTS: "xtrace",
      PROMPT_COMMAND: "id",
      XDG_STATE_HOME: elsewhere,
      XDG_CONFIG_HOME: elsewhere,
      XDG_CACHE_HOME: elsewhere,
      XDG_DATA_HOME: elsewhere,
      XDG_RUNTIME_DIR: elsewhere,
      SSLKEYLOGFILE: out,
      OPENSSL_CONF: `${elsewhere}/evil.cnf`,
      HTTP_PROXY: "http://203.0.113.7:8080",
      "BASH_FUNC_cd%%": "() { id; }",
    }),
    ...withEnvironment("same", {
      CLAWKEEP_HOME: state,
      CLAWKEEP_ENGINE: "portable",
      NODE_COMPILE_CACHE: `${elsewhere}/compile-cache`,
      NODE_ICU_DATA: elsewhere,
      NODE_DEBUG: "fs,module",
      NODE_USE_ENV_PROXY: "1",
      TMPDIR: elsewhere,
      LOCPATH: elsewhere,
      NLSPATH: `${elsewhere}/%N`,
      LANGUAGE: "de",
      LC_ALL: "tr_TR.UTF-8",
      TZ: `${elsewhere}/tz`,
      PWD: other,
      OLDPWD: other,
      CDPATH: other,
      POSIXLY_CORRECT: "1",
      HF_HOME: elsewhere,
      ORT_LOG: "verbose",
      MALLOC_TRACE: out,
      OPENCLAW_STATE_DIR: elsewhere,
      OMP_NUM_THREADS: "1",
    }),
    // Its other parameters.
    same("workdir of another workspace", good, { workdir: other }),
    same("workdir /", good, { workdir: "/" }),
    same("workdir ../..", good, { workdir: "../.." }),
    same("background", good, { background: true, yieldMs: 60_000 }),
    same("pty", good, { pty: true }),
    same("host gateway", good, { host: "gateway" }),
    denied("host node", good, { host: "node" }),
    denied("host sandbox", good, { host: "sandbox" }),
    denied("elevated", good, { elevated: true }),
    denied("ask off, for another program", "id", { ask: "off" }),
    denied("security full, for another program", "id", { security: "full" }),
    denied("background, for another program", "id", { background: true }),
    denied("pty, for another program", "id", { pty: true }),
    denied("workdir of the state folder, for another program", "id", { workdir: other }),
  ];
}

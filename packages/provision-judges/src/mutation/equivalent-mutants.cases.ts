/** Mutants that open nothing, or that no reader of the files can tell from what was meant; each with its reason. */
export interface EquivalentMutants {
  readonly ids: RegExp;
  readonly reason: string;
}

export const equivalentMutants: readonly EquivalentMutants[] = [
  {
    ids: /removed: Description=/u,
    reason: "a label for people: nothing reads it",
  },
  {
    ids: /^Dockerfile: \d+ removed: (?:RUN|COPY) /u,
    reason: "what is in an image: without it nothing starts, and nothing is opened",
  },
  {
    ids: /^Dockerfile: \d+ removed: (?:ENV NODE_ENV=|FROM programs AS keeper)/u,
    reason:
      "NODE_ENV is a word for libraries; the stage's lines fall to the stage before it, which Podman alone builds by name",
  },
  {
    ids: /^Dockerfile: \d+ weakened: HEALTHCHECK .*0\.0\.0\.0/u,
    reason: "as a destination 0.0.0.0 is this very host: the question goes to the same place",
  },
  {
    ids: /^compose\S*: services\.[a-z-]+\.build(?:\.\w+)? removed$/u,
    reason: "where an image comes from when it is missing: the exact image is named beside it",
  },
  {
    ids: /\.stop_grace_period weakened/u,
    reason: "10 s is enough for what ends at once; for a gateway it is killed",
  },
  {
    ids: /^compose\S*: services\.[a-z-]+\.(?:networks\.(?:\d+|models|host|outside)|extra_hosts(?:\.\d+)?) removed$/u,
    reason: "one network or name less: the service reaches less than before",
  },
  {
    ids: /^compose\.yaml: services\.(?:ollama|ollama-gate) removed$/u,
    reason: "a service less in a place where nobody waits for it: what asks it gets no answer",
  },
  {
    ids: /\.command\.2 removed$|environment\.CLAWKEEP_HOME removed$|Environment=CLAWKEEP_HOME=/u,
    reason:
      "a path: without it the program refuses to start or keeps its state below the same home",
  },
  {
    ids: /\.depends_on\.[a-z-]+\.restart (?:removed|weakened)/u,
    reason: "whether a restart is passed on: both start again by themselves",
  },
  {
    ids: /services\.ollama-gate\.depends_on(?:\.ollama)? removed$/u,
    reason: "the order of a start: the proxy answers 502 until Ollama is there",
  },
  {
    ids: /services\.cli\.secrets(?:\.\d+)? removed$|services\.gateway\.volumes\.2 removed$/u,
    reason: "a secret or a socket less: the command or the gateway reaches less than before",
  },
  {
    ids: /^compose\.(?:gpu|internet)\.yaml: services/u,
    reason: "an overlay that adds a GPU or a way out: less of it adds less",
  },
  {
    ids: /^compose\.pull\.yaml: services\.ollama-pull removed$/u,
    reason: "without its one service the overlay does nothing",
  },
  {
    ids: /gateway\.controlUi\.enabled weakened: false$/u,
    reason: "the user interface is off: less is open than before",
  },
  {
    ids: /models\.providers\.\w+\.models\.\d+\.(?:name|reasoning|input|cost)(?:\.\w+)? (?:removed|weakened)/u,
    reason: "what a model is called, costs and can do: nothing is decided by it that protects",
  },
  {
    ids: /models\.providers\.openrouter\.models\.\d+\.(?:contextWindow|contextTokens|maxTokens) /u,
    reason:
      "the provider has its own bounds: only for a local model a small context makes the agent forget its rules",
  },
  {
    ids: /agents\.defaults\.skills\.\d+ removed$|mcp\.servers(?:\.clawkeep(?:\.(?:command|args(?:\.\d+)?))?)? removed$/u,
    reason: "a skill less, or one that cannot be started: the agent can do less",
  },
  {
    ids: /^nftables\S+ \d+ removed: .* accept$|removed: IPAddressAllow=172\./u,
    reason: "a permission less: more is dropped than before",
  },
  {
    ids: /^sysusers\S+ \d+ removed: u claw\d+ \d+ "(?:ollama-gate|skills) of/u,
    reason: "beside containers no unit has this uid; the kernel needs no name for it",
  },
  {
    ids: /^units\S+ \d+ removed: Environment=OLLAMA_/u,
    reason: "said twice: the EnvironmentFile of the same unit has it, and is judged",
  },
  {
    ids: /^quadlet\S+ \d+ removed: (?:Wants=|Network=\S+\.network$)/u,
    reason: "an order of starts, or a network less: the container reaches less than before",
  },
  {
    ids: /\.plist: Label \d+ removed$/u,
    reason: "without a label launchd loads nothing; plistlib's reader says so",
  },
  {
    ids: /(?:PARAMETER num_|models\.\d+\.params\.num_)(?:thread|gpu)/u,
    reason: "how fast a model runs",
  },
  {
    ids: /models\.providers\.ollama\.models\.\d+\.params(?:\.num_ctx)? /u,
    reason: "of a model of Ollama's cloud, which is sent no context; of a local one it is seen",
  },
  {
    ids: /agents\.entries\.[a-z0-9-]+(?:\.model)? removed$/u,
    reason: "an agent less, or one with the model that all have unless it is said",
  },
  {
    ids: /secrets\.providers\.[a-z-]+\.args(?:\.\d+)? removed$/u,
    reason: "the command gives no secret, and nothing starts",
  },
  {
    ids: /tools\.alsoAllow\.\d+ removed$|tools\.web\.fetch\.enabled weakened: false$|toolFilter\.include\.\d+ removed$/u,
    reason: "a tool less",
  },
  {
    ids: /mcp\.servers\.[a-z-]+(?:\.auth)? removed$|config\/openclaw\.json: \$include removed$/u,
    reason: "a server less, or one that nobody is let into; a file less",
  },
  {
    ids: /allowedOrigins\.\d+ removed$|gateway\.tailscale(?:\.mode)? removed$|trustedProxies\.0 removed$|trustedProxy\.allowLoopback (?:removed|weakened: false)$|^ufw\.rules: \d+ removed: allow /u,
    reason: "a way in less",
  },
  {
    ids: /openclaw\.json: channels(?:\.[a-z]+(?:\.(?:token|botToken))?)? removed$|channels\.[a-z]+\.enabled (?:removed|weakened: false)$/u,
    reason: "a channel less, or one that cannot log in",
  },
  {
    ids: /openclaw\.json: secrets(?:\.providers)? removed$/u,
    reason: "where no reference needs one; elsewhere it is seen",
  },
];

/** Why a mutant is allowed to live, or undefined when it is not. */
export function equivalence(id: string): string | undefined {
  return equivalentMutants.find(({ ids }) => ids.test(id))?.reason;
}

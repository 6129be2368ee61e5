/** A list of squid that rules name. */
export interface SquidList {
  readonly type: string;
  readonly values: readonly string[];
  /** `-n`: an address is compared as it is written, and nobody is asked for its name. */
  readonly asksNobody: boolean;
}

/** One `http_access`: its lists in the order in which squid looks at them, `!` in front of one that must not hold. */
export interface SquidRule {
  readonly action: string;
  readonly lists: readonly string[];
}

/** Who may go where, read back from `squid.conf`. */
export interface SquidAccess {
  readonly lists: ReadonlyMap<string, SquidList>;
  readonly rules: readonly SquidRule[];
}

/** What a client asks for. */
export interface SquidRequest {
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** The host is written as an address. */
  readonly isAddress: boolean;
}

/** Lists and rules of a `squid.conf`; a list that is written in several lines is one. */
export function readSquid(text: string): SquidAccess {
  const lists = new Map<string, SquidList>();
  const rules: SquidRule[] = [];
  for (const line of text.split("\n")) {
    const [word, name = "", ...rest] = line.trim().split(/\s+/u);
    if (word === "http_access") rules.push({ action: name, lists: rest });
    if (word !== "acl") continue;
    const [type = "", ...words] = rest;
    const values = words.filter((one) => !one.startsWith("-"));
    lists.set(name, {
      type,
      values: [...(lists.get(name)?.values ?? []), ...values],
      asksNobody: words.includes("-n"),
    });
  }
  return { lists, rules };
}

/**
 * What squid answers, and whether it asks a resolver before it knows: the lists of a rule are looked at from the left
 * until one does not hold, and the first rule that holds decides.
 *
 * @param isInward What the addresses of the host turn out to be.
 */
export function answerOfSquid(
  { lists, rules }: SquidAccess,
  request: SquidRequest,
  isInward: boolean,
): { readonly action: string; readonly asks: boolean } {
  let asks = false;
  const holds = (written: string): boolean => {
    const isNot = written.startsWith("!");
    const name = isNot ? written.slice(1) : written;
    const list = lists.get(name);
    let found = name === "all";
    if (list?.type === "method") found = list.values.includes(request.method);
    else if (list?.type === "port") found = list.values.includes(String(request.port));
    else if (list?.type === "dstdomain") {
      if (request.isAddress && !list.asksNobody) asks = true;
      found = list.values.includes(request.host);
    } else if (list?.type === "dst") {
      if (!request.isAddress) asks = true;
      found = isInward;
    }
    // Of a list that is not known here the worst is taken: it may need an address.
    else if (name !== "all") asks = true;
    return found !== isNot;
  };
  const rule = rules.find((one) => one.lists.every(holds));
  return { action: rule?.action ?? "none", asks };
}

/** Hosts and ports that rules let through when their addresses are outside. */
export function pairsOfSquid(
  access: SquidAccess,
): readonly { readonly host: string; readonly port: number }[] {
  const valuesOf = (type: string): readonly string[] =>
    [...access.lists.values()].filter((list) => list.type === type).flatMap((list) => list.values);
  const ports = [...new Set(valuesOf("port"))];
  return [...new Set(valuesOf("dstdomain"))].flatMap((host) =>
    ports
      .map((port) => ({ host, port: Number(port) }))
      .filter(
        (pair) =>
          answerOfSquid(access, { method: "CONNECT", ...pair, isAddress: false }, false).action ===
          "allow",
      ),
  );
}

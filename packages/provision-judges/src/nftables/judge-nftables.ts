import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { refusal, together } from "../foreign/opinion.ts";

/** `nft -c`: the kernel's own reading of the rules, in a network of their own, loading nothing. */
export const nftablesJudge: ForeignJudge = {
  name: "nft -c",
  programs: ["nft"],
  version: ["--version"],
  needs: "network",
  reads: ofKind("nftables"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const file of read) {
      const answer = await ask({
        argv: ["-c", "-f", file.path],
        files: [file],
      });
      opinions.push(refusal("NFT_CHECK", file.path, answer));
    }
    return together(opinions);
  },
};

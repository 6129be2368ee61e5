import type { KeywordInput } from "../src/index.ts";

/** What the golden segment of keywords holds: every rule of the analyser, fields empty and full. */
export const goldenChunks: readonly KeywordInput[] = [
  {
    title: "Retrying requests",
    body: "The client retries failed requests three times. See RetryPolicy.",
  },
  { title: "", body: "function getUserName(user_id: string) { return fetchJSON2(user_id); }" },
  { title: "Überblick – naïve café", body: "Größe der Bücher; ﬁle names in ＦＵＬＬ width." },
  { title: "日本語の検索", body: "全文検索は二文字ずつ。한국어 문서도. ภาษาไทย" },
  { title: "Stop words only", body: "what is it that they were" },
  { title: "", body: "" },
  { title: "retry retry retry", body: `${"retry ".repeat(300)}HTTPServer x86_64 v2.10` },
];

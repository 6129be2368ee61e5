/** What is asked: about 12 tokens each, as people ask them. The first is the cold query's. */
const asked: readonly string[] = [
  "How do I keep the gateway reachable only from this machine?",
  "Where are the session transcripts of an agent stored on disk?",
  "How can I rotate the gateway token without losing my sessions?",
  "Which model is used when the first provider does not answer?",
  "How do I pair a phone with the gateway over the local network?",
  "What does the doctor command repair, and what does it only report?",
  "How do I run a command every morning without asking the model?",
  "Can two agents share one workspace, and who wins when both write?",
  "How do I allow one command for an agent and deny all the others?",
  "Where do I put an API key so that it is not in the config file?",
  "How is a message from an unknown sender handled by default?",
  "What has to be backed up before I move to another machine?",
  "How do I see which plugins are loaded and which were refused?",
  "Why does the browser tool not start inside of a container?",
  "How do I make replies shorter on one channel only?",
  "What is sent to the provider when memory search is enabled?",
];

/** So many questions, in a fixed order; with more than there are, they come again. */
export function questions(count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => asked[place % asked.length] ?? "");
}

/** Set-up speaks on stderr, so that stdout carries only the answer. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Ends the command with one line that says what is missing and what to do. */
export function stop(text) {
  process.stderr.write(`clawkeep: ${text}\n`);
  process.exit(2);
}

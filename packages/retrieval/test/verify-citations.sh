#!/bin/sh
# Checks citations with nothing but dd, sed and sha256sum: verify-citations.sh WORKSPACE < HITS
# HITS is what `local-rag query --format jsonl` prints. Says what does not hold; exit code 1 then.
# Left out: passages with a locator (no range of bytes), and names that JSON has to escape.
sed -nE '/"locator":/d; s/.*"citation":\{"path":"([^"\\]*)".*"byteStart":([0-9]+),"byteEnd":([0-9]+),"chunkDigest":"sha256:([0-9a-f]{64})".*/\4 \2 \3 \1/p' | {
  checked=0 wrong=0
  while read -r digest start end path; do
    found=$(dd if="$1/$path" iflag=skip_bytes,count_bytes bs=64K status=none \
      skip="$start" count="$((end - start))" | sha256sum)
    checked=$((checked + 1))
    case $found in "$digest "*) continue ;; esac
    wrong=$((wrong + 1))
    printf 'does not hold: %s %s-%s\n' "$path" "$start" "$end"
  done
  printf '%s citations checked, %s do not hold\n' "$checked" "$wrong"
  [ "$checked" -gt 0 ] && [ "$wrong" -eq 0 ]
}

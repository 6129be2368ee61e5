#!/bin/sh
# Holds citations against files: lines of "path <tab> first byte <tab> end byte <tab> first line <tab> last
# line <tab> sha256" on standard input, the folder that the paths are relative to as the only argument.
# Nothing but dd, sed and sha256sum looks at a file, so that nothing of what made the citations does.
set -eu
cd "$1"
good=0 bad=0
tab=$(printf '\t')
part() { dd if="$1" bs=65536 iflag=skip_bytes,count_bytes skip="$2" count="$3" status=none; }
while IFS="$tab" read -r path from to first last digest; do
  found=$(part "$path" "$from" $((to - from)) | sha256sum | sed 's/ .*//')
  top=$({ part "$path" 0 "$from"; echo x; } | sed -n '$=')
  end=$({ part "$path" 0 $((to - 1)); echo x; } | sed -n '$=')
  if [ "$found $top $end" = "$digest $first $last" ]; then good=$((good + 1)); else
    bad=$((bad + 1))
    printf '%s:%s-%s is not as cited: %s %s-%s\n' "$path" "$first" "$last" "$found" "$top" "$end" >&2
  fi
done
printf '%s true, %s not\n' "$good" "$bad"
[ "$bad" -eq 0 ]

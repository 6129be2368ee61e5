#!/bin/sh
# A service that notes each of its starts, and ends by SIGTERM unless it is told not to.
[ "$1" = stubborn ] && trap '' TERM
echo "$$" >> "$2"
[ "$1" = crashing ] && [ "$(wc -l < "$2")" -lt 3 ] && exit 1
while :; do sleep 0.1; done

#!/bin/bash
# Stands in for systemctl on a machine that systemd did not boot, as far as docs/duty/how-to/recover uses it:
# `start` and `stop` of watchbill@FOLDER, which runs `watchbill serve` in that folder of $READER, and of any
# other unit through the test at $CONTROL.
set -u
verb=$1
shift

stop() {
  [ -f "$2" ] || return 0
  local pid
  pid=$(cat "$2")
  kill "$pid" 2> /dev/null
  for _ in $(seq 300); do
    kill -0 "$pid" 2> /dev/null || { rm -f "$2"; return 0; }
    sleep 0.1
  done
  echo "$1 did not end" >&2
  return 1
}

for unit; do
  folder=$READER/${unit#*@}
  pid=$READER/.$unit.pid
  case $verb/$unit in
    start/watchbill@*)
      [ -f "$READER/.$unit.env" ] && . "$READER/.$unit.env"
      cd "$folder" || exit 1
      watchbill serve >> "$READER/.$unit.log" 2>&1 < /dev/null &
      echo $! > "$pid"
      ;;
    stop/watchbill@*) stop "$unit" "$pid" || exit 1 ;;
    *) curl -sSf -X POST "$CONTROL/$verb/$unit" || exit 1 ;;
  esac
done

#!/bin/bash
# A chain of four validators on this machine, the fourth of them twice: alpha and bravo are real nodes with one
# key, and ask a permission service before they sign. Kill one, and the other goes on.
#
#   ./pair.sh                until Ctrl-C
#   ./pair.sh --seconds 60   kills the active one now and then, counts, and ends
#   PLAIN=1 ./pair.sh        without the gate: both sign, and the count shows it
#
# It needs bash and watchbill: beside this folder, as a release has it, installed, or named by WATCHBILL. If the
# program prometheus is installed, the alerts run too. Everything listens on 127.0.0.1, from port 30400 on
# (BASE), and is in a new folder below /tmp. The keys are known to everyone. alice, who has another key, records
# each block and vote that arrives; the last line counts these records.
set -euo pipefail

SECONDS_LEFT=0
if [ "${1:-}" = --seconds ]; then SECONDS_LEFT=${2:?how many seconds}; elif [ $# -gt 0 ]; then
  sed -n '2,12s/^# \{0,1\}//p' "$0"
  exit 2
fi
HERE=$(cd "$(dirname "$0")" && pwd)
NODE=$HERE/watchbill-devnode
case $(uname -m) in x86_64) processor=x64 ;; *) processor=arm64 ;; esac
beside=$(compgen -G "${HERE%/*}/watchbill-[0-9]*-linux-$processor" | tail -n 1) || true
# A browser saves it without the right to run it.
if [ -z "${WATCHBILL:-}" ] && [ -n "$beside" ] && [ ! -x "$beside" ]; then chmod +x "$beside"; fi
WATCHBILL=$(command -v "${WATCHBILL:-${beside:-watchbill}}") || { echo "install watchbill first, or name it: WATCHBILL=./watchbill-0.1.0-linux-$processor $0" >&2; exit 2; }
BASE=${BASE:-30400} PLAIN=${PLAIN:-}
SERVICE=127.0.0.1:$((BASE + 50)) PROMETHEUS=127.0.0.1:$((BASE + 60))
# The public keys of //Dave for blocks and for votes, and the first block of the chain.
BLOCKS=0x306721211d5404bd9da88e0204360a1a9ab8b87c66c1bc2fcdd37f3c2222cc20
VOTES=0x5e639b43e0052c47447dac87d6fd2b6ec50bdd4d0f614e4299c665249bbd09d9
CHAIN=$(cat "$HERE/genesis")
FOLDER=$(mktemp -d /tmp/watchbill-pair-XXXXXX)
cd "$FOLDER"
export WATCHBILL_CONFIG=$FOLDER/watchbill.yaml
declare -A PID=() BACK=()

finish() {
  local status=$?
  trap - EXIT INT TERM
  kill "${PID[@]}" 2> /dev/null || true
  for pid in "${PID[@]}"; do while kill -0 "$pid" 2> /dev/null; do sleep 0.2; done; done
  if [ "$status" = 0 ]; then rm -rf "$FOLDER"; else echo "the logs are in $FOLDER" >&2; fi
  exit "$status"
}
trap finish EXIT
STOPPED=
trap 'STOPPED=yes' INT TERM

within() { # seconds, what is waited for, command
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ -z "$STOPPED" ] || exit 0
    [ $SECONDS -lt $end ] || { echo "this did not happen: $what" >&2; exit 3; }
    sleep 1
  done
}

background() { # name, program, arguments
  local name=$1
  shift
  "$@" >> "$name.log" 2>&1 &
  PID[$name]=$!
  disown
}
start_node() { # name, number, further flags
  local name=$1 number=$2
  shift 2
  background "$name" "$NODE" --chain "$HERE/chain.json" --base-path "$name" --name "$name" \
    --node-key-file "$name.key" --validator --listen-addr "/ip4/127.0.0.1/tcp/$((BASE + number))" \
    --rpc-port $((BASE + 20 + number)) --prometheus-port $((BASE + 30 + number)) \
    --bootnodes "/ip4/127.0.0.1/tcp/$((BASE + 1))/p2p/$(cat alice.id)" --no-telemetry --no-mdns --wasm-cache wasm "$@"
}
start() { # what can be killed
  local number=4 gate=()
  case $1 in
    service) background service "$WATCHBILL" serve ;;
    alpha | bravo)
      if [ "$1" = bravo ]; then number=5; fi
      if [ -z "$PLAIN" ]; then gate=(--duty claims --duty-service "http://$SERVICE" --duty-token-file "$1.token" --duty-node "$1"); fi
      start_node "$1" $number "${gate[@]}"
      ;;
  esac
}
quiet() { "$WATCHBILL" "$@" > last.out 2>&1 || { cat last.out >&2; exit 3; }; }
status() { "$WATCHBILL" status 2> /dev/null || true; }
active() { status | sed -nE 's/^  active ([a-z]+),.*/\1/p' | sort -u | tr '\n' ' '; }
both_ready() { [ -n "$PLAIN" ] || [ "$(status | grep -c 'nodes  alpha ready, bravo ready')" = 2 ]; }
height() { sed -nE "s/.*$1[: ]+#([0-9]+).*/\1/p" alice.log | tail -n 1; }
ask_prometheus() { # path; prints each object of the reply on its line
  { printf 'GET /api/v1/%s HTTP/1.0\r\n\r\n' "$1" >&3 && sed 's/{"/\n&/g' <&3; } 2> /dev/null 3<> "/dev/tcp/${PROMETHEUS/://}" || true
}
firing() { ask_prometheus alerts | sed -nE '/^\{"alertname"/h; /"state":"firing"/{g;s/.*"alertname":"([A-Za-z]+)".*/\1/p}' | sort -u | tr '\n' ' '; }
reads_all() { [ "$(ask_prometheus targets | grep -c '"health":"up"')" = 3 ]; }

# The records of alice: what was signed, by whom, and the hash.
votes() { sed -nE 's/.*"set":"([0-9]+)","round":"([0-9]+)","kind":"([a-z]+)","hash":"([^"]*)".*"authority":"([^"]*)","valid":true.*/\1 \2 \3 \5 \4/p' votes.jsonl; }
blocks() { sed -nE 's/.*"slot":"([0-9]+)".*"hash":"([^"]*)".*"author":"([^"]*)".*/\1 slot - \3 \2/p' blocks.jsonl; }
twice() { { votes; blocks; } | sort -u | cut -d ' ' -f 1-4 | uniq -d | wc -l; }
count() { "$1" | grep -c "$2" || true; }

echo "keys, and three plain validators"
for name in alice bob charlie alpha bravo; do
  "$NODE" key generate-node-key --chain "$HERE/chain.json" --file "$name.key" 2> "$name.id"
  secret=//${name^}
  case $name in alpha | bravo) secret=//Dave ;; esac
  for type in babe:sr25519 imon:sr25519 gran:ed25519; do
    "$NODE" key insert --chain "$HERE/chain.json" --base-path "$name" --key-type ${type%:*} --scheme ${type#*:} --suri $secret
  done
done
start_node alice 1 --record-votes votes.jsonl --record-blocks blocks.jsonl
start_node bob 2
start_node charlie 3

echo "a permission service, its policies, and an observer"
quiet init --name pair
sed -i "s/# port: 8450/port: ${SERVICE#*:}/" watchbill.yaml
start service
quiet status --wait 30
cat > blocks.yaml << END
chain: "$CHAIN"
key: "$BLOCKS"
roster:
  - { name: alpha, rank: 0 }
  - { name: bravo, rank: 1 }
duties: { babe: {}, im-online: {} }
ceilings: { slotMs: 1000, observers: [watcher] }
END
sed -e "s/$BLOCKS/$VOTES/" -e 's/babe: {}, im-online/grandpa/' blocks.yaml > votes.yaml
for policy in blocks votes; do quiet policy apply $policy.yaml; done
for key in $BLOCKS $VOTES; do
  quiet adopt --chain "$CHAIN" --key $key --never-signed --confirmation "a chain that was made a moment ago"
done
for name in alpha bravo; do quiet token create --role node --name $name --out $name.token; done
quiet token create --role observer --name watcher --out watcher.token
within 60 "alice answers" grep -q Imported alice.log
background observer "$WATCHBILL" observe --node "ws://127.0.0.1:$((BASE + 21))" --token-file watcher.token

echo "two gated validators with one key: alpha and bravo"
start alpha
start bravo
within 120 "both are ready" both_ready
echo "console     http://$SERVICE/   pages  http://$SERVICE/help/"
quiet monitor dashboards --out boards
if command -v prometheus > /dev/null; then
  quiet monitor rules --out rules.yaml
  cat > prometheus.yml << END
global: { scrape_interval: 2s, evaluation_interval: 2s }
rule_files: [rules.yaml]
scrape_configs:
  - { job_name: watchbill, static_configs: [{ targets: ["$SERVICE"] }] }
  - { job_name: node, static_configs: [{ targets: ["127.0.0.1:$((BASE + 34))", "127.0.0.1:$((BASE + 35))"] }] }
END
  background prometheus prometheus --config.file prometheus.yml --storage.tsdb.path series --web.listen-address $PROMETHEUS
  within 60 "Prometheus reads the service and both nodes" reads_all
  echo "prometheus  http://$PROMETHEUS/alerts   $(grep -c alert: rules.yaml) alerts; it reads the service and both nodes"
else
  echo "prometheus  is not installed, so no alerts run: sudo apt-get install prometheus, and start this again"
fi
echo "boards      $FOLDER/boards: import them into Grafana, with Prometheus as the data source"
if [ "$SECONDS_LEFT" = 0 ]; then
  echo "now kill one: kill -9 ${PID[alpha]} (alpha) or kill -9 ${PID[bravo]} (bravo); it is back after a while"
  echo "without permission none signs: kill -9 ${PID[service]} (service); an alert fires, then it is back"
fi

began=$SECONDS kills=0 next=$((SECONDS + 6)) fired=
echo "seconds    best   final  active   blocks   votes   twice"
while [ -z "$STOPPED" ] && { [ "$SECONDS_LEFT" = 0 ] || [ $((SECONDS - began)) -lt "$SECONDS_LEFT" ]; }; do
  # Bash 5.2 ends with a syntax error if a signal comes while it reads a substitution of commands: subshells read these.
  active > active.txt || true
  read -r now < active.txt || true
  (printf '%7s %7s %7s  %-7s %7s %7s %7s\n' $((SECONDS - began)) "$(height best)" "$(height finalized)" "$now" \
    "$(count blocks $BLOCKS)" "$(count votes $VOTES)" "$(twice)") || break
  firing > alerts.txt || true
  read -r alerts < alerts.txt || true
  if [ "$alerts" != "$fired" ]; then echo "alerts: ${alerts:-none}"; fi
  fired=$alerts
  if [ "$SECONDS_LEFT" != 0 ] && [ -n "$now" ] && [ $SECONDS -ge $next ] && both_ready; then
    echo "kill -9 ${now%% *}"
    kill -9 "${PID[${now%% *}]}" 2> /dev/null || true
    next=$((SECONDS + 15))
  fi
  sleep 3
  [ -z "$STOPPED" ] || break
  for name in alpha bravo service; do
    if kill -0 "${PID[$name]}" 2> /dev/null; then continue; fi
    if [ -z "${BACK[$name]:-}" ]; then
      echo "$name is away"
      kills=$((kills + 1)) BACK[$name]=$((SECONDS + 6))
      # An alert for it waits for 30 seconds.
      if [ $name = service ]; then BACK[$name]=$((SECONDS + 45)); fi
    elif [ $SECONDS -ge "${BACK[$name]}" ]; then
      start $name
      BACK[$name]=
      echo "$name is back, process ${PID[$name]}"
    fi
  done
done
double=$(twice)
echo "$((SECONDS - began)) s, $kills kills: $(count blocks $BLOCKS) blocks and $(count votes $VOTES) votes of the shared key, $double signed twice, by the records of alice"
[ "$double" = 0 ] || exit 1

#!/bin/sh
# Plans a network file on a pull request, and applies exactly the plan that a person approved.
#
#   pipeline.sh plan     writes OUT/plan.json, OUT/comment.md and OUT/state; exit 0, or that of the refused plan
#   pipeline.sh apply    needs APPROVED_PLAN, the id in the comment, and OUT of the job that planned
#
# NETWORK_FILE    network file (network.yaml)
# OUT             folder that goes from the first job to the second one (ci-plan)
# PLAN_FLAGS      more flags of the plan, for example --first-time
# APPROVED_RISKS  risks that the person approved: "signing", "data-loss", or both
set -eu

file=${NETWORK_FILE:-network.yaml}
out=${OUT:-ci-plan}
here=$(dirname "$0")

field() { node -e 'let v = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  for (const key of process.argv[2].split(".")) v = v?.[key]; console.log(v ?? "")' "$1" "$2"; }

refuse() { echo "pipeline: $1" >&2; exit 3; }

plan() {
  rm -rf "$out/plan.json" "$out/comment.md"
  mkdir -p "$out"
  status=0
  # shellcheck disable=SC2086 # PLAN_FLAGS are several words
  watchbill fleet plan --file "$file" --state "$out/state" ${PLAN_FLAGS:-} --json >"$out/plan.json" || status=$?
  case $status in
    0 | 3 | 5 | 6) node "$here/comment.mjs" "$out/plan.json" >"$out/comment.md" ;;
    *) echo "The plan failed with exit status $status. The log of the job has the error." >"$out/comment.md" ;;
  esac
  case $status in 0 | 6) exit 0 ;; *) exit "$status" ;; esac
}

apply() {
  id=$(field "$out/plan.json" plan.id)
  [ "${APPROVED_PLAN:-}" = "$id" ] || refuse "the approved plan is '${APPROVED_PLAN:-}', and this one is $id"
  watchbill fleet file render --file "$file" --format graph >"$out/graph.json"
  [ "$(field "$out/graph.json" digest)" = "$(field "$out/plan.json" plan.graphDigest)" ] ||
    refuse "$file is not the file that was planned; plan again"
  set --
  for risk in ${APPROVED_RISKS:-}; do
    case $risk in signing | data-loss) set -- "$@" "--allow-$risk" ;; *) refuse "unknown risk $risk" ;; esac
  done
  watchbill fleet apply "$id" --file "$file" --state "$out/state" "$@"
}

case ${1:-} in
  plan) plan ;;
  apply) apply ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

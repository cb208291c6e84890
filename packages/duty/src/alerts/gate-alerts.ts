import type { Alert, AlertGroup } from '@watchbill/kit/alerts';

const NODE = 'the node {{ $labels.instance }}';

/** The gate inside a node, by its series in the `/metrics` of that node. */
export function gateAlerts(): AlertGroup {
  return {
    name: 'watchbill-gate',
    about: 'the gate inside a node',
    alerts: ALERTS,
  };
}

const ALERTS: readonly Alert[] = [
  {
    name: 'GateReachesNoService',
    severity: 'page',
    expr: 'max by (instance) (watchbill_gate_service_up) == 0',
    for: '1m',
    summary: `${NODE} cannot reach any permission service`,
    means:
      'The node signs nothing. If it is the active node, another one takes over when its presence lapses.',
    todo: 'look at the network from this machine to the services, at its token and at the certificate of the services',
    run: 'watchbill status',
  },
  {
    name: 'GateServiceDown',
    severity: 'ticket',
    expr: 'watchbill_gate_service_up == 0',
    for: '10m',
    summary: `${NODE} gets no answer from {{ $labels.service }}`,
    means: 'The node asks the other services. The service may be healthy, and the connection to it broken.',
    todo: 'compare with `WatchbillServiceNotReady`: if that is silent, look at the network',
    run: 'watchbill status',
  },
  {
    name: 'GateAbstains',
    severity: 'ticket',
    expr: 'sum by (instance, reason) (increase(watchbill_gate_abstentions_total{reason!~"off-watch|unit-taken|below-floor"}[30m])) > 5',
    for: '5m',
    summary: `${NODE} sat out {{ $value }} rounds of GRANDPA in half an hour: {{ $labels.reason }}`,
    means:
      'Standbys sit rounds out all day (`off-watch`); this is another reason, so votes of the key may be missing.',
    todo: 'look the reason up in docs/duty/reference/reasons.md; `voter-state` and `not-asked` are mistakes in the wiring of the gate',
    run: 'watchbill status',
  },
  {
    name: 'GateSealsLate',
    severity: 'ticket',
    expr: 'sum by (instance) (increase(watchbill_gate_refused_seals_total{reason=~"late|deadline|expired|no-reply|no-connection"}[1h])) > 2',
    for: '1m',
    summary: `${NODE} dropped {{ $value }} blocks in an hour because no grant came in time`,
    means:
      'The block was built after two thirds of the slot, the service did not answer before that, or the node was paused after the grant (`expired`).',
    todo: 'look at the load and the clock of this machine, then at the time of the store',
    run: 'watchbill status',
  },
  {
    name: 'GateSealsUngranted',
    severity: 'page',
    expr: 'sum by (instance) (increase(watchbill_gate_refused_seals_total{reason=~"not-granted|not-a-seal"}[1h])) > 0',
    for: '0m',
    summary: `${NODE} was asked to seal a block that was never granted`,
    means: 'A part of the node signs around the proposer of the gate. The keystore refused to sign.',
    todo: 'compare the wiring with docs/duty/how-to/add-the-gate-to-your-node.md: the node uses a plain proposer or keystore',
  },
  {
    name: 'GateSlow',
    severity: 'ticket',
    expr: 'histogram_quantile(0.99, sum by (instance, le) (rate(watchbill_gate_claim_seconds_bucket{kind=~"babe|aura|aura-blocks|aura-parachain"}[30m]))) > 1',
    for: '10m',
    summary: `one claim in a hundred of ${NODE} takes longer than a second`,
    means: 'Slow claims use up the slot. Standbys wait on purpose, so look at the active node first.',
    todo: 'compare with `WatchbillSlowGrants`: if that is silent, look at the network to the services',
    run: 'watchbill status',
  },
];

/** One series that a node with the gate serves in its own `/metrics`. */
export interface GateSeries {
  readonly name: `watchbill_gate_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** As `substrate/gate/src/metrics.rs` registers them; a test compares both lists. */
export const GATE_SERIES: readonly GateSeries[] = [
  {
    name: 'watchbill_gate_asked_total',
    type: 'counter',
    help: 'Questions that the gate put to the permission service, by kind.',
    labels: ['kind'],
  },
  {
    name: 'watchbill_gate_claims_total',
    type: 'counter',
    help: 'Answers of the permission service, by kind and outcome.',
    labels: ['kind', 'outcome'],
  },
  {
    name: 'watchbill_gate_claim_seconds',
    type: 'histogram',
    help: 'Seconds that asking added to a duty, by kind.',
    labels: ['kind'],
  },
  {
    name: 'watchbill_gate_abstentions_total',
    type: 'counter',
    help: 'GRANDPA rounds in which a key of this node did not vote, by reason.',
    labels: ['reason'],
  },
  {
    name: 'watchbill_gate_voting',
    type: 'gauge',
    help: '1 if the GRANDPA key votes in its round, 0 if it abstains.',
    labels: ['key'],
  },
  {
    name: 'watchbill_gate_refused_seals_total',
    type: 'counter',
    help: 'Blocks that were built and not sealed, by reason.',
    labels: ['reason'],
  },
  {
    name: 'watchbill_gate_unknown_kinds_total',
    type: 'counter',
    help: 'Signatures that were refused because the gate does not know the kind of their key, by that kind.',
    labels: ['kind'],
  },
  {
    name: 'watchbill_gate_service_up',
    type: 'gauge',
    help: '1 if the permission service gave a proper answer to the last request, 0 if not.',
    labels: ['service'],
  },
];

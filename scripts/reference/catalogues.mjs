import { DUTIES, REASONS } from '@watchbill/duty/rule';
import { code, page, table } from './markdown.mjs';

const OUTCOMES = [
  ['granted', 'The node may sign this payload, and nothing else for this part of the unit.'],
  ['denied', 'The node must not sign.'],
  [
    'unknown',
    'The service could not find out in time. The node must not sign. The same claim may be made again while the unit is due.',
  ],
];

/** docs/duty/reference/reasons.md */
export function reasonsPage() {
  return page('Reasons', [
    'Every answer to a claim has an outcome and one of these reasons. They stand in the reply, in `/v1/decisions`, in the metric `watchbill_decisions_total` and in the log. Codes do not change their meaning.',
    'One more code, `malformed`, is recorded for a question of the [original wire protocol](http.md#original-wire-protocol) whose number is not a canonical u64.',
    ...OUTCOMES.flatMap(([outcome, meaning]) => [
      `## ${outcome}`,
      meaning,
      table(
        ['code', 'meaning', 'what to do'],
        Object.values(REASONS)
          .filter((reason) => reason.outcome === outcome)
          .map((reason) => [code(reason.code), reason.summary, reason.remedy]),
      ),
    ]),
  ]);
}

/** docs/duty/reference/units.md */
export function unitsPage(outcomes) {
  return page('Units', [
    'The outcome of a slot or vote of a key, in `watchbill units`, `GET /v1/units` and the metric `watchbill_units_total`. [How to find out why a unit was missed](../how-to/monitor.md#why-a-slot-or-vote-was-missed).',
    table(
      ['outcome', 'missed', 'meaning', 'what to do'],
      Object.entries(outcomes).map(([outcome, { missed, summary, remedy }]) => [
        code(outcome),
        missed ? 'yes' : 'no',
        summary,
        remedy,
      ]),
    ),
  ]);
}

/** docs/reference/metrics.md */
export function metricsPage(metrics, coordinate, gate, guard) {
  return page('Metrics', [
    '`GET /metrics` answers in the text format of Prometheus, without an identity. Durations are in seconds.',
    'Metrics of the process and the runtime (`watchbill_process_*`, `watchbill_nodejs_*`) come beside them. Which alerts are worth having: [how to monitor](../duty/how-to/monitor.md).',
    seriesTable(metrics),
    '## Buckets',
    'Upper bounds of the histograms; durations in seconds, batches in transactions.',
    table(
      ['metric', 'upper bounds'],
      Object.values(metrics)
        .filter(({ buckets }) => buckets !== undefined)
        .map(({ name, buckets }) => [code(name), buckets.join(', ')]),
    ),
    '## Of a gated node',
    'A node with the gate serves these in its own `/metrics`, with the label `chain` of the node. `kind` is `babe`, `aura`, `aura-blocks`, `aura-parachain`, `aura-scheduling`, `grandpa`, `grandpa-enter`, `beefy` or `im-online`. A reason is one of [the reasons](../duty/reference/reasons.md), or one of the gate: `late` (the deadline of the slot had passed), `unit-used`, `not-granted`, `not-a-seal`, `no-relay-parent` (the header of a parachain block names none), `expired` (granted, and sealed later than half a slot after its slot), `vote-refused`, `unreachable`, `watch-unknown`, `not-asked`, `deadline`; beyond 32 it is `other`.',
    seriesTable(gate),
    '## Of a guard',
    '`watchbill guard run` serves these at `--metrics-port` of 127.0.0.1, see [how to guard a stock validator](../guard/how-to/guard.md). `watchbill guard shadow` serves those of the guard that it stands for, each with the label `mode="shadow"`.',
    seriesTable(guard),
    '## Of a member of a group',
    '`watchbill coordinate run` serves these at the address of `http` in its configuration, see [how to monitor a member](../coordinate/how-to/coordinate-monitor.md). Each series also has the labels `group` and `member`.',
    seriesTable(coordinate),
  ]);
}

function seriesTable(metrics) {
  return table(
    ['metric', 'type', 'labels', 'meaning'],
    Object.values(metrics).map(({ name, type, labels, help }) => [
      code(name),
      type,
      labels.length === 0 ? '-' : labels.map(code).join(', '),
      help,
    ]),
  );
}

const REPEATS = {
  'same-incarnation': 'the same start of the process, same digest',
  'same-digest': 'any listed node, same digest',
  never: 'never',
};
const CLAIMANTS = {
  'every-ready': 'every ready node; a standby after its delay',
  'on-watch': 'the active node',
};
const CEILINGS = { clock: 'the clock of the service', observed: 'what other nodes and observers saw' };

/** docs/duty/reference/duties.md */
export function dutiesPage() {
  return page('Duties', [
    'A duty is a kind of signing. A unit of it is one instance, and has parts that are signed one by one. `enter` opens a unit and signs nothing.',
    table(
      ['duty', 'unit', 'parts', 'digest', 'owner of a unit'],
      DUTIES.map((duty) => [
        code(duty.name),
        duty.fields.map(({ name, bits }) => `${name} (u${bits})`).join(' / '),
        duty.parts.join(', '),
        duty.digestBytes === 0 ? 'none' : `${duty.digestBytes} bytes`,
        duty.owner === 'node' ? 'the node, across restarts' : 'one start of the process',
      ]),
    ),
    table(
      ['duty', 'an equal claim is granted again to', 'who claims', 'a new unit is bounded by', 'remembered'],
      DUTIES.map((duty) => [
        code(duty.name),
        REPEATS[duty.repeat],
        CLAIMANTS[duty.claimants],
        CEILINGS[duty.ceiling],
        `${duty.window} ${duty.window === 1 ? 'unit' : 'units'}`,
      ]),
    ),
    'Units are written in decimal without leading zeros, fields joined by `/`: `281234567`, `12/345`. Their order is the order of the fields from left to right.',
    'A GRANDPA digest is the 32-byte target hash followed by the target number as 8 bytes, big-endian. `aura-blocks` is `aura` on chains with several blocks a slot. `aura-parachain` is the block of a collator; `relayParent` is the first 8 bytes of the identifier of its relay parent, as a big-endian number: of the hash, or of the storage root where the header has that. `aura-scheduling` is the scheduling info with which a collator submits blocks again; `slot` is that of the parachain at the internal scheduling parent, `core` the core selector, and `schedulingParent` the first 8 bytes of the hash of that parent. No released SDK signs it: [decision 0090](../../decisions/0090-aura-scheduling.md).',
    'Parachain backing, approvals and disputes are not among them: they are not gated per unit. In the relay node a lease keeps their keys on the active machine.',
  ]);
}

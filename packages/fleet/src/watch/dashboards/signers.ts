import { CHOSEN, type Dashboard, lines, number, RATE, table } from '@watchbill/kit/alerts';

const STASH = `${CHOSEN},node=~"$node"`;

/** Signers: sets, keys, blocks, votes. */
export const SIGNERS: Dashboard = {
  uid: 'watchbill-signers',
  title: 'Watchbill: signers',
  about: 'Validators and collators: whether they are in the set, have their keys, and sign.',
  choices: [
    { name: 'network', series: 'watchbill_fleet_in_set', label: 'network' },
    { name: 'place', series: 'watchbill_fleet_in_set', label: 'place' },
    { name: 'node', series: 'watchbill_fleet_in_set', label: 'node' },
  ],
  panels: [
    number(
      'In the set',
      'Stashes that are in the set of this session.',
      'short',
      `sum(watchbill_fleet_in_set{set="current",${STASH}})`,
    ),
    number(
      'Expected, and not in it',
      'Stashes that should be in the set and are not.',
      'short',
      `count(watchbill_fleet_in_set{set="current",expected="yes",${STASH}} == 0) or vector(0)`,
      {
        bad: { at: 1, when: 'above' },
      },
    ),
    number(
      'Keys missing',
      'Keys that the chain has and the node does not.',
      'short',
      `count(watchbill_fleet_keys_held{${STASH}} == 0) or vector(0)`,
      {
        bad: { at: 1, when: 'above' },
      },
    ),
    number(
      'Session',
      'The highest index that was seen.',
      'short',
      `max(watchbill_fleet_session_index{${CHOSEN}})`,
    ),
    table(
      'Sets',
      '1: in the set of this session (current) or of the next one (next).',
      'short',
      `watchbill_fleet_in_set{${STASH}}`,
    ),
    table(
      'Keys',
      '1: the node has the keys of this session (current), of the next (queued), and those that are registered. A missing series is unknown.',
      'short',
      `watchbill_fleet_keys_held{${STASH}}`,
    ),
    lines('Sessions until keys sign', '2 after keys were registered, then 1, then 0.', 'short', [
      { expr: `watchbill_fleet_keys_sessions_left{${STASH}}`, legend: '{{node}}' },
    ]),
    lines('Blocks an hour', 'Final blocks, by the kind of claim to the slot.', 'short', [
      { expr: `increase(watchbill_fleet_blocks_authored_total{${STASH}}[1h])`, legend: '{{node}} {{claim}}' },
    ]),
    lines(
      'Own slots without a block, an hour',
      'Empty slots that certainly belonged to it: turns of Aura, secondary slots of BABE. Slots that a validator won, and missed, are not included, because only its own key shows them.',
      'short',
      [{ expr: `increase(watchbill_fleet_slots_missed_total{${STASH}}[1h])`, legend: '{{node}} {{claim}}' }],
    ),
    lines('Slots without an owner, an hour', 'The chain does not show their owner.', 'short', [
      { expr: `increase(watchbill_fleet_slots_without_owner_total{${CHOSEN}}[1h])`, legend: '{{runtime}}' },
      {
        expr: `increase(watchbill_fleet_blocks_passed_over_total{${CHOSEN}}[1h])`,
        legend: '{{runtime}}: blocks passed over',
      },
    ]),
    lines(
      'Blocks that the node built, an hour',
      'As the node counts them, including blocks that lost.',
      'short',
      [
        {
          expr: `increase(substrate_proposer_block_constructed_count{${CHOSEN},instance=~"$node"}[1h])`,
          legend: '{{instance}}',
        },
      ],
    ),
    lines('Time to build a block', '95 % of the blocks take less.', 's', [
      {
        expr: `histogram_quantile(0.95, sum by (instance, le) (rate(substrate_proposer_block_constructed_bucket{${CHOSEN},instance=~"$node"}[${RATE}])))`,
        legend: '{{instance}}',
      },
    ]),
    lines(
      'GRANDPA votes a minute',
      'If a validator of the set shows no votes while finality advances, its votes do not arrive.',
      'short',
      [
        {
          expr: `rate(substrate_finality_grandpa_prevotes_total{${CHOSEN},instance=~"$node"}[${RATE}]) * 60`,
          legend: '{{instance}} prevotes',
        },
        {
          expr: `rate(substrate_finality_grandpa_precommits_total{${CHOSEN},instance=~"$node"}[${RATE}]) * 60`,
          legend: '{{instance}} precommits',
        },
      ],
    ),
    lines('GRANDPA round', 'Rises while finality advances; restarts with each set.', 'short', [
      { expr: `substrate_finality_grandpa_round{${CHOSEN},instance=~"$node"}`, legend: '{{instance}}' },
    ]),
  ],
};

import type { Thresholds } from '@watchbill/kit/alerts';
import { type Alert, type AlertGroup, NODE, WHO } from '@watchbill/kit/alerts';

/** Alerts for nodes that sign. Only the exporter reports these facts about their duties. */
export function signerAlerts(limits: Thresholds): AlertGroup {
  return {
    name: 'watchbill-signer',
    about: 'validators and collators',
    alerts: [...dutyAlerts(limits), ...setAlerts(), ...keyAlerts(limits)],
  };
}

function dutyAlerts({ authorMinutes, voteMinutes }: Thresholds): readonly Alert[] {
  return [
    {
      name: 'AuthorsNothing',
      severity: 'page',
      expr: `increase(substrate_proposer_block_constructed_count{role=~"validator|collator"}[${authorMinutes}m]) == 0 and on (network, instance, chain) changes(substrate_block_height{status="best"}[${authorMinutes}m]) > 0`,
      for: '1m',
      summary: `${WHO} has made no block for ${authorMinutes} minutes while the chain advanced`,
      means:
        'The validator makes no blocks while others do: it is not in the set, has other keys, or is denied.',
      todo: 'check whether it is in the active set, and whether its keys are those that the chain has for it',
    },
    {
      name: 'VotesNot',
      severity: 'page',
      expr: `increase(substrate_finality_grandpa_prevotes_total{role="validator"}[${voteMinutes}m]) == 0 and on (network, instance, chain) changes(substrate_block_height{status="finalized"}[${voteMinutes}m]) > 0`,
      for: '1m',
      summary: `${WHO} has cast no vote for ${voteMinutes} minutes while finality advanced`,
      means:
        'The validator casts no votes while finality advances without it. It may look healthy otherwise.',
      todo: 'check whether it is in the active set; with a gate, look up the denials of the permission service',
    },
    {
      name: 'NoTrustedPeers',
      severity: 'page',
      expr: `substrate_sub_libp2p_peers_count{role=~"validator|collator"} == 0`,
      for: '1m',
      summary: `${WHO} has no peers: its signatures reach no other node`,
      means: 'The blocks and votes of a signer without peers reach no other node.',
      todo: 'look at its network; if it stays cut off, hand over to another node',
    },
  ];
}

function setAlerts(): readonly Alert[] {
  return [
    {
      name: 'NotInSet',
      severity: 'page',
      expr: 'watchbill_fleet_in_set{set="current",expected="yes"} == 0',
      for: '10m',
      summary: `the stash of ${NODE} is not in the set of this session`,
      means: 'The stash was chilled, slashed or not elected, so it earns nothing.',
      todo: 'check whether it was chilled, slashed or not elected; if it only waits for its election, set `waits: true`',
    },
    {
      name: 'LeavesSet',
      severity: 'ticket',
      expr: 'watchbill_fleet_in_set{set="next",expected="yes"} == 0 and on (network, node, stash) watchbill_fleet_in_set{set="current"} == 1',
      for: '1m',
      summary: `the stash of ${NODE} is in the set, and not in that of the next session`,
      means:
        'The stash signs in this session and not in the next: chilled, not elected, or disabled after an offence.',
      todo: 'check the reason: it was chilled on purpose, not elected, or disabled after an offence',
    },
  ];
}

function keyAlerts(limits: Thresholds): readonly Alert[] {
  const { keysHours } = limits;
  return [
    {
      name: 'KeysMissing',
      severity: 'page',
      // Another node of the stash may have them, or that is unknown: then the alert stays silent.
      expr: 'watchbill_fleet_keys_held == 0 unless on (network, stash, keys) watchbill_fleet_keys_held == 1 unless on (network, stash, keys) watchbill_fleet_unknown{what=~"keys-held|keys-not-asked"}',
      for: '2m',
      summary: `${NODE} does not have the {{ $labels.keys }} session keys that the chain has for {{ $labels.stash }}, and no other node of the stash does`,
      means:
        'The chain expects signatures of keys that no node of the stash has. With `current`, the validator signs nothing now.',
      todo: 'make new keys with `watchbill fleet keys rotate` and register them; never copy keys from another machine. With `current`, the validator signs nothing now',
      run: 'watchbill fleet keys rotate',
    },
    {
      name: 'KeysHeldTwice',
      severity: 'page',
      expr: heldTwice(),
      for: '1m',
      summary:
        '{{ $value }} nodes of {{ $labels.network }} have the {{ $labels.keys }} session keys of {{ $labels.stash }}, and can sign one slot twice',
      means: 'Two nodes can sign one slot with the same key. That is an equivocation, and it is slashed.',
      todo: 'stop one of them now, and make sure that it is not started again; then make new keys with `watchbill fleet keys rotate`. Two nodes may have one key set only if both ask the same permission services (duty)',
      run: 'watchbill fleet keys rotate',
    },
    {
      name: 'KeysNotRegistered',
      severity: 'ticket',
      expr: 'watchbill_fleet_keys_registered == 0',
      for: '10m',
      summary: `the chain has no session keys for the stash of ${NODE}`,
      means: 'The chain has no session keys for the stash, so it is not elected.',
      todo: 'register keys of the node with `watchbill fleet keys rotate`; without them the stash is not elected',
      run: 'watchbill fleet keys rotate',
    },
    {
      name: 'KeysLate',
      severity: 'ticket',
      expr: 'watchbill_fleet_keys_sessions_left > 0',
      for: `${keysHours}h`,
      summary: `keys of ${NODE} were registered ${keysHours} hours ago, and the old ones still sign`,
      means: 'New keys take effect two sessions after they were registered. These did not.',
      todo: 'check whether sessions change at all, and the state of the rotation; keep the old node running',
    },
    {
      name: 'SlotsMissed',
      severity: 'ticket',
      expr: missed(limits),
      for: '5m',
      summary: `{{ $value | humanizePercentage }} of the slots of ${NODE} that are known passed without a block`,
      means: 'Slots that belonged to this validator passed without its block.',
      todo: 'look at its clock, its peers and the time that its blocks take; with a gate, look up the denials of the permission service',
    },
  ];
}

/**
 * Of the slots that are known to be its own: empty ones, and those with its blocks. Only its own key shows
 * slots that it won and missed.
 */
function missed({ missedMinutes, missedLeast, missedShare }: Thresholds): string {
  const grown = (series: string) =>
    `sum by (network, place, pool, role, node, stash) (increase(${series}[${missedMinutes}m]))`;
  const [empty, made] = ['watchbill_fleet_slots_missed_total', 'watchbill_fleet_blocks_authored_total'].map(
    grown,
  );
  return `${empty} / (${empty} + ${made}) > ${missedShare} and ${empty} >= ${missedLeast}`;
}

/**
 * Two exporters may report one node, so the alert counts nodes. A validator that moves has other keys at
 * either end. The same account may be a validator and, with other keys, a collator. Nodes that ask the same
 * permission services before they sign may share.
 */
function heldTwice(): string {
  const whose = 'network, role, stash, keys';
  const held = 'watchbill_fleet_keys_held';
  const nodes = `count by (${whose}) (max by (${whose}, node) (${held} == 1)) > 1`;
  const asksDiffer = `count by (${whose}) (count by (${whose}, duty) (${held} == 1)) > 1`;
  return `${nodes} and on (${whose}) (${held}{duty=""} == 1 or ${asksDiffer})`;
}

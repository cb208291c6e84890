import { type AlertGroup, rulesFile } from '@watchbill/kit/alerts';

const GUARD = 'the guard at {{ $labels.instance }}';
const STATUS = 'watchbill guard status';

/**
 * Alerts of guards of stock nodes. Prometheus scrapes them in a job named `watchbill-guard`. A shadow
 * decides and does nothing, so it raises none of those about keys.
 */
export function guardAlerts(): AlertGroup {
  return {
    name: 'watchbill-guard',
    about: 'guards of stock nodes',
    alerts: [...keyAlerts(), ...processAlerts(), ...pairAlerts()],
  };
}

const HEAD = 'Alerts of guards of stock nodes. Made by `watchbill monitor rules --of guard`.';

/** The rules file of Prometheus for guards. */
export function guardRulesYaml(): string {
  return rulesFile(HEAD, [guardAlerts()]);
}

function keyAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'GuardKeyRefused',
      severity: 'page',
      expr: 'max by (instance, kind) (watchbill_guard_keys{state="refused",mode!="shadow"}) > 0',
      for: '1m',
      summary: `${GUARD} refuses to place the {{ $labels.kind }} key`,
      means:
        'The validator does not sign with this key. Another process votes with it, the keys do not match the chain, or the clock stepped outside of the durable slots. Do not place the key by hand: a clone that runs is slashed with you.',
      todo: 'read the reason in the status; find and stop the other process, or correct the keys or the clock',
      run: STATUS,
    },
    {
      name: 'GuardKeyWaits',
      severity: 'page',
      expr: 'max by (instance, kind) (watchbill_guard_key_wait_seconds{mode!="shadow"}) > 600',
      for: '1m',
      summary: `${GUARD} has not placed the {{ $labels.kind }} key for more than ten minutes`,
      means:
        'The validator does not sign with this key. Usually the wait takes less than a minute. It has no end while a witness does not answer, while the network finalises no block, or if the chain has three authorities or fewer.',
      todo: 'read the condition in the status; if it needs a person, make sure that no other node has the keys, and use `watchbill guard allow`',
      run: STATUS,
    },
  ];
}

const PAIR = 'the pair {{ $labels.pair }}';

function pairAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'GuardPairInactive',
      severity: 'page',
      expr: 'sum by (pair) (watchbill_guard_active) == 0',
      for: '5m',
      summary: `${PAIR} has had no active machine for five minutes`,
      means:
        'The validator does not sign. The active machine stopped, or it cannot renew its role in the store. A standby does not take over by itself, unless it has a fence.',
      todo: 'find out which machine is active and whether its guard runs; start it, or take over with the standby',
      run: 'watchbill guard pair',
    },
    {
      name: 'GuardPairTwoActive',
      severity: 'page',
      expr: 'sum by (pair) (watchbill_guard_active) > 1',
      for: '1m',
      summary: `${PAIR} has two active machines`,
      means:
        'Both machines may sign with the same keys. One of them was frozen while a person took over from it, or the store was put back to an earlier state.',
      todo: 'switch one machine off now, and find out why the other one was considered dead',
      run: 'watchbill guard pair',
    },
    {
      name: 'GuardPairUnread',
      severity: 'ticket',
      expr: 'increase(watchbill_guard_pair_failures_total[10m]) > 5',
      for: '0m',
      summary: `${GUARD} gets no certain answer from the store of its pair`,
      means:
        'If the active machine cannot renew its role for 30 seconds, its guard ends the node. If the standby cannot, a hand-over is refused.',
      todo: 'look at the health of the store, and at the network between it and this machine',
      run: 'journalctl -u watchbill-guard',
    },
    {
      name: 'GuardFenceFails',
      severity: 'ticket',
      expr: 'increase(watchbill_guard_fences_total{result="unknown"}[10m]) > 0',
      for: '0m',
      summary: `the fence of ${GUARD} did not confirm that the silent machine is off`,
      means:
        'The active machine is silent, and the standby did not take over, because that machine may still sign.',
      todo: 'read the output of the fence in the log; then switch the machine off by hand, and take over',
      run: 'journalctl -u watchbill-guard',
    },
  ];
}

function processAlerts(): AlertGroup['alerts'] {
  return [
    {
      name: 'GuardDown',
      severity: 'page',
      expr: 'up{job="watchbill-guard"} == 0',
      for: '2m',
      summary: `${GUARD} does not answer`,
      means:
        'The guard ended or hangs. The node ends with it, so the validator signs nothing. Custody may have failed, for example because of a file in the keystore that the guard did not place.',
      todo: 'read the log of the unit: its last line names the cause and the remedy',
      run: 'journalctl -u watchbill-guard',
    },
    {
      name: 'GuardNodeRestarts',
      severity: 'ticket',
      expr: 'increase(watchbill_guard_node_starts_total{mode!="shadow"}[1h]) > 3',
      for: '0m',
      summary: `${GUARD} started its node {{ $value | humanize }} times within an hour`,
      means: 'The node ends by itself again and again. It misses units at each start.',
      todo: 'read the log of the node before each end',
      run: 'journalctl -u watchbill-guard',
    },
    {
      name: 'GuardLapsed',
      severity: 'ticket',
      expr: 'increase(watchbill_guard_lapses_total{mode!="shadow"}[1h]) > 0',
      for: '0m',
      summary: `${GUARD} was paused longer than its lease, and ended its node`,
      means:
        'The machine was suspended or paused, or it had no processor time for ten seconds. The guard ended the node, because the validator may have been started elsewhere meanwhile.',
      todo: 'switch off suspend, and look for pauses of the virtual machine and for load',
      run: 'journalctl -u watchbill-guard',
    },
  ];
}

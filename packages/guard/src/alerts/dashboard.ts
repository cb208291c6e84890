import { type Dashboard, lines, number } from '@watchbill/kit/alerts';

const OF = 'instance=~"$node"';

/** Guards of stock nodes: which keys are placed, how long the others wait, and how often nodes start. */
export const GUARD_DASHBOARD: Dashboard = {
  uid: 'watchbill-guard',
  title: 'Watchbill: guards of stock nodes',
  about: 'Which session keys are placed, how long the others have waited, and how often nodes start.',
  choices: [{ name: 'node', series: 'watchbill_guard_node_up', label: 'instance' }],
  panels: [
    number(
      'Refused keys',
      'Keys that the guards refuse to place; each one is an alarm.',
      'short',
      `sum(watchbill_guard_keys{state="refused",${OF}})`,
      { bad: { at: 1, when: 'above' } },
    ),
    number(
      'Longest wait',
      'For the kind of key that waits longest.',
      's',
      `max(watchbill_guard_key_wait_seconds{${OF}})`,
      {
        bad: { at: 600, when: 'above' },
      },
    ),
    number('Nodes that run', 'Nodes below their guards.', 'short', `sum(watchbill_guard_node_up{${OF}})`, {
      bad: { at: 1, when: 'below' },
    }),
    number(
      'Lapses',
      'Guards that were paused longer than their lease, in a day.',
      'short',
      `sum(increase(watchbill_guard_lapses_total{${OF}}[1d]))`,
      { bad: { at: 1, when: 'above' } },
    ),
    lines('Waits', 'Since a key of the kind was placed last; 0 while it is placed.', 's', [
      { expr: `watchbill_guard_key_wait_seconds{${OF}}`, legend: '{{instance}} {{kind}}' },
    ]),
    lines('Starts of nodes', 'In an hour.', 'short', [
      { expr: `increase(watchbill_guard_node_starts_total{${OF}}[1h])`, legend: '{{instance}}' },
    ]),
    lines('Failed readings', 'In an hour, of the own node and of the witnesses.', 'short', [
      { expr: `increase(watchbill_guard_failed_readings_total{${OF}}[1h])`, legend: '{{instance}} {{node}}' },
    ]),
    lines('Refusals and lost roles', 'In an hour, by kind of key, and of the active role.', 'short', [
      { expr: `increase(watchbill_guard_refusals_total{${OF}}[1h])`, legend: '{{instance}} {{kind}}' },
      { expr: `increase(watchbill_guard_role_losses_total{${OF}}[1h])`, legend: '{{instance}} role' },
    ]),
    lines('Placed keys', 'In an hour, by kind.', 'short', [
      { expr: `increase(watchbill_guard_keys_placed_total{${OF}}[1h])`, legend: '{{instance}} {{kind}}' },
    ]),
  ],
};

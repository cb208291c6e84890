// A healthy month fires no alert of any capability; each incident that operators reported fires the right
// ones.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fleetMonitoring } from '@watchbill/fleet/watch';
import type { Alert } from '@watchbill/kit/alerts';
import { field, temporaryFolder } from '@watchbill/kit/testing';
import { alertsOf, MONITORING } from './all.ts';
import { DAY } from './case.ts';
import { healthy } from './healthy.ts';
import { INCIDENTS } from './incidents.ts';
import { metricsIn } from './metric-names.ts';
import { run } from './programs.ts';

const ALERTS: readonly Alert[] = [
  ...new Map(
    Object.values({ ...MONITORING, fleet: fleetMonitoring() })
      .flatMap(alertsOf)
      .map((alert) => [alert.name, alert]),
  ).values(),
];
const DAYS = 30;
/** The control needs no whole month. */
const CONTROL_DAYS = 6;
/** The rules of a month are evaluated twice an hour, so a short dip is pending at most. */
const MONTH_EVERY = '30m';
/** Fires always. */
const ASIDE = 'Watching';

interface Run {
  readonly series: Readonly<Record<string, string>>;
  readonly every: string;
  readonly minutes: number;
  readonly expr: string;
  readonly names: readonly string[];
}

/** Runs all rules over series of one value a minute; throws if the answer is not exactly `names`. */
function expectAlerts(context: TestContext, { series, every, minutes, expr, names }: Run): void {
  const folder = temporaryFolder(context);
  const rules = ALERTS.map(({ name, expr: condition, for: wait }) => ({
    alert: name,
    expr: condition,
    for: wait,
  }));
  writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups: [{ name: 'all', rules }] }));
  const tests = [
    {
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [
        {
          expr,
          eval_time: `${minutes}m`,
          exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
        },
      ],
    },
  ];
  const file = join(folder, 'tests.json');
  writeFileSync(file, JSON.stringify({ rule_files: ['rules.json'], evaluation_interval: every, tests }));
  run('promtool', 'test', 'rules', file);
}

const firedIn = (days: number): string =>
  `group by (alertname) (max_over_time(ALERTS{alertstate="firing",alertname!="${ASIDE}"}[${days}d]))`;
const FIRING = `group by (alertname) (ALERTS{alertstate="firing",alertname!="${ASIDE}"})`;

test('the month has series for every alert, so that silence means something', () => {
  const there = new Set(Object.keys(healthy(1)).map((name) => name.replace(/\{.*/, '')));
  const blind = ALERTS.filter(({ expr }) => !metricsIn(expr).every((name) => there.has(name)));
  assert.deepEqual(blind.map(field('name')), []);
});

test('a healthy month, with restarts, an election, a rotation and an upgrade, fires no alert', (context) => {
  expectAlerts(context, {
    series: healthy(DAYS),
    every: MONTH_EVERY,
    minutes: DAYS * DAY,
    expr: firedIn(DAYS),
    names: [],
  });
});

test('control: one frozen hour in such days is found', (context) => {
  const [frozen = ''] = Object.keys(healthy(1)).filter((name) => name.startsWith('watchbill_key_frozen'));
  assert.notEqual(frozen, '');
  expectAlerts(context, {
    series: { ...healthy(CONTROL_DAYS), [frozen]: `0+0x${3 * DAY} 1+0x59 0+0x${2 * DAY}` },
    every: MONTH_EVERY,
    minutes: CONTROL_DAYS * DAY,
    expr: firedIn(CONTROL_DAYS),
    names: ['WatchbillKeyFrozen'],
  });
});

for (const { what, series, minutes, fires } of INCIDENTS) {
  test(`incident: ${what}`, (context) => {
    const usual = healthy(1);
    expectAlerts(context, {
      series: { ...usual, ...series },
      every: '1m',
      minutes,
      expr: FIRING,
      names: fires.toSorted(),
    });
  });
}

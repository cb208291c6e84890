// Every alert of the permission service with Prometheus' own test program: data that must fire it, and
// similar data that must not.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  GATE_SERIES,
  SERVICE_DASHBOARD,
  serviceGroups,
  serviceRulesYaml,
  thresholdsShape,
} from '@watchbill/duty/alerts';
import { METRICS } from '@watchbill/duty/service';
import { EXPORTER_METRICS } from '@watchbill/fleet/watch/exporter';
import { nominateAlerts } from '@watchbill/nominate/alerts';
import { NOMINATE_METRICS } from '@watchbill/nominate/api';
import { stringify } from 'yaml';
import { metricsIn } from './metric-names.ts';
import { folderOf, run } from './programs.ts';
import { testRules } from './run-cases.ts';
import { SERVICE_CASES } from './service-cases.ts';

const LIMITS = thresholdsShape.parse({});
const ALERTS = [...serviceGroups(LIMITS), nominateAlerts()].flatMap(({ alerts }) => alerts);
const NAMES = ALERTS.map(({ name }) => name);
const RULES = serviceRulesYaml(LIMITS, [nominateAlerts()]);

testRules(RULES, NAMES, SERVICE_CASES);

test('alerts and panels read series that are served', () => {
  const histograms = [...Object.values(METRICS), ...GATE_SERIES].flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`] : [name],
  );
  const known = new Set([
    'up',
    ...histograms,
    ...Object.values(NOMINATE_METRICS).map(({ name }) => name),
    ...Object.values(EXPORTER_METRICS).map(({ name }) => name),
  ]);
  const { panels, choices } = SERVICE_DASHBOARD;
  const exprs = [
    ...ALERTS.map(({ expr }) => expr),
    ...panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)),
    ...choices.map(({ series }) => series),
  ];
  const read = [...new Set(exprs.flatMap((expr) => metricsIn(expr)))];
  assert.ok(read.length > 30, `${read.length} series`);
  // Those of etcd are looked up at a real member: packages/duty/test/etcd/metrics.test.ts.
  assert.deepEqual(
    read.filter((name) => !known.has(name) && !name.startsWith('etcd_')),
    [],
  );
});

test('every panel is a question that Prometheus understands', (context) => {
  const file = join(folderOf(context), 'panels.yaml');
  const exprs = SERVICE_DASHBOARD.panels.flatMap(({ queries }) => queries.map(({ expr }) => expr));
  const rules = exprs.map((expr, at) => ({
    record: `panel:number:${at}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }, { lineWidth: 0 }));
  assert.match(run('promtool', 'check', 'rules', file), new RegExp(`SUCCESS: ${rules.length} rules found`));
});

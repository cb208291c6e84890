// A dashboard that reads a series which nobody serves shows nothing, and an alert never fires: every name is
// looked up where it comes from.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COORDINATE_METRICS } from '@watchbill/coordinate';
import { gateSeries } from '@watchbill/duty/alerts/testing/gate-series';
import { METRICS } from '@watchbill/duty/service';
import { GATEWAY_METRICS } from '@watchbill/fleet/gateway';
import { EXPORTER_METRICS } from '@watchbill/fleet/watch/exporter';
import { GUARD_METRICS } from '@watchbill/guard';
import type { MetricEntry } from '@watchbill/kit/metrics';
import { temporaryFolder } from '@watchbill/kit/testing';
import { NOMINATE_METRICS } from '@watchbill/nominate/api';
import { freePorts, waitFor } from '@watchbill/testkit';
import { stringify } from 'yaml';
import { ALL, alertsOf, boardsOf, choicesOf, questionsOf } from './all.ts';
import { metricsIn, seriesIn } from './metric-names.ts';
import { run } from './programs.ts';

const NODE_METRICS = fileURLToPath(new URL('./node-metrics.txt', import.meta.url));
const WAIT = { timeoutMs: 120_000, everyMs: 50 };
const BOARDS = ALL.flatMap(boardsOf);
/** Made by Prometheus itself. */
const OF_PROMETHEUS = ['up', 'ALERTS'];
/** As the reference of kube-state-metrics has them; it does not run here. */
const OF_STATE = [
  'created',
  'spec_suspend',
  'next_schedule_time',
  'status_last_schedule_time',
  'status_last_successful_time',
].map((what) => `kube_cronjob_${what}`);
/** As the reference of Kubernetes' metrics has them; no kubelet runs here. */
const OF_KUBELETS = ['available', 'capacity', 'used'].map((what) => `kubelet_volume_stats_${what}_bytes`);

/** What a real node_exporter serves. */
async function machineSeries(context: TestContext): Promise<ReadonlySet<string>> {
  const [port = 0] = await freePorts(1);
  const child = spawn('prometheus-node-exporter', [`--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  });
  context.after(async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const url = `http://127.0.0.1:${port}/metrics`;
  await waitFor('node_exporter answers', async () => (await fetch(url).catch(() => null))?.ok === true, WAIT);
  return seriesIn(await (await fetch(url)).text());
}

/** The series of a table, as Prometheus sees them. */
function seriesOf(entries: readonly { readonly name: string; readonly type: string }[]): readonly string[] {
  return entries.flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
  );
}

const TABLES = [
  METRICS,
  COORDINATE_METRICS,
  GUARD_METRICS,
  NOMINATE_METRICS,
  GATEWAY_METRICS,
  EXPORTER_METRICS,
].flatMap((table) => Object.values<MetricEntry>(table));

/** What is read, and served by none of these. */
function strange(
  readers: readonly { readonly who: string; readonly expr: string }[],
  known: ReadonlySet<string>,
): readonly string[] {
  return readers.flatMap(({ who, expr }) =>
    metricsIn(expr)
      // Those of etcd are looked up at a real member: packages/duty/test/etcd/metrics.test.ts.
      .filter((name) => !known.has(name) && !name.startsWith('etcd_'))
      .map((name) => `${who}: ${name}`),
  );
}

test('every series of every alert and every board is one that somebody serves', async (context) => {
  const known = new Set([
    ...OF_PROMETHEUS,
    ...OF_KUBELETS,
    ...OF_STATE,
    ...readFileSync(NODE_METRICS, 'utf8').split('\n'),
    ...seriesOf([...TABLES, ...gateSeries()]),
    ...(await machineSeries(context)),
  ]);
  const readers = [
    ...ALL.flatMap(alertsOf).map(({ name, expr }) => ({ who: name, expr })),
    ...BOARDS.flatMap((board) => [...questionsOf(board), ...choicesOf(board)]),
  ];
  assert.ok(readers.length > 200, `${readers.length}`);
  assert.deepEqual(strange(readers, known), []);
});

test('the names are found in expressions of all kinds', () => {
  const expr =
    'sum by (a, b) (rate(x_total{c="d{e}"}[5m])) / on (f) group_left () y > bool 2e6 and z:w offset 5m or vector(1) unless ignoring(g) up == 0';
  assert.deepEqual(metricsIn(expr).toSorted(), ['up', 'x_total', 'y', 'z:w']);
});

test('every question of a board is one that Prometheus understands', (context) => {
  const file = join(temporaryFolder(context), 'panels.yaml');
  const rules = BOARDS.flatMap(questionsOf).map(({ expr }, at) => ({
    record: `panel:number:${at}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }, { lineWidth: 0 }));
  assert.match(run('promtool', 'check', 'rules', file), new RegExp(`SUCCESS: ${rules.length} rules found`));
});

test('control: a board that reads an unknown series is found', () => {
  assert.deepEqual(strange([{ who: 'a panel', expr: 'rate(watchbill_gone_total[5m])' }], new Set()), [
    'a panel: watchbill_gone_total',
  ]);
});

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
import { GATE_SERIES } from '@watchbill/duty/alerts';
import { METRICS } from '@watchbill/duty/service';
import { GATEWAY_METRICS } from '@watchbill/fleet/gateway';
import { EXPORTER_METRICS } from '@watchbill/fleet/watch/exporter';
import { GUARD_METRICS } from '@watchbill/guard';
import type { MetricEntry } from '@watchbill/kit/metrics';
import { NOMINATE_METRICS } from '@watchbill/nominate/api';
import { freePorts, waitFor } from '@watchbill/testkit';
import { stringify } from 'yaml';
import { ALL, alertsOf, boardsOf, choicesOf, LIMITS, MONITORING, namesOf, questionsOf } from './all.ts';
import { boardFaults, linkFaults } from './board-faults.ts';
import { metricsIn, seriesIn } from './metric-names.ts';
import { folderOf, run } from './programs.ts';

const NODE_METRICS = fileURLToPath(new URL('./node-metrics.txt', import.meta.url));
const WAIT = { timeoutMs: 120_000, everyMs: 50 };
const BOARDS = ALL.flatMap(boardsOf);
/** Alerts of the permission service that a fleet has too: its own board leads to them. */
const OF_SERVICES = /^(Standby|UnitsMissed)/;
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
    ...seriesOf([...TABLES, ...GATE_SERIES]),
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
  const file = join(folderOf(context), 'panels.yaml');
  const rules = BOARDS.flatMap(questionsOf).map(({ expr }, at) => ({
    record: `panel:number:${at}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }, { lineWidth: 0 }));
  assert.match(run('promtool', 'check', 'rules', file), new RegExp(`SUCCESS: ${rules.length} rules found`));
});

test('boards have the form of Grafana, panels that do not overlap, and no choice that is not there', () => {
  assert.equal(new Set(BOARDS.map(({ uid }) => uid)).size, BOARDS.length);
  assert.deepEqual(BOARDS.flatMap(boardFaults), []);
});

test('each alert has a link from a panel of its capability to its section of the page', () => {
  for (const monitoring of ALL) {
    const names = namesOf(monitoring).filter((name) => name !== 'Watching' && !OF_SERVICES.test(name));
    const own = monitoring === MONITORING.service ? namesOf(monitoring) : names;
    assert.deepEqual(linkFaults(boardsOf(monitoring), own), []);
  }
});

test('a panel turns red where the alert of its series fires', () => {
  const redOf = (title: string) => {
    const panel = BOARDS.flatMap(({ panels }) => panels).find((one) => one.title === title);
    return panel?.fieldConfig?.defaults.thresholds?.steps.find(({ color }) => color === 'red')?.value ?? null;
  };
  const exprOf = (name: string) => ALL.flatMap(alertsOf).find((alert) => alert.name === name)?.expr ?? '';
  assert.equal(redOf('Oldest'), LIMITS.backupHours * 3_600);
  assert.equal(redOf('Longest without a trial'), LIMITS.drillDays * 86_400);
  assert.equal(redOf('Fullest queue'), LIMITS.channelItems);
  for (const [title, alert] of [
    ['Age of the snapshot', 'NominateSnapshotOld'],
    ['Longest wait', 'GuardKeyWaits'],
  ] as const)
    assert.match(exprOf(alert), new RegExp(` > ${redOf(title)}$`), title);
});

test('control: each mistake in a board is found', () => {
  const [board] = boardsOf(MONITORING.service);
  assert.ok(board);
  const [first, second] = board.panels.filter(({ type }) => type === 'stat');
  assert.ok(first && second);
  const wrong = (change: object) => boardFaults({ ...board, ...change }).join('\n');
  const withPanel = (change: object) => wrong({ panels: [{ ...first, ...change }, second] });
  assert.match(wrong({ panles: [] }), /panles/);
  assert.match(withPanel({ type: 'singlestat' }), /panels[.]0: /);
  assert.match(withPanel({ id: second.id }), /two panels have one id/);
  assert.match(withPanel({ gridPos: second.gridPos }), /panels overlap/);
  assert.match(withPanel({ gridPos: { ...first.gridPos, x: 20 } }), /too wide/);
  assert.match(withPanel({ title: 'of $cluster' }), /there is no choice cluster/);
  const target = { ...first.targets?.[0], expr: `up > \${least}` };
  assert.match(withPanel({ targets: [target] }), /has a placeholder/);
  const names = namesOf(MONITORING.service);
  assert.match(linkFaults([board], [...names, 'Newest']).join(), /no panel leads to .*#newest/);
  assert.match(linkFaults([board], names.slice(1)).join(), /leads to no alert/);
  assert.deepEqual(strange([{ who: 'a panel', expr: 'rate(watchbill_gone_total[5m])' }], new Set()), [
    'a panel: watchbill_gone_total',
  ]);
});

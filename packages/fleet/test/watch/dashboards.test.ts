// A dashboard that reads a series which nobody serves shows nothing, and an alert never fires: every name is
// looked up where it comes from.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { METRICS } from '@watchbill/duty/service';
import { gatewayShape, openGateway } from '@watchbill/fleet/gateway';
import { alertGroups, DASHBOARDS, grafanaJson, thresholdsShape } from '@watchbill/fleet/watch';
import { EXPORTER_METRICS } from '@watchbill/fleet/watch/exporter';
import { freePorts, waitFor } from '@watchbill/testkit';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { metricsIn, seriesIn } from './metric-names.ts';
import { folderOf, run } from './programs.ts';

const NODE_METRICS = fileURLToPath(new URL('./node-metrics.txt', import.meta.url));
const WAIT = { timeoutMs: 120_000, everyMs: 50 };
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

/** What a gateway serves, whether its nodes answer or not. */
async function gatewaySeries(): Promise<ReadonlySet<string>> {
  const settings = gatewayShape.parse({
    listen: { port: 0 },
    backends: [{ name: 'away', url: 'ws://127.0.0.1:9' }],
    tiers: { public: { methods: ['*'], requestsPerSecond: 1, burst: 1 } },
    anonymous: 'public',
  });
  const gateway = await openGateway(settings, { log: pino({ level: 'silent' }) });
  try {
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    // Only a gateway with TLS of its own has it.
    return new Set([...seriesIn(text), 'watchbill_gateway_certificate_end_seconds']);
  } finally {
    await gateway.close(0);
  }
}

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

test('every series of every alert and every panel is one that somebody serves', async (context) => {
  const known = new Set([
    ...OF_PROMETHEUS,
    ...OF_KUBELETS,
    ...OF_STATE,
    ...readFileSync(NODE_METRICS, 'utf8').split('\n'),
    ...Object.values(EXPORTER_METRICS).map(({ name }) => name),
    ...Object.values(METRICS).map(({ name }) => name),
    ...(await gatewaySeries()),
    ...(await machineSeries(context)),
  ]);
  const node = { network: 'n', node: 'b' };
  const expected = {
    places: ['east'],
    nodes: [{ ...node, pool: 'p', role: 'rpc', place: 'east' }],
    claims: [{ namespace: 'n', place: null }],
    backups: [node],
    jobs: [{ namespace: 'n', job: 'growth', place: null, minutes: 10 }],
  };
  const alerts = alertGroups(thresholdsShape.parse({}), expected).flatMap((group) => group.alerts);
  const readers = [
    ...alerts.map(({ name, expr }) => ({ who: name, expr })),
    ...DASHBOARDS.flatMap(({ title, panels, choices }) => [
      ...panels.flatMap((panel) =>
        panel.queries.map(({ expr }) => ({ who: `${title}: ${panel.title}`, expr })),
      ),
      ...choices.map(({ name, series }) => ({ who: `${title}: choice of ${name}`, expr: series })),
    ]),
  ];
  const strange = readers.flatMap(({ who, expr }) =>
    metricsIn(expr)
      .filter((name) => !known.has(name))
      .map((name) => `${who}: ${name}`),
  );
  assert.deepEqual(strange, []);
});

test('the names are found in expressions of all kinds', () => {
  const expr =
    'sum by (a, b) (rate(x_total{c="d{e}"}[5m])) / on (f) group_left () y > bool 2e6 and z:w offset 5m or vector(1) unless ignoring(g) up == 0';
  assert.deepEqual(metricsIn(expr).toSorted(), ['up', 'x_total', 'y', 'z:w']);
});

test('every panel is a question that Prometheus understands', (context) => {
  const file = join(folderOf(context), 'panels.yaml');
  const rules = DASHBOARDS.flatMap(({ panels }) =>
    panels.flatMap(({ queries }) =>
      queries.map(({ expr }) => ({ record: 'a:b:c', expr: expr.replaceAll('$__rate_interval', '5m') })),
    ),
  ).map((rule, at) => ({ ...rule, record: `panel:number:${at}` }));
  writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }, { lineWidth: 0 }));
  assert.match(run('promtool', 'check', 'rules', file), new RegExp(`SUCCESS: ${rules.length} rules found`));
});

interface Written {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

test('dashboards have names of their own, panels that do not overlap, and no choice that is not there', () => {
  const all = DASHBOARDS.map((one) => JSON.parse(grafanaJson(one)) as Written);
  assert.equal(new Set(all.map(({ uid }) => uid)).size, all.length);
  for (const { uid, panels, templating } of all) {
    const choices = templating.list.map(({ name }) => name);
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    assert.equal(new Set(cells).size, cells.length, uid);
    assert.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24));
    for (const { expr, datasource } of panels.flatMap(({ targets }) => targets)) {
      assert.equal(datasource.uid, '$source');
      for (const [, name = ''] of expr.matchAll(/\$([a-z]+)/g))
        assert.ok(choices.includes(name), `${uid}: ${expr}`);
    }
  }
});

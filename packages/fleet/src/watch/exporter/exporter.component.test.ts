// Over a real connection to a node that a test writes: what is served, what goes away, what comes back, and
// how it ends.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeChain, SILENCE, startFakeNode } from '@watchbill/chain/testing';
import { temporaryFolder } from '@watchbill/kit/testing';
import { pino } from 'pino';
import { backupFileName, backupText } from '../../run/backup/index.ts';
import { EXPORTER_METRICS } from './catalogue.ts';
import { openExporter } from './exporter.ts';
import { exporterShape } from './settings.ts';
import { saidOf } from './status.ts';
import { targetsOf } from './target.ts';

async function until<Value>(read: () => Promise<Value | null>): Promise<Value> {
  for (let tries = 0; tries < 3_000; tries += 1) {
    const found = await read();
    if (found !== null) return found;
    await sleep(20);
  }
  throw new Error('it did not come about in time');
}

async function begin(context: TestContext, more: Readonly<Record<string, unknown>> = {}, nowMs = Date.now) {
  const { answers, set } = fakeChain({ finalized: 40 });
  const node = await startFakeNode({ ...answers, system_version: () => '1.2.3' });
  context.after(() => node.close());
  const settings = exporterShape.parse({
    network: 'trial',
    listen: { port: 0 },
    everySeconds: 1,
    limits: { callSeconds: 1 },
    nodes: [{ name: 'a', url: node.webSocketUrl, role: 'rpc', diskPath: tmpdir() }],
    ...more,
  });
  const reading = targetsOf(settings, null);
  assert.ok(reading.ok);
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const exporter = await openExporter(settings, reading.ok ? reading.targets : [], { log, nowMs });
  context.after(() => exporter.close());
  const text = async () => (await fetch(exporter.metricsUrl)).text();
  const status = async () => (await fetch(new URL('status', exporter.metricsUrl))).json();
  /** Waits for one answer with all of these lines: the next one may come from another look. */
  const line = (...patterns: readonly RegExp[]) =>
    until(async () => {
      const told = await text();
      return patterns.every((pattern) => pattern.test(told)) ? told : null;
    });
  return { node, set, exporter, text, status, line, lines };
}

test('a node is reported as it is, becomes unknown when it stops, and is reported again when it is back', async (context) => {
  const { node, line, lines, set } = await begin(context);
  await line(
    /watchbill_fleet_finalized_height\{.*node="a"\} 40/,
    /watchbill_fleet_node_info\{.*version="1\.2\.3"\} 1/,
    /watchbill_fleet_disk_size_bytes\{.*\} [1-9]/,
    /watchbill_fleet_unknown\{.*node="a",what="runtime"\} 1/,
  );
  const said = () => lines.filter((one) => one.includes('"what":"head"')).length;
  // A look that came late may have said it before.
  const before = said();
  node.answers.set('chain_getFinalizedHead', () => SILENCE);
  const gone = await line(/watchbill_fleet_node_answers\{.*node="a"\} 0/);
  assert.doesNotMatch(gone, /watchbill_fleet_finalized_height\{/);
  assert.match(gone, /watchbill_fleet_unknown\{.*node="a",what="head"\} 1/);
  node.hangUp();
  const { answers } = fakeChain({ finalized: 41 });
  set({ finalized: 41 });
  node.answers.set('chain_getFinalizedHead', answers.chain_getFinalizedHead ?? (() => SILENCE));
  await line(/watchbill_fleet_finalized_height\{.*node="a"\} 41/);
  assert.equal(said() - before, 1, 'what is unknown is said once');
});

test('every series that is served is in the catalogue, and backups are read from their folder', async (context) => {
  const folder = temporaryFolder(context);
  const state = { network: 'trial', node: 'backup-0', values: { finished: 1_790_000_000, height: 7 } };
  writeFileSync(join(folder, backupFileName(state)), backupText(state));
  writeFileSync(join(folder, 'other.node.prom'), 'node_load1 1\n');
  const { text, line } = await begin(context, { backups: { folder } });
  await line(/watchbill_fleet_backup_finished_timestamp_seconds\{.*node="backup-0"\} 1790000000/);
  const known = new Set<string>(Object.values(EXPORTER_METRICS).map(({ name }) => name));
  const served = (await text()).split('\n').flatMap((one) => /^([a-z_]+)[{ ]/.exec(one)?.[1] ?? []);
  assert.deepEqual(
    [...new Set(served)].filter((name) => !known.has(name)),
    [],
  );
  assert.doesNotMatch(await text(), /what="backups"/);
  // Two that cannot be read are one unknown fact.
  for (const name of ['b', 'c'])
    writeFileSync(join(folder, backupFileName({ network: 'trial', node: name })), 'half a fi');
  await line(/watchbill_fleet_unknown\{.*what="backups"\} 1/);
});

test('a node that is silent does not keep it from ending, and a taken port is said', async (context) => {
  const { node, exporter, line } = await begin(context, { limits: { callSeconds: 60, lookSeconds: 600 } });
  await line(/watchbill_fleet_look_seconds\{/);
  node.answers.set('chain_getFinalizedHead', () => SILENCE);
  await until(async () =>
    node.calls.filter((one) => one === 'chain_getFinalizedHead').length > 1 ? true : null,
  );
  const { port } = new URL(exporter.metricsUrl);
  const settings = exporterShape.parse({ network: 'n', listen: { port: Number(port) } });
  const log = pino({ level: 'silent' });
  await assert.rejects(openExporter(settings, [], { log, nowMs: Date.now }), { code: 'address' });
  await exporter.close();
  await assert.rejects(fetch(exporter.metricsUrl));
});

test('facts that are too old are not told: a look that hangs does not freeze the world', async (context) => {
  let ahead = 0;
  const nowMs = () => Date.now() + ahead;
  const { node, exporter, text, status, line } = await begin(context, { limits: { callSeconds: 30 } }, nowMs);
  await line(/watchbill_fleet_look_seconds\{/);
  node.answers.set('chain_getFinalizedHead', () => SILENCE);
  await until(async () =>
    node.calls.filter((one) => one === 'chain_getFinalizedHead').length > 1 ? true : null,
  );
  assert.match(await text(), /watchbill_fleet_node_answers\{.*\} 1/);
  const { look, said, ...place } = (await status()) as { look: Record<string, unknown>; said: unknown };
  assert.deepEqual(place, { network: 'trial', place: 'here' });
  assert.deepEqual(look.nodes, { asked: 1, answering: 1, silent: [] });
  assert.deepEqual((said as { isWell: boolean }).isWell, true);
  ahead = 600_000;
  const none = saidOf('trial', null);
  assert.deepEqual(await status(), { network: 'trial', place: 'here', look: null, said: none });
  assert.doesNotMatch(await text(), /watchbill_fleet_(node_answers|look_finished_timestamp_seconds)\{/);
  assert.match(await text(), /watchbill_fleet_look_errors_total\{.*\} 0/);
  assert.equal((await fetch(exporter.metricsUrl.replace('/metrics', '/readyz'))).status, 503);
});

test('a clock that is set back during a look does not put off the next one', async (context) => {
  let asked = 0;
  const nowMs = () => {
    asked += 1;
    return Date.now() - (asked > 1 ? 3_600_000 : 0);
  };
  const { node, line } = await begin(context, {}, nowMs);
  await line(/watchbill_fleet_node_answers\{.*node="a"\} 1/);
  const heads = () => node.calls.filter((one) => one === 'chain_getFinalizedHead').length;
  const before = heads();
  await until(async () => (heads() > before ? true : null));
});

test('the index names every route that a person reads, and each answers', async (context) => {
  const { exporter, line } = await begin(context);
  await line(/watchbill_fleet_look_seconds\{/);
  const index = await fetch(new URL('/', exporter.metricsUrl));
  assert.match(index.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const paths = [...(await index.text()).matchAll(/href="([^"]+)"/g)].map(([, path]) => path ?? '');
  assert.deepEqual(paths, ['/status', '/readyz', '/metrics']);
  for (const path of paths) assert.equal((await fetch(new URL(path, exporter.metricsUrl))).status, 200, path);
});

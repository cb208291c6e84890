import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { fields } from '@watchbill/kit/testing';
import { encodeCertificate } from '../../quorum/certificate.ts';
import { readCertificateText } from '../../quorum/certificate-file.ts';
import { windowSchedule } from '../../quorum/identity.ts';
import type { PeerState } from '../../transport/port.ts';
import { RunnerFault } from '../fault.ts';
import type { StateFolder } from '../records/open.ts';
import { openHttp } from './http.ts';
import { COORDINATE_METRICS } from './metric-catalogue.ts';
import { createMetrics } from './metrics.ts';
import { demo, OUTCOME, peersOf, performed, plan, stepped } from './testing/fake-events.ts';
import { createView } from './view.ts';
import type { QuorumEvent } from './watch.ts';

const certificate = demo.certificate(plan, demo.value(plan));

function viewOf(peers: readonly PeerState[]) {
  const parts = { group: demo.group, groupId: plan.groupId, seat: 0, peers: () => peers };
  return createView({ ...parts, stallMs: 600_000, time: systemClock() });
}

function metricsOf() {
  return createMetrics({
    ...{ group: 'demo', member: 'm0', names: ['a', 'b', 'c', 'd'], quorum: 3 },
    ...{ actions: ['call'], faults: ['equivocation'], peers: () => peersOf(true, true, false) },
    refusals: () => new Map([['bad-signature', 4]]),
  });
}

const RUNNING = {
  ...{ window: 1n, action: 'usual', payload: new Uint8Array() },
  ...{ startBlock: 55n, expiryBlock: 95n },
};

const GROUP = { groupId: plan.groupId, schedule: windowSchedule(demo.group) };

describe('what a member serves', () => {
  const files: Pick<StateFolder, 'windows' | 'faults' | 'totals' | 'evidence' | 'certificate'> = {
    certificate: (window) => (window === 3n ? certificate : null),
    windows: () => [],
    faults: () => [],
    totals: () => ({ execute: 2 }),
    evidence: async (name) => (name === '3-m1-mistake.json' ? Buffer.from('{"a":1}') : null),
  };

  test('metrics, health, status and evidence', async (t) => {
    const view = viewOf(peersOf(true, true, true));
    const metrics = metricsOf();
    const http = await openHttp({ host: '127.0.0.1', port: 0, ...GROUP, view, metrics, state: files });
    t.after(() => http.close());
    const get = (path: string) => fetch(`${http.url}${path}`);
    assert.equal((await get('/health')).status, 503);
    const events: readonly QuorumEvent[] = [
      { kind: 'height', height: 61n },
      stepped(1, true),
      stepped(1, true, RUNNING),
      performed({ kind: 'record-outcome', outcome: { ...OUTCOME, to: 7n } }),
      performed({ kind: 'record-fault', window: 3n, fault: { culprit: 'm1', kind: 'mistake' } }),
      performed({ kind: 'dropped', event: 'message', why: 'bad-signature' }),
      { kind: 'frame-dropped', seat: 1, why: 'queue-full' },
      { kind: 'store-failed', what: 'record-outcome', why: '', pauseMs: 1 },
      { kind: 'store-works' },
    ];
    for (const event of events) {
      view.watch(event);
      metrics.watch(event);
    }
    assert.equal((await get('/health')).status, 200);
    const series = await (await get('/metrics')).text();
    for (const line of [
      /^watchbill_coordinate_height\{[^}]*\} 61$/m,
      /^watchbill_coordinate_rank\{[^}]*\} 1$/m,
      /^watchbill_coordinate_peers\{[^}]*\} 2$/m,
      /^watchbill_coordinate_members\{[^}]*\} 4$/m,
      /^watchbill_coordinate_member_connected\{peer="b",[^}]*\} 1$/m,
      /^watchbill_coordinate_member_connected\{peer="d",[^}]*\} 0$/m,
      /^watchbill_coordinate_lease_start\{[^}]*\} 55$/m,
      /^watchbill_coordinate_lease_end\{[^}]*\} 95$/m,
      // An alert sees no increase of a series that begins at 1.
      /^watchbill_coordinate_faults_total\{kind="equivocation",[^}]*\} 0$/m,
      /^watchbill_coordinate_receipts_total\{action="call",result="expired",[^}]*\} 0$/m,
      /^watchbill_coordinate_outcomes_total\{result="failed",reason="no-seed",[^}]*\} 0$/m,
      /^watchbill_coordinate_store_failures_total\{what="store-cursor",[^}]*\} 0$/m,
      /^watchbill_coordinate_outcomes_total\{result="failed",reason="no-certificate",[^}]*\} 5$/m,
      /^watchbill_coordinate_certificates_total\{action="usual",[^}]*\} 1$/m,
      /^watchbill_coordinate_faults_total\{kind="mistake",[^}]*\} 1$/m,
      /^watchbill_coordinate_dropped_total\{event="frame",reason="queue-full",[^}]*\} 1$/m,
      /^watchbill_coordinate_transport_refusals_total\{[^}]*reason="bad-signature"[^}]*\} 4$/m,
      /^watchbill_coordinate_store_failures_total\{what="record-outcome",[^}]*\} 1$/m,
    ])
      assert.match(series, line);
    const again = await (await get('/metrics')).text();
    assert.match(
      again,
      /^watchbill_coordinate_transport_refusals_total\{[^}]*\} 4$/m,
      'it is not a sum of looks',
    );
    const helped = [...series.matchAll(/^# HELP (watchbill_coordinate_\w+) (.+)$/gm)];
    assert.deepEqual(
      helped.map(([, name, help]) => [name, help]).toSorted(),
      Object.values(COORDINATE_METRICS).map(fields('name', 'help')).toSorted(),
    );
    const page = await get('/');
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'/);
    const text = await page.text();
    for (const [, path] of text.matchAll(/(?:href|src)="([^#"]+)"/g))
      assert.equal((await get(path ?? '')).status, 200, path);
    assert.match(text, /<h1>demo, 4 members: m\d leads window 3, next window in 19 blocks /);
    const status = (await (await get('/status')).json()) as Record<string, unknown>;
    assert.deepEqual(status.totals, { execute: 2 });
    assert.match(JSON.stringify(status.said), /^\{"isWell":(true|false),"sentence":".*members?: .*"\}$/);
    assert.deepEqual(await (await get('/windows')).json(), { windows: [] });
    assert.deepEqual(await (await get('/faults')).json(), { faults: [] });
    for (const limit of ['0', '1001', 'x', '1e2'])
      assert.equal((await get(`/windows?limit=${limit}`)).status, 400);
    assert.deepEqual(await (await get('/evidence/3-m1-mistake.json')).json(), { a: 1 });
    assert.equal((await get('/evidence/other.json')).status, 404);
    const read = readCertificateText(await (await get('/certificates/3')).text());
    assert.ok(read.ok);
    assert.deepEqual([read.groupId, encodeCertificate(read.certificate)], [plan.groupId, certificate]);
    for (const window of ['4', 'x', '-3', '3.0', '9'.repeat(30)])
      assert.equal((await get(`/certificates/${window}`)).status, 404, window);
    assert.equal((await get('/other')).status, 404);
  });

  test('only to this machine', async () => {
    const parts = { port: 0, ...GROUP, view: viewOf([]), state: files };
    const metrics = metricsOf();
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org'])
      await assert.rejects(openHttp({ ...parts, metrics, host }), RangeError);
  });

  test('names the remedy if the port is taken', async (t) => {
    const parts = { host: '127.0.0.1', ...GROUP, view: viewOf([]), state: files };
    const metrics = metricsOf();
    const first = await openHttp({ ...parts, metrics, port: 0 });
    t.after(() => first.close());
    const port = Number(new URL(first.url).port);
    await assert.rejects(openHttp({ ...parts, metrics, port }), (error: unknown) => {
      assert.ok(error instanceof RunnerFault && error.code === 'status-refused');
      assert.match(`${error.message} ${error.remedy}`, /127\.0\.0\.1:\d+: listen EADDRINUSE.*http\.port/);
      return true;
    });
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Cursor } from '../../cursor.ts';
import type { Outcome } from '../../outcome.ts';
import { freshRound } from '../../quorum/round.ts';
import type { PeerState } from '../../transport/port.ts';
import { RunnerFault } from '../fault.ts';
import { fakeDesk } from '../quorum/fake-desk.ts';
import type { StateFolder } from '../records/open.ts';
import { openHttp } from './http.ts';
import { type Line, narrator } from './lines.ts';
import { COORDINATE_METRICS } from './metric-catalogue.ts';
import { createMetrics } from './metrics.ts';
import { createView } from './view.ts';
import type { QuorumEvent } from './watch.ts';

const desk = fakeDesk();
const plan = desk.plan(3n);

const OUTCOME: Outcome = {
  from: 3n,
  to: 3n,
  result: 'failed',
  reason: 'no-certificate',
  leader: 'm0',
  action: null,
  startBlock: null,
  expiryBlock: null,
  faults: [],
  detail: 'rank 0: no proposal',
};

const CURSOR: Cursor = {
  window: 3n,
  stage: 'open',
  sent: [],
  memory: null,
  faults: [],
  outcome: null,
  execution: null,
};

function stepped(rank: number, isCertified = false): QuorumEvent {
  const value = desk.value(plan);
  const commits = [0, 1, 2].map((seat) => ({ seat, signature: new Uint8Array(64) }));
  const certificate = isCertified ? { version: 1, window: 3n, rank, value, commits } : null;
  const round = { ...freshRound(plan.window.block), rank, certificate };
  const running = { window: plan.window, faults: [], phase: 'procedure', plan, round } as const;
  return { kind: 'stepped', state: { head: plan.window.block, cursor: CURSOR, running, sending: [] } };
}

const performed = (effect: Extract<QuorumEvent, { kind: 'performed' }>['effect']): QuorumEvent => ({
  kind: 'performed',
  effect,
});

const peersOf = (...connected: readonly boolean[]): readonly PeerState[] =>
  connected.map((isConnected, place) => ({ seat: place + 1, isConnected, arrived: 0, refused: 0 }));

describe('lines', () => {
  test('tell each change of a window once', () => {
    const said: Line[] = [];
    const { watch } = narrator((line) => void said.push(line));
    for (const event of [stepped(0), stepped(0), stepped(1), stepped(1), stepped(1, true), stepped(1, true)])
      watch(event);
    assert.deepEqual(
      said.map(({ event }) => event),
      ['window', 'rank', 'certificate'],
    );
    assert.equal(said[0]?.fields.window, '3');
    assert.match(said[1]?.text ?? '', /^window 3: rank 1, m\d leads$/);
    assert.match(said[2]?.text ?? '', /certificate for usual in rank 1, 3 of 4 committed/);
  });

  test('tell what needs attention as such, with what to do', () => {
    const said: Line[] = [];
    const { watch, note, receipt } = narrator((line) => void said.push(line));
    watch(performed({ kind: 'record-outcome', outcome: OUTCOME }));
    watch(performed({ kind: 'record-outcome', outcome: { ...OUTCOME, result: 'noop', reason: null } }));
    watch(performed({ kind: 'record-fault', window: 3n, fault: { culprit: 'm1', kind: 'mistake' } }));
    watch(performed({ kind: 'notice', window: 3n, code: 'locked', text: 'locked' }));
    watch(performed({ kind: 'notice', window: 3n, code: 'certificate', text: 'told elsewhere' }));
    watch(performed({ kind: 'notice', window: 3n, code: 'sits-out', text: 'sits it out' }));
    watch({ kind: 'store-failed', what: 'store-cursor', why: 'ENOSPC', pauseMs: 250 });
    watch({ kind: 'rules-threw', event: 'message', why: 'a defect' });
    note({ code: 'chain-stalled', text: 'no new head' });
    receipt(3n, {
      action: 'usual',
      result: 'done',
      text: 'landed',
      extrinsic: { hash: '0x1', block: '0x2', height: 9n },
    });
    receipt(3n, { action: 'usual', result: 'failed', text: 'no', extrinsic: null });
    assert.deepEqual(
      said.map(({ event, isWarning }) => [event, isWarning]),
      [
        ['outcome', true],
        ['outcome', false],
        ['fault', true],
        ['locked', false],
        ['sits-out', true],
        ['store-failed', true],
        ['defect', true],
        ['chain-stalled', true],
        ['receipt', false],
        ['receipt', true],
      ],
    );
    assert.match(said[0]?.text ?? '', /no-certificate \(rank 0: no proposal\): fewer members than a quorum/);
    assert.equal(said[8]?.fields.height, '9');
  });
});

function viewOf(peers: readonly PeerState[], stallMs = 60_000) {
  return createView({ group: desk.group, groupId: plan.groupId, seat: 0, peers: () => peers, stallMs });
}

describe('the view of a member', () => {
  test('says where it stands', () => {
    const view = viewOf(peersOf(true, true, false));
    view.watch({ kind: 'height', height: 61n });
    view.watch({ kind: 'height', height: 60n });
    view.watch(stepped(1, true));
    const status = view.status();
    assert.equal(status.height, '61');
    assert.deepEqual(status.window?.rank, 1);
    assert.equal(status.window?.certified, 'usual');
    assert.equal(status.quorum, 3);
    assert.deepEqual(
      status.peers.map(({ name, isConnected }) => [name, isConnected]),
      [
        ['m1', true],
        ['m2', true],
        ['m3', false],
      ],
    );
    assert.deepEqual(view.problems(), []);
  });

  test('is not well without a chain, a quorum or a disk', () => {
    const view = viewOf(peersOf(true, false, false));
    assert.match(view.problems().join(), /no height of the chain[\s\S]*2 of 4 members are connected/);
    view.watch({ kind: 'height', height: 61n });
    view.watch({ kind: 'store-failed', what: 'store-cursor', why: 'ENOSPC', pauseMs: 1 });
    assert.match(view.problems().join(), /not kept: store-cursor: ENOSPC/);
    view.watch({ kind: 'store-works' });
    assert.equal(view.problems().length, 1);
    const stale = viewOf(peersOf(true, true, true), -1);
    stale.watch({ kind: 'height', height: 61n });
    assert.match(stale.problems().join(), /finalised height is \d+ s old/);
  });
});

describe('what a member serves', () => {
  const files: Pick<StateFolder, 'windows' | 'faults' | 'totals' | 'evidence'> = {
    windows: () => [],
    faults: () => [],
    totals: () => ({ execute: 2 }),
    evidence: async (name) => (name === '3-m1-mistake.json' ? Buffer.from('{"a":1}') : null),
  };

  test('metrics, health, status and evidence', async (t) => {
    const view = viewOf(peersOf(true, true, true));
    const metrics = createMetrics({
      group: 'desk',
      member: 'm0',
      peers: () => peersOf(true, true, false),
      refusals: () => new Map([['bad-signature', 4]]),
    });
    const http = await openHttp({
      host: '127.0.0.1',
      port: 0,
      view,
      metrics,
      state: files,
    });
    t.after(() => http.close());
    const get = (path: string) => fetch(`${http.url}${path}`);
    assert.equal((await get('/health')).status, 503);
    const events: readonly QuorumEvent[] = [
      { kind: 'height', height: 61n },
      stepped(1, true),
      stepped(1, true),
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
    const text = await (await get('/metrics')).text();
    for (const line of [
      /^watchbill_coordinate_height\{[^}]*\} 61$/m,
      /^watchbill_coordinate_rank\{[^}]*\} 1$/m,
      /^watchbill_coordinate_peers\{[^}]*\} 2$/m,
      /^watchbill_coordinate_outcomes_total\{result="failed",reason="no-certificate",[^}]*\} 5$/m,
      /^watchbill_coordinate_certificates_total\{action="usual",[^}]*\} 1$/m,
      /^watchbill_coordinate_faults_total\{kind="mistake",[^}]*\} 1$/m,
      /^watchbill_coordinate_dropped_total\{event="frame",reason="queue-full",[^}]*\} 1$/m,
      /^watchbill_coordinate_transport_refusals_total\{[^}]*reason="bad-signature"[^}]*\} 4$/m,
      /^watchbill_coordinate_store_failures_total\{what="record-outcome",[^}]*\} 1$/m,
    ])
      assert.match(text, line);
    const again = await (await get('/metrics')).text();
    assert.match(
      again,
      /^watchbill_coordinate_transport_refusals_total\{[^}]*\} 4$/m,
      'it is no sum of looks',
    );
    const helped = [...text.matchAll(/^# HELP (watchbill_coordinate_\w+) (.+)$/gm)];
    assert.deepEqual(
      helped.map(([, name, help]) => [name, help]).toSorted(),
      Object.values(COORDINATE_METRICS)
        .map(({ name, help }) => [name, help])
        .toSorted(),
    );
    const index = await (await get('/')).text();
    for (const [, path] of index.matchAll(/href="([^"]+)"/g)) {
      assert.notEqual((await get(path ?? '')).status, 404, path);
      assert.notEqual(path, undefined);
    }
    assert.match(index, /href="\/status"/);
    const status = (await (await get('/status')).json()) as Record<string, unknown>;
    assert.deepEqual(status.totals, { execute: 2 });
    assert.deepEqual(await (await get('/windows')).json(), { windows: [] });
    assert.deepEqual(await (await get('/faults')).json(), { faults: [] });
    for (const limit of ['0', '1001', 'x', '1e2'])
      assert.equal((await get(`/windows?limit=${limit}`)).status, 400);
    assert.deepEqual(await (await get('/evidence/3-m1-mistake.json')).json(), { a: 1 });
    assert.equal((await get('/evidence/other.json')).status, 404);
    assert.equal((await get('/other')).status, 404);
  });

  test('only to this machine', async () => {
    const parts = { port: 0, view: viewOf([]), state: files };
    const metrics = createMetrics({ group: 'g', member: 'm', peers: () => [], refusals: () => new Map() });
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org'])
      await assert.rejects(openHttp({ ...parts, metrics, host }), RangeError);
  });

  test('says what to do where the port is taken', async (t) => {
    const parts = { host: '127.0.0.1', view: viewOf([]), state: files };
    const metrics = createMetrics({ group: 'g', member: 'm', peers: () => [], refusals: () => new Map() });
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

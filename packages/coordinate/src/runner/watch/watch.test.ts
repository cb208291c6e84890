import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock, field, fields } from '@watchbill/kit/testing';
import type { PeerState } from '../../transport/port.ts';
import { type Line, narrator } from './lines.ts';
import { demo, OUTCOME, peersOf, performed, plan, stepped } from './testing/fake-events.ts';
import { createView } from './view.ts';

describe('lines', () => {
  test('report each change of a window once', () => {
    const said: Line[] = [];
    const { watch } = narrator((line) => void said.push(line));
    for (const event of [stepped(0), stepped(0), stepped(1), stepped(1), stepped(1, true), stepped(1, true)])
      watch(event);
    assert.deepEqual(said.map(field('event')), ['window', 'rank', 'certificate']);
    assert.equal(said[0]?.fields.window, '3');
    assert.match(said[1]?.text ?? '', /^window 3: rank 1, m\d leads$/);
    assert.match(said[2]?.text ?? '', /certificate for usual in rank 1, 3 of 4 committed/);
  });

  test('mark events that need attention, with the remedy', () => {
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
    assert.deepEqual(said.map(fields('event', 'isWarning')), [
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
    ]);
    assert.match(said[0]?.text ?? '', /no-certificate \(rank 0: no proposal\): fewer members than a quorum/);
    assert.equal(said[8]?.fields.height, '9');
  });
});

const STALL_MS = 60_000;

function viewOf(peers: readonly PeerState[]) {
  const time = createVirtualClock();
  const parts = { group: demo.group, groupId: plan.groupId, seat: 0, peers: () => peers };
  return { ...createView({ ...parts, stallMs: STALL_MS, time }), time };
}

describe('the view of a member', () => {
  test('shows its window, its rank and its connections', () => {
    const view = viewOf(peersOf(true, true, false));
    view.watch({ kind: 'height', height: 61n });
    view.watch({ kind: 'height', height: 60n });
    view.watch(stepped(1, true));
    const status = view.status();
    assert.equal(status.height, '61');
    assert.deepEqual(status.window?.rank, 1);
    assert.equal(status.window?.certified, 'usual');
    assert.equal(status.quorum, 3);
    assert.deepEqual(status.peers.map(fields('name', 'isConnected')), [
      ['m1', true],
      ['m2', true],
      ['m3', false],
    ]);
    assert.deepEqual(view.problems(), []);
    assert.deepEqual([status.last, status.nextBlock], [null, '80']);
    const open = stepped(1);
    if (open.kind === 'stepped') view.watch({ ...open, state: { ...open.state, running: null } });
    assert.deepEqual([view.status().window, view.status().last?.index], [null, '3']);
  });

  test('is not healthy without a chain, a quorum or a disk', async () => {
    const view = viewOf(peersOf(true, false, false));
    assert.match(view.problems().join(), /has not reported a height yet[\s\S]*2 of 4 members are connected/);
    view.watch({ kind: 'height', height: 61n });
    view.watch({ kind: 'store-failed', what: 'store-cursor', why: 'ENOSPC', pauseMs: 1 });
    assert.match(view.problems().join(), /not stored: store-cursor: ENOSPC/);
    view.watch({ kind: 'store-works' });
    assert.equal(view.problems().length, 1);
    assert.equal(view.silenced(), null);
    view.note({ code: 'own-key-elsewhere', text: 'another process' });
    assert.deepEqual([view.problems()[0], view.silenced()], ['another process', 'another process']);
    const stale = viewOf(peersOf(true, true, true));
    stale.watch({ kind: 'height', height: 61n });
    await stale.time.advance(STALL_MS);
    assert.deepEqual([stale.problems(), stale.status().heightAgeMs], [[], STALL_MS]);
    await stale.time.advance(1_000);
    // A height that was seen before does not count as a new one.
    stale.watch({ kind: 'height', height: 61n });
    assert.match(stale.problems().join(), /finalised height is 61 s old/);
  });
});

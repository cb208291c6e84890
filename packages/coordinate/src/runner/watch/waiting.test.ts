import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { PeerState } from '../../transport/port.ts';
import type { Line } from './lines.ts';
import { demo, peersOf, plan, stepped } from './testing/fake-events.ts';
import { createView } from './view.ts';
import { createWaiting } from './waiting.ts';

const STALL_MS = 120_000;
const ALL = peersOf(true, true, true);

function member(peers: readonly PeerState[] = ALL) {
  const time = createVirtualClock();
  const said: Line[] = [];
  const state = { peers };
  const { group } = demo;
  const view = createView({
    ...{ group, groupId: plan.groupId, seat: 0, stallMs: STALL_MS, time },
    peers: () => state.peers,
  });
  const waiting = createWaiting({
    ...{ group, status: view.status, stallMs: STALL_MS, time },
    nodes: ['ws://own'],
    say: (line) => void said.push(line),
  });
  const see = (event: Parameters<typeof view.watch>[0]): void => {
    view.watch(event);
    waiting.look();
  };
  const texts = () => said.map(({ text }) => text);
  return { time, said, state, waiting, see, texts };
}

describe('a member that waits', () => {
  test('reports a node without an answer at once, then ever more rarely, with the reason', async () => {
    const { waiting, said, texts, time } = member();
    waiting.look();
    assert.equal(said.length, 0, 'the member has not begun');
    waiting.begin();
    assert.deepEqual(texts(), ['waiting for the first finalised block from ws://own']);
    waiting.note({ code: 'chain-unreachable', text: 'ws://own: ECONNREFUSED' });
    await time.advance(110_000);
    assert.deepEqual(texts().slice(1), [
      'waiting for the first finalised block from ws://own; ws://own: ECONNREFUSED (15 s so far)',
      'waiting for the first finalised block from ws://own; ws://own: ECONNREFUSED (45 s so far)',
      'waiting for the first finalised block from ws://own; ws://own: ECONNREFUSED (105 s so far)',
    ]);
    assert.deepEqual(
      said.map(({ event, isWarning, fields }) => [event, isWarning, fields.waitsFor, fields.waitedMs]),
      [
        ['waiting', false, 'node', 0],
        ['waiting', true, 'node', 15_000],
        ['waiting', true, 'node', 45_000],
        ['waiting', true, 'node', 105_000],
      ],
    );
    await time.advance(24 * 3_600_000);
    assert.ok(said.length > 140 && said.length < 160, `${said.length} lines in a day`);
    waiting.note({ code: 'chain-back', text: 'ws://own answers again' });
    await time.advance(600_000);
    assert.equal(said.at(-1)?.fields.reason, null);
    waiting.close();
  });

  test('reports which members are missing while fewer than a quorum are connected', async () => {
    const { waiting, said, texts, time, state, see } = member(peersOf(true, false, false));
    waiting.begin();
    see({ kind: 'height', height: 61n });
    const text = 'waiting for members: 2 of 4 are connected, 3 are needed; not connected: m2, m3';
    assert.deepEqual(texts().slice(1), [text]);
    assert.deepEqual(said[1]?.fields.missing, ['m2', 'm3']);
    await time.advance(20_000);
    assert.deepEqual(texts().slice(2), [`${text} (15 s so far)`]);
    assert.equal(said[2]?.isWarning, true);
    state.peers = peersOf(true, true, false);
    await time.advance(1_000);
    assert.equal(said.length, 3, 'a quorum can work, and block 61 is inside window 3');
    waiting.close();
  });

  test('reports the block at which the next window begins, and stays quiet inside a window', async () => {
    const { waiting, said, texts, time, see } = member();
    waiting.begin();
    see({ kind: 'height', height: 58n });
    see({ kind: 'height', height: 59n });
    const text = 'waiting for finalised block 60, where window 3 begins; the newest one is';
    assert.deepEqual(texts().slice(1), [`${text} 58`]);
    await time.advance(16_000);
    assert.deepEqual(texts().slice(2), [`${text} 59 (15 s so far)`]);
    assert.equal(said[2]?.isWarning, false);
    assert.equal(said[2]?.fields.block, '60');
    see({ kind: 'height', height: 60n });
    see(stepped(0));
    await time.advance(60_000);
    assert.equal(said.length, 3);
    waiting.close();
  });

  test('reports a stalled finality', async () => {
    const { waiting, texts, time, see } = member();
    waiting.begin();
    see({ kind: 'height', height: 61n });
    await time.advance(STALL_MS + 2_000);
    assert.equal(texts().at(-1), 'waiting for a finalised block after 61 from ws://own');
    see({ kind: 'height', height: 62n });
    await time.advance(STALL_MS);
    assert.equal(texts().length, 2, 'a new height ends the wait');
    waiting.close();
    await time.advance(10 * STALL_MS);
    assert.equal(texts().length, 2, 'a closed member is silent');
  });
});

// Messages with many sr25519 signatures: the process goes on with other work while a thread verifies them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorKeyFrom, verifySignature } from '../keys/index.ts';
import { verifierBy } from '../keys/verifier.ts';
import { echoDigest } from '../quorum/attachments.ts';
import { encodeMessage } from '../quorum/codec.ts';
import { type EchoedStatement, encodeEcho } from '../quorum/echo-codec.ts';
import { quorumRules } from '../quorum/rules.ts';
import { QUORUM_FRAME } from '../quorum/self.ts';
import { domainOf } from '../quorum/signing.ts';
import {
  fakeOperators,
  fakePlan,
  fakeValue,
  fakeVoices,
  hashed,
  SCHEDULE,
} from '../quorum/testing/fake-operators.ts';
import { type RunOptions, runGroup } from './run-group.ts';
import { fakeClock, fakePorts, fakeRecords, fakeWire } from './testing/fake-ports.ts';

const OPERATORS = fakeOperators(16, {}, (seat) => operatorKeyFrom('sr25519', hashed(`operator ${seat}`)));
const PLAN = fakePlan(OPERATORS, 1n);
const { group, keys } = OPERATORS;

/** All statements that fit into one frame, each signed by another member or for another place. */
function fullEcho() {
  const voices = fakeVoices(OPERATORS, PLAN);
  const value = fakeValue(PLAN);
  const statements = [0, 1, 2, 3].flatMap((rank) =>
    Array.from({ length: 14 }, (_, at) => at + 2).flatMap((seat) =>
      [voices.prepare(seat, rank, value), voices.commit(seat, rank, value)].map(
        ({ statement, signature }): EchoedStatement => ({ rank, seat, statement, signature }),
      ),
    ),
  );
  const { bytes, count } = encodeEcho(statements);
  const message = voices.say(1, 0, { kind: 'echo', digest: echoDigest(bytes) }, { bytes });
  return { payload: encodeMessage(domainOf(PLAN), message), count };
}

/** One member hears one message. Answers what it remembers then, and the pauses that other work had. */
async function heard(
  payload: Uint8Array,
  verifier: Pick<ReturnType<typeof verifierBy>, 'verify' | 'settled'>,
) {
  const [key] = keys;
  assert.ok(key !== undefined);
  const rules = quorumRules({ group, schedule: SCHEDULE, seat: 0, key, verify: verifier.verify });
  const clock = fakeClock(async () => hashed('seed input'));
  const { ports } = fakePorts({
    clock,
    records: fakeRecords(),
    generate: () => Promise.reject(new Error('none')),
  });
  const wire = fakeWire();
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number>();
  let begun = false;
  let turns = 0;
  let longestMs = 0;
  let before = 0;
  const tell: RunOptions<typeof PLAN, unknown>['tell'] = (event) => {
    // A member joins a window that begins while it runs, so the height before is taken first.
    if (event.kind === 'stepped' && !begun) {
      begun = true;
      clock.push(PLAN.window.block);
    } else if (event.kind === 'stepped' && event.state.running?.phase === 'procedure' && before === 0) {
      before = performance.now();
      setImmediate(function again() {
        const now = performance.now();
        turns += 1;
        longestMs = Math.max(longestMs, now - before);
        before = now;
        if (!stop.signal.aborted) setImmediate(again);
      });
      wire.arrive({ seat: 1, frame: { type: QUORUM_FRAME, payload } });
    } else if (event.kind === 'stepped' && before > 0) {
      const round = (event.state.running as { round?: { witnessed?: ReadonlyMap<string, unknown> } } | null)
        ?.round;
      const witnessed = [...(round?.witnessed?.values() ?? [])] as ReadonlyMap<number, unknown>[];
      resolve(witnessed.reduce((sum, bySeat) => sum + bySeat.size, 0));
    }
  };
  const ended = runGroup(rules, ports, wire.open, {
    seats: 16,
    signal: stop.signal,
    tell: tell as never,
    settled: verifier.settled,
  });
  clock.push(PLAN.window.block - 1n);
  const count = await promise;
  await new Promise(setImmediate);
  stop.abort();
  await ended;
  return { count, turns, longestMs };
}

test('a frame full of sr25519 signatures leaves room for other work between any two of them', async (t) => {
  const { count, payload } = fullEcho();
  assert.ok(count > 90, `${count} statements`);
  const inline = await heard(payload, { verify: verifySignature, settled: async (work) => work() });
  const inThread = await heard(payload, verifierBy());
  assert.equal(inline.count, count);
  assert.equal(inThread.count, count);
  const [blocked, free] = [inline, inThread].map(({ longestMs }) => longestMs.toFixed(0));
  t.diagnostic(`the longest pause: ${blocked} ms in this thread, ${free} ms with the other thread`);
  assert.ok(inline.turns < 10, `${inline.turns} turns in this thread`);
  assert.ok(inThread.turns > count, `${inThread.turns} turns with the other thread`);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeCursor } from '../cursor-codec.ts';
import { MAINNET_ERAS, MESSAGE_TYPE, memberOf, rfc12Rules } from '../rfc12/index.ts';
import { GROUP, HEARTBEAT, hashForLeader } from '../rfc12/testing/fake-group.ts';
import { RunnerFault } from './fault.ts';
import { RUN_LIMITS } from './group-events.ts';
import { fakeRecords } from './testing/fake-ports.ts';
import { member, messageOf, performed, reach, type Settled } from './testing/fake-run.ts';

describe('a group that runs', () => {
  test('a leader proposes, sends, records its outcome and runs the action', async () => {
    const node = member('0xA');
    await reach(node, 900n);
    await node.until(performed('execute'));
    assert.equal(node.wire.sent.length, 1);
    assert.deepEqual(node.generated, [1]);
    assert.equal(node.records.outcomes[0]?.action, 'redemption');
    assert.equal(node.executor.begun[0]?.window, 1n);
    node.executor.end();
    await node.until((event) => event.kind === 'execution-ended');
    await node.until((event) => event.kind === 'stepped' && event.state.cursor?.execution === null);
    await node.stopped();
    assert.ok(node.wire.isClosed());
  });

  test('a follower takes the message of the seat that the transport names', async () => {
    const node = member('0xB', { leader: '0xA' });
    await reach(node, 900n);
    await node.until((event) => event.kind === 'stepped' && event.state.running?.phase === 'procedure');
    // The second member speaks for a seat of the first, and is refused; then the leader speaks.
    node.wire.arrive(messageOf(1, 3));
    await node.until(performed('dropped'));
    node.wire.arrive(messageOf(0, 3));
    await node.until(performed('record-outcome'));
    assert.equal(node.records.outcomes[0]?.leader, '0xA');
    await node.stopped();
  });

  test('durable records come first: until they are stored no message is sent, and the event is given again', async () => {
    const records = fakeRecords();
    const node = member('0xA', { records });
    await reach(node, 899n);
    records.broken.set('cursor', 'fail');
    node.clock.push(900n);
    await node.until((event) => event.kind === 'store-failed' && event.what === 'store-cursor');
    // Further heights wait, and only the highest of them is left.
    for (const height of [901n, 902n, 903n]) node.clock.push(height);
    const failures = () => node.told.filter(({ kind }) => kind === 'store-failed').length;
    const seen = failures();
    await node.until(() => failures() > seen + 2);
    assert.deepEqual(node.wire.sent, []);
    assert.deepEqual(node.generated, []);
    records.broken.clear();
    await node.until((event) => event.kind === 'store-works');
    await node.until(performed('execute'));
    assert.equal(node.wire.sent.length, 1);
    assert.equal(records.outcomes.length, 1);
    // The pauses between the attempts grow.
    const pauses = node.told.flatMap((event) => (event.kind === 'store-failed' ? [event.pauseMs] : []));
    assert.deepEqual(pauses.slice(0, 3), [250, 500, 1_000]);
    assert.deepEqual(
      node.time.sleeps.filter((ms) => ms !== RUN_LIMITS.storeTimeoutMs && pauses.includes(ms)),
      pauses,
    );
    await node.stopped();
  });

  test('a fault and an outcome that could not be recorded are recorded later, once', async () => {
    const records = fakeRecords();
    const node = member('0xB', { leader: '0xA', records });
    await reach(node, 900n);
    await node.until((event) => event.kind === 'stepped' && event.state.running?.phase === 'procedure');
    records.broken.set('fault', 'fail').set('outcome', 'fail');
    // The third member speaks through its own seat, as if it led.
    node.wire.arrive(messageOf(2, 2));
    await node.until((event) => event.kind === 'store-failed' && event.what === 'record-fault');
    records.broken.delete('fault');
    await node.until(performed('record-fault'));
    node.wire.arrive(messageOf(0, 3));
    await node.until((event) => event.kind === 'store-failed' && event.what === 'record-outcome');
    assert.deepEqual(node.executor.begun, []);
    records.broken.clear();
    await node.until(performed('execute'));
    assert.deepEqual(
      records.faults.map(({ fault }) => [fault.culprit, fault.kind]),
      [['0xC', 'leader-impersonation']],
    );
    assert.equal(records.outcomes.length, 1);
    await node.stopped();
  });

  test('a store that hangs is abandoned and reported', async () => {
    const records = fakeRecords();
    records.broken.set('cursor', 'hang');
    const node = member('0xA', { records });
    node.clock.push(900n);
    await node.until((event) => event.kind === 'store-failed' && /no answer within 10000 ms/.test(event.why));
    await node.stopped();
  });

  test('a node that does not answer is asked again at the next height', async () => {
    let asked = 0;
    const input = (signal: AbortSignal): Promise<Uint8Array> => {
      asked += 1;
      if (asked > 1) return Promise.resolve(hashForLeader('0xA', 1n));
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
      });
    };
    const node = member('0xA', { input });
    await reach(node, 900n);
    await node.until((event) => event.kind === 'port-failed' && event.what === 'read-inputs');
    await node.until(
      (event) =>
        event.kind === 'stepped' && event.state.running?.phase === 'seeding' && !event.state.running.asked,
    );
    await reach(node, 901n);
    await node.until(performed('execute'));
    assert.equal(asked, 2);
    await node.stopped();
  });

  test('stopped and started again: the action goes on, the outcome stays one', async () => {
    const records = fakeRecords();
    const first = member('0xA', { records });
    await reach(first, 900n);
    await first.until(performed('execute'));
    await first.stopped();
    assert.ok(first.executor.signals[0]?.aborted);
    assert.ok(!first.told.some(({ kind }) => kind === 'execution-ended'));
    const second = member('0xA', { records });
    await reach(second, 905n);
    await second.until(performed('execute'));
    assert.equal(second.executor.begun[0]?.window, 1n);
    assert.deepEqual(second.generated, []);
    assert.deepEqual(second.wire.sent[0]?.payload, first.wire.sent[0]?.payload);
    await second.stopped();
  });

  test('an action that ignores its stop is abandoned at the limit, and starts again later', async () => {
    const node = member('0xA');
    await reach(node, 900n);
    node.executor.heedsStop = false;
    await node.until(performed('execute'));
    const atMs = node.time.monotonicMs();
    await node.stopped();
    assert.equal(node.time.monotonicMs() - atMs, RUN_LIMITS.drainTimeoutMs);
    assert.match(node.records.cursor ?? '', /"execution":\{/);
  });

  test('an action that throws is over as well', async () => {
    const node = member('0xA');
    await reach(node, 900n);
    await node.until(performed('execute'));
    node.executor.end(new Error('the service does not start'));
    await node.until((event) => event.kind === 'execution-ended' && event.failed !== null);
    await node.until((event) => event.kind === 'stepped' && event.state.cursor?.execution === null);
    await node.stopped();
  });

  test('a cursor that is damaged, of another group or of a newer version is refused and left as it is', async () => {
    const records = fakeRecords();
    const node = member('0xA', { records });
    await reach(node, 900n);
    await node.until(performed('execute'));
    await node.stopped();
    const good = records.cursor ?? assert.fail('no cursor was stored');
    assert.ok(decodeCursor(node.rules, good).ok);
    const other = rfc12Rules(memberOf({ ...GROUP, keyHash: new Uint8Array(20) }, '0xA', MAINNET_ERAS));
    const cases = [
      { text: good.replace('"window":"1"', '"window":"2"'), rules: node.rules, why: /checksum/ },
      { text: good, rules: other, why: /belongs to the group aaaa/ },
      { text: good.slice(0, 40), rules: node.rules, why: /checksum/ },
      { text: '', rules: node.rules, why: /checksum/ },
    ];
    for (const { text, rules, why } of cases) {
      const damaged = fakeRecords(text);
      await assert.rejects(member('0xA', { records: damaged, rules }).ended, (error) => {
        assert.ok(error instanceof RunnerFault);
        assert.equal(error.code, 'cursor-refused');
        assert.match(error.message, why);
        return true;
      });
      assert.equal(damaged.cursor, text);
    }
  });

  test('if the rules throw at a message, that message is dropped and the process continues', async () => {
    const good = rfc12Rules(memberOf(GROUP, '0xB', MAINNET_ERAS));
    const rules: typeof good = {
      ...good,
      on: (plan, round, event) => {
        if (event.kind === 'message' && event.message.payload.length === 3) throw new Error('a defect');
        return good.on(plan, round, event);
      },
    };
    const node = member('0xB', { leader: '0xA', rules });
    await reach(node, 900n);
    await node.until((event) => event.kind === 'stepped' && event.state.running?.phase === 'procedure');
    node.wire.arrive({ seat: 0, frame: { type: MESSAGE_TYPE, payload: new Uint8Array(3) } });
    await node.until((event) => event.kind === 'rules-threw');
    node.wire.arrive(messageOf(0, 3, HEARTBEAT));
    await node.until(performed('dropped'));
    await node.stopped();
  });

  test('a chain that ends or fails ends the run with its error', async () => {
    const node = member('0xA');
    node.clock.fail(new RunnerFault('wrong-chain', 'another genesis', 'look at the node'));
    await assert.rejects(node.ended, /another genesis/);
    assert.ok(node.wire.isClosed());
  });

  test('a member that floods loses only its own messages', async () => {
    const node = member('0xB', { leader: '0xA', limits: { messagesPerSeat: 4 } });
    await reach(node, 900n);
    await node.until((event) => event.kind === 'stepped' && event.state.running?.phase === 'procedure');
    for (let i = 0; i < 100; i++) node.wire.arrive(messageOf(2, 1, HEARTBEAT));
    node.wire.arrive(messageOf(0, 3));
    await node.until(performed('record-outcome'));
    const dropped = node.told.filter((event) => event.kind === 'frame-dropped');
    assert.ok(dropped.length >= 90);
    assert.ok(dropped.every(({ seat }) => seat === 2));
    assert.equal(node.records.outcomes[0]?.action, 'redemption');
    await node.stopped();
  });

  test('a message steps once its signatures are settled, and none before the one before it', async () => {
    const turns: string[] = [];
    const settled: Settled = async (work) => {
      turns.push('begins');
      await new Promise(setImmediate);
      turns.push('ends');
      return work();
    };
    const node = member('0xB', { leader: '0xA', settled });
    await reach(node, 900n);
    await node.until((event) => event.kind === 'stepped' && event.state.running?.phase === 'procedure');
    for (const [seat, of] of [
      [1, 3],
      [0, 3],
    ] as const)
      node.wire.arrive(messageOf(seat, of));
    await node.until(performed('record-outcome'));
    await node.until(performed('dropped'));
    assert.deepEqual(turns, ['begins', 'ends', 'begins', 'ends']);
    await node.stopped();
  });
});

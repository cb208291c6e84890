import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unknown } from '../../facts/fact.ts';
import type { ChainFacts } from '../facts.ts';
import type { Intent } from '../intent.ts';
import type { Built } from '../runner/runner-ports.ts';
import { fakeProgramme, intentOf, programmeWithIntent, TARGETS } from '../runner/testing/fake-programme.ts';
import { plannedState } from '../state.ts';
import { MACHINE_RULES } from './rules.ts';
import { step } from './step.ts';

const NOT_KNOWN = unknown('the node does not tell', 'fake');

type Part = Exclude<keyof ChainFacts, 'block'>;

/** Hides a fact from now on. */
function hide(programme: ReturnType<typeof fakeProgramme>, part: Part): void {
  const { facts, factsAt } = programme.node;
  const hidden = (read: ChainFacts): ChainFacts => ({ ...read, [part]: NOT_KNOWN });
  Object.assign(programme.node, {
    facts: async (...given: Parameters<typeof facts>) => hidden(await facts(...given)),
    factsAt: async (...given: Parameters<typeof factsAt>) => hidden(await factsAt(...given)),
  });
}

describe('unknown facts', () => {
  for (const part of ['relayHeight', 'announcements', 'proxies', 'nonce', 'spendable'] as const)
    test(`${part}: no transaction is started`, async () => {
      const programme = fakeProgramme({ delay: 5n });
      await programme.store.add(intentOf());
      hide(programme, part);
      await programme.pass(6);
      assert.equal(programme.shown(intentOf()), 'planned');
      assert.deepEqual(programme.node.handed, []);
      assert.ok(programme.state(intentOf()).waiting !== null);
    });

  for (const part of ['fee', 'deposit'] as const)
    test(`${part}: no payload is signed`, async () => {
      const { programme, intent } = await programmeWithIntent({ delay: 5n });
      programme.node.manners.tamper = (built: Built) => ({ ...built, [part]: NOT_KNOWN });
      await programme.pass(4);
      assert.deepEqual(programme.node.handed, []);
      assert.match(programme.state(intent).tries.why, /is not known/);
    });

  test('an announcement that may be there: it waits, and is neither vanished nor executed', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 5n });
    await programme.pass(3);
    const { facts } = programme.node;
    hide(programme, 'announcements');
    await programme.showsIn(12, intent, 'announced');
    assert.equal(programme.node.handed.length, 1);
    Object.assign(programme.node, { facts });
    programme.chain.change((state) => state.announcements.clear());
    hide(programme, 'nomination');
    await programme.endsIn(3, intent, null);
  });

  for (const [part, delay] of [
    ['nomination', 0n],
    ['announcements', 5n],
  ] as const)
    test(`${part} of the block in which it landed: read again, and never counted as success`, async () => {
      const { programme, intent } = await programmeWithIntent({ delay });
      await programme.pass(1);
      hide(programme, part);
      await programme.showsIn(2, intent, 'in-block');
      await programme.endsIn(6, intent, 'outcome-unknown');
    });
});

test('the state of the block in which it landed is gone: it waits, and ends when no node can have it', async () => {
  const { programme, intent } = await programmeWithIntent();
  await programme.pass(1);
  Object.assign(programme.node, { factsAt: () => Promise.reject(new Error('State already discarded')) });
  await programme.showsIn(200, intent, 'in-block');
  assert.match(programme.state(intent).waiting ?? '', /State already discarded/);
  await programme.endsIn(100, intent, 'outcome-unknown');
});

describe('a step', () => {
  const facts = (intent: Intent): ChainFacts => {
    const { chain } = fakeProgramme();
    return chain.factsOf(intent, chain.finalised());
  };

  test('drops answers without a request, older facts, and everything after the end', () => {
    const intent = intentOf();
    const planned = plannedState(intent);
    const dropped = (state: typeof planned, event: Parameters<typeof step>[2]) =>
      step(MACHINE_RULES, state, event).effects.map((effect) =>
        effect.kind === 'dropped' ? effect.why : effect.kind,
      );
    assert.deepEqual(dropped(planned, { kind: 'search', answer: { result: 'unseen' } }), ['not-asked']);
    assert.deepEqual(dropped(planned, { kind: 'no-answer', why: '' }), ['not-asked']);
    assert.deepEqual(dropped(planned, { kind: 'resume' }), ['not-held']);
    const older = { ...facts(intent), block: { height: 100n, hash: `0x${'0'.repeat(64)}` } };
    assert.deepEqual(dropped(planned, { kind: 'facts', facts: older, mayBegin: true }), ['older']);
    const { state: ended } = step(MACHINE_RULES, planned, { kind: 'cancel', detail: 'enough' });
    assert.equal(ended.ending?.reason, 'operator');
    assert.deepEqual(dropped(ended, { kind: 'facts', facts: facts(intent), mayBegin: true }), ['ended']);
  });

  test('does not change its arguments', () => {
    const intent = intentOf();
    const frozen = Object.freeze({ ...plannedState(intent) });
    const event = { kind: 'facts', facts: facts(intent), mayBegin: true } as const;
    const first = step(MACHINE_RULES, frozen, event);
    assert.deepEqual(step(MACHINE_RULES, frozen, event), first);
    assert.equal(first.state.asking?.ask, 'revalidate');
  });

  test('lets the era of an extrinsic end before the deadline', () => {
    for (const [left, period] of [
      [500n, 64],
      [40n, 32],
      [3n, 4],
    ] as const) {
      const intent = intentOf({ deadlineRelay: 1_000_001n + left });
      const begun = step(MACHINE_RULES, plannedState(intent), {
        kind: 'facts',
        facts: facts(intent),
        mayBegin: true,
      });
      const answer = { result: 'judged', keep: TARGETS, dropped: [] } as const;
      const { asking } = step(MACHINE_RULES, begun.state, { kind: 'revalidate', answer }).state;
      assert.equal(asking?.ask === 'prepare' ? asking.request.period : null, period);
    }
  });

  test('calls a flight expired with the last block of its era, not with the one before', async () => {
    const { programme, intent } = await programmeWithIntent();
    programme.node.manners.submit = 'lost';
    await programme.pass(1);
    const { flight, ...rest } = programme.state(intent);
    assert.ok(flight !== null);
    const last = flight.birth + BigInt(flight.period) - 1n;
    const outcomeAt = (until: bigint) => {
      const read = { ...facts(intent), block: { height: until, hash: `0x${'0'.repeat(64)}` } };
      const asked = step(MACHINE_RULES, { ...rest, flight }, { kind: 'facts', facts: read, mayBegin: false });
      const answer = { result: 'not-found', until, inBlock: null } as const;
      return step(MACHINE_RULES, asked.state, { kind: 'search', answer }).state.flight?.outcome;
    };
    assert.equal(outcomeAt(last - 1n), 'open');
    assert.equal(outcomeAt(last), 'expired');
  });

  test('pauses longer after each failed try', () => {
    const rules = { ...MACHINE_RULES, pauseBlocks: 2n, longestPauseBlocks: 5n };
    const intent = intentOf({ way: 'direct' });
    let state = plannedState(intent);
    const pauses: bigint[] = [];
    let height = 101n;
    for (let count = 0; count < 4; count += 1) {
      const read = { ...facts(intent), block: { height, hash: `0x${'0'.repeat(64)}` } };
      state = step(rules, state, { kind: 'facts', facts: read, mayBegin: true }).state;
      state = step(rules, state, {
        kind: 'revalidate',
        answer: { result: 'judged', keep: TARGETS, dropped: [] },
      }).state;
      state = step(rules, state, {
        kind: 'prepare',
        answer: { result: 'unavailable', why: 'no metadata' },
      }).state;
      pauses.push(state.tries.notBefore - height);
      height = state.tries.notBefore;
    }
    assert.deepEqual(pauses, [2n, 4n, 5n, 5n]);
  });
});

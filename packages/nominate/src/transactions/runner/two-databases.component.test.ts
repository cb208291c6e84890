import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unknown } from '../../facts/fact.ts';
import { type Intent, sinceEraOf } from '../intent.ts';
import { transactionRunner } from './run.ts';
import {
  type FakeProgramme,
  type FakeProgrammeSetting,
  fakeProgramme,
  intentOf,
  key,
  nominationsOf,
  programmeWithIntent,
  SIGNER,
  STASH,
  TARGETS,
} from './testing/fake-programme.ts';

/** A second programme with a separate database, on the chain of the first. */
function other(first: FakeProgramme, setting: FakeProgrammeSetting) {
  const programme = fakeProgramme(setting);
  const runner = transactionRunner({ ...programme.parts, chain: first.node });
  return { ...programme, turn: () => runner.turn(new AbortController().signal) };
}

const WAYS: readonly (readonly [string, bigint, Intent['way']])[] = [
  ['direct', 0n, 'direct'],
  ['by a proxy', 0n, 'proxy'],
  ['by a proxy with a delay', 6n, 'proxy'],
];

describe('one round from two databases', () => {
  for (const [what, delay, way] of WAYS)
    test(`${what}, one after the other: it lands once, and the second one reports it`, async () => {
      const one = fakeProgramme({ delay });
      const two = other(one, { delay });
      const intent = intentOf({ way });
      await one.store.add(intent);
      await one.endsIn(20, intent, 'verified');
      await two.store.add(intent);
      for (let block = 0; block < 20; block += 1) {
        one.chain.grow();
        await two.turn();
      }
      assert.equal(two.end(intent), 'done-by-another');
      assert.equal(two.shown(intent), 'superseded');
      assert.equal(nominationsOf(one, intent).length, 1);
      assert.ok([...two.signers.values()].every(({ asked }) => asked.length === 0));
      const last = (await two.store.journal(intent.id)).at(-1);
      assert.ok(one.chain.blocks().some(({ hash }) => hash === last?.block));
    });

  for (const [what, delay, way] of WAYS)
    for (const lag of [0, 1, 2, 3, 5, 8])
      test(`${what}, ${lag} blocks apart: it lands once`, async () => {
        const one = fakeProgramme({ delay });
        const two = other(one, { delay });
        const intent = intentOf({ way });
        await one.store.add(intent);
        await two.store.add(intent);
        for (let block = 0; block < 60; block += 1) {
          one.chain.grow();
          await one.turn();
          if (block >= lag) await two.turn();
        }
        assert.equal(nominationsOf(one, intent).length, 1);
        for (const { end } of [one, two])
          assert.ok(['verified', 'done-by-another'].includes(end(intent) ?? ''), String(end(intent)));
        assert.deepEqual(one.chain.finalised().state.announcements.get(SIGNER) ?? [], []);
      });

  test('both drop the same target just before they sign: it lands once', async () => {
    const one = fakeProgramme();
    const two = other(one, {});
    const intent = intentOf();
    for (const { parts } of [one, two])
      Object.assign(parts, {
        judge: async () => ({ result: 'judged', keep: TARGETS.slice(1), dropped: [] }),
      });
    await one.store.add(intent);
    await one.pass(6);
    await two.store.add(intent);
    const runner = transactionRunner({ ...two.parts, chain: one.node });
    for (let block = 0; block < 8; block += 1) {
      one.chain.grow();
      await runner.turn(new AbortController().signal);
    }
    assert.equal(two.end(intent), 'done-by-another');
    assert.equal(nominationsOf(one, intent).length, 1);
  });
});

describe('a nomination that is sent anyway', () => {
  const nominated = (submittedIn: number, targets: readonly string[] = TARGETS) => {
    const programme = fakeProgramme();
    programme.chain.change((state) => state.nominations.set(STASH, { targets, submittedIn }));
    return programme;
  };
  const sent = async (programme: FakeProgramme, intent: Intent) => {
    await programme.store.add(intent);
    await programme.endsIn(6, intent, 'verified');
    assert.equal(nominationsOf(programme, intent).length, 1);
  };

  test('the next round chooses the targets that it has', async () => {
    const sinceEra = sinceEraOf({ known: true, value: 6, from: 'fake' });
    await sent(nominated(6), intentOf({ sinceEra }));
  });

  test('a person asks for it in the era in which it was done before', async () => {
    const sinceEra = sinceEraOf({ known: true, value: 7, from: 'fake' });
    await sent(nominated(7), intentOf({ sinceEra }));
  });

  test('another account set other targets after the round', async () => {
    for (const targets of [TARGETS.slice(1), [...TARGETS, key('z')], [...TARGETS.slice(1), key('z')]])
      await sent(nominated(7, targets), intentOf());
  });

  test('its targets before the round are not known', async () => {
    assert.equal(sinceEraOf(undefined), null);
    await sent(nominated(7), intentOf({ sinceEra: sinceEraOf(unknown('the node is away', 'fake')) }));
  });
});

test('another signer was first while its own flight was lost: no transaction is sent again, and it ends at the deadline', async () => {
  const { programme, intent } = await programmeWithIntent({}, { deadlineRelay: 1_000_040n });
  programme.node.manners.submit = 'lost';
  await programme.pass(1);
  programme.chain.change((state) => state.nominations.set(STASH, { targets: TARGETS, submittedIn: 7 }));
  await programme.pass(12);
  assert.equal((await programme.store.flights(intent.id))[0]?.outcome, 'expired');
  programme.node.manners.submit = 'ok';
  await programme.pass(6);
  assert.match(programme.state(intent).waiting ?? '', /who set the targets/);
  await programme.endsIn(40, intent, 'done-by-another');
  assert.equal(nominationsOf(programme, intent).length, 0);
});

test('the current nomination on the chain is unknown: no transaction is sent, and the intent is not done', async () => {
  const programme = fakeProgramme();
  const { facts } = programme.node;
  const hidden = async (...given: Parameters<typeof facts>) => ({
    ...(await facts(...given)),
    nomination: unknown('the node does not tell', 'fake'),
  });
  Object.assign(programme.node, { facts: hidden });
  const intent = intentOf();
  await programme.store.add(intent);
  await programme.showsIn(6, intent, 'planned');
  assert.deepEqual(programme.node.handed, []);
  assert.match(programme.state(intent).waiting ?? '', /nomination of the stash is not known/);
  Object.assign(programme.node, { facts });
  await programme.endsIn(6, intent, 'verified');
});

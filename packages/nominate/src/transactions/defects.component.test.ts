import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { unknown } from '../facts/fact.ts';
import type { ChainFacts } from './facts.ts';
import type { Intent } from './intent.ts';
import { MACHINE_RULES } from './machine/rules.ts';
import { step } from './machine/step.ts';
import { admitIntent } from './runner/manage.ts';
import { previewIntent, previewLines } from './runner/preview.ts';
import { fakeHash } from './runner/testing/fake-bytes.ts';
import {
  type FakeProgramme,
  fakeProgramme,
  honestVerdict,
  intentOf,
  key,
  programmeWithIntent,
  SIGNER,
  STASH,
  TARGETS,
} from './runner/testing/fake-programme.ts';
import { plannedState } from './state.ts';
import { journalTransactions } from './store/journal-transactions.ts';

describe('defect 10: success is never assumed at submission', () => {
  test('accepted by a node and never in a block: not finalised, and tried again with the same nonce', async () => {
    const { programme, intent } = await programmeWithIntent();
    programme.node.manners.submit = 'lost';
    await programme.showsIn(5, intent, 'submitted');
    assert.ok(programme.node.handed.length > 1);
    assert.equal(new Set(programme.node.handed).size, 1, 'other bytes were handed over');
    programme.node.manners.submit = 'ok';
    await programme.endsIn(20, intent, 'verified');
  });

  test('a failed extrinsic, and a call that failed inside, end with the decoded error and record no targets', async () => {
    for (const [filter, error, reason, detail] of [
      ['proxy', null, 'dispatch-failed', /nominate in block \d+: System.CallFiltered/],
      [null, 'Staking.BadTarget', 'inner-failed', /Staking.BadTarget/],
    ] as const) {
      const { programme, intent } = await programmeWithIntent();
      if (filter !== null) programme.chain.breaks.filtered.add(filter);
      programme.chain.breaks.nominateError = error;
      await programme.endsIn(5, intent, reason);
      assert.match(programme.state(intent).ending?.detail ?? '', detail);
      const noted = (await journalTransactions(programme.store, intent.round)).map(({ state }) => state);
      assert.ok(!noted.includes('finalised'));
    }
  });

  test('an extrinsic that succeeded without the effect is not called finalised', async () => {
    const { programme, intent } = await programmeWithIntent();
    await programme.pass(1);
    programme.chain.grow();
    const nomination = programme.chain.finalised().state.nominations;
    nomination.set(STASH, { targets: TARGETS.slice(1), submittedIn: 7 });
    await programme.turn();
    assert.equal(programme.end(intent), 'not-as-asked');
  });

  test('in a block that is not final: shown, and not believed; a fork takes it back', async () => {
    const { programme, intent } = await programmeWithIntent();
    await programme.pass(1);
    programme.chain.grow(3);
    await programme.turn();
    assert.equal(programme.shown(intent), 'in-block');
    programme.chain.fork();
    await programme.turn();
    assert.equal(programme.shown(intent), 'submitted');
    await programme.endsIn(6, intent, 'verified');
  });

  test('a stored round gets each state of each extrinsic once', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 5n });
    await programme.pass(20);
    const noted = await journalTransactions(programme.store, intent.round);
    assert.deepEqual(
      noted.map(({ state }) => state),
      ['submitted', 'in-block', 'announced', 'submitted', 'in-block', 'finalised'],
    );
    assert.equal(new Set(noted.map(({ hash }) => hash)).size, 2);
  });
});

describe('defect 11: a failed announcement does not block other nominators', () => {
  test('an announcement that fails ends its intent, and the next round nominates', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 5n });
    programme.chain.breaks.filtered.add('announce');
    await programme.endsIn(4, intent, 'dispatch-failed');
    programme.chain.breaks.filtered.clear();
    const next = intentOf({ era: 8, round: 'round 8' });
    assert.deepEqual(await admitIntent(programme.store, programme.parts.rules, next), { ok: true });
    await programme.endsIn(20, next, 'verified');
  });

  test('an announcement that vanished ends its intent: the veto of the owner counts', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 30n });
    await programme.showsIn(4, intent, 'announced');
    programme.chain.change((state) => state.announcements.delete(SIGNER));
    await programme.endsIn(40, intent, 'announcement-vanished');
    assert.equal((await programme.store.flights(intent.id)).length, 1);
  });

  test('an announcement that another account executed is reported as such', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 30n });
    await programme.pass(4);
    programme.chain.change((state) => {
      state.announcements.delete(SIGNER);
      state.nominations.set(STASH, { targets: [...TARGETS].reverse(), submittedIn: 7 });
    });
    await programme.endsIn(2, intent, 'done-by-another');
  });

  test('a cancelled one is withdrawn from the chain', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 30n });
    await programme.pass(4);
    assert.deepEqual(await programme.command(intent, { kind: 'cancel', detail: 'enough' }), { ok: true });
    await programme.endsIn(5, intent, 'operator');
    assert.deepEqual(programme.chain.finalised().state.announcements.get(SIGNER), []);
  });

  test('an announcement of another programme is reported once and left alone; one with the same call is adopted', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 10n });
    const relayHeight = programme.chain.finalised().relay;
    programme.chain.change((state) =>
      state.announcements.set(SIGNER, [{ real: STASH, callHash: fakeHash('other'), relayHeight }]),
    );
    await programme.endsIn(30, intent, 'verified');
    const strangers = (await programme.store.journal(intent.id)).filter(
      ({ reason }) => reason === 'stranger',
    );
    assert.equal(strangers.length, 1);
    assert.equal(programme.chain.finalised().state.announcements.get(SIGNER)?.length, 1);

    const again = fakeProgramme({ delay: 10n });
    const facts = programme.state(intent);
    assert.equal(facts.announcement, null);
    const callHash = fakeHash(await nominateBytes(programme));
    const height = again.chain.finalised().relay;
    again.chain.change((state) =>
      state.announcements.set(SIGNER, [{ real: STASH, callHash, relayHeight: height }]),
    );
    await again.store.add(intent);
    await again.endsIn(30, intent, 'verified');
    assert.deepEqual((await again.store.flights(intent.id)).map(field('leg')), ['execute']);
  });
});

async function nominateBytes({ store }: FakeProgramme): Promise<string> {
  const announced = (await store.journal(intentOf().id)).find(({ reason }) => reason === 'announced');
  assert.ok(announced !== undefined);
  return Buffer.from(JSON.stringify({ call: { call: 'nominate', targets: TARGETS }, version: 1 }))
    .toString('hex')
    .replace(/^/, '0x');
}

describe('defect 12, defect 13: the delay is the one of the chain, in relay blocks', () => {
  test('the whole delay of the proxy definition is waited for', async () => {
    for (const delay of [1n, 7n, 23n]) {
      const { programme, intent } = await programmeWithIntent({ delay });
      await programme.pass(40);
      assert.equal(programme.end(intent), 'verified', `delay ${delay}`);
      const landed = (await programme.store.journal(intent.id)).filter(({ reason }) => reason === 'landed');
      const [announced, executed] = landed.map(({ block }) => blockOf(programme, block).relay);
      assert.ok(announced !== undefined && executed !== undefined && executed - announced >= delay);
    }
  });

  test('a delay that changed in between is the one that counts', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 5n });
    await programme.pass(3);
    programme.chain.change((state) =>
      state.proxies.set(STASH, [{ delegate: SIGNER, type: 'Any', delay: 30n }]),
    );
    await programme.showsIn(15, intent, 'announced');
    await programme.endsIn(30, intent, 'verified');
  });

  test('with an unknown relay height no transaction begins, and a missing definition is a reason', async () => {
    const intent = intentOf();
    const facts = factsOf(intent);
    const blind: ChainFacts = { ...facts, relayHeight: unknown('the item is gone', 'fake') };
    const { effects, state } = step(MACHINE_RULES, plannedState(intent), {
      kind: 'facts',
      facts: blind,
      mayBegin: true,
    });
    assert.equal(state.waiting, 'the relay height is not known: the item is gone');
    assert.deepEqual(effects.map(field('kind')), ['store']);

    for (const proxyType of ['StakingOperator', 'Governance']) {
      const programme = fakeProgramme({ proxyType });
      await programme.store.add(intent);
      await programme.endsIn(2, intent, 'not-a-proxy');
    }
  });

  test('a delay that does not fit before the deadline announces nothing', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 600n });
    await programme.endsIn(2, intent, 'too-late');
    assert.deepEqual(programme.node.handed, []);
  });
});

function factsOf(intent: Intent): ChainFacts {
  const { chain } = fakeProgramme();
  return chain.factsOf(intent, chain.finalised());
}

function blockOf({ chain }: FakeProgramme, hash: string | null) {
  const block = chain.blocks().find((one) => one.hash === hash);
  assert.ok(block !== undefined);
  return block;
}

describe('defect 14: targets are judged again before they are announced and before they are executed', () => {
  /** The next verdict drops the first target, and later ones drop none. */
  function dropFirstOnce(programme: FakeProgramme): void {
    programme.verdict = ([first = '', ...keep]) => {
      programme.verdict = honestVerdict;
      return { result: 'judged', keep, dropped: [{ stashKey: first, why: 'blocked' }] };
    };
  }

  test('a nomination that is not announced yet loses the target', async () => {
    const { programme, intent } = await programmeWithIntent();
    dropFirstOnce(programme);
    await programme.endsIn(4, intent, 'verified');
    assert.deepEqual(programme.chain.finalised().state.nominations.get(STASH)?.targets, TARGETS.slice(1));
  });

  test('an announced nomination is withdrawn, and announced again without it', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 5n });
    await programme.pass(3);
    dropFirstOnce(programme);
    await programme.endsIn(40, intent, 'verified');
    assert.deepEqual(programme.chain.finalised().state.nominations.get(STASH)?.targets, TARGETS.slice(1));
    const legs = (await programme.store.flights(intent.id)).map(({ leg }) => leg);
    assert.deepEqual(legs, ['announce', 'withdraw', 'announce', 'execute']);
    const reasons = (await programme.store.journal(intent.id)).map(({ reason }) => reason);
    assert.ok(reasons.includes('targets-dropped') && !reasons.includes('call-changed'));
  });

  test('if no target is left, no nomination is sent; if that is unknown, it waits', async () => {
    const { programme, intent } = await programmeWithIntent();
    programme.verdict = () => ({ result: 'unknown', why: 'no snapshot' });
    await programme.showsIn(3, intent, 'planned');
    programme.verdict = () => ({
      result: 'judged',
      keep: [],
      dropped: [{ stashKey: key('a'), why: 'gone' }],
    });
    await programme.endsIn(1, intent, 'revalidation');
    assert.deepEqual(programme.node.handed, []);
  });

  test('the one that is recorded is the stash that nominates, not its proxy', async () => {
    const { programme, intent } = await programmeWithIntent();
    await programme.pass(4);
    assert.ok(
      (await journalTransactions(programme.store, intent.round)).every(
        ({ nominator }) => nominator === STASH,
      ),
    );
  });
});

describe('defect 15: one signer serves many nominators, one nonce after the other', () => {
  test('twelve nominators of one signer: twelve nonces, none twice, none left out', async () => {
    const accounts = Array.from({ length: 12 }, (_, index) => key(`stash ${index}`));
    const programme = fakeProgramme({ accounts });
    const intents = accounts.map((stash) => intentOf({ nominator: stash, real: stash }));
    for (const intent of intents) await programme.store.add(intent);
    for (let block = 0; block < 60; block += 1) {
      await programme.pass(1);
      const open = intents.filter((intent) => ['submitted', 'signing'].includes(programme.shown(intent)));
      assert.ok(open.length <= 1, 'two of one signer are on their way');
    }
    for (const intent of intents) assert.equal(programme.end(intent), 'verified');
    const flights = await Promise.all(intents.map(({ id }) => programme.store.flights(id)));
    const nonces = flights.flat().map(({ nonce }) => nonce);
    assert.deepEqual(
      nonces.toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, index) => index),
    );
  });

  test('if another extrinsic used the nonce, ours can never land, and the next nonce is used', async () => {
    const { programme, intent } = await programmeWithIntent();
    programme.chain.grow();
    programme.chain.stealNonce(SIGNER);
    await programme.turn();
    await programme.endsIn(6, intent, 'verified');
    const flights = (await programme.store.flights(intent.id)).map(({ nonce, outcome }) => [nonce, outcome]);
    assert.deepEqual(flights, [
      [0, 'taken'],
      [1, 'landed'],
    ]);
  });

  test('a tip is part of the payload and of the balance that a signer needs', async () => {
    const { programme, intent } = await programmeWithIntent({ rules: { maxTries: 2, tip: 5n } });
    programme.chain.change((state) => state.spendable.set(SIGNER, 14n));
    await programme.pass(10);
    assert.match(
      programme.state(intent).held ?? '',
      /can spend 14 planck, and needs 10 as fee, 5 as tip and 0/,
    );
    programme.chain.change((state) => state.spendable.set(SIGNER, 15n));
    await programme.command(intent, { kind: 'resume' });
    await programme.pass(1);
    assert.equal(programme.state(intent).flight?.tip, 5n);
    await programme.endsIn(2, intent, 'verified');
  });

  test('locks that leave enough for a fee but not for a deposit: it is not announced', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 10n, rules: { maxTries: 2 } });
    programme.chain.change((state) => {
      state.mostDeposit = 109n;
    });
    await programme.pass(10);
    assert.match(
      programme.state(intent).held ?? '',
      /can spend 109 planck, and needs 10 as fee and 100 as deposit/,
    );
    programme.chain.change((state) => {
      state.mostDeposit = 110n;
    });
    await programme.command(intent, { kind: 'resume' });
    await programme.showsIn(3, intent, 'announced');
  });

  test('a signer without funds waits for a person after its tries; resumed, it continues', async () => {
    const { programme, intent } = await programmeWithIntent({ rules: { maxTries: 2 } });
    programme.chain.change((state) => state.spendable.set(SIGNER, 9n));
    await programme.pass(10);
    assert.match(
      programme.state(intent).held ?? '',
      /can spend 9 planck, and needs 10 as fee and 0 as deposit/,
    );
    programme.chain.change((state) => state.spendable.set(SIGNER, 10n));
    await programme.showsIn(2, intent, 'planned');
    await programme.command(intent, { kind: 'resume' });
    await programme.endsIn(3, intent, 'verified');
  });
});

describe('defect 16: a dry run changes nothing', () => {
  const previewOf = ({ parts, state }: FakeProgramme, intent: Intent) =>
    previewIntent(parts, parts.rules, state(intent), new AbortController().signal);

  test('it shows what would be sent; no store, no signer and no chain is touched', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 10n });
    const stored = async () =>
      JSON.stringify([await programme.store.list({ limit: 9 }), await programme.store.journal(intent.id)]);
    const before = await stored();
    const preview = await previewOf(programme, intent);
    assert.equal(preview.send?.leg, 'announce');
    assert.deepEqual(preview.send.inner, { call: 'nominate', targets: TARGETS });
    assert.deepEqual([preview.send.fee, preview.send.deposit, preview.send.nonce], [10n, 100n, 0]);
    assert.match(previewLines(preview).join('\n'), /announce would be signed by 0x[0-9a-f]{64} with nonce 0/);
    assert.equal(await stored(), before);
    assert.deepEqual(programme.signer.asked, []);
    assert.deepEqual(programme.node.handed, []);
  });

  test('an announcement whose targets fail is not executed by it, and is still there', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 2n });
    programme.verdict = (targets) => ({ result: 'judged', keep: targets, dropped: [] });
    await programme.pass(3);
    programme.verdict = () => ({
      result: 'judged',
      keep: [],
      dropped: [{ stashKey: key('a'), why: 'commission' }],
    });
    programme.chain.grow();
    const preview = await previewOf(programme, intent);
    assert.equal(preview.send, null);
    assert.match(preview.notes.join('\n'), /revalidation: .*commission/);
    assert.equal(programme.chain.finalised().state.announcements.get(SIGNER)?.length, 1);
    assert.equal(programme.state(intent).closing, null);
  });
});

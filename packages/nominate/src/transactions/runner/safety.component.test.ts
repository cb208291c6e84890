import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { unknown } from '../../facts/fact.ts';
import type { Intent } from '../intent.ts';
import { admitIntent } from './manage.ts';
import type { Built } from './runner-ports.ts';
import { callBytes, fakeHash, payloadBytes, readPayloadBytes } from './testing/fake-bytes.ts';
import {
  type FakeProgramme,
  fakeProgramme,
  intentOf,
  key,
  nominate,
  programmeWithIntent,
  SIGNER,
  STASH,
  TARGETS,
} from './testing/fake-programme.ts';

const mischief = { call: 'nominate', targets: [key('friend')] } as const;

function withPayload(built: Built, change: object): Built {
  const read = readPayloadBytes(built.payload);
  assert.ok(read !== null);
  return { ...built, payload: payloadBytes({ ...read, ...change }) };
}

describe('only the requested nomination is signed', () => {
  const tampers: Readonly<Record<string, (built: Built) => Built>> = {
    'another call in the payload': (built) => withPayload(built, { call: callBytes(mischief, 1) }),
    'another call altogether': (built) => {
      const call = callBytes(mischief, 1);
      return withPayload({ ...built, call }, { call });
    },
    'another call inside': (built) => ({ ...built, innerCall: callBytes(mischief, 1) }),
    'an announcement of another nomination': (built) => {
      const innerCall = callBytes(mischief, 1);
      const call = callBytes({ call: 'announce', real: STASH, callHash: fakeHash(innerCall) }, 1);
      return withPayload({ ...built, call, innerCall }, { call });
    },
    'another nonce': (built) => withPayload(built, { nonce: 9 }),
    'a longer era': (built) => withPayload(built, { period: 4_096 }),
    'another phase': (built) => withPayload(built, { phase: 1 }),
    'another block': (built) => withPayload(built, { birthHash: key('block') }),
    'another chain': (built) => withPayload(built, { genesis: key('chain') }),
    'another runtime': (built) => withPayload(built, { specVersion: 9 }),
    'another transaction version': (built) => withPayload(built, { transactionVersion: 9 }),
    'a tip': (built) => withPayload(built, { tip: 1n }),
    'no payload': (built) => ({ ...built, payload: '0x00' }),
  };
  for (const [what, tamper] of Object.entries(tampers))
    test(`${what}: the signer never sees it`, async () => {
      const { programme, intent } = await programmeWithIntent({ delay: 5n });
      programme.node.manners.tamper = tamper;
      await programme.endsIn(2, intent, 'payload-mismatch');
      assert.deepEqual(programme.signer.asked, []);
    });

  test('a payload that was changed on disk is not signed', async () => {
    const { programme, intent } = await programmeWithIntent();
    const { signer } = programme;
    signer.answer = 'wait';
    await programme.pass(1);
    const asked = signer.asked.length;
    const load = programme.store.load;
    Object.assign(programme.store, {
      load: async (id: string) => {
        const stored = await load(id);
        const flight = stored?.state.flight;
        if (stored === null || flight === null || flight === undefined) return stored;
        return { ...stored, state: { ...stored.state, targets: TARGETS.slice(1) } };
      },
    });
    await programme.pass(1);
    assert.equal(signer.asked.length, asked);
    assert.match(JSON.stringify(programme.state(intent).closing), /payload-mismatch/);
  });

  test('a signature over other bytes, or of another account, is not stored', async () => {
    const { programme, intent } = await programmeWithIntent();
    const { signer } = programme;
    signer.answer = 'wrong';
    await programme.pass(2);
    assert.equal(programme.state(intent).flight?.bytes, null);
    assert.deepEqual(programme.node.handed, []);
    await programme.endsIn(15, intent, 'payload-mismatch');
  });

  test('an extrinsic that holds another call than the payload is not stored', async () => {
    const { programme, intent } = await programmeWithIntent();
    Object.assign(programme.node, {
      readExtrinsic: async () => ({ account: SIGNER, nonce: 0, call: callBytes(mischief, 1) }),
    });
    await programme.pass(2);
    assert.equal(programme.state(intent).flight?.bytes, null);
    assert.deepEqual(programme.node.handed, []);
  });

  test('a node of another chain: no payload is built', async () => {
    const { programme, intent } = await programmeWithIntent();
    Object.assign(programme.node, {
      runtime: async () => ({ genesis: key('chain'), specVersion: 1, transactionVersion: 1 }),
    });
    await programme.pass(2);
    assert.match(programme.state(intent).waiting ?? '', /the node follows the chain/);
    assert.equal(programme.state(intent).flight, null);
  });
});

describe('a step that could not be stored has no effect', () => {
  for (const [reason, asked] of [
    ['payload-built', 0],
    ['signed', 1],
  ] as const)
    test(`${reason}: the process that was first continues, and this one stops`, async () => {
      const { programme } = await programmeWithIntent();
      const { save } = programme.store;
      Object.assign(programme.store, {
        save: (change: Parameters<typeof save>[0]) =>
          change.notes.some((note) => note.reason === reason) ? { ok: false, code: 'changed' } : save(change),
      });
      await programme.pass(1);
      assert.equal(programme.signer.asked.length, asked);
      assert.deepEqual(programme.node.handed, []);
      assert.ok(programme.told.some(({ kind }) => kind === 'gave-way'));
    });
});

type State = ReturnType<FakeProgramme['chain']['finalised']>['state'];

/** From now on its node finds no extrinsic, and shows a forged state. Returns the way back. */
function forge({ node, chain }: FakeProgramme, forged: (state: State) => State): () => void {
  const { search, facts } = node;
  Object.assign(node, {
    search: async ({ to }: { to: { height: bigint } }) =>
      ({ result: 'not-found', until: to.height, inBlock: null }) as const,
    facts: async (asked: Intent) => {
      const block = chain.finalised();
      return chain.factsOf(asked, { ...block, state: forged(block.state) });
    },
  });
  return () => void Object.assign(node, { search, facts });
}

describe('nodes that mislead', () => {
  test('one that falls behind: a block below one that was seen has no effect', async () => {
    const { programme, intent } = await programmeWithIntent();
    programme.verdict = () => ({ result: 'unknown', why: 'no snapshot' });
    await programme.pass(40);
    assert.ok(programme.state(intent).seen < programme.chain.finalised().height - 20n);
    programme.verdict = (targets) => ({ result: 'judged', keep: targets, dropped: [] });
    programme.node.manners.reads = 'old';
    await programme.showsIn(1, intent, 'planned');
    assert.match(JSON.stringify(programme.told.at(-1)), /older than one seen before/);
  });

  test('one that is behind from the start: its past decides nothing', async () => {
    const programme = fakeProgramme();
    programme.chain.grow();
    const intent = intentOf({ fromHeight: programme.chain.finalised().height });
    await programme.store.add(intent);
    programme.node.manners.reads = 'old';
    await programme.showsIn(1, intent, 'planned');
    programme.node.manners.reads = 'ok';
    await programme.endsIn(3, intent, 'verified');
  });

  test('a forging node hides an included nomination until the era is over; the nomination is not made twice', async () => {
    const { programme, intent } = await programmeWithIntent();
    const { store } = programme;
    await programme.pass(1);
    const honest = forge(programme, (state) => ({ ...state, nonces: new Map(state.nonces).set(SIGNER, 0) }));
    await programme.pass(9);
    assert.deepEqual((await store.flights(intent.id)).map(({ outcome }) => outcome)[0], 'expired');
    honest();
    await programme.endsIn(10, intent, 'verified');
    const nonces = (await store.flights(intent.id)).map(({ nonce }) => nonce);
    assert.deepEqual([...new Set(nonces)], [0], 'another nonce was used while the first was not settled');
  });

  test('one that hides an executed announcement until its withdrawal: the nomination is not called off', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 5n });
    const { chain } = programme;
    for (let blocks = 0; blocks < 40 && programme.state(intent).stage !== 'executable'; blocks += 1)
      await programme.pass(1);
    const hidden = chain.finalised().state;
    const honest = forge(programme, () => hidden);
    await programme.endsIn(1, intent, null);
    await programme.command(intent, { kind: 'cancel', detail: 'wrong list' });
    for (let blocks = 0; blocks < 80 && programme.state(intent).flight?.leg !== 'withdraw'; blocks += 1)
      await programme.pass(1);
    assert.equal(programme.state(intent).flight?.leg, 'withdraw');
    honest();
    await programme.endsIn(20, intent, 'verified');
  });

  test('one that forges while a target is dropped: the landed extrinsic is found, and no other is sent', async () => {
    // Without `sinceEra`, the targets on the chain do not stop it: only the nonce does.
    const { programme, intent } = await programmeWithIntent({}, { sinceEra: null });
    const { chain, store } = programme;
    await programme.pass(1);
    const honest = forge(programme, (state) => ({ ...state, nonces: new Map() }));
    programme.verdict = (targets) => ({ result: 'judged', keep: targets.slice(-2), dropped: [] });
    await programme.pass(10);
    assert.deepEqual(programme.state(intent).targets, TARGETS.slice(1));
    honest();
    await programme.endsIn(20, intent, 'not-as-asked');
    assert.deepEqual(chain.finalised().state.nominations.get(STASH)?.targets, TARGETS);
    assert.deepEqual(await store.add(intentOf({ round: 'another round' })), { ok: false, code: 'era-taken' });
  });

  test('a node whose blocks do not show the user of the nonce: sending stops, and the intent waits for a person', async () => {
    for (const manner of ['unseen', 'no-events'] as const) {
      const { programme, intent } = await programmeWithIntent();
      await programme.pass(1);
      programme.node.manners.search = manner;
      await programme.endsIn(8, intent, 'outcome-unknown');
      assert.equal(programme.node.handed.length, 1);
      const again = intentOf({ round: 'another round' });
      assert.deepEqual(await programme.store.add(again), { ok: false, code: 'era-taken' });
    }
  });

  test('one that hangs or resets: the intent waits, and continues from its state', async () => {
    for (const reads of ['hang', 'fail'] as const) {
      const { programme, intent } = await programmeWithIntent();
      programme.node.manners.reads = reads;
      await programme.showsIn(3, intent, 'planned');
      programme.node.manners.reads = 'ok';
      await programme.endsIn(3, intent, 'verified');
    }
  });
});

describe('a chain that changes', () => {
  test('a runtime upgrade after the announcement: withdrawn and made anew, since its hash is of no use', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 9n });
    await programme.pass(4);
    programme.chain.version = 2;
    await programme.endsIn(40, intent, 'verified');
    const legs = (await programme.store.flights(intent.id)).map(({ leg }) => leg);
    assert.deepEqual(legs, ['announce', 'withdraw', 'announce', 'execute']);
  });

  test('an announcement at a later relay block: the delay counts from there', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 9n });
    await programme.pass(5);
    const moved = programme.chain.finalised().relay + 20n;
    programme.chain.change((state) => {
      const all = state.announcements.get(SIGNER) ?? [];
      state.announcements.set(
        SIGNER,
        all.map((one) => ({ ...one, relayHeight: moved })),
      );
    });
    await programme.showsIn(20, intent, 'announced');
    assert.equal(programme.state(intent).announcement?.relayHeight, moved);
    await programme.endsIn(20, intent, 'verified');
  });

  test('a runtime upgrade after signing: the bytes can never land, and are made anew', async () => {
    const { programme, intent } = await programmeWithIntent();
    await programme.pass(1);
    programme.chain.forgetPool();
    programme.chain.version = 2;
    await programme.endsIn(20, intent, 'verified');
    assert.deepEqual((await programme.store.flights(intent.id)).map(field('outcome')), ['expired', 'landed']);
  });

  test('a filtered withdrawal: the intent still ends, and reports that the announcement remains', async () => {
    const { programme, intent } = await programmeWithIntent({ delay: 9n });
    await programme.pass(4);
    programme.chain.breaks.filtered.add('withdraw').add('execute');
    await programme.endsIn(80, intent, 'dispatch-failed');
    assert.match(programme.state(intent).ending?.detail ?? '', /still on chain: .*System.CallFiltered/);
  });
});

describe('a cancel', () => {
  test('while bytes are on their way: they are not repeated; if they land, that is the result', async () => {
    const { programme, intent } = await programmeWithIntent();
    await programme.pass(1);
    await programme.command(intent, { kind: 'cancel', detail: 'enough' });
    await programme.endsIn(3, intent, 'verified');
    assert.match(programme.state(intent).ending?.detail ?? '', /too late for operator/);
  });

  test('of lost bytes: no bytes are submitted again, and it ends cancelled', async () => {
    const { programme, intent } = await programmeWithIntent();
    programme.node.manners.submit = 'lost';
    await programme.pass(1);
    programme.node.manners.submit = 'ok';
    await programme.command(intent, { kind: 'cancel', detail: 'enough' });
    await programme.showsIn(3, intent, 'submitted');
    await programme.endsIn(10, intent, 'operator');
    assert.equal(programme.node.handed.length, 1);
    assert.equal(programme.chain.finalised().state.nominations.has(STASH), false);
  });

  test('by a signer that refuses: the era is waited for, since the payload was out', async () => {
    const { programme, intent } = await programmeWithIntent();
    const { signer } = programme;
    signer.answer = 'refuse';
    await programme.showsIn(3, intent, 'signing');
    await programme.endsIn(12, intent, 'signer-refused');
  });

  test('by the deadline: held or waiting, it ends as too late', async () => {
    const { programme, intent } = await programmeWithIntent({}, { deadlineRelay: 1_000_020n });
    const { signer } = programme;
    signer.answer = 'wait';
    await programme.endsIn(40, intent, 'too-late');
  });
});

describe('an account of the signer that was emptied begins its nonces again', () => {
  /** Its extrinsic expired without a signature. Then the account was emptied. */
  async function emptied(deadlineRelay: bigint) {
    const { programme, intent } = await programmeWithIntent({}, { deadlineRelay });
    programme.chain.change((state) => state.nonces.set(SIGNER, 5));
    programme.chain.grow();
    const { signer } = programme;
    signer.answer = 'wait';
    for (let turn = 0; programme.state(intent).flight?.outcome !== 'expired'; turn += 1) {
      assert.ok(turn < 500, 'it expires');
      await programme.pass(1);
    }
    programme.chain.change((state) => state.nonces.delete(SIGNER));
    await programme.pass(3);
    signer.answer = 'sign';
    return { programme, intent };
  }

  test('an intent whose extrinsic expired before ends at its deadline', async () => {
    const { programme, intent } = await emptied(1_000_060n);
    await programme.endsIn(100, intent, 'too-late');
  });

  test('it ends when a person cancels it', async () => {
    const { programme, intent } = await emptied(1_000_500n);
    assert.equal(programme.end(intent), null);
    await programme.command(intent, { kind: 'cancel', detail: 'x' });
    await programme.endsIn(3, intent, 'operator');
  });

  test('it makes way for the next one, which nominates', async () => {
    const { programme, intent } = await emptied(1_000_500n);
    const next = intentOf({ era: 8, round: 'round 8', sinceEra: 8 });
    await admitIntent(programme.store, programme.parts.rules, next);
    await programme.pass(20);
    assert.deepEqual([programme.end(intent), programme.end(next)], ['newer-intent', 'verified']);
  });

  test('the next nomination of an account that was filled again is sent', async () => {
    const programme = fakeProgramme();
    const first = intentOf();
    await programme.store.add(first);
    await programme.endsIn(4, first, 'verified');
    programme.chain.change((state) => state.nonces.delete(SIGNER));
    await programme.pass(20);
    const second = intentOf({ era: 8, round: 'round 8', sinceEra: 8, targets: TARGETS.slice(1) });
    await admitIntent(programme.store, programme.parts.rules, second);
    await programme.endsIn(30, second, 'verified');
  });
});

test('a newer round supersedes the open intents of its nominator, also after a crash between the two', async () => {
  const programme = fakeProgramme({ delay: 50n });
  const { store, parts } = programme;
  const older = intentOf();
  await store.add(older);
  await programme.pass(4);
  const newer = intentOf({ era: 8, round: 'round 8', deadlineRelay: 1_000_400n });
  await store.add(newer);
  await programme.showsIn(3, older, 'announced');
  assert.equal(programme.shown(newer), 'planned');
  assert.deepEqual(await admitIntent(store, parts.rules, newer), { ok: false, code: 'exists' });
  await programme.endsIn(80, older, 'newer-intent');
  assert.equal(programme.end(newer), 'verified');
  assert.equal(programme.chain.finalised().state.announcements.get(newer.signer)?.length, 0);
});

describe('a chill', () => {
  const chill = intentOf({ call: 'chill' });
  const lost = (targets: readonly string[] | null) => (programme: FakeProgramme) => {
    programme.chain.change(({ nominations }) => {
      if (targets === null) nominations.delete(STASH);
      else nominations.set(STASH, { targets, submittedIn: 7 });
    });
  };
  const cases: readonly (readonly [string, (programme: FakeProgramme) => void, string])[] = [
    ['the stash nominates none', lost(null), 'done-by-another'],
    ['a person nominated others meanwhile', lost([key('other')]), 'done-by-another'],
    [
      'a target passes again',
      (programme) => {
        programme.verdict = (targets) => ({ result: 'judged', keep: targets.slice(1), dropped: [] });
      },
      'revalidation',
    ],
  ];
  for (const delay of [0n, 6n])
    for (const [what, happens, reason] of cases)
      test(`is not made if ${what}, delay ${delay}`, async () => {
        const programme = fakeProgramme({ delay });
        nominate(programme);
        await programme.store.add(chill);
        // With a delay it is announced first, and has to be withdrawn.
        if (delay > 0n) await programme.pass(3);
        happens(programme);
        await programme.endsIn(20, chill, reason);
        const { announcements } = programme.chain.finalised().state;
        assert.deepEqual(announcements.get(SIGNER) ?? [], []);
        const calls = programme.chain.blocks().flatMap(({ landings }) => landings.map(({ call }) => call));
        assert.ok(!calls.some((call) => call !== null && 'inner' in call), JSON.stringify(calls));
      });

  test('waits while the nomination of the stash is unknown, and while a target is', async () => {
    const programme = fakeProgramme();
    nominate(programme);
    const chill = intentOf({ call: 'chill', sinceEra: null });
    await programme.store.add(chill);
    programme.verdict = () => ({ result: 'unknown', why: 'no facts' });
    await programme.pass(3);
    assert.match(programme.state(chill).waiting ?? '', /could not be judged again: no facts/);
    programme.verdict = (_targets) => ({ result: 'judged', keep: [], dropped: [] });
    const { facts } = programme.node;
    const away = { nomination: unknown('away', 'fake') };
    Object.assign(programme.node, {
      facts: async (...asked: Parameters<typeof facts>) => ({ ...(await facts(...asked)), ...away }),
    });
    await programme.pass(3);
    assert.match(programme.state(chill).waiting ?? '', /nomination of the stash is not known/);
    assert.deepEqual(programme.signer.asked, []);
    Object.assign(programme.node, { facts });
    await programme.endsIn(5, chill, 'verified');
  });

  test('gives way to a newer nomination, and is built for no other call', async () => {
    const programme = fakeProgramme({ delay: 6n });
    nominate(programme);
    const { rules } = programme.parts;
    await admitIntent(programme.store, rules, chill);
    await programme.pass(3);
    const next = intentOf({ era: 8, round: 'round 8', sinceEra: 8 });
    await admitIntent(programme.store, rules, next);
    await programme.pass(30);
    assert.deepEqual([programme.end(chill), programme.end(next)], ['newer-intent', 'verified']);
    programme.node.manners.tamper = (built) => ({ ...built, innerCall: callBytes(mischief, 1) });
    const last = intentOf({ call: 'chill', era: 9, round: 'round 9', sinceEra: 100 });
    await admitIntent(programme.store, rules, last);
    await programme.endsIn(3, last, 'payload-mismatch');
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Intent } from '../intent.ts';
import { admitIntent, commandIntent } from './manage.ts';
import type { FakeManners } from './testing/fake-node.ts';
import {
  type FakeProgramme,
  fakeProgramme,
  honestVerdict,
  intentOf,
  key,
  nominate,
  nominationsOf,
  SIGNER,
  STASH,
} from './testing/fake-programme.ts';

const OTHER = key('other stash');

type Action =
  | 'fork'
  | 'turn'
  | 'steal'
  | 'restart'
  | 'vanish'
  | 'upgrade'
  | 'cancel'
  | 'resume'
  | 'drop-target'
  | 'forget-pool'
  | { readonly grow: number; readonly unfinal: number }
  | { readonly dieAfter: number }
  | { readonly submit: FakeManners['submit'] }
  | { readonly reads: FakeManners['reads'] }
  | { readonly search: FakeManners['search'] }
  | { readonly signer: 'sign' | 'wait' | 'refuse' }
  | { readonly filter: string | null }
  | { readonly nominateError: string | null };

const grow = fc
  .record({ grow: fc.integer({ min: 1, max: 6 }), unfinal: fc.integer({ min: 0, max: 4 }) })
  .map((action): Action => action);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: grow },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }).map((dieAfter): Action => ({ dieAfter })) },
  { weight: 3, arbitrary: fc.constantFrom<Action>('fork', 'turn', 'steal', 'restart', 'forget-pool') },
  { weight: 1, arbitrary: fc.constantFrom<Action>('vanish', 'upgrade', 'cancel', 'resume', 'drop-target') },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<FakeManners['submit']>('ok', 'lost', 'lands-and-fails', 'hang', 'refuse')
      .map((submit): Action => ({ submit })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<FakeManners['reads']>('ok', 'hang', 'fail', 'old')
      .map((reads): Action => ({ reads })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<FakeManners['search']>('ok', 'fail', 'no-events', 'unseen')
      .map((search): Action => ({ search })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('sign' as const, 'wait' as const, 'refuse' as const)
      .map((signer): Action => ({ signer })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('execute', 'announce', 'proxy', 'withdraw', null)
      .map((filter): Action => ({ filter })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('Staking.BadTarget', null).map((nominateError): Action => ({ nominateError })),
  },
);

async function act(programme: FakeProgramme, intents: readonly Intent[], what: Action): Promise<void> {
  const { chain, node, store, parts, signers } = programme;
  const [first] = intents;
  if (first === undefined) return;
  if (what === 'fork') chain.fork();
  else if (what === 'turn') await programme.turn();
  else if (what === 'steal') chain.stealNonce(SIGNER);
  else if (what === 'restart') programme.restart();
  else if (what === 'forget-pool') chain.forgetPool();
  else if (what === 'vanish') chain.change((state) => state.announcements.delete(SIGNER));
  else if (what === 'upgrade') chain.version += 1;
  else if (what === 'cancel')
    await commandIntent(store, parts.rules, first.id, { kind: 'cancel', detail: 'enough' });
  else if (what === 'resume')
    for (const { id } of intents) await commandIntent(store, parts.rules, id, { kind: 'resume' });
  else if (what === 'drop-target')
    // Of a chill, the judge keeps the targets that pass again.
    programme.verdict = (targets, { call }) => ({
      result: 'judged',
      keep: call === 'chill' ? targets.slice(0, 1) : targets.slice(1),
      dropped: [],
    });
  else if ('grow' in what) await programme.pass(what.grow, what.unfinal);
  else if ('dieAfter' in what) programme.dieAfter(what.dieAfter);
  else if ('signer' in what) for (const signer of signers.values()) signer.answer = what.signer;
  else if ('filter' in what) {
    chain.breaks.filtered.clear();
    if (what.filter !== null) chain.breaks.filtered.add(what.filter);
  } else if ('nominateError' in what) chain.breaks.nominateError = what.nominateError;
  else Object.assign(node.manners, what);
}

/** The world works again, long enough for the deadline to pass and the rest to be wound up. */
async function heal(programme: FakeProgramme, intents: readonly Intent[]): Promise<void> {
  const { chain, node, signers } = programme;
  programme.restart();
  Object.assign(node.manners, { submit: 'ok', reads: 'ok', search: 'ok' });
  chain.breaks.filtered.clear();
  chain.breaks.nominateError = null;
  for (const signer of signers.values()) signer.answer = 'sign';
  programme.verdict = honestVerdict;
  for (let round = 0; round < 80; round += 1) {
    if (intents.every((intent) => programme.end(intent) !== null)) return;
    await programme.pass(10);
  }
}

const MAY_HAVE_LANDED = ['outcome-unknown', 'done-by-another', 'not-as-asked'];

async function checkWhatHappened(programme: FakeProgramme, intents: readonly Intent[]): Promise<void> {
  const final = programme.chain.finalised().height;
  const landings = programme.chain
    .blocks()
    .filter(({ height }) => height <= final)
    .flatMap(({ landings: inside, hash }) => inside.map((landing) => ({ ...landing, block: hash })));
  for (const intent of intents) {
    const done = nominationsOf(programme, intent);
    assert.ok(done.length <= 1, `${intent.nominator} was nominated for ${done.length} times`);
    const { ending } = programme.state(intent);
    assert.ok(ending !== null, 'it has not ended');
    if (ending.result === 'finalised') assert.equal(done.length, 1, 'finalised, and nothing landed');
    else if (!MAY_HAVE_LANDED.includes(ending.reason))
      assert.equal(done.length, 0, `${ending.reason}, and it landed`);
    for (const { reason, extrinsic, block } of await programme.store.journal(intent.id))
      if (reason === 'landed')
        assert.ok(
          landings.some((one) => one.hash === extrinsic && one.block === block),
          'noted, and not there',
        );
  }
  const left = programme.chain.finalised().state.announcements.get(SIGNER) ?? [];
  const excused = intents.filter((intent) => {
    const { ending } = programme.state(intent);
    return ending?.reason === 'outcome-unknown' || /still on chain/.test(ending?.detail ?? '');
  });
  assert.ok(left.length <= excused.length * 2, 'an announcement was left behind');
}

for (const [call, delay] of [
  ['nominate', 0n],
  ['nominate', 12n],
  ['chill', 0n],
  ['chill', 12n],
] as const) {
  test(`under any faults, ${call}, delay ${delay}: no ${call} is included twice, no false line is in the journal, all end with a reason`, async (context) => {
    let runs = 0;
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 60, size: 'max' }), async (actions) => {
        const programme = fakeProgramme({ delay, accounts: [STASH, OTHER] });
        const deadlineRelay = 1_000_120n;
        const intents = [
          intentOf({ call, deadlineRelay }),
          intentOf({ call, nominator: OTHER, real: OTHER, deadlineRelay }),
        ];
        if (call === 'chill') nominate(programme, [STASH, OTHER]);
        for (const intent of intents) await admitIntent(programme.store, programme.parts.rules, intent);
        runs += 1;
        steps += actions.length;
        for (const what of actions) await act(programme, intents, what);
        await heal(programme, intents);
        await checkWhatHappened(programme, intents);
      }),
      { numRuns: 60 },
    );
    context.diagnostic(`${runs} programmes, ${steps} random events`);
  });
}

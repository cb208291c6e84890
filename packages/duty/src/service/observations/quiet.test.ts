import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { target, voteKey } from '../freeze/testing/vote-key.ts';
import type { PolicyDocument } from '../index.ts';
import {
  ask,
  CHAIN,
  policyDocument,
  refusal,
  seal,
  startServing,
  textAt,
  untilServing,
} from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';

const { key: KEY, vote } = voteKey('11');
const { key: STRANGER, vote: strangeVote } = voteKey('22');
const on = { enabled: true, digestRequired: true, window: 1 };
const off = { ...on, enabled: false };
const block = { number: '812', hash: seal('77') };

/** A service with a policy of the key, and an observer of it that reports each ten seconds. */
async function stage(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const { permit, store } = await startServing(context);
  const clock = clockOf(context);
  const duties = { babe: on, grandpa: on };
  const document = policyDocument({ key: KEY, duties, standbyDelayMs: 0, ...change });
  await permit.applyPolicy(document, 'ada');
  const numbers = { blocks: 10, votes: 20 };
  const seal7 = { duty: 'babe', unit: '7' };
  const blocks = (key = STRANGER, by = 'watcher', number = ++numbers.blocks, as = seal7) => {
    const signatures = [{ key, ...as, digest: seal('66'), block }];
    return permit.reportSignatures({ chain: CHAIN, number, signatures }, by);
  };
  const votes = (seen = strangeVote('3/7', target('bb'))) =>
    permit.reportVotes({ chain: CHAIN, number: ++numbers.votes, votes: [seen] }, 'watcher');
  const both = (): Promise<unknown> => blocks().then(() => votes());
  const watch = async (seconds: number, reports = both) => {
    for (let passed = 0; passed < seconds; passed += 10) {
      await clock.sleep(10_000);
      await reports();
    }
  };
  const adopt = (of: object = {}) => {
    const floors = Object.fromEntries(Object.keys(document.duties).map((name) => [name, null]));
    const request = { chain: CHAIN, key: KEY, floors, quietMs: 300_000, confirmation: 'stopped', ...of };
    return permit.adopt(request, 'ada');
  };
  return { context, permit, store, clock, document, numbers, blocks, votes, watch, adopt };
}

type Stage = Awaited<ReturnType<typeof stage>>;
/** A number stands for so many seconds of reports. */
type Step = number | ((at: Stage) => unknown);

const silence: Step = ({ clock }) => clock.sleep(60_000);
const apply: Step = ({ permit, document }) => permit.applyPolicy(document, 'ada');
const unnumbered: Step = ({ watch, blocks, votes }) =>
  watch(400, () => blocks(STRANGER, 'watcher', Number.NaN).then(() => votes()));
const ofAnotherKey: Step = async ({ permit, watch, blocks, votes, document }) => {
  const ceilings = { ...document.ceilings, observers: ['other'] };
  await permit.applyPolicy({ ...document, key: STRANGER, ceilings }, 'ada');
  await watch(400, () => blocks(STRANGER, 'other').then(() => votes()));
};
const frozen: Step = async ({ permit, adopt }) => {
  await adopt({ quietMs: undefined });
  await permit.freeze({ key: KEY, reason: 'x' }, 'ada');
};
const uncompared: Step = async ({ permit, blocks, context }) => {
  permit.storeWentBack('test');
  await blocks(KEY);
  await untilServing(context, permit);
};
const offended: Step = ({ permit }) => {
  const digests = [seal('01'), seal('02')] as const;
  const offences = [{ key: KEY, duty: 'babe', unit: '7', part: 'seal', digests, block }] as const;
  return permit.reportOffences({ chain: CHAIN, offences }, 'watcher');
};
const sealed: Step = ({ blocks }) => blocks(KEY);
const voted: Step = ({ votes }) => votes(vote('3/7', target('bb')));

const GAP = 'observers of the key reported to this service for ';
const NONE = new RegExp(
  `^${GAP}0 s without a gap, not for 300 s \\| Apply the policy first, and keep .watchbill observe. running`,
);
const SHORT = new RegExp(`^${GAP}2\\d0 s without a gap, not for 300 s \\| Adopt again after 2023-`);
const STOP = '.* \\| Find the other signer and stop it, and .+ Adopt again after 2023-';
const refusedAs = (why: string) => new RegExp(`^the key is in use: observer watcher: ${why}${STOP}`);
const SEALED = 'block 812 is sealed with this key for babe unit 7, and ';

for (const [name, steps, why] of [
  ['no report', [silence], NONE],
  ['the policy is new to the lists of observers', [350], SHORT],
  ['a number of the blocks is missing', [200, ({ numbers }) => ++numbers.blocks, 300], SHORT],
  ['a number of the votes is missing', [200, ({ numbers }) => ++numbers.votes, 300], SHORT],
  ['reports without numbers', [unnumbered], /for 0 s without.+after 2023/],
  ['a minute without reports', [200, silence, 300], SHORT],
  ['the last report is a minute old', [400, silence], NONE],
  ['no votes', [({ watch, blocks }) => watch(400, () => blocks())], NONE],
  ['no blocks', [({ watch, votes }) => watch(400, () => votes())], NONE],
  ['blocks of an observer of another key', [ofAnotherKey], NONE],
  ['the policy changed', [400, apply, 310], SHORT],
  ['the policy changed just now', [400, apply], NONE],
  ['a block of the key', [400, sealed, 290], refusedAs(`${SEALED}the key was never adopted`)],
  ['an offence of the key', [400, offended], refusedAs('block 812 has an offence of it')],
  ['a vote of the key', [400, voted], refusedAs('a precommit of this key for grandpa unit 3/7 is in')],
  ['a block of the frozen key', [frozen, 400, sealed], refusedAs(SEALED)],
  ['a block that was not compared', [400, uncompared], refusedAs(`${SEALED}this service may not`)],
] as readonly (readonly [string, readonly Step[], RegExp])[])
  test(`an adoption with a quiet time is refused: ${name}`, async (context) => {
    const at = await stage(context);
    for (const step of steps) await (typeof step === 'number' ? at.watch(step) : step(at));
    assert.match((await refusal(at.adopt())).replace(/^409 not-quiet: /, ''), why);
  });

test('a key is adopted after a quiet time, also if granted signatures of it were seen', async (context) => {
  const { permit, watch, blocks, votes, adopt, store } = await stage(context);
  await adopt({ quietMs: undefined });
  assert.equal(await ask(permit, 'a', { key: KEY, unit: '7', digest: seal('66') }), 'granted:new');
  await votes(vote('3/7', target('bb')));
  await watch(370);
  await blocks(KEY);
  await adopt();
  assert.match(await textAt(store, `mark/${CHAIN}/${KEY}/babe`), /ada: stopped; quiet for 300 s/);
});

test('a duty that is off is not watched; one that observers do not see is never quiet', async (context) => {
  const { watch, blocks, votes, adopt, document } = await stage(context, {
    duties: { babe: off, grandpa: on },
  });
  await watch(400, () => votes());
  await blocks(KEY);
  assert.match(await refusal(adopt({ policy: document })), / Apply the policy first/);
  await adopt();
  const hidden = await stage(context, { duties: { babe: on, beefy: on } });
  await hidden.watch(400);
  assert.match((await refusal(hidden.adopt())).slice(15), NONE);
  const parachain = await stage(context, { duties: { 'aura-parachain': on } });
  await parachain.watch(400);
  await parachain.blocks(KEY, 'watcher', undefined, { duty: 'aura-parachain', unit: '7/812' });
  assert.match(await refusal(parachain.adopt()), /in use: .* aura-parachain unit 7.812, and no grant has/);
});

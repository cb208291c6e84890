// A programme on the chains of 2026, wired together, run by the service as people run it: three nominators
// and twelve candidates over two eras, in the long form three. Candidates stand on Asset Hub, their session
// keys go to the relay, the service decides and sends, the election of Asset Hub decides, and the relay has
// new validators. In between the service is killed, and a person steps in.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Json, jsonMember } from '@watchbill/chain/extrinsics';
import {
  type CastNominator,
  castCandidates,
  castNominators,
  sessionKeysOf,
  setKeys,
} from '@watchbill/testkit/chopsticks';
import { type Harness, makeHarness, type RunningService, until } from '../service-process.ts';
import { UNIT } from './accounts.ts';
import { type Asked, activeEra, relayValidators, stored } from './eras.ts';
import { landings } from './landings.ts';
import { assertLogged, assertLookedAt, EXECUTE_PAGE, LOCAL_PAGE, typed } from './programme-pages.ts';
import {
  assertDecided,
  assertNominated,
  calendarSince,
  fullId,
  heightOf,
  type Listed,
  listed,
  type Round,
  roundOf,
  untilCarriedOut,
  untilNomination,
} from './programme-rounds.ts';
import { type LocalNetwork, outcomeOf, startLocal } from './service-network.ts';
import { announcementsOf, backersOf } from './truth.ts';

/** An era has fourteen in haste. */
const MOST_BLOCKS = 200;
const CANDIDATES = castCandidates();
const [WEST, NORTH, EAST] = castNominators(0) as [CastNominator, CastNominator, CastNominator];

/**
 * All candidates validate, and the relay chain has the session keys of all; keys of another account are
 * refused.
 */
async function assertStanding({ assetHub, relay }: LocalNetwork): Promise<void> {
  for (const { name, stash } of CANDIDATES) {
    assert.notEqual(await stored(assetHub, 'Staking', 'Validators', [stash.key]), null, name);
    assert.notEqual(await stored(relay, 'Session', 'NextKeys', [stash.key]), null, name);
  }
  const [first, second] = CANDIDATES;
  assert.ok(first && second);
  const stolen = { keys: sessionKeysOf(first.stash).keys, proof: sessionKeysOf(second.stash).proof };
  assert.match(await outcomeOf(assetHub, first.stash, setKeys(stolen)), /InvalidProof/);
}

/**
 * Every candidate nominated for an era validates in it on the relay chain, backed by that nominator alone.
 */
async function assertElected({ assetHub, relay }: LocalNetwork, era: number, round: Round): Promise<void> {
  const validators = await relayValidators(relay);
  for (const { stashKey, targets } of round.record.nominators)
    for (const target of targets) {
      assert.ok(validators.includes(target), `${target} validates in era ${era}`);
      assert.deepEqual(await backersOf(assetHub, era, target), [stashKey], `${target} in era ${era}`);
    }
}

/** Block by block, so that none is made once the era is there: the chains are held then. */
async function untilEra({ assetHub, haste, hold, step }: LocalNetwork, era: number): Promise<void> {
  haste(true);
  await hold();
  for (let blocks = 0; (await activeEra(assetHub)) < era; blocks += 1) {
    assert.ok(blocks < MOST_BLOCKS, `era ${era} begins`);
    await step();
  }
  haste(false);
}

/**
 * The voters of the next era are read page by page, in blocks after the era began: a later nomination counts
 * for the era after it.
 */
async function untilVotersAreRead({ assetHub, step }: LocalNetwork): Promise<void> {
  const phase = async () => jsonMember(await stored(assetHub, 'MultiBlockElection', 'CurrentPhase'), 'type');
  for (let blocks = 0; ['Off', 'Snapshot'].includes(String(await phase())); blocks += 1) {
    assert.ok(blocks < MOST_BLOCKS, 'the voters are read');
    await step();
  }
}

/**
 * Sets the free balance of an account; the rest of it stays. The chains are held, because a block in progress
 * has taken its state before, and a write would be lost. Asset Hub makes a block by itself when it solves an
 * election, so the next block must contain the change.
 */
async function setFree({ assetHub, step }: LocalNetwork, key: string, free: bigint): Promise<void> {
  const accountOf = async () =>
    (await stored(assetHub, 'System', 'Account', [key])) as { readonly data: { readonly free: Json } };
  await until(async () => {
    const account = await accountOf();
    const changed = { ...account, data: { ...account.data, free: String(free) } };
    await assetHub.node.call('dev_setStorage', [{ System: { Account: [[[key], changed]] } }]);
    await step();
    return BigInt(String((await accountOf()).data.free)) === free ? true : null;
  });
}

/**
 * An empty folder, the example on the local chains, and the service; as the page has it. No block is made
 * until `go`.
 */
async function begun(
  context: TestContext,
  network: LocalNetwork,
): Promise<{ readonly harness: Harness; readonly service: RunningService }> {
  // `startLocal` runs the script of this command, with shorter blocks.
  LOCAL_PAGE.command(/^npm run nominate:local$/);
  assert.deepEqual(typed(LOCAL_PAGE, / run$/), ['run'], 'the harness runs it');
  const harness = makeHarness(context, network.env);
  await network.hold();
  const made = await harness.nominate(...typed(LOCAL_PAGE, / init /));
  assert.equal(made.code, 0, made.errors);
  assert.match(made.out, /on the chains that run here/);
  // A test takes any port, and asks for a person sooner.
  harness.change('nominate.yaml', 'transactions:\n', 'transactions:\n  maxTries: 2\n');
  harness.change('nominate.yaml', 'version: 1\n', 'version: 1\nlisten: { port: 0 }\n');
  return { harness, service: await harness.run() };
}

/**
 * The service decides a round and sends it: directly, by proxy, and by a proxy that has to wait; each step is
 * a line. Blocks are made only while they are waited for: an era is not over before a busy machine has done
 * all this.
 */
async function firstRound(network: LocalNetwork, harness: Harness, service: RunningService): Promise<Round> {
  await service.line(/snapshot \w+ read at block \d+, era 0: 12 candidates/);
  const [, id = ''] = await service.line(
    /round (\w+) of era 0 decided: west: \w+, \w+; north: \w+, \w+; east: \w+, \w+/,
  );
  network.go();
  const standing = assertStanding(network);
  for (const name of ['west', 'north', 'east']) await service.line(verified(name));
  await standing;
  await network.hold();
  await calendarSince(service.log, network.assetHub);
  // Whether the service looks while a block is not final yet is chance.
  const own = (name: string) =>
    [...service.log().matchAll(new RegExp(`nomination \\w+ of ${name} ([a-z ]+):`, 'g'))]
      .map(([, step]) => step)
      .filter((step) => step !== 'in a block that is not final');
  const sent = ['signed and handed over', 'in block'];
  assert.deepEqual(own('west'), [...sent, 'verified']);
  assert.deepEqual(own('east'), [...sent, 'announced', 'its delay is over', ...sent, 'verified']);
  const round = await roundOf(harness, service, await fullId(service, id));
  assertDecided(round, 0, CANDIDATES.length);
  await assertNominated(harness, network.assetHub, round, 0);
  assertLogged(service.log());
  await assertLookedAt(harness);
  return round;
}

const verified = (name: string): RegExp =>
  new RegExp(`nomination \\w+ of ${name} verified: 2 targets in block`);

/**
 * Kills the process as soon as a payload was signed; the journal remains, and the next process continues. One
 * block is made in between, and no more until requested: the lease of the dead process outlasts the delay of
 * a proxy.
 */
async function killedAndBegunAgain(
  context: TestContext,
  harness: Harness,
  service: RunningService,
  { step }: LocalNetwork,
): Promise<RunningService> {
  const from = service.log().indexOf('of era 1 decided');
  await service.line(/nomination \w+ of (west|east) signed and handed over/, from);
  await service.end('SIGKILL');
  await step();
  const open = (await listed(harness)).filter(({ era, state }) => era === 1 && state !== 'finalised');
  context.diagnostic(`killed with ${open.map(({ name, state }) => `${name} ${state}`).join(', ')}`);
  assert.ok(open.some(({ journal }) => journal.some(({ reason }) => reason === 'signed')));
  return harness.run();
}

/**
 * An announcement that is called off is withdrawn, and nothing follows. Its delay does not end while the
 * commands run.
 */
async function calledOff(
  harness: Harness,
  service: RunningService,
  { assetHub, step, go }: LocalNetwork,
): Promise<void> {
  await until(async () => {
    if ((await announcementsOf(assetHub, EAST.signer.key)).length > 0) return true;
    // Whatever the service has to send for the block before is sent.
    await untilCarriedOut(service, 2);
    await step();
    return null;
  });
  const announced = await untilNomination(harness, service, ['east', 1], ({ journal }) =>
    journal.some(({ reason }) => reason === 'announced'),
  );
  await harness.json('tx', 'cancel', announced.id.slice(0, 10), '--why', 'another list is on its way');
  go();
  const ended = await untilNomination(harness, service, ['east', 1], ({ state }) => state === 'cancelled');
  assert.equal(ended.reason, 'operator');
  assert.ok(ended.journal.some(({ reason }) => reason === 'withdrawn'));
  assert.deepEqual(await announcementsOf(assetHub, EAST.signer.key), []);
}

const isFinalised = ({ state }: Listed): boolean => state === 'finalised';

/** An intent whose signer cannot pay waits for a person. */
function heldUp(harness: Harness, service: RunningService): Promise<Listed> {
  return untilNomination(harness, service, ['north', 1], ({ held }) => held !== null);
}

/** And goes on when told to. */
async function resumed(harness: Harness, network: LocalNetwork, { id, held }: Listed): Promise<void> {
  assert.match(held ?? '', /the signer can spend \d+ planck, and needs/);
  await network.hold();
  await setFree(network, NORTH.signer.key, 100n * UNIT);
  await harness.json('tx', 'resume', id);
  network.go();
}

/**
 * A cancelled nomination is carried out by hand: first as a preview without changes, then for real. Blocks
 * are made for this only, so that the era continues.
 */
async function byHand(harness: Harness, { hold, go }: LocalNetwork, round: string): Promise<void> {
  await hold();
  const before = (await listed(harness)).length;
  const args = (pattern: RegExp): readonly string[] =>
    typed(EXECUTE_PAGE, pattern).map((word) => word.replace(/^ROUND$/, round));
  const dry = await harness.nominate(...args(/ROUND$/));
  assert.equal(dry.code, 0, dry.errors);
  assert.match(dry.out, /west: no nomination: era 1 has its nomination/);
  assert.match(dry.out, /east, for era \d+:\n {2}announce would be signed by/);
  assert.equal((await listed(harness)).length, before);
  go();
  const sent = await harness.nominate(...args(/ROUND --send$/), '--json');
  await hold();
  assert.equal(sent.code, 0, sent.errors);
  assert.match(sent.out, /"reason": "verified"/);
}

const EXECUTED = 'Proxy.proxy_announced > Staking.nominate ok';

/** Not by the process that was killed, nor by the next, nor by hand. */
async function assertNothingTwice(chain: Asked): Promise<void> {
  const nominated = Array<string>(2).fill('Staking.nominate ok');
  assert.deepEqual(await landings(chain, WEST.signer), ['Staking.bond ok', ...nominated]);
  assert.deepEqual(
    await landings(chain, NORTH.signer),
    nominated.map((call) => `Proxy.proxy > ${call}`),
  );
  const first = ['Proxy.announce ok', EXECUTED];
  const calledOff = ['Proxy.announce ok', 'Proxy.remove_announcement ok'];
  assert.deepEqual(await landings(chain, EAST.signer), [...first, ...calledOff, ...first]);
}

test('three nominators, twelve candidates, two eras', { timeout: 1_800_000 }, async (context) => {
  const network = await startLocal(context);
  const { assetHub } = network;
  const { harness, service: begunFirst } = await begun(context, network);
  const first = await firstRound(network, harness, begunFirst);

  // The signer of the second nominator cannot pay for the next nomination.
  await setFree(network, NORTH.signer.key, UNIT / 1_000n);
  assert.equal(await begunFirst.end('SIGTERM'), 0, begunFirst.log());
  await untilEra(network, 1);
  await assertElected(network, 1, first);
  await untilVotersAreRead(network);
  const service = await harness.run();
  const [, start = ''] = await service.line(/round (\w+) of era 1 decided/);
  const again = await killedAndBegunAgain(context, harness, service, network);
  const [north] = await Promise.all([heldUp(harness, again), calledOff(harness, again, network)]);
  await resumed(harness, network, north);
  for (const name of ['north', 'west']) await untilNomination(harness, again, [name, 1], isFinalised);
  await byHand(harness, network, start);
  const second = await roundOf(harness, again, await fullId(again, start));
  assertDecided(second, 1, CANDIDATES.length);
  await assertNominated(harness, assetHub, second, 1);
  await assertNothingTwice(assetHub);

  // The outcome of the first round stands with it meanwhile.
  const outcome = await until(async () => {
    const { aftermath } = await roundOf(harness, again, first.id);
    return aftermath.outcomes.find(({ era }) => era === 1) ?? null;
  });
  const targets = first.record.nominators.flatMap((one) => one.targets);
  assert.deepEqual([...outcome.elected].sort(), [...targets].sort());
  // The manual nomination is noted with its round.
  await until(async () => {
    const { aftermath } = await roundOf(harness, again, second.id);
    const own = aftermath.transactions.filter(({ nominator }) => nominator === EAST.stash.key);
    return own.some(({ state }) => state === 'finalised') ? true : null;
  });
  // The election of era 2 took its voters when era 1 began; what was nominated in era 1 counts for era 3.
  await untilEra(network, 2);
  await assertElected(network, 2, first);
  if (process.env.WATCHBILL_LONG === '1') {
    await untilEra(network, 3);
    await assertElected(network, 3, second);
  }
  context.diagnostic(
    `blocks: ${await heightOf(assetHub)} of Asset Hub, ${await heightOf(network.relay)} of the relay`,
  );
  assert.equal(await again.end('SIGTERM'), 0, again.log());
  LOCAL_PAGE.end();
  EXECUTE_PAGE.end();
});

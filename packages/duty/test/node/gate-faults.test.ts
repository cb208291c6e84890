import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningNode, waitFor } from '@watchbill/testkit';
import {
  applyPolicies,
  gatedMachine,
  identityIn,
  identityOf,
  policiesOf,
  type ScenarioChain,
  type ScenarioServices,
  type Supervisor,
  secretFile,
  setUpIdentity,
  startReports,
  startScenarioChain,
  startServices,
  supervise,
  writeSecret,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { type Lie, type LyingService, startLyingService } from './lying-service.ts';

/** One gated machine whose service lies, on the chain of five. */
interface Ground {
  readonly chain: ScenarioChain;
  readonly services: ScenarioServices;
  readonly between: LyingService;
  readonly supervisor: Supervisor;
}

const HOLD_MS = 7_000;
/**
 * A vote that was entered before a lie began may be on its way for two rounds, and longer on a machine that
 * is far too busy.
 */
const DRAIN_MS = 2_500;
/**
 * The others finalise so many blocks meanwhile: where all stand still, what was on its way is so later on.
 */
const DRAIN_BLOCKS = 3;
/** A machine that signs on never has so long without a vote. */
const DRAIN_TIMEOUT_MS = 60_000;
const WAIT = { timeoutMs: 120_000 };

async function startGround(context: TestContext): Promise<Ground> {
  const chain = await startScenarioChain({ binary: nodeBinary(), spec: specFile(context, '5') });
  context.after(() => chain.close());
  const services = await startServices('sqlite', chain.folder);
  chain.endFirst(() => services.close());
  const between = await startLyingService(services.alive().url);
  chain.endFirst(() => between.close());
  const machine = await chain.network.add(gatedMachine('eve-1', [between.url], 'claims'));
  await chain.network.add(gatedMachine('eve-2', [between.url], 'claims'));
  await setUpIdentity(services.alive(), identityOf(chain.network, chain.genesis, 'claims'));
  await startReports(services, chain.watcher, chain.folder, chain.endFirst);
  // Without its token at first: see the first case.
  await machine.start();
  const supervisor = supervise([machine]);
  chain.endFirst(() => supervisor.close());
  return { chain, services, between, supervisor };
}

/** Blocks and votes of the identity in the last `ms`. */
async function signedIn({ chain }: Ground, ms: number): Promise<{ blocks: number; votes: number }> {
  const untilMs = Date.now();
  const report = await chain.observer.report({ fromMs: untilMs - ms, untilMs });
  assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.deepEqual(report.faults, []);
  const seen = report.identities.find(({ name }) => name === 'Eve');
  return { blocks: seen?.blocks ?? 0, votes: seen?.votes ?? 0 };
}

async function signs(ground: Ground, what: string): Promise<void> {
  const since = Date.now();
  const first = await ground.chain.observer.untilFirstSignature('Eve', since, 180_000);
  assert.ok(first.block !== null && first.vote !== null, what);
}

/** Nothing is on its way any more: nothing of the identity, or no block of it, has arrived for a while. */
async function drained(ground: Ground, what: 'all' | 'blocks' = 'all'): Promise<void> {
  const { watcher } = ground.chain;
  const isStill = async (): Promise<boolean> => {
    const since = performance.now();
    const finalised = await watcher.finalisedNumber();
    await sleep(DRAIN_MS);
    await watcher.untilFinalised(finalised + DRAIN_BLOCKS);
    const { blocks, votes } = await signedIn(ground, performance.now() - since);
    return blocks === 0 && (what === 'blocks' || votes === 0);
  };
  await waitFor('what was under way has arrived', isStill, { timeoutMs: DRAIN_TIMEOUT_MS });
}

async function whileLying(ground: Ground, lie: Lie): Promise<void> {
  const { chain, between } = ground;
  const machine = chain.network.node('eve-1');
  between.lie(lie);
  try {
    await waitFor('it was asked and lied to', () => between.lied() > 0, WAIT);
    await drained(ground, lie.kind === 'slow' ? 'blocks' : 'all');
    const finalised = await chain.watcher.finalisedNumber();
    await sleep(HOLD_MS);
    const signed = await signedIn(ground, HOLD_MS);
    assert.equal(signed.blocks, 0, 'no block is sealed');
    // A vote may wait for a slow service; a slot may not.
    if (lie.kind !== 'slow') assert.equal(signed.votes, 0, 'nothing is voted');
    // The chain goes on without it.
    await chain.watcher.untilFinalised(finalised + 1);
  } finally {
    between.lie({ kind: 'none' });
  }
  // While a vote waits for its answer the voter stands still; what it missed it catches up with.
  await machine.untilFinalised((await chain.watcher.finalisedNumber()) - 1);
}

async function said(machine: RunningNode, mark: number, line: RegExp, what: string): Promise<void> {
  await waitFor(`said: ${what}`, () => machine.grep(line, mark).length > 0, WAIT);
}

test('what the gate does when its service is not what it should be', async (context) => {
  const ground = await startGround(context);
  const { chain, services, between, supervisor } = ground;
  const machine = chain.network.node('eve-1');

  await context.test('no token: said with the remedy; it follows and signs nothing', async () => {
    await machine.untilFinalised(2);
    assert.match(machine.log(), /signs nothing/);
    assert.match(machine.log(), /watchbill token create/);
    assert.deepEqual(await signedIn(ground, 5_000), { blocks: 0, votes: 0 });
    await writeSecret(services, machine, chain.genesis, 'claims');
    await signs(ground, 'it signs once the token is there');
  });

  for (const lie of [
    { kind: 'garbage' },
    { kind: 'unknown' },
    { kind: 'other-ledger' },
    { kind: 'slow', ms: 4_000 },
  ] as const)
    await context.test(`${lie.kind}: seals nothing, and again when it ends`, async () => {
      await whileLying(ground, lie);
      await signs(ground, 'it signs again');
      if (lie.kind === 'other-ledger') assert.match(machine.log(), /This machine was told ledger/);
    });

  await context.test('frozen: signs nothing, and again when it wakes up', async () => {
    const { pid } = services.alive();
    process.kill(pid, 'SIGSTOP');
    try {
      await drained(ground);
      await sleep(HOLD_MS);
      assert.deepEqual(await signedIn(ground, HOLD_MS), { blocks: 0, votes: 0 });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await signs(ground, 'it signs again');
  });

  await context.test('a precommit denied in the middle of a round waits, and the node goes on', async () => {
    const mark = machine.logMark();
    const release = supervisor.leave(machine);
    between.lie({ kind: 'deny', part: 'precommit' });
    await said(machine, mark, /precommit of round \d+ in set \d+ waits: denied/, 'the vote waits');
    const final = await chain.watcher.finalisedNumber();
    await machine.untilFinalised(final + 3, WAIT.timeoutMs);
    assert.ok(machine.running(), 'it follows finality, which goes on without its vote');
    between.lie({ kind: 'none' });
    await signs(ground, 'it votes again');
    release();
  });

  await context.test('a key that no policy lists, and a key that is not there, are said', async () => {
    const [slots] = policiesOf(identityOf(chain.network, chain.genesis, 'claims'));
    const stranger = { ...slots, key: `0x${'ab'.repeat(32)}` };
    await services.alive().admin('PUT', '/v1/policies', stranger);
    const mark = machine.logMark();
    const release = supervisor.leave(machine);
    await machine.stop();
    await machine.start();
    await said(
      machine,
      mark,
      /0xabababab…abababab names eve-1 and the key is not in its keystore/,
      'the policy names a key that the node lacks',
    );
    machine.putKeys([{ suri: '//Ferdie', types: ['gran'] }]);
    await machine.stop();
    await machine.start();
    await said(
      machine,
      mark,
      /0x568cb4a5…acf086b5 is in the keystore and no policy knows it/,
      'the keystore holds a key that no policy lists',
    );
    machine.removeKeys([{ suri: '//Ferdie', types: ['gran'] }]);
    release();
  });

  await context.test('taken from the roster: it goes on as a node that follows', async () => {
    const identity = identityOf(chain.network, chain.genesis, 'claims');
    const roster = identity.roster.filter(({ name }) => name !== 'eve-1');
    await applyPolicies(services.alive(), { ...identity, roster });
    await sleep(2_000);
    await drained(ground);
    await sleep(HOLD_MS);
    assert.deepEqual(await signedIn(ground, HOLD_MS), { blocks: 0, votes: 0 });
    assert.ok(machine.running());
    await applyPolicies(services.alive(), identity);
    await signs(ground, 'listed again, it signs again');
  });

  await context.test('the whole time: nothing twice', async () => {
    const report = await chain.observer.report();
    assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
    assert.ok(identityIn(report, 'Eve').blocks > 0);
    const token = readFileSync(secretFile(machine.folder), 'utf8').trim();
    assert.ok(token.length > 20 && !machine.log().includes(token), 'the token was never logged');
  });
});

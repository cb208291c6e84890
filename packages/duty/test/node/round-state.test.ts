// A vote that waits for its permission holds the lock of the voter. The RPC method that reads the round
// state must not stop the other methods meanwhile. The stock method does, which the control shows.

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type RunningNode, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { startReports, startServices } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { admit, gateArgs } from './dev-gate.ts';
import { startLyingService } from './lying-service.ts';

/** The stock method blocks one worker of the RPC runtime for each call. There is one worker for each core. */
const CALLS = Math.max(8, 2 * availableParallelism());
/** Between two calls of one caller: the machine has other work as well. */
const PAUSE_MS = 50;
/** A node that answers at all does so within this time, also on a busy machine. */
const ANSWER_MS = 5_000;
/** A safety limit: a call of the stock method is answered when the vote is. */
const REPLY_MS = 60_000;
const WAIT = { timeoutMs: 60_000 };
/** If its last report was answered late a gate gives a vote this time. No voter waits. */
const SHORT_VOTE_MS = 1_000;
const PLAIN = ['Alice', 'Charlie', 'Dave'];
/** The other validators build so many blocks while the vote waits. */
const BLOCKS = 3;
const BUSY = { code: -32_009, message: 'the voter is waiting for a permission; ask again' };

interface Reply {
  readonly result?: { readonly ageMs?: number; readonly best?: object };
  readonly error?: { readonly code: number; readonly message: string };
}

/** What `grandpa_roundState` returned: a value of now, an old one with its age, the error of a busy voter. */
type Kind = 'fresh' | 'kept' | 'busy' | 'other';

function kindOf({ result, error }: Reply): Kind {
  if (error !== undefined)
    return error.code === BUSY.code && error.message === BUSY.message ? 'busy' : 'other';
  if (result?.best === undefined) return 'other';
  return result.ageMs === undefined ? 'fresh' : 'kept';
}

/** Over a connection of its own. Rejects if there is no answer by then. */
async function ask({ rpcUrl }: RunningNode, method: string, deadlineMs: number): Promise<Reply> {
  const reply = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  return (await reply.json()) as Reply;
}

const isHealthy = async (node: RunningNode): Promise<boolean> =>
  ask(node, 'system_health', ANSWER_MS).then(
    ({ result }) => result !== undefined,
    () => false,
  );

/** Calls in parallel, again and again, until `end`. Settles to the kinds of all replies; never rejects. */
async function askRoundState(node: RunningNode, end: AbortSignal): Promise<ReadonlySet<Kind>> {
  const kinds = new Set<Kind>();
  const caller = async (): Promise<void> => {
    while (!end.aborted) {
      kinds.add(await ask(node, 'grandpa_roundState', REPLY_MS).then(kindOf, () => 'other'));
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: CALLS }, caller));
  return kinds;
}

/** The highest block that a node imported or built, by its log: also while its RPC does not answer. */
function bestInLog(node: RunningNode): number {
  const numbers = node.grep(/Imported #\d+|Pre-sealed block for proposal at \d+/).map((line) => {
    return Number(/(?:Imported #|proposal at )(\d+)/.exec(line)?.[1]);
  });
  return Math.max(0, ...numbers);
}

interface Ground {
  /** Plain; goes on while a vote of bob waits. */
  readonly alice: RunningNode;
  /** Gated. */
  readonly bob: RunningNode;
  /** Further flags of bob, from its next start on. */
  flags: readonly string[];
  /** Runs `act` while a prevote of bob waits, because the service is stopped. */
  whileAVoteWaits(act: () => Promise<void>): Promise<void>;
}

/** A service, and a way to stop it in the middle of a round. */
async function startService(context: TestContext, folder: string) {
  const services = await startServices('sqlite', folder);
  context.after(() => services.close());
  const service = services.alive();
  let isArmed = false;
  const between = await startLyingService(service.url, ({ part, timeoutMs }) => {
    if (!isArmed || part !== 'prevote' || Number(timeoutMs) <= SHORT_VOTE_MS) return;
    isArmed = false;
    process.kill(service.pid, 'SIGSTOP');
  });
  context.after(() => between.close());
  const whileAVoteWaits = async (act: () => Promise<void>): Promise<void> => {
    isArmed = true;
    try {
      await waitFor('bob asks for a prevote', () => !isArmed, WAIT);
      await act();
    } finally {
      isArmed = false;
      process.kill(service.pid, 'SIGCONT');
    }
  };
  return { services, url: between.url, whileAVoteWaits };
}

/** Three plain validators and a gated one: they finalise without it, so its vote may wait. */
async function startGround(context: TestContext): Promise<Ground> {
  const folder = temporaryFolder(context);
  const { services, url, whileAVoteWaits } = await startService(context, folder);
  const ground = { flags: [] as readonly string[] };
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '4'),
    folder: join(folder, 'nodes'),
    nodes: [
      ...PLAIN.map((name) => ({ name: name.toLowerCase(), keys: [{ suri: `//${name}` }] })),
      {
        name: 'bob',
        keys: [{ suri: '//Bob' }],
        args: (place) => [
          ...gateArgs('bob', url)(place),
          // On a machine that is too busy the service answers later than after the usual 30 s.
          ...['--duty-vote-timeout-ms', '120000'],
          ...ground.flags,
        ],
      },
    ],
    args: ['--gossip-duration-ms', '250'],
    start: false,
  });
  context.after(() => network.close());
  const [alice, bob] = [network.node('alice'), network.node('bob')];
  await Promise.all(PLAIN.map((name) => network.node(name.toLowerCase()).start()));
  const chain = await alice.rpc.call<string>('chain_getBlockHash', [0]);
  await admit(services.alive(), chain, { who: 'Bob', node: bob });
  await startReports(services, alice, folder, (stop) => context.after(stop));
  return Object.assign(ground, { alice, bob, whileAVoteWaits });
}

async function untilFinalityGoesOn({ alice, bob }: Ground): Promise<void> {
  const best = await alice.bestNumber();
  await bob.untilFinalised(best + 1, WAIT.timeoutMs);
}

/** Asks for the health of bob until alice has some more blocks; settles to the answers, each yes or no. */
async function healthWhileBlocksAreBuilt({ alice, bob }: Ground): Promise<ReadonlySet<boolean>> {
  const until = (await alice.bestNumber()) + BLOCKS;
  const answers = new Set<boolean>();
  do {
    answers.add(await isHealthy(bob));
    await sleep(PAUSE_MS);
  } while ((await alice.bestNumber()) < until);
  return answers;
}

test('calls of grandpa_roundState while a vote waits', async (context) => {
  const ground = await startGround(context);
  const { alice, bob } = ground;

  await context.test('the node answers, imports blocks, and votes when the service is back', async (part) => {
    await bob.start();
    await bob.untilFinalised(3);
    const end = new AbortController();
    part.after(() => end.abort());
    const kinds = askRoundState(bob, end.signal);
    await ground.whileAVoteWaits(async () => {
      const best = await alice.bestNumber();
      const answered = await healthWhileBlocksAreBuilt(ground);
      assert.deepEqual([...answered], [true], 'system_health answered each time');
      await waitFor('bob imports the blocks of the others', () => bestInLog(bob) >= best + BLOCKS, WAIT);
      // The voter still waits, and its last value has become too old.
      const isBusy = async () => kindOf(await ask(bob, 'grandpa_roundState', REPLY_MS)) === 'busy';
      await waitFor('an error in place of an old value', isBusy, WAIT);
      end.abort();
    });
    const seen = await kinds;
    assert.ok(seen.has('kept') && !seen.has('other'), [...seen].join());
    await untilFinalityGoesOn(ground);
    const isFresh = async () => kindOf(await ask(bob, 'grandpa_roundState', REPLY_MS)) === 'fresh';
    await waitFor('a value of now', isFresh, WAIT);
  });

  // Blocks are imported meanwhile: the RPC of this SDK line has a runtime of its own.
  await context.test('control: with the stock method no call is answered until the vote is', async (part) => {
    await bob.stop();
    ground.flags = ['--stock-round-state'];
    await bob.start();
    await untilFinalityGoesOn(ground);
    const end = new AbortController();
    part.after(() => end.abort());
    const kinds = askRoundState(bob, end.signal);
    await ground.whileAVoteWaits(async () => {
      await waitFor('the node does not answer any more', async () => !(await isHealthy(bob)), WAIT);
      assert.deepEqual([...(await healthWhileBlocksAreBuilt(ground))], [false]);
      end.abort();
    });
    assert.deepEqual([...(await kinds)], ['fresh'], 'each call was answered when the vote was');
    await untilFinalityGoesOn(ground);
    assert.ok(await isHealthy(bob));
  });
});

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectNode } from '@watchbill/chain';
import { accountNonce, findExtrinsic, runtimeViews } from '@watchbill/chain/extrinsics';
import { temporaryFolder } from '@watchbill/kit/testing';
import { until } from '../service-process.ts';
import { type Account, type Call, signed } from './accounts.ts';
import type { Asked } from './eras.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/local.mjs', import.meta.url));
const CALL_MS = 120_000;
/** A machine that is far too busy needs minutes. */
const READY_MS = 600_000;

/** Chains as `npm run nominate:local` runs them, in the place where `nominate init --example` finds them. */
export type LocalNetwork = Awaited<ReturnType<typeof startLocal>>;

/** Starts the script, and waits for its output. */
export async function startLocal(context: TestContext) {
  const cache = ownCache(context);
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: cache };
  const args = ['--block-seconds', '1.5', '--delay', '4'];
  const child = fork(SCRIPT, args, { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)));
  context.after(() => ended(child));
  const dead = once(child, 'exit').then(() => assert.fail(`it ended:\n${output}`));
  dead.catch(() => undefined);
  const late = AbortSignal.timeout(READY_MS);
  await Promise.race([once(child, 'message', { signal: late }), dead]);
  const record = JSON.parse(readFileSync(join(cache, 'watchbill/nominate-local/chain.json'), 'utf8'));
  const asked = (url: string): Asked => {
    const node = connectNode(url, { timeoutMs: CALL_MS });
    context.after(() => node.close());
    return { node };
  };
  return {
    /** For every command that shall find it. */
    env,
    assetHub: asked(record.chains.staking),
    relay: asked(record.chains.relay),
    /** Sessions end after two blocks, or as they would. */
    haste: (isHasty: boolean) => void child.send({ word: isHasty ? 'haste' : 'leisure' }),
    /** No block is made from then on, however long a person takes; the chains answer. */
    hold: () => held(child, 'hold'),
    /** One block of each chain, and then held again. */
    step: () => held(child, 'step'),
    go: () => void child.send({ word: 'go' }),
    output: () => output,
  };
}

let orderCount = 0;

/** Says it, and waits until the chains are held after that. */
async function held(child: ChildProcess, word: 'hold' | 'step'): Promise<void> {
  const signal = AbortSignal.timeout(READY_MS);
  orderCount += 1;
  const id = orderCount;
  const isHeld = (async () => {
    for await (const [answer] of on(child, 'message', { signal })) if (answer === id) return;
  })();
  child.send({ word, id });
  await isHeld;
}

/** A cache with the content of the real one, but a separate place for the local chains. */
function ownCache(context: TestContext): string {
  const cache = temporaryFolder(context);
  const real = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'watchbill');
  mkdirSync(join(cache, 'watchbill'));
  for (const name of readdirSync(real))
    if (name !== 'nominate-local') symlinkSync(join(real, name), join(cache, 'watchbill', name));
  return cache;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

const views = runtimeViews();

/** Hands a call over as a node takes it, and gives what became of it in a block: `ok`, or the error. */
export async function outcomeOf({ node }: Asked, who: Account, call: Call): Promise<string> {
  const head = await node.call<string>('chain_getFinalizedHead');
  const from = BigInt((await node.call<{ number: string }>('chain_getHeader', [head])).number);
  const nonce = await accountNonce(node, who.signer.publicKey, head);
  await node.call('author_submitExtrinsic', [await signed({ node }, who, call, { nonce })]);
  const wanted = { account: who.signer.publicKey, nonce };
  return until(async () => {
    const { number } = await node.call<{ number: string }>('chain_getHeader');
    const dispatch = (await findExtrinsic({ node, views }, wanted, from, BigInt(number)))?.dispatch ?? null;
    return dispatch === null ? null : dispatch.result === 'ok' ? 'ok' : dispatch.error;
  });
}

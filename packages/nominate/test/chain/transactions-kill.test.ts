// kill -9 at every state of one nomination that is announced and executed: each process goes on where the
// last one died.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ChopsticksChain, chainOf } from '@watchbill/testkit/chopsticks';
import type { Death, ProcessOrder } from './killed-process.ts';
import { landings } from './landings.ts';
import { folder, genesisOf, intentFor, makeNominator, openTransactions } from './programme.ts';
import { assertTrue } from './truth.ts';

const PROCESS = fileURLToPath(new URL('./killed-process.ts', import.meta.url));
/** In the order in which one nomination comes by them, first as an announcement, then as its execution. */
const DEATHS: readonly Death[] = [
  ...(['signing', 'submitted', 'sent', 'in-block', 'announced', 'executable'] as const),
  ...(['signing', 'submitted', 'sent', 'in-block', 'finalised'] as const),
];
const MOST_BLOCKS = 12;

/** Lives until it dies of itself, or through so many blocks; the signal that ended it, or null. */
async function live(chain: ChopsticksChain, order: ProcessOrder, blocks: number): Promise<string | null> {
  const child = fork(PROCESS, { serialization: 'advanced' });
  const dead = once(child, 'exit').then(([, signal]) => String(signal));
  child.send(order);
  try {
    await Promise.race([word(child, 'ready'), dead]);
    for (let block = 0; block < blocks; block += 1) {
      const done = word(child, 'done');
      child.send('turn');
      const signal = await Promise.race([done, dead]);
      if (signal !== null) return signal;
      await chain.newBlock();
    }
    return null;
  } finally {
    child.kill('SIGKILL');
    await dead;
  }
}

function word(child: ChildProcess, wanted: string): Promise<null> {
  return new Promise((resolve) => {
    const listen = (message: unknown): void => {
      if (message !== wanted) return;
      child.off('message', listen);
      resolve(null);
    };
    child.on('message', listen);
  });
}

test('killed at each state, and nothing is sent twice or said that is not so', async (context) => {
  const chain = await chainOf(context, 'westend-1015000');
  const nominator = await makeNominator(chain, 'killed', { type: 'Staking', delay: 2 });
  const intent = await intentFor(chain, nominator);
  await chain.newBlock();
  const file = join(folder(context), 'programme.db');
  const before = await openTransactions(file);
  assert.deepEqual(await before.add(intent), { ok: true });
  await before.close();

  const order = {
    file,
    url: chain.url,
    genesis: await genesisOf(chain),
    signer: 'westend-1015000 proxy of killed',
  };
  const died: (Death | null)[] = [];
  for (const death of DEATHS) {
    const signal = await live(chain, { ...order, death }, MOST_BLOCKS);
    died.push(signal === 'SIGKILL' ? death : null);
  }
  assert.deepEqual(died, DEATHS);
  assert.equal(await live(chain, { ...order, death: null }, 1), null);

  const store = await openTransactions(file);
  context.after(() => store.close());
  assert.equal((await store.load(intent.id))?.state.ending?.reason, 'verified');
  await assertTrue(chain, store, intent);
  assert.deepEqual(await landings(chain, nominator.signer), [
    'Proxy.announce ok',
    'Proxy.proxy_announced > Staking.nominate ok',
  ]);
});

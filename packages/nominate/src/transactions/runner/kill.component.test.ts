import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTransactions } from '../../storage/open-transactions.ts';
import type { ChainQuestion } from './testing/fake-process.ts';
import { fakeProgramme, intentOf, SIGNER } from './testing/fake-programme.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'watchbill-kill-'));
after(() => rmSync(FOLDER, { recursive: true }));
const PROCESS = fileURLToPath(new URL('./testing/fake-process.ts', import.meta.url));

type Programme = ReturnType<typeof fakeProgramme>;

/** Starts a process on the file; the chain here answers its requests. */
function start({ node }: Programme, path: string, killAt: string): ChildProcess {
  const child = fork(PROCESS, [path, killAt], { serialization: 'advanced', execArgv: [] });
  child.on('message', (message) => {
    if (typeof message !== 'object' || message === null) return;
    const { id, method, args } = message as ChainQuestion;
    const call = node[method as 'facts'] as (...given: readonly unknown[]) => Promise<unknown>;
    const reply = (answer: object): void => {
      // The test may have killed it.
      if (child.connected) child.send({ id, ...answer }, () => undefined);
    };
    call(...args, new AbortController().signal).then(
      (value) => reply({ value }),
      (error: unknown) => reply({ error: String(error) }),
    );
  });
  return child;
}

/** Runs turns until the process is dead or so many blocks have passed; the signal that killed it, or null. */
async function live({ chain }: Programme, child: ChildProcess, blocks: number): Promise<string | null> {
  const dead = once(child, 'exit').then(([, signal]) => String(signal));
  for (let block = 0; block < blocks; block += 1) {
    chain.grow(block % 2);
    const turned = new Promise<null>((resolve) => {
      const listen = (message: unknown): void => {
        if (message !== 'done') return;
        child.off('message', listen);
        resolve(null);
      };
      child.on('message', listen);
    });
    child.send('turn');
    const signal = await Promise.race([turned, dead]);
    if (signal !== null) return signal;
  }
  child.send('end');
  await dead;
  return null;
}

describe('kill -9', () => {
  for (const killAt of ['signing', 'submitted', 'in-block', 'announced', 'executable', 'finalised'])
    test(`as soon as ${killAt} is stored: the next process ends it, and nothing lands twice`, {
      timeout: 120_000,
    }, async () => {
      const programme = fakeProgramme({ delay: 4n });
      const intent = intentOf();
      const path = join(FOLDER, killAt);
      const before = await openTransactions(path, () => 1);
      await before.add(intent);
      await before.close();
      assert.equal(await live(programme, start(programme, path, killAt), 40), 'SIGKILL');
      assert.equal(await live(programme, start(programme, path, 'never'), 25), null);
      const file = await openTransactions(path, () => 1);
      assert.equal((await file.load(intent.id))?.state.ending?.reason, 'verified');
      await file.close();
      const { landings, calls } = landed(programme);
      assert.deepEqual(calls, ['announce', 'execute']);
      assert.deepEqual(landings, [0, 1]);
    });
});

function landed({ chain }: Programme) {
  const own = chain.blocks().flatMap(({ landings }) => landings.filter(({ account }) => account === SIGNER));
  return { landings: own.map(({ nonce }) => nonce), calls: own.map(({ call }) => call?.call) };
}

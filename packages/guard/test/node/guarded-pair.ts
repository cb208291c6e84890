// A pair of guarded machines of one stock validator over a real etcd.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startEtcdCluster, startLine, waitFor } from '@watchbill/testkit';
import { stepsOf } from '@watchbill/testkit/pages/page-run';
import { type GuardedMachine, guardedMachine, PATIENCE, runCommand, stage, startNew } from './guarded.ts';

export const NEW_PAIR = ['take-over', '--to', 'alpha', '--reason', 'a new pair'] as const;

export type Pair = Awaited<ReturnType<typeof pairStage>>;

/** Both machines run; alpha is the active one, and its keys are placed. `fence`: the command of bravo. */
export async function pairStage(context: TestContext, fence?: readonly string[]) {
  const ground = await stage(context);
  const etcd = await startEtcdCluster({ binary: 'debian' });
  context.after(() => etcd.close());
  /** The only way of alpha to the store. */
  const alphaLine = await startLine({ target: etcd.endpoints[0] ?? assert.fail('etcd has no member') });
  context.after(() => alphaLine.close());
  const fileOf = (name: string): string => join(ground.memory, name, 'pair.yaml');
  const machineOf = (name: string, endpoints: readonly string[], more: object): Promise<GuardedMachine> => {
    mkdirSync(join(ground.memory, name));
    const store = { kind: 'etcd', endpoints, prefix: '/watchbill-guard/eve/' };
    writeFileSync(fileOf(name), JSON.stringify({ name, store, ...more }));
    return guardedMachine(ground, name, { pair: fileOf(name) });
  };
  const more = fence === undefined ? {} : { fence: { command: fence, afterMs: 45_000 } };
  const alpha = await machineOf('alpha', [alphaLine.url], {});
  const bravo = await machineOf('bravo', etcd.endpoints, more);
  /** Runs `watchbill guard` with the pair file of bravo, which reaches the store in every test. */
  const guard = (...args: readonly string[]) => runCommand('guard', ...args, '--pair', fileOf('bravo'));
  const first = await guard(...NEW_PAIR);
  assert.equal(first.code, 0, first.text);
  await Promise.all([startNew(alpha), bravo.node.start()]);
  await untilStandby(bravo, 'alpha');
  return { ...ground, etcd, alpha, bravo, alphaLine, guard };
}

/** The commands of the guard on a page, in their order. */
export const commandsOf = (page: string): readonly string[] =>
  stepsOf(page)
    .map(({ commands }) => commands.trim())
    .filter((line) => line.startsWith('watchbill guard '));

/** Words of a command line after `watchbill guard`; a text in quotes is one word. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|\S+/g)].slice(2).map(([word, quoted]) => quoted ?? word);

/** The machine runs, holds no key, and knows which machine is the active one. */
export async function untilStandby({ status, runtime }: GuardedMachine, active: string): Promise<void> {
  await waitFor(
    `a standby of ${active}`,
    () => {
      const keys = status()?.keys ?? [];
      return keys.length > 0 && keys.every(({ say }) => say.startsWith(`${active} is active since term`));
    },
    PATIENCE,
  );
  assert.deepEqual(readdirSync(join(runtime, 'keystore')), []);
}

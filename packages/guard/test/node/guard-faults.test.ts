// Faults of one machine under the guard (L1).

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { putKeys, waitFor } from '@watchbill/testkit';
import { copyOf, holdRound, signsOnce } from './guard-faults.ts';
import {
  type GuardedMachine,
  guardedMachine,
  noEquivocation,
  PATIENCE,
  powerCut,
  type Stage,
  stage,
  startNew,
  stateOf,
} from './guarded.ts';

const KEYS = [{ suri: '//Eve' }];

interface Fault {
  readonly fault: string;
  readonly before?: (machine: GuardedMachine) => Promise<() => void>;
  /** Ends with a machine that runs again under the guard. */
  readonly happens: (machine: GuardedMachine, putBack: () => void) => Promise<void>;
}

const FAULTS: readonly Fault[] = [
  // First, in the first set: a node without a database hears of the round of a later set by chance.
  {
    fault: 'the database is purged and synchronised again',
    happens: async (machine) => {
      await powerCut(machine);
      rmSync(join(machine.node.basePath, 'chains'), { recursive: true });
      await machine.node.start();
    },
  },
  {
    fault: 'the database is put back to an older copy',
    before: ({ node, nodePid }) => copyOf(node, [node.basePath], nodePid()),
    happens: async (machine, putBack) => {
      await powerCut(machine);
      putBack();
      await machine.node.start();
    },
  },
  {
    fault: 'the whole machine is put back to a snapshot',
    before: ({ node, folder, nodePid }) => copyOf(node, [node.folder, folder], nodePid()),
    happens: async (machine, putBack) => {
      await powerCut(machine);
      putBack();
      // A snapshot of a disk holds no memory.
      rmSync(machine.runtime, { recursive: true });
      await machine.node.start();
    },
  },
  {
    fault: 'the machine reboots with keys left in the folder of placed keys',
    happens: async (machine) => {
      await powerCut(machine);
      // A new boot has another boot id, so the record of the last run proves nothing.
      rmSync(join(machine.runtime, 'continuity.json'));
      await machine.node.start();
    },
  },
  {
    fault: 'the guard is killed, and its supervisor starts it again at once',
    happens: async (machine) => {
      await powerCut(machine);
      await machine.node.start();
    },
  },
  {
    fault: 'a person puts keys into the folder while the guard waits',
    happens: async (machine) => {
      await powerCut(machine);
      rmSync(join(machine.runtime, 'continuity.json'));
      await machine.node.start();
      await waitFor('the guard waits', () => stateOf(machine.status(), 'gran') === 'waiting', PATIENCE);
      putKeys(
        join(machine.runtime, 'keystore'),
        KEYS.map((keys) => ({ ...keys, types: ['gran'] as const })),
      );
      await waitFor('the guard ends its node', () => !machine.node.running(), PATIENCE);
      assert.notEqual(machine.node.exited()?.code, 0);
      await machine.node.start();
    },
  },
];

test('faults of one guarded machine: it never signs twice', async (context) => {
  const ground = await stage(context);
  const machine = await guardedMachine(ground, 'eve');
  await startNew(machine);
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  for (const fault of FAULTS) await runFault(context, ground, machine, fault);
  await noEquivocation(ground);
});

/** Begins and ends with a validator that signs. */
async function runFault(
  context: TestContext,
  ground: Stage,
  machine: GuardedMachine,
  { fault, before, happens }: Fault,
): Promise<void> {
  const putBack = (await before?.(machine)) ?? (() => undefined);
  const held = await holdRound(ground);
  const faultMs = Date.now();
  await happens(machine, putBack);
  await signsOnce(context, ground, machine, { fault, faultMs, held });
}

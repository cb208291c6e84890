// The faults without a guard: each of them makes a stock validator sign twice, counted by the observer that
// has to count zero under the guard.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RunningNode } from '@watchbill/testkit';
import { conclude, copyOf, holdRound, untilSignedTwice } from './guard-faults.ts';
import { PATIENCE, type Stage, stage } from './guarded.ts';

const KEYS = [{ suri: '//Eve' }];

interface Control {
  readonly fault: string;
  /** Before Eve votes in the round that is held. */
  readonly before?: (eve: RunningNode) => Promise<() => void>;
  /** The fault itself. `putBack` is what `before` gave. */
  readonly happens: (eve: RunningNode, stage: Stage, putBack: () => void) => Promise<void>;
  /** Two live processes seal blocks for one slot at once; otherwise a vote has to be double. */
  readonly shown: 'vote' | 'any';
}

const copyIn =
  (part: 'basePath' | 'folder') =>
  (eve: RunningNode): Promise<() => void> =>
    copyOf(eve, [eve[part]], eve.pid() ?? assert.fail('eve does not run'));

const CONTROLS: readonly Control[] = [
  {
    fault: 'a second node is started with the keys',
    happens: async (_eve, { network }) => (await network.add({ name: 'eve-2', keys: KEYS })).start(),
    shown: 'any',
  },
  {
    fault: 'the database is put back to an older copy',
    before: copyIn('basePath'),
    happens: async (eve, _stage, putBack) => {
      await eve.kill();
      putBack();
      await eve.start();
    },
    shown: 'vote',
  },
  {
    fault: 'the database is purged and synchronised again',
    happens: async (eve) => {
      await eve.kill();
      rmSync(join(eve.basePath, 'chains'), { recursive: true });
      await eve.start();
    },
    shown: 'vote',
  },
  {
    fault: 'the whole machine is put back to a snapshot',
    before: copyIn('folder'),
    happens: async (eve, _stage, putBack) => {
      await eve.kill();
      putBack();
      await eve.start();
    },
    shown: 'vote',
  },
  {
    fault: 'the machine dies, and its keys are moved to another one at once',
    happens: async (eve, { network }) => {
      await eve.kill();
      await (await network.add({ name: 'eve-2', keys: KEYS })).start();
    },
    shown: 'vote',
  },
];

async function runControl(context: TestContext, control: Control): Promise<void> {
  const { fault, before, happens, shown } = control;
  const ground = await stage(context);
  const { network, observer } = ground;
  const eve = await network.add({ name: 'eve', keys: KEYS });
  await eve.start();
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const putBack = (await before?.(eve)) ?? (() => undefined);
  await holdRound(ground);
  const faultMs = Date.now();
  await happens(eve, ground, putBack);
  await untilSignedTwice(ground, faultMs, shown);
  await conclude(context, ground, { fault, level: 'no guard', expected: 'signs twice' }, faultMs);
}

for (const control of CONTROLS)
  test(`without a guard: ${control.fault}`, (context) => runControl(context, control));

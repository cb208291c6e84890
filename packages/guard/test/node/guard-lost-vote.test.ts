// A vote that was sent and is not in the database, because the node is killed before ParityDB has written it.
// Without a guard the node votes again in that round.

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RunningNode } from '@watchbill/testkit';
import { conclude, holdRound, signsOnce, untilSignedTwice } from './guard-faults.ts';
import { guardedMachine, noEquivocation, PATIENCE, type Stage, stage, untilPlaced } from './guarded.ts';

const KILLED = 'the node is killed after its vote, before its database has written it';
const KEYS = [{ suri: '//Eve' }];
const SOURCE = fileURLToPath(new URL('stalled-disk.c', import.meta.url));

/** A disk on which the log of a database stands still for a while. */
function stalledDisk({ memory }: Stage) {
  const [library, stalled] = [join(memory, 'stalled-disk.so'), join(memory, 'stalled')];
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
  return {
    env: { LD_PRELOAD: library, WATCHBILL_STALLED: stalled },
    begin: () => writeFileSync(stalled, ''),
    end: () => rmSync(stalled),
  };
}

test(`without a guard: ${KILLED}`, async (context) => {
  const ground = await stage(context);
  const disk = stalledDisk(ground);
  const eve = await ground.network.add({ name: 'eve', keys: KEYS, env: disk.env });
  await eve.start();
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  disk.begin();
  await holdLater(ground, eve);
  const faultMs = Date.now();
  await eve.kill();
  disk.end();
  await eve.start();
  await untilSignedTwice(ground, faultMs, 'vote');
  await conclude(context, ground, { fault: KILLED, level: 'no guard', expected: 'signs twice' }, faultMs);
});

test(`under the guard: ${KILLED}`, async (context) => {
  const ground = await stage(context);
  const disk = stalledDisk(ground);
  const machine = await guardedMachine(ground, 'eve', { env: disk.env });
  await machine.node.start();
  await untilPlaced(machine);
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  disk.begin();
  const held = await holdLater(ground, machine.node);
  const faultMs = Date.now();
  process.kill(machine.nodePid(), 'SIGKILL');
  disk.end();
  await signsOnce(context, ground, machine, { fault: KILLED, faultMs, held });
  await noEquivocation(ground);
});

/** The database is some rounds old then: its node has to catch up, and meets its peers before it votes. */
async function holdLater(ground: Stage, eve: RunningNode) {
  await eve.untilFinalised((await eve.finalisedNumber()) + 10);
  return holdRound(ground);
}

// Who missed which slot, on real chains: one of four validators is killed, and every empty slot that can be
// told is told to be its own.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Exporter, exporterShape, openExporter, targetsOf } from '@watchbill/fleet/watch/exporter';
import { AURA_KEYS, devKey, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { pino } from 'pino';
import { folderUntilExit } from './folder.ts';

const WAIT = { timeoutMs: 240_000, everyMs: 300 };
const PEOPLE = ['Alice', 'Bob', 'Charlie', 'Dave'] as const;
const DEAD = 'dave';

/** The value of a counter of one node and claim; null where it is not told. */
async function counted(
  { metricsUrl }: Exporter,
  series: string,
  node: string,
  claim: string,
): Promise<number | null> {
  const text = await (await fetch(metricsUrl)).text();
  const line = text
    .split('\n')
    .find(
      (one) =>
        one.startsWith(`${series}{`) && one.includes(`node="${node}"`) && one.includes(`claim="${claim}"`),
    );
  return line === undefined ? null : Number(line.split(' ').at(-1));
}

for (const { spec, claim, types } of [
  { spec: '4', claim: 'secondary', types: null },
  { spec: 'aura-4', claim: 'turn', types: AURA_KEYS },
])
  test(`${spec}: slots of a validator that is dead are missed by it, and by nobody who lives`, async (context) => {
    const folder = folderUntilExit('watchbill-missed-');
    const network = await startNodeNetwork({
      binary: nodeBinary(),
      spec: specFile(spec, folder),
      folder: join(folder, 'nodes'),
      nodes: PEOPLE.map((name) => ({
        name: name.toLowerCase(),
        keys: [{ suri: `//${name}`, ...(types === null ? {} : { types }) }],
      })),
      args: ['--gossip-duration-ms', '200'],
    });
    context.after(() => network.close());
    await network.node('alice').untilFinalised(2, WAIT.timeoutMs);
    const settings = exporterShape.parse({
      network: 'trial',
      listen: { port: 0 },
      everySeconds: 1,
      limits: { callSeconds: 2 },
      nodes: PEOPLE.map((name) => ({
        name: name.toLowerCase(),
        // The dead one is not asked: what it missed is on the chain.
        ...(name.toLowerCase() === DEAD ? {} : { url: network.node(name.toLowerCase()).wsUrl }),
        stash: `0x${devKey(name).stash}`,
      })),
    });
    const reading = targetsOf(settings, null);
    assert.ok(reading.ok);
    await network.node(DEAD).kill();
    const log = pino({ level: 'silent' });
    const exporter = await openExporter(settings, reading.ok ? reading.targets : [], {
      log,
      nowMs: Date.now,
    });
    context.after(() => exporter.close());
    const missed = (node: string) => counted(exporter, 'watchbill_fleet_slots_missed_total', node, claim);
    const authored = (node: string) =>
      counted(exporter, 'watchbill_fleet_blocks_authored_total', node, claim);
    let seen = '';
    // A block that comes late is built on an older one, and loses; on a machine that is busy this befalls
    // slots of the living, and not most: the dead one misses more than all of them together, and who lives
    // has authored.
    const isTold = async () => {
      const living = await Promise.all(['alice', 'bob', 'charlie'].map(missed));
      const dead = (await missed(DEAD)) ?? 0;
      const blocks = ((await authored('alice')) ?? 0) + ((await authored('bob')) ?? 0);
      seen = `missed: ${living.join()} by the living, ${dead} by the dead one; ${blocks} blocks`;
      const ofLiving = living.reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0);
      return dead >= 2 && blocks > 0 && ofLiving < dead;
    };
    await waitFor('slots of the dead one are missed', isTold, { ...WAIT, detail: () => seen });
    assert.equal(await counted(exporter, 'watchbill_fleet_slots_missed_total', DEAD, 'primary'), null);
  });

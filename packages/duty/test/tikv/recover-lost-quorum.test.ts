import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { followPage } from '@watchbill/testkit/pages/follow';
import { stamp, TIKV } from '@watchbill/testkit/pages/stamp';
import { startWorld } from '@watchbill/testkit/pages/world';
import { builtTikv, startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { pdTable, pdUnits } from '../support/disasters/pd.ts';
import { AHEAD, SKEW_MS } from '../support/disasters/store-restored.ts';

const PAGE = 'docs/duty/how-to/recover/lost-quorum.md';
const BOXES = ['box1', 'box2'];

async function loseTwo(cluster: TikvCluster): Promise<void> {
  for (const pd of cluster.pds.slice(1)) {
    await pd.kill();
    rmSync(join(cluster.folder, pd.name), { recursive: true });
  }
}

test(`the commands of ${PAGE} start PD again from one member of three`, {
  timeout: 480_000,
}, async (context) => {
  const cluster = await startTikvCluster();
  context.after(() => cluster.close());
  const world = await startWorld('lost-pd', {
    boxes: BOXES,
    store: { kind: 'tikv', endpoints: cluster.endpoints, prefix: '/watchbill/' },
    units: pdUnits(cluster),
    skewMs: SKEW_MS,
  });
  for (const box of BOXES) await world.grant(box);
  await loseTwo(cluster);
  await followPage(world, PAGE, {
    table: pdTable(cluster),
    env: { PATH: `${world.folder}/.bin:${dirname(builtTikv().pd)}:${world.env.PATH}` },
    leftOut: [
      '1. Stop everything',
      '2. Save the remaining data',
      '3. Restore it on new members',
      'Check at the end',
    ],
  });
  await world.neverTwice();
  for (const box of BOXES) await world.grant(box, AHEAD);
  await world.neverTwice();
  stamp(PAGE, TIKV);
});

// The part of etcd.md about TiKV, followed on the cluster that `npm run tikv:up` of the page starts: three
// services that serve.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '@watchbill/testkit';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { ROOT, type Step, stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp, TIKV } from '@watchbill/testkit/pages/stamp';
import { machine } from '@watchbill/testkit/pages/world';
import { BOXES, settingsOf, startBoxes } from '../support/disasters/three-boxes.ts';

const PAGE = 'docs/duty/how-to/etcd.md#on-tikv';
/** Where the page starts the second and the third service. */
const ETCD_PAGE = 'docs/duty/how-to/etcd.md';
const TRY = 'Try TiKV';
const MEMBERS = '10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379';
const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const CLUSTER_PORTS = 12;
const MOST_TRIES = 100;
const FIRST_PORT = 23_790;
const ENDED = /^6 processes ended; data stays in \S+\n$/;

/** The first of twelve free ports in a row. */
async function portsInARow(): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const ports = await freePorts(CLUSTER_PORTS);
    const [first = 0] = ports;
    if (ports.every((port, index) => port === first + index)) return first;
  }
  throw new Error(`${MOST_TRIES} times the system gave no ${CLUSTER_PORTS} ports in a row`);
}

test(`the commands of ${PAGE} bring a cluster and three services up`, {
  timeout: 480_000,
}, async (context) => {
  const world = await machine('tikv-page', {});
  const { folder, shell } = world;
  const cluster = join(folder, 'cluster');
  const port = await portsInARow();
  const [up, down] = stepsOf(PAGE).filter(({ heading }) => heading === TRY) as [Step, Step];
  /** The command of the page in the clone, on a cluster that belongs to this test. */
  const inClone = ({ commands }: Step, more = ''): string => {
    assert.match(commands, /^npm run --silent tikv:(up|down)\n$/);
    // The built programs stay where this machine keeps them.
    return `cd '${ROOT}'; XDG_CACHE_HOME='${CACHE}' ${commands.trim()} -- --folder '${cluster}' ${more}`;
  };
  context.after(() => spawnSync('bash', ['-c', inClone(down)], { stdio: 'ignore' }));
  const printed = await shell(inClone(up, `--port ${port}`));
  const onPage = printed.replace(/(?<=127\.0\.0\.1:)\d+/g, (text) => `${Number(text) - port + FIRST_PORT}`);
  assert.equal(onPage, up.shown);

  const endpoints = [port, port + 1, port + 2].map((each) => `127.0.0.1:${each}`);
  const table: readonly Substitution[] = [[MEMBERS, endpoints.join(','), 'free ports of this machine']];
  await followPage(world, PAGE, { table, leftOut: [TRY], outputs: 'any' });
  const { service } = settingsOf(ETCD_PAGE, 'service');
  const { store } = settingsOf(PAGE, 'store');
  assert.deepEqual(store?.endpoints, MEMBERS.split(','));
  // PD and the stores of the tests listen without TLS.
  const { tls, ...plain } = store;
  assert.deepEqual(Object.keys(tls ?? {}), ['caFile', 'certFile', 'keyFile']);
  await startBoxes(context, world, { service, store: { ...plain, endpoints } });
  const only = ['The second and the third'];
  const [list = ''] = await followPage(world, ETCD_PAGE, { table: [], only, outputs: 'any' });
  for (const box of BOXES) assert.match(list, new RegExp(`\\b${box}\\b.* serving +yes `), list);
  assert.match(await shell(inClone(down)), ENDED);
  stamp(PAGE, TIKV);
});

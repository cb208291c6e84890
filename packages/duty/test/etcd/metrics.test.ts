// Alerts and panels of etcd read series that a real member serves, in every supported version.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceMonitoring } from '@watchbill/duty/alerts';
import { startEtcdCluster } from '@watchbill/testkit';
import { BINARIES } from './binaries.ts';

const { rules, boards } = serviceMonitoring();
const TEXTS = [rules(), JSON.stringify(boards())];
const READ = [...new Set(TEXTS.flatMap((text) => text.match(/\betcd_\w+/g) ?? []))];

for (const binary of BINARIES) {
  test(`${binary}: every series that is read is served`, async (context) => {
    const cluster = await startEtcdCluster({ binary, members: 1 });
    context.after(() => cluster.close());
    const text = (await (await cluster.leader()).metrics()) ?? '';
    const served = new Set([...text.matchAll(/^(etcd_\w+)[{ ]/gm)].map(([, name]) => name));
    assert.ok(READ.length >= 9, READ.join(' '));
    assert.deepEqual(
      READ.filter((name) => !served.has(name)),
      [],
    );
  });
}

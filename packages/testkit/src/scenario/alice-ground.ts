// The only authority of a chain, and a service that grants its slots.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { devPublicKey, type RunningNode, type ServiceProcess, startNodeNetwork } from '@watchbill/testkit';
import { makeToken, startServices } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from './spec-file.ts';

const KEY = `0x${devPublicKey('Alice', 'babe')}`;
export const WAIT = { timeoutMs: 120_000, everyMs: 100 };

/** The only authority of a chain, not started, and a service that grants its slots once `adopt` is called. */
export async function startAlice(context: TestContext, gate: () => readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-forgotten-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const services = await startServices('sqlite', folder);
  context.after(() => services.close());
  const service = services.alive();
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '1'),
    folder: join(folder, 'nodes'),
    nodes: [{ name: 'alice', keys: [{ suri: '//Alice' }], args: () => ['--force-authoring', ...gate()] }],
    start: false,
  });
  context.after(() => network.close());
  const alice = network.node('alice');
  const tokenFile = join(alice.folder, 'token');
  mkdirSync(alice.folder, { recursive: true });
  writeFileSync(tokenFile, await makeToken(service, { role: 'node', name: 'alice' }), { mode: 0o600 });
  const gated = [
    ...['--duty', 'claims', '--duty-service', service.url],
    ...['--duty-node', 'alice', '--duty-token-file', tokenFile],
  ];
  return { alice, service, gated };
}

/** The key of Alice, or another one whose slots only she may claim. */
export async function adopt(service: ServiceProcess, chain: string, key = KEY, observers: string[] = []) {
  await service.admin('PUT', '/v1/policies', {
    ...{ chain, key, roster: [{ name: 'alice', rank: 0 }], duties: { babe: {} } },
    ...{ ceilings: { slotMs: 1_000, observers }, readiness: { required: false } },
  });
  const confirmation = 'development keys of a chain that was made a moment ago';
  await service.admin('POST', '/v1/adoptions', { chain, key, floors: { babe: null }, confirmation });
}

/** Starts a node that must end by itself with a status other than 0; returns what it printed. */
export async function refusedStart(node: RunningNode): Promise<string> {
  const mark = node.logMark();
  await assert.rejects(node.start());
  const end = node.exited();
  assert.ok(end !== null && end.signal === null && end.code !== 0, JSON.stringify(end));
  return node.log().slice(mark);
}

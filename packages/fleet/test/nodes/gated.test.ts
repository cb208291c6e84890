// Two nodes with one set of session keys, as a network file may declare them: both ask a permission service
// before they sign. One of them is stopped and the other goes on; an observer that knows of no service sees
// that nothing was signed twice.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectNode, genesisHash } from '@watchbill/chain';
import { connectLocal } from '@watchbill/fleet/lab/local';
import { makeToken, startServices } from '@watchbill/testkit/scenario';
import { admit, observe, report } from '../one-identity.ts';
import { ground, KEY_TYPES, NODE_FLAGS, nodesOf, TYPES_TEXT, untilFinalised, up } from './ground.ts';

const TWINS = ['twins-here-0', 'twins-here-1'];
const FIRST_SIGNATURE_MS = 240_000;

/**
 * The fifth validator of the chain as two nodes, and two that listen, of which one writes down what it hears.
 */
function otherPools(folder: string, { url }: { readonly url: string }): string {
  const recorded = ['votes', 'blocks'].map((what) => `--record-${what}=${join(folder, what)}`);
  return `  twins:
    role: validator
    count: 2
    keys: {session: {source: secret, secret: '{node}-keys', set: eve, types: ${TYPES_TEXT}}}
    duty: {services: ['${url}'], secret: '{node}-duty'}
  rpc: {count: 1, pruning: archive}
  listener: {role: rpc, count: 1, pruning: archive, customFlags: ${JSON.stringify([...NODE_FLAGS, ...recorded])}}
`;
}

test('two nodes of one identity sign everything once, and the one goes on where the other stops', async (context) => {
  const ledger = mkdtempSync(join(tmpdir(), 'watchbill-ledger-'));
  const services = await startServices('sqlite', ledger);
  context.after(async () => {
    await services.close();
    rmSync(ledger, { recursive: true, force: true });
  });
  const folder = ground((path) => otherPools(path, services.alive()), '5');
  for (const name of TWINS)
    for (const [secret, entries] of [
      [`${name}-keys`, KEY_TYPES],
      [`${name}-duty`, []],
    ] as const) {
      mkdirSync(join(folder, 'secrets', secret), { recursive: true });
      for (const type of entries) writeFileSync(join(folder, 'secrets', secret, type), '//Eve');
    }
  const one = up(context, folder, []);
  await untilFinalised(one, 2);
  const nodes = await nodesOf(folder);
  const [listener, rpc] = [nodes.get('listener-here-0'), nodes.get('rpc-here-0')];
  assert.ok(listener !== undefined && rpc !== undefined);
  const [use, other] = TWINS.map((name) => nodes.get(name)?.keySet ?? '');
  assert.match(use ?? '', /^gated\.eve@/);
  assert.equal(use, other);
  const client = connectNode(listener.rpcUrl, { timeoutMs: 10_000 });
  const genesis = await genesisHash(client);
  client.close();
  const watched = [listener, rpc].map(({ name, rpcUrl }) => ({ name, wsUrl: rpcUrl }));
  const observer = await observe(context, watched, folder);
  await admit(services, genesis, TWINS);
  // As an operator puts it into the Secret.
  for (const name of TWINS) {
    const token = await makeToken(services.alive(), { role: 'node', name });
    writeFileSync(join(folder, 'secrets', `${name}-duty`, 'token'), token, { mode: 0o600 });
  }
  await report(context, folder, services, listener.rpcUrl);
  await observer.untilFirstSignature('Eve', observer.mark(), FIRST_SIGNATURE_MS);

  // Whichever of them is active is stopped; the other one takes over.
  const control = await connectLocal(join(folder, 'local'));
  context.after(() => control.close());
  for (const name of TWINS) {
    await control.stop(name, 10_000);
    await observer.untilFirstSignature('Eve', observer.mark(), FIRST_SIGNATURE_MS);
    await control.start(name);
    await untilFinalised(one, one.finalised() + 3);
  }
  const { equivocations, identities } = await observer.report();
  assert.deepEqual(equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.ok((identities.find(({ name }) => name === 'Eve')?.blocks ?? 0) > 1);
});

// Endpoints that hang, reset or report the past: no transaction is sent twice, and no wrong result is
// recorded.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectNode } from '@watchbill/chain';
import { chainOf } from '@watchbill/testkit/chopsticks';
import { agedEndpoint, hangingEndpoint, resettingEndpoint } from './faults.ts';
import { landings } from './landings.ts';
import { folder, intentFor, makeNominator, programme } from './programme.ts';
import { assertTrue } from './truth.ts';

test('one endpoint of four is enough, and none is not', async (context) => {
  const chain = await chainOf(context, 'westend-1015000');
  const nominator = await makeNominator(chain, 'faulty', { type: 'Staking', delay: 2 });
  const signers = [nominator.signer];
  const file = join(folder(context), 'programme.db');
  const intent = await intentFor(chain, nominator);

  // No fact: the only endpoint that answers reports a block from before the intent.
  const hanging = await hangingEndpoint(context, chain);
  const resetting = await resettingEndpoint(context);
  const aged = agedEndpoint(chain);
  hanging.fail(true);
  await aged.age();
  await chain.newBlock();
  const late = await intentFor(chain, nominator);
  assert.ok(late.fromHeight > intent.fromHeight);
  const bad = await programme(context, chain, {
    signers,
    file,
    nodes: [hanging.node, resetting.node, aged.node],
  });
  await bad.admit(late);
  await bad.until(late, 3);
  assert.equal((await bad.state(late)).flight, null);
  assert.deepEqual(await landings(chain, nominator.signer), []);

  // A fourth one, the last in the list, is honest.
  const honest = connectNode(chain.url, { timeoutMs: 60_000 });
  const silent = await hangingEndpoint(context, chain);
  silent.fail(true);
  const nodes = [silent.node, (await resettingEndpoint(context)).node, aged.node, honest];
  const good = await programme(context, chain, { signers, file, nodes });
  const announced = await good.until(late, 8, ({ stage }) => stage === 'announced');
  assert.equal(announced.stage, 'announced', JSON.stringify(announced.waiting));

  // A new process that hears of the past alone neither announces again nor executes.
  const forgetful = await programme(context, chain, { signers, file, nodes: [aged.node] });
  await forgetful.until(late, 4);
  assert.equal((await forgetful.state(late)).stage, 'announced');
  assert.deepEqual(await landings(chain, nominator.signer), ['Proxy.announce ok']);

  const ended = await good.until(late, 10);
  assert.equal(ended.ending?.reason, 'verified', JSON.stringify(ended.waiting));
  await assertTrue(chain, good.store, late);
  assert.deepEqual(await landings(chain, nominator.signer), [
    'Proxy.announce ok',
    'Proxy.proxy_announced > Staking.nominate ok',
  ]);
});

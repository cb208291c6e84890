// The three ways to nominate and to chill, on a relay chain with staking and on Asset Hub: real runtimes, the
// real machine and store.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blockBody } from '@watchbill/chain/extrinsics';
import { chainOf } from '@watchbill/testkit/chopsticks';
import { VALIDATORS } from './accounts.ts';
import { landings } from './landings.ts';
import { intentFor, makeNominator, programme } from './programme.ts';
import { factValue } from './reading.ts';
import { nominatedBy } from './truth.ts';

for (const name of ['westend-1015000', 'asset-hub-2026'] as const)
  describe(`on ${name}`, () => {
    test('a nomination and a chill: direct, by proxy, and by a proxy with a delay', async (context) => {
      const chain = await chainOf(context, name);
      const direct = await makeNominator(chain, 'direct', null);
      const proxied = await makeNominator(chain, 'proxied', { type: 'Staking', delay: 0 });
      const delayed = await makeNominator(chain, 'delayed', { type: 'Any', delay: 6 });
      const nominators = [direct, proxied, delayed];
      const { admit, parts, state, store, turn, until } = await programme(context, chain, {
        signers: nominators.map(({ signer }) => signer),
      });
      const intents = await Promise.all(nominators.map((nominator) => intentFor(chain, nominator)));
      for (const intent of intents) await admit(intent);
      const [, , last] = intents;
      assert.ok(last);
      const announced = await until(last, 6, ({ stage }) => stage === 'announced');
      const { block } = (await store.journal(last.id)).find(({ reason }) => reason === 'announced') ?? {};
      assert.ok(typeof block === 'string');
      const height = (await blockBody(chain.node, block)).height;
      const at = await parts.chain.factsAt(last, { height, hash: block }, new AbortController().signal);
      // The clock of the pallet: the block's own height on a relay chain, that of the relay on Asset Hub.
      assert.equal(announced.announcement?.relayHeight, factValue(at.relayHeight));
      assert.equal(factValue(at.relayHeight) === height, name === 'westend-1015000');
      const ended = await until(last, 20);
      await turn();
      assert.equal(ended.ending?.reason, 'verified', JSON.stringify(ended.ending ?? ended.waiting));
      for (const intent of intents) assert.equal((await state(intent)).ending?.reason, 'verified');
      assert.deepEqual(await landings(chain, direct.signer), ['Staking.bond ok', 'Staking.nominate ok']);
      assert.deepEqual(await landings(chain, proxied.signer), ['Proxy.proxy > Staking.nominate ok']);
      assert.deepEqual(await landings(chain, delayed.signer), [
        'Proxy.announce ok',
        'Proxy.proxy_announced > Staking.nominate ok',
      ]);
      for (const { stash } of nominators)
        assert.deepEqual((await nominatedBy(chain, stash.key))?.toSorted(), VALIDATORS.toSorted());

      const chills = await Promise.all(
        nominators.map((nominator) => intentFor(chain, nominator, { call: 'chill', era: 2, round: 'chill' })),
      );
      for (const intent of chills) await admit(intent);
      const [, , slowest] = chills;
      assert.ok(slowest);
      const chilled = await until(slowest, 20);
      await turn();
      assert.equal(chilled.ending?.reason, 'verified', JSON.stringify(chilled.ending ?? chilled.waiting));
      for (const intent of chills) assert.equal((await state(intent)).ending?.reason, 'verified');
      assert.deepEqual((await landings(chain, direct.signer)).slice(2), ['Staking.chill ok']);
      assert.deepEqual((await landings(chain, proxied.signer)).slice(1), ['Proxy.proxy > Staking.chill ok']);
      assert.deepEqual((await landings(chain, delayed.signer)).slice(2), [
        'Proxy.announce ok',
        'Proxy.proxy_announced > Staking.chill ok',
      ]);
      for (const { stash } of nominators) assert.equal(await nominatedBy(chain, stash.key), null);
    });
  });

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { fakeNode } from '../chain/transactions/testing/fake-node.ts';
import { presetProgramme } from '../rounds/presets.ts';
import { openProgrammeStore, type ProgrammeStore } from '../storage/index.ts';
import { sampleSnapshot } from '../testing/sample.ts';
import { serviceShape } from './config.ts';
import { readyConfig } from './ready.ts';
import { settingsOf } from './settings.ts';
import { firstGenesis, openWorld } from './world.ts';

const LOCAL = readyConfig({ network: 'local', topology: 'process', purpose: 'development' });
const PROGRAMME = presetProgramme({ network: 'polkadot', profile: 'fair' }, [
  { name: 'west', stashKey: `0x${'11'.repeat(32)}` },
]);
const SIGNAL = new AbortController().signal;

let store: ProgrammeStore;
beforeEach(async () => {
  store = await openProgrammeStore({ file: ':memory:' }, () => 1);
});
afterEach(() => store.close());

/** `answer` gives the address of the last redirect. */
async function world(change: object, answer: (url: string) => string = (url) => url) {
  const config = serviceShape.parse({ ...LOCAL, ...change });
  return openWorld({
    ...{ config, dir: '/nowhere', store, signers: new Map(), channels: [], tell: () => undefined },
    database: { file: ':memory:' },
    settings: await settingsOf(config, PROGRAMME, '/nowhere', new Map()),
    recorded: sampleSnapshot({ seed: 'world', count: 3, nominators: 1 }),
    fetch: async (url) => {
      const response = new Response('the list');
      Object.defineProperty(response, 'url', { value: answer(String(url)) });
      return response;
    },
    clock: systemClock(),
  });
}

test('the candidate list is read over https only, unless http is allowed; a redirect does not lead around that', async () => {
  await assert.rejects(world({ candidates: { source: 'http://a.example/list' } }), {
    code: 'list-over-http',
  });
  const allowed = await world({ candidates: { source: 'http://a.example/list', allowHttp: true } });
  assert.equal(await allowed.candidates(SIGNAL), 'the list');
  const source = 'https://a.example/list';
  const safe = await world({ candidates: { source } });
  assert.equal(await safe.candidates(SIGNAL), 'the list');
  const led = await world({ candidates: { source } }, () => 'http://b.example/list');
  await assert.rejects(led.candidates(SIGNAL), /a\.example redirects to an address without https/);
  for (const one of [allowed, safe, led]) await one.close();
});

test('a start names the chain that does not answer, and a remedy for it', async () => {
  const node = fakeNode('dead', { height: 1n, gone: true });
  await assert.rejects(firstGenesis([node], 'relay'), {
    message: 'no endpoint of the relay chain answers',
    remedy: /chains\.genesis\.relay/,
  });
  await assert.rejects(firstGenesis([node], 'staking'), {
    message: 'no endpoint of the staking chain answers',
  });
});

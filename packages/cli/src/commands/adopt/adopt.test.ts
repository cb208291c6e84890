import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, KEY, policyView, scene } from '../fake-ledger.ts';

const ADOPT = ['adopt', '--chain', CHAIN, '--key', KEY, '--confirmation', 'old node powered off'];
const marks = {
  marks: [
    {
      chain: CHAIN,
      key: KEY,
      duty: 'babe',
      head: { epoch: 'e', seq: '1', hash: 'h' },
      floor: '9',
      recent: [],
    },
  ],
};
const answers = {
  'GET /v1/policies': { status: 200, body: { policies: [policyView()] } },
  'POST /v1/adoptions': { status: 200, body: marks },
};

test('floors go to the service as units of their duty', async (t) => {
  const { run, service } = await scene(t, answers);
  const ran = await run([...ADOPT, '--floor', 'babe=9', '--floor', 'grandpa=5/100']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /babe +9/);
  assert.deepEqual(service.seen.at(-1)?.body, {
    chain: CHAIN,
    key: KEY,
    floors: { babe: '9', grandpa: '5/100' },
    confirmation: 'old node powered off',
  });
});

test('--never-signed speaks for every enabled duty without a floor of its own', async (t) => {
  const { run, service } = await scene(t, answers);
  await run([...ADOPT, '--never-signed', '--floor', 'babe=9']);
  const sent = service.seen.at(-1)?.body as { readonly floors: object } | undefined;
  assert.deepEqual(sent?.floors, { babe: '9', grandpa: null });
  const stranger = await run([...ADOPT.map((text) => (text === KEY ? CHAIN : text)), '--never-signed']);
  assert.equal(stranger.code, 2);
  assert.match(stranger.stderr, /no policy for this chain and key/);
});

test('what is no floor is never sent', async (t) => {
  const { run, service } = await scene(t, answers);
  const wrong = [
    [],
    ['--floor', 'babe'],
    ['--floor', 'bake=1'],
    ['--floor', 'grandpa=5'],
    ['--floor', 'babe=-1'],
  ];
  for (const args of [...wrong, ['--floor', 'babe=1', '--floor', 'babe=2']])
    assert.equal((await run([...ADOPT, ...args])).code, 2, args.join(' '));
  assert.equal((await run(ADOPT.slice(0, -2).concat('--never-signed'))).code, 2);
  assert.equal(service.seen.length, 0);
});

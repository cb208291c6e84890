// HAProxy in front of the gateway, before real nodes: it answers what is simple, and nothing else than the gateway would have.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectNode } from '@watchbill/chain';
import { GATEWAY_ERRORS, UNSAFE_METHODS } from '@watchbill/fleet/gateway';
import { type NodeNetwork, type RunningNode, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { assertKeys, assertQuotas } from './gateway-front-callers.ts';
import { KEY, OTHER_ONES, SIMPLE_ONES, SMUGGLED } from './gateway-front-corpus.ts';
import {
  type Answer,
  askedByGateway,
  errorOf,
  exchange,
  gatewayFolder,
  gatewayOf,
  type Line,
  lineTo,
  metric,
  post,
  rawExchange,
  SIMPLE,
  untilItself,
  WAIT,
  writeKeys,
} from './gateway-front-ground.ts';

const ALL = { methods: ['*'], requestsPerSecond: 100_000, burst: 100_000 };
const TIERS = { all: ALL, few: { ...ALL, methods: ['chain_*'] } };
const ORIGINS = ['https://app.example'];
const POOL = { checkIntervalMs: 1_000, timeoutMs: 2_000, mostLag: 3 };
const PORT_0 = { port: 0 };

async function networkOf(context: TestContext): Promise<NodeNetwork> {
  const folder = gatewayFolder();
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('1', folder),
    folder: join(folder, 'nodes'),
    nodes: [
      { name: 'alice', keys: [{ suri: '//Alice' }] },
      { name: 'one', role: 'full' },
      { name: 'two', role: 'full' },
    ],
    args: ['--gossip-duration-ms', '200'],
  });
  context.after(() => network.close());
  return network;
}

/** The same gateway twice, one with a front, before one node and the line to it. */
async function pairOf(context: TestContext, line: Line) {
  const keysFile = join(gatewayFolder(), 'keys.json');
  // What is asked before the front answers by itself may be counted later than it is answered, so a key of another tier asks it.
  const first = 'wbk_the-first';
  writeKeys(keysFile, [
    { name: 'test', tier: 'all', key: KEY },
    { name: 'first', tier: 'few', key: first },
  ]);
  const settings = {
    listen: PORT_0,
    backends: [{ name: 'node', url: line.wsUrl }],
    // A check that is late would be seen as a difference.
    pool: { checkIntervalMs: 5_000, timeoutMs: 20_000 },
    tiers: TIERS,
    keysFile,
    origins: ORIGINS,
  };
  const plain = await gatewayOf(context, settings);
  const fronted = await gatewayOf(context, { ...settings, front: {} }, first);
  return { plain, fronted, keysFile };
}

type Pair = Awaited<ReturnType<typeof pairOf>>;
const said = ({ status, json, text }: Answer) => ({ status, said: json ?? text });

async function assertSame({ plain, fronted }: Pair, requests: Readonly<Record<string, string>>) {
  for (const [what, text] of Object.entries(requests)) {
    const expected = await exchange(plain.url, text);
    assert.deepEqual(said(await exchange(fronted.url, text)), said(expected), what);
  }
}

async function assertDivided(pair: Pair): Promise<void> {
  const { adminUrl } = pair.fronted;
  const allowed = () => metric(adminUrl, /^watchbill_gateway_requests_total\{tier="all",outcome="allowed"\}/);
  const [asked, before] = [await askedByGateway(adminUrl), await allowed()];
  await assertSame(pair, SIMPLE_ONES);
  assert.equal(await askedByGateway(adminUrl), asked, 'simple requests pass by the gateway');
  const count = Object.keys(SIMPLE_ONES).length;
  await waitFor('they are counted', async () => (await allowed()) === before + count, WAIT);
  await assertSame(pair, OTHER_ONES);
  for (const [what, text] of Object.entries(OTHER_ONES)) {
    if (!/"result"/.test((await exchange(pair.plain.url, text)).text)) continue;
    const was = await askedByGateway(adminUrl);
    await exchange(pair.fronted.url, text);
    assert.equal(await askedByGateway(adminUrl), was + 1, `${what} is answered by the gateway`);
  }
}

/** Nothing that is read in two ways, and nothing unsafe, has come by. */
async function assertUnreached({ fronted }: Pair, line: Line): Promise<void> {
  const answers = await Promise.all(
    Object.entries(SMUGGLED).map(
      async ([what, text]) => [what, await rawExchange(fronted.url, text)] as const,
    ),
  );
  for (const [what, text] of answers) {
    assert.match(text, /^HTTP\/1\.1 [24]\d\d /, what);
    assert.doesNotMatch(text, /101 Switching/, what);
  }
  const sockets = connectNode(`${fronted.url.replace('http', 'ws')}/k/${KEY}`, { timeoutMs: 60_000 });
  try {
    for (const pattern of UNSAFE_METHODS) {
      const method = pattern.replace('*', 'x');
      const body = SIMPLE.replace('chain_getBlockHash', method);
      const shapes = [
        body,
        body.replaceAll(':', ': '),
        body.replace(method, method.replace('_', '\\u005f')),
        `[${body}]`,
        body.replace('"params"', '"method":"chain_getHeader","params"'),
        SIMPLE.replace('"params"', `"method":"${method}","params"`),
        `${SIMPLE}\0${body}`,
      ];
      for (const shape of shapes) {
        const answer = await exchange(fronted.url, post(shape, [`X-Api-Key: ${KEY}`]));
        assert.ok([200, 400].includes(answer.status), `${shape}: ${answer.status}`);
      }
      await assert.rejects(sockets.call(method, []), /never answered here/, method);
    }
  } finally {
    sockets.close();
  }
  const sent = line.sent();
  for (const pattern of UNSAFE_METHODS) {
    const name = pattern.replace('*', 'x');
    assert.ok(
      !new RegExp(`"method": *"${name}"`).test(sent.replaceAll('\\u005f', '_')),
      `${name} reached the node`,
    );
  }
  for (const secret of [
    KEY,
    'authorization',
    'x-api-key',
    'cookie',
    'x-forwarded-for',
    'origin',
    'upgrade: h',
    '\0',
  ])
    assert.ok(!sent.toLowerCase().includes(secret), `${JSON.stringify(secret)} reached the node`);
  assert.match(sent, /chain_getBlockHash/);
}

function keysOf(node: RunningNode): readonly string[] {
  return readdirSync(node.keystorePath, { recursive: true }).map(String).sort();
}

async function assertGoesOn(context: TestContext, network: NodeNetwork): Promise<void> {
  const keysFile = join(gatewayFolder(), 'keys.json');
  writeKeys(keysFile, [{ name: 'test', tier: 'all', key: KEY }]);
  const names = ['one', 'two'] as const;
  const gateway = await gatewayOf(
    context,
    {
      listen: PORT_0,
      front: {},
      backends: names.map((name) => ({ name, url: network.node(name).wsUrl })),
      pool: POOL,
      tiers: TIERS,
      keysFile,
    },
    KEY,
  );
  const { url, adminUrl } = gateway;
  const ask = () => exchange(url, post(SIMPLE, [`X-Api-Key: ${KEY}`]));
  const readiness = async () => {
    const answer = await fetch(`${adminUrl}/readyz`);
    const { backends } = (await answer.json()) as {
      readonly backends: readonly { readonly name: string; readonly state: string }[];
    };
    return {
      status: answer.status,
      states: Object.fromEntries(backends.map(({ name, state }) => [name, state])),
    };
  };
  const untilState = (name: string, isReady: boolean) =>
    waitFor(
      `${name} is ${isReady ? '' : 'not '}ready`,
      async () => ((await readiness()).states[name] === 'ready') === isReady,
      WAIT,
    );
  /** All of so many are answered, and by the front. On a machine with much else to do a check comes late at times. */
  const untilAnswered = (count: number) =>
    waitFor(
      'the front answers them all',
      async () => {
        const before = await askedByGateway(adminUrl);
        const answers = await Promise.all(Array.from({ length: count }, ask));
        const isAnswered = answers.every(
          ({ status, text }) => status === 200 && text.includes('"result":"0x'),
        );
        return isAnswered && (await askedByGateway(adminUrl)) === before;
      },
      WAIT,
    );
  await Promise.all(names.map((name) => untilState(name, true)));
  await untilAnswered(20);

  network.node('one').pause();
  // Where a check of the other one came late just now, nothing can be told of this request.
  const isTwoReady = async () => (await readiness()).states.two === 'ready';
  for (const isLast of [false, false, true]) {
    const was = await isTwoReady();
    const { text } = await ask();
    if (!isLast && !(was && (await isTwoReady()))) continue;
    assert.match(text, /"result":"0x/, 'asked anew at the other node');
    break;
  }
  await untilState('one', false);
  await untilAnswered(20);
  network.node('one').resume();
  await untilState('one', true);

  await network.node('two').kill();
  await untilAnswered(10);
  await untilState('two', false);
  await untilAnswered(20);

  await network.node('one').kill();
  await untilState('one', false);
  await waitFor(
    'the gateway answers for nodes that are gone',
    async () => (await ask()).text.includes('"id":7'),
    WAIT,
  );
  const gone = await ask();
  assert.deepEqual([gone.status, errorOf(gone)], [200, GATEWAY_ERRORS.unavailable]);
  assert.equal((await readiness()).status, 503);
  await network.node('two').start();
  await untilState('two', true);
  await untilItself(gateway, KEY);
}

test('HAProxy in front of a gateway answers as the gateway does, and nothing that it would not', {
  timeout: 680_000,
}, async (context) => {
  const network = await networkOf(context);
  await Promise.all(['one', 'two'].map((name) => network.node(name).untilFinalised(1, WAIT.timeoutMs)));
  const node = network.node('one');
  const line = await lineTo(node.rpcUrl);
  context.after(() => line.close());
  const before = keysOf(node);
  const pair = await pairOf(context, line);
  await context.test(
    'simple requests are answered by the front, all others by the gateway, and both alike',
    () => assertDivided(pair),
  );
  await context.test('what is unsafe or read in two ways reaches no node, and no key does', () =>
    assertUnreached(pair, line),
  );
  assert.deepEqual(keysOf(node), before);
  await context.test('keys are in force at the front as they are at the gateway', () =>
    assertKeys(pair.fronted, pair.keysFile),
  );
  await context.test('callers have their share at the front, by key or address', () =>
    assertQuotas(context, line),
  );
  await context.test('nodes that stand still or die are left', () => assertGoesOn(context, network));
});

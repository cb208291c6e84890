import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  AURA_KEY,
  auraBlock,
  fakeChain,
  JUSTIFICATION,
  JUSTIFIED,
  type FakeAnswer as NodeAnswer,
  startFakeNode,
} from '@watchbill/chain/testing';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type FakeAnswer, fakeService } from '../../client/testing/fake-service.ts';
import { runCli } from '../testing/run-duty.ts';

const cwd = temporaryFolder();
writeFileSync(join(cwd, 'w.token'), 'hunter2-secret\n', { mode: 0o600 });

const CHAIN = `0x${'91'.repeat(32)}`;
const TAKEN: FakeAnswer = { status: 204, body: null };
const [KEY, OTHER] = JUSTIFIED.keys;
const PATIENCE_MS = 20_000;

async function until(condition: () => boolean, what: string): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  while (!condition()) {
    assert.ok(Date.now() < untilMs, `waited in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** An observer that runs beside a node with justifications, and a service with these policies. */
async function stage(
  t: TestContext,
  policies: readonly unknown[],
  votes: FakeAnswer,
  more: Readonly<Record<string, NodeAnswer>> = {},
) {
  const { answers } = fakeChain({ finalized: 146, setId: 2, round: 14, finalizedBy: 2 });
  const node = await startFakeNode({
    ...answers,
    chain_getHeader: ([hash]) => answers.chain_getHeader?.([hash === JUSTIFIED.target.hash ? '0x92' : hash]),
    grandpa_subscribeJustifications: () => null,
    state_call: ([api]) => {
      if (api !== 'GrandpaApi_current_set_id') throw new Error(`no ${String(api)}`);
      return '0x0200000000000000';
    },
    ...more,
  });
  const service = await fakeService({
    answers: {
      'POST /v1/observations': TAKEN,
      'GET /v1/policies': { status: 200, body: { policies } },
      'POST /v1/votes': votes,
      'POST /v1/signatures': TAKEN,
    },
  });
  const io = fakeIo({ cwd });
  const address = ['--node', node.webSocketUrl, '--service', service.url];
  const args = ['observe', ...address, '--token-file', 'w.token', '--interval-ms', '100'];
  const ended = runCli(args, io);
  t.after(async () => {
    io.signal('SIGTERM');
    await ended;
    await node.close();
    await service.stop();
  });
  await until(() => node.calls.includes('grandpa_subscribeJustifications'), 'the subscription');
  const sent = (path: string) => service.seen.filter((each) => each.path === path);
  const justify = async () => {
    const before = sent('/v1/observations').length;
    node.publish('grandpa_subscribeJustifications', JUSTIFICATION);
    await until(() => sent('/v1/observations').length > before + 2, 'two more looks');
  };
  const events = () =>
    io
      .stderr()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { event: string });
  return { node, sent, justify, events: (name: string) => events().filter(({ event }) => event === name) };
}

/** The numbers of these reports, counted from the first. */
function numbersOf(reports: readonly { readonly body: unknown }[]): string {
  const numbers = reports.map(({ body }) => (body as { number: number }).number);
  return numbers.map((number) => number - (numbers[0] ?? 0)).join();
}

const policy = (key: string, change: object = {}) => ({
  ...{ chain: CHAIN, key, duties: { grandpa: { enabled: true } } },
  ...change,
});

test('the votes of keys with a policy for this chain are reported, once, with their signatures', async (t) => {
  const elsewhere = policy(OTHER, { chain: `0x${'92'.repeat(32)}` });
  const slots = policy(OTHER, { duties: { babe: { enabled: true } } });
  const { sent, justify, events } = await stage(t, [policy(KEY), elsewhere, slots], TAKEN);
  await justify();
  await until(() => sent('/v1/votes').length === 1, 'a report of votes');
  const [report] = sent('/v1/votes').map(({ body }) => body as Record<string, unknown>);
  const [vote] = (report?.votes ?? []) as readonly Record<string, unknown>[];
  const { digest, signature, ...rest } = vote ?? {};
  const { hash, number } = JUSTIFIED.target;
  assert.deepEqual(
    [report?.chain, (report?.votes as readonly unknown[] | undefined)?.length, rest],
    [CHAIN, 1, { key: KEY, unit: '2/13', part: 'precommit', block: { hash, number: `${number}` } }],
  );
  assert.match(String(digest), /^0x[0-9a-f]{80}$/);
  assert.match(String(signature), /^0x[0-9a-f]{128}$/);
  await justify();
  assert.equal(sent('/v1/votes').length, 2, 'each justification once');
  assert.equal(numbersOf(sent('/v1/votes')), '0,1');
  assert.deepEqual(events('observe-failed'), []);
});

test('votes that the service refuses hold up no report of the heights', async (t) => {
  const refusal = { title: 'Refused', detail: 'it cannot be read', code: 'not-readable', remedy: 'x' };
  const { sent, justify, events } = await stage(t, [policy(KEY)], { status: 400, body: refusal });
  await justify();
  await until(() => sent('/v1/votes').length > 0, 'a report of votes');
  const before = sent('/v1/observations').length;
  await until(
    () => sent('/v1/observations').length - before > 2 * sent('/v1/votes').length + 2,
    'more reports of the heights than tries with the votes',
  );
  assert.equal(events('observe-failed').length, 1);
});

test('a justification without our votes is reported too; a number is left out for each that was not read', async (t) => {
  const { node, sent, justify } = await stage(t, [], TAKEN);
  await justify();
  assert.deepEqual(
    sent('/v1/votes').map(({ body }) => (body as { votes: unknown }).votes),
    [[]],
  );
  node.publish('grandpa_subscribeJustifications', '0x0102');
  await justify();
  await justify();
  assert.match(numbersOf(sent('/v1/votes')), /^0,2,3(,4)?$/);
});

test('reports of blocks have numbers, and one is left out for a block without an author', async (t) => {
  const { node, sent } = await stage(t, [], TAKEN, {
    chain_subscribeAllHeads: () => null,
    state_call: ([api]) =>
      api === 'AuraApi_authorities' ? `0x04${AURA_KEY.slice(2)}` : '0x0200000000000000',
  });
  const publish = (slot: bigint, seal: 'sealed' | 'unsealed' = 'sealed') => {
    const { header } = auraBlock(slot);
    const logs = seal === 'sealed' ? header.digest.logs : [];
    node.publish('chain_subscribeAllHeads', { ...header, digest: { logs } });
  };
  const reports = async (count: number) => {
    await until(() => sent('/v1/signatures').length === count, 'a report of a block');
    return numbersOf(sent('/v1/signatures'));
  };
  publish(5n);
  await reports(1);
  publish(6n);
  assert.equal(await reports(2), '0,1');
  publish(7n, 'unsealed');
  publish(8n);
  assert.equal(await reports(3), '0,1,3');
});

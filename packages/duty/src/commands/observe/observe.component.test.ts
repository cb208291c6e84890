import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FakeChain, type FakeNode, fakeChain, SILENCE, startFakeNode } from '@watchbill/chain/testing';
import { type FakeIo, fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type FakeAnswer, type FakeService, fakeService } from '../../client/testing/fake-service.ts';
import { runCli, runFake } from '../testing/run-duty.ts';

const cwd = temporaryFolder();
writeFileSync(join(cwd, 'w.token'), 'hunter2-secret\n', { mode: 0o600 });

const TAKEN: FakeAnswer = { status: 204, body: null };
const MID_SET = { finalized: 42, setId: 3, round: 70, finalizedBy: 3 };

interface Stage {
  readonly node: FakeNode;
  readonly service: FakeService;
  readonly args: readonly string[];
}

async function stage(
  t: TestContext,
  chain: FakeChain,
  answer: () => FakeAnswer = () => TAKEN,
): Promise<Stage> {
  const node = await startFakeNode(chain.answers);
  const service = await fakeService({ answers: { 'POST /v1/observations': () => answer() } });
  t.after(() => Promise.all([node.close(), service.stop()]));
  const args = ['observe', '--node', node.webSocketUrl, '--service', service.url, '--token-file', 'w.token'];
  return { node, service, args };
}

/** A running observer, ended by SIGTERM at the end of the test at the latest. */
function daemon(t: TestContext, args: readonly string[]) {
  const io: FakeIo = fakeIo({ cwd });
  const ended = runCli([...args, '--interval-ms', '100'], io);
  const stop = async (): Promise<number> => {
    io.signal('SIGTERM');
    return ended;
  };
  t.after(stop);
  const events = (): readonly { event: string; code?: string; state?: string }[] =>
    io
      .stderr()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { io, stop, events };
}

const PATIENCE_MS = 60_000;

async function until(condition: () => boolean): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  while (!condition()) {
    assert.ok(Date.now() < untilMs, 'it did not come to that');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('an observer withholds its first report until its node is in sync, and goes on if it falls back', async (t) => {
  const chain = fakeChain({ ...MID_SET, syncing: true });
  const { args, service } = await stage(t, chain);
  const once = await runFake([...args, '--once'], { cwd });
  assert.notEqual(once.code, 0);
  assert.match(once.stderr, /not yet seen in sync/);
  const { events } = daemon(t, args);
  await until(() => events().some(({ code }) => code === 'node-syncing'));
  assert.equal(service.seen.length, 0);
  chain.set({ syncing: false });
  await until(() => service.seen.length > 0);
  chain.set({ syncing: true });
  const before = service.seen.length;
  await until(() => service.seen.length > before + 1);
});

test('--once reports one look, with the token of the file, and prints it', async (t) => {
  const { args, service } = await stage(t, fakeChain(MID_SET));
  const ran = await runFake([...args, '--once'], { cwd });
  assert.equal(ran.code, 0, ran.stderr);
  const [seen] = service.seen;
  assert.equal(seen?.authorization, 'Bearer hunter2-secret');
  assert.deepEqual(seen?.body, {
    chain: `0x${'91'.repeat(32)}`,
    finalizedBlock: '42',
    session: '7',
    beefySetId: '9',
    setId: '3',
    round: '70',
  });
  assert.match(
    ran.stdout,
    /^observed chain 0x91\S+ {2}finalised 42 {2}set 3 round 70 {2}session 7 {2}beefy set 9\n$/,
  );
  const json = await runFake([...args, '--once', '--json'], { cwd });
  assert.deepEqual(JSON.parse(json.stdout), seen?.body);
});

test('missing facts are not reported; neither is a round that may be of the set before', async (t) => {
  const chain = fakeChain({ ...MID_SET, finalizedBy: 2, session: null, beefy: null });
  const { args, service } = await stage(t, chain);
  assert.equal((await runFake([...args, '--once'], { cwd })).code, 0);
  assert.deepEqual(service.seen[0]?.body, { chain: `0x${'91'.repeat(32)}`, finalizedBlock: '42' });
});

test('a round of the new set is reported only after the voter restarted', async (t) => {
  const chain = fakeChain(MID_SET);
  const { args, service } = await stage(t, chain);
  const { stop, events } = daemon(t, args);
  const told = () => service.seen.map(({ body }) => body as { setId?: string; round?: string });
  const steps = async (count: number) => {
    const from = service.seen.length;
    await until(() => service.seen.length >= from + count);
  };
  await steps(2);
  chain.set({ setId: 4, finalized: 43 });
  await steps(4);
  assert.equal(told().at(-1)?.setId, undefined);
  chain.set({ round: 20 });
  const states = () => events().flatMap(({ event, state }) => (event === 'voter' ? [state] : []));
  await until(() => states().length === 3);
  assert.deepEqual(states(), ['told', 'withheld', 'told']);
  assert.equal(await stop(), 0);
  const ofNewSet = told().filter(({ setId }) => setId === '4');
  assert.ok(ofNewSet.length > 0 && ofNewSet.every(({ round }) => round === '20'));
});

test('it goes on while service or node are away, logs each failure once, and ends on SIGTERM', async (t) => {
  const refusal = { title: 't', detail: 'no policy lists it', code: 'not-observer', remedy: 'list it' };
  let answer: FakeAnswer = { status: 403, body: refusal };
  const { args, service, node } = await stage(t, fakeChain(MID_SET), () => answer);
  const { io, stop, events } = daemon(t, args);
  await until(() => service.seen.length >= 4);
  answer = TAKEN;
  await until(() => events().some(({ event }) => event === 'observing'));
  const broken = node.answers.get('chain_getFinalizedHead');
  node.answers.set('chain_getFinalizedHead', () => {
    throw new Error('database is locked');
  });
  const calls = node.calls.length;
  await until(() => node.calls.length > calls + 8);
  if (broken !== undefined) node.answers.set('chain_getFinalizedHead', broken);
  await until(() => events().filter(({ event }) => event === 'observing').length === 2);
  assert.equal(await stop(), 0);
  const failures = events().flatMap(({ event, code }) => (event === 'observe-failed' ? [code] : []));
  assert.deepEqual(failures, ['not-observer', 'node-refused']);
  assert.deepEqual(events().at(-1)?.event, 'stopped');
  assert.equal(io.stdout(), '');
  assert.ok(!io.stderr().includes('hunter2'));
});

test('SIGTERM ends it while it waits for a node that does not answer', async (t) => {
  const { args, node } = await stage(t, fakeChain());
  node.answers.set('chain_getFinalizedHead', () => SILENCE);
  const { stop, events } = daemon(t, args);
  await until(() => node.calls.includes('chain_getFinalizedHead'));
  assert.equal(await stop(), 0);
  assert.deepEqual(
    events().map(({ event }) => event),
    ['started', 'stopping', 'stopped'],
  );
});

test('--once fails with the reason of the node or of the service', async (t) => {
  const { args, node, service } = await stage(t, fakeChain(MID_SET));
  await service.stop();
  const gone = await runFake([...args, '--once'], { cwd });
  assert.equal(gone.code, 5);
  node.answers.set('chain_getFinalizedHead', () => 'none');
  const broken = await runFake([...args, '--once', '--json'], { cwd });
  assert.equal(broken.code, 1);
  assert.equal(JSON.parse(broken.stderr).error.code, 'node-malformed');
  await node.close();
  const away = await runFake([...args, '--once', '--timeout-ms', '200'], { cwd });
  assert.equal(away.code, 1);
  assert.match(away.stderr, /node-unreachable[\s\S]*what to do: check that the node runs/);
});

test('a command line that is wrong is refused before anything is asked', async () => {
  const at = ['--service', 'http://127.0.0.1:1'];
  const wrong = [
    ['observe', ...at],
    ['observe', '--node', 'nowhere', ...at],
    ['observe', '--node', 'ws://me:hunter2@127.0.0.1:1', ...at],
    ['observe', '--node', 'ws://127.0.0.1:1', ...at, '--url', 'http://127.0.0.1:2'],
    ['observe', '--node', 'ws://127.0.0.1:1', ...at, '--interval-ms', '10'],
    ['observe', '--node', 'ws://127.0.0.1:1', ...at, '--token-file', 'missing'],
  ];
  for (const args of wrong) {
    const ran = await runFake([...args, '--once'], { cwd });
    assert.equal(ran.code, 2, `${args.join(' ')}\n${ran.stderr}`);
    assert.ok(!ran.all.includes('hunter2'));
  }
});

// What a service does when it came back from a backup, and when the whole network stood still: on real nodes.

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningNode, type ServiceProcess, untilReady, waitFor } from '@watchbill/testkit';
import { blocksOf, startDave, untilVoted } from './dave-ground.ts';

const WAIT = { timeoutMs: 150_000, everyMs: 200 };
/** Above the default of `readiness.maxFinalityLagBlocks`. */
const LAG_BLOCKS = 14;

/** The log of a service, whatever state it is in. */
const said = ({ dir }: ServiceProcess): string => readFileSync(join(dir, 'service.log'), 'utf8');

test('a service restored from a backup casts no second vote: a node says so, and every key is held', async (context) => {
  const ground = await startDave(context, ['dave-1', 'dave-2']);
  const { folder, service, network, watcher, votes } = ground;
  const [bob, charlie, one, two] = ['bob', 'charlie', 'dave-1', 'dave-2'].map((name) => network.node(name));
  assert.ok(bob && charlie && one && two);
  await one.start();
  await untilVoted(one, votes, 2);
  await service.kill('SIGTERM');
  const backup = join(folder, 'backup');
  const kept = () => readdirSync(service.dir).filter((name) => name === 'data');
  for (const name of kept()) cpSync(join(service.dir, name), join(backup, name), { recursive: true });
  await service.restart();
  await untilReady(service);
  // Of a block too: while finality stands still a node asks for no other vote, and so says nothing of what it
  // was told.
  const blocks = await blocksOf(service);
  await untilVoted(one, votes, 4);
  await waitFor('Dave to make a block', async () => (await blocksOf(service)) > blocks, WAIT);
  // Not killed: what a plain node had not written yet it would sign again.
  await Promise.all([bob.stop(), charlie.stop()]);
  await sleep(6_000);

  await service.kill();
  for (const name of kept()) rmSync(join(service.dir, name), { recursive: true });
  cpSync(backup, service.dir, { recursive: true });
  await service.restart();
  await waitFor(
    'the service to say that a node remembers more',
    async () => {
      // A vote that was refused while the service was away ends a node, and whatever runs it starts it again.
      if (!one.running()) await one.start();
      const answer = await service.fetch('/readyz');
      return (
        answer.status === 503 &&
        /node dave-1 remembers more.*rollback-report release/.test(await answer.text())
      );
    },
    { ...WAIT, detail: () => `${one.log().slice(-3_000)}\n${said(service).slice(-5_000)}` },
  );
  await one.stop();
  await two.start();
  await sleep(5_000);
  await Promise.all([bob.start(), charlie.start()]);
  await network.node('alice').untilFinalised((await watcher.finalisedNumber()) + 4);

  for (const [part, targets] of votes())
    assert.equal(targets.size, 1, `two votes in ${part}: ${[...targets].join(' and ')}`);
  assert.deepEqual(network.node('alice').grep(/equivocat/i), []);
  assert.match(await service.log(), /"event":"rollback-report-held"[^\n]*"node":"dave-1"/);
});

/** Of what the service says of its watches. */
function allReady(answer: unknown): boolean {
  const { watch } = answer as { readonly watch: readonly { readonly ready: readonly string[] }[] };
  return watch.length > 0 && watch.every(({ ready }) => ready.includes('dave-1'));
}

test('three of four come back to finality after a stall, with the default policy', async (context) => {
  const { service, network, watcher } = await startDave(context, ['dave-1']);
  const dave = network.node('dave-1');
  await dave.start();
  await dave.untilFinalised(4);
  const untilReadyAtService = () =>
    waitFor(
      'the service counts Dave as ready',
      async () => allReady(await service.admin('GET', '/v1/watch')),
      { ...WAIT, detail: () => dave.log().slice(-2_000) },
    );
  await untilReadyAtService();
  // Before, it may have been behind the others.
  const mark = (await service.log()).length;
  await Promise.all(['bob', 'charlie'].map((name) => network.node(name).kill()));
  const lags = async (node: RunningNode) =>
    (await node.bestNumber()) - (await node.finalisedNumber()) > LAG_BLOCKS;
  await waitFor('the whole network to lag', async () => (await lags(watcher)) && lags(dave), WAIT);
  // It has reported so every second; whoever is first to see finality again is ahead of it for a moment.
  await untilReadyAtService();
  assert.doesNotMatch((await service.log()).slice(mark), /"criterion":"maxFinalityLagBlocks"/);
  const stalled = await watcher.finalisedNumber();
  await network.node('bob').start();
  await watcher.untilFinalised(stalled + LAG_BLOCKS, WAIT.timeoutMs);
});

test('a stalled network finalises again although its gated validator had heard nobody', async (context) => {
  const { service, network, watcher } = await startDave(context, ['dave-1']);
  const [alice, bob, dave] = ['alice', 'bob', 'dave-1'].map((name) => network.node(name));
  assert.ok(alice && bob && dave);
  await dave.start();
  await dave.untilFinalised(4);
  const isReady = async () => allReady(await service.admin('GET', '/v1/watch'));
  await waitFor('the service counts Dave as ready', isReady, WAIT);
  // From now on each round needs the votes of the other three.
  await network.node('charlie').kill();
  for (const node of [alice, bob]) node.pause();
  await waitFor('Dave to report that he hears nobody', async () => !(await isReady()), WAIT);
  const stalled = await watcher.finalisedNumber();
  for (const node of [alice, bob]) node.resume();
  await watcher.untilFinalised(stalled + 4, WAIT.timeoutMs);
});

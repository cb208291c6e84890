import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { fields, temporaryFolder } from '@watchbill/kit/testing';
import type { Place } from '../../file/index.ts';
import type { FleetMemory } from './fleet-ports.ts';
import { createFileMemory } from './memory-files.ts';
import { lookAtPastPlaces, type PastPlaces, type PlaceForgotten, rememberLines } from './past-places.ts';
import { createTargetOpener } from './targets.ts';

const FRA: Place = { target: 'kubernetes', name: 'fra', context: 'fra', namespace: 'net' };
const SIN: Place = { target: 'kubernetes', name: 'sin', context: 'sin', namespace: 'net' };

interface Ground {
  readonly forgotten: readonly PlaceForgotten[];
  readonly store: FleetMemory;
  readonly cwd: string;
  readonly look: (forget?: readonly string[]) => Promise<PastPlaces>;
}

/**
 * A folder that remembers `fra`, beside a file that names `sin` alone and a kubeconfig without the context
 * `fra`.
 */
async function ground(t: TestContext): Promise<Ground> {
  const cwd = temporaryFolder(t);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sin', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'me', user: {} }],
    contexts: [{ name: 'sin', context: { cluster: 'sin', user: 'me' } }],
    'current-context': 'sin',
  };
  writeFileSync(join(cwd, 'config'), JSON.stringify(kubeconfig));
  const store = createFileMemory(cwd);
  await store.add('net', rememberLines(null, [FRA, SIN], { fra: 'uid-1', sin: 'uid-2' }));
  const openTargets = createTargetOpener({
    clock: systemClock(),
    cwd,
    env: { HOME: cwd },
    kubeconfig: 'config',
  });
  const forgotten: PlaceForgotten[] = [];
  const look = async (forget: readonly string[] = []) => {
    const memory = await store.remembered('net');
    assert.ok(memory !== null);
    return lookAtPastPlaces(
      { memory: store, openTargets },
      {
        memory,
        graph: { network: 'net', places: [SIN] },
        identities: { sin: 'uid-2' },
        forget,
        onForget: (event) => void forgotten.push(event),
        signal: AbortSignal.timeout(30_000),
      },
    );
  };
  return { forgotten, store, cwd, look };
}

test('a place that the file does not name any more and that cannot be seen refuses the plan, and says what to do', async (t) => {
  const { look, store } = await ground(t);
  for (let times = 0; times < 2; times++) {
    const { problems, places } = await look();
    assert.deepEqual(problems.map(fields('code', 'resourceId')), [['unreachable', 'fra']]);
    assert.match(problems[0]?.what ?? '', /it cannot be seen whether a signer still runs there/);
    assert.match(problems[0]?.remedy ?? '', /--forget-place fra/);
    assert.deepEqual(places, []);
  }
  assert.equal((await store.remembered('net'))?.places.length, 2);
});

test('it is forgotten when a person says so, with an event, and no other', async (t) => {
  const { look, forgotten } = await ground(t);
  for (const name of ['sin', 'elsewhere'])
    await assert.rejects(look([name]), { message: /is not a place that is remembered/ });
  assert.deepEqual(forgotten, []);
  assert.deepEqual((await look(['fra'])).problems, []);
  assert.deepEqual(forgotten, [
    { kind: 'place-forgotten', place: 'fra', where: 'context fra, namespace net' },
  ]);
  assert.deepEqual((await look()).problems, []);
});

test('a place that is remembered again replaces its older line', async (t) => {
  const { store } = await ground(t);
  const before = await store.remembered('net');
  await store.add('net', rememberLines(before, [FRA], { fra: 'uid-1' }));
  const now = await store.remembered('net');
  assert.equal(now?.places.length, 2);
  assert.notDeepEqual(now?.places, before?.places);
  assert.equal(await store.remembered('other'), null);
});

test('a place that shows no traits now keeps those that are remembered', async (t) => {
  const { store } = await ground(t);
  const traits = { dmiUuid: '4c4c4544-0035-4d10-8056-b7c04f4b3332', hostKeys: [] };
  const iron = { target: 'machine', name: 'iron', host: '192.0.2.7', port: 22, user: 'root' } as const;
  const lines = async (seen: Parameters<typeof rememberLines>[3]) =>
    rememberLines(await store.remembered('net'), [iron], { iron: 'id-1' }, seen);
  await store.add('net', await lines({ iron: traits }));
  await store.add('net', await lines({}));
  const now = await store.remembered('net');
  assert.deepEqual(
    now?.places.filter(({ identity }) => identity === 'id-1').map((one) => one.traits),
    [traits],
  );
});

test('a memory that is damaged is not read as an empty one', async (t) => {
  const { cwd, store } = await ground(t);
  writeFileSync(join(cwd, 'memory/net.jsonl'), '{"what":"has"', { flag: 'a' });
  await assert.rejects(store.remembered('net'), { name: 'Fault', message: /line \d+ is damaged/ });
});

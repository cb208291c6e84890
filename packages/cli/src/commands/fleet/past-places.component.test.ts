import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Place } from '@watchbill/fleet';
import { type FakeIo, fakeIo } from '../../fake-io.ts';
import { CliFault } from '../../process/fault.ts';
import { addToMemory, loadMemory } from './memory-store.ts';
import { lookAtPastPlaces, type PastPlaces, rememberLines } from './past-places.ts';

const FRA: Place = { target: 'kubernetes', name: 'fra', context: 'fra', namespace: 'net' };
const SIN: Place = { target: 'kubernetes', name: 'sin', context: 'sin', namespace: 'net' };

interface Ground {
  readonly io: FakeIo;
  readonly cwd: string;
  readonly look: (forget?: readonly string[]) => Promise<PastPlaces>;
}

/** A folder that remembers `fra`, beside a file that names `sin` alone and a kubeconfig without the context `fra`. */
async function ground(t: TestContext): Promise<Ground> {
  const cwd = mkdtempSync(join(tmpdir(), 'watchbill-past-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sin', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'me', user: {} }],
    contexts: [{ name: 'sin', context: { cluster: 'sin', user: 'me' } }],
    'current-context': 'sin',
  };
  writeFileSync(join(cwd, 'config'), JSON.stringify(kubeconfig));
  addToMemory(cwd, 'net', await rememberLines(null, [FRA, SIN], { fra: 'uid-1', sin: 'uid-2' }));
  const io = fakeIo({ cwd });
  const look = async (forget: readonly string[] = []) => {
    const memory = await loadMemory(cwd, 'net');
    assert.ok(memory !== null);
    return lookAtPastPlaces(io, {
      folder: cwd,
      memory,
      graph: { network: 'net', places: [SIN] },
      identities: { sin: 'uid-2' },
      flags: { kubeconfig: 'config' },
      forget,
      signal: AbortSignal.timeout(30_000),
    });
  };
  return { io, cwd, look };
}

test('a place that the file does not name any more and that cannot be seen refuses the plan, and says what to do', async (t) => {
  const { look, cwd } = await ground(t);
  for (let times = 0; times < 2; times++) {
    const { problems, places } = await look();
    assert.deepEqual(
      problems.map(({ code, resourceId }) => [code, resourceId]),
      [['unreachable', 'fra']],
    );
    assert.match(problems[0]?.what ?? '', /whether a signer still runs there cannot be seen/);
    assert.match(problems[0]?.remedy ?? '', /--forget-place fra/);
    assert.deepEqual(places, []);
  }
  assert.equal((await loadMemory(cwd, 'net'))?.places.length, 2);
});

test('it is forgotten when a person says so, with a warning, and no other', async (t) => {
  const { look, io } = await ground(t);
  for (const name of ['sin', 'elsewhere'])
    await assert.rejects(
      look([name]),
      (error: unknown) => error instanceof CliFault && /is no place that is remembered/.test(error.message),
    );
  assert.equal(io.stderr(), '');
  assert.deepEqual((await look(['fra'])).problems, []);
  assert.match(io.stderr(), /WARNING: fra \(context fra, namespace net\) is forgotten/);
  assert.deepEqual((await look()).problems, []);
});

test('what is remembered again takes the place of what was said before', async (t) => {
  const { cwd } = await ground(t);
  const before = await loadMemory(cwd, 'net');
  addToMemory(cwd, 'net', await rememberLines(before, [FRA], { fra: 'uid-1' }));
  const now = await loadMemory(cwd, 'net');
  assert.equal(now?.places.length, 2);
  assert.notDeepEqual(now?.places, before?.places);
  assert.equal(await loadMemory(cwd, 'other'), null);
});

test('a memory that is damaged is not read as an empty one', async (t) => {
  const { cwd } = await ground(t);
  writeFileSync(join(cwd, 'memory/net.jsonl'), '{"what":"has"', { flag: 'a' });
  await assert.rejects(
    loadMemory(cwd, 'net'),
    (error: unknown) => error instanceof CliFault && /line \d+ is damaged/.test(error.message),
  );
});

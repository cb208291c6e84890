// Two nodes race for the same units on the API of the service, on the original wire protocol, and one on
// each, while the service is killed with SIGKILL again and again. Neither the answers to the nodes nor the
// decisions of the service grant a unit to two nodes.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { freePort, type ServiceProcess, startServiceProcess, untilReady } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import {
  type Contestant,
  claimContestant,
  contestedUnits,
  originalContestant,
  startContests,
} from './contest.ts';

const folder = leaveNothing('race');

const KILLS = 20;
/** Answers from one kill to the next: a few, so that every kill finds units under way; not always as many. */
const ANSWERS_BETWEEN = [80, 50, 120, 65, 95];

const OWN = keyOf(1);
const ORIGINAL = keyOf(2);
const MIXED = keyOf(3);

async function startService(context: TestContext): Promise<ServiceProcess> {
  const service = await startServiceProcess({
    dir: folder,
    port: await freePort(),
    store: { kind: 'sqlite' },
    sessionTtlMs: 30_000,
  });
  context.after(() => service.kill());
  await untilReady(service);
  const nodes = ['a', 'b'];
  await setUpKey(service, { key: OWN, nodes });
  await setUpKey(service, { key: ORIGINAL, nodes, original: true });
  await setUpKey(service, { key: MIXED, nodes, original: true });
  return service;
}

async function contestsOf(service: ServiceProcess): Promise<Record<string, readonly Contestant[]>> {
  const original = async (node: string, key: string) =>
    originalContestant(node, service.url, await nodeSecret(service, node, key));
  const own = async (node: string, key: string, payload: string) =>
    claimContestant(node, {
      urls: [service.url],
      secret: await nodeSecret(service, node),
      key,
      incarnation: payload.repeat(16),
      payload,
      timeoutMs: 10_000,
    });
  return {
    own: [await own('a', OWN, '0a'), await own('b', OWN, '0b')],
    original: [await original('a', ORIGINAL), await original('b', ORIGINAL)],
    mixed: [await original('a', MIXED), await own('b', MIXED, '0c')],
  };
}

/** Units that the service granted to two nodes by its own decisions. */
async function grantedTwice(service: ServiceProcess): Promise<readonly string[]> {
  const nodes = new Map<string, Set<string>>();
  let before = '';
  for (;;) {
    const page = (await service.admin('GET', `/v1/decisions?outcome=granted&limit=1000${before}`)) as {
      readonly decisions: readonly Readonly<Record<'id' | 'key' | 'unit' | 'node', unknown>>[];
    };
    for (const { key, unit, node } of page.decisions) {
      const name = `${key} ${unit}`;
      nodes.set(name, (nodes.get(name) ?? new Set()).add(String(node)));
    }
    const last = page.decisions.at(-1);
    if (last === undefined) break;
    before = `&before=${last.id}`;
  }
  assert.ok(nodes.size > 0, 'the service kept no grant');
  return [...nodes].filter(([, granted]) => granted.size > 1).map(([name]) => name);
}

test('no unit is granted to two nodes, on both protocols, however often the service is killed', async (context) => {
  const service = await startService(context);
  const contests = startContests(await contestsOf(service));
  context.after(() => contests.stop());
  for (let kill = 0; kill < KILLS; kill += 1) {
    await contests.answers(ANSWERS_BETWEEN[kill % ANSWERS_BETWEEN.length] ?? 0);
    await service.kill('SIGKILL');
    await service.restart();
  }
  await untilReady(service);
  await contests.answers(120);
  await contests.stop();

  const units = contestedUnits(contests.records);
  const conflicts = units.filter(({ winners }) => winners.length > 1);
  assert.deepEqual(conflicts, []);
  assert.deepEqual(await grantedTwice(service), []);
  const lost = units.filter(({ winners, isCertain }) => isCertain && winners.length === 0);
  assert.deepEqual(lost, [], 'a unit of which every answer came has a winner');
  for (const contest of ['own', 'original', 'mixed'])
    for (const node of ['a', 'b'])
      assert.ok(
        units.some(({ name, winners }) => name.startsWith(contest) && winners.includes(node)),
        `${node} never won on ${contest}: there was no race`,
      );
  const cut = contests.records.filter(({ wasCut }) => wasCut === true).length;
  assert.ok(cut > 0, 'no kill met a request under way');
  console.log(
    `race: ${units.length.toLocaleString('en')} units on three keys, ${KILLS} kills, ${cut} answers cut off, ${conflicts.length} conflicts`,
  );
});

test('the check finds a unit that two nodes were granted', () => {
  const granted = { contest: 'own', outcome: 'granted', reason: 'new' } as const;
  const [unit] = contestedUnits([
    { ...granted, unit: 7, node: 'a' },
    { ...granted, unit: 7, node: 'b' },
  ]);
  assert.deepEqual(unit?.winners, ['a', 'b']);
});

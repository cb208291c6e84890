import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '@watchbill/store';
import { type ServiceProcess, waitFor } from '@watchbill/testkit';
import { CALM, type DueTold, longestGap, lostInCalm, SLOT_MS, twiceTold } from './due-claims.ts';
import { untilReady } from './service-process.ts';
import { SESSION_TTL_MS, startLastRelease, type UpgradeGround, type UpgradeStage } from './upgrade-stage.ts';

const WAIT = { timeoutMs: 60_000 };
/** A renewal, at which a service of this release tries to raise the ledger, comes every third of the ttl. */
const RAISE_TRIED_MS = SESSION_TTL_MS / 2;

/** The versions of records of a kind: `epoch`, or those under `mark/` or `session/`. */
async function versions(store: Store, prefix: string): Promise<readonly number[]> {
  const { records } = await store.list(prefix);
  return records.map(({ value }) => (JSON.parse(Buffer.from(value).toString()) as { v: number }).v);
}

async function withRecords<T>(
  ground: UpgradeGround,
  stage: UpgradeStage,
  look: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await ground.open(stage.dir(0));
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}

/** Looks again and again: no record of format 2 while a service of the last release has a session. */
function watchFormat(store: Store): { stop(): Promise<readonly string[]> } {
  const wrong: string[] = [];
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      // Never the other way about: between the two looks the last old session may end.
      const format = [...(await versions(store, 'epoch')), ...(await versions(store, 'mark/'))];
      const sessions = await versions(store, 'session/');
      if (format.includes(2) && sessions.includes(1)) wrong.push(`${format} beside sessions of ${sessions}`);
      await sleep(20);
    }
  };
  const looking = look();
  return {
    async stop() {
      stopping.abort();
      await looking;
      return wrong;
    },
  };
}

/** Services of the last release become services of this one, while four nodes claim each slot. */
export async function rollingUpgrade(context: TestContext, ground: UpgradeGround): Promise<void> {
  const stage = await startLastRelease(context, ground);
  const { race, places } = stage;
  await race.goesOn();
  race.phase(CALM);
  await race.goesOn();
  const last = places.length - 1;
  if (last > 0) await besideTheLastRelease(ground, stage, last);
  else await replace(stage, 0, 'SIGTERM');
  await refusesDowngrade(stage, last);
  await race.goesOn();
  const told = await race.stop();
  for (const client of stage.clients) await grantedAlone(client);
  const { ms, phase } = longestGap(told);
  const grants = told.filter(({ outcome }) => outcome === 'granted').length;
  context.diagnostic(`${grants} grants, at most ${ms} ms apart (${phase})`);
  await checkAll(stage, told);
  for (const place of places) await stage.at(place).kill('SIGTERM');
  await withRecords(ground, stage, async (store) => {
    assert.deepEqual(await versions(store, 'epoch'), [2]);
    assert.deepEqual([...new Set(await versions(store, 'mark/'))], [2]);
  });
}

/** Every service but the last is replaced; the last is paused until its session ends, and replaced then. */
async function besideTheLastRelease(ground: UpgradeGround, stage: UpgradeStage, last: number): Promise<void> {
  const { race } = stage;
  await withRecords(ground, stage, async (store) => {
    const watch = watchFormat(store);
    for (const place of stage.places.slice(0, last)) {
      await replace(stage, place, place % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
      await race.goesOn();
    }
    await sleep(RAISE_TRIED_MS);
    await race.goesOn();
    assert.deepEqual(await versions(store, 'epoch'), [1], 'a service of the last release is alive');
    assert.deepEqual([...new Set(await versions(store, 'mark/'))], [1]);
    assert.deepEqual(
      race.told().filter(({ word }) => word),
      [],
      'words in format 1',
    );
    race.phase('the last old service is paused');
    process.kill(stage.at(last).pid, 'SIGSTOP');
    await waitFor('the ledger to be raised', async () => (await versions(store, 'epoch'))[0] === 2, WAIT);
    assert.deepEqual(await watch.stop(), []);
  });
  await race.goesOn();
  const grants = race.told().filter(({ word, outcome }) => word && outcome === 'granted');
  assert.notEqual(grants.length, 0, 'words in format 2');
  await wakesUpAndDenies(stage, last);
  await stage.at(last).kill('SIGKILL');
  await untilReady(await stage.start(last, { release: 'this' }));
  await race.goesOn();
  race.phase(CALM);
}

/** A service of the last release slept while the ledger was raised: it grants nothing when it wakes up. */
async function wakesUpAndDenies(stage: UpgradeStage, last: number): Promise<void> {
  const { race } = stage;
  race.phase('the last old service wakes up');
  const from = race.told().length;
  const answered = (): readonly DueTold[] =>
    race
      .told()
      .slice(from)
      .filter(({ url, reason }) => url === stage.url(last) && !reason.startsWith('lost'));
  process.kill(stage.at(last).pid, 'SIGCONT');
  await waitFor('answers of the service that slept', () => answered().length >= 20, WAIT);
  assert.deepEqual(
    answered().filter(({ outcome }) => outcome === 'granted'),
    [],
    'granted by a service of the last release after the ledger was raised',
  );
}

/** The other services grant while one is down; then it is of this release. */
async function replace(stage: UpgradeStage, place: number, signal: NodeJS.Signals): Promise<void> {
  const { race, places } = stage;
  race.phase(`s${place} is down`);
  await stage.at(place).kill(signal);
  if (places.length > 1) await race.goesOn();
  race.phase(`s${place} starts anew`);
  await untilReady(await stage.start(place, { release: 'this' }));
  await race.goesOn();
  race.phase(CALM);
}

/** The last release refuses a folder of this one, and a ledger of format 2 with an empty folder. */
async function refusesDowngrade(stage: UpgradeStage, place: number): Promise<void> {
  stage.race.phase('downgrade');
  await stage.at(place).kill('SIGTERM');
  assert.match(
    await refusalOfLastRelease(stage, place),
    /cannot be opened .*it has version 2, this release reads version 1/,
  );
  const [data, aside] = [join(stage.dir(place), 'data'), join(stage.dir(place), 'data.aside')];
  renameSync(data, aside);
  mkdirSync(data, { mode: 0o700 });
  assert.match(
    await refusalOfLastRelease(stage, place),
    /the epoch record cannot be read: it has version 2, this release reads version 1/,
  );
  rmSync(data, { recursive: true });
  renameSync(aside, data);
  await untilReady(await stage.start(place, { release: 'this' }));
  await stage.race.goesOn();
  stage.race.phase(CALM);
}

/** What the last release says when it is started here and ends. */
async function refusalOfLastRelease(stage: UpgradeStage, place: number): Promise<string> {
  const before = (await stage.at(place).log()).length;
  const started = await stage.start(place, { release: 'last' }).catch(() => null);
  await started?.gone();
  const said = (await stage.at(place).log()).slice(before);
  assert.doesNotMatch(said, /"state":"serving"/);
  return said;
}

/** With nobody beside it, the node is granted a slot: neither its head nor its word stands in its way. */
async function grantedAlone(client: UpgradeStage['clients'][number]): Promise<void> {
  await waitFor(
    `${client.name} to be granted a slot`,
    async () => {
      const slot = Math.floor(Date.now() / SLOT_MS);
      const { outcome } = await client.ask(client.urls[slot % client.urls.length] ?? '', slot, SLOT_MS);
      return outcome === 'granted';
    },
    WAIT,
  );
}

/** No slot twice, none lost while all served; and what was won is refused to the other node everywhere. */
async function checkAll(stage: UpgradeStage, told: readonly DueTold[]): Promise<void> {
  assert.deepEqual(twiceTold(told), [], 'slots that two nodes were told granted');
  assert.deepEqual(lostInCalm(told), [], 'slots lost while every service served');
  const won = told.filter(({ outcome }) => outcome === 'granted').slice(-20);
  for (const { key, slot, client } of won) {
    const other = stage.clients.find((one) => one.key === key && one.name !== client);
    for (const url of other?.urls ?? []) {
      const answer = await other?.ask(url, slot, SLOT_MS);
      assert.notEqual(answer?.outcome, 'granted', `slot ${slot} a second time`);
    }
  }
}

/**
 * Services of this release are killed before and after the transaction that raises the ledger. What is left
 * is a ledger of one format or the other, and claims go on.
 */
export async function killedInTheRaise(context: TestContext, ground: UpgradeGround): Promise<void> {
  const stage = await startLastRelease(context, ground);
  const { race, places } = stage;
  await race.goesOn();
  race.phase('killed in the raise');
  await stage.at(0).kill('SIGTERM');
  const first = await startToDie(stage, 0, 'before-raise');
  // While another service is of the last release, this one serves and raises nothing.
  if (places.length > 1 && first !== null) await untilReady(first);
  for (const place of places.slice(1)) await stage.at(place).kill('SIGTERM');
  await first?.gone();
  await withRecords(ground, stage, async (store) => assert.deepEqual(await versions(store, 'epoch'), [1]));
  const started = await Promise.all(places.map((place) => startToDie(stage, place, 'after-raise')));
  if (!started.includes(null)) await Promise.race(started.map((service) => service?.gone()));
  const killed = places.filter((place) => started[place]?.exited() ?? true);
  assert.equal(killed.length, 1, 'one raised the ledger and was killed');
  await withRecords(ground, stage, async (store) => assert.deepEqual(await versions(store, 'epoch'), [2]));
  for (const place of killed) {
    const service = started[place];
    if (service === null || service === undefined) await stage.start(place, { release: 'this' });
    else await service.restart({ WATCHBILL_FAILPOINT: 'after-raise:9' });
  }
  await allReady(stage);
  await race.goesOn();
  race.phase(CALM);
  await race.goesOn();
  await checkAll(stage, await race.stop());
}

/** Rejects with what became of every service: the one that is not ready often waits for another. */
async function allReady(stage: UpgradeStage): Promise<void> {
  try {
    for (const place of stage.places) await untilReady(stage.at(place));
  } catch (error) {
    const others = await Promise.all(stage.places.map((place) => stateOf(stage, place)));
    throw new Error(`${String(error)}\n${others.join('\n')}`, { cause: error });
  }
}

async function stateOf(stage: UpgradeStage, place: number): Promise<string> {
  const service = stage.at(place);
  const ending = service.exited() ? `it ended with ${service.exitCode() ?? 'a signal'}` : 'it runs';
  return `s${place}: ${ending}; the end of its log:\n${(await service.log()).slice(-3_000)}`;
}

/** Starts a service that ends itself at the failpoint. Null if that was before it had printed its address. */
async function startToDie(
  stage: UpgradeStage,
  place: number,
  failpoint: string,
): Promise<ServiceProcess | null> {
  try {
    return await stage.start(place, { release: 'this', failpoint });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('serve ended with SIGKILL')) return null;
    throw error;
  }
}

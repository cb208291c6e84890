import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceProcess, untilReady, waitFor } from '@watchbill/testkit';
import { type DueClient, type DueTold, SLOT_MS, startDueRace, twiceTold } from './due-claims.ts';
import { type RestoreLedger, SKEW_MS, startRestoreLedger } from './restore-ledger.ts';

const WAIT = { timeoutMs: 60_000 };
/** The end of a session that did not notice the restore itself. */
const LAPSED = /the session (?:lapsed|expired in the store)/;
/** Slots of which the claims are repeated by another node. */
const ASKED_AGAIN = 6;

/** One ledger through one restore of its store. */
export interface RestoreCase {
  readonly name: string;
  /** Of the services, while the store is restored. */
  readonly services: 'running' | 'stopped';
  /** Services whose disk is put back too. */
  readonly disks: 'none' | 'one' | 'all';
  /**
   * What the services do. `behind`: they deny, because a memory contradicts the store. `held`: no memory
   * does; they deny from the first word of a gate on, until each key is adopted. `goes on`: nothing was lost.
   * `refuses`: they do not start. `behind later`: they go on with open files, and are behind when they start
   * again.
   */
  readonly outcome: 'behind' | 'held' | 'goes on' | 'refuses' | 'behind later';
}

/** One restore of a store that ledgers may share. */
export interface Restore {
  /** Services of each ledger. */
  readonly count: number;
  /** The `store:` block of a service of the ledger of this number. */
  storeOf(ledger: number, dir: string): Readonly<Record<string, unknown>>;
  /** Makes the backup, and returns what puts it back. It is given the folders of all services. */
  backup(dirs: readonly string[]): Promise<() => Promise<void>>;
  readonly cases: readonly RestoreCase[];
  /**
   * Life of the services' sessions, 15 s by default. A service compares its record with the store within a
   * third of it, so it notices a restore before its session lapses.
   */
  readonly sessionTtlMs?: number;
}

const SESSION_TTL_MS = 15_000;

interface Running extends RestoreCase {
  readonly ledger: RestoreLedger;
  readonly sessionTtlMs: number;
}

/**
 * Backup, grants after it, restore. A slot granted after the backup is never granted with another payload;
 * each service notices; every key denies until an operator acts.
 */
export async function restoreStore(context: TestContext, restore: Restore): Promise<void> {
  const { cases, count, sessionTtlMs = SESSION_TTL_MS } = restore;
  const all: Running[] = [];
  for (const [index, one] of cases.entries()) {
    const storeOf = (dir: string) => restore.storeOf(index, dir);
    const ledger = await startRestoreLedger(context, { count, storeOf, sessionTtlMs });
    all.push({ ...one, ledger, sessionTtlMs });
  }
  for (const { ledger } of all) await grantedOnce(ledger.untouched);
  const { putBack, backupAtMs } = await backUp(restore, all);
  for (const { ledger } of all) await grantsOfEach(ledger, backupAtMs);
  // A restore takes the store back to before the last renewal of each running service.
  await sleep(Math.max(0, backupAtMs + sessionTtlMs / 3 + 1_000 - Date.now()));
  const told = await Promise.all(all.map(({ ledger }) => ledger.race.stop()));
  for (const { services, disks, ledger } of all) {
    if (services === 'running') continue;
    await Promise.all(ledger.services.map((service) => service.kill('SIGKILL')));
    ledger.putBackDisks(chosen(ledger.services, disks));
  }
  await putBack();
  const fromMs = performance.now();
  await Promise.all(all.map((one, index) => after(context, one, won(told[index] ?? [], backupAtMs), fromMs)));
}

function chosen(services: readonly ServiceProcess[], disks: RestoreCase['disks']): readonly ServiceProcess[] {
  return disks === 'all' ? services : services.slice(0, disks === 'one' ? 1 : 0);
}

/** A backup of the store and of the disks at one moment: the services stand still meanwhile. */
async function backUp(restore: Restore, all: readonly Running[]) {
  const services = all.flatMap(({ ledger }) => ledger.services);
  for (const { pid } of services) process.kill(pid, 'SIGSTOP');
  const putBack = await restore.backup(services.map(({ dir }) => dir));
  for (const { ledger, disks } of all) ledger.copyDisks(chosen(ledger.services, disks));
  for (const { pid } of services) process.kill(pid, 'SIGCONT');
  return { putBack, backupAtMs: Date.now() };
}

/** Grants that a node was told after the backup. */
function won(told: readonly DueTold[], backupAtMs: number): readonly DueTold[] {
  assert.deepEqual(twiceTold(told), []);
  return told.filter(({ outcome, slot }) => outcome === 'granted' && slot * SLOT_MS > backupAtMs);
}

/** A slot that only the other service granted is the one that a service has no memory of. */
async function grantsOfEach({ race, services }: RestoreLedger, backupAtMs: number): Promise<void> {
  const granted = (): readonly string[] => won(race.told(), backupAtMs).map(({ url }) => url);
  const each = (): boolean => services.every(({ url }) => granted().filter((one) => one === url).length > 1);
  await waitFor('grants of each service after the backup', each, WAIT);
}

async function after(
  context: TestContext,
  one: Running,
  lost: readonly DueTold[],
  fromMs: number,
): Promise<void> {
  const { ledger, services, outcome, name } = one;
  if (outcome === 'goes on') return goesOn(one);
  if (outcome === 'behind later') {
    await goesOn(one);
    await Promise.all(ledger.services.map((service) => service.kill('SIGKILL')));
    return after(context, { ...one, services: 'stopped', outcome: 'behind' }, lost, fromMs);
  }
  if (outcome === 'refuses') return refuses(ledger);
  if (services === 'stopped') await Promise.all(ledger.services.map((service) => service.restart()));
  const asking = askAgain(ledger, lost);
  try {
    if (outcome === 'held') {
      await Promise.all(ledger.services.map((service) => untilReady(service)));
      await asking.times(1);
      await sendWords(ledger);
    }
    const noticing = Promise.all(ledger.services.map((service) => notReady(service, /./)));
    const noticed = noticing.then(() => performance.now() - fromMs);
    noticed.catch(() => undefined);
    await asking.times(1);
    assert.deepEqual(asking.granted(), [], `${name}: granted after the restore`);
    const noticedMs = await noticed;
    const state = outcome === 'held' ? /remembers more/ : /behind/;
    await Promise.all(ledger.services.map((service) => notReady(service, state)));
    await asking.times(1);
    assert.deepEqual(asking.granted(), [], `${name}: granted after the restore was noticed`);
    if (services === 'running') {
      context.diagnostic(`${name}: noticed ${Math.round(noticedMs)} ms after the store was back`);
      for (const service of ledger.services) assert.doesNotMatch(await service.log(), LAPSED, name);
    }
  } finally {
    await asking.stop();
  }
  if (outcome === 'held') await adopted(ledger, lost);
}

/**
 * Another node, with another payload, asks every service for the slots that were won after the backup; and a
 * node of a key that was not claimed since asks for the slot of now.
 */
function askAgain({ services, twin, untouched }: RestoreLedger, lost: readonly DueTold[]) {
  const granted: string[] = [];
  const stopping = new AbortController();
  let rounds = 0;
  const ask = async (client: DueClient, url: string, slot: number): Promise<void> => {
    const answer = await client.ask(url, slot, 1_000).catch(() => null);
    if (answer?.outcome === 'granted') granted.push(`${client.name}/${slot} at ${url}`);
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const { url } of services) {
        for (const { slot } of lost.slice(-ASKED_AGAIN)) await ask(twin, url, slot);
        await ask(untouched, url, Math.floor(Date.now() / SLOT_MS));
      }
      rounds += 1;
      await sleep(50);
    }
  };
  const running = run();
  return {
    async times(more: number) {
      const target = rounds + more;
      await waitFor('rounds of claims', () => rounds >= target, WAIT);
    },
    granted: () => granted,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function notReady(service: ServiceProcess, why: RegExp): Promise<void> {
  let last = '';
  await waitFor(
    `${service.url} to say ${why}`,
    async () => {
      const response = await service.fetch('/readyz');
      last = await response.text();
      return response.status === 503 && why.test(last);
    },
    { ...WAIT, detail: () => last },
  );
}

/** Each gate claims once with its word; each service hears one. */
async function sendWords({ gates, services }: RestoreLedger): Promise<void> {
  const slot = Math.floor(Date.now() / SLOT_MS);
  for (const gate of gates)
    for (const { url } of services)
      assert.notEqual(
        (await gate.ask(url, slot, 5_000)).outcome,
        'granted',
        'with a word from after the backup',
      );
}

/** The operator adopts each key: it goes on above the floors, and what was lost stays lost. */
async function adopted(ledger: RestoreLedger, lost: readonly DueTold[]): Promise<void> {
  await ledger.adoptAll();
  const race = startDueRace(ledger.gates);
  await race.goesOn(4);
  const told = await race.stop();
  assert.deepEqual(twiceTold([...lost, ...told]), []);
  await Promise.all(ledger.services.map((service) => untilReady(service)));
  const asking = askAgain(ledger, lost);
  await asking.times(1).finally(() => asking.stop());
  const again = asking.granted().filter((one) => one.startsWith('twin'));
  assert.deepEqual(again, [], 'granted after the adoption');
}

async function goesOn({ ledger, services, sessionTtlMs }: Running): Promise<void> {
  if (services === 'stopped') await Promise.all(ledger.services.map((service) => service.restart()));
  const race = startDueRace(ledger.gates);
  // Longer than a third of a session: each service has renewed it by then.
  await sleep(sessionTtlMs / 2);
  await Promise.all(ledger.services.map((service) => untilReady(service)));
  // If the restore took longer than a session lives, new slots begin above the base: after the skew.
  if (services === 'running') await race.goesOn(4, 2 * SKEW_MS);
  assert.deepEqual(twiceTold(await race.stop()), []);
}

async function refuses({ services }: RestoreLedger): Promise<void> {
  for (const service of services) {
    await service.restart().catch(() => undefined);
    await service.gone();
    assert.match(await service.log(), /store-behind|damaged/);
  }
}

/** So that the key of this node has a mark. */
async function grantedOnce(node: DueClient): Promise<void> {
  await waitFor(
    `${node.name} to be granted a slot`,
    async () => {
      const slot = Math.floor(Date.now() / SLOT_MS);
      return (await node.ask(node.urls[0] ?? '', slot, 2_000)).outcome === 'granted';
    },
    WAIT,
  );
}

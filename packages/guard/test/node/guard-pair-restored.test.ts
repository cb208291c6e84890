// The store of a guarded pair is restored from a backup of an earlier term, and the active machine is dead.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Store, StoreFault } from '@watchbill/duty/store';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { decodeRole, keepRole, type RoleKeeper, replaceRole, termFile, uptimeMs } from '@watchbill/guard';
import { systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { restoreSnapshot, saveSnapshot, startEtcdCluster, waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';

const PREFIX = '/watchbill-guard/eve/';
const WAIT = { timeoutMs: 60_000 };
/** Between two turns of a guard with the store; short, because the test waits for them. */
const TURN_MS = 500;
const REPORT = { keys: ['gran 0xaa'], open: 0, node: null, check: 'match', busyWith: null, say: '' } as const;

interface Machine {
  readonly role: RoleKeeper;
  /** As if the machine lost its power. */
  stop(): Promise<void>;
}

/** The part of a guard that talks to the store of its pair. */
function startMachine(context: TestContext, store: Store, folder: string, name: string): Machine {
  const clock = systemClock();
  const terms = termFile(mkdtempSync(join(folder, `${name}-`)));
  const role = keepRole({ store, name, terms, clock, uptimeMs });
  const off = new AbortController();
  const turns = (async () => {
    for (; !off.signal.aborted; await sleep(TURN_MS)) {
      await role.turn(REPORT).catch((error: unknown) => {
        if (!(error instanceof StoreFault)) throw error;
      });
      const standing = role.standing();
      if (standing.role === 'active' && standing.isNew) role.begins(standing.term);
    }
  })();
  const stop = async (): Promise<void> => {
    off.abort();
    await turns;
  };
  context.after(stop);
  return { role, stop };
}

const standingOf = ({ role }: Machine): string => {
  const standing = role.standing();
  return standing.role === 'active' ? `active in term ${standing.term}` : standing.say;
};

test('a person chooses the machine that a restored record names', async (context) => {
  const folder = temporaryFolder(context);
  const etcd = await startEtcdCluster({ binary: 'debian' });
  context.after(() => etcd.close());
  const store = await openEtcdStore({ endpoints: etcd.endpoints, clock: systemClock(), prefix: PREFIX });
  context.after(() => store.close());
  const pair = join(folder, 'pair.yaml');
  writeFileSync(
    pair,
    JSON.stringify({ name: 'bravo', store: { kind: 'etcd', endpoints: etcd.endpoints, prefix: PREFIX } }),
  );
  const guard = (...args: readonly string[]) => runCommand(['guard', ...args, '--pair', pair]);
  const record = async () => {
    const [value] = await store.read(['role']);
    return decodeRole(Buffer.from(value ?? assert.fail('there is no record')).toString());
  };

  const [alpha, bravo] = ['alpha', 'bravo'].map((name) => startMachine(context, store, folder, name));
  assert.ok(alpha !== undefined && bravo !== undefined);
  const first = await guard('take-over', '--to', 'bravo', '--reason', 'a new pair');
  assert.equal(first.code, 0, first.text);
  await waitFor('bravo is active', () => standingOf(bravo) === 'active in term 1', WAIT);
  // A turn of the guard that is under way may still write that it holds its keys.
  let backup: string;
  do {
    await bravo.role.rest(900n);
    backup = await saveSnapshot(etcd);
  } while ((await record()).state !== 'free');
  // The guard of bravo renews the record meanwhile.
  const askForAlpha = async () => {
    const before = await record();
    return replaceRole(store, before, { ...before, to: 'alpha' });
  };
  await waitFor('bravo is asked to hand over', askForAlpha, WAIT);
  assert.ok(await bravo.role.handOver('alpha', 950n));
  await waitFor('alpha is active', () => standingOf(alpha) === 'active in term 2', WAIT);
  await waitFor('bravo knows', () => /^alpha is active since term 2/.test(standingOf(bravo)), WAIT);
  await alpha.stop();
  await restoreSnapshot(etcd, backup, { token: 'same' });

  const wentBack = /^the store of the pair went back: it has term 1, and this machine saw term 2/;
  await waitFor('bravo sees it', () => wentBack.test(standingOf(bravo)), WAIT);
  const { holder, state } = await record();
  assert.deepEqual([holder, state], ['bravo', 'free'], 'the record alone says that all is well');
  const shown = await guard('pair');
  assert.match(shown.text, /^the store went back before term 2, so no machine is active: choose one with/);
  const taken = await guard('take-over', '--to', 'bravo', '--reason', 'alpha is off', '--yes');
  assert.equal(taken.code, 0, taken.text);
  assert.match(taken.text, /the store went back before term 2; no guard renewed its record for \d+ s/);
  assert.match(taken.text, /Make sure of each machine of the pair except bravo/);
  const { term, lastSlot, how } = await record();
  assert.deepEqual([term, lastSlot, how], [3n, null, 'person']);
  await waitFor('bravo is active again', () => standingOf(bravo) === 'active in term 3', WAIT);
});

function runCommand(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly code: number; readonly text: string }>();
  execFile(process.execPath, [COMMAND, ...args], (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), text: `${stdout}${stderr}` });
  });
  return promise;
}

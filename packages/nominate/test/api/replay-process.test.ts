import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  decodeStored,
  encodeProgramme,
  encodeSnapshot,
  planFromTexts,
  presetProgramme,
  type StoredRound,
} from '@watchbill/nominate';
import { replayByProcess } from '@watchbill/nominate/api';
import { sampleSnapshot } from '@watchbill/nominate/testing';

const CLI = fileURLToPath(new URL('../../../watchbill/bin/watchbill.mjs', import.meta.url));

function aRound(): StoredRound {
  const snapshot = sampleSnapshot({ seed: 'replay', count: 12, nominators: 1 });
  const nominators = snapshot.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
  const programme = encodeProgramme(presetProgramme({ network: 'polkadot', profile: 'fair' }, nominators));
  const planned = planFromTexts({ snapshot: encodeSnapshot(snapshot), programme, forced: true });
  assert.ok(planned.ok);
  const read = decodeStored(planned.result.stored);
  assert.ok(read.ok);
  return read.stored;
}

/** A folder for temporary files that no other test has. */
function ownTemporaryFolder(context: TestContext): string {
  const before = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-own-'));
  process.env.TMPDIR = folder;
  context.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test('a round is computed again by the command, in a process of its own that leaves nothing behind', async (context) => {
  const folder = ownTemporaryFolder(context);
  const replay = replayByProcess({ command: [process.execPath, CLI], timeoutMs: 60_000 });
  const round = aRound();
  assert.equal((await replay(round)).result, 'same');
  const altered = { ...round, record: round.record.replace(/"nominatedCount":\d+/, '"nominatedCount":99') };
  assert.equal((await replay(altered)).result, 'different');
  assert.deepEqual(readdirSync(folder), []);
});

test('a command that is not there, fails or hangs is a fault, not a result', async () => {
  const round = aRound();
  const within = (timeoutMs: number, ...args: [string, ...string[]]) =>
    replayByProcess({ command: args, timeoutMs });
  const command = (...args: [string, ...string[]]) => within(60_000, ...args);
  await assert.rejects(command('/nowhere/watchbill')(round));
  await assert.rejects(command(process.execPath, '-e', 'process.exit(7)')(round), /exit status 7/);
  await assert.rejects(
    within(200, process.execPath, '-e', 'setTimeout(() => {}, 60000)')(round),
    /exit status null/,
  );
  await assert.rejects(command(process.execPath, '-e', 'console.log("{}")')(round), /is not a result/);
});

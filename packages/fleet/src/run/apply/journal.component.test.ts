import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@watchbill/kit/testing';
import { openRollout } from '../rollout/journal.ts';
import { type Journal, openJournal } from './journal.ts';
import type { Header } from './journal-text.ts';

const HEADER: Header = {
  format: 'watchbill/journal/1',
  plan: 'plan-1',
  network: 'net',
  identities: { ams: 'uid-1', fra: 'uid-2' },
};

function opened(file: string, header: Header = HEADER): Journal {
  const result = openJournal(file, header);
  assert.ok(result.ok, result.ok ? '' : result.detail);
  return result.journal;
}

function refused(file: string, header: Header): string {
  const result = openJournal(file, header);
  assert.ok(!result.ok);
  return result.reason;
}

const HOLDER = fileURLToPath(new URL('./testing/holder.ts', import.meta.url));

/** Another process that has it open, until it is killed. */
async function elsewhere(
  context: TestContext,
  kind: 'journal' | 'rollout',
  file: string,
): Promise<{ readonly kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [HOLDER, kind, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(String(said), 'open\n');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const begun = { state: 'begun', step: 'create a' } as const;
const applied = { state: 'applied', step: 'create a' } as const;

test('what was written is read by the next run, in order', (context) => {
  const file = join(temporaryFolder(context), 'journal');
  const first = opened(file);
  first.write(begun);
  first.write(applied);
  first.close();
  const second = opened(file);
  assert.deepEqual(second.earlier, [begun, applied]);
  second.close();
});

test('a last line that was cut short is taken away, and the next one stands alone', (context) => {
  const file = join(temporaryFolder(context), 'journal');
  const first = opened(file);
  first.write(begun);
  first.close();
  appendFileSync(file, '{"state":"appl');
  const second = opened(file);
  assert.deepEqual(second.earlier, [begun]);
  second.write(applied);
  second.close();
  const third = opened(file);
  assert.deepEqual(third.earlier, [begun, applied]);
  third.close();
});

test('even a first line that was cut short begins anew', (context) => {
  const file = join(temporaryFolder(context), 'journal');
  writeFileSync(file, '{"format":"watch');
  const journal = opened(file);
  assert.deepEqual(journal.earlier, []);
  journal.close();
  opened(file).close();
});

test('a whole line that is damaged is never passed over', (context) => {
  const file = join(temporaryFolder(context), 'journal');
  const journal = opened(file);
  journal.write(begun);
  journal.write(applied);
  journal.close();
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [lines[0], '{"state":"done","step":"create a"}', ...lines.slice(2)].join('\n'));
  assert.equal(refused(file, HEADER), 'damaged');
  assert.ok(!existsSync(`${file}.lock`));
});

test('a journal of another network, plan or cluster is refused and left as it is', (context) => {
  const file = join(temporaryFolder(context), 'journal');
  opened(file).close();
  const text = readFileSync(file, 'utf8');
  assert.equal(refused(file, { ...HEADER, network: 'other' }), 'other-network');
  assert.equal(refused(file, { ...HEADER, plan: 'plan-2' }), 'other-plan');
  assert.equal(
    refused(file, { ...HEADER, identities: { ...HEADER.identities, ams: 'uid-3' } }),
    'other-place',
  );
  assert.equal(refused(file, { ...HEADER, identities: { ams: 'uid-1' } }), 'other-place');
  assert.equal(readFileSync(file, 'utf8'), text);
});

test('one process at a time; the lock of one that has ended is taken over', async (context) => {
  const folder = temporaryFolder(context);
  const file = join(folder, 'journal');
  const holder = opened(file);
  assert.equal(refused(file, HEADER), 'busy');
  holder.close();
  assert.deepEqual(readdirSync(folder), ['journal']);
  const other = await elsewhere(context, 'journal', file);
  assert.equal(refused(file, HEADER), 'busy');
  await other.kill();
  assert.ok(existsSync(`${file}.lock`));
  opened(file).close();
  assert.deepEqual(readdirSync(folder), ['journal']);
});

test('while a process applies a plan or rolls out, no other applies or rolls out another from the same folder', async (context) => {
  const folder = temporaryFolder(context);
  const journals = join(folder, 'journals');
  mkdirSync(journals);
  const rollout = () =>
    openRollout(join(folder, 'rollout.journal'), {
      format: 'watchbill/rollout/1',
      network: 'net',
      what: 'plan-2',
      title: 'plan-2',
      before: {},
    });
  for (const [kind, file] of [
    ['journal', join(journals, 'plan-1')],
    ['rollout', join(folder, 'rollout.journal')],
  ] as const) {
    const other = await elsewhere(context, kind, file);
    const plan = openJournal(join(journals, 'plan-2'), HEADER);
    assert.ok(!plan.ok);
    assert.match(plan.detail, /another process applies a plan or a roll-out in \S+: process \d+/);
    const refusedRollout = rollout();
    assert.ok(!refusedRollout.ok);
    assert.equal(refusedRollout.reason, 'busy');
    await other.kill();
  }
  // A roll-out applies what it needs beside itself, and holds the folder until both are closed.
  const rolling = rollout();
  assert.ok(rolling.ok, rolling.ok ? '' : rolling.detail);
  const beside = opened(join(journals, 'plan-2'));
  rolling.journal.close();
  assert.ok(existsSync(join(folder, 'at-work.lock')));
  beside.close();
  assert.ok(!existsSync(join(folder, 'at-work.lock')));
  assert.equal(refused(join(journals, 'plan-2'), { ...HEADER, plan: 'plan-3' }), 'other-plan');
  assert.ok(!existsSync(join(folder, 'at-work.lock')), 'a refusal holds nothing');
});

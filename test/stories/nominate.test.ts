// A recorded nomination programme is decided again: by hand, and by the service that runs it. The decisions
// are the same byte for byte.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeStored, type StoredRound } from '@watchbill/nominate';
import { openProgrammeStore } from '@watchbill/nominate/storage';
import { waitFor } from '@watchbill/testkit';
import { startCommand } from '@watchbill/testkit/command';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

const PAGE = fileURLToPath(new URL('../../docs/nominate/how-to/nominate.md', import.meta.url));
const WAIT = { timeoutMs: 180_000 };

const folder = leaveNothing('nominate');

async function nominate(code: number, ...args: readonly string[]): Promise<string> {
  const ran = await startCommand(folder, ['nominate', ...args]).ended;
  assert.equal(ran.code, code, `${args.join(' ')}: ${ran.errors}`);
  return ran.out;
}

const text = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** One figure of the record is another one. */
function altered(file: string, to: string): void {
  const changed = text(file).replace(
    /\\"nominatedCount\\":(\d+)/,
    (_all, count) => `\\"nominatedCount\\":1${count}`,
  );
  assert.notEqual(changed, text(file));
  writeFileSync(join(folder, to), changed);
}

/** The first round that the programme decided, from its database. */
async function firstRound(): Promise<StoredRound> {
  const store = await openProgrammeStore({ file: join(folder, 'programme.db') }, () => 0);
  try {
    const first = (await store.rounds.list({ limit: 100, after: null })).rows.at(-1);
    const stored = first === undefined ? null : await store.rounds.get(first.id);
    return stored ?? assert.fail('no round is stored');
  } finally {
    await store.close();
  }
}

before(() => nominate(0, 'init', '--example'));

describe('a recorded programme', () => {
  let digest = '';

  test('decides what was recorded, the same bytes each time', async () => {
    const plan = ['round', 'plan', '--snapshot', 'example-snapshot.json', '--out'];
    const printed = await nominate(0, ...plan, 'round.json');
    await nominate(0, ...plan, 'again.json');
    assert.equal(text('again.json'), text('round.json'));
    digest = /^digest ([0-9a-f]{64})$/m.exec(printed)?.[1] ?? assert.fail(printed);
    const recorded = /^digest ([0-9a-f]{64})$/m.exec(readFileSync(PAGE, 'utf8'))?.[1];
    assert.equal(digest, recorded, 'the decision is not the one that the documentation records');
  });

  test('is replayed by the command, which finds a record with one other figure', async () => {
    assert.match(await nominate(0, 'round', 'replay', 'round.json'), /the same, byte for byte/);
    altered('round.json', 'altered.json');
    assert.match(await nominate(3, 'round', 'replay', 'altered.json'), /the first difference is at/);
  });

  test('decides as a service too, is killed, and its stored round is replayed', async (context) => {
    appendFileSync(join(folder, 'nominate.yaml'), '\nlisten: { port: 0 }\n');
    const service = startCommand(folder, ['nominate', 'run', '--json']);
    context.after(() => service.stop('SIGKILL'));
    const { url } = await service.until('the service has an address', () => service.lines[0]);
    const rounds = await waitFor(
      'a round is decided',
      async () => {
        const { total } = (await (await fetch(`${url}/v1/rounds`)).json()) as { readonly total: number };
        return total > 0 ? total : undefined;
      },
      WAIT,
    );
    await service.stop('SIGKILL');
    const round = await firstRound();
    writeFileSync(join(folder, 'stored.json'), encodeStored(round));
    assert.match(await nominate(0, 'round', 'replay', 'stored.json'), /the same, byte for byte/);
    altered('stored.json', 'altered.json');
    await nominate(3, 'round', 'replay', 'altered.json');
    console.log(
      `nominate: round ${digest.slice(0, 12)} decided and replayed to the same bytes, ${rounds} of a running programme replayed, 2 altered records found`,
    );
  });
});

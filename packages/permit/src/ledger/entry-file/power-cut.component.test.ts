import assert from 'node:assert/strict';
import { hash as digestOf } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../database.ts';
import { decisionOf, entryOf, itemOf, ledgerIn, temporaryDir } from '../testing/ground.ts';
import { type Files, forgetfulDisk, writeFiles } from './testing/forgetful.ts';

/** A frame with one entry and its decision has about 1 KB: the file begins at its front again and again. */
const FILE_BYTES = 20_480;

interface Cut {
  readonly what: string;
  readonly files: Files;
  /** Numbers of the entries whose append had settled. */
  readonly granted: readonly number[];
}

/** Entries in every way that the ledger takes them, and each state that a power cut may leave on the way. */
async function cutsOf(t: TestContext): Promise<{ cuts: readonly Cut[]; kinds: ReadonlySet<string> }> {
  const dir = temporaryDir(t);
  const kinds = new Set<string>();
  const cuts: Cut[] = [];
  const granted: number[] = [];
  const forgetful = forgetfulDisk(t, dir, (what) => {
    kinds.add(what);
    for (const files of forgetful.states()) cuts.push({ what, files, granted: [...granted] });
  });
  const options = { entryFile: true, disk: forgetful.disk, fileBytes: FILE_BYTES } as const;
  const append = async (ledger: Awaited<ReturnType<typeof ledgerIn>>, seq: number) => {
    const decision = decisionOf({ outcome: 'granted', seq: String(seq) });
    await ledger.append([itemOf(entryOf({ seq: BigInt(seq) }), decision)]);
    granted.push(seq);
  };
  const first = await ledgerIn(t, dir, options);
  for (let seq = 1; seq <= 9; seq++) await append(first, seq);
  first.decisions({ limit: 1 });
  await append(first, 10);
  await first.keepWord({ id: 'a', text: '{}' });
  await append(first, 12);
  await append(first, 11);
  await Promise.all([13, 14, 15].map((seq) => append(first, seq)));
  for (let seq = 16; seq <= 40; seq++) await append(first, seq);
  await first.close();
  const again = await ledgerIn(t, dir, options);
  await append(again, 41);
  await again.close();
  t.mock.restoreAll();
  return { cuts: withoutTwins(cuts), kinds };
}

/** Of cuts that leave the same files, the last one: more was granted by then. */
function withoutTwins(cuts: readonly Cut[]): readonly Cut[] {
  const nameOf = ({ files }: Cut) =>
    [...files].map(([name, bytes]) => `${name} ${digestOf('sha256', bytes)}`);
  return [...new Map(cuts.map((cut) => [nameOf(cut).sort().join(), cut])).values()];
}

test('a power cut between any two steps loses no entry whose append had settled', async (t) => {
  const { cuts, kinds } = await cutsOf(t);
  for (const kind of ['create', 'write', 'sync', 'commit FULL', 'commit NORMAL', 'checkpoint', 'remove'])
    assert.ok(kinds.has(kind), kind);
  for (const [index, { what, files, granted }] of cuts.entries()) {
    const dir = join(temporaryDir(t), `${index}`);
    writeFiles(dir, files);
    const ledger = await ledgerIn(t, dir, { entryFile: index % 2 === 0, fileBytes: FILE_BYTES });
    const decided = ledger.decisions({ limit: 100 }).decisions.map(({ seq }) => Number(seq));
    await ledger.close();
    const stored = storedSeqs(dir);
    for (const seq of granted) {
      assert.ok(stored.includes(seq), `entry ${seq} after a power cut at ${index}, ${what}`);
      assert.ok(decided.includes(seq), `decision ${seq} after a power cut at ${index}, ${what}`);
    }
    assert.equal(new Set(stored).size, stored.length, 'none twice');
    assert.equal(new Set(decided).size, decided.length, 'none twice');
  }
});

function storedSeqs(dir: string): readonly number[] {
  const { db } = openDatabase(dir);
  const rows = db.prepare('SELECT seq FROM entries').all();
  db.close();
  return rows.map(({ seq }) => Number(seq));
}

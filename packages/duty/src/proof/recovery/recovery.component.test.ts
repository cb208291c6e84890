import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock, systemRandom } from '@watchbill/kit';
import type { HeadLine, MarkLine } from '../../service/ledger/lines.ts';
import { openLedger } from '../../service/ledger/open.ts';
import { createPermit } from '../../service/permit.ts';
import {
  CHAIN,
  claimOf,
  KEY,
  policyDocument,
  silentLog,
  silentMeter,
  vote,
} from '../../service/testing/services.ts';
import { openSqliteStore } from '../../store/index.ts';
import { exportLedger } from '../export.ts';
import { openLedgerFile } from '../ledger-file.ts';
import { storeOf } from '../testing/ground.ts';
import { missingEntries, readExportMemory } from './read-memory.ts';
import { readStore } from './read-store.ts';
import { type RecoveryParts, readContextOf } from './recovery-parts.ts';
import { planOn } from './testing/ground.ts';

/** The same with files: an SQLite store that is put back to a copy, and the ledger file that remembers. */

const clock = systemClock({ unref: true });
const random = systemRandom();
const root = mkdtempSync(join(tmpdir(), 'watchbill-recovery-'));
const disaster = join(root, 'disaster');
/** The same files before the grant that the store lost. */
const earlier = join(root, 'earlier');
after(() => rmSync(root, { recursive: true, force: true }));

async function openParts(dir: string): Promise<RecoveryParts> {
  const ledger = await openLedger({ dir, clock, random });
  const store = await openSqliteStore({ path: join(dir, 'store.sqlite'), clock, random });
  return { store, ledger, clock, random, timeoutMs: 5_000, name: 'one', url: null };
}

async function closeParts({ store, ledger }: RecoveryParts): Promise<void> {
  await ledger.close();
  await store.close();
}

/** A service on these files, until `act` is done. */
async function serving(
  dir: string,
  act: (permit: Awaited<ReturnType<typeof createPermit>>) => Promise<void>,
) {
  const parts = await openParts(dir);
  const permit = await createPermit(
    {
      store: parts.store,
      ledger: parts.ledger,
      clock,
      random,
      peers: { memory: () => Promise.reject(new Error('there is no other service')) },
      nodeRpc: { roundState: () => Promise.reject(new Error('there is no node')) },
      log: silentLog,
      meter: silentMeter,
    },
    {
      name: 'one',
      url: null,
      sessionTtlMs: 1_000,
      storeTimeoutMs: 2_000,
      operatorSecret: null,
      maxInFlight: 10,
    },
  );
  for (let look = 0; look < 500 && (await permit.health()).state !== 'serving'; look++) await clock.sleep(10);
  await act(permit);
  await permit.drain(1_000);
  await closeParts(parts);
}

before(async () => {
  const ceilings = { ...policyDocument().ceilings, genesisMs: 0 };
  await serving(disaster, async (permit) => {
    await permit.applyPolicy(policyDocument({ ceilings }), 'test');
    const floors = { babe: null, grandpa: null, beefy: null, 'im-online': null };
    await permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'new' }, 'test');
  });
  const backup = join(root, 'store.sqlite');
  cpSync(join(disaster, 'store.sqlite'), backup);
  cpSync(disaster, earlier, { recursive: true });
  await serving(disaster, async (permit) => {
    await permit.observe({ chain: CHAIN, setId: '3', round: '39' }, 'watcher');
    const claim = claimOf({ duty: 'grandpa', unit: '3/40', part: 'prevote', digest: vote('01') });
    assert.equal((await permit.claim(claim, { node: 'a' })).outcome, 'granted');
  });
  for (const end of ['', '-wal', '-shm']) rmSync(join(disaster, `store.sqlite${end}`), { force: true });
  cpSync(backup, join(disaster, 'store.sqlite'));
});

let copies = 0;

/** The files of the disaster, for one test. */
function copyOfDisaster(): string {
  const dir = join(root, `copy-${++copies}`);
  cpSync(disaster, dir, { recursive: true });
  return dir;
}

async function* bytesOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield Buffer.from(line);
}

/** The export of the disaster's ledger file, as text. */
async function exported(marks: readonly Omit<MarkLine, 'kind'>[] | null = null): Promise<string> {
  const source = openLedgerFile(copyOfDisaster());
  const parts: Uint8Array[] = [];
  const options = { atMs: 1, epoch: null, store: storeOf(marks) };
  for await (const part of bytesOf(exportLedger(source, options))) parts.push(part);
  source.close();
  return Buffer.concat(parts).toString();
}

const read = (text: string) => readExportMemory({ name: 'two.ledger', bytes: [Buffer.from(text)] }, null);

test('an export remembers what its ledger file does', async () => {
  const { memory } = await read(await exported());
  const parts = await openParts(copyOfDisaster());
  for (const [mark, { top, hash, seq }] of memory.points) {
    const own = parts.ledger.point(mark);
    assert.deepEqual([top, hash, seq], [own?.top, own?.hash, own?.seq]);
  }
  assert.equal(memory.points.size, 4);
  await closeParts(parts);
});

/** A mark of the store as an export shows it: another service granted a round of it. */
const shownMark = (change: Partial<MarkLine> = {}) => ({
  chain: CHAIN,
  key: KEY,
  duty: 'grandpa',
  head: { epoch: 'e', seq: '9', hash: 'a'.repeat(64) },
  floor: '3/20',
  recent: [{ unit: '3/45', node: 'b', incarnation: 'b-1', parts: [] }],
  ...change,
});

test('a floor is not below a mark of the store that an export shows', async () => {
  const floor = async (marks: readonly Omit<MarkLine, 'kind'>[], round: bigint) => {
    const { memory } = await read(await exported(marks));
    const parts = await openParts(copyOfDisaster());
    const floors = new Map([[`${CHAIN}/${KEY}/grandpa`, [3n, round]]]);
    const choices = { floors, lost: [], policies: [] };
    const { problems } = await planOn(parts, { nodes: [], exports: [memory], choices });
    await closeParts(parts);
    return problems.map(({ what }) => what).filter((what) => what.includes('grandpa'));
  };
  const [low] = await floor([shownMark()], 44n);
  assert.match(low ?? '', /floor 3\/44 of grandpa .* is below 3\/45 \(the store in export two\.ledger\)/);
  assert.deepEqual(await floor([shownMark()], 45n), []);
  const [lower] = await floor([shownMark({ floor: '3/50', recent: [] })], 49n);
  assert.match(lower ?? '', /is below 3\/50/);
  assert.deepEqual(await floor([shownMark({ floor: null, recent: [] })], 40n), []);
});

test('a mark of the store in an export names the key that the restored store has no policy for', async () => {
  const other = `0x${'cd'.repeat(32)}`;
  const { memory } = await read(await exported([shownMark({ key: other })]));
  const parts = await openParts(copyOfDisaster());
  const { problems } = await planOn(parts, { exports: [memory] });
  await closeParts(parts);
  assert.ok(problems.some(({ what }) => what.includes(`no policy for ${CHAIN}/${other}`)));
});

test('a mark in an export with a duty or a unit that this release does not know is refused', async () => {
  const unit = exported([shownMark({ floor: '3/20/1' })]).then(read);
  await assert.rejects(unit, /3\/20\/1 is not a unit of grandpa/);
  await assert.rejects(exported([shownMark({ duty: 'later' })]).then(read), /does not know the duty later/);
});

test('an export that was edited, cut off or is none is refused', async () => {
  const text = await exported();
  const refused = { name: 'ExportFault' };
  await assert.rejects(read(text.replace('3/40', '3/39')), refused);
  await assert.rejects(read(text.replaceAll('"grandpa"', '"unknown"')), refused);
  await assert.rejects(read(text.slice(0, -100)), refused);
  await assert.rejects(read('{}\n'), refused);
  await assert.rejects(read('x'.repeat(5_000_000)), refused);
});

test('an export with a duty, or a unit, that this release does not know is refused', async () => {
  const change = async (edit: (body: string) => string) => {
    const source = openLedgerFile(copyOfDisaster());
    const entries = [...source.entries()].slice(0, 1).map(({ body }) => ({
      kind: 'entry' as const,
      body: edit(body),
      hash: createHash('sha256').update(edit(body)).digest('hex'),
    }));
    const heads = entries.map(({ body, hash }) => {
      const { chain, key, duty, epoch, seq } = JSON.parse(body) as Record<string, string>;
      return { kind: 'head' as const, chain, key, duty, epoch, seq, hash } as HeadLine;
    });
    const made = {
      ...source,
      heads: () => heads,
      entries: () => entries,
      decisions: () => [],
      words: () => [],
    };
    const parts: Uint8Array[] = [];
    for await (const part of bytesOf(exportLedger(made, { atMs: 1, epoch: null }))) parts.push(part);
    source.close();
    return read(Buffer.concat(parts).toString());
  };
  assert.equal((await change((body) => body)).memory.points.size, 1);
  const duty = change((body) => body.replace(/"duty":"[a-z-]+"/, '"duty":"later"'));
  await assert.rejects(duty, /this release does not know the duty later/);
  const unit = change((body) => body.replace('"unit":null', '"unit":"1/2/3"'));
  await assert.rejects(unit, /unit 1\/2\/3: /);
});

test('an export of another ledger is a problem of the plan', async () => {
  const parts = await openParts(copyOfDisaster());
  const { memory } = await read(await exported());
  const { problems } = await planOn(parts, { exports: [{ ...memory, ledger: 'another' }] });
  assert.match(problems[0]?.what ?? '', /export two.ledger is of ledger another/);
  await closeParts(parts);
});

test('entries of this service that only an export has show a machine that was put back', async () => {
  const text = await exported();
  const parts = await openParts(earlier);
  const self = parts.ledger.serviceId;
  const found = await readExportMemory({ name: 'two.ledger', bytes: [Buffer.from(text)] }, self);
  const store = await readStore(readContextOf(parts));
  const missing = missingEntries(parts.ledger, store, [found]);
  assert.deepEqual(
    missing.map(({ mark, seq, holder }) => [mark.split('/')[2], seq, holder]),
    [['grandpa', 2n, 'export two.ledger']],
  );
  const { findings } = await planOn(parts, { exports: [found.memory], missing });
  assert.ok(findings.some(({ kind }) => kind === 'restored-machine'));
  await closeParts(parts);
});

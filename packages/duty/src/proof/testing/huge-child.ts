import { createHash } from 'node:crypto';
import { DUTIES, encodeEntry, entryHash, FIRST_PREV, type LedgerEntry } from '../../rule/index.ts';
import { encodeLine } from '../../service/ledger/lines.ts';
import { readExportMemory } from '../recovery/read-memory.ts';
import { verifyExports } from '../verify.ts';

/**
 * A separate process: verifies an export that is made while it is read, and reads it as a recovery does.
 * Arguments: entries, scratch file.
 */
const [count = 0, scratch = ''] = [Number(process.argv[2]), process.argv[3]];
const duty = DUTIES.find(({ name }) => name === 'grandpa');

function next(last: { entry: LedgerEntry; hash: string } | null): { entry: LedgerEntry; hash: string } {
  const seq = (last?.entry.seq ?? 0n) + 1n;
  const isAdoption = last === null;
  const entry: LedgerEntry = {
    kind: isAdoption ? 'adopt' : 'grant',
    ledger: 'ledger',
    epoch: 'epoch',
    chain: `0x${'11'.repeat(32)}`,
    key: `0x${'22'.repeat(32)}`,
    duty: 'grandpa',
    seq,
    prev: last?.hash ?? FIRST_PREV,
    unit: [1n, seq],
    parts: isAdoption ? [] : ['prevote'],
    digest: isAdoption ? null : 'ab'.repeat(duty?.digestBytes ?? 40),
    owner: isAdoption ? null : { node: 'alpha', incarnation: '01'.repeat(16) },
    term: null,
    nonce: `${seq}`,
    service: 'service',
    policyVersion: 'policy',
    window: duty?.window ?? 64,
    atMs: 1,
    note: '',
  };
  return { entry, hash: entryHash(entry) };
}

const HEAD = {
  kind: 'head',
  chain: `0x${'11'.repeat(32)}`,
  key: `0x${'22'.repeat(32)}`,
  duty: 'grandpa',
  epoch: 'epoch',
  seq: `${count}`,
  hash: '00'.repeat(32),
} as const;
let size = 0;
/** A head needs no right hash here: it only announces the mark to a recovery. */
function* bytes(hasHead: boolean): Generator<Uint8Array> {
  const sha = createHash('sha256');
  size = 0;
  const text = (line: string): Uint8Array => {
    sha.update(`${line}\n`);
    size += line.length + 1;
    return Buffer.from(`${line}\n`);
  };
  yield text(
    encodeLine({
      kind: 'header',
      format: 'watchbill-ledger-export',
      v: 1,
      ledger: 'ledger',
      service: 'service',
      epoch: null,
      atMs: 1,
      kinds: hasHead ? ['head', 'entry'] : ['entry'],
      hasMarks: false,
    }),
  );
  if (hasHead) yield text(encodeLine(HEAD));
  let last: { entry: LedgerEntry; hash: string } | null = null;
  for (let index = 0; index < count; index++) {
    last = next(last);
    yield text(encodeLine({ kind: 'entry', body: encodeEntry(last.entry), hash: last.hash }));
  }
  const counts = { head: hasHead ? 1 : 0, entry: count, decision: 0, word: 0, change: 0, mark: 0 };
  yield Buffer.from(`${encodeLine({ kind: 'end', counts, sha256: sha.digest('hex') })}\n`);
}

const report = await verifyExports([{ name: 'huge', bytes: bytes(false) }], { scratch });
const { memory } = await readExportMemory({ name: 'huge', bytes: bytes(true) }, null);
const { entries, counts, marks } = report;
const tops = [marks[0]?.top, ...[...memory.points.values()].map(({ top }) => top?.join('/'))];
process.stdout.write(JSON.stringify({ entries, counts, tops, size, rss: process.resourceUsage().maxRSS }));

import { table, usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { folder } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import { askService } from '../../client/api.ts';
import { onlyKey } from '../../client/keys.ts';
import { connection } from '../../client/target.ts';
import type { LedgerMark } from '../../proof/index.ts';
import { findKeys } from '../../rule/index.ts';
import type { MarkView } from '../../service/index.ts';
import { withLedgerFile } from './runtime.ts';

/** A mark of either source. */
type Shown = Omit<LedgerMark, 'entries'>;

const flags = {
  dataDir: flag(folder().optional(), 'read the ledger of a stopped service instead of asking a running one'),
  key: onlyKey,
  ...connection,
};
type ShowOptions = OptionsOf<typeof flags>;

/** `ledger show`: the last unit of each mark, in the store or in the ledger of one service. */
export const show = command({
  about: 'show the floor, the units above it and the last entry of each mark',
  flags,
  examples: ['watchbill ledger show', 'watchbill ledger show --data-dir data --json'],
  run: ({ io }, options) => run(io, options),
});

async function run(io: Io, options: ShowOptions): Promise<void> {
  const { dataDir } = options;
  const marks =
    dataDir === undefined ? await fromService(io, options) : await fromFolder(io, dataDir, options.key);
  print(io, options.json, { marks }, () => {
    const rows = marks.map((mark) => {
      const { chain, key, duty, recent, head } = mark;
      const [hash, epoch] = [head.hash.slice(0, 12), head.epoch.slice(0, 12)];
      return [shortHex(chain), shortHex(key), duty, floorText(mark), span(recent), head.seq, hash, epoch];
    });
    const note = marks.some(({ isComplete }) => !isComplete)
      ? '\na floor after >= may be higher: other services wrote entries that this ledger lacks\n'
      : '';
    return table(['chain', 'key', 'duty', 'floor', 'above it', 'entry', 'hash', 'epoch'], rows) + note;
  });
}

function floorText({ floor, isComplete }: Shown): string {
  if (floor === null) return isComplete ? 'none' : 'unknown';
  return isComplete ? floor : `>= ${floor}`;
}

/** The units above the floor: the one, or the first and the last with their number. */
function span(units: readonly string[]): string {
  const [first, last] = [units[0], units.at(-1)];
  if (first === undefined || last === undefined) return '-';
  return units.length === 1 ? first : `${first} to ${last} (${units.length})`;
}

async function fromService(io: Io, options: ShowOptions): Promise<readonly Shown[]> {
  const { marks } = await askService(io, options, (api) =>
    api.get<{ marks: MarkView[] }>('/v1/marks', { key: options.key }),
  );
  return marks.map((mark) => ({ ...mark, recent: mark.recent.map(({ unit }) => unit), isComplete: true }));
}

/** The folder of one service holds no policies, and so no names of keys. */
async function fromFolder(io: Io, dir: string, key: string | undefined): Promise<readonly Shown[]> {
  const marks: readonly Shown[] = await withLedgerFile(io, dir, (source) => source.marks());
  if (key === undefined) return marks;
  const answer = findKeys(marks, { key });
  if (answer.ok) return answer.found;
  throw usageFault(answer.what, answer.remedy, 'flag --key');
}

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted, digestOfText, type Fault, table, usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { carryOut } from '@watchbill/kit/command/planned-files';
import { lines, print } from '@watchbill/kit/command/print';
import { points, short } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import type { CandidateEntry, DecisionCode, RoundRecord } from '../../index.ts';
import { addInputOptions, type InputFlags, readInputs } from '../inputs.ts';
import { resultOf } from '../problems.ts';

interface PlanFlags extends InputFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly anyAge?: boolean;
  readonly json?: boolean;
}

/** `round plan`: decides a round from two files, and stores it where a file is named. */
export function addPlan(parent: Command, context: Context): void {
  const command = parent
    .command('plan')
    .description('decide which candidates each nominator would nominate, without sending');
  addInputOptions(command)
    .option('--out <file>', 'store the round in this new file, with all facts to compute it again')
    .option('--force', 'also plan for nominators that nominated recently')
    .option('--any-age', 'also accept blocks that were more than 30 minutes old when they were read')
    .option('--json', 'print JSON')
    .action((options: PlanFlags) => plan(context, options));
  withExamples(
    withStatuses(command, { denied: 'the rules allow no round', unknown: 'the snapshot lacks a fact' }),
    [
      'watchbill nominate round plan --snapshot example-snapshot.json',
      'watchbill nominate round plan --snapshot example-snapshot.json --out round.json',
    ],
  );
}

async function plan({ io }: Context, options: PlanFlags): Promise<void> {
  const { DECISIONS, encodeRecord, OLDEST_HEAD_MS, planFromTexts } = await import('../../index.ts');
  const out = options.out === undefined ? null : resolve(io.cwd, options.out);
  if (out !== null && existsSync(out)) throw outExists(options.out ?? '');
  const { texts, documents } = await readInputs(io, options);
  const planned = planFromTexts({
    ...texts,
    forced: options.force === true,
    oldestHeadMs: options.anyAge === true ? null : OLDEST_HEAD_MS,
  });
  const { record, stored } = await resultOf(planned, documents);
  if (out !== null) carryOut({ folders: [], files: [{ path: out, text: stored, mode: 0o644 }] });
  const digest = digestOfText(encodeRecord(record));
  const file = options.out ?? null;
  print(io, options.json, { file, digest, record }, () => planText(record, DECISIONS, digest, file));
}

/** A file of `--out` that exists already. */
export function outExists(file: string): Fault {
  return usageFault(`${file} exists already and is never overwritten`, 'name a new file', 'flag --out');
}

function planText(
  record: RoundRecord,
  meanings: Readonly<Record<DecisionCode, string>>,
  digest: string,
  file: string | null,
): string {
  const { network, era, candidates, eligibleCount, nominatedCount } = record;
  const stored = file === null ? 'not stored; to store it, add --out FILE' : `stored in ${file}`;
  return [
    lines([
      `round of era ${era} on ${network}: ${counted(candidates.length, 'candidate')}, ${eligibleCount} eligible, ${nominatedCount} nominated`,
      '',
    ]),
    table(['nominator', 'state', 'targets', 'because'], nominatorRows(record)),
    '\n',
    table(['nominator', 'target', 'slot', 'name', 'position', 'points'], targetRows(record)),
    '\n',
    table(['not nominated', 'candidates', 'meaning'], otherRows(candidates, meanings)),
    '\n',
    lines([`snapshot ${record.snapshot}`, `digest ${digest}`, `${stored}; not sent`]),
  ].join('');
}

function nominatorRows({ nominators }: RoundRecord): readonly (readonly string[])[] {
  return nominators.map(({ name, state, count, targets, detail }) => [
    short(name),
    state,
    count === null ? '' : `${targets.length} of ${count.most}`,
    count === null ? detail : count.detail,
  ]);
}

function targetRows({ nominators, candidates }: RoundRecord): readonly (readonly string[])[] {
  const byKey = new Map(candidates.map((candidate) => [candidate.stashKey, candidate]));
  return nominators.flatMap(({ name, targets }) =>
    targets.map((key, at) => {
      const candidate = byKey.get(key);
      return [
        short(name),
        String(at + 1),
        String(candidate?.slotId ?? ''),
        short(candidate?.name ?? key),
        String(candidate?.position ?? ''),
        candidate?.score === null || candidate === undefined ? '' : points(candidate.score.total),
      ];
    }),
  );
}

function otherRows(
  candidates: readonly CandidateEntry[],
  meanings: Readonly<Record<DecisionCode, string>>,
): readonly (readonly string[])[] {
  const byCode = Map.groupBy(candidates, ({ decision }) => decision.code);
  byCode.delete('nominated');
  return [...byCode]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([code, all]) => [code, String(all.length), meanings[code]]);
}

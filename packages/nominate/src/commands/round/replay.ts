import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Replay } from '../../index.ts';
import { addModuleOption, loadModules, readRound } from '../inputs.ts';
import { refusedRound, resultOf } from '../problems.ts';

interface ReplayFlags {
  readonly module?: readonly string[];
  readonly json?: boolean;
}

/** `round replay`: computes a stored round again and compares byte for byte. */
export function addReplay(parent: Command, context: Context): void {
  const command = parent
    .command('replay')
    .argument('<file>', 'stored round')
    .description('compute a stored round again and compare byte for byte');
  addModuleOption(command)
    .option('--json', 'print JSON')
    .action((file: string, options: ReplayFlags) => replay(context, file, options));
  withExamples(withStatuses(command, { denied: 'the result differs' }), [
    'watchbill nominate round replay round.json',
  ]);
}

async function replay({ io, exit }: Context, file: string, options: ReplayFlags): Promise<void> {
  const { replayFromText } = await import('../../index.ts');
  const round = readRound(io, file);
  const modules = await loadModules(io, options.module);
  const found = await resultOf(replayFromText(round.text, modules), { round });
  if (found.result === 'unreadable')
    await resultOf({ ok: false, document: 'round', problems: inside(found) }, { round });
  if (found.result === 'refused') throw await refusedRound(found.refusal, file);
  print(io, options.json, { file, ...found }, () => replayText(file, found));
  if (found.result === 'different') exit(EXIT.denied);
}

function inside({ text, problems }: Extract<Replay, { readonly result: 'unreadable' }>) {
  return problems.map(({ path, message }) => ({ path: path === '' ? text : `${text}.${path}`, message }));
}

function replayText(file: string, found: Replay): string {
  if (found.result === 'same') return lines([`${file}: the same, byte for byte`, `digest ${found.digest}`]);
  if (found.result !== 'different') return '';
  return lines([
    `${file}: another record comes out; the first difference is at character ${found.at}`,
    `stored:   ${found.stored}`,
    `computed: ${found.computed}`,
    'the stored record was altered, or was computed by other rules than this release has',
  ]);
}

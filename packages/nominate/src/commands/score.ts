import { counted, type Fault, fault, table, visible } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { whole } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import { points, short } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import type { Component, Scored } from '../index.ts';
import { addInputOptions, type InputFlags, readInputs } from './inputs.ts';
import { resultOf } from './problems.ts';
import { candidateNamed } from './who.ts';

interface ScoreFlags extends InputFlags {
  readonly candidate?: string;
  readonly limit: number;
  readonly json?: boolean;
}

type ScoredOne = Scored['scores'][number];

/** `nominate score`: the order of the eligible candidates, or the parts of one score. */
export function addScore(parent: Command, context: Context): void {
  const command = parent
    .command('score')
    .description('score the eligible candidates of a snapshot, best first; read-only');
  addInputOptions(command)
    .option('--candidate <who>', 'only this one, part by part: stash, slot or name')
    .option(
      '--limit <n>',
      'how many to print; JSON has all',
      whole('--limit', 'candidates', 1, 9_999_999),
      20,
    )
    .option('--json', 'print JSON')
    .action((options: ScoreFlags) => score(context, options));
  withExamples(command, [
    'watchbill nominate score --snapshot example-snapshot.json --limit 5',
    'watchbill nominate score --snapshot example-snapshot.json --candidate oakum',
  ]);
}

async function score({ io }: Context, options: ScoreFlags): Promise<void> {
  const { checkCandidates, COMPONENTS, scoreCandidates } = await import('../index.ts');
  const { texts, documents } = await readInputs(io, options);
  const scored = await resultOf(scoreCandidates(texts), documents);
  if (options.candidate === undefined) {
    print(io, options.json, scored, () => allText(scored, options.limit));
    return;
  }
  const all = await resultOf(checkCandidates(texts), documents);
  const { stashKey, name } = await candidateNamed(all, options.candidate, options.snapshot);
  const one = scored.scores.find((score) => score.stashKey === stashKey);
  if (one === undefined) throw notEligible(name, options.snapshot);
  print(io, options.json, one, () => oneText(one, scored, COMPONENTS));
}

function notEligible(name: string, snapshot: string): Fault {
  return fault('not-eligible', 'denied', {
    what: `${visible(JSON.stringify(name))} is not eligible, so it has no score`,
    where: snapshot,
    remedy: 'see why: the same flags with `watchbill nominate check`',
  });
}

function allText({ scores, statistics }: Scored, limit: number): string {
  const rows = scores
    .slice(0, limit)
    .map(({ position, name, total, unknown }) => [
      String(position),
      short(name),
      points(total),
      unknown.length === 0 ? '' : unknown.join(', '),
    ]);
  const { minimum, q50, maximum } = statistics.total;
  const rest = scores.length - rows.length;
  return [
    table(['position', 'name', 'points', 'not known'], rows),
    '\n',
    lines([
      `${counted(scores.length, 'eligible candidate')}${rest === 0 ? '' : `, ${rest} not shown (--limit)`}; points ${points(minimum)} to ${points(maximum)}, half of them have ${points(q50)} or more`,
    ]),
  ].join('');
}

function oneText(one: ScoredOne, { scores, statistics }: Scored, names: readonly Component[]): string {
  const rows = names.map((name) => [
    name,
    points(one.components[name]),
    points(statistics[name].q50),
    points(statistics[name].maximum),
    one.unknown.includes(name) ? 'not known' : '',
  ]);
  const total = ['total', points(one.total), points(statistics.total.q50), points(statistics.total.maximum)];
  return [
    lines([
      `${JSON.stringify(one.name)}, ${one.stashKey}`,
      `position ${one.position} of ${scores.length}`,
      '',
    ]),
    table(['part', 'points', 'median', 'best', ''], [...rows, total]),
  ].join('');
}

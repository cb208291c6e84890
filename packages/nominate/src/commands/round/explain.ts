import { type Context, withExamples } from '@watchbill/kit/command/context';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { readRound } from '../inputs.ts';
import { resultOf } from '../problems.ts';
import { noSuchCandidate, textsFor } from '../who.ts';

/** `round explain`: the rule that decided about a candidate. */
export function addExplain(parent: Command, context: Context): void {
  const command = parent
    .command('explain')
    .argument('<file>', 'stored round')
    .argument('<candidate>', 'stash, slot or name')
    .description(
      'show the rule that decided about a candidate in a stored round, and a remedy for its operator',
    )
    .option('--json', 'print JSON')
    .action((file: string, who: string, options: { json?: boolean }) => explain(context, file, who, options));
  withExamples(command, [
    'watchbill nominate round explain round.json beacon',
    'watchbill nominate round explain round.json 7 --json',
  ]);
}

async function explain(
  { io }: Context,
  file: string,
  who: string,
  options: { readonly json?: boolean },
): Promise<void> {
  const { explainFromText, explanationLines } = await import('../../index.ts');
  const round = readRound(io, file);
  for (const text of await textsFor(who)) {
    const outcome = explainFromText(round.text, text);
    if (!outcome.ok && outcome.document === 'request') continue;
    const explanation = await resultOf(outcome, { round });
    print(io, options.json, explanation, () => lines(explanationLines(explanation)));
    return;
  }
  throw noSuchCandidate(file);
}

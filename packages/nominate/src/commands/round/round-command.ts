import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addExecute } from './execute.ts';
import { addExplain } from './explain.ts';
import { addPlan } from './plan.ts';
import { addReplay } from './replay.ts';

export function addRound(parent: Command, context: Context): void {
  const command = parent
    .command('round')
    .description('decide a round, carry it out, compute it again, and explain it');
  withExamples(command, [
    'watchbill nominate round plan --snapshot example-snapshot.json --out round.json',
    'watchbill nominate round execute round.json',
    'watchbill nominate round replay round.json',
  ]);
  addPlan(command, context);
  addExecute(command, context);
  addReplay(command, context);
  addExplain(command, context);
}

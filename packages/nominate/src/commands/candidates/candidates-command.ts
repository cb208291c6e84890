import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addLint } from './lint.ts';

export function addCandidates(parent: Command, context: Context): void {
  const command = parent.command('candidates').description('look at lists of candidates');
  withExamples(command, ['watchbill nominate candidates lint candidates.json']);
  addLint(command, context);
}

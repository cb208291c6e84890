import type { Command } from 'commander';
import { type Context, withExamples } from '../../context.ts';
import { addCoordinateExplain } from './explain.ts';

export function addCoordinate(program: Command, context: Context): void {
  const command = program
    .command('coordinate')
    .description('operators of a group pick a leader from the chain and agree on one action per window');
  withExamples(command, ['watchbill coordinate explain --help']);
  addCoordinateExplain(command, context);
}

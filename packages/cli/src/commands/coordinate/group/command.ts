import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import { addGroupCreate } from './create.ts';
import { addGroupJoin } from './join.ts';

export function addCoordinateGroup(parent: Command, context: Context): void {
  const command = parent.command('group').description('make a group, or join one');
  withExamples(command, [
    'watchbill coordinate group create --help',
    'watchbill coordinate group join group.yaml',
  ]);
  addGroupCreate(command, context);
  addGroupJoin(command, context);
}

import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addGroupAdopt } from './adopt.ts';
import { addGroupCreate } from './create.ts';
import { addGroupHandOver } from './hand-over.ts';
import { addGroupJoin } from './join.ts';
import { addGroupPropose } from './propose.ts';
import { addGroupShow } from './show.ts';

export function addCoordinateGroup(parent: Command, context: Context): void {
  const command = parent.command('group').description('make a group, join one, or change its members');
  withExamples(command, [
    'watchbill coordinate group create --help',
    'watchbill coordinate group join group.yaml',
  ]);
  addGroupCreate(command, context);
  addGroupJoin(command, context);
  addGroupShow(command, context);
  addGroupPropose(command, context);
  addGroupHandOver(command, context);
  addGroupAdopt(command, context);
}

import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addConfigCheck } from './check.ts';
import { addConfigPrint } from './print.ts';
import { addConfigSchema } from './schema.ts';

export function fillConfig(command: Command, context: Context): void {
  withExamples(command, ['watchbill config check', 'watchbill config print --json']);
  addConfigCheck(command, context);
  addConfigPrint(command, context);
  addConfigSchema(command, context);
}

import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addPolicyApply } from './apply.ts';
import { addPolicyShow } from './show.ts';

/** `policy`: the settings of safety. The ledger keeps them, with a new version for every change. */
export function fillPolicy(command: Command, context: Context): void {
  withExamples(command, ['watchbill policy show', 'watchbill policy apply policy.yaml']);
  addPolicyShow(command, context);
  addPolicyApply(command, context);
}

import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addExport } from './export.ts';
import { addImport } from './import.ts';
import { addShow } from './show.ts';
import { addVerify } from './verify.ts';

/** `ledger`: the evidence of the services, and its proof. */
export function fillLedger(command: Command, context: Context): void {
  withExamples(command, [
    'watchbill ledger export --data-dir data --out service-1.ledger',
    'watchbill ledger verify service-1.ledger service-2.ledger',
  ]);
  addShow(command, context);
  addExport(command, context);
  addVerify(command, context);
  addImport(command, context);
}

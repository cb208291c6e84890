import { command } from '@watchbill/kit/command/command';
import { changes } from './changes.ts';
import { exportLedger } from './export.ts';
import { importLedger } from './import.ts';
import { show } from './show.ts';
import { trim } from './trim.ts';
import { verify } from './verify.ts';

/** `ledger`: the evidence of the services, and its proof. */
export const ledger = command({
  commands: { show, changes, export: exportLedger, verify, trim, import: importLedger },
  examples: [
    'watchbill ledger export --data-dir data --out service-1.ledger',
    'watchbill ledger verify service-1.ledger service-2.ledger',
  ],
});

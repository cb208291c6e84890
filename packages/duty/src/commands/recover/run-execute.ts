import { counted } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { loadConfig } from '../../config/load.ts';
import { configFlags } from '../../config/options.ts';
import { executeRecovery } from '../../proof/recovery/index.ts';
import { groundOf, recoveryFault, withLedger, withStore } from './ground.ts';
import { loadPlan } from './plan-files.ts';
import type { RecoverOptions } from './recover-command.ts';

/** Carries out a plan, or the rest of it after an earlier run. */
export async function runExecute(io: Io, options: RecoverOptions, wanted: string): Promise<void> {
  const { config } = loadConfig(io, configFlags(options));
  const plan = loadPlan(io, config, wanted);
  const tell = (text: string) => (options.json ? undefined : io.out(`${text}\n`));
  try {
    const outcome = await withLedger(io, config, (ledger) =>
      withStore(io, config, ledger, (store) =>
        executeRecovery(groundOf(io, config, store, ledger), plan, options.confirmation ?? '', tell),
      ),
    );
    print(io, options.json, outcome, () => doneText(outcome));
  } catch (error) {
    throw recoveryFault(error);
  }
}

function doneText({ plan, run, adopted }: { plan: string; run: string; adopted: number }): string {
  if (run === 'done') return `plan ${plan} was carried out before; no step is left\n`;
  return [
    `plan ${plan} is carried out; this run adopted ${counted(adopted, 'key')}`,
    'next: start every service, and look at `watchbill status` until it serves;',
    'on each validator machine look at the log of the gate: a gate that keeps the old epoch logs the remedy',
    '',
  ].join('\n');
}

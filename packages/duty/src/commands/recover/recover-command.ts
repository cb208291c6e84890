import { usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { repeated } from '@watchbill/kit/command/repeated';
import type { Command } from 'commander';
import { addConfigOptions } from '../../config/options.ts';
import { addFloorOptions } from '../floor-options.ts';

export interface RecoverOptions {
  readonly node: readonly string[];
  readonly floor: readonly string[];
  readonly export: readonly string[];
  readonly lost: readonly string[];
  readonly policy: readonly string[];
  readonly out?: string;
  /** Chosen or not: without `execute` a plan is made. */
  readonly plan?: boolean;
  readonly execute?: string;
  readonly confirmation?: string;
  readonly json?: boolean;
}

/** `recover`: restores service after a disaster, while every service is stopped. */
export function fillRecover(command: Command, { io, exit }: Context): void {
  addFloorOptions(command)
    .option('--export <file>', 'ledger export of another service (repeat)', repeated, [])
    .option(
      '--lost <service>',
      'name or id of a service whose data is lost; it is removed (repeat)',
      repeated,
      [],
    )
    .option('--policy <file>', 'policy document of a key whose policy the store lost (repeat)', repeated, [])
    .option('--plan', 'make a plan and print it; no other record is written (default)')
    .option('--out <file>', 'write the plan to this file instead of the data folder')
    .option('--execute <plan>', 'carry out this plan: the id that was printed, or the file of --out')
    .option('--confirmation <text>', 'how you made sure that no signer runs; required by --execute')
    .option('--json', 'print JSON');
  addConfigOptions(command).action(async (options: RecoverOptions) => {
    refuseMixture(options);
    // Loaded here and not above, so that the help starts fast.
    if (options.execute === undefined) await (await import('./run-plan.ts')).runPlan(io, options, exit);
    else await (await import('./run-execute.ts')).runExecute(io, options, options.execute);
  });
  withExamples(withStatuses(command, { denied: 'the recovery is refused', unknown: 'a fact is missing' }), [
    'watchbill recover --node ws://10.0.0.7:9944 --node ws://10.0.0.8:9944',
    'watchbill recover --export service-2.ledger --lost service-3 --floor 0x91b1…/0xd435…/grandpa=12/400',
    'watchbill recover --execute 5c0e41d2 --confirmation "all signers stopped by Ada"',
  ]);
}

/** An execution carries out the plan as it is, so no choice of the plan is made with it. */
function refuseMixture(options: RecoverOptions): void {
  const { execute, confirmation, node, floor, lost, policy, out, plan } = options;
  if (execute === undefined) {
    if (confirmation === undefined) return;
    throw usageFault(
      '--confirmation belongs to --execute',
      'leave it out, or add --execute PLAN',
      'flag --confirmation',
    );
  }
  const chosen =
    [...node, ...floor, ...options.export, ...lost, ...policy].length > 0 || out !== undefined || plan;
  if (chosen)
    throw usageFault(
      '--execute carries out a plan as it is',
      'make another plan without --execute, then carry it out',
    );
  if ((confirmation ?? '').trim() === '')
    throw usageFault(
      '--execute needs --confirmation',
      'say how you made sure that no signer of these keys runs, for example "all signers stopped by Ada"',
    );
}

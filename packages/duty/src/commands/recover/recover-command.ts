import { usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import { needs } from '@watchbill/kit/command/rules';
import { file, repeated, text, yes } from '@watchbill/kit/command/shapes';
import { configuration } from '../../config/options.ts';
import { floorFlags } from '../floors.ts';

const flags = {
  ...floorFlags,
  export: flag(repeated(file()), 'ledger export of another service (repeat)'),
  lost: flag(repeated(text('service')), 'name or id of a service whose data is lost; it is removed (repeat)'),
  policy: flag(repeated(file()), 'policy document of a key whose policy the store lost (repeat)'),
  out: flag(file().optional(), 'write the plan to this file instead of the data folder'),
  execute: flag(
    text('plan').optional(),
    'carry out this plan: the id that was printed, or the file of --out',
  ),
  confirmation: flag(text('text').optional(), 'how you made sure that no signer runs; required by --execute'),
  json: flag(yes(), 'print JSON'),
  ...configuration,
};
export type RecoverOptions = OptionsOf<typeof flags>;

/** `recover`: restores service after a disaster, while every service is stopped. */
export const recover = command({
  flags,
  rules: [needs('confirmation', 'execute'), needs('execute', 'confirmation')],
  statuses: { denied: 'the recovery is refused', unknown: 'a fact is missing' },
  examples: [
    'watchbill recover --node ws://10.0.0.7:9944 --node ws://10.0.0.8:9944',
    'watchbill recover --export service-2.ledger --lost service-3 --floor 0x91b1…/0xd435…/grandpa=12/400',
    'watchbill recover --execute 5c0e41d2 --confirmation "all signers stopped by Ada"',
  ],
  run: async ({ io, exit }, options) => {
    refuseMixture(options);
    // Loaded here and not above, so that the help starts fast.
    if (options.execute === undefined) await (await import('./run-plan.ts')).runPlan(io, options, exit);
    else await (await import('./run-execute.ts')).runExecute(io, options, options.execute);
  },
});

/** An execution carries out the plan as it is, so no choice of the plan is made with it. */
function refuseMixture(options: RecoverOptions): void {
  const { execute, node, floor, lost, policy, out } = options;
  const chosen = [...node, ...floor, ...options.export, ...lost, ...policy].length > 0 || out !== undefined;
  const remedy = 'make another plan without --execute, then carry it out';
  if (execute !== undefined && chosen) throw usageFault('--execute carries out a plan as it is', remedy);
}

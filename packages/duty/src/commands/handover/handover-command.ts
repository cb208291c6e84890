import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import { needs } from '@watchbill/kit/command/rules';
import { seconds, text, yes } from '@watchbill/kit/command/shapes';
import { onlyKey } from '../../client/keys.ts';
import { connection } from '../../client/target.ts';

const flags = {
  to: flag(text('node'), 'the node that becomes active', { complete: 'nodes' }),
  chain: flag(text('hash').optional(), 'only keys of this chain: its genesis hash, or the end of it'),
  key: { ...onlyKey, about: `${onlyKey.about}; default: every key whose policy lists the node` },
  execute: flag(yes(), 'hand over; without it, the command checks and changes nothing'),
  yes: flag(yes(), 'with --execute: do not ask for the last six digits of the key'),
  force: flag(
    text('reason').optional(),
    'with --execute: hand over although a check fails, and do not wait for the open units of the old node; kept in the log',
  ),
  seconds: flag(
    seconds().default(60),
    'with --execute: how long to look for the first signed unit of the new active node',
  ),
  ...connection,
};
export type HandoverOptions = OptionsOf<typeof flags>;

/** `handover`: a drill by default; `--execute` makes another node the active one. */
export const handover = command({
  flags,
  rules: [needs('yes', 'execute'), needs('force', 'execute')],
  statuses: {
    denied: 'a needed check fails, or the service refuses',
    unknown: 'a needed check is unknown; with --execute also: no signed unit was seen in time',
  },
  examples: [
    'watchbill handover --to bravo',
    'watchbill handover --to bravo --key 5ac67d --json',
    'watchbill handover --to bravo --execute',
    'watchbill handover --to bravo --execute --yes --force "alpha hangs, power is off"',
  ],
  // Loaded here and not above, so that the help starts fast.
  run: async ({ io, exit }, options) => (await import('./handover-run.ts')).runHandover(io, options, exit),
});

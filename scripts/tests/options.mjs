// The flags of `npm test` and `npm run test:real`.

import { parseArgs } from 'node:util';

const COMMON = `  --tier NAMES     only these tiers: --tier unit,component
  --changed [REV]  only what the change since REV touches; without REV: what is not committed
  --list           print the tiers with their budgets and needs
  --help           print this`;

export const HELP = {
  quick: `npm test                    every tier that needs Node and npm alone
npm test -- --tier unit     only this tier

${COMMON}
  --minutes N      with --changed: leave out tests that would not end in N minutes, farthest first; 0.5 without it

Environment: WATCHBILL_LONG=1 runs every property in full, with new seeds. The tiers that use other programs: npm run test:real`,
  real: `npm run test:real                    every tier that uses other programs
npm run test:real -- duty             the tiers of one capability: duty, fleet, nominate, coordinate
npm run test:real -- --tier etcd      only this tier
npm run test:long                     also starts the builds that take longest; takes the same flags

${COMMON}
  --passed FILE    only tiers that a change touches since the commit FILE records for each; see .ci/passed
  --minutes N      leave out tests that would not end in N minutes, and name their tiers
  --install        first install missing Debian packages with apt-get; needs root

A tier whose programs are missing is skipped with a line that says how to get them. With CI=true it fails.
A tier whose build takes longest is skipped until it was built once by hand or by test:long, with CI=true too.`,
};

/**
 * @param {'quick' | 'real'} suite
 * @param {readonly string[]} args
 * @returns {{ ok: true, options: Options } | { ok: false, problem: string }}
 * @typedef {{ tiers: readonly string[], capability?: string, changed?: string, passed?: string, minutes?:
 * number, list: boolean, help: boolean, install: boolean, long: boolean }} Options
 */
export function readOptions(suite, args) {
  try {
    const { values, positionals } = parseArgs({
      args: withRevision(args),
      allowPositionals: suite === 'real',
      options: {
        tier: { type: 'string', multiple: true, default: [] },
        changed: { type: 'string' },
        minutes: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        ...(suite === 'real' && {
          passed: { type: 'string' },
          install: { type: 'boolean', default: false },
          // The flag of `npm run test:long`.
          long: { type: 'boolean', default: false },
        }),
      },
    });
    if (positionals.length > 1)
      return { ok: false, problem: `one capability at a time; got ${positionals.join(' ')}` };
    if (values.passed !== undefined && values.changed !== undefined)
      return { ok: false, problem: '--passed and --changed exclude each other' };
    const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
    if (minutes !== undefined && !(minutes > 0))
      return { ok: false, problem: `--minutes takes a number above 0, such as 70; got ${values.minutes}` };
    const tiers = values.tier.flatMap((text) => text.split(',')).map((name) => name.trim());
    return {
      ok: true,
      options: {
        install: false,
        long: false,
        ...values,
        minutes,
        tiers,
        capability: positionals[0],
      },
    };
  } catch (error) {
    return { ok: false, problem: error.message };
  }
}

/** `--changed` without a commit means HEAD: what is not committed. */
function withRevision(args) {
  return args.flatMap((arg, at) => {
    const next = args[at + 1];
    return arg === '--changed' && (next === undefined || next.startsWith('-'))
      ? ['--changed', 'HEAD']
      : [arg];
  });
}

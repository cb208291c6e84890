import { lines } from '@watchbill/kit/command/print';
import { shownKey } from '../../client/keys.ts';
import type { Policy } from '../../rule/index.ts';
import type { Status } from './status-command.ts';

const MODES = { enforce: 'granting', idle: 'not adopted', frozen: 'FROZEN' } as const;

/** One line for each key, for a login shell. */
export function shortText(status: Status): string {
  if (status.policies.length === 0) return 'no key has a policy yet\n';
  return lines(status.policies.map((policy) => keyLine(policy, status)));
}

function keyLine(policy: Policy, { health, watch }: Status): string {
  const of = watch.find(({ chain, key }) => chain === policy.chain && key === policy.key);
  const active = of?.holder ?? null;
  const who =
    active === null ? 'no node active' : `${active} active${of?.live === true ? '' : ', but silent'}`;
  const others = policy.roster.filter(({ name }) => name !== active);
  const ready = others.filter(({ name }) => of?.ready.includes(name)).length;
  const state = health.ready ? MODES[policy.mode] : `NOT READY: ${health.state}`;
  return `${shownKey(policy)}: ${state}; ${who}; ${ready} of ${others.length} others ready`;
}

import { argument, flag } from '@watchbill/kit/command/command';
import { lines } from '@watchbill/kit/command/print';
import { exactlyOne } from '@watchbill/kit/command/rules';
import { text, yes } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import type { Api } from '../../client/api.ts';
import { freezeText, onlyKey, shownKey } from '../../client/keys.ts';
import type { KeyWords, Policy } from '../../rule/index.ts';
import { asking } from '../asking.ts';

const selection = {
  key: { ...onlyKey, about: onlyKey.about.replace('only this', 'the') },
  all: flag(yes(), 'every key of the ledger'),
  chain: flag(
    text('hash').optional(),
    'only on the chain with this genesis hash, or end of it; default: on every chain',
  ),
};

const lift = asking({
  about: 'lift a freeze; do it only when you know that no other machine signs with the key',
  flags: {
    reason: flag(text('text'), 'how you know that no other machine signs; kept in the ledger'),
    ...selection,
  },
  rules: [exactlyOne('key', 'all')],
  examples: [
    'watchbill freeze lift --key alpha --reason "the copy of the disk is destroyed; checked by Ada"',
    'watchbill freeze lift --all --reason "exercise is over"',
  ],
  ask: (api, options) => send(api, '/v1/freezes/lift', options),
  text: ({ policies }) =>
    lines(policies.map((policy) => `${nameOf(policy)} is no longer frozen; mode ${policy.mode}`)),
});

/** `freeze`: stops every new grant of keys, at every service, until `freeze lift`. */
export const freeze = asking({
  args: { reason: argument(text('reason'), 'why; kept in the ledger') },
  flags: selection,
  rules: [exactlyOne('key', 'all')],
  commands: { lift },
  examples: [
    'watchbill freeze --key 5ac67d "a second machine may have the keys"',
    'watchbill freeze --all "intrusion in the data centre"',
    'watchbill freeze lift --key alpha --reason "the copy of the disk is destroyed; checked by Ada"',
  ],
  ask: (api, options) => send(api, '/v1/freezes', options),
  text: ({ policies }) =>
    lines([
      ...policies.map((policy) => `${nameOf(policy)} is frozen ${freezeText(policy)}`),
      'no service grants a new slot or vote; `watchbill freeze lift` ends this',
    ]),
});

type Freezing = KeyWords & { readonly reason: string };

function send(api: Api, path: string, { key = 'all', chain, reason }: Freezing) {
  return api.send<{ policies: Policy[] }>('POST', path, { key, chain, reason });
}

function nameOf({ chain, ...policy }: Policy): string {
  return `key ${shownKey(policy)} on chain ${shortHex(chain)}`;
}

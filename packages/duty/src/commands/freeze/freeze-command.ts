import { argument, command, flag } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { exactlyOne } from '@watchbill/kit/command/rules';
import { hash, text, yes } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import { withApi } from '../../client/api.ts';
import { type ClientOptions, connection, resolveTarget } from '../../client/target.ts';
import type { Policy } from '../../client/views.ts';
import { freezeText } from '../freeze-text.ts';

const selection = {
  key: flag(text('key').optional(), 'public session key', { complete: 'keys' }),
  all: flag(yes(), 'every key of the ledger'),
  chain: flag(hash().optional(), 'only on the chain with this genesis hash; default: on every chain'),
  ...connection,
};

const lift = command({
  about: 'lift a freeze; do it only when you know that no other machine signs with the key',
  flags: {
    reason: flag(text('text'), 'how you know that no other machine signs; kept in the ledger'),
    ...selection,
  },
  rules: [exactlyOne('key', 'all')],
  examples: [
    'watchbill freeze lift --key 0xd435… --reason "the copy of the disk is destroyed; checked by Ada"',
    'watchbill freeze lift --all --reason "exercise is over"',
  ],
  run: async ({ io }, options) => {
    const policies = await send(io, '/v1/freezes/lift', options);
    print(io, options.json, { policies }, () =>
      lines(policies.map((policy) => `${nameOf(policy)} is no longer frozen; mode ${policy.mode}`)),
    );
  },
});

/** `freeze`: stops every new grant of keys, at every service, until `freeze lift`. */
export const freeze = command({
  args: { reason: argument(text('reason'), 'why; kept in the ledger') },
  flags: selection,
  rules: [exactlyOne('key', 'all')],
  commands: { lift },
  examples: [
    'watchbill freeze --key 0xd435… "a second machine may have the keys"',
    'watchbill freeze --all "intrusion in the data centre"',
    'watchbill freeze lift --key 0xd435… --reason "the copy of the disk is destroyed; checked by Ada"',
  ],
  run: async ({ io }, options) => {
    const policies = await send(io, '/v1/freezes', options);
    print(io, options.json, { policies }, () =>
      lines([
        ...policies.map((policy) => `${nameOf(policy)} is frozen ${freezeText(policy)}`),
        'no service grants a new slot or vote; `watchbill freeze lift` ends this',
      ]),
    );
  },
});

interface Freezing extends ClientOptions {
  readonly key?: string;
  readonly chain?: string;
  readonly reason: string;
}

async function send(io: Io, path: string, options: Freezing): Promise<readonly Policy[]> {
  const { key = 'all', chain, reason } = options;
  const target = resolveTarget(io, options);
  const body = { key, chain, reason };
  return (await withApi(target, (api) => api.send<{ policies: Policy[] }>('POST', path, body))).policies;
}

function nameOf({ key, chain }: Policy): string {
  return `key ${shortHex(key)} on chain ${shortHex(chain)}`;
}

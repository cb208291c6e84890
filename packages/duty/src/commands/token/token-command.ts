import { table } from '@watchbill/kit';
import { argument, command } from '@watchbill/kit/command/command';
import { text } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import type { TokenView } from '../../service/index.ts';
import { asking } from '../asking.ts';
import { create } from './create.ts';

const revoke = asking({
  about: 'revoke a token; `watchbill token list` shows the ids',
  args: { id: argument(text('id'), 'id of the token') },
  examples: ['watchbill token revoke 4be1c09a77d2f1e8'],
  ask: async (api, { id }) => {
    await api.send('DELETE', `/v1/tokens/${encodeURIComponent(id)}`);
    return { revoked: id };
  },
  text: ({ revoked }) => `token ${revoked} is revoked\n`,
});

const list = asking({
  about: 'list the tokens; their secrets are not stored and never shown',
  examples: ['watchbill token list', 'watchbill token list --json'],
  ask: (api) => api.get<{ tokens: TokenView[] }>('/v1/tokens'),
  text: ({ tokens }) =>
    table(
      ['id', 'role', 'name', 'made', 'original wire protocol'],
      tokens.map(({ id, role, name, createdMs, original: of }) => {
        const wire = of === null ? '-' : `${shortHex(of.chain)} ${shortHex(of.key)}`;
        return [id, role, name, new Date(createdMs).toISOString(), wire];
      }),
    ),
});

/** `token`: identities of nodes, observers, operators and readers. */
export const token = command({
  commands: { create, revoke, list },
  examples: ['watchbill token create --role node --name alpha --out alpha.token', 'watchbill token list'],
});

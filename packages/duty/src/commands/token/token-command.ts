import { table } from '@watchbill/kit';
import { argument, command } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { text } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import { askService } from '../../client/api.ts';
import { connection } from '../../client/target.ts';
import type { TokenView } from '../../client/views.ts';
import { create } from './create.ts';

const revoke = command({
  about: 'revoke a token; `watchbill token list` shows the ids',
  args: { id: argument(text('id'), 'id of the token') },
  flags: connection,
  examples: ['watchbill token revoke 4be1c09a77d2f1e8'],
  run: async ({ io }, { id, ...options }) => {
    await askService(io, options, (api) => api.send('DELETE', `/v1/tokens/${encodeURIComponent(id)}`));
    print(io, options.json, { revoked: id }, () => `token ${id} is revoked\n`);
  },
});

const list = command({
  about: 'list the tokens; their secrets are not stored and never shown',
  flags: connection,
  examples: ['watchbill token list', 'watchbill token list --json'],
  run: async ({ io }, options) => {
    const { tokens } = await askService(io, options, (api) => api.get<{ tokens: TokenView[] }>('/v1/tokens'));
    print(io, options.json, { tokens }, () =>
      table(
        ['id', 'role', 'name', 'made', 'original wire protocol'],
        tokens.map(({ id, role, name, createdMs, original: of }) => {
          const wire = of === null ? '-' : `${shortHex(of.chain)} ${shortHex(of.key)}`;
          return [id, role, name, new Date(createdMs).toISOString(), wire];
        }),
      ),
    );
  },
});

/** `token`: identities of nodes, observers, operators and readers. */
export const token = command({
  commands: { create, revoke, list },
  examples: ['watchbill token create --role node --name alpha --out alpha.token', 'watchbill token list'],
});

import { table } from '@watchbill/kit';
import { argument, command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { milliseconds, text, yes } from '@watchbill/kit/command/shapes';
import { askReady } from '../../client/ready.ts';
import { ownTarget } from '../../client/target.ts';
import { loadConfig } from '../../config/load.ts';
import { configFile } from '../../config/options.ts';
import type { ServiceView } from '../../service/index.ts';
import { asking } from '../asking.ts';

const args = { id: argument(text('id'), 'id of the service') };
const flags = { reason: flag(text('text'), 'why; kept in the ledger') };

const list = asking({
  about: 'list the services of this ledger',
  examples: ['watchbill service list', 'watchbill service list --json'],
  ask: (api) => api.get<{ services: ServiceView[] }>('/v1/services'),
  text: ({ services }) =>
    table(
      ['id', 'name', 'state', 'live', 'address', 'vouched by', 'reason'],
      services.map(({ id, name, self, state, live, url, vouchedBy, reason }) => {
        const shown = self ? `${name} (this)` : name;
        return [id, shown, state, live ? 'yes' : 'no', url ?? '-', vouchedBy ?? '-', reason ?? '-'];
      }),
    ),
});

/** `service ready`: the health check of a container. It asks `/readyz` on this machine without a token. */
const ready = command({
  about: 'check that the service of this configuration grants; for health checks of containers',
  flags: {
    ...configFile,
    json: flag(yes(), 'print JSON'),
    // Shorter than the time that a container runtime gives a health check.
    timeoutMs: flag(milliseconds().default(5_000), 'how long to wait for an answer, in milliseconds'),
  },
  examples: ['watchbill service ready', 'watchbill service ready --config /etc/watchbill/watchbill.yaml'],
  run: async ({ io }, { config, timeoutMs, json }) => {
    const state = await askReady(ownTarget(io, loadConfig(io, { config }), timeoutMs));
    print(io, json, { ready: true, state }, () => `ready: ${state}\n`);
  },
});

const approve = asking({
  about:
    'approve a joining service that has no local history; only safe if no other service granted anything it has not seen',
  args,
  flags,
  examples: ['watchbill service approve 9f3c5a… --reason "new machine, added by Ada"'],
  ask: async (api, { id, reason }) => {
    await api.send('POST', `/v1/services/${encodeURIComponent(id)}/approve`, { reason });
    return { vouched: id };
  },
  text: ({ vouched }) => `service ${vouched} may grant as soon as it has compared\n`,
});

const remove = asking({
  about: 'take a lost service out of the ledger, so that the others do not wait for its memory',
  args,
  flags,
  examples: ['watchbill service remove 9f3c5a… --reason "disk of box 2 is lost"'],
  ask: async (api, { id, reason }) => {
    await api.send('DELETE', `/v1/services/${encodeURIComponent(id)}`, { reason });
    return { removed: id };
  },
  text: ({ removed }) => `service ${removed} is removed and will never grant again\n`,
});

/** `service`: the services of the ledger. */
export const service = command({
  commands: { list, ready, approve, remove },
  examples: ['watchbill service list'],
});

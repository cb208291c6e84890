import { fault } from '@watchbill/kit';
import { command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { milliseconds, yes } from '@watchbill/kit/command/shapes';
import { place, withApi } from '../../client/api.ts';
import { ownTarget } from '../../client/target.ts';
import { configFile } from '../../config/options.ts';

/** `service ready`: the health check of a container. It asks `/readyz` on this machine without a token. */
export const ready = command({
  about: 'check that the service of this configuration grants; for health checks of containers',
  flags: {
    ...configFile,
    json: flag(yes(), 'print JSON'),
    // Shorter than the time that a container runtime gives a health check.
    timeoutMs: flag(milliseconds().default(5_000), 'how long to wait for an answer, in milliseconds'),
  },
  examples: ['watchbill service ready', 'watchbill service ready --config /etc/watchbill/watchbill.yaml'],
  run: async ({ io }, options) => {
    const target = ownTarget(io, options);
    const { status, body } = await withApi(target, (api) => api.ask('GET', '/readyz'));
    const { state = 'unknown', detail = '' } = (body ?? {}) as { state?: string; detail?: string };
    if (status !== 200)
      throw fault('not-ready', 'unreachable', {
        what: `the service is not ready: ${state}. ${detail}`,
        where: place(target),
        remedy: 'look at the log of the service; `watchbill status` shows the state of the others',
      });
    print(io, options.json, { ready: true, state }, () => `ready: ${state}\n`);
  },
});

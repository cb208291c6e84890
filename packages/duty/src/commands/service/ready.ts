import { fault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { place, withApi } from '../../client/api.ts';
import { ownTarget, wholeMs } from '../../client/target.ts';
import { addConfigFileOption } from '../../config/options.ts';

/** Shorter than the time that a container runtime gives a health check. */
const TIMEOUT_MS = 5_000;

interface ReadyOptions {
  readonly config?: string;
  readonly timeoutMs: number;
  readonly json?: boolean;
}

/** `service ready`: the health check of a container. It asks `/readyz` on this machine without a token. */
export function addReady(parent: Command, { io }: Context): void {
  const command = addConfigFileOption(
    parent
      .command('ready')
      .description('check that the service of this configuration grants; for health checks of containers'),
  )
    .option('--json', 'print JSON')
    .option('--timeout-ms <ms>', 'how long to wait for an answer, in milliseconds', wholeMs, TIMEOUT_MS)
    .action(async (options: ReadyOptions) => {
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
    });
  withExamples(command, [
    'watchbill service ready',
    'watchbill service ready --config /etc/watchbill/watchbill.yaml',
  ]);
}

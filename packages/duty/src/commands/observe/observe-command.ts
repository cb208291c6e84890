import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import { atMostOne } from '@watchbill/kit/command/rules';
import { text, whole, yes } from '@watchbill/kit/command/shapes';
import { connection } from '../../client/target.ts';

const pause = { of: 'milliseconds', least: 100, most: 9_999_999 };
const flags = {
  node: flag(text('url'), 'RPC of a node that does not itself sign with the key: ws, wss, http or https'),
  service: flag(text('url').optional(), 'address of the service; the same as --url'),
  intervalMs: flag(whole('ms', pause).default(1_000), 'pause between two reports, in milliseconds'),
  once: flag(yes(), 'report once and end'),
  ...connection,
};
export type ObserveOptions = OptionsOf<typeof flags>;

/** `observe`: reports the chain heights that a node sees to the service, until SIGTERM or SIGINT. */
export const observe = command({
  flags,
  rules: [atMostOne('service', 'url')],
  examples: [
    'watchbill observe --node ws://127.0.0.1:9944 --service https://box1:8450 --token-file watcher.token',
    'watchbill observe --node ws://127.0.0.1:9944 --token-file watcher.token --once --json',
  ],
  run: async ({ io }, { service, ...options }) => {
    const target = service === undefined ? options : { ...options, url: service };
    await (await import('./observe-run.ts')).runObserve(io, target);
  },
});

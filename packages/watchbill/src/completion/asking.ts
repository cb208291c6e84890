import { within } from '@watchbill/kit';
import type { AskValues } from '@watchbill/kit/command/completion';
import type { Context } from '@watchbill/kit/command/context';

/** A person waits for the shell. */
const LONGEST_MS = 300;

/** Contexts; keys and nodes of the service that the line or the configuration names. */
export function asking({ io }: Context): AskValues {
  return (kind, given) =>
    within('completion', LONGEST_MS, new AbortController().signal, async () => {
      if (kind === 'contexts') {
        const { readContexts } = await import('@watchbill/duty/client/contexts');
        return Object.keys(readContexts(io).contexts);
      }
      const { askService } = await import('@watchbill/duty/client/api');
      const options = { ...Object.fromEntries(given), json: true, timeoutMs: LONGEST_MS };
      const { policies } = await askService({ ...io, err: () => undefined }, options, (api) =>
        api.get<{ policies: { key: string; name?: string; roster: { name: string }[] }[] }>('/v1/policies'),
      );
      const all = policies.flatMap(({ key, name: called, roster }) =>
        kind === 'keys' ? [called ?? key] : roster.map(({ name }) => name),
      );
      return [...new Set(all)];
    });
}

import { type Command, command, type OptionsOf, type Spec, type Words } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { type Api, askService } from '../client/api.ts';
import { type ClientOptions, connection } from '../client/target.ts';

interface Asking<Args extends Words, Flags extends Words, Found extends object>
  extends Omit<Spec<Args, Flags>, 'run'> {
  readonly ask: (api: Api, options: OptionsOf<Args & Flags>) => Promise<Found>;
  /** The answer for people; `--json` prints it as it is. */
  readonly text: (found: Found) => string;
}

/** A command that asks a service and prints the answer. It has the flags of {@link connection} too. */
export function asking<
  Found extends object,
  Args extends Words = object & Words,
  Flags extends Words = object & Words,
>({ ask, text, ...spec }: Asking<Args, Flags, Found>): Command {
  const flags = { ...spec.flags, ...connection };
  return command<Args, Words>({
    ...spec,
    flags,
    run: async ({ io }, options) => {
      const given = options as OptionsOf<Args & Flags> & ClientOptions;
      const found = await askService(io, given, (api) => ask(api, given));
      print(io, given.json === true, found, () => text(found));
    },
  });
}

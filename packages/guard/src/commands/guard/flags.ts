type Text =
  | ('database' | 'identity' | 'keystore' | 'out' | 'pair' | 'passphraseFile' | 'reason' | 'recipient')
  | ('rpc' | 'runtime' | 'sealed' | 'spare' | 'state' | 'to' | 'validator');
type Switch = 'cancel' | 'execute' | 'json' | 'remove' | 'yes';

/** The options of all commands of the guard, by the names of their flags. */
export type GuardFlags = Readonly<Record<Text, string>> &
  Readonly<Record<Switch, boolean>> &
  Readonly<Record<'metricsPort' | 'seconds', number>> & { readonly witness: readonly string[] };

/** The options of one command: those that it always has, and those that may be absent. */
export type Flags<Always extends keyof GuardFlags, Maybe extends keyof GuardFlags = never> = Pick<
  GuardFlags,
  Always
> &
  Partial<Pick<GuardFlags, Maybe>>;

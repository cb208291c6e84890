/** The proposals for a wallet. */
export type ActionName =
  | 'noop'
  | 'heartbeat'
  | 'deposit-sweep'
  | 'redemption'
  | 'moving-funds'
  | 'moved-funds-sweep';

/** An action with its number on the wire and its times, which every node knows and no message carries. */
export interface Action {
  readonly name: ActionName;
  readonly wireNumber: number;
  /** How long the wallet may be busy with it, from the end of the window. Null: it is never executed. */
  readonly validityBlocks: bigint | null;
  /** Signing must be over this long before the expiry; for a heartbeat that leaves the time of a claim. */
  readonly signingMarginBlocks: bigint | null;
}

function action(
  name: ActionName,
  wireNumber: number,
  validityBlocks: bigint | null,
  signingMarginBlocks: bigint | null = validityBlocks === null ? null : 300n,
): Action {
  return { name, wireNumber, validityBlocks, signingMarginBlocks };
}

/** By number on the wire. */
export const ACTIONS: readonly Action[] = [
  action('noop', 0, null),
  action('heartbeat', 1, 600n),
  action('deposit-sweep', 2, 1200n),
  action('redemption', 3, 600n),
  action('moving-funds', 4, 650n),
  action('moved-funds-sweep', 5, 600n),
];

const BY_NAME = new Map(ACTIONS.map((known) => [known.name, known]));

export function actionNamed(name: ActionName): Action {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new RangeError(`no action is named ${name}`);
  return found;
}

/** The action of a wire number, or undefined if the number is not known. */
export function actionNumbered(wireNumber: number): Action | undefined {
  return ACTIONS[wireNumber];
}

/** The start and the latest end of the agreed action; null for an action that is never executed. */
export function executionBlocks(
  name: ActionName,
  windowEnd: bigint,
): { readonly startBlock: bigint; readonly expiryBlock: bigint } | null {
  const { validityBlocks } = actionNamed(name);
  return validityBlocks === null ? null : { startBlock: windowEnd, expiryBlock: windowEnd + validityBlocks };
}

/** A key with its name. It may sign on several chains. */
export interface NamedKey {
  readonly chain: string;
  readonly key: string;
  /** Of its policy. */
  readonly name?: string | undefined;
}

/** The words of a person for a key and its chain, as {@link findKeys} takes them. */
export interface KeyWords {
  readonly key?: string | undefined;
  readonly chain?: string | undefined;
}

export type KeysFound<One> =
  | { readonly ok: true; readonly found: readonly One[] }
  | { readonly ok: false; readonly code: string; readonly what: string; readonly remedy: string };

/** Fewer digits are easily those of another key too. */
const LEAST_DIGITS = 6;
const PUBLIC_KEY = /^([0-9a-f]{64}|[0-9a-f]{66})$/;

/** All of a key or chain as the ledger has it: `0x` and lower case. Null if the text is not all of one. */
export function wholeHex(text: string): string | null {
  const digits = digitsOf(text);
  return PUBLIC_KEY.test(digits) ? `0x${digits}` : null;
}

/**
 * The keys that are meant: by name, by the last six digits or more, or by all digits, with or without `0x`,
 * in upper or lower case. Several only if one key signs on several chains, or if no key is named.
 */
export function findKeys<One extends NamedKey>(
  all: readonly One[],
  { key, chain }: KeyWords,
): KeysFound<One> {
  const onChain = all.filter((one) => chain === undefined || fits(one.chain, chain));
  if (chain !== undefined && new Set(onChain.map((one) => one.chain)).size > 1)
    return ambiguous(`several chains end with ${chain}`, onChain);
  const found = key === undefined ? onChain : keysNamed(onChain, key);
  const keys = new Set(found.map((one) => one.key));
  if (keys.size === 1 || (key === undefined && keys.size > 0)) return { ok: true, found };
  if (keys.size > 1) return ambiguous(`several keys are named or end with ${key}`, found);
  const where = chain === undefined ? '' : ` on a chain that ends with ${chain}`;
  const what = key === undefined ? `there is no key${where}` : `no key${where} is named or ends with ${key}`;
  const isShort = [key, chain].some((text) => /^(0x)?[0-9a-f]{1,5}$/i.test(text ?? ''));
  const remedy =
    all.length === 0
      ? 'no key has a policy yet; apply one first: `watchbill policy apply FILE`'
      : `${isShort ? 'an end has six digits or more; ' : ''}the keys are: ${listOf(all, chain !== undefined)}`;
  return { ok: false, code: 'key-unknown', what, remedy };
}

function ambiguous(what: string, found: readonly NamedKey[]) {
  return { ok: false, code: 'key-ambiguous', what, remedy: `name one of: ${listOf(found)}` } as const;
}

function keysNamed<One extends NamedKey>(all: readonly One[], text: string): readonly One[] {
  const whole = all.filter((one) => one.key === wholeHex(text));
  if (whole.length > 0) return whole;
  return all.filter((one) => one.name === text.toLowerCase() || fits(one.key, text));
}

/** An end; a person may also copy `0xd43593c7…5ac67d` from the screen. */
function fits(hex: string, text: string): boolean {
  const [end = '', start = ''] = digitsOf(text).split('…').reverse();
  const digits = digitsOf(hex);
  return end.length >= LEAST_DIGITS && digits.endsWith(end) && digits.startsWith(start);
}

function digitsOf(text: string): string {
  return text.toLowerCase().replace(/^0x/, '');
}

/** The shortest end, of six digits or more, that none of the other keys or chains has. */
export function shortestEnd(hex: string, all: readonly string[]): string {
  const digits = digitsOf(hex);
  const others = all.filter((other) => other !== hex);
  let length = LEAST_DIGITS;
  while (length < digits.length && others.some((other) => other.endsWith(digits.slice(-length)))) length += 2;
  return digits.slice(-length);
}

const MOST_LISTED = 20;

/** For example `alpha (…5ac67d); …0ffee0`; with the ends of chains if one was named or there are several. */
function listOf(all: readonly NamedKey[], withChain = false): string {
  const [keys, chains] = [all.map((one) => one.key), all.map((one) => one.chain)];
  const listed = all.slice(0, MOST_LISTED).map(({ name, key, chain }) => {
    const end = `…${shortestEnd(key, keys)}`;
    const where = withChain || new Set(chains).size > 1 ? ` on chain …${shortestEnd(chain, chains)}` : '';
    return `${name === undefined ? end : `${name} (${end})`}${where}`;
  });
  const more = all.length - listed.length;
  return `${listed.join('; ')}${more > 0 ? `; and ${more} more, see \`watchbill status --short\`` : ''}`;
}

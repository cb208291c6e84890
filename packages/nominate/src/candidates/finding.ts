import { visible } from '@watchbill/kit';
/** Every rule of the lint, with its level. An `error` excludes its entry (or the whole list) from loading. */
export const LIST_RULES = {
  'not-json': { severity: 'error', about: 'the file must be JSON' },
  'no-list': { severity: 'error', about: 'the file must be an object with a list `candidates`' },
  'not-an-entry': { severity: 'error', about: 'an entry must be an object' },
  'double-key': { severity: 'error', about: 'a key must occur once in its entry' },
  'unknown-key': { severity: 'error', about: 'a key must be one of those of the format' },
  'missing-key': { severity: 'error', about: 'slotId, name, stash, riotHandle and kyc must be present' },
  'wrong-type': { severity: 'error', about: 'a value must have the type of its key' },
  'bad-slot': { severity: 'error', about: 'a slotId must be an integer from 0' },
  'double-slot': { severity: 'error', about: 'a slotId must be used once' },
  'empty-name': { severity: 'error', about: 'a name must have a visible character' },
  'hidden-characters': {
    severity: 'error',
    about: 'a name must not contain a control, direction or invisible character',
  },
  'long-name': { severity: 'error', about: 'a name must be at most 64 characters' },
  'double-name': { severity: 'error', about: 'a name must be used once' },
  'stray-blanks': { severity: 'warning', about: 'a name should neither begin nor end with a blank' },
  'markup-in-name': { severity: 'warning', about: 'a name should not contain a character of HTML' },
  'similar-name': {
    severity: 'warning',
    about: 'two names should differ by more than case, blanks or look-alikes',
  },
  'bad-stash': { severity: 'error', about: 'a stash must be an SS58 address of a 32-byte key' },
  'wrong-prefix': { severity: 'error', about: "a stash must be written with its network's prefix" },
  'double-stash': { severity: 'error', about: 'a stash must be used once, whatever its prefix' },
  'bad-kusama-stash': { severity: 'error', about: 'a kusamaStash must be an SS58 address of a 32-byte key' },
  'kusama-prefix': { severity: 'warning', about: 'a kusamaStash should be written with prefix 2' },
  'double-kusama-stash': { severity: 'error', about: 'a kusamaStash must be named by one candidate' },
  'bad-handle': { severity: 'error', about: 'a handle must be @local:domain.tld' },
  'bad-network-id': { severity: 'error', about: 'a network id must be a peer id as nodes print it' },
  'double-network-id': { severity: 'error', about: 'a network id must be declared by one candidate' },
  'bad-place': { severity: 'error', about: 'city, region, country and provider must be short plain texts' },
  'bad-address': { severity: 'error', about: 'an address must be an IP address or a DNS name' },
  'several-handles': { severity: 'note', about: 'an entry with a list of handles' },
  'operator-limit': {
    severity: 'warning',
    about: 'an operator should have no more nodes than the programme allows',
  },
  'slot-gap': { severity: 'note', about: 'free slots' },
} as const satisfies Readonly<Record<string, { severity: Severity; about: string }>>;

export type Severity = 'error' | 'warning' | 'note';
export type ListRule = keyof typeof LIST_RULES;

/** A finding of the lint. `message` and `remedy` are safe to print; `name` is the raw text of the list. */
export interface Finding {
  readonly rule: ListRule;
  readonly severity: Severity;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Position in the list, from 0; null for findings about the whole file. */
  readonly entry: number | null;
  readonly name: string | null;
  readonly key: string | null;
  /** The problem. */
  readonly message: string;
  /** The remedy. */
  readonly remedy: string;
}

const LONGEST_SHOWN = 80;

/** A text in quotes, safe to print and cut after 80 characters, for use inside a sentence. */
export function shown(text: string): string {
  const characters = [...text];
  const cut = characters.length > LONGEST_SHOWN ? `${characters.slice(0, LONGEST_SHOWN).join('')}…` : text;
  return `"${visible(cut.replaceAll('"', '\\"'))}"`;
}

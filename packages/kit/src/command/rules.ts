import type { Problem } from '../index.ts';

/** A rule between the flags of a command. */
export interface Rule<Name extends string = string> {
  readonly names: readonly Name[];
  /** The problem of a command line with these flags; null if there is none. */
  readonly check: (given: ReadonlySet<string>) => Problem | null;
}

/** A name as it is typed: `tokenFile` is `token-file`. */
export function wordOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The flag of a name: `--token-file`. */
export const longOf = (name: string) => `--${wordOf(name)}`;

function listed(names: readonly string[], word: string): string {
  const [last = '', ...before] = names.map(longOf).reverse();
  return before.length === 0 ? last : `${before.reverse().join(', ')} ${word} ${last}`;
}

export function atMostOne<Name extends string>(...names: readonly Name[]): Rule<Name> {
  return {
    names,
    check: (given) => {
      const found = names.filter((name) => given.has(name));
      if (found.length < 2) return null;
      const where = `flag ${longOf(found[1] ?? '')}`;
      return { what: `${listed(found, 'and')} exclude each other`, where, remedy: 'keep one of them' };
    },
  };
}

export function exactlyOne<Name extends string>(...names: readonly Name[]): Rule<Name> {
  const most = atMostOne(...names);
  return { names, check: (given) => most.check(given) ?? oneOf(names, given) };
}

/** At least one of the flags. */
export function anyOf<Name extends string>(...names: readonly Name[]): Rule<Name> {
  return { names, check: (given) => oneOf(names, given) };
}

function oneOf(names: readonly string[], given: ReadonlySet<string>): Problem | null {
  if (names.some((name) => given.has(name))) return null;
  return { what: `${listed(names, 'or')} is missing`, where: null, remedy: 'give one of them' };
}

/** The first flag has a meaning only with one of the others. */
export function needs<Name extends string>(name: Name, ...others: readonly Name[]): Rule<Name> {
  return {
    names: [name, ...others],
    check: (given) => {
      if (!given.has(name) || others.some((other) => given.has(other))) return null;
      const remedy = `add ${listed(others, 'or')}, or leave ${longOf(name)} out`;
      return { what: `${longOf(name)} needs ${listed(others, 'or')}`, where: `flag ${longOf(name)}`, remedy };
    },
  };
}
